/** From what a surface received to the events of an answer: the question is recorded first, with its conversation. */
import { randomUUID } from 'node:crypto';
import { readableReaderSets, type Asker } from './access/audience.ts';
import type { AskInput, ThreadTurn } from './app-contract.ts';
import { ask, type AskDeps, type Asking } from './ask/ask.ts';
import { textOf } from './ask/draft.ts';
import { readAnswer, readCitations } from './catalog/answers.ts';
import { personOf } from './catalog/people.ts';
import {
  conversationTurns,
  leaveQuestion,
  leftQuestions,
  readDelivery,
  QUESTION_LEASE_MS,
  receiveQuestion,
  renewQuestion,
  takeQuestion,
  type Question,
  type TakenQuestion,
} from './catalog/questions.ts';
import { AppError, inputError } from './errors.ts';
import { detectLanguage } from './search/analyzer.ts';
import { say } from './strings/strings.ts';
import type { Answer, AnswerEvent } from './types.ts';

/** Turns of a conversation that a question may lean on. */
const REMEMBERED = 4;
const THREAD_SHOWN = 100;
/** A question is cut to this before it is kept. */
const KEPT_CHARACTERS = 50_000;
const SHORT = 16;
/** How often a question that another process answers is looked at. */
const LOOK_MS = 300;
const LEFT_LOOKED_AT = 100;
const LEFT_AT_ONCE = 4;
/** Why a kept answer is less than it was: part of it rests on documents that these readers may not read. */
const WITHHELD = 'withheld';

export const documentUrl =
  (deps: Pick<AskDeps, 'pageUrl'>) =>
  (documentId: string, answerId: string, n: number): string =>
    `${deps.pageUrl(documentId)}?citation=${answerId}.${n}`;

/** A question as it is kept. */
export const keptText = (text: string): string => text.slice(0, KEPT_CHARACTERS).toWellFormed().replaceAll('\0', ' ');

export interface AnsweringDeps extends AskDeps {
  /** Questions that one person may ask in an hour; undefined: as many as he likes. */
  questionsPerHour?: number;
  /** True once this process is ending: what is cut off then is another's to answer. */
  ending?: () => boolean;
}

/**
 * Records the question and answers it. A delivery that came before yields the answer it got then; while another process
 * is at it that is waited for, and should that process have ended in the middle, the question is answered here.
 * @throws AppError `ask.limit`, or an input error; nothing is recorded then
 */
export async function* answerQuestion(input: AskInput, deps: AnsweringDeps, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const { db, clock } = deps;
  const now = clock.now();
  const email = input.email?.trim();
  if (email !== undefined && !/^[^\s@]+@[^\s@]+$/.test(email)) throw inputError('as', `"${email}" is not an e-mail address`);
  const thread = input.threadId ?? randomUUID();
  if (thread.length > 200) throw inputError('thread', 'is longer than 200 characters');
  const audience = input.audience ?? 'asker';
  const asker: Asker = email ? { email } : {};
  const readerSets = await readableReaderSets(db, asker, audience);
  const personId = email ? (await personOf(db, email, now)).id : null;
  const turns = await turnsBefore({ thread }, personId, undefined, readerSets, deps);
  const text = keptText(input.text);
  const eventKey = input.eventKey ?? `${input.platform}:${randomUUID()}`;
  const question = await receiveQuestion(
    db,
    {
      eventKey,
      platform: input.platform,
      thread,
      personId,
      text,
      language: languageOf(text, turns.at(-1)?.ledger.language, deps.languages),
      audience,
    },
    now,
    deps.questionsPerHour === undefined ? {} : { perHour: deps.questionsPerHour },
  );
  let asking: Asking | undefined = question && { question, threadId: thread, asker, turns };
  for (;;) {
    if (asking && (yield* answerLeased(asking, deps, signal))) return;
    const before = await readDelivery(db, eventKey);
    const answer = before.answerId === null ? undefined : await answerFor(before.answerId, readerSets, deps);
    if (answer) yield { type: 'final', answer };
    if (answer || before.state === 'answered' || before.state === 'failed') return;
    // Who sends another's key is shown what he may read of the answer, once there is one.
    const same = before.personId === personId && before.audience === audience;
    const taken = same ? await takeQuestion(db, { eventKey }, clock.now()) : undefined;
    asking = taken && (await askingOf(taken, deps));
    if (!taken) await clock.sleep(LOOK_MS, signal);
  }
}

