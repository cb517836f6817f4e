/** Automatic answers, steered by an admin: channels and their precision, and labels for answers that were made in silence. */
import type { App as Bolt, BlockAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { AutomaticState, SilentAnswer } from '../../src/chat/chat-app.ts';
import { automaticModal, labelModal, PRECISIONS } from './admin-automatic-view.ts';
import { noticeModal } from './admin-add-view.ts';
import { openView, updateView } from './admin-calls.ts';
import { modal, section } from './admin-parts.ts';
import { adminNow, sayError, wordsOf, wordsSoon } from './admin-rights.ts';
import type { AdminWords } from './admin-words.ts';
import type { SlackDeps } from './deps.ts';

/** Looked at for the next one. */
const MOST_SILENT = 50;

/** @param refresh draws somebody's home anew, with a sentence above it */
export function registerAutomatic(bolt: Bolt, deps: SlackDeps, refresh: (userId: string, notice?: string) => void): void {
  const { app, log } = deps;
  const { automatic } = app.chat;

  const stateOf = async (channel: string): Promise<AutomaticState | undefined> =>
    (await automatic.states()).find((state) => state.channel === channel);
  const refused = (words: AdminWords): ModalView => noticeModal(words.say('automaticTitle'), words.say('adminsOnly'), words);
  const gone = (words: AdminWords): ModalView => noticeModal(words.say('automaticTitle'), words.say('noLonger'), words);

  /** Opens a modal at once, and fills it. */
  async function openWith(body: BlockAction, view: (words: AdminWords) => Promise<ModalView>): Promise<void> {
    try {
      const words = await wordsSoon(deps, body.user.id);
      const loading = modal({
        callback: 'docent.loading',
        title: words.say('automaticTitle'),
        close: words.say('close'),
        blocks: [section(words.say('loading'))],
      });
      const id = await openView(deps, body.trigger_id, loading);
      const filled = (await adminNow(deps, body.user.id))
        ? await view(words).catch((error: unknown) => noticeModal(words.say('automaticTitle'), sayError(deps, error, words), words))
        : refused(words);
      await updateView(deps, id, filled);
    } catch (error) {
      log.warn({ reason: error instanceof Error ? error.message : typeof error }, 'a modal could not be opened');
    }
  }
  const valueOf = (payload: object): string => ('value' in payload && typeof payload.value === 'string' ? payload.value : '');

  bolt.action({ type: 'block_actions', action_id: 'docent.automatic-add' }, async ({ ack, body }) => {
    await ack();
    await openWith(body, async (words) => automaticModal(words));
  });

  bolt.action({ type: 'block_actions', action_id: 'docent.automatic-change' }, async ({ ack, body, payload }) => {
    await ack();
    await openWith(body, async (words) => {
      const state = await stateOf(valueOf(payload));
      return state ? automaticModal(words, state) : gone(words);
    });
  });

  bolt.action({ type: 'block_actions', action_id: 'docent.automatic-off' }, async ({ ack, body, payload }) => {
    await ack();
    const words = await wordsOf(deps, body.user.id);
    if (!(await adminNow(deps, body.user.id))) return refresh(body.user.id, words.say('adminsOnly'));
    try {
      const state = await stateOf(valueOf(payload));
      if (state) await automatic.set(state.channel, undefined);
      refresh(body.user.id, state ? undefined : words.say('noLonger'));
    } catch (error) {
      refresh(body.user.id, sayError(deps, error, words));
    }
  });

  bolt.view({ type: 'view_submission', callback_id: 'docent.automatic-set' }, async ({ ack, body, view }) => {
    const words = await wordsOf(deps, body.user.id);
    if (!(await adminNow(deps, body.user.id))) return ack({ response_action: 'update', view: refused(words) });
    const values = view.state.values;
    const wanted = Number(values['wanted']?.['docent.automatic-wanted']?.selected_option?.value);
    if (!PRECISIONS.some((share) => share === wanted)) return ack({ response_action: 'update', view: gone(words) });
    try {
      let channel = view.private_metadata;
      if (channel === '') {
        const chosen = values['channel']?.['docent.automatic-channel']?.selected_conversation ?? '';
        const problem = chosen === '' ? 'automaticMissing' : /^[CG][A-Z0-9]{2,30}$/.test(chosen) ? undefined : 'automaticForeign';
        if (problem) return ack({ response_action: 'errors', errors: { channel: words.say(problem) } });
        channel = `slack:${deps.team}/${chosen}`;
      } else if (!(await stateOf(channel))) return ack({ response_action: 'update', view: gone(words) });
      await automatic.set(channel, wanted);
      await ack();
      refresh(body.user.id);
    } catch (error) {
      await ack({ response_action: 'update', view: noticeModal(words.say('automaticTitle'), sayError(deps, error, words), words) });
    }
  });

  /** The next silent answer of a channel, after one that was skipped. */
  async function next(channel: string, words: AdminWords, after?: string): Promise<ModalView> {
    const state = await stateOf(channel);
    if (!state) return gone(words);
    const waiting = await automatic.unlabelled(channel, MOST_SILENT);
    const at = after === undefined ? -1 : waiting.findIndex(({ answerId }) => answerId === after);
    return labelModal(state, waiting[at + 1] as SilentAnswer | undefined, words);
  }

  bolt.action({ type: 'block_actions', action_id: 'docent.automatic-label' }, async ({ ack, body, payload }) => {
    await ack();
    await openWith(body, (words) => next(valueOf(payload), words));
  });

  bolt.action({ type: 'block_actions', action_id: /^docent\.automatic-(right|wrong|skip)$/ }, async ({ ack, body, payload }) => {
    await ack();
    const { view } = body;
    if (!view) return;
    const words = await wordsOf(deps, body.user.id);
    try {
      const person = await adminNow(deps, body.user.id);
      if (!person) return void (await updateView(deps, view.id, refused(words)));
      const channel = view.private_metadata;
      const answerId = valueOf(payload);
      const verdict = /-(\w+)$/.exec(payload.action_id)?.[1];
      // Only what waits there, for a channel that an admin chose, takes a label.
      const waits = (await stateOf(channel)) && (await automatic.unlabelled(channel, MOST_SILENT)).some((one) => one.answerId === answerId);
      if (waits && verdict !== 'skip') await automatic.label(answerId, verdict === 'right', person);
      await updateView(deps, view.id, await next(channel, words, verdict === 'skip' ? answerId : undefined));
      if (waits && verdict !== 'skip') refresh(body.user.id);
    } catch (error) {
      const said = noticeModal(words.say('labelTitle'), sayError(deps, error, words), words);
      await updateView(deps, view.id, said).catch(() => undefined);
    }
  });
}
