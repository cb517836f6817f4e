/**
 * Sources that somebody is about to add: what was given, and what a look at it found. In memory alone, for some minutes, and
 * for the session that began it, so that a credential stands in no page, no address and no file before it is sealed.
 */
import { randomBytes } from 'node:crypto';
import type { AddSourceInput, App, SourcePreview } from '../app-contract.ts';

export const DRAFT_MINUTES = 15;
const MOST_DRAFTS = 100;

export type DraftState =
  | { phase: 'looking'; documents: number }
  | { phase: 'stopped' }
  | { phase: 'refused'; error: unknown }
  | { phase: 'ready'; preview: SourcePreview }
  /** Its credential is forgotten; who comes back is led to the source. */
  | { phase: 'added'; sourceId: string };

export interface Draft {
  readonly id: string;
  input: AddSourceInput & { credential?: Record<string, string> };
  state: DraftState;
  /** Ends, without an error, when the look has. */
  looked: Promise<void>;
  stop(): void;
  /** While it is being added: a second press of the button gets the same source. */
  adding?: ReturnType<App['addSource']>;
}

export interface Drafts {
  /** Looks at it from now on. */
  begin(session: string, input: Draft['input']): Draft;
  /** Undefined when it is gone, or another session's. */
  find(session: string, id: string): Draft | undefined;
  drop(id: string): void;
}

export function createDrafts(app: Pick<App, 'previewSource'>): Drafts {
  const drafts = new Map<string, { draft: Draft; session: string; forget: NodeJS.Timeout }>();

  const drop = (id: string): void => {
    const kept = drafts.get(id);
    if (!kept) return;
    clearTimeout(kept.forget);
    kept.draft.stop();
    drafts.delete(id);
  };

  return {
    begin(session, input) {
      const stop = new AbortController();
      const draft: Draft = {
        id: randomBytes(18).toString('base64url'),
        input,
        state: { phase: 'looking', documents: 0 },
        looked: Promise.resolve(),
        stop: () => stop.abort(),
      };
      const onProgress = (documents: number): void => {
        if (!stop.signal.aborted) draft.state = { phase: 'looking', documents };
      };
      draft.looked = app.previewSource(input, { signal: stop.signal, onProgress }).then(
        (preview) => void (draft.state = stop.signal.aborted ? { phase: 'stopped' } : { phase: 'ready', preview }),
        (error: unknown) => void (draft.state = stop.signal.aborted ? { phase: 'stopped' } : { phase: 'refused', error }),
      );
      stop.signal.addEventListener('abort', () => (draft.state = { phase: 'stopped' }), { once: true });
      if (drafts.size >= MOST_DRAFTS) drop(drafts.keys().next().value!);
      drafts.set(draft.id, { draft, session, forget: setTimeout(() => drop(draft.id), DRAFT_MINUTES * 60_000).unref() });
      return draft;
    },
    find(session, id) {
      const kept = drafts.get(id);
      return kept && kept.session === session ? kept.draft : undefined;
    },
    drop,
  };
}
