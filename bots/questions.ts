/** From what was said in a chat to a question that is recorded: who may ask, in which thread, once. Recorded before it is acknowledged. */
import { createHash } from 'node:crypto';
import type { ChatApp, ChatPerson, HeldQuestion, ReceiveInput } from '../src/chat/chat-app.ts';
import type { ChatPlatform, Messenger, Origin, Place, Via } from '../src/chat/messenger.ts';
import { readsAsQuestion } from '../src/chat/reads-as-question.ts';
import { AppError, reasonOf } from '../src/errors.ts';
import { sayInChat } from '../src/strings/chat.ts';
import type { Clock, Language, Log } from '../src/types.ts';
import type { Conversations } from './conversation.ts';
import { createGrowingMessage } from './growing-message.ts';
import { isLimit, limitSaid } from './in-time.ts';

/** In a thread that Docent answered in, who asked may go on without naming it for so long. */
export const FOLLOW_UP_MS = 30 * 60_000;
/** A share that ended in the middle is looked for among what was posted since. */
const SHARED_MS = 3_600_000;
const MOST_TOLD = 1_000;

/** A message, by the platform's ids. */
export interface At {
  workspace: string;
  channel: string;
  message: string;
}

/** What somebody wrote that may be a question. */
export interface Written {
  kind: 'written';
  /** Where it was said, and in which thread it is answered. */
  place: Place;
  message: string;
  /** The conversation that it belongs to: questions before it are its context. */
  thread: string;
  /** Something was said there before it. */
  inThread: boolean;
  /** Docent was named. */
  named: boolean;
  /** Somebody else was. */
  namesOthers: boolean;
  text: string;
  /** The platform's ids of the files that came with it. */
  files: string[];
}

/** What a platform delivers, as what it means to Docent. */
export type Inbound =
  | Written
  | { kind: 'edited'; at: At; person: string; text: string }
  | { kind: 'deleted'; at: At }
  | { kind: 'stopped'; channel: string; thread: string }
  | { kind: 'other' };

export interface QuestionsDeps {
  platform: ChatPlatform;
  chat: ChatApp;
  conversations: Conversations;
  messenger: Messenger;
  languageOf(place: Place): Promise<Language>;
  /** What the button that offers a new answer carries; the platform reads it again when it is pressed. Undefined: a button cannot carry it. */
  offer(at: At, text: string): string | undefined;
  clock: Clock;
  log: Log;
}

export interface Questions {
  /** @returns what is to be done once the delivery is acknowledged; throws when it could not be recorded */
  said(it: Inbound): Promise<(() => void) | undefined>;
  /** Records a question that came in another way; who asks too often is told so. @returns the same; undefined when it was recorded before */
  receive(input: ReceiveInput): Promise<(() => void) | undefined>;
  /** An edited question is answered anew; does nothing unless this person wrote it. */
  answerEdited(at: At, text: string, person: string): Promise<void>;
  /** The same question once more, for one who was not content. */
  again(answerId: string, person: ChatPerson): Promise<void>;
  /** An answer that only its asker saw, posted for the channel; a second press changes nothing. */
  share(answerId: string, person: ChatPerson): Promise<void>;
}

