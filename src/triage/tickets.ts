/** Questions that need a person: written once a question, posted to the channels for them, and the asker told kindly. */
import { readableReaderSets } from '../access/audience.ts';
import { answerFor } from '../answering.ts';
import type { Catalog } from '../catalog/database.ts';
import { putInOutbox, type OutboxMessage } from '../catalog/outbox.ts';
import { channelsOfTicket, conversationAt, identityOf, moveTicket, readTicket, writeTicket } from '../catalog/tickets.ts';
import { askedFor } from '../catalog/traces.ts';
import type { ChatApp, ChatPerson } from '../chat/chat-app.ts';
import type { ChatPlatform, Messenger, Origin, Place, TicketView } from '../chat/messenger.ts';
import type { Composed } from '../chat/outbox.ts';
import { AppError } from '../errors.ts';
import { sayInChat } from '../strings/chat.ts';
import type { Audience, Clock } from '../types.ts';

export interface TicketDeps {
  db: Catalog;
  clock: Clock;
  pageUrl: (documentId: string) => string;
  /** Channels for tickets: `slack:C…`, `slack:T…/C…`, `teams:…`. */
  triageChannels: string[];
  /** Something waits in the outbox. */
  onOutbox?: () => void;
}

export interface Tickets extends Pick<ChatApp, 'triageChannels' | 'openTicket' | 'ticketView' | 'takeTicket'> {
  /** Makes a message of the outbox ready to be drawn; undefined: there is nothing to say any more. */
  compose(message: OutboxMessage, messenger: Messenger): Promise<Composed | undefined>;
}

/** Parts of a ticket in its channel come first, then the asker's news, one message each. */
const NEWS_PART = { asked: 1000, taken: 1001, closed: 1002 } as const;
const NEWS_KEY = { asked: 'ticketAsked', taken: 'ticketTaken', closed: 'ticketClosed' } as const;
/** Which news comes too late in which state. */
const STALE: Record<TicketView['state'], (keyof typeof NEWS_PART)[]> = {
  open: ['taken', 'closed'],
  taken: ['asked', 'closed'],
  closed: ['asked', 'taken'],
};

