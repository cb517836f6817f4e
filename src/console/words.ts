/** The console in the reader's language: its texts, numbers, times. */
import { consoleEn, type ConsoleStrings } from '../strings/console-en.ts';
import { consoleZh } from '../strings/console-zh.ts';
import { fill } from '../strings/fill.ts';
import { relativeTime } from '../strings/moments.ts';
import { html, type Html } from './html.ts';

export type ConsoleLanguage = 'en' | 'zh';
export type Key = keyof ConsoleStrings;

/** Everything a page needs to speak. */
export interface Words {
  language: ConsoleLanguage;
  /** One text, `{name}` filled from `values`. */
  say(key: Key, values?: Record<string, string | number>): string;
  /** `3 documents`, in the plural of the language. */
  count(noun: 'documents' | 'sources' | 'passages', n: number): string;
  number(n: number): string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The deployment's, an IANA name: moments are told in it. */
  timeZone: string;
  /** US dollars; small amounts keep their first digits. */
  dollars(amount: number): string;
  /** A length of time in milliseconds, such as `1.4s`. */
  duration(ms: number): string;
  /** `3 days ago`, as plain text. */
  ago(at: number): string;
  /** `3 days ago` in a time element that carries the moment itself. */
  time(at: number): Html;
  /** `Sunday 22 November at 02:41`, in the deployment's time zone. */
  moment(at: number): Html;
}

const STRINGS: Record<ConsoleLanguage, ConsoleStrings> = { en: consoleEn, zh: consoleZh };
const LOCALE: Record<ConsoleLanguage, string> = { en: 'en-GB', zh: 'zh-CN' };

/**
 * @param now milliseconds since the epoch, for relative times
 * @param timeZone IANA name; absent: the system's
 */
export function wordsFor(
  language: ConsoleLanguage,
  now: () => number,
  timeZone: string = new Intl.DateTimeFormat().resolvedOptions().timeZone,
): Words {
  const locale = LOCALE[language];
  const strings = STRINGS[language];
  const number = new Intl.NumberFormat(locale);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const absolute = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone });
  const day = new Intl.DateTimeFormat(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  });
  const say: Words['say'] = (key, values = {}) => fill(strings[key], values);
  const ago = (at: number): string => relativeTime(relative, at, now()) ?? say('justNow');
  return {
    language,
    say,
    count: (noun, n) => say(`${noun}_${n === 1 ? 'one' : 'other'}`, { n: number.format(n) }),
    number: (n) => number.format(n),
    now,
    timeZone,
    dollars: (amount) =>
      new Intl.NumberFormat(locale, {
        style: 'currency',
        currency: 'USD',
        currencyDisplay: 'narrowSymbol',
        ...(amount > 0 && amount < 0.1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 }),
      }).format(amount),
    duration: (ms) => durationOf(ms, locale),
    ago,
    time: (at) => html`<time datetime="${new Date(at).toISOString()}" title="${absolute.format(at)}">${ago(at)}</time>`,
    moment: (at) => html`<time datetime="${new Date(at).toISOString()}" title="${ago(at)}">${day.format(at)}</time>`,
  };
}

function durationOf(ms: number, locale: string): string {
  const format = (value: number, unit: string, digits: number): string =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'narrow', maximumFractionDigits: digits }).format(value);
  if (ms < 1000) return format(ms, 'millisecond', 0);
  if (ms < 60_000) return format(ms / 1000, 'second', 1);
  return ms < 5_400_000 ? format(ms / 60_000, 'minute', 1) : format(ms / 3_600_000, 'hour', 1);
}

/** The language of a request: the kept choice, else the first of Accept-Language that the console speaks, else English. */
export function chooseLanguage(kept: string | undefined, acceptLanguage: string | undefined): ConsoleLanguage {
  if (kept === 'en' || kept === 'zh') return kept;
  const wanted = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const q = parameters.map((p) => /^\s*q=([\d.]+)\s*$/.exec(p)?.[1]).find((v) => v !== undefined);
      return { tag, q: q === undefined ? 1 : Number(q) };
    })
    .filter(({ q }) => q > 0)
    .toSorted((a, b) => b.q - a.q);
  for (const { tag } of wanted) {
    if (tag === 'zh' || tag.startsWith('zh-')) return 'zh';
    if (tag === 'en' || tag.startsWith('en-')) return 'en';
  }
  return 'en';
}
