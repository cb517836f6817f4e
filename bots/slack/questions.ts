/** From what Slack delivers to a question that is recorded: who may ask, in which thread, once. Recorded before it is acknowledged. */
import { createHash } from 'node:crypto';
import type { ChatApp, ChatPerson, HeldQuestion, ReceiveInput } from '../../src/chat/chat-app.ts';
import type { Messenger, Origin, Place, Via } from '../../src/chat/messenger.ts';
import { readsAsQuestion } from '../../src/chat/reads-as-question.ts';
import { AppError, reasonOf } from '../../src/errors.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Clock, Language, Log } from '../../src/types.ts';
import type { Conversations } from '../conversation.ts';
import { isLimit, limitSaid } from './in-time.ts';
import { createGrowingMessage } from '../growing-message.ts';
import { parseEvent, plainText, type Inbound, type Written } from './parse.ts';

/** In a thread that Docent answered in, who asked may go on without naming it for so long. */
const FOLLOW_UP_MS = 30 * 60_000;
/** A `response_url` lives 30 minutes (Slack, "Handling user interaction"). */
const RESPOND_MS = 29 * 60_000;
/** A share that ended in the middle is looked for among what was posted since. */
const SHARED_MS = 3_600_000;
const MOST_TOLD = 1_000;

export interface QuestionsDeps {
  chat: ChatApp;
  conversations: Conversations;
  messenger: Messenger;
  team: string;
  botUser: string;
  languageOf(person: string): Promise<Language>;
  /** The text of a message as it stands now; undefined when it is gone, or not of this person. */
  textOf(channel: string, ts: string, person: string): Promise<string | undefined>;
  directChannel(person: string): Promise<string>;
  clock: Clock;
  log: Log;
}

/** A slash command or a message shortcut, as far as asking needs it. */
export interface AskedAside {
  via: 'command' | 'shortcut';
  /** Slack's id of this one use. */
  use: string;
  channel: string;
  channelIsDirect: boolean;
  person: string;
  text: string;
  responseUrl?: string;
  files?: string[];
}

export interface Questions {
  /** @returns what is to be done once the delivery is acknowledged; throws when it could not be recorded */
  event(body: unknown): Promise<(() => void) | undefined>;
  /** @returns the same; undefined when this use was recorded before */
  aside(input: AskedAside): Promise<(() => void) | undefined>;
  /** From the App Home: answered in the direct message. Resolves when it is recorded. @throws AppError `ask.limit`, `ask.workspace_limit` */
  home(input: { person: string; text: string; use: string }): Promise<void>;
  /** An edited question is answered anew; does nothing unless this person wrote it. */
  answerEdited(channel: string, ts: string, person: string): Promise<void>;
  /** The same question once more, for one who was not content. */
  again(answerId: string, person: ChatPerson): Promise<void>;
  /** An answer that only its asker saw, posted for the channel; a second press changes nothing. */
  share(answerId: string, person: ChatPerson): Promise<void>;
}

