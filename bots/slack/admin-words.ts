/** The admin's views and the App Home, as Slack writes them. */
import type { Language } from '../../src/types.ts';
import { adminWords as wordsIn, type AdminWords, type Tongue } from '../admin-words.ts';
import { data } from './admin-parts.ts';

/** Docent's own texts are kept as `mrkdwn`. */
const MRKDWN: Tongue = {
  platform: 'slack',
  data,
  own: (text) => text,
  strong: (text) => `*${text}*`,
  code: (text) => `\`${text}\``,
  link: (url, label) => `<${url}|${label}>`,
};

/** @param timeZone IANA name */
export const adminWords = (language: Language, now: () => number, timeZone: string): AdminWords => wordsIn(MRKDWN, language, now, timeZone);
