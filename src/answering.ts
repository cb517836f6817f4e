/** From what a surface received to the events of an answer: the question is recorded first, with its conversation. */
import { randomUUID } from 'node:crypto';
import { readableReaderSets } from './access/audience.ts';
import type { AskInput, ThreadTurn } from './app-contract.ts';
import { ask, type AskDeps } from './ask/ask.ts';
import { readAnswer, readCitations } from './catalog/answers.ts';
import type { Catalog } from './catalog/database.ts';
import { personOf } from './catalog/people.ts';
import { conversationTurns, receiveQuestion } from './catalog/questions.ts';
import { inputError } from './errors.ts';
import { detectLanguage } from './search/analyzer.ts';
import type { Answer, AnswerEvent } from './types.ts';

/** Turns of a conversation that a question may lean on. */
const REMEMBERED = 4;
const THREAD_SHOWN = 100;
/** A question is cut to this before it is kept. */
const KEPT_CHARACTERS = 50_000;
const SHORT = 16;

export const documentUrl = (deps: Pick<AskDeps, 'pageUrl'>) => (documentId: string, answerId: string, n: number): string => `${deps.pageUrl(documentId)}?citation=${answerId}.${n}`;

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
    if (ledger) turns.push({ question: turn.text, standalone: turn.standalone ?? turn.text, answer: ledger.sentences.map((s) => s.text).join(' '), ledger });
  }
  const text = input.text.slice(0, KEPT_CHARACTERS).toWellFormed().replaceAll('\0', ' ');
  const question = await receiveQuestion(deps.db, {
    eventKey: input.eventKey ?? `${input.platform}:${randomUUID()}`, platform: input.platform, thread: threadId, personId: email ? (await personOf(deps.db, email, now)).id : null,
    text, language: languageOf(text, turns.at(-1)?.ledger.language, deps.languages), audience,
  }, now);
  if (question) yield* ask({ question, threadId, asker: email ? { email } : {}, turns }, deps, signal);
  else yield* answerGivenBefore(input.eventKey!, deps);
}

/** An earlier answer of the thread with no sentence from documents that these readers may not read: others may have asked it. */
async function answerFor(answerId: string, readerSets: number[], deps: AskDeps): Promise<Answer | undefined> {
  const answer = await readAnswer(deps.db, answerId, documentUrl(deps));
  if (!answer) return undefined;
  const open = new Set((await readCitations(deps.db, answerId)).filter((c) => readerSets.includes(c.reader_set)).map((c) => c.n));
  return { ...answer, sentences: answer.sentences.filter((s) => s.citations.every((n) => open.has(n))), citations: answer.citations.filter((c) => open.has(c.n)), closest: [] };
}

/** The question's language; a message without words of its own speaks the thread's. */
function languageOf(text: string, threadLanguage: string | undefined, documentLanguages: string[]): string {
  const fallback = threadLanguage ?? documentLanguages[0] ?? 'en';
  // "Hello!" would be Italian: of a word or two only the likely languages are told apart.
  const others = text.trim().length < SHORT ? [] : ['fr', 'es', 'it', 'pt', 'nl', 'ja', 'ko', 'ru'];
  return /\p{L}{2}|\p{Script=Han}/u.test(text) ? detectLanguage(text, [...new Set([fallback, ...documentLanguages, 'en', 'zh', 'de', ...others])]) : fallback;
}

async function* answerGivenBefore(eventKey: string, deps: AskDeps): AsyncGenerator<AnswerEvent> {
  const row = await deps.db.selectFrom('questions as q').innerJoin('answers as a', 'a.question_id', 'q.id').select('a.id').where('q.event_key', '=', eventKey).where('a.state', '=', 'current').executeTakeFirst();
  const answer = row && (await readAnswer(deps.db, row.id, documentUrl(deps)));
  if (answer) yield { type: 'final', answer };
}

/** The turns of a conversation, oldest first. */
export async function readThread(db: Catalog, threadId: string, deps: Pick<AskDeps, 'pageUrl'>): Promise<ThreadTurn[]> {
  const turns = await conversationTurns(db, threadId, THREAD_SHOWN);
  return Promise.all(turns.map(async (turn) => ({
    questionId: turn.questionId, question: turn.text, askedAt: turn.askedAt,
    answer: turn.answerId === null ? null : ((await readAnswer(db, turn.answerId, documentUrl(deps))) ?? null),
  })));
}
