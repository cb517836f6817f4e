/** Every word that Docent itself says, by language. */
import { de } from './de.ts';
import { en, type AnswerStrings } from './en.ts';
import { fill } from './fill.ts';
import { zh } from './zh.ts';

const ALL: Record<string, AnswerStrings> = { en, zh, de };

/** One text in the language of the question; English where Docent does not speak it. `{name}` is filled from `values`. */
export function say(language: string, key: keyof AnswerStrings, values: Record<string, string | number> = {}): string {
  return fill((ALL[language] ?? en)[key], values);
}
