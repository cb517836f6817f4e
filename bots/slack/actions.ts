/**
 * What is pressed under an answer or a ticket. Who presses and what they may read is looked up when the thing is done:
 * the values of buttons and what a modal carries with it are not trusted.
 */
import type { App as Bolt, BlockAction, RespondFn } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { ChatPerson } from '../../src/chat/chat-app.ts';
import type { TicketView } from '../../src/chat/messenger.ts';
import { within } from '../../src/clock.ts';
import { AppError, reasonOf } from '../../src/errors.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Answer, Audience, Language } from '../../src/types.ts';
import { callSlack } from './client.ts';
import type { SlackDeps } from './deps.ts';
import { inTime, limitSaid } from './in-time.ts';
import { askPersonModal, feedbackModal, quoteModal, readComment, readFeedback, whyModal, type ModalValues } from './modals.ts';

/** A trigger lives for three seconds. */
const LOOK_UP_MS = 1_500;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TICKET_STATES: Record<string, TicketView['state']> = {
  'docent.ticket_take': 'taken',
  'docent.ticket_close': 'closed',
  'docent.ticket_open': 'open',
};

interface Press {
  action: string;
  value: string;
  user: string;
  /** Where the button stands; absent in a modal or the App Home. */
  channel: string | undefined;
  triggerId: string;
  /** A line that only they see. */
  tell(key: Parameters<typeof sayInChat>[1], language?: Language): Promise<void>;
}

/** An answer that somebody reaches. */
interface Reached {
  answer: Answer;
  person: ChatPerson;
  audience: Audience;
}

