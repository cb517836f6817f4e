/** How well a set's questions are answered, and the unanswerable ones left unanswered: the figures of `docent eval answers`. */
import { plainText } from '../passage-text.ts';
import { percentile, rounded } from './scores.ts';
import type { EvalQuery } from './beir.ts';

/** What one asking gave. */
export interface AskedAnswer {
  /** `answered`, `quoted` and `verified` count as answered. */
  status: string;
  /** What the decision to answer rests on; higher is more likely answerable. */
  score: number;
  /** The answer's own text, a piece of each passage's consecutive sentences together; not the closest passages. */
  shownText: string[];
  modelCalls?: number;
  costUsd?: number;
}

export interface AnswersReport {
  /** Shares of `n`; `goldShown` of those that were answered and have a gold sentence, null when there is none. */
  answerable: { n: number; answered: number; goldShown: number | null };
  unanswerable: { n: number; abstained: number };
  /** That an answerable question scores above an unanswerable one; null when the set has one kind only. */
  auroc: number | null;
  modelCalls: number;
  costUsd: number;
  p50Ms: number;
  p95Ms: number;
}

const answering = new Set(['answered', 'quoted', 'verified']);

/**
 * Asks the questions one after another and counts.
 * @param ask over the whole application, so that the path is production's
 * @param now milliseconds, from any start
 */
export async function evaluateAnswers(
  set: { queries: EvalQuery[] },
  ask: (question: string, history: NonNullable<EvalQuery['history']>) => Promise<AskedAnswer>,
  now: () => number = () => performance.now(),
  onProgress?: (done: number, total: number) => void,
): Promise<AnswersReport> {
  const scores: { answerable: number[]; unanswerable: number[] } = { answerable: [], unanswerable: [] };
  const ms: number[] = [];
  let answered = 0;
  let abstained = 0;
  let withGold = 0;
  let goldShown = 0;
  let modelCalls = 0;
  let costUsd = 0;
  for (const [done, query] of set.queries.entries()) {
    const startedAt = now();
    const answer = await ask(query.text, query.history ?? []);
    ms.push(now() - startedAt);
    modelCalls += answer.modelCalls ?? 0;
    costUsd += answer.costUsd ?? 0;
    const isAnswered = answering.has(answer.status);
    if (query.answerable === false) {
      scores.unanswerable.push(answer.score);
      if (!isAnswered) abstained++;
    } else {
      scores.answerable.push(answer.score);
      const references = (query.references ?? []).filter((reference) => comparable(reference) !== '');
      if (isAnswered) answered++;
      if (isAnswered && references.length > 0) {
        withGold++;
        if (holdsAny(answer.shownText, references)) goldShown++;
      }
    }
    onProgress?.(done + 1, set.queries.length);
  }
  const { answerable, unanswerable } = scores;
  const share = (count: number, of: number): number => (of === 0 ? 0 : rounded(count / of));
  return {
    answerable: {
      n: answerable.length,
      answered: share(answered, answerable.length),
      goldShown: withGold === 0 ? null : share(goldShown, withGold),
    },
    unanswerable: { n: unanswerable.length, abstained: share(abstained, unanswerable.length) },
    auroc: answerable.length > 0 && unanswerable.length > 0 ? rounded(auroc(answerable, unanswerable)) : null,
    modelCalls,
    costUsd: rounded(costUsd, 6),
    p50Ms: rounded(percentile(ms, 0.5), 1),
    p95Ms: rounded(percentile(ms, 0.95), 1),
  };
}

/** Whether one of the gold sentences stands in what is shown, whatever the marks, blanks and tokenisation. */
export function holdsAny(shown: string[], references: string[]): boolean {
  const texts = shown.map(comparable);
  const together = texts.join('');
  return references.some((reference) => {
    const wanted = comparable(reference);
    return wanted !== '' && (texts.some((text) => text.includes(wanted)) || together.includes(wanted));
  });
}

function comparable(text: string): string {
  return plainText(text)
    .text.normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '');
}

/** The chance that one of the first scores above one of the second, ties counting half (Mann and Whitney 1947). */
export function auroc(positive: number[], negative: number[]): number {
  const all = [...positive.map((score) => ({ score, positive: true })), ...negative.map((score) => ({ score, positive: false }))].toSorted(
    (a, b) => a.score - b.score,
  );
  let ranks = 0;
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]!.score === all[from]!.score) to++;
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) if (all[i]!.positive) ranks += rank;
    from = to;
  }
  return (ranks - (positive.length * (positive.length + 1)) / 2) / (positive.length * negative.length);
}
