/** A text as the words that a claim is compared by: where each stands, its stem, and whether it carries content. */
import { stemOf, stopWordsOf } from '../../search/languages.ts';

export interface Word {
  /** As written (folded). */
  raw: string;
  /** Lower case. */
  lower: string;
  /** Stem; for Han the character itself. */
  key: string;
  kind: 'word' | 'han' | 'number' | 'mark';
  /** Neither mark, number nor stop word. */
  content: boolean;
  start: number;
  end: number;
  /** Counts up at every sentence end. */
  sentence: number;
  /** Counts up at commas, brackets and conjunctions as well: how far a "not" reaches at most. */
  clause: number;
}

const WORD =
  /\p{Script=Han}|[\p{Script=Hiragana}\p{Script=Katakana}ー]+|\d+(?:[.,]\d+)*|(?:(?!\p{Script=Han})[\p{L}\p{M}\p{N}_])+(?:['’](?:(?!\p{Script=Han})[\p{L}\p{M}])+)*|[^\s]/gu;
const SENTENCE_END = /^[.!?。！？|]$/;
const CLAUSE_END = /^[,;:()，；、：（）\-"《》「」]$/;
/** A full stop behind these ends no sentence. */
const ABBREVIATION =
  /^(?:\p{L}|mr|mrs|ms|dr|prof|st|no|nr|vs|etc|inc|ltd|corp|co|jr|sr|approx|ca|cf|fig|vol|dept|gen|gov|sen|rep|lt|col|sgt|capt|mt|e\.?g|i\.?e|bzw|ggf|vgl|max|min|incl|est)$/iu;
/** A "not" does not reach over these. */
const CLAUSE_WORDS = new Set(
  'but however although though whereas while because since if unless when which who whose where that so aber obwohl weil wenn dass während sondern'.split(
    ' ',
  ),
);
const HAN_STOPS = new Set('的了是在和与及或并而也都就还其此该这那之于以为由被把对将从到向等着过地得个吗呢吧啊们你您我他她它有会'.split(''));
const FILLERS = new Set(
  'also however please therefore thus moreover furthermore additionally per via within etc namely respectively upon onto toward towards among amongst along both either each well way thing things use used using make made makes making include includes including included become became becomes get gets got give gives given take takes taken took provide provides provided'.split(
    ' ',
  ),
);

/** Whether a full stop stands within a sentence: in `e.g.`, an initial, a version. */
function continues(text: string, at: number, before: Word | undefined): boolean {
  const next = text[at + 1];
  if (next !== undefined && /[\p{L}\p{N},;)]/u.test(next)) return true;
  return before !== undefined && before.end === at && ABBREVIATION.test(before.lower);
}

/** @param text folded by `foldText` */
export function wordsIn(text: string, language: string): Word[] {
  const stops = stopWordsOf(language);
  const english = stopWordsOf('en');
  const words: Word[] = [];
  let sentence = 0;
  let clause = 0;
  for (const match of text.matchAll(WORD)) {
    const raw = match[0];
    const lower = raw.toLowerCase();
    const start = match.index;
    const first = raw.codePointAt(0)!;
    const han = first >= 0x2e80 && /^\p{Script=Han}$/u.test(raw);
    const kind = han ? 'han' : /^\d/.test(raw) && /^[\d.,]+$/.test(raw) ? 'number' : /^[\p{L}\p{N}_]/u.test(raw) ? 'word' : 'mark';
    if (kind === 'word' && CLAUSE_WORDS.has(lower)) clause++;
    const bare = lower.replace(/'s$/, '').replace(/'$/, '');
    const stop = han
      ? HAN_STOPS.has(raw)
      : stops.has(lower) || english.has(lower) || (language !== 'zh' && FILLERS.has(lower)) || bare.length === 1;
    const key = han || kind !== 'word' ? lower : stemOf(bare, language === 'zh' ? 'en' : language);
    words.push({ raw, lower, key, kind, content: (kind === 'word' || han) && !stop, start, end: start + raw.length, sentence, clause });
    if (kind === 'mark') {
      if (SENTENCE_END.test(raw) && !(raw === '.' && continues(text, start, words.at(-2)))) {
        sentence++;
        clause++;
      } else if (CLAUSE_END.test(raw) && !(raw === '-' && text[start - 1] !== ' ')) clause++;
    }
  }
  return words;
}