export function registerActions(bolt: Bolt, deps: SlackDeps): void {
  const { log, clock } = deps;
  const { chat } = deps.app;

  onPress(/^docent\.feedback(\.(up|down))?$/, async (press) => {
    const [verdict, answerId = ''] = press.value.split(':');
    if (verdict !== 'up' && verdict !== 'down') return;
    const reached = await reach(press.user, answerId, press.channel);
    if (!reached) return press.tell('notAvailable');
    const { answer, person } = reached;
    if (verdict === 'down')
      await open(
        press.triggerId,
        feedbackModal({ language: answer.language, ids: answerId, askPerson: chat.triageChannels.length > 0 }),
      ).catch((error: unknown) => log.warn({ reason: reasonOf(error) }, 'a modal could not be opened'));
    // It counts also where the reason is never given.
    await chat.feedback({ answerId, person, verdict });
    // Slack's own feedback buttons show what was pressed.
    if (verdict === 'up' && press.action !== 'docent.feedback') await press.tell('feedbackThanks', answer.language);
  });

  onPress('docent.why', async (press) => {
    const reached = await reach(press.user, press.value, press.channel);
    const why = reached && (await chat.explain(press.value, reached.audience));
    if (!why) return press.tell('notAvailable');
    await open(press.triggerId, whyModal(why));
  });

  onPress('docent.quote', async (press) => {
    const [answerId = '', n = ''] = press.value.split('.');
    const reached = await reach(press.user, answerId, press.channel);
    const quote = reached && /^\d{1,4}$/.test(n) ? await chat.quote(answerId, Number(n), reached.audience) : undefined;
    if (!quote) return press.tell('notAvailable', reached?.answer.language);
    await open(press.triggerId, quoteModal(quote, clock.now()));
  });

  onPress('docent.ask_person', async (press) => {
    const reached = await reach(press.user, press.value, press.channel);
    if (!reached || chat.triageChannels.length === 0) return press.tell('notAvailable');
    await open(press.triggerId, askPersonModal({ language: reached.answer.language, ids: press.value }));
  });

  onPress('docent.share', async (press) => {
    const reached = await reach(press.user, press.value, press.channel);
    if (!reached) return press.tell('notAvailable');
    await deps.share(press.value, reached.person);
  });

  onPress(/^docent\.ticket_(take|close|open)$/, async (press) => {
    const state = TICKET_STATES[press.action];
    const channel = press.channel;
    // Whoever sees the channel for tickets may press; elsewhere there are no such buttons.
    const isTriage = chat.triageChannels.some((one) => one === `slack:${channel}` || one === `slack:${deps.team}/${channel}`);
    if (!state || !isTriage || !ID.test(press.value)) return press.tell('notAvailable');
    const person = await whoIs(press.user);
    if (!person) return press.tell('tryLater');
    const ticket = await chat.takeTicket(press.value, person, state);
    if (!ticket) return press.tell('notAvailable');
    if (state === 'taken' && ticket.takenBy !== undefined && ticket.takenBy !== person.id) await press.tell('ticketElse', ticket.language);
  });

  onSubmit('docent.feedback_reason', async (answerId, reached, values) => {
    const said = readFeedback(values);
    if (!said) return;
    const { reason, comment, after } = said;
    const { person } = reached;
    const words = comment === undefined ? {} : { comment };
    await chat.feedback({ answerId, person, verdict: 'down', reason, ...words });
    // A ticket shows the question to others: whoever only gives a reason has not chosen that.
    if (chat.triageChannels.length > 0 && after === 'person') await chat.openTicket({ answerId, person, reason, ...words });
    if (after === 'again') return deps.askAgain(answerId, person);
  });

  onSubmit('docent.ask_person', async (answerId, { person }, values) => {
    if (chat.triageChannels.length > 0) await chat.openTicket({ answerId, person, reason: 'asked', ...readComment(values) });
  });

  /** Acknowledged at once; what fails then is told. */
  function onPress(id: string | RegExp, handle: (press: Press) => Promise<void>): void {
    bolt.action<BlockAction>({ type: 'block_actions', action_id: id }, async ({ ack, body, action, respond }) => {
      await ack();
      const press: Press = {
        action: action.action_id,
        value: valueOf(action),
        user: body.user.id,
        channel: body.channel?.id ?? (body.container as { channel_id?: string }).channel_id,
        triggerId: body.trigger_id,
        tell: async (key, language) => tell(respond, sayInChat(language ?? (await deps.languageOf(body.user.id)), key)),
      };
      try {
        await handle(press);
      } catch (error) {
        log.warn({ action: press.action, ...whatFailed(error) }, 'what was pressed could not be done');
        await press.tell('tryLater');
      }
    });
  }

  /** Done before it is acknowledged: the modal stays open, and says so, where it could not be done. */
  function onSubmit(callbackId: string, handle: (answerId: string, reached: Reached, values: ModalValues) => Promise<void>): void {
    bolt.view({ type: 'view_submission', callback_id: callbackId }, async ({ ack, body, view }) => {
      const answerId = view.private_metadata;
      const doing = (async () => {
        const reached = await reach(body.user.id, answerId);
        if (reached) await handle(answerId, reached, view.state.values as ModalValues);
      })();
      const warn = (error: unknown): void => log.warn({ action: callbackId, ...whatFailed(error) }, 'what was sent could not be kept');
      const ended = await inTime(doing);
      if (ended.is !== 'failed') {
        await ack();
        return doing.catch(warn);
      }
      const { error } = ended;
      warn(error);
      const language = await deps.languageOf(body.user.id);
      await ack({ response_action: 'errors', errors: { comment: limitSaid(error, language) ?? sayInChat(language, 'tryLater') } });
    });
  }

  /**
   * The answer as this person may see it; undefined where they may not: somebody else's direct message, what only its asker
   * saw, what was not meant for guests, or an answer of another channel than the one the button stands in.
   */
  async function reach(userId: string, answerId: string, channel?: string): Promise<Reached | undefined> {
    if (!ID.test(answerId)) return undefined;
    const person = await whoIs(userId);
    if (!person) return undefined;
    const audience: Audience = person.member ? 'everyone' : 'public';
    const known = await chat.readAnswer(answerId, audience);
    if (!known?.origin) return undefined;
    const { answer, origin } = known;
    const { place } = origin;
    const isOwn = place.person === userId;
    if (place.platform !== 'slack' || place.workspace !== deps.team) return undefined;
    // One's own may stand elsewhere: in a direct message, where the channel could not be posted to.
    if (isOwn) return { answer, person, audience };
    if (channel !== undefined && channel !== place.channel) return undefined;
    if (!person.member && answer.audience !== 'public') return undefined;
    if (place.kind === 'direct') return undefined;
    // What only its asker saw is there for others once it stands in the channel.
    if (origin.ephemeral && !(await chat.messages.ofQuestion(answer.questionId)).some((one) => one.platformId !== null)) return undefined;
    return { answer, person, audience };
  }

  /** Undefined where it takes too long, or nobody knows them. */
  async function whoIs(userId: string): Promise<ChatPerson | undefined> {
    const person = await within(LOOK_UP_MS, deps.whoIs(userId)).catch(() => undefined);
    return person && person.personId !== '' ? person : undefined;
  }

  async function open(triggerId: string, view: ModalView): Promise<void> {
    await callSlack('views.open', () => deps.client.views.open({ trigger_id: triggerId, view }), { clock, patienceMs: 1_000 });
  }

  async function tell(respond: RespondFn, text: string): Promise<void> {
    await respond({ response_type: 'ephemeral', replace_original: false, unfurl_links: false, unfurl_media: false, text }).catch(
      (error: unknown) => log.warn(whatFailed(error), 'a person could not be told'),
    );
  }
}

/** Of a button, or of what was chosen from a list. */
function valueOf(action: BlockAction['actions'][number]): string {
  const { value, selected_option: chosen } = action as { value?: unknown; selected_option?: { value?: unknown } | null };
  const given = value ?? chosen?.value;
  return typeof given === 'string' ? given : '';
}

/** An error that is not ours may hold texts: its name alone is logged. */
const whatFailed = (error: unknown): Record<string, unknown> =>
  error instanceof AppError ? { code: error.code } : { reason: error instanceof Error ? error.name : typeof error };
