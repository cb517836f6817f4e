/**
 * What is pressed under an answer or a ticket, and the thumbs. Who presses and what they may read is looked up when the
 * thing is done: what a card carries is not trusted.
 */
import { z } from 'zod';
import type { ChatApp, ChatPerson } from '../../src/chat/chat-app.ts';
import type { AnswerActions, Messenger, Place, TicketView } from '../../src/chat/messenger.ts';
import { AppError } from '../../src/errors.ts';
import { sayInChat, type ChatKey } from '../../src/strings/chat.ts';
import type { Clock, Language, Log } from '../../src/types.ts';
import { limitSaid } from '../in-time.ts';
import type { Questions } from '../questions.ts';
import { createReach, isId, type Presser, type Reached } from '../reach.ts';
import type { Card, TeamsMessage, Where } from './activity.ts';
import { CARD_TYPE, cardMessage } from './card-parts.ts';
import { answerButtonsCard, doneCard, feedbackCard, quotesCard, readFeedback, whyCard } from './draw-cards.ts';
import { senderOf, type Activity } from './parse.ts';
import type { InvokeResponse } from './receiver.ts';

const TICKET_STATES: Record<string, TicketView['state']> = {
  'docent.ticket_take': 'taken',
  'docent.ticket_close': 'closed',
  'docent.ticket_open': 'open',
};
const LONGEST_COMMENT = 2000;
/** Teams takes some 28 KB of a card; three bytes a character may be. */
const LONGEST_OFFER = 8_000;

const pressed = z.object({
  action: z.object({ verb: z.string().max(100), data: z.record(z.string(), z.unknown()).nullish() }),
});
const judged = z.object({
  actionName: z.literal('feedback'),
  actionValue: z.object({ reaction: z.enum(['like', 'dislike']), feedback: z.string().max(20_000).nullish() }),
});

export interface TeamsActionsDeps {
  chat: ChatApp;
  messenger: Messenger;
  questions: Questions;
  whoIs(workspace: string, id: string): Promise<ChatPerson>;
  languageOf(workspace: string, id: string): Promise<Language>;
  /** Verbs `docent.admin.…`. */
  admin(input: {
    workspace: string;
    person: string;
    verb: string;
    data: Record<string, unknown>;
    at?: { where: Where; id: string };
  }): Promise<Card>;
  /** As the connection's. */
  anonymous: boolean;
  clock: Clock;
  log: Log;
}

export interface TeamsActions {
  /** An `adaptiveCard/action`. */
  press(activity: Activity): Promise<InvokeResponse>;
  /** Thumbs: a `message/submitAction`. @returns what is told to who was not content, once it is acknowledged */
  judge(activity: Activity): Promise<(() => void) | undefined>;
}

