/** Where the words of a question stand in a text, in any of their forms. Pure. */
import { foldHan, stopWordsOf } from '../search/languages.ts';
import { detectLanguage, termsOf } from '../search/analyzer.ts';

export interface WordMark {
  start: number;
  end: number;
}

const WORD = /\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}])+(?:[-'’._/](?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}])+)*/gu;
const HAN = /^\p{Script=Han}/u;

/**
 * Words that the questions name too, stems compared and stop words left out; words that are neighbours make one range.
 * @param questions the question, and what it means in the documents' own words
 * @param language of the text
 * @returns in order, never overlapping
 */
export function wordMarks(text: string, questions: string[], language: string): WordMark[] {
  const terms = new Set(questions.flatMap((question) => termsOf(question, language, detectLanguage(question, [language]))));
  const stops = stopWordsOf(language);
  const han = [...terms].filter((term) => HAN.test(term) && term.length > 1);
  const marks: WordMark[] = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const found = HAN.test(word)
      ? hanPlaces(word, han)
      : !stops.has(word.toLowerCase()) && termsOf(word, language).some((term) => terms.has(term))
        ? [{ start: 0, end: word.length }]
        : [];
    for (const { start, end } of found) {
      const last = marks.at(-1);
      if (last && /^[ \u00a0-]?$/.test(text.slice(last.end, index + start))) last.end = index + end;
      else marks.push({ start: index + start, end: index + end });
    }
  }
  return marks;
}

/** Every place of any of the terms, overlapping ones as one. */
function hanPlaces(written: string, terms: string[]): WordMark[] {
  const folded = foldHan(written);
  const word = folded.length === written.length ? folded : written;
  const inside = new Uint8Array(word.length);
  for (const term of terms)
    for (let at = word.indexOf(term); at >= 0; at = word.indexOf(term, at + 1)) inside.fill(1, at, at + term.length);
  const places: WordMark[] = [];
  for (let i = 0; i < word.length; i++) {
    if (!inside[i]) continue;
    const last = places.at(-1);
    if (last?.end === i) last.end = i + 1;
    else places.push({ start: i, end: i + 1 });
  }
  return places;
}
