/** Times, figures and counts in the answer's language; English where Docent does not speak it. */
import type { Language } from '../src/types.ts';
import { sayInChat } from '../src/strings/chat.ts';
import { relativeTime } from '../src/strings/moments.ts';

const LOCALES: Record<string, string> = { en: 'en-GB', zh: 'zh-CN', de: 'de-DE' };

const DOLLARS = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' } as const;

/** Made once a language: making them takes longer than using them. */
const FORMATS = new Map(
  Object.entries(LOCALES).map(([language, locale]) => [
    language,
    {
      relative: new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }),
      number: new Intl.NumberFormat(locale),
      percent: new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }),
      seconds: new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', unitDisplay: 'narrow', maximumFractionDigits: 1 }),
      dollars: new Intl.NumberFormat(locale, { ...DOLLARS, maximumFractionDigits: 2 }),
      cents: new Intl.NumberFormat(locale, { ...DOLLARS, maximumSignificantDigits: 2 }),
    },
  ]),
);
const formats = (language: Language): NonNullable<ReturnType<typeof FORMATS.get>> => FORMATS.get(language) ?? FORMATS.get('en')!;

/** `3 days ago`. @param at milliseconds since the epoch */
export function ago(language: Language, at: number, now: number): string {
  return relativeTime(formats(language).relative, at, now) ?? sayInChat(language, 'justNow');
}

/** `changed 3 days ago`; '' where it is not known. @param at milliseconds, or ISO 8601 */
export function changedAgo(language: Language, at: number | string | null, now: number): string {
  const moment = typeof at === 'string' ? Date.parse(at) : (at ?? Number.NaN);
  return Number.isFinite(moment) ? sayInChat(language, 'changedAgo', { ago: ago(language, moment, now) }) : '';
}

export const number = (language: Language, n: number): string => formats(language).number.format(n);

export const percent = (language: Language, share: number): string => formats(language).percent.format(share);

/** US dollars; small amounts keep their first digits. */
export const dollars = (language: Language, amount: number): string =>
  (amount > 0 && amount < 0.1 ? formats(language).cents : formats(language).dollars).format(amount);

/** @param ms milliseconds */
export const seconds = (language: Language, ms: number): string => formats(language).seconds.format(ms / 1000);

/** `3 documents`, in the plural of the language. */
export function count(language: Language, noun: 'documents' | 'sources', n: number): string {
  return sayInChat(language, `${noun}_${n === 1 ? 'one' : 'other'}`, { n: number(language, n) });
}
