/**
 * What is pressed under an answer or a ticket. Who presses and what they may read is looked up when the thing is done:
 * the values of buttons and what a modal carries with it are not trusted.
 */
import type { App as Bolt, BlockAction, RespondFn } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { ChatPerson } from '../../src/chat/chat-app.ts';
import type { TicketView } from '../../src/chat/messenger.ts';
import { AppError, reasonOf } from '../../src/errors.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Language } from '../../src/types.ts';
import { inTime, limitSaid } from '../in-time.ts';
import { createReach, isId, type Reached } from '../reach.ts';
import { callSlack } from './client.ts';
import type { SlackDeps } from './deps.ts';

import { askPersonModal, feedbackModal, quoteModal, readComment, readFeedback, whyModal, type ModalValues } from './modals.ts';

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

export function registerActions(bolt: Bolt, deps: SlackDeps): void {
  const { log, clock, team } = deps;
  const { chat } = deps.app;
  const { whoIs: look, reach: reachAnswer, holdsTickets } = createReach({ platform: 'slack', chat, whoIs: (_team, id) => deps.whoIs(id) });
  const whoIs = (user: string): Promise<ChatPerson | undefined> => look(team, user);
  const reach = (user: string, answerId: string, channel?: string): Promise<Reached | undefined> =>
    reachAnswer({ workspace: team, person: user, ...(channel === undefined ? {} : { channel }) }, answerId);

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
    if (!state || !channel || !holdsTickets(team, channel) || !isId(press.value)) return press.tell('notAvailable');
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
