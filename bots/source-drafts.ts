/**
 * Sources that an admin is about to add in a chat: what was given, and what a look at it found. In memory alone and for some
 * minutes, so that a credential stands in no view or card and no file before it is sealed.
 */
import { randomBytes } from 'node:crypto';
import type { AddSourceInput, SourcePreview, SourceStatus } from '../src/app-contract.ts';
import type { Clock } from '../src/types.ts';
import type { SourceValues } from './source-form.ts';

export interface AddedSource {
  source: SourceStatus['source'];
  /** Who added it is told how far it is. */
  told: boolean;
}

export const DRAFT_MINUTES = 15;
const MOST_DRAFTS = 100;

export interface SourceDraft {
  readonly id: string;
  readonly person: string;
  values: SourceValues;
  credential?: Record<string, string>;
  /** The kind that the credential was given for. */
  kind?: string;
  preview?: SourcePreview;
  /** Aborted when it is cancelled, or another look begins. */
  stop: AbortController;
  /** While it is added: a second press gets the same source. */
  adding?: Promise<AddedSource>;
  readonly until: number;
}

export interface SourceDrafts {
  begin(person: string, given: Pick<SourceDraft, 'values' | 'credential' | 'kind'>): SourceDraft;
  /** Undefined when it is gone, or somebody else's. */
  find(id: string, person: string): SourceDraft | undefined;
  drop(id: string): void;
  close(): void;
}

export function createSourceDrafts(clock: Clock): SourceDrafts {
  const drafts = new Map<string, SourceDraft>();
  const timers = new Map<string, NodeJS.Timeout>();
  const drop = (id: string): void => {
    clearTimeout(timers.get(id));
    timers.delete(id);
    drafts.get(id)?.stop.abort();
    drafts.delete(id);
  };
  const makeRoom = (): void => {
    while (drafts.size >= MOST_DRAFTS) drop(drafts.keys().next().value!);
  };
  return {
    begin(person, given) {
      makeRoom();
      const draft: SourceDraft = {
        id: randomBytes(18).toString('base64url'),
        person,
        ...given,
        stop: new AbortController(),
        until: clock.now() + DRAFT_MINUTES * 60_000,
      };
      drafts.set(draft.id, draft);
      // What was typed, a credential too, is forgotten whether or not anybody comes again.
      timers.set(draft.id, setTimeout(() => drop(draft.id), DRAFT_MINUTES * 60_000).unref());
      return draft;
    },
    find(id, person) {
      const draft = drafts.get(id);
      return draft && draft.person === person && draft.until > clock.now() ? draft : undefined;
    },
    drop,
    close() {
      for (const id of drafts.keys()) drop(id);
    },
  };
}

/** What the form asks the application for. */
export function inputOf({ values, credential }: Pick<SourceDraft, 'values' | 'credential'>): AddSourceInput {
  const schedule = values.schedule === 'own' ? values.cron : values.schedule;
  return {
    location: values.location,
    readers: values.readers === 'own' ? values.readersOwn : values.readers,
    ...(values.kind === '' ? {} : { kind: values.kind }),
    ...(values.name === '' ? {} : { name: values.name }),
    ...(schedule === '' ? {} : { schedule }),
    ...(credential ? { credential } : {}),
  };
}
