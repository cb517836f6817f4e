/**
 * Adding a source in a modal: given, looked at, confirmed, added. Slack forgets a trigger within three seconds, so a modal is
 * opened first and filled then. Whether somebody may is asked at each step.
 */
import type { App as Bolt } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { ConnectorView } from '../../src/app-contract.ts';
import { reasonOf } from '../../src/errors.ts';
import { adminNow } from '../admin-rights.ts';
import type { AdminWords } from '../admin-words.ts';
import { createSourceAdding, samePlace, type Refused } from '../source-adding.ts';
import { DRAFT_MINUTES, inputOf, type SourceDraft } from '../source-drafts.ts';
import { credentialField, credentialIn, EMPTY, problemOf, valuesIn, type FormProblem, type SourceValues } from '../source-form.ts';
import type { SyncThreads } from '../sync-threads.ts';
import { openView, updateView } from './admin-calls.ts';
import { givenIn, metadataOf, plainLink, readMetadata } from './admin-add-input.ts';
import { formModal, lookingModal, noticeModal, previewModal } from './admin-add-view.ts';
import { data } from './admin-parts.ts';
import { wordsOf } from './admin-rights.ts';
import type { SlackDeps } from './deps.ts';

export interface Adding {
  /** Opens the form; `location` as it was given with a command. */
  open(trigger: string, userId: string, location?: string): Promise<void>;
  close(): void;
}