export function createTeamsActions(deps: TeamsActionsDeps): TeamsActions {
  const { chat, messenger, questions, clock, log } = deps;
  const { whoIs, reach, holdsTickets } = createReach({ platform: 'teams', chat, whoIs: (workspace, id) => deps.whoIs(workspace, id) });

  interface Press {
    verb: string;
    data: Record<string, unknown>;
    id: string;
    place: Omit<Place, 'thread'>;
    language: Language;
    /** The card that was pressed. */
    at?: { where: Where; id: string };
  }

  /** In a personal chat a card stands for one person alone, as what was wrong with an answer of a channel. */
  const presserAt = ({ workspace, person, kind, channel }: Omit<Place, 'thread'>): Presser => ({
    workspace,
    person,
    ...(kind === 'direct' ? {} : { channel }),
  });

  const said = async ({ language }: Press, key: ChatKey, inLanguage = language): Promise<Card> => doneCard(sayInChat(inLanguage, key));

  const actionsOf = ({ answer }: Reached): AnswerActions => ({
    feedback: true,
    askPerson: chat.triageChannels.length > 0,
    why: answer.status !== 'courtesy' && answer.status !== 'failed',
    share: false,
  });

  async function handle(press: Press): Promise<Card> {
    const { verb, id, place, data } = press;
    if (verb.startsWith('docent.admin.'))
      return deps.admin({ workspace: place.workspace, person: place.person, verb, data, ...(press.at ? { at: press.at } : {}) });
    if (verb in TICKET_STATES) return ticket(press);
    if (verb === 'docent.answer_edited') return answerEdited(press);
    const reached = await reach(presserAt(place), id);
    if (!reached) return said(press, 'notAvailable');
    const { answer, person, audience } = reached;
    switch (verb) {
      case 'docent.hide':
        return answerButtonsCard(answer, actionsOf(reached));
      case 'docent.why': {
        const why = await chat.explain(id, audience);
        return why ? whyCard(why, id) : said(press, 'notAvailable', answer.language);
      }
      case 'docent.quotes': {
        const quotes = await Promise.all(answer.citations.map(({ n }) => chat.quote(id, n, audience)));
        const readable = quotes.filter((one) => one !== undefined);
        return readable.length > 0 ? quotesCard(readable, clock.now(), id) : said(press, 'notAvailable', answer.language);
      }
      case 'docent.ask_person':
        if (chat.triageChannels.length === 0) return said(press, 'notAvailable', answer.language);
        await chat.openTicket({ answerId: id, person, reason: 'asked', ...commentIn(data) });
        return said(press, 'ticketAsked', answer.language);
      case 'docent.feedback_reason':
      case 'docent.feedback_again':
      case 'docent.feedback_person':
        return feedback(press, reached);
      case 'docent.share':
        await questions.share(id, person);
        return said(press, 'feedbackThanks', answer.language);
      default:
        return said(press, 'notAvailable');
    }
  }

  async function feedback(press: Press, { answer, person }: Reached): Promise<Card> {
    const told = readFeedback(press.data);
    if (!told) return feedbackCard({ language: answer.language, answerId: press.id, askPerson: chat.triageChannels.length > 0 });
    const { reason, comment } = told;
    const words = comment === undefined ? {} : { comment };
    await chat.feedback({ answerId: press.id, person, verdict: 'down', reason, ...words });
    // A ticket shows the question to others: whoever only gives a reason has not chosen that.
    if (press.verb === 'docent.feedback_person' && chat.triageChannels.length > 0) {
      await chat.openTicket({ answerId: press.id, person, reason, ...words });
      return said(press, 'ticketAsked', answer.language);
    }
    if (press.verb === 'docent.feedback_again') await questions.again(press.id, person);
    return said(press, 'feedbackThanks', answer.language);
  }

  async function ticket(press: Press): Promise<Card> {
    const { verb, id, place } = press;
    if (!isId(id) || !holdsTickets(place.workspace, place.channel)) return said(press, 'notAvailable');
    const person = await whoIs(place.workspace, place.person);
    if (!person) return said(press, 'tryLater');
    const state = TICKET_STATES[verb]!;
    const moved = await chat.takeTicket(id, person, state);
    if (!moved) return said(press, 'notAvailable');
    const [drawn] = messenger.draw(moved, 'rich', place.kind) as TeamsMessage[];
    const card = drawn?.attachments?.[0]?.content;
    const isElse = state === 'taken' && moved.takenBy !== undefined && moved.takenBy !== person.id;
    return isElse || !card ? said(press, 'ticketElse', moved.language) : card;
  }

  /** The card carries the text of its own reader's message: whoever presses may ask whatever they like. */
  async function answerEdited(press: Press): Promise<Card> {
    const edit = readOffer(press.data.id);
    if (!edit || edit.at.workspace !== press.place.workspace) return said(press, 'notAvailable');
    await questions.answerEdited(edit.at, edit.text, press.place.person);
    return said(press, 'askingNow');
  }

  /** Microsoft's playground does not say of which message the thumbs are. */
  async function lastAnswerIn({ workspace, channel }: Omit<Place, 'thread'>): Promise<string | undefined> {
    const last = await chat.lastOfThread({ platform: 'teams', workspace, channel });
    const messages = last ? await chat.messages.ofQuestion(last.questionId) : [];
    return messages.find((one) => one.part === 0)?.platformId ?? undefined;
  }

  async function pressOf(activity: Activity): Promise<Press | undefined> {
    const parsed = pressed.safeParse(activity.value);
    if (!parsed.success) return undefined;
    const { place } = senderOf(activity);
    const data = parsed.data.action.data ?? {};
    const language = await deps.languageOf(place.workspace, place.person);
    const { serviceUrl, conversation, replyToId } = activity;
    return {
      verb: parsed.data.action.verb,
      data,
      id: typeof data.id === 'string' ? data.id : '',
      place,
      language,
      ...(replyToId ? { at: { where: { serviceUrl, conversation: conversation.id }, id: replyToId } } : {}),
    };
  }

  return {
    async press(activity) {
      const press = await pressOf(activity);
      if (!press) return { status: 400 };
      try {
        return { status: 200, body: { statusCode: 200, type: CARD_TYPE, value: await handle(press) } };
      } catch (error) {
        log.warn({ verb: press.verb, ...whatFailed(error) }, 'what was pressed could not be done');
        const text = limitSaid(error, press.language) ?? sayInChat(press.language, 'tryLater');
        return { status: 200, body: { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: text } };
      }
    },

    async judge(activity) {
      const parsed = judged.safeParse(activity.value);
      const { place } = senderOf(activity);
      const message = activity.replyToId ?? (deps.anonymous ? await lastAnswerIn(place) : undefined);
      if (!parsed.success || !message) return undefined;
      const answerId = await chat.messages.answerAt(place as Place & { platform: 'teams' }, [
        message,
        `stream:${message}`,
        `whispered:${message}`,
      ]);
      const reached = answerId && (await reach(presserAt(place), answerId));
      if (!reached) return undefined;
      const { answer, person } = reached;
      const verdict = parsed.data.actionValue.reaction === 'like' ? 'up' : 'down';
      const comment = commentOf(parsed.data.actionValue.feedback);
      await chat.feedback({ answerId, person, verdict, ...(comment ? { comment } : {}) });
      if (verdict === 'up') return undefined;
      return () => {
        const card = feedbackCard({ language: answer.language, answerId, askPerson: chat.triageChannels.length > 0 });
        const part = cardMessage(card, sayInChat(answer.language, 'feedbackReason'));
        void messenger
          .whisper({ place: { ...place }, via: 'direct' }, part)
          .catch((error: unknown) => log.warn(whatFailed(error), 'a person could not be asked what was wrong'));
      };
    },
  };
}

