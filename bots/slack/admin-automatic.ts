/** Automatic answers, steered by an admin: channels and their precision, and labels for answers that were made in silence. */
import type { App as Bolt, BlockAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { adminNow, sayError } from '../admin-rights.ts';
import type { AdminWords } from '../admin-words.ts';
import { createSteering, PRECISIONS, type Labelling, type Verdict } from '../automatic.ts';
import { automaticModal, labelModal } from './admin-automatic-view.ts';
import { noticeModal } from './admin-add-view.ts';
import { openView, updateView } from './admin-calls.ts';
import { modal, section } from './admin-parts.ts';
import { wordsOf, wordsSoon } from './admin-rights.ts';
import type { SlackDeps } from './deps.ts';

/** @param refresh draws somebody's home anew, with a sentence above it */
export function registerAutomatic(bolt: Bolt, deps: SlackDeps, refresh: (userId: string, notice?: string) => void): void {
  const { app, log } = deps;
  const { automatic } = app.chat;
  const { stateOf, next, judge } = createSteering(deps);

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

  const labelling = (found: Labelling | undefined, words: AdminWords): ModalView =>
    found ? labelModal(found.state, found.silent, words) : gone(words);

  bolt.action({ type: 'block_actions', action_id: 'docent.automatic-label' }, async ({ ack, body, payload }) => {
    await ack();
    await openWith(body, async (words) => labelling(await next(valueOf(payload)), words));
  });

  bolt.action({ type: 'block_actions', action_id: /^docent\.automatic-(right|wrong|skip)$/ }, async ({ ack, body, payload }) => {
    await ack();
    const { view } = body;
    if (!view) return;
    const words = await wordsOf(deps, body.user.id);
    try {
      const person = await adminNow(deps, body.user.id);
      if (!person) return void (await updateView(deps, view.id, refused(words)));
      const verdict = /-(\w+)$/.exec(payload.action_id)?.[1] as Verdict;
      const judged = await judge({ channel: view.private_metadata, answerId: valueOf(payload), verdict, person });
      await updateView(deps, view.id, labelling(judged.next, words));
      if (judged.labelled) refresh(body.user.id);
    } catch (error) {
      const said = noticeModal(words.say('labelTitle'), sayError(deps, error, words), words);
      await updateView(deps, view.id, said).catch(() => undefined);
    }
  });
}