/** Answers what processes that have ended left unanswered, with nobody listening: the answers stand in their conversations. */
export async function answerLeft(deps: AnsweringDeps, signal: AbortSignal): Promise<Answer[]> {
  const answers: Answer[] = [];
  const left = await leftQuestions(deps.db, deps.clock.now(), LEFT_LOOKED_AT);
  const lane = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      signal.throwIfAborted();
      const taken = await takeQuestion(deps.db, { id }, deps.clock.now());
      if (!taken) continue;
      deps.log.info({ questionId: id }, 'a question that another process left is answered here');
      for await (const event of answerLeased(await askingOf(taken, deps), deps, signal))
        if (event.type === 'final') answers.push(event.answer);
    }
  };
  await Promise.all(Array.from({ length: LEFT_AT_ONCE }, lane));
  return answers;
}

/** Answers a leased question and keeps the lease meanwhile. @returns false when another has taken it over */
async function* answerLeased(asking: Asking, deps: AnsweringDeps, signal: AbortSignal): AsyncGenerator<AnswerEvent, boolean> {
  const { question } = asking;
  const renewal = setInterval(() => void renewQuestion(deps.db, question, deps.clock.now()).catch(() => {}), QUESTION_LEASE_MS / 3);
  try {
    yield* ask(asking, deps, signal);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'question.taken') return false;
    throw error;
  } finally {
    clearInterval(renewal);
    // Given up by who asked; or cut off by the end of this process, or not kept: then another answers it.
    await leaveQuestion(deps.db, question, signal.aborted && !deps.ending?.() ? 'cancelled' : 'received').catch(() => {});
  }
}

async function askingOf(question: TakenQuestion, deps: AskDeps): Promise<Asking> {
  const asker: Asker = question.email === null ? {} : { email: question.email };
  const readerSets = await readableReaderSets(deps.db, asker, question.audience);
  return {
    question,
    threadId: question.thread,
    asker,
    turns: await turnsBefore({ thread: question.thread }, question.personId, question, readerSets, deps),
  };
}

/** The last turns of a conversation as this asker may read them, those before a question. */
export async function turnsBefore(
  conversation: Parameters<typeof conversationTurns>[1],
  personId: string | null,
  question: Pick<Question, 'id' | 'receivedAt'> | undefined,
  readerSets: number[],
  deps: AskDeps,
): Promise<Asking['turns']> {
  const turns: Asking['turns'] = [];
  let ownWordsOnly = false;
  for (const turn of await conversationTurns(deps.db, conversation, REMEMBERED)) {
    if (question && (turn.questionId === question.id || turn.askedAt > question.receivedAt)) continue;
    const ledger = turn.answerId === null ? undefined : await answerFor(turn.answerId, readerSets, deps);
    // What a model made of a question may hold words of the answers before it: also of one that is withheld here, or that
    // stands too far back to be looked at and was another person's.
    ownWordsOnly ||= ledger?.degraded?.includes(WITHHELD) === true;
    const standalone = ownWordsOnly || turn.personId !== personId ? turn.text : (turn.standalone ?? turn.text);
    if (ledger) turns.push({ question: turn.text, standalone, answer: ledger.sentences.map((s) => s.text).join(' '), ledger });
  }
  return turns;
}

/** A kept answer as these readers may see it: others may have asked it. What rests on documents that are closed to them is left out. */
export async function answerFor(
  answerId: string,
  readerSets: number[],
  deps: Pick<AskDeps, 'db' | 'pageUrl'>,
): Promise<Answer | undefined> {
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
export function languageOf(text: string, threadLanguage: string | undefined, documentLanguages: string[]): string {
  const fallback = threadLanguage ?? documentLanguages[0] ?? 'en';
  // "Hello!" would be Italian: of a word or two only the likely languages are told apart.
  const others = text.trim().length < SHORT ? [] : ['fr', 'es', 'it', 'pt', 'nl', 'ja', 'ko', 'ru'];
  return /\p{L}{2}|\p{Script=Han}/u.test(text)
    ? detectLanguage(text, [...new Set([fallback, ...documentLanguages, 'en', 'zh', 'de', ...others])])
    : fallback;
}

/** The turns of a conversation, oldest first, as someone of the company who did not say who they are may read them. */
export async function readThread(threadId: string, deps: Pick<AskDeps, 'db' | 'pageUrl' | 'clock'>): Promise<ThreadTurn[]> {
  const readerSets = await readableReaderSets(deps.db, {}, 'asker');
  const turns = await conversationTurns(deps.db, { thread: threadId }, THREAD_SHOWN);
  return Promise.all(
    turns.map(async (turn) => ({
      questionId: turn.questionId,
      question: turn.text,
      askedAt: turn.askedAt,
      eventKey: turn.eventKey,
      pending: turn.state === 'received' && (turn.leaseUntil ?? 0) > deps.clock.now(),
      answer: turn.answerId === null ? null : ((await answerFor(turn.answerId, readerSets, deps)) ?? null),
    })),
  );
}
