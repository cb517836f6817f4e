/** The admin's views and the App Home in somebody's language: texts, numbers, times. */
import { sayInAdmin, type AdminKey } from '../../src/strings/chat-admin.ts';
import type { Language } from '../../src/types.ts';
import { data } from './admin-parts.ts';
import { ago, dollars, number, percent } from '../words.ts';

export interface AdminWords {
  language: Language;
  /** One text; values are put in as they are, so data passes `data` first. */
  say(key: AdminKey, values?: Record<string, string | number>): string;
  /** `3 documents` */
  documents(n: number): string;
  passages(n: number): string;
  number(n: number): string;
  percent(share: number): string;
  dollars(amount: number): string;
  /** `2 hours ago` */
  ago(at: number): string;
  /** `Sun 22 Nov, 02:41`, in the deployment's time zone. */
  moment(at: number): string;
  readers(readers: readonly string[]): string;
  kind(kind: string): string;
}

const LOCALES = new Map([
  ['zh', 'zh-CN'],
  ['de', 'de-DE'],
]);
/** A kind that is not here is named as it is. */
const KINDS = new Map<string, AdminKey>(
  Object.entries({
    folder: 'kind_folder',
    site: 'kind_site',
    git: 'kind_git',
    mediawiki: 'kind_mediawiki',
    dokuwiki: 'kind_dokuwiki',
    confluence: 'kind_confluence',
    notion: 'kind_notion',
  } as const),
);

/** @param timeZone IANA name */
export function adminWords(language: Language, now: () => number, timeZone: string): AdminWords {
  const locale = LOCALES.get(language) ?? 'en-GB';
  const day = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  });
  const say: AdminWords['say'] = (key, values) => sayInAdmin(language, key, values);
  const reader = (principal: string): string => {
    if (principal === 'everyone') return say('reader_everyone');
    if (principal === 'public') return say('reader_public');
    const name = data(principal.slice(principal.indexOf(':') + 1), 80);
    return principal.startsWith('group:') ? say('reader_group', { name }) : name;
  };
  return {
    language,
    say,
    documents: (n) => say(n === 1 ? 'documents_one' : 'documents_other', { n: number(language, n) }),
    passages: (n) => say(n === 1 ? 'passages_one' : 'passages_other', { n: number(language, n) }),
    number: (n) => number(language, n),
    percent: (share) => percent(language, share),
    dollars: (amount) => dollars(language, amount),
    ago: (at) => ago(language, at, now()),
    moment: (at) => day.format(at),
    readers: (readers) => new Intl.ListFormat(locale, { type: 'unit', style: 'short' }).format(readers.map(reader)),
    kind: (kind) => {
      const key = KINDS.get(kind);
      return key === undefined ? data(kind, 40) : say(key);
    },
  };
}
