/** One answer's messages: streamed while that can be had, else one message that is edited, else posted once it is whole. */
import type { ChatApp, HeldQuestion } from '../src/chat/chat-app.ts';
import { drawnAsTaken } from '../src/chat/drawn-as-taken.ts';
import type { Drawn, GrowingView, Messenger, Part, Place, Stream, View } from '../src/chat/messenger.ts';
import { AppError, reasonOf } from '../src/errors.ts';
import { withRetries } from '../src/retry.ts';
import type { Clock, Log } from '../src/types.ts';
import { isAway } from './away.ts';

export interface GrowingDeps {
  chat: { messages: Omit<ChatApp['messages'], 'answerAt'> };
  messenger: Messenger;
  clock: Clock;
  log: Log;
  /** Tests look at, and kill at, these steps. */
  atStep?: (step: Step) => void | Promise<void>;
  /** Who asked pressed the platform's Stop. */
  onStopped: () => void;
  /** @throws AppError `question.taken` when the question is not this process's to answer any more */
  mustHold: () => Promise<void>;
  /** Where it cannot be posted at this place it is not posted at all. */
  hereAlone?: true;
}

/** Codes of failures after which nothing stands there. */
const HAD_NO_EFFECT = new Set(['chat.limited', 'chat.refused', 'chat.gone', 'chat.unauthorized', 'chat.failed', 'chat.stream_over']);

/** Parts from here on are what one person alone saw: it can be neither edited nor removed. */
export const WHISPERED = 100;

export type Step = 'intended' | 'posted' | 'noted' | 'grown' | 'ending' | 'ended' | 'delivered';

export interface GrowingMessage {
  /** Shows what there is so far; not waited for, and never throws. */
  grow(view: GrowingView): void;
  /** Resolves when the whole view stands in the chat. @throws AppError when it cannot, after minutes */
  end(view: View): Promise<void>;
  /** Shows nothing more; whatever stands there is noted by then, so that it can be removed. */
  abandon(): Promise<void>;
}

/** An outage of the platform is sat out so long; then another try is due later. */
const PATIENCE_MS = 3 * 60_000;
const MOST_WAIT_MS = 60_000;

