/** Adding a source in a chat: given, looked at, confirmed, added; each platform draws. Whether somebody may is asked by the caller at each step. */
import type { ConnectorView } from '../src/app-contract.ts';
import { AppError, isAbort } from '../src/errors.ts';
import { sayError, type AdminDeps } from './admin-rights.ts';
import type { AdminWords } from './admin-words.ts';
import { createSourceDrafts, inputOf, type AddedSource, type SourceDraft, type SourceDrafts } from './source-drafts.ts';
import { problemIn, problemOf, type FormProblem, type SourceValues } from './source-form.ts';
import type { SyncThreads } from './sync-threads.ts';

/** How often it is told how many documents were found so far. */
const TELL_MS = 3000;

/** What has to be mended, and the kind of the place where that is known. */
export interface Refused {
  problem: FormProblem;
  recognised: ConnectorView | undefined;
}

export interface SourceAdding {
  drafts: SourceDrafts;
  /** @throws as App.recognise */
  recognise(values: SourceValues): Promise<ConnectorView>;
  kinds(): Promise<string[]>;
  /**
   * What was filled in becomes a draft, in the place of the one before, or is refused without asking the place.
   * @param given.credential what was typed, by the fields of the kind that was recognised
   */
  check(
    given: {
      person: string;
      values: SourceValues;
      credential(connector: ConnectorView): Record<string, string> | undefined;
      before: SourceDraft | undefined;
    },
    words: AdminWords,
  ): Promise<{ draft: SourceDraft } | Refused>;
  /**
   * Looks at the place: the draft has its preview then. Never throws.
   * @param tell how many documents were found so far, now and then
   * @returns what has to be mended; 'stopped' when the draft was dropped meanwhile
   */
  look(draft: SourceDraft, words: AdminWords, tell: (documents: number) => void): Promise<'seen' | 'stopped' | Refused>;
  /** Adds what was looked at and begins to read it: once, however often it is asked for. Never throws. */
  add(draft: SourceDraft, words: AdminWords): Promise<AddedSource | Refused>;
}

export function createSourceAdding(deps: AdminDeps, threads: SyncThreads): SourceAdding {
  const { app, clock } = deps;
  const drafts = createSourceDrafts(clock);
  const recognise: SourceAdding['recognise'] = (values) => app.recognise(values.location, values.kind || undefined);

  async function refused(draft: SourceDraft, error: unknown, words: AdminWords): Promise<Refused> {
    const { values } = draft;
    const problem = problemOf(error, values) ?? { field: 'location', message: sayError(deps, error, words) };
    const recognised = await recognise(values).catch(() => undefined);
    // Where the place wants to be signed in to and its kind has no fields for that, the message stands at the link.
    const place = problem.field === 'credential' && !recognised?.credential ? { ...problem, field: 'location' as const } : problem;
    return { problem: place, recognised };
  }

  async function begin(draft: SourceDraft, words: AdminWords): Promise<AddedSource> {
    const source = await app.addSource(inputOf(draft));
    delete draft.credential;
    await app.requestSync(source.id);
    return { source, told: await threads.start(source, draft.person, words) };
  }

  return {
    drafts,
    recognise,
    kinds: async () => (await app.connectors()).map(({ kind }) => kind),

    async check({ person, values, credential: typedIn, before }, words) {
      let problem = problemIn(values, words);
      const recognised = await recognise(values).catch((error: unknown) => {
        problem ??= problemOf(error, values) ?? { field: 'location', message: words.say('wentWrong') };
        return undefined;
      });
      if (problem || !recognised) return { problem: problem!, recognised };
      const typed = typedIn(recognised);
      const kept = before && samePlace(before, values, recognised.kind) ? before.credential : undefined;
      const credential = typed || kept ? { ...kept, ...typed } : undefined;
      const need = recognised.credential;
      if (!credential && need?.required && need.fields.length > 0)
        return { problem: { field: 'credential', message: words.say('signInMissing') }, recognised };
      const draft = drafts.begin(person, { values, kind: recognised.kind, ...(credential ? { credential } : {}) });
      if (before) drafts.drop(before.id);
      return { draft };
    },

    async look(draft, words, tell) {
      const { signal } = draft.stop;
      let told = clock.now();
      const onProgress = (documents: number): void => {
        if (clock.now() - told < TELL_MS) return;
        told = clock.now();
        tell(documents);
      };
      try {
        draft.preview = await app.previewSource(inputOf(draft), { signal, onProgress });
        return signal.aborted ? 'stopped' : 'seen';
      } catch (error) {
        if (signal.aborted && (isAbort(error) || !(error instanceof AppError))) return 'stopped';
        return refused(draft, error, words);
      }
    },

    async add(draft, words) {
      const work = (draft.adding ??= begin(draft, words));
      try {
        return await work;
      } catch (error) {
        delete draft.adding;
        delete draft.preview;
        return refused(draft, error, words);
      }
    },
  };
}

/** What was given to sign in to one host is never sent to another. */
export function samePlace(draft: SourceDraft, { location }: SourceValues, kind: string | undefined): boolean {
  const host = (text: string): string => (URL.canParse(text) ? new URL(text).origin : text);
  return draft.kind === kind && host(draft.values.location) === host(location);
}
