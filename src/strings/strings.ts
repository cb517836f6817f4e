/** Every word that Docent itself says, by language. */
import { de } from './de.ts';
import { en, type AnswerStrings } from './en.ts';
import { zh } from './zh.ts';

const ALL: Record<string, AnswerStrings> = { en, zh, de };

/** One text in the language of the question; English where Docent does not speak it. `{name}` is filled from `values`. */
export function say(language: string, key: keyof AnswerStrings, values: Record<string, string | number> = {}): string {
  const text = (ALL[language] ?? en)[key];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}
