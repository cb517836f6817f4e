/** Sentences for a quoted answer, with how they stood on their page and the words of the question in them. */
import type { AnswerSentence } from '../types.ts';
import { readPassage, type Hit } from './passage-match.ts';
import { sentencePlaces } from './quote-context.ts';
import { quoteSentences, type Meant } from './quote-sentences.ts';
import type { Retrieved } from './retrieve.ts';
import { wordMarks } from './word-marks.ts';

export interface QuotedSentence {
  hit: Hit;
  /** The sentence with those beside it that are quoted too: one citation for what stands together. */
  run: { start: number; end: number };
  text: string;
  block: AnswerSentence['block'];
  /** Of a numbered item. */
  step?: number;
  /** In `text`: words of the question, or what they mean. */
  marks: { start: number; end: number }[];
}

/**
 * The best sentences of the passages, each with its place; grouped by document, in reading order. Sentences that follow
 * each other in one item of a list are one.
 * @param max sentences
 * @param meant what words of the question mean in the documents' own words
 */
export function quotedSentences(
  query: string,
  found: Pick<Retrieved, 'hits' | 'statistics'>,
  max: number,
  meant: Meant[] = [],
): QuotedSentence[] {
  const byId = new Map(found.hits.map((h) => [h.id, h]));
  const asked = [query, ...meant.map((one) => one.meant)];
  return quoteSentences(query, found.hits, found.statistics, { max, meant }).flatMap((group) => {
    const hit = byId.get(group.passageId)!;
    const { plain, sentences } = readPassage(hit);
    const places = sentencePlaces(hit);
    const list: QuotedSentence[] = [];
    let before: number | undefined;
    for (const { start, end, index } of group.sentences) {
      const { block, step, item } = places[index]!;
      const last = list.at(-1);
      const run =
        last && plain.slice(last.run.end, start).replaceAll(/^\s*(?:[-*+•]|\d{1,3}[.)])?\s*$/gm, '') === '' ? last.run : { start, end };
      run.end = end;
      const text = sentences[index]!.text.replaceAll(/\s+/g, ' ').trim();
      if (last && before === index - 1 && item !== undefined && places[before]!.item === item) {
        last.text += /\p{Script=Han}/u.test(last.text.at(-1)! + text[0]!) || /[。！？；]$/.test(last.text) ? text : ` ${text}`;
      } else list.push({ hit, run, text, block, ...(step === undefined ? {} : { step }), marks: [] });
      before = index;
    }
    // A heading alone is no quote: it leads in what is cited below it.
    list.forEach((one, i) => {
      const next = list[i + 1];
      if (one.block === 'heading' && next) one.run = next.run;
    });
    for (const one of list) one.marks = wordMarks(one.text, asked, hit.language);
    return list;
  });
}

/** Of a passage that is only close: the sentence that comes closest, never a heading alone where it has anything else. */
export function closestSentence(query: string, found: Pick<Retrieved, 'hits' | 'statistics'>, hit: Hit): { start: number; end: number } {
  const [best] = quoteSentences(query, [hit], found.statistics, { max: 1 });
  if (best) return best.sentences[0]!;
  const { sentences } = readPassage(hit);
  const [longest] = sentences.toSorted((a, b) => Number(a.heading) - Number(b.heading) || b.text.length - a.text.length);
  return longest ?? { start: 0, end: 0 };
}