export function createTickets(deps: TicketDeps): Tickets {
  const { db, clock, triageChannels } = deps;

  async function viewFor(ticketId: string, audience: Audience): Promise<TicketView | undefined> {
    const ticket = await readTicket(db, ticketId);
    if (!ticket) return undefined;
    const origin = originOf(ticket.origin_json);
    const { platform = 'slack', workspace = '' } = origin?.place ?? {};
    const who = async (personId: string | null) => (personId === null ? undefined : identityOf(db, personId, platform, workspace));
    const [openedBy, takenBy] = await Promise.all([who(ticket.opened_by), who(ticket.taken_by)]);
    const answer =
      ticket.answer_id === null ? undefined : await answerFor(ticket.answer_id, await readableReaderSets(db, {}, audience), deps);
    return {
      type: 'ticket',
      language: ticket.language,
      ticketId,
      reason: ticket.reason,
      question: ticket.text,
      person: openedBy?.id ?? origin?.place.person ?? '',
      ...(openedBy?.name ? { personName: openedBy.name } : {}),
      ...(ticket.comment === null ? {} : { comment: ticket.comment }),
      ...(answer ? { answer } : {}),
      state: ticket.state,
      ...(takenBy ? { takenBy: takenBy.id } : {}),
      ...(takenBy?.name ? { takenByName: takenBy.name } : {}),
      now: clock.now(),
    };
  }

  /** In the transaction that changed the ticket. */
  async function announce(
    tx: Catalog,
    ticketId: string,
    channels: string[],
    news: keyof typeof NEWS_PART | undefined,
    origin: Origin | null,
  ) {
    const now = clock.now();
    for (const channel of channels)
      await putInOutbox(
        tx,
        {
          platform: placeOf(channel, undefined).platform,
          key: `ticket:${ticketId}:${channel}`,
          message: { kind: 'ticket', ticketId, channel },
          again: true,
        },
        now,
      );
    if (origin && news)
      await putInOutbox(
        tx,
        { platform: origin.place.platform, key: `ticket-news:${ticketId}:${news}`, message: { kind: 'ticket-news', ticketId, news } },
        now,
      );
  }

  return {
    triageChannels,

    async openTicket({ answerId, person, reason, comment }) {
      const asked = await askedFor(db, answerId);
      if (!asked)
        throw new AppError({ code: 'answer.not_found', message: 'no such answer', publicMessage: 'That answer is not known here.' });
      const opened = await db.transaction().execute(async (tx) => {
        const ticket = { questionId: asked.questionId, reason, comment: comment?.trim() || null, openedBy: person.personId };
        const written = await writeTicket(tx, ticket, clock.now());
        await announce(tx, written.ticketId, triageChannels, 'asked', originOf(asked.origin_json));
        return written;
      });
      deps.onOutbox?.();
      return opened;
    },

    ticketView: (ticketId) => viewFor(ticketId, 'everyone'),

    async takeTicket(ticketId: string, by: ChatPerson, state) {
      const ticket = await readTicket(db, ticketId);
      if (!ticket) return undefined;
      const moved = await db.transaction().execute(async (tx) => {
        if (!(await moveTicket(tx, ticketId, state, by.personId, clock.now()))) return false;
        const channels = [...new Set([...triageChannels, ...(await channelsOfTicket(tx, ticketId))])];
        await announce(tx, ticketId, channels, state === 'open' ? undefined : state, originOf(ticket.origin_json));
        return true;
      });
      if (moved) deps.onOutbox?.();
      return viewFor(ticketId, 'everyone');
    },

    async compose(message, messenger) {
      const ticket = await readTicket(db, message.ticketId);
      if (!ticket) return undefined;
      const origin = originOf(ticket.origin_json);
      if (message.kind === 'ticket-news') {
        if (!origin || STALE[ticket.state].includes(message.news)) return undefined;
        const { language } = ticket;
        const view = { type: 'notice', language, text: sayInChat(language, NEWS_KEY[message.news]) } as const;
        if (origin.ephemeral) return { whisper: origin, view };
        const conversation = { ticketId: message.ticketId, conversationId: ticket.conversation_id };
        return { place: besideAnswer(origin), view, message: conversation, firstPart: NEWS_PART[message.news] };
      }
      const place = placeOf(message.channel, origin?.place);
      // Who can read the channel is asked of the platform; where it does not tell, it may be anybody.
      const outsiders = await messenger.outsiders(place).catch(() => true);
      const view = await viewFor(message.ticketId, outsiders ? 'public' : 'everyone');
      if (!view) return undefined;
      const { platform, workspace, channel, kind } = place;
      const permalink =
        origin?.message === undefined || origin.place.platform !== platform || origin.place.kind === 'direct'
          ? undefined
          : await messenger.permalink?.(origin.place, origin.message);
      const conversationId = await conversationAt(db, { platform, workspace, channel, thread: '', kind }, clock.now());
      return {
        place: { ...place, person: view.person },
        view: { ...view, ...(permalink === undefined ? {} : { permalink }) },
        message: { ticketId: message.ticketId, conversationId },
        firstPart: 0,
      };
    },
  };
}

const originOf = (json: string | null): Origin | null => (json === null ? null : (JSON.parse(json) as Origin));

/** The thread that the answer stands in. */
function besideAnswer({ place, message }: Origin): Place {
  return place.thread === undefined && place.kind !== 'direct' && message !== undefined ? { ...place, thread: message } : place;
}

/**
 * A channel for tickets as a place.
 * @param asked where the question was asked: of that workspace the channel is, where it names none
 */
function placeOf(channel: string, asked: Place | undefined): Place {
  const at = channel.indexOf(':');
  const platform = channel.slice(0, at) as ChatPlatform;
  const rest = channel.slice(at + 1);
  const slash = platform === 'slack' ? rest.indexOf('/') : -1;
  const workspace = slash > 0 ? rest.slice(0, slash) : asked?.platform === platform ? asked.workspace : '';
  return { platform, workspace, channel: rest.slice(slash + 1), kind: 'channel', person: '' };
}
