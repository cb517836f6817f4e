/** What a message that leans on its thread takes from it. Pure. */
import type { Beside } from './beside.ts';
import type { Leaning } from './leaning.ts';
import { leaningOf } from './leaning.ts';
import { contentWords, isHan, joinWords, keyOf } from './salient-words.ts';
import type { Turn } from './standalone.ts';

export interface ThreadContext {
  /** Words of the questions before, oldest first, a line for each: searched as the message's own. */
  words: string;
  /** Searched for less. */
  beside: Beside[];
  /** The question that the thread is about, and the message: short and fluent. */
  whole: string;
}

/** Of the question before, where a message only may lean on it: enough to tell like passages apart. */
const PARTLY = 0.25;
/** Of each word of an answer, at most. */
const ANSWER = 0.5;
/** All words of an answer count as this many do: of a long one, quoted from many pages, each word says little. */
const ANSWER_WORDS = 10;
/** Below this a word only costs time. */
const LEAST = 0.15;
/** Of the title of the page that an answer rests on first. */
const TITLE = 0.3;
/** Each turn further back counts for less. */
const DECAY = 0.7;
/** Of a question that is a page long, only so many words are about what is asked now. */
const MOST_WORDS = 24;
/** A question of more characters is not put before another. */
const MOST_CHARACTERS = 300;

/** @param turns those that may be leaned on, oldest first; at least one */
export function threadContext(text: string, language: string, turns: Turn[], leaning: Leaning): ThreadContext {
  const languageOf = (other: string): string => (isHan(other) ? 'zh' : isHan(text) ? 'en' : language);
  const last = turns.at(-1)!;
  if (leaning === 'partly') {
    const words = contentWords(last.question, languageOf(last.question)).slice(0, MOST_WORDS);
    return { words: '', beside: words.length > 0 ? [{ text: joinWords(words, last.question), weight: PARTLY }] : [], whole: text };
  }
  const own = new Set(contentWords(text, languageOf(text)).map(keyOf));
  const lines: string[] = [];
  const beside: Beside[] = [];
  turns.toReversed().forEach((turn, age) => {
    const share = DECAY ** age;
    const words = contentWords(turn.question, languageOf(turn.question)).filter((word) => !own.has(keyOf(word)));
    for (const word of words) own.add(keyOf(word));
    if (words.length > 0) lines.unshift(joinWords(words.slice(0, MOST_WORDS), turn.question));
    const said = contentWords(turn.answer, languageOf(turn.answer));
    const weight = ANSWER * share * Math.min(1, ANSWER_WORDS / said.length);
    if (said.length > 0 && weight >= LEAST) beside.push({ text: joinWords(said, turn.answer), weight });
    const [title] = turn.titles ?? [];
    if (title) beside.push({ text: title, weight: TITLE * share });
  });
  return {
    words: lines.join('\n'),
    beside,
    whole: [subjectOf(turns, language), text].filter((one) => one !== '').join(isHan(text) ? '' : ' '),
  };
}

/** The last question that stands by itself, ended as a sentence; the last of all where none does. Of a long one its beginning, or nothing. */
function subjectOf(turns: Turn[], language: string): string {
  const standing = turns.findLast((turn) => leaningOf(turn.question, isHan(turn.question) ? 'zh' : language) !== 'wholly') ?? turns.at(-1)!;
  let question = standing.question.trim().replaceAll(/\s+/g, ' ');
  // What was made whole before begins with the question that the thread is about.
  if (question.length > MOST_CHARACTERS) question = /^.*?(?:[.?!](?=\s)|[。？！])/u.exec(question)?.[0] ?? '';
  if (question === '' || question.length > MOST_CHARACTERS) return '';
  return /[.?!。？！…]$/u.test(question) ? question : `${question}${isHan(question) ? '？' : '?'}`;
}