/** What Teams sends with the thumbs is JSON in a string; of the playground it is what was written. */
function commentOf(feedback: string | null | undefined): string | undefined {
  try {
    const { feedbackText } = z.object({ feedbackText: z.string() }).parse(JSON.parse(feedback ?? '{}'));
    return feedbackText.trim().slice(0, LONGEST_COMMENT) || undefined;
  } catch {
    const text = feedback?.trim().slice(0, LONGEST_COMMENT);
    return text && !/^[{["]/.test(text) ? text : undefined;
  }
}

function commentIn(data: Record<string, unknown>): { comment?: string } {
  const comment = typeof data.comment === 'string' ? data.comment.trim().slice(0, LONGEST_COMMENT) : '';
  return comment === '' ? {} : { comment };
}

const offered = z.object({
  at: z.object({ workspace: z.string(), channel: z.string(), message: z.string() }),
  text: z.string().max(LONGEST_OFFER),
});

/** What the offer to answer an edited question carries; undefined where a card cannot take it. */
export const offerOf = (at: { workspace: string; channel: string; message: string }, text: string): string | undefined =>
  text.length > LONGEST_OFFER ? undefined : JSON.stringify({ at, text });

function readOffer(value: unknown): z.infer<typeof offered> | undefined {
  try {
    return offered.parse(JSON.parse(typeof value === 'string' ? value : ''));
  } catch {
    return undefined;
  }
}

/** An error that is not ours may hold texts: its name alone is logged. */
const whatFailed = (error: unknown): Record<string, unknown> =>
  error instanceof AppError ? { code: error.code } : { reason: error instanceof Error ? error.name : typeof error };
