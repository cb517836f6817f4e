/** Questions from chat: received before anything is acknowledged, held until the answer stands in the chat, taken up again where a process ended. */
import { readableReaderSets } from './access/audience.ts';
import { answerFor, keptText, languageOf, turnsBefore, type AnsweringDeps } from './answering.ts';
import { ask } from './ask/ask.ts';
import { firstWords, saysNothing } from './ask/files.ts';
import { findDocuments } from './ask/find-documents.ts';
import {
  closeQuestion,
  lastQuestion,
  leftChatQuestions,
  questionByKey,
  questionsOfMessage,
  releaseQuestion,
  renewQuestions,
  settleQuestion,
  takeChatQuestion,
  withdrawQuestion,
} from './catalog/chat-questions.ts';
import type { Catalog } from './catalog/database.ts';
import { answerOfMessage, intendMessage, knownMessages, messagePosted, messageRemoved, messagesOf } from './catalog/messages.ts';
import { keepIdentity, readIdentity } from './catalog/people.ts';
import { QUESTION_LEASE_MS, receiveQuestion, renewQuestion, type Question } from './catalog/questions.ts';
import type { ChatApp, ChatPerson, HeldQuestion } from './chat/chat-app.ts';
import { keptOrigin } from './chat/kept-origin.ts';
import type { Origin, Via } from './chat/messenger.ts';
import { AppError } from './errors.ts';

/** After so long somebody is looked up anew. */
const KNOWN_MS = 15 * 60_000;
/** Commands stand among what was met, by this prefix; so long after, no platform delivers one again. */
const COMMAND = 'command:';
const COMMANDS_MS = 24 * 3_600_000;

export interface ChatAnsweringDeps {
  answering(): Promise<AnsweringDeps>;
  /** Without waiting for the index: what is needed to record a question. */
  recording(): Pick<AnsweringDeps, 'db' | 'clock' | 'log' | 'languages' | 'questionsPerHour' | 'pageUrl'> & {
    workspaceQuestionsPerHour: number;
  };
  /** ADMIN_USERS. */
  adminUsers: readonly string[];
}

type Held = HeldQuestion & { question: Question; thread: string };

export type ChatAnswering = Pick<
  ChatApp,
  | 'receive'
  | 'settle'
  | 'answer'
  | 'documents'
  | 'delivered'
  | 'release'
  | 'holds'
  | 'ofMessage'
  | 'takeLeft'
  | 'withdraw'
  | 'messages'
  | 'questionOf'
  | 'lastOfThread'
  | 'known'
  | 'meet'
  | 'guest'
  | 'greet'
  | 'ungreet'
  | 'takeCommand'
  | 'isAdmin'
> & { close(): void };

