/** What every chat platform shares: a question that was received is answered where it was asked, once, as the answer grows. */
import PQueue from 'p-queue';
import type { ChatApp, ChatPerson, FileText, HeldQuestion } from '../src/chat/chat-app.ts';
import { drawnAsTaken } from '../src/chat/drawn-as-taken.ts';
import type { AnswerActions, AnswerView, ChatPlatform, GrowingView, Messenger, Origin, Part, Place, View } from '../src/chat/messenger.ts';
import { AppError, isAbort, reasonOf } from '../src/errors.ts';
import { sayInChat } from '../src/strings/chat.ts';
import type { Answer, AnswerEvent, Audience, Clock, Language, Log } from '../src/types.ts';
import { isAway } from './away.ts';
import { createGrowingMessage, WHISPERED, type GrowingMessage, type Step } from './growing-message.ts';
import { createTurns } from './turns.ts';

/** Files that came with a question, read. */
export interface QuestionFiles {
  texts: FileText[];
  /** Those that could not be read, with the reasons in this language. */
  unread(language: Language): { name: string; reason: string }[];
}

export interface ConversationDeps {
  platform: ChatPlatform;
  chat: ChatApp;
  messenger: Messenger;
  /** Never throws: whoever cannot be looked up is a guest. */
  whoIs(place: Place): Promise<ChatPerson>;
  /** What came with a question; throws only when the signal is aborted. Absent: this platform has no files. */
  readFiles?(origin: Origin, signal: AbortSignal): Promise<QuestionFiles>;
  clock: Clock;
  log: Log;
  atStep?: (step: Step) => void | Promise<void>;
}

