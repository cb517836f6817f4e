/** What admins read in a chat, in somebody's language and as the platform writes it: texts, numbers, times. */
import type { ChatPlatform } from '../src/chat/messenger.ts';
import { adminText, type AdminKey } from '../src/strings/chat-admin.ts';
import { fill } from '../src/strings/fill.ts';
import type { Language } from '../src/types.ts';
import { ago, dollars, number, percent } from './words.ts';

/** How a platform writes one line. */
export interface Tongue {
  platform: ChatPlatform;
  /** What people, documents and places say: one line, made harmless, of a length that fits beside others. */
  data(text: string, most?: number): string;
  /** Docent's own text, which stands in the strings as Slack writes it, before anything is filled in. */
  own(text: string): string;
  /** Of a text that is safe already. */
  strong(text: string): string;
  code(text: string): string;
  /** @param url that may be linked @param label safe already */
  link(url: string, label: string): string;
}

export interface AdminWords extends Omit<Tongue, 'own'> {
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
export function adminWords(tongue: Tongue, language: Language, now: () => number, timeZone: string): AdminWords {
  const { own, ...written } = tongue;
  const locale = LOCALES.get(language) ?? 'en-GB';
  const day = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  });
  const say: AdminWords['say'] = (key, values = {}) => fill(own(adminText(language, key, tongue.platform)), values);
  const reader = (principal: string): string => {
    if (principal === 'everyone') return say('reader_everyone');
    if (principal === 'public') return say('reader_public');
    const name = tongue.data(principal.slice(principal.indexOf(':') + 1), 80);
    return principal.startsWith('group:') ? say('reader_group', { name }) : name;
  };
  return {
    ...written,
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
      return key === undefined ? tongue.data(kind, 40) : say(key);
    },
  };
}
