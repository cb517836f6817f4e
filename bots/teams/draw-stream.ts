/** A growing answer as a stream shows it: cumulative text. */
import type { GrowingView } from '../../src/chat/messenger.ts';
import { partsOf, runsOf, type Cited } from '../answer-runs.ts';
import { isQuoted } from '../answer-words.ts';
import { drawRuns, markdown } from './draw-markdown.ts';

/**
 * All that the view says so far, as Markdown; each next one begins with the one before, and the whole answer's first
 * message begins with the last (but where a model stopped half-way and quotes take its place: then it does not). A long
 * answer is streamed as far as its first message goes; `drawTeams` makes the others. '' while there are no sentences.
 */
export function streamText(view: GrowingView): string {
  const cited: Cited = { citations: view.citations, quoted: isQuoted(view) };
  const parts = partsOf(view.sentences, cited);
  return drawRuns(runsOf(parts[0]!, cited), cited, markdown, parts.length === 1 && view.status !== 'stopped');
}
