/** Sentences for a quoted answer, with how they stood on their page. */
import type { AnswerSentence, Passage } from '../types.ts';
import { readPassage, type Hit } from './passage-match.ts';
import { quoteSentences } from './quote-sentences.ts';
import type { Retrieved } from './retrieve.ts';

export interface QuotedSentence {
  hit: Hit;
  /** The sentence with those beside it that are quoted too: one citation for what stands together. */
  run: { start: number; end: number };
  text: string;
  block: AnswerSentence['block'];
}

/** The best sentences of the passages, each with its place; grouped by document, in reading order. */
export function quotedSentences(query: string, found: Retrieved, max: number): QuotedSentence[] {
  const byId = new Map(found.hits.map((h) => [h.id, h]));
  return quoteSentences(query, found.hits, found.statistics, { max }).flatMap((group) => {
    const hit = byId.get(group.passageId)!;
    const { plain } = readPassage(hit);
    const runs: { start: number; end: number }[] = [];
    return group.sentences.map(({ start, end }) => {
      const last = runs.at(-1);
      const run = last && plain.slice(last.end, start).trim() === '' ? last : runs[runs.push({ start, end }) - 1]!;
      run.end = end;
      return { hit, run, text: plain.slice(start, end).replaceAll(/\s+/g, ' ').trim(), block: blockAt(hit, start) };
    });
  });
}

/** How a sentence stood on its page, told from its line in the source. */
function blockAt(passage: Passage, start: number): AnswerSentence['block'] {
  const at = readPassage(passage).map[start] ?? 0;
  const line = passage.text.slice(passage.text.lastIndexOf('\n', at - 1) + 1, at);
  if (/^\s*\|/.test(line)) return 'table';
  return /^\s*(?:[-*+]|\d+[.)])\s/.test(line) ? 'bullet' : 'paragraph';
}
