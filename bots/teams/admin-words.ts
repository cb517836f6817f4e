/** What admins read in Teams' cards: Docent's own texts, which stand in the strings as Slack writes them, as Markdown. */
import type { Language } from '../../src/types.ts';
import { adminWords as wordsIn, type AdminWords, type Tongue } from '../admin-words.ts';
import { plainInCard } from './text.ts';

const MARKDOWN: Tongue = {
  platform: 'teams',
  data: (text, most = 300) => plainInCard(text, most),
  own,
  strong: (text) => `**${text}**`,
  code: (text) => `**${text}**`,
  link: (url, label) => `[${label}](${url})`,
};

/** Cards have no code spans: what is to be typed is bold. */
export function own(text: string): string {
  return text
    .replaceAll(/<(\{\w+\})\|([^>]*)>/g, '[$2]($1)')
    .replaceAll(/`([^`\n]+)`/g, '**$1**')
    .replaceAll(/(?<!\*)\*(?=\S)([^*\n]*\S)\*(?!\*)/g, '**$1**');
}

/** @param timeZone IANA name */
export const adminWords = (language: Language, now: () => number, timeZone: string): AdminWords =>
  wordsIn(MARKDOWN, language, now, timeZone);