export function createQuestions(deps: QuestionsDeps): Questions {
  const { chat, conversations, messenger, team, clock, log } = deps;
  const sharing = new Map<string, Promise<void>>();
  /** Edits that a new answer was offered for. */
  const offered = new Set<string>();
  /** Deliveries of which a limit was told. */
  const told = new Set<string>();
  const keyOf = (channel: string, ts: string): string => `slack:${team}/${channel}/${ts}`;

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
    const language = await deps.languageOf(origin.place.person);
    await messenger.whisper(origin, messenger.draw({ type: 'notice', language, text: say(language) })[0]);
  }

  async function written(it: Written): Promise<(() => void) | undefined> {
    const via = await viaOf(it);
    if (!via) return undefined;
    const thread = it.thread ?? it.ts;
    const place: Place = {
      platform: 'slack',
      workspace: team,
      channel: it.channel,
      kind: it.direct ? 'direct' : 'channel',
      thread,
      person: it.person,
    };
    const origin: Origin = { place, via, message: it.ts, ...(it.files.length > 0 ? { files: it.files } : {}) };
    return receive({ eventKey: keyOf(it.channel, it.ts), text: it.text, origin, via, thread });
  }

  async function viaOf(it: Written): Promise<Via | undefined> {
    if (it.direct) return 'direct';
    if (it.named) return 'mention';
    if (it.namesOthers || !readsAsQuestion(it.text)) return undefined;
    if (it.thread) {
      const last = await chat.lastOfThread({ platform: 'slack', workspace: team, channel: it.channel, thread: it.thread });
      if (!last?.inSight || last.askedAt < clock.now() - FOLLOW_UP_MS) return undefined;
      const { personId } = await chat.guest('slack', team, it.person);
      return personId === last.personId ? 'follow-up' : undefined;
    }
    return (await chat.automatic.wanted(`slack:${team}/${it.channel}`)) ? 'automatic' : undefined;
  }

  async function edited(it: Extract<Inbound, { kind: 'edited' }>): Promise<(() => void) | undefined> {
    const question = await chat.questionOf(keyOf(it.channel, it.ts));
    if (!question?.origin || question.origin.place.person !== it.person) return undefined;
    const { origin } = question;
    const asked = (await chat.ofMessage(question.questionId)).filter((one) => one.state !== 'cancelled');
    // Delivered again, or answered as it stands by now.
    if (asked.some((one) => one.text === it.text) || offered.has(`${it.channel}/${it.ts}/${it.text}`)) return undefined;
    // What nobody was shown an answer to is answered as it stands now, without asking.
    if (asked.every((one) => one.state === 'received'))
      return anew(it.channel, it.ts, it.text, { questionId: question.questionId, origin }, asked);
    offered.add(`${it.channel}/${it.ts}/${it.text}`);
    if (offered.size > MOST_TOLD) offered.delete(offered.values().next().value!);
    return () => {
      void deps
        .languageOf(it.person)
        .then((language) =>
          messenger.whisper(
            { ...origin, ephemeral: true },
            messenger.draw({
              type: 'notice',
              language,
              text: sayInChat(language, 'editedOffer'),
              button: { action: 'answer-edited', label: sayInChat(language, 'answerAnew'), value: `${it.channel}/${it.ts}` },
            })[0],
          ),
        )
        .catch(failed);
    };
  }

  const failed = (error: unknown): void => log.warn({ reason: reasonOf(error) }, 'something that Slack asked for could not be done');

  /** The question as it is now is asked in the place of the one before, whose answer goes. @returns what is to be done then */
  async function anew(
    channel: string,
    ts: string,
    text: string,
    { questionId, origin }: { questionId: string; origin: Origin },
    asked?: { id: string; text: string; state: string }[],
  ): Promise<() => void> {
    const others = (asked ?? (await chat.ofMessage(questionId))).filter((one) => one.state !== 'cancelled' && one.text !== text);
    const after = await receive({
      // Pressed twice, or delivered twice, it is asked once.
      eventKey: `${keyOf(channel, ts)}#${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`,
      text,
      origin,
      via: shownVia(origin.via),
      thread: origin.place.thread ?? ts,
    });
    return () => {
      for (const { id } of others) void conversations.withdraw({ questionId: id, place: origin.place }).catch(failed);
      after?.();
    };
  }

  /** Who presses a button wants to see the answer. */
  const shownVia = (via: Via): Via => (via === 'automatic' ? 'mention' : via);

  return {
    async event(body) {
      const it = parseEvent(body, deps.botUser);
      switch (it.kind) {
        case 'written':
          return written(it);
        case 'edited':
          return edited(it);
        case 'deleted': {
          const question = await chat.questionOf(keyOf(it.channel, it.ts));
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

    async aside({ via, use, channel, channelIsDirect, person, text, responseUrl, files }) {
      const place: Place = { platform: 'slack', workspace: team, channel, kind: channelIsDirect ? 'direct' : 'channel', person };
      const origin: Origin = {
        place,
        via,
        ephemeral: true,
        ...(responseUrl ? { respond: { url: responseUrl, until: clock.now() + RESPOND_MS } } : {}),
        ...(files && files.length > 0 ? { files } : {}),
      };
      return receive({
        eventKey: `slack:${team}/${via}/${use}`,
        text: plainText(text, deps.botUser),
        origin,
        via,
        thread: `${via}:${use}`,
      });
    },

    async home({ person, text, use }) {
      const channel = await deps.directChannel(person);
      const place: Place = { platform: 'slack', workspace: team, channel, kind: 'direct', person };
      const origin: Origin = { place, via: 'home' };
      const held = await chat.receive({ eventKey: `slack:${team}/home/${use}`, text, origin, via: 'home', thread: `home:${use}` });
      if (held) conversations.take(held);
    },

    async answerEdited(channel, ts, person) {
      const question = await chat.questionOf(keyOf(channel, ts));
      if (!question?.origin || question.origin.place.person !== person) return;
      const text = await deps.textOf(channel, ts, person);
      if (text === undefined) return;
      const { questionId, origin } = question;
      (await anew(channel, ts, text, { questionId, origin }))();
    },

    async again(answerId, person) {
      const known = await chat.readAnswer(answerId, person.member ? 'everyone' : 'public');
      if (!known?.origin) return;
      const { origin, question, answer } = known;
      // What was asked where nobody else reads is that person's alone.
      if ((origin.place.kind === 'direct' || origin.ephemeral) && origin.place.person !== person.id) return;
      const place: Place = { ...origin.place, person: person.id };
      const after = await receive({
        eventKey: `slack:${team}/again/${answerId}/${person.id}`,
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
      const asked = { id: answer.questionId, attempts: 1, receivedAt: clock.now() - SHARED_MS };
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
          shared: { by: person.id, question },
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