export function registerAdding(bolt: Bolt, deps: SlackDeps, threads: SyncThreads, onAdded: (userId: string) => void): Adding {
  const { app, log } = deps;
  const adding = createSourceAdding(deps, threads);
  const { drafts, recognise } = adding;

  /** False where the modal was closed meanwhile. */
  const update = async (viewId: string, view: ModalView): Promise<boolean> => {
    try {
      await updateView(deps, viewId, view);
      return true;
    } catch (error) {
      log.info({ reason: reasonOf(error) }, 'a modal could not be updated');
      return false;
    }
  };
  const form = async (
    it: {
      values: SourceValues;
      draft?: SourceDraft | undefined;
      recognised?: ConnectorView | undefined;
      problem?: FormProblem | undefined;
    },
    words: AdminWords,
  ): Promise<ModalView> => {
    const address = deps.app.outsideUrl;
    const connectors = await app.connectors();
    const { recognised, problem, draft, values } = it;
    return formModal(
      {
        values,
        connectors,
        timeZone: app.timeZone,
        metadata: metadataOf(draft?.id ?? '', values),
        ...(recognised ? { recognised } : {}),
        ...(problem ? { problem } : {}),
        ...(draft?.credential && samePlace(draft, values, recognised?.kind) ? { kept: true } : {}),
        ...(address === undefined ? {} : { consoleUrl: address }),
      },
      words,
    );
  };
  const refused = (words: AdminWords): ModalView => noticeModal(words.say('addTitle'), words.say('adminsOnly'), words);

  async function open(trigger: string, userId: string, location = ''): Promise<void> {
    // Without words: to learn who is asking, in which language, may take longer than the trigger lives.
    const id = await openView(deps, trigger, loading()).catch((error: unknown) => {
      log.warn({ reason: reasonOf(error) }, 'the modal for a source could not be opened');
    });
    if (!id) return;
    const words = await wordsOf(deps, userId);
    if (!(await adminNow(deps, userId))) return void (await update(id, refused(words)));
    const values = { ...EMPTY, location: plainLink(location.trim()).slice(0, 1000) };
    const recognised = values.location === '' ? undefined : await recognise(values).catch(() => undefined);
    await update(id, await form({ values, recognised }, words));
  }

  bolt.action({ type: 'block_actions', action_id: 'docent.home-add' }, async ({ ack, body }) => {
    await ack();
    await open(body.trigger_id, body.user.id);
  });

  /** The fields appear that what was typed or chosen asks for: to sign in, for groups, for times. */
  bolt.action({ type: 'block_actions', action_id: /^docent\.source-(location|kind|readers|schedule)$/ }, async ({ ack, body }) => {
    await ack();
    const { view } = body;
    if (!view) return;
    const words = await wordsOf(deps, body.user.id);
    if (!(await adminNow(deps, body.user.id))) return void (await update(view.id, refused(words)));
    const values = valuesIn(givenIn(view.state.values), await adding.kinds(), plainLink);
    let problem: FormProblem | undefined;
    let recognised: ConnectorView | undefined;
    try {
      if (values.location !== '') recognised = await recognise(values);
    } catch (error) {
      problem = problemOf(error, values);
    }
    const draft = drafts.find(readMetadata(view.private_metadata)?.draft ?? '', body.user.id);
    await update(view.id, await form({ values, draft, recognised, problem }, words));
  });

  bolt.view({ type: 'view_submission', callback_id: 'docent.source-form' }, async ({ ack, body, view }) => {
    const userId = body.user.id;
    const words = await wordsOf(deps, userId);
    if (!(await adminNow(deps, userId))) return ack({ response_action: 'update', view: refused(words) });
    const values = valuesIn(givenIn(view.state.values), await adding.kinds(), plainLink);
    const before = drafts.find(readMetadata(view.private_metadata)?.draft ?? '', userId);
    const credential = (connector: ConnectorView) => credentialIn(givenIn(view.state.values), connector);
    const checked = await adding.check({ person: userId, values, credential, before }, words);
    if ('problem' in checked) {
      const { problem, recognised } = checked;
      const [first] = recognised?.credential?.fields ?? [];
      const block = problem.field === 'credential' && recognised && first ? credentialField(recognised.kind, first.name) : problem.field;
      // At the field; where that is not shown yet, in a form that shows it.
      if (view.blocks.some(({ block_id }) => block_id === block))
        return ack({ response_action: 'errors', errors: { [block]: problem.message.slice(0, 1500) } });
      return ack({ response_action: 'update', view: await form({ values, draft: before, recognised, problem }, words) });
    }
    const { draft } = checked;
    await ack({ response_action: 'update', view: looking(draft, words) });
    await look(draft, view.id, words);
  });

  const looking = (draft: SourceDraft, words: AdminWords, documents = 0, again = false): ModalView =>
    lookingModal({ location: draft.values.location, documents, metadata: metadataOf(draft.id, draft.values), again }, words);

  /** Looks at the place, and shows what is there or what is wrong. */
  async function look(draft: SourceDraft, viewId: string, words: AdminWords): Promise<void> {
    let telling = Promise.resolve(true);
    const ended = await adding.look(draft, words, (documents) => {
      telling = update(viewId, looking(draft, words, documents));
    });
    if (ended === 'stopped') return;
    const view = ended === 'seen' ? shown(draft, words) : await again(draft, ended, words);
    await telling;
    if (!draft.stop.signal.aborted) await update(viewId, view);
  }

  const again = (draft: SourceDraft, { problem, recognised }: Refused, words: AdminWords): Promise<ModalView> =>
    form({ values: draft.values, draft, recognised, problem }, words);

  const shown = (draft: SourceDraft, words: AdminWords): ModalView =>
    previewModal(
      {
        preview: draft.preview!,
        schedule: inputOf(draft).schedule ?? '',
        metadata: metadataOf(draft.id, draft.values),
        timeZone: app.timeZone,
      },
      words,
    );

  bolt.action({ type: 'block_actions', action_id: 'docent.source-change' }, async ({ ack, body }) => {
    await ack();
    const { view } = body;
    if (!view) return;
    const words = await wordsOf(deps, body.user.id);
    if (!(await adminNow(deps, body.user.id))) return void (await update(view.id, refused(words)));
    const kept = readMetadata(view.private_metadata);
    const draft = drafts.find(kept?.draft ?? '', body.user.id);
    const values = draft?.values ?? kept?.values ?? EMPTY;
    const recognised = await recognise(values).catch(() => undefined);
    await update(view.id, await form({ values, draft, recognised }, words));
  });

  bolt.view({ type: 'view_submission', callback_id: 'docent.source-add' }, async ({ ack, body, view }) => {
    const userId = body.user.id;
    const words = await wordsOf(deps, userId);
    if (!(await adminNow(deps, userId))) return ack({ response_action: 'update', view: refused(words) });
    const kept = readMetadata(view.private_metadata);
    const draft = drafts.find(kept?.draft ?? '', userId);
    const title = words.say('addTitle');
    if (!draft?.preview) {
      const gone = noticeModal(title, words.say('draftGone', { n: DRAFT_MINUTES }), words);
      if (!kept || kept.values.location === '') return ack({ response_action: 'update', view: gone });
      // Another process may have looked, or this one was started anew: nothing is added that this one has not shown.
      const anew = drafts.begin(userId, { values: kept.values });
      await ack({ response_action: 'update', view: looking(anew, words, 0, true) });
      return look(anew, view.id, words);
    }
    await ack({ response_action: 'update', view: noticeModal(title, words.say('adding'), words) });
    await update(view.id, await add(draft, words));
  });

  async function add(draft: SourceDraft, words: AdminWords): Promise<ModalView> {
    const first = !draft.adding;
    const added = await adding.add(draft, words);
    if ('problem' in added) return again(draft, added, words);
    if (first) onAdded(draft.person);
    const name = data(added.source.name, 100);
    return noticeModal(words.say('addTitle'), words.say(added.told ? 'added' : 'addedQuietly', { name }), words);
  }

  bolt.view({ type: 'view_closed', callback_id: 'docent.source-looking' }, async ({ ack, body, view }) => {
    await ack();
    const draft = drafts.find(readMetadata(view.private_metadata)?.draft ?? '', body.user.id);
    if (draft && !draft.adding) drafts.drop(draft.id);
  });

  return { open, close: () => drafts.close() };
}

const loading = (): ModalView => ({
  type: 'modal',
  callback_id: 'docent.loading',
  title: { type: 'plain_text', text: 'Docent' },
  close: { type: 'plain_text', text: '✕' },
  blocks: [{ type: 'section', text: { type: 'plain_text', text: '…' } }],
});
