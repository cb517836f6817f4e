/** `docent eval answers` over a whole application: the path of production, ledger included. */
import { randomUUID } from 'node:crypto';
import type { WiredApp } from '../app.ts';
import type { Answer } from '../types.ts';
import { evaluateAnswers, type AnswersReport } from './answers.ts';
import type { EvalSet } from './beir.ts';

/** The turns before a follow-up are asked first, in the same conversation, and not counted. */
export async function evaluateAnswersOver(
  set: EvalSet,
  app: WiredApp,
  signal: AbortSignal,
  onProgress?: (text: string) => void,
): Promise<AnswersReport> {
  const { db } = await app.askDeps();
  const askIn = async (threadId: string, text: string): Promise<Answer> => {
    for await (const event of app.ask({ text, threadId, platform: 'cli', audience: 'everyone' }, signal))
      if (event.type === 'final') return event.answer;
    throw new Error('no answer was given');
  };
  return evaluateAnswers(
    set,
    async (question, history) => {
      signal.throwIfAborted();
      const threadId = randomUUID();
      for (const turn of history) await askIn(threadId, turn.q);
      const answer = await askIn(threadId, question);
      const { trace_json } = await db
        .selectFrom('answers')
        .select('trace_json')
        .where('id', '=', answer.answerId)
        .executeTakeFirstOrThrow();
      const trace = JSON.parse(trace_json) as { sufficiency?: { score: number } };
      return {
        status: answer.status,
        score: trace.sufficiency?.score ?? 0,
        shownText: shownText(answer),
        modelCalls: answer.usage.modelCalls,
        costUsd: answer.usage.costUsd,
      };
    },
    undefined,
    (done, total) => onProgress?.(`${done} of ${total} questions`),
  );
}

/** A quoted answer shows its quotes; a written one what its sentences say. */
const shownText = (answer: Answer): string[] =>
  answer.status === 'quoted' ? answer.citations.map((c) => c.quote) : answer.sentences.map((s) => s.text);
