/** "Shorter" and "in Chinese": the answer before, changed, with its citations and checks. */
import { hydratePassages } from '../catalog/passages.ts';
import { plainText } from '../passage-text.ts';
import { say } from '../strings/strings.ts';
import type { AnswerEvent, Passage } from '../types.ts';
import type { AskDeps, Asking } from './ask.ts';
import { degradedBy, languageName, type Draft, type Show } from './draft.ts';
import { answerPrompt } from './prompt.ts';
import type { Transform } from './transform.ts';
import { writeAnswer } from './write-answer.ts';

/** Passages that are gone, or that the asker may no longer read, are left out with the sentences that rest on them. */
export async function* changeAnswer(
  transform: Transform,
  draft: Draft,
  asking: Asking,
  readerSets: number[],
  show: Show,
  deps: AskDeps,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent> {
  const before = asking.turns.findLast((t) => t.ledger.sentences.length > 0);
  if (!before) {
    draft.status = 'courtesy';
    draft.own.push(say(draft.language, 'nothingToTransform'));
    return;
  }
  const language = transform.kind === 'translate' ? transform.language : before.ledger.language;
  draft.language = language;
  const rows = await deps.db.selectFrom('citations').select(['n', 'passage_id']).where('answer_id', '=', before.ledger.answerId).execute();
  const byId = await hydratePassages(deps.db, [...new Set(rows.map((r) => r.passage_id))], readerSets);
  const passages = [...byId.values()];
  const model = deps.languageModel;
  if (model && passages.length > 0) {
    yield { type: 'status', status: 'writing' };
    const instruction =
      transform.kind === 'translate'
        ? `write it in ${languageName(language)}.`
        : 'make it shorter: one or two sentences that keep what matters most.';
    const messages = answerPrompt({
      question: before.standalone,
      languageName: languageName(language),
      passages,
      turns: [],
      change: { answer: before.ledger.sentences.map((s) => s.text).join(' '), instruction },
    });
    const outcome = yield* writeAnswer(
      { messages, passages, question: before.standalone, language, purpose: 'transform' },
      model,
      draft,
      show,
      signal,
    );
    if (outcome.shown > 0) {
      draft.status = 'answered';
      return;
    }
    draft.degraded.add(outcome.error === undefined ? 'not-supported' : degradedBy(outcome.error));
  } else if (!model) draft.degraded.add('no-model');

  // Without a model: shorter is fewer of the same sentences; another language is the answer as it was, and says so.
  if (transform.kind === 'translate') draft.own.push(say(language, 'needsModel'));
  draft.status = before.ledger.status;
  const keep = transform.kind === 'shorter' ? Math.max(1, Math.ceil(before.ledger.sentences.length / 3)) : before.ledger.sentences.length;
  for (const sentence of before.ledger.sentences.slice(0, keep)) {
    const places = sentence.citations.flatMap((n) => {
      const passage = byId.get(rows.find((r) => r.n === n)?.passage_id ?? '');
      const cited = before.ledger.citations.find((c) => c.n === n);
      const at = passage && cited ? placeOfRaw(passage, cited.quote) : undefined;
      return passage && at ? [{ passage, ...at }] : [];
    });
    if (places.length > 0) yield show(sentence.text, sentence.block, places, sentence.support);
  }
  if (draft.sentences.length === 0) draft.status = 'unanswered';
}

/** The place in the plain text of a quote given verbatim. */
function placeOfRaw(passage: Passage, quote: string): { start: number; end: number } | undefined {
  const { text: plain, map } = plainText(passage.text);
  const rawStart = passage.text.indexOf(quote);
  if (rawStart < 0) return undefined;
  const start = map.findIndex((at) => at >= rawStart);
  let end = start;
  while (end < plain.length && map[end]! < rawStart + quote.length) end++;
  return start >= 0 && end > start ? { start, end } : undefined;
}
