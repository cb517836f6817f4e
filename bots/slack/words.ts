/** Times, figures and counts in the answer's language; English where Docent does not speak it. */
import type { Language } from '../../src/types.ts';
import { sayInChat } from '../../src/strings/chat.ts';

const LOCALES: Record<string, string> = { en: 'en-GB', zh: 'zh-CN', de: 'de-DE' };
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** Made once: making one takes longer than using it. */
const RELATIVE = new Map(Object.values(LOCALES).map((one) => [one, new Intl.RelativeTimeFormat(one, { numeric: 'auto' })]));

const locale = (language: Language): string => LOCALES[language] ?? LOCALES.en!;

/** `3 days ago`. @param at milliseconds since the epoch */
export function ago(language: Language, at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  for (const [unit, size] of UNITS)
    if (Math.abs(seconds) >= size * 0.95) return RELATIVE.get(locale(language))!.format(Math.round(seconds / size), unit);
  return sayInChat(language, 'justNow');
}

/** `changed 3 days ago`; '' where it is not known. @param at milliseconds, or ISO 8601 */
export function changedAgo(language: Language, at: number | string | null, now: number): string {
  const moment = typeof at === 'string' ? Date.parse(at) : (at ?? Number.NaN);
  return Number.isFinite(moment) ? sayInChat(language, 'changedAgo', { ago: ago(language, moment, now) }) : '';
}

export const number = (language: Language, n: number): string => new Intl.NumberFormat(locale(language)).format(n);

export const percent = (language: Language, share: number): string =>
  new Intl.NumberFormat(locale(language), { style: 'percent', maximumFractionDigits: 0 }).format(share);

/** US dollars; small amounts keep their first digits. */
export const dollars = (language: Language, amount: number): string =>
  new Intl.NumberFormat(locale(language), {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    ...(amount > 0 && amount < 0.1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 }),
  }).format(amount);

/** @param ms milliseconds */
export const seconds = (language: Language, ms: number): string =>
  new Intl.NumberFormat(locale(language), { style: 'unit', unit: 'second', unitDisplay: 'narrow', maximumFractionDigits: 1 }).format(
    ms / 1000,
  );

/** `3 documents`, in the plural of the language. */
export function count(language: Language, noun: 'documents' | 'sources', n: number): string {
  return sayInChat(language, `${noun}_${n === 1 ? 'one' : 'other'}`, { n: number(language, n) });
}
