/** What Docent itself says in chat, by language. */
import { chatDe } from './chat-de.ts';
import { chatEn, type ChatStrings } from './chat-en.ts';
import { chatZh } from './chat-zh.ts';
import { fill } from './fill.ts';

const ALL: Record<string, ChatStrings> = { en: chatEn, zh: chatZh, de: chatDe };

export type ChatKey = keyof ChatStrings;

/** One text in this language; English where Docent does not speak it. `{name}` is filled from `values`. */
export function sayInChat(language: string, key: ChatKey, values: Record<string, string | number> = {}): string {
  return fill((ALL[language] ?? chatEn)[key], values);
}