/** The part of `ChatApp` that takes a question from its delivery to the answer that stands in the chat. */
export function createChatAnswering(deps: ChatAnsweringDeps): ChatAnswering {
  const held = new Map<string, Held>();
  let renewal: NodeJS.Timeout | undefined;

  function hold(question: Held): Held {
    held.set(question.id, question);
    renewal ??= setInterval(() => {
      const { db, clock, log } = deps.recording();
      void renewQuestions(
        db,
        [...held.values()].map((one) => one.question),
        clock.now(),
      ).catch(() => log.warn({ questions: held.size }, 'leases of questions could not be renewed; tried again'));
    }, QUESTION_LEASE_MS / 3);
    return question;
  }

  function letGo(id: string): void {
    held.delete(id);
    if (held.size > 0) return;
    clearInterval(renewal);
    renewal = undefined;
  }

  const heldOf = (question: HeldQuestion): Held => {
    const one = held.get(question.id);
    if (!one) throw new AppError({ code: 'question.taken', message: 'the question is not held here', retryable: true });
    return one;
  };

  return {
    async receive({ eventKey, text, origin, via, thread }) {
      const { db, clock, languages, questionsPerHour, workspaceQuestionsPerHour } = deps.recording();
      const { platform, workspace, channel, kind, person } = origin.place;
      const now = clock.now();
      // Whoever was never seen is met before the answer; the limit holds for them from now on.
      const [personId, before] = await Promise.all([
        personIdOf(db, platform, workspace, person),
        lastQuestion(db, { platform, workspace, channel, thread }),
      ]);
      const kept = keptText(text);
      const question = await receiveQuestion(
        db,
        {
          eventKey,
          platform,
          place: { workspace, channel, kind },
          thread,
          personId,
          text: kept,
          language: languageOf(kept, before?.language, languages),
          audience: 'public',
          via,
          origin,
        },
        now,
        {
          workspacePerHour: workspaceQuestionsPerHour,
          ...(questionsPerHour === undefined || via === 'automatic' ? {} : { perHour: questionsPerHour }),
        },
      );
      return question && hold(heldFrom(question, { eventKey, thread, via, origin, attempts: 0, answer: undefined }));
    },

    async settle(question, who, audience) {
      const one = heldOf(question);
      Object.assign(one.question, { personId: who.personId, audience });
      Object.assign(one, { personId: who.personId });
      await settleQuestion(deps.recording().db, one.question, who.personId, audience);
    },

    async *answer(question, signal, files = []) {
      const one = heldOf(question);
      const answering = await deps.answering();
      // Until access has landed a chat's answers are for everyone, or for anyone; never for one person.
      const readerSets = await readableReaderSets(answering.db, {}, one.question.audience);
      const turns = await turnsBefore(
        { conversationId: one.question.conversationId },
        one.question.personId,
        one.question,
        readerSets,
        answering,
      );
      // A message without words speaks its file's language.
      const { text, language } = one.question;
      const fileAsks = files.length > 0 && saysNothing(text, language);
      const asked = fileAsks ? { ...one.question, language: languageOf(firstWords(files), language, answering.languages) } : one.question;
      for await (const event of ask({ question: asked, threadId: one.thread, asker: {}, turns, files }, answering, signal)) {
        if (event.type === 'final') Object.assign(one, { answer: event.answer });
        yield event;
      }
    },

    async documents(text, audience, limit, signal) {
      const answering = await deps.answering();
      const readerSets = await readableReaderSets(answering.db, {}, audience);
      return findDocuments({ text, readerSets, limit }, answering, signal);
    },

    async delivered(question, how) {
      const one = heldOf(question);
      const { db, clock } = deps.recording();
      await closeQuestion(db, one.question, how ?? 'delivered', clock.now(), one.origin.files && keptOrigin(one.origin));
      letGo(one.id);
    },
    async release(question, { afterMs = 0, counts = false } = {}) {
      const one = held.get(question.id);
      if (!one) return;
      letGo(one.id);
      const { db, clock } = deps.recording();
      await releaseQuestion(db, one.question, { from: afterMs === 0 ? 0 : clock.now() + afterMs, counts });
    },
    async holds(question) {
      const one = held.get(question.id);
      return one !== undefined && renewQuestion(deps.recording().db, one.question, deps.recording().clock.now());
    },
    async withdraw(questionId) {
      const { db, clock } = deps.recording();
      letGo(questionId);
      return withdrawQuestion(db, questionId, clock.now(), (origin) => keptOrigin(origin as Origin));
    },

    async takeLeft(platform, limit) {
      const { db, clock, log, pageUrl } = deps.recording();
      const taken: Held[] = [];
      for (const id of await leftChatQuestions(db, platform, clock.now(), limit)) {
        if (held.has(id)) continue;
        const row = await takeChatQuestion(db, id, clock.now());
        if (!row) continue;
        log.info({ questionId: id }, 'a question that another process left is taken up here');
        const readerSets = await readableReaderSets(db, {}, row.audience);
        const answer = row.answerId === null ? undefined : await answerFor(row.answerId, readerSets, { db, pageUrl });
        const { eventKey, thread, attempts } = row;
        taken.push(hold(heldFrom(row, { eventKey, thread, via: row.via as Via, origin: row.origin as Origin, attempts, answer })));
      }
      return taken;
    },

    messages: {
      ofQuestion: (questionId) => messagesOf(deps.recording().db, questionId),
      intend: (questionId, part) => intendMessage(deps.recording().db, questionId, part, deps.recording().clock.now()),
      posted: (id, platformId) => messagePosted(deps.recording().db, id, platformId),
      removed: (id) => messageRemoved(deps.recording().db, id),
      known: (questionId) => knownMessages(deps.recording().db, questionId),
      answerAt: (place, ids) => answerOfMessage(deps.recording().db, place, ids),
    },
    async questionOf(eventKey) {
      const { db } = deps.recording();
      const row = await questionByKey(db, eventKey);
      if (!row) return undefined;
      const origin = row.origin_json === null ? null : (JSON.parse(row.origin_json) as Origin);
      return { questionId: row.id, thread: row.thread, origin, ...(row.answer_id ? { answerId: row.answer_id } : {}) };
    },
    async lastOfThread(place) {
      const last = await lastQuestion(deps.recording().db, place);
      return last && { ...last, inSight: last.via !== 'automatic' || Number(last.posted) > 0 };
    },
    ofMessage: (questionId) => questionsOfMessage(deps.recording().db, questionId),

    async known(platform, workspace, id) {
      const { db, clock } = deps.recording();
      const row = await readIdentity(db, platform, workspace, id);
      if (!row || row.checked_at < clock.now() - KNOWN_MS) return undefined;
      return chatPerson({ personId: row.person_id, platform, workspace, id, member: row.member === 1 }, row.email, row.name);
    },
    async meet(who) {
      const { db, clock } = deps.recording();
      const { platform, workspace, id, member } = who;
      const person = await keepIdentity(db, { ...who, externalId: id }, clock.now());
      return chatPerson({ personId: person.id, platform, workspace, id, member }, who.email ?? null, who.name ?? null);
    },
    async guest(platform, workspace, id) {
      return { personId: await personIdOf(deps.recording().db, platform, workspace, id), platform, workspace, id, member: false };
    },
    isAdmin(person) {
      if (!person.member) return false;
      const names = [person.email, `${person.platform}:${person.workspace}/${person.id}`].map((name) => name?.toLowerCase());
      return deps.adminUsers.some((admin) => names.includes(admin.toLowerCase()));
    },

    greet: async (place) => noteOnce(deps.recording().db, place, deps.recording().clock.now()),
    async ungreet({ platform, workspace, place }) {
      const { db } = deps.recording();
      await db
        .deleteFrom('greetings')
        .where('platform', '=', platform)
        .where('workspace', '=', workspace)
        .where('place', '=', place)
        .execute();
    },
    async takeCommand({ platform, workspace, key }) {
      const { db, clock } = deps.recording();
      const taken = await noteOnce(db, { platform, workspace, place: `${COMMAND}${key}` }, clock.now());
      if (taken)
        await db
          .deleteFrom('greetings')
          .where('platform', '=', platform)
          .where('workspace', '=', workspace)
          .where('place', 'like', `${COMMAND}%`)
          .where('at', '<', clock.now() - COMMANDS_MS)
          .execute();
      return taken;
    },

    close() {
      clearInterval(renewal);
      held.clear();
    },
  };
}

