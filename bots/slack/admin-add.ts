/**
 * Adding a source in a modal: given, looked at, confirmed, added. Slack forgets a trigger within three seconds, so a modal is
 * opened first and filled then. Whether somebody may is asked at each step.
 */
import type { App as Bolt } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { ConnectorView } from '../../src/app-contract.ts';
import { AppError, isAbort, reasonOf } from '../../src/errors.ts';
import { openView, updateView } from './admin-calls.ts';
import { credentialIn, metadataOf, plainLink, problemIn, problemOf, readMetadata, valuesIn } from './admin-add-input.ts';
import {
  credentialBlock,
  EMPTY,
  formModal,
  lookingModal,
  noticeModal,
  previewModal,
  type FormProblem,
  type SourceValues,
} from './admin-add-view.ts';
import { createSourceDrafts, DRAFT_MINUTES, inputOf, type SourceDraft } from './admin-drafts.ts';
import { data } from './admin-parts.ts';
import type { SyncThreads } from './admin-progress.ts';
import { adminNow, sayError, wordsOf } from './admin-rights.ts';
import type { AdminWords } from './admin-words.ts';
import type { SlackDeps } from './deps.ts';

/** How often the modal tells how many documents were found so far. */
const TELL_MS = 3000;

export interface Adding {
  /** Opens the form; `location` as it was given with a command. */
  open(trigger: string, userId: string, location?: string): Promise<void>;
  close(): void;
}

export function registerAdding(bolt: Bolt, deps: SlackDeps, threads: SyncThreads, onAdded: (userId: string) => void): Adding {
  const { app, clock, log } = deps;
  const drafts = createSourceDrafts(clock);

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
  const recognise = (values: SourceValues): Promise<ConnectorView> => app.recognise(values.location, values.kind || undefined);

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
    const values = valuesIn(view.state.values, await kinds());
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

  const kinds = async (): Promise<string[]> => (await app.connectors()).map(({ kind }) => kind);

  bolt.view({ type: 'view_submission', callback_id: 'docent.source-form' }, async ({ ack, body, view }) => {
    const userId = body.user.id;
    const words = await wordsOf(deps, userId);
    if (!(await adminNow(deps, userId))) return ack({ response_action: 'update', view: refused(words) });
    const values = valuesIn(view.state.values, await kinds());
    const before = drafts.find(readMetadata(view.private_metadata)?.draft ?? '', userId);
    let problem = problemIn(values, words);
    const recognised = await recognise(values).catch((error: unknown) => {
      problem ??= problemOf(error, values) ?? { field: 'location', message: words.say('wentWrong') };
    });
    /** At the field; where that is not shown yet, in a form that shows it. */
    const refuse = async (wrong: FormProblem, block: string = wrong.field): Promise<void> => {
      if (view.blocks.some(({ block_id }) => block_id === block))
        return ack({ response_action: 'errors', errors: { [block]: wrong.message.slice(0, 1500) } });
      const again = await form({ values, draft: before, recognised: recognised ?? undefined, problem: wrong }, words);
      await ack({ response_action: 'update', view: again });
    };
    if (problem || !recognised) return refuse(problem!);
    const typed = credentialIn(view.state.values, recognised);
    const kept = before && samePlace(before, values, recognised.kind) ? before.credential : undefined;
    const credential = typed || kept ? { ...kept, ...typed } : undefined;
    const [first] = recognised.credential?.fields ?? [];
    if (!credential && recognised.credential?.required && first)
      return refuse({ field: 'credential', message: words.say('signInMissing') }, credentialBlock(recognised.kind, first.name));
    const draft = drafts.begin(userId, { values, kind: recognised.kind, ...(credential ? { credential } : {}) });
    if (before) drafts.drop(before.id);
    await ack({ response_action: 'update', view: looking(draft, words) });
    await look(draft, view.id, words);
  });

  const looking = (draft: SourceDraft, words: AdminWords, documents = 0, again = false): ModalView =>
    lookingModal({ location: draft.values.location, documents, metadata: metadataOf(draft.id, draft.values), again }, words);

  /** Looks at the place, and shows what is there or what is wrong. */
  async function look(draft: SourceDraft, viewId: string, words: AdminWords): Promise<void> {
    const { stop } = draft;
    let told = clock.now();
    let telling = Promise.resolve(true);
    const onProgress = (documents: number): void => {
      if (clock.now() - told < TELL_MS) return;
      told = clock.now();
      telling = update(viewId, looking(draft, words, documents));
    };
    let view: ModalView;
    try {
      draft.preview = await app.previewSource(inputOf(draft), { signal: stop.signal, onProgress });
      view = shown(draft, words);
    } catch (error) {
      if (stop.signal.aborted && (isAbort(error) || !(error instanceof AppError))) return;
      view = await formAgain(draft, error, words);
    }
    await telling;
    if (!stop.signal.aborted) await update(viewId, view);
  }

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

  async function formAgain(draft: SourceDraft, error: unknown, words: AdminWords): Promise<ModalView> {
    const { values } = draft;
    const problem = problemOf(error, values) ?? { field: 'location', message: sayError(deps, error, words) };
    const recognised = await recognise(values).catch(() => undefined);
    // Where the place wants to be signed in to and its kind has no fields for that, the message stands at the link.
    const place = problem.field === 'credential' && !recognised?.credential ? { ...problem, field: 'location' as const } : problem;
    return form({ values, draft, recognised, problem: place }, words);
  }

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
      const again = drafts.begin(userId, { values: kept.values });
      await ack({ response_action: 'update', view: looking(again, words, 0, true) });
      return look(again, view.id, words);
    }
    await ack({ response_action: 'update', view: noticeModal(title, words.say('adding'), words) });
    await update(view.id, await add(draft, words));
  });

  async function add(draft: SourceDraft, words: AdminWords): Promise<ModalView> {
    const work = (draft.adding ??= begin(draft, words));
    try {
      return (await work) as ModalView;
    } catch (error) {
      delete draft.adding;
      delete draft.preview;
      return formAgain(draft, error, words);
    }
  }

  async function begin(draft: SourceDraft, words: AdminWords): Promise<ModalView> {
    const source = await app.addSource(inputOf(draft));
    delete draft.credential;
    await app.requestSync(source.id);
    const told = await threads.start(source, draft.person, words);
    onAdded(draft.person);
    return noticeModal(words.say('addTitle'), words.say(told ? 'added' : 'addedQuietly', { name: data(source.name, 100) }), words);
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

/** What was given to sign in to one host is never sent to another. */
function samePlace(draft: SourceDraft, { location }: SourceValues, kind: string | undefined): boolean {
  const host = (text: string): string => (URL.canParse(text) ? new URL(text).origin : text);
  return draft.kind === kind && host(draft.values.location) === host(location);
}