export function createQuestions(deps: QuestionsDeps): Questions {
  const { platform, chat, conversations, messenger, clock, log } = deps;
  const sharing = new Map<string, Promise<void>>();
  /** Edits that a new answer was offered for. */
  const offered = new Set<string>();
  /** Deliveries of which a limit was told. */
  const told = new Set<string>();
  const keyOf = ({ workspace, channel, message }: At): string => `${platform}:${workspace}/${channel}/${message}`;

  /** Records it; who asks too often is told so, by a message that only they see. */
  async function receive(input: ReceiveInput): Promise<(() => void) | undefined> {
    let held: HeldQuestion | undefined;
    try {
      held = await chat.receive(input);
    } catch (error) {
      if (!isLimit(error)) throw error;
      // A mention comes as two events, and what nobody asked Docent needs no word.
      if (input.via === 'automatic' || told.has(input.eventKey)) return undefined;
      told.add(input.eventKey);
      if (told.size > MOST_TOLD) told.delete(told.values().next().value!);
      return () => void tell(input.origin, (language) => limitSaid(error, language)!).catch(failed);
    }
    return held && (() => conversations.take(held));
  }

  async function tell(origin: Origin, say: (language: Language) => string): Promise<void> {
    const language = await deps.languageOf(origin.place);
    await messenger.whisper(origin, messenger.draw({ type: 'notice', language, text: say(language) })[0]);
  }

  async function written(it: Written): Promise<(() => void) | undefined> {
    const via = await viaOf(it);
    if (!via) return undefined;
    const { place, message, thread, text, files } = it;
    const origin: Origin = { place, via, message, ...(files.length > 0 ? { files } : {}) };
    const { workspace, channel } = place;
    return receive({ eventKey: keyOf({ workspace, channel, message }), text, origin, via, thread });
  }

  async function viaOf({ place, named, namesOthers, text, thread, inThread }: Written): Promise<Via | undefined> {
    if (place.kind === 'direct') return 'direct';
    if (named) return 'mention';
    if (namesOthers || !readsAsQuestion(text)) return undefined;
    const { workspace, channel, person } = place;
    if (inThread) {
      const last = await chat.lastOfThread({ platform, workspace, channel, thread });
      if (!last?.inSight || last.askedAt < clock.now() - FOLLOW_UP_MS) return undefined;
      const { personId } = await chat.guest(platform, workspace, person);
      return personId === last.personId ? 'follow-up' : undefined;
    }
    return (await chat.automatic.wanted(`${platform}:${workspace}/${channel}`)) ? 'automatic' : undefined;
  }

  async function edited({ at, person, text }: Extract<Inbound, { kind: 'edited' }>): Promise<(() => void) | undefined> {
    const question = await chat.questionOf(keyOf(at));
    if (!question?.origin || question.origin.place.person !== person) return undefined;
    const { origin } = question;
    const asked = (await chat.ofMessage(question.questionId)).filter((one) => one.state !== 'cancelled');
    const edit = `${keyOf(at)}/${text}`;
    // Delivered again, or answered as it stands by now.
    if (asked.some((one) => one.text === text) || offered.has(edit)) return undefined;
    // What nobody was shown an answer to is answered as it stands now, without asking.
    if (asked.every((one) => one.state === 'received')) return anew(at, text, { ...question, origin }, asked);
    offered.add(edit);
    if (offered.size > MOST_TOLD) offered.delete(offered.values().next().value!);
    return () => {
      const value = deps.offer(at, text);
      void deps
        .languageOf(origin.place)
        .then((language) =>
          messenger.whisper(
            { ...origin, ephemeral: true },
            messenger.draw({
              type: 'notice',
              language,
              text: sayInChat(language, value === undefined ? 'editedTooLong' : 'editedOffer'),
              ...(value === undefined ? {} : { button: { action: 'answer-edited', label: sayInChat(language, 'answerAnew'), value } }),
            })[0],
          ),
        )
        .catch(failed);
    };
  }

  const failed = (error: unknown): void =>
    log.warn({ reason: reasonOf(error) }, 'something that was asked for in a chat could not be done');

  /** The question as it is now is asked in the place of the one before, whose answer goes. @returns what is to be done then */
  async function anew(
    at: At,
    text: string,
    { questionId, thread, origin }: { questionId: string; thread: string; origin: Origin },
    asked?: { id: string; text: string; state: string }[],
  ): Promise<() => void> {
    const others = (asked ?? (await chat.ofMessage(questionId))).filter((one) => one.state !== 'cancelled' && one.text !== text);
    const after = await receive({
      // Pressed twice, or delivered twice, it is asked once.
      eventKey: `${keyOf(at)}#${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`,
      text,
      origin,
      via: shownVia(origin.via),
      thread,
    });
    return () => {
      for (const { id } of others) void conversations.withdraw({ questionId: id, place: origin.place }).catch(failed);
      after?.();
    };
  }

  /** Who presses a button wants to see the answer. */
  const shownVia = (via: Via): Via => (via === 'automatic' ? 'mention' : via);

  return {
    receive,
    async said(it) {
      switch (it.kind) {
        case 'written':
          return written(it);
        case 'edited':
          return edited(it);
        case 'deleted': {
          const question = await chat.questionOf(keyOf(it.at));
          if (!question?.origin) return undefined;
          const { place } = question.origin;
          const all = await chat.ofMessage(question.questionId);
          // Recorded at once: a process that ends now does not answer what is gone.
          for (const { id } of all) await chat.withdraw(id);
          return () => {
            for (const { id } of all) void conversations.withdraw({ questionId: id, place }).catch(failed);
          };
        }
        case 'stopped':
          return () => void conversations.stop(it);
        case 'other':
          return undefined;
      }
    },

    async answerEdited(at, text, person) {
      const question = await chat.questionOf(keyOf(at));
      if (!question?.origin || question.origin.place.person !== person) return;
      (await anew(at, text, { ...question, origin: question.origin }))();
    },

    async again(answerId, person) {
      const known = await chat.readAnswer(answerId, person.member ? 'everyone' : 'public');
      if (!known?.origin) return;
      const { origin, question, answer } = known;
      // What was asked where nobody else reads is that person's alone.
      if ((origin.place.kind === 'direct' || origin.ephemeral) && origin.place.person !== person.id) return;
      const place: Place = { ...origin.place, person: person.id };
      const after = await receive({
        eventKey: `${platform}:${person.workspace}/again/${answerId}/${person.id}`,
        text: question,
        origin: { ...origin, place, via: shownVia(origin.via) },
        via: shownVia(origin.via),
        thread: answer.threadId,
      });
      after?.();
    },

    async share(answerId, person) {
      const known = await chat.readAnswer(answerId, person.member ? 'everyone' : 'public');
      if (!known?.origin?.ephemeral || known.origin.place.person !== person.id) return;
      const { answer, question, origin } = known;
      // Everyone in the channel reads it now.
      const outsiders = await messenger.outsiders(origin.place).catch(() => true);
      const shown = outsiders ? (await chat.readAnswer(answerId, 'public'))?.answer : answer;
      if (!shown) return;
      const asked = { id: answer.questionId, language: answer.language, attempts: 1, receivedAt: clock.now() - SHARED_MS };
      const message = createGrowingMessage(asked, origin.place, {
        chat,
        messenger,
        clock,
        log,
        mustHold: async () => {},
        onStopped: () => {},
        hereAlone: true,
      });
      // Who presses twice shares it once: the second finds what the first posted.
      const before = sharing.get(answer.questionId);
      const now = (before ?? Promise.resolve()).then(() =>
        message.end({
          type: 'answer',
          answer: shown,
          actions: { feedback: true, askPerson: chat.triageChannels.length > 0, why: true, share: false },
          shared: { by: person.id, ...(person.name ? { name: person.name } : {}), question },
          now: clock.now(),
        }),
      );
      sharing.set(
        answer.questionId,
        now.catch(() => {}),
      );
      try {
        await now;
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'chat.gone')) throw error;
        await tell(origin, (language) => sayInChat(language, 'inviteMe'));
      } finally {
        sharing.delete(answer.questionId);
      }
    },
  };
}