/** @returns true once a place, in whichever process */
async function noteOnce(db: Catalog, at: { platform: string; workspace: string; place: string }, now: number): Promise<boolean> {
  const row = await db
    .insertInto('greetings')
    .values({ ...at, at: now })
    .onConflict((c) => c.columns(['platform', 'workspace', 'place']).doNothing())
    .returning('place')
    .executeTakeFirst();
  return row !== undefined;
}

/** As whom somebody is known, however long ago they were looked up; a guest of their own where they never were. */
async function personIdOf(db: Catalog, platform: string, workspace: string, id: string): Promise<string> {
  const known = await readIdentity(db, platform, workspace, id);
  return known?.person_id ?? (await keepIdentity(db, { platform, workspace, externalId: id, member: false }, 0)).id;
}

function heldFrom(
  question: Question,
  of: Pick<HeldQuestion, 'eventKey' | 'via' | 'origin' | 'attempts' | 'answer'> & { thread: string },
): Held {
  const { id, text, language, personId, receivedAt, audience } = question;
  return { id, text, language, personId, receivedAt, audience, ...of, question };
}

function chatPerson(of: Omit<ChatPerson, 'email' | 'name'>, email: string | null, name: string | null): ChatPerson {
  return { ...of, ...(email === null ? {} : { email }), ...(name === null ? {} : { name }) };
}
