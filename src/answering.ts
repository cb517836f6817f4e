/** From what a surface received to the events of an answer: the question is recorded first, with its conversation. */
import { randomUUID } from 'node:crypto';
import { readableReaderSets } from './access/audience.ts';
import type { AskInput, ThreadTurn } from './app-contract.ts';
import { ask, type AskDeps } from './ask/ask.ts';
import { textOf } from './ask/draft.ts';
import { readAnswer, readCitations } from './catalog/answers.ts';
import { personOf } from './catalog/people.ts';
import { conversationTurns, receiveQuestion } from './catalog/questions.ts';
import { inputError } from './errors.ts';
import { detectLanguage } from './search/analyzer.ts';
import { say } from './strings/strings.ts';
import type { Answer, AnswerEvent } from './types.ts';

/** Turns of a conversation that a question may lean on. */
const REMEMBERED = 4;
const THREAD_SHOWN = 100;
/** A question is cut to this before it is kept. */
const KEPT_CHARACTERS = 50_000;
const SHORT = 16;
/** Why a kept answer is less than it was: part of it rests on documents that these readers may not read. */
const WITHHELD = 'withheld';

export const documentUrl =
  (deps: Pick<AskDeps, 'pageUrl'>) =>
  (documentId: string, answerId: string, n: number): string =>
    `${deps.pageUrl(documentId)}?citation=${answerId}.${n}`;

/** Records the question and answers it. A delivery that came before yields the answer it got then. */
export async function* answerQuestion(input: AskInput, deps: AskDeps, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const now = deps.clock.now();
  const email = input.email?.trim();
  if (email !== undefined && !/^[^\s@]+@[^\s@]+$/.test(email)) throw inputError('as', `"${email}" is not an e-mail address`);
  const threadId = input.threadId ?? randomUUID();
  if (threadId.length > 200) throw inputError('thread', 'is longer than 200 characters');
  const audience = input.audience ?? 'asker';
  const readerSets = await readableReaderSets(deps.db, email ? { email } : {}, audience);
  const turns = [];
  for (const turn of await conversationTurns(deps.db, threadId, REMEMBERED)) {
    const ledger = turn.answerId === null ? undefined : await answerFor(turn.answerId, readerSets, deps);
    // What a model made of the question may hold words of the answers before it.
    const standalone = ledger?.degraded?.includes(WITHHELD) ? turn.text : (turn.standalone ?? turn.text);
    if (ledger) turns.push({ question: turn.text, standalone, answer: ledger.sentences.map((s) => s.text).join(' '), ledger });
  }
  const text = input.text.slice(0, KEPT_CHARACTERS).toWellFormed().replaceAll('\0', ' ');
  const question = await receiveQuestion(
    deps.db,
    {
      eventKey: input.eventKey ?? `${input.platform}:${randomUUID()}`,
      platform: input.platform,
      thread: threadId,
      personId: email ? (await personOf(deps.db, email, now)).id : null,
      text,
      language: languageOf(text, turns.at(-1)?.ledger.language, deps.languages),
      audience,
    },
    now,
  );
  if (question) yield* ask({ question, threadId, asker: email ? { email } : {}, turns }, deps, signal);
  else yield* answerGivenBefore(input.eventKey!, readerSets, deps);
}

/** A kept answer as these readers may see it: others may have asked it. What rests on documents that are closed to them is left out. */
async function answerFor(answerId: string, readerSets: number[], deps: Pick<AskDeps, 'db' | 'pageUrl'>): Promise<Answer | undefined> {
  const answer = await readAnswer(deps.db, answerId, documentUrl(deps));
  if (!answer) return undefined;
  const cited = await readCitations(deps.db, answerId);
  const documentOf = (documentUrl: string): string => /\/documents\/([\w-]+)/.exec(documentUrl)?.[1] ?? '';
  const ids = [...new Set([...cited.map((c) => c.document_id), ...answer.closest.map((c) => documentOf(c.documentUrl))])];
  const rows = ids.length === 0 ? [] : await deps.db.selectFrom('documents').select(['id', 'reader_set']).where('id', 'in', ids).execute();
  // The readers of today count, and those of then too: a document that is gone has no others.
  const today = new Map(rows.map((d) => [d.id, d.reader_set]));
  const open = new Set(
    cited.filter((c) => [c.reader_set, today.get(c.document_id) ?? c.reader_set].every((set) => readerSets.includes(set))).map((c) => c.n),
  );
  const closest = answer.closest.filter((c) => readerSets.includes(today.get(documentOf(c.documentUrl)) ?? -1));
  const sentences = answer.sentences.filter((s) => s.citations.every((n) => open.has(n)));
  if (open.size === cited.length && closest.length === answer.closest.length) return answer;
  const own = answer.status === 'unanswered' ? [say(answer.language, 'notFound')] : [];
  return {
    ...answer,
    sentences,
    closest,
    citations: answer.citations.filter((c) => open.has(c.n)),
    text: textOf({ ...answer, own, sentences, closest }),
    degraded: [...(answer.degraded ?? []), WITHHELD],
  };
}

/** The question's language; a message without words of its own speaks the thread's. */
function languageOf(text: string, threadLanguage: string | undefined, documentLanguages: string[]): string {
  const fallback = threadLanguage ?? documentLanguages[0] ?? 'en';
  // "Hello!" would be Italian: of a word or two only the likely languages are told apart.
  const others = text.trim().length < SHORT ? [] : ['fr', 'es', 'it', 'pt', 'nl', 'ja', 'ko', 'ru'];
  return /\p{L}{2}|\p{Script=Han}/u.test(text)
    ? detectLanguage(text, [...new Set([fallback, ...documentLanguages, 'en', 'zh', 'de', ...others])])
    : fallback;
}

async function* answerGivenBefore(eventKey: string, readerSets: number[], deps: AskDeps): AsyncGenerator<AnswerEvent> {
  const row = await deps.db
    .selectFrom('questions as q')
    .innerJoin('answers as a', 'a.question_id', 'q.id')
    .select('a.id')
    .where('q.event_key', '=', eventKey)
    .where('a.state', '=', 'current')
    .executeTakeFirst();
  const answer = row && (await answerFor(row.id, readerSets, deps));
  if (answer) yield { type: 'final', answer };
}

/** The turns of a conversation, oldest first, as someone of the company who did not say who they are may read them. */
export async function readThread(threadId: string, deps: Pick<AskDeps, 'db' | 'pageUrl'>): Promise<ThreadTurn[]> {
  const readerSets = await readableReaderSets(deps.db, {}, 'asker');
  const turns = await conversationTurns(deps.db, threadId, THREAD_SHOWN);
  return Promise.all(
    turns.map(async (turn) => ({
      questionId: turn.questionId,
      question: turn.text,
      askedAt: turn.askedAt,
      answer: turn.answerId === null ? null : ((await answerFor(turn.answerId, readerSets, deps)) ?? null),
    })),
  );
}