/** @param question its messages that are noted already are gone on with, and one that was posted but not noted is found */
export function createGrowingMessage(
  question: Pick<HeldQuestion, 'id' | 'attempts' | 'receivedAt' | 'language'>,
  place: Place,
  deps: GrowingDeps,
): GrowingMessage {
  const { chat, messenger, clock, log } = deps;
  const step = async (name: Step): Promise<void> => void (await deps.atStep?.(name));
  let wanted: GrowingView | undefined;
  /** Its first sentences were waited for. */
  let settled = false;
  let latest: GrowingView | undefined;
  let pump: Promise<void> | undefined;
  const ended = new AbortController();
  let mode: 'begin' | 'stream' | 'edit' | 'whole' = question.attempts > 0 ? 'whole' : 'begin';
  /** Something may stand in the chat that was not noted: it is looked for before anything is posted. */
  let doubt = question.attempts > 0;
  let stream: Stream | undefined;
  /** The platform's id of the first message. */
  let posted: string | undefined;
  let at = place;

  const codeOf = (error: unknown): string => (error instanceof AppError ? error.code : 'chat.failed');

  async function show(view: GrowingView): Promise<void> {
    if (mode === 'begin') return begin(view);
    if (mode === 'stream') {
      try {
        await stream!.grow(view);
        await step('grown');
      } catch (error) {
        if (codeOf(error) === 'chat.stopped') return deps.onStopped();
        log.info({ questionId: question.id, code: codeOf(error) }, 'a stream ended before its time; the message is edited');
        mode = 'edit';
      }
      return;
    }
    if (mode !== 'edit' || !posted || !messenger.caps.edit(at)) return;
    // Another may have made it whole while this process slept.
    await deps.mustHold();
    // One edit that fails is made good by the next.
    await messenger.edit(at, posted, messenger.draw(view, 'rich', at.kind)[0]!).catch(() => {});
    await step('grown');
  }

  async function begin(view: GrowingView): Promise<void> {
    const row = await chat.messages.intend(question.id, 0);
    await step('intended');
    if (messenger.stream !== undefined && (view.sentences.length > 0 || messenger.caps.beginsEmpty) && messenger.caps.stream(at)) {
      try {
        stream = await messenger.stream(at, row.id, view);
        posted = stream.id;
        mode = 'stream';
        return await note(row.id);
      } catch (error) {
        if (codeOf(error) === 'chat.stopped') return deps.onStopped();
        if (posted) throw error;
        log.info({ questionId: question.id, code: codeOf(error) }, 'no stream could be begun');
        if (!HAD_NO_EFFECT.has(codeOf(error))) {
          doubt = true;
          return void (mode = 'whole');
        }
      }
    }
    // Its status alone is seen until it is whole.
    if (!messenger.caps.beginsEmpty && !messenger.caps.edit(at)) return void (mode = 'whole');
    try {
      posted = await messenger.post(at, messenger.draw(view, 'rich', at.kind)[0]!, row.id);
      mode = 'edit';
      await note(row.id);
    } catch (error) {
      if (posted) throw error;
      doubt = !HAD_NO_EFFECT.has(codeOf(error));
      mode = 'whole';
    }
  }

  /** The message stands there: its id is noted, so that whoever comes after finds it. */
  async function note(rowId: string): Promise<void> {
    await step('posted');
    await chat.messages.posted(rowId, posted!);
    await step('noted');
  }

  async function run(): Promise<void> {
    while (wanted && !ended.signal.aborted) {
      // An answer that is whole soon after its first sentence is shown as that alone.
      if (!settled && mode !== 'begin' && wanted.sentences.length > 0) {
        settled = true;
        await rest(messenger.caps.settleMs);
        if (ended.signal.aborted) break;
      }
      const view = wanted;
      wanted = undefined;
      try {
        await show(view);
      } catch (error) {
        log.warn({ questionId: question.id, reason: reasonOf(error) }, 'an answer on its way could not be shown');
      }
      // What began empty was shown before there was anything to read.
      if (settled || !messenger.caps.beginsEmpty)
        await rest(mode === 'edit' ? messenger.caps.editEveryMs : mode === 'stream' ? messenger.caps.streamEveryMs : 0);
    }
    pump = undefined;
  }

  async function rest(ms: number): Promise<void> {
    if (ms > 0 && !ended.signal.aborted) await clock.sleep(ms, ended.signal).catch(() => {});
  }

  /** A stream carries no key: in a thread, what nobody noted is taken for it. */
  async function lookFor(key: string): Promise<string | undefined> {
    return messenger.find(at, key, question.receivedAt, at.thread === undefined ? undefined : await chat.messages.known(question.id));
  }

  /** Tries until it is done: an outage is sat out, a limit is waited for. */
  async function patiently<T>(what: () => Promise<T>): Promise<T> {
    return withRetries(what, {
      failureOf(error) {
        const retryAfterMs = (error as { retryAfterMs?: number }).retryAfterMs;
        return { error: error as AppError, transient: isAway(error), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
      },
      policy: { maxRetries: 1_000, maxWaitMs: MOST_WAIT_MS, random: Math.random },
      clock,
      until: clock.now() + PATIENCE_MS,
    });
  }

  /** The message of this part, posted or edited so that it says `part`. */
  async function put(nth: number, part: Part): Promise<void> {
    const row = await chat.messages.intend(question.id, nth);
    let id = row.platformId ?? (nth === 0 ? posted : undefined);
    if (id && !row.platformId) await chat.messages.posted(row.id, id);
    let looked = nth === 0 ? !doubt : question.attempts === 0;
    await patiently(async () => {
      // Whether what may have been posted stands there is known by looking alone.
      if (!id && !looked) {
        id = await lookFor(row.id);
        if (id) await chat.messages.posted(row.id, id);
        looked = true;
      }
      if (id) {
        if (await stood(id, part)) return;
        id = undefined;
        // Whoever took the question back took this away, too.
        await deps.mustHold();
      }
      await step('intended');
      looked = false;
      // What cannot be found again is begun with a line that says nothing yet: said twice, it is no second answer.
      const begins = !messenger.caps.finds && !messenger.mayStandTwice?.(part);
      id = await messenger.post(at, begins ? begunWith(nth) : part, row.id);
      await step('posted');
      await chat.messages.posted(row.id, id);
      await step('noted');
      if (begins) await messenger.edit(at, id, part);
    });
  }

  /** Edits what stands there. False: nothing does, as of a stream that a killed process left. */
  async function stood(id: string, part: Part): Promise<boolean> {
    try {
      await messenger.edit(at, id, part);
      return true;
    } catch (error) {
      if (codeOf(error) !== 'chat.message_gone') throw error;
      // What a stream left of itself is not left beside the whole.
      await messenger.remove(at, id);
      return false;
    }
  }

  const begunWith = (nth: number): Part => {
    const view: GrowingView = {
      type: 'growing',
      language: question.language,
      status: nth === 0 ? 'searching' : 'writing',
      sentences: [],
      citations: [],
    };
    return messenger.draw(view, 'rich', at.kind)[0]!;
  };

  return {
    grow(view) {
      if (ended.signal.aborted || mode === 'whole') return;
      wanted = latest = view;
      pump ??= run();
    },
    async end(view) {
      ended.abort();
      await pump;
      await deps.mustHold();
      await step('ending');
      const whole = async (how: Drawn): Promise<void> => {
        const parts = messenger.draw(view, how, at.kind);
        for (const [nth, part] of parts.entries()) {
          if (nth === 0 && mode === 'stream') {
            mode = 'edit';
            try {
              await stream!.end(part, latest!, parts.length === 1);
              continue;
            } catch (error) {
              // Who asked pressed Stop: what was shown stays.
              if (codeOf(error) === 'chat.stopped') return;
              log.info({ questionId: question.id, code: codeOf(error) }, 'a stream could not be ended as it should; the message is edited');
            }
          }
          await put(nth, part);
        }
        // What was shown before in more messages than the whole takes.
        for (const row of (await chat.messages.ofQuestion(question.id)).filter(
          (m) => m.part >= parts.length && m.part < WHISPERED && m.platformId,
        )) {
          await messenger.remove(at, row.platformId!);
          await chat.messages.removed(row.id);
        }
      };
      await drawnAsTaken(async (how) => {
        try {
          await whole(how);
        } catch (error) {
          // Who asked pressed Stop in what a killed process began: what was shown stays.
          if (codeOf(error) === 'chat.stopped') return;
          if (codeOf(error) !== 'chat.gone' || at.kind === 'direct' || deps.hereAlone) throw error;
          // It cannot be answered where it was asked: then in a direct message.
          log.info({ questionId: question.id }, 'an answer cannot be posted where it was asked; it goes to who asked');
          const { thread: _, ...rest } = at;
          at = { ...rest, kind: 'direct', channel: at.person };
          for (const row of await chat.messages.ofQuestion(question.id)) await chat.messages.removed(row.id);
          doubt = false;
          posted = undefined;
          mode = 'begin';
          await whole(how);
        }
      }, log);
      await step('ended');
    },
    async abandon() {
      ended.abort();
      await pump;
      const row = (await chat.messages.ofQuestion(question.id)).find((one) => one.part === 0);
      if (!row || row.platformId) return;
      const id = posted ?? (doubt ? await lookFor(row.id) : undefined);
      if (id) await chat.messages.posted(row.id, id);
    },
  };
}