export interface Conversations {
  /** Answers a question that was received; a sign is seen at once. Never throws. */
  take(question: HeldQuestion): void;
  /** Cancels what is answered in this thread; what was shown stays. @returns how many */
  stop(place: Pick<Place, 'channel' | 'thread'>): number;
  /** The question's message was deleted: nobody answers it, and its answer goes too. */
  withdraw(question: { questionId: string; place: Place }): Promise<void>;
  /** Takes up what processes that ended left. */
  takeLeft(): Promise<void>;
  /** Lets others take over what is not finished within `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const AT_ONCE = 24;
const LEFT_AT_ONCE = 50;
/** A question that ended so many processes is not tried again, and says so. */
const MOST_ATTEMPTS = 3;

interface Running {
  question: HeldQuestion;
  controller: AbortController;
  stopped: boolean;
  withdrawn: boolean;
  hasTurn?: true;
  growing: GrowingMessage;
  /** What is shown of it so far. */
  view: GrowingView;
}

export function createConversations(deps: ConversationDeps): Conversations {
  const { chat, messenger, clock, log } = deps;
  const queue = new PQueue({ concurrency: AT_ONCE });
  const running = new Map<string, Running>();
  const turns = createTurns(clock);
  let closing = false;

  async function answerIn(one: Running, audience: Audience): Promise<void> {
    const { question, controller, growing, view } = one;
    const { origin } = question;

    const inSight = !isQuiet(question);
    let answer = question.answer;
    let files: QuestionFiles | undefined;
    try {
      // Nothing of them is kept: whoever takes a question up reads them again.
      if (origin.files) files = await deps.readFiles?.(origin, controller.signal);
      if (!answer && question.attempts < MOST_ATTEMPTS) {
        for await (const event of chat.answer(question, controller.signal, files?.texts)) {
          if (event.type === 'final') answer = event.answer;
          else if (inSight) grow(view, event, growing);
        }
      }
    } catch (error) {
      if (!controller.signal.aborted) throw error;
      if (one.withdrawn) return;
      if (!one.stopped) throw error;
    }
    if (one.stopped) {
      if (inSight && view.sentences.length > 0) await growing.end({ ...view, status: 'stopped' });
      else await forget(one);
      await chat.delivered(question, 'cancelled');
      return;
    }
    await finish(question, answer, audience, growing, files);
    await chat.delivered(question);
    await deps.atStep?.('delivered');
  }

  const growingAt = (question: HeldQuestion, place: Place, onStopped: () => void = () => {}): GrowingMessage =>
    createGrowingMessage(question, place, {
      chat,
      messenger,
      clock,
      log,
      ...(deps.atStep ? { atStep: deps.atStep } : {}),
      onStopped,
      async mustHold() {
        if (!(await chat.holds(question)))
          throw new AppError({ code: 'question.taken', message: 'another process answers the question', retryable: true });
      },
    });

  async function finish(
    question: HeldQuestion,
    answer: Answer | undefined,
    audience: Audience,
    growing: GrowingMessage,
    files: QuestionFiles | undefined,
  ): Promise<void> {
    const { origin, language, via } = question;
    if (via === 'automatic' && !(answer && (await showsItself(question, answer)))) return;
    // What cannot be shown however often it is tried is not tried for ever.
    const gaveUp = !answer || question.attempts > MOST_ATTEMPTS;
    const view: View = gaveUp
      ? { type: 'notice', language, text: sayInChat(language, 'gaveUp') }
      : await answerView(question, answer, audience, files ? unreadOf(files, answer.language) : []);
    if (!origin.ephemeral) return growing.end(view);
    try {
      await drawnAsTaken((how) => whisper(question, messenger.draw(view, how, origin.place.kind)), log);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'chat.gone')) throw error;
      // Nothing can be said there any more: it comes as a direct message.
      const { thread: _, ...place } = origin.place;
      await growingAt(question, { ...place, kind: 'direct', channel: place.person }).end(view);
    }
  }

  /** What was said before a process ended is not said again. */
  async function whisper(question: HeldQuestion, parts: Part[]): Promise<void> {
    for (const [nth, part] of parts.entries()) {
      const row = await chat.messages.intend(question.id, WHISPERED + nth);
      if (row.platformId) continue;
      const id = await messenger.whisper(question.origin, part);
      await chat.messages.posted(row.id, `whispered:${id ?? row.id}`);
    }
  }

  async function showsItself({ origin }: HeldQuestion, answer: Answer): Promise<boolean> {
    return chat.automatic.shows(`${deps.platform}:${origin.place.workspace}/${origin.place.channel}`, answer.answerId);
  }

  /** What is too long is named, too: its end was not read. */
  function unreadOf(files: QuestionFiles, language: Language): { name: string; reason: string }[] {
    const cut = chat.files.fit(files.texts).cut.map((name) => ({ name, reason: sayInChat(language, 'fileCut') }));
    return [...files.unread(language), ...cut];
  }

  async function answerView(
    question: HeldQuestion,
    answer: Answer,
    audience: Audience,
    unread: { name: string; reason: string }[],
  ): Promise<AnswerView> {
    const { origin, via } = question;
    const about = answer.status !== 'courtesy' && answer.status !== 'failed';
    const actions: AnswerActions = {
      feedback: about,
      askPerson: about && chat.triageChannels.length > 0,
      why: about,
      share: origin.ephemeral === true && origin.place.kind !== 'direct' && about && answer.status !== 'unanswered',
    };
    return {
      type: 'answer',
      answer,
      actions,
      ...(unread.length > 0 ? { unread } : {}),
      ...(answer.status === 'unanswered' ? { searched: await chat.searched(audience) } : {}),
      ...(via === 'home' ? { shared: { by: origin.place.person, question: question.text } } : {}),
      now: clock.now(),
    };
  }

  /**
   * Who asks, and for whom the answer is: denied is what cannot be told.
   * @throws AppError `chat.unsure` while it may be told soon: an employee is not told that there is nothing
   */
  async function readersOf({ origin: { place }, attempts }: HeldQuestion): Promise<{ who: ChatPerson; audience: Audience }> {
    const unsure = (cause?: unknown): AppError =>
      new AppError({ code: 'chat.unsure', message: 'who would read an answer cannot be told', retryable: true, cause });
    const who = await deps.whoIs(place);
    if (who.unsure && attempts < MOST_ATTEMPTS) throw unsure();
    if (!who.member) return { who, audience: 'public' };
    const outsiders = await messenger.outsiders(place).catch((error: unknown) => {
      if (attempts < MOST_ATTEMPTS && isAway(error)) throw unsure(error);
      return true;
    });
    return { who, audience: outsiders ? 'public' : 'everyone' };
  }

  async function run(one: Running): Promise<void> {
    const { question } = one;
    try {
      const { who, audience } = await readersOf(question);
      // Once nothing but answering is left to do: what waits for the platform comes back all at once.
      await turns.wait(one.controller.signal);
      one.hasTurn = true;
      if (one.withdrawn) return;
      await chat.settle(question, who, audience);
      await answerIn(one, audience);
    } catch (error) {
      const code = error instanceof AppError ? error.code : undefined;
      if (code !== 'question.taken' && !isAbort(error))
        log.error({ questionId: question.id, reason: reasonOf(error), code }, 'an answer could not be delivered; it is tried again');
      // The platform does not take it: nobody would see another try.
      if (code === 'chat.gone') await chat.delivered(question, 'cancelled').catch(() => {});
      // An outage is not the question's doing; what else goes wrong may come of it each time.
      else if (closing) await chat.release(question).catch(() => {});
      else
        await chat
          .release(question, { afterMs: code === 'chat.unsure' ? UNSURE_MS : RETRY_MS, counts: !isAway(error) && !OUTAGES.has(code ?? '') })
          .catch(() => {});
    } finally {
      running.delete(question.id);
      if (one.hasTurn) turns.over();
      // What was on its way to the chat when the question was deleted stands there by now.
      if (one.withdrawn)
        await forget(one).catch((error: unknown) => log.warn({ reason: reasonOf(error) }, 'an answer could not be taken back'));
      if (!isQuiet(question)) void messenger.status(question.origin.place, false, question.language);
    }
  }

  async function forget({ question, growing }: Running): Promise<void> {
    await growing.abandon();
    await removeAll(question.id, question.origin.place);
  }

  async function removeAll(questionId: string, place: Place): Promise<void> {
    for (const row of await chat.messages.ofQuestion(questionId)) {
      if (row.platformId && row.part < WHISPERED) await messenger.remove(place, row.platformId);
      await chat.messages.removed(row.id);
    }
  }

  const take = (question: HeldQuestion): void => {
    const { language, origin } = question;
    const controller = new AbortController();
    const one: Running = {
      question,
      controller,
      stopped: false,
      withdrawn: false,
      growing: growingAt(question, origin.place, () => {
        one.stopped = true;
        controller.abort();
      }),
      view: { type: 'growing', language, status: 'searching', sentences: [], citations: [] },
    };
    running.set(question.id, one);
    // A sign is seen at once, however many are answered before.
    if (!isQuiet(question))
      void messenger.status(origin.place, true, language).then((seen) => {
        if (!seen) one.growing.grow(one.view);
      });
    void queue.add(() => run(one));
  };

  return {
    take,
    stop({ channel, thread }) {
      const here = [...running.values()].filter(
        ({ question: { origin } }) => origin.place.channel === channel && origin.place.thread === thread,
      );
      for (const one of here) {
        one.stopped = true;
        one.controller.abort();
      }
      return here.length;
    },
    async withdraw({ questionId, place }) {
      const one = running.get(questionId);
      if (one) {
        one.withdrawn = true;
        one.controller.abort();
      }
      await chat.withdraw(questionId);
      await removeAll(questionId, place);
    },
    async takeLeft() {
      if (closing || queue.size > 0) return;
      for (const question of await chat.takeLeft(deps.platform, LEFT_AT_ONCE)) take(question);
    },
    async close(graceMs) {
      closing = true;
      turns.close();
      const late = new AbortController();
      await Promise.race([queue.onIdle(), clock.sleep(graceMs, late.signal).catch(() => {})]);
      late.abort();
      queue.clear();
      for (const one of running.values()) {
        one.controller.abort();
        await chat.release(one.question).catch(() => {});
      }
    },
  };
}

/** Nobody, or one person alone, sees that it is answered. */
const isQuiet = ({ origin, via }: HeldQuestion): boolean => origin.ephemeral === true || via === 'automatic';

/** Beside a platform that is away. */
const OUTAGES = new Set(['chat.unauthorized', 'question.taken', 'search.unavailable']);
/** After this an answer that could not be delivered is tried again, by whoever comes first. */
const RETRY_MS = 30_000;
const UNSURE_MS = 2_000;

/** The view with one more event, and on its way. */
function grow(view: GrowingView, event: Exclude<AnswerEvent, { type: 'final' }>, growing: GrowingMessage): void {
  if (event.type === 'status') return void (view.status = event.status);
  view.sentences.push(event.sentence);
  for (const citation of event.citations) if (!view.citations.some((c) => c.n === citation.n)) view.citations.push(citation);
  growing.grow({ ...view, sentences: [...view.sentences], citations: [...view.citations] });
}
