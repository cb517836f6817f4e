/**
 * How far the first sync of a source is, told to who added it: a message, and in its thread one that is edited while it runs
 * and ends with the summary. It goes to the admin alone: names of sources and documents are not for a channel.
 */
import type { App, SourceStatus } from '../src/app-contract.ts';
import { AppError, reasonOf } from '../src/errors.ts';
import type { ChatPlatform } from '../src/chat/messenger.ts';
import type { SyncNote, SyncNotes } from '../src/chat/sync-notes.ts';
import type { AdminDeps } from './admin-rights.ts';
import type { AdminWords } from './admin-words.ts';

type Source = SourceStatus['source'];
type Shown = NonNullable<Awaited<ReturnType<App['showSource']>>>;

/** How often it is looked at, and a message is edited at most. */
const EVERY_MS = 3000;
/** After so long without any change nobody is kept waiting. */
export const STALLED_MS = 30 * 60_000;
const FAILURES_NAMED = 20;
const LAST_TRIES = 5;
const LAST_MS = 60_000;
/** Who stops the process does not wait longer. */
const CLOSING_MS = 2000;

/** A message that was said to somebody. */
export interface Spot {
  channel: string;
  id: string;
  /** Where its platform needs that beside the channel. */
  serviceUrl?: string;
}

/** How a platform tells somebody, alone. */
export interface Telling {
  platform: ChatPlatform;
  /** Where one process tells in several: what another began is not taken up. */
  workspace?: string;
  wordsOf(person: string): Promise<AdminWords>;
  /** Lines that are safe already. @param under goes into its thread @throws AppError `chat.*` */
  post(person: string, lines: string[], under?: Spot): Promise<Spot>;
  /** @param wait how long a rate limit may hold it up @throws AppError `chat.*` */
  edit(at: Spot, lines: string[], wait: { patienceMs: number; signal?: AbortSignal }): Promise<void>;
}

export interface SyncThreads {
  /** Begins to tell; false when the admin could not be written to. */
  start(source: Source, person: string, words: AdminWords): Promise<boolean>;
  /** Takes up what a process that ended was telling. */
  takeUp(): Promise<void>;
  /** Says of each message that is not at its end what was read so far. */
  close(): Promise<void>;
}

/** @param deps.syncNotes outlives the process: messages that say "is being read" and have to be ended. Absent: they are ended by `close` alone */
export function createSyncThreads(
  deps: Pick<AdminDeps, 'app' | 'clock' | 'log'> & { syncNotes?: SyncNotes },
  telling: Telling,
): SyncThreads {
  const { app, clock, log, syncNotes } = deps;
  const stop = new AbortController();
  /** What closing waits for: the beginning of a thread, too, so that its note is kept before another process looks. */
  const running = new Set<Promise<unknown>>();

  function track<T>(work: Promise<T>): Promise<T> {
    running.add(work);
    const done = (): boolean => running.delete(work);
    work.then(done, done);
    return work;
  }

  const spotOf = ({ channel, serviceUrl }: SyncNote, id: string): Spot => ({
    channel,
    id,
    ...(serviceUrl === undefined ? {} : { serviceUrl }),
  });
  const edit = (note: SyncNote, lines: string[], wait: Parameters<Telling['edit']>[2]): Promise<void> =>
    telling.edit(spotOf(note, note.thread), lines, wait);

  /** The last words have to be said: tried again, further apart each time. */
  async function lastly(what: () => Promise<unknown>, tries = LAST_TRIES): Promise<void> {
    for (let n = 1; ; n++) {
      try {
        await what();
        return;
      } catch (error) {
        log.warn({ reason: reasonOf(error), try: n }, 'the end of a sync could not be told');
        if (n >= tries || (error instanceof AppError && !error.retryable)) return;
        await clock.sleep(EVERY_MS * 2 ** (n - 1));
      }
    }
  }

  async function start(source: Source, person: string, words: AdminWords): Promise<boolean> {
    const text = words.say('threadAdded', {
      name: words.data(source.name, 100),
      kind: words.kind(source.kind),
      readers: words.readers(source.readers),
    });
    try {
      const parent = await telling.post(person, [text]);
      const thread = await telling.post(person, [words.say('threadWaiting')], parent);
      const { channel, serviceUrl } = thread;
      const note: SyncNote = {
        platform: telling.platform,
        ...(telling.workspace === undefined ? {} : { workspace: telling.workspace }),
        sourceId: source.id,
        person,
        channel,
        ...(serviceUrl === undefined ? {} : { serviceUrl }),
        parent: parent.id,
        thread: thread.id,
        since: clock.now(),
      };
      await syncNotes?.keep(note);
      follow(note, words);
      return true;
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'an admin could not be told how far a sync is');
      return false;
    }
  }

  function follow(note: SyncNote, words: AdminWords): void {
    void track(watch(note, words).catch((error: unknown) => log.error({ reason: reasonOf(error) }, 'telling how far a sync is ended')));
  }

  async function watch(note: SyncNote, words: AdminWords): Promise<void> {
    let told = words.say('threadWaiting');
    let moved = clock.now();
    let before = '';
    for (;;) {
      const shown = await app.showSource(note.sourceId).catch((error: unknown) => {
        log.warn({ reason: reasonOf(error) }, 'how far a sync is could not be read');
        return null;
      });
      if (shown === null && !stop.signal.aborted) {
        await clock.sleep(EVERY_MS, stop.signal).catch(() => undefined);
        continue;
      }
      if (shown === null) return;
      const now = shown && stateNow(shown);
      if (now !== before) moved = clock.now();
      before = now ?? '';
      const stalled = clock.now() - moved >= STALLED_MS;
      if (!shown || !shown.syncing || stalled || stop.signal.aborted) {
        const end = endOf(shown, { stalled, stopped: stop.signal.aborted }, words);
        const tries = stop.signal.aborted ? 1 : LAST_TRIES;
        await lastly(() => edit(note, end, { patienceMs: stop.signal.aborted ? CLOSING_MS : LAST_MS }), tries);
        // Where this process ends before the sync, the next one finds the note, and goes on telling.
        if (stop.signal.aborted && shown?.syncing) return;
        // Another process may have watched it, too: the end is the same text, but the failures are told by one.
        const first = syncNotes ? await syncNotes.drop(note) : true;
        if (first && shown && !shown.syncing && shown.failures.length > 0) await lastly(() => tellFailures(note, shown, words), tries);
        return;
      }
      const text = progressText(shown, words);
      if (text !== told) {
        await edit(note, [text], { patienceMs: EVERY_MS, signal: stop.signal }).then(
          () => (told = text),
          (error: unknown) => log.info({ reason: reasonOf(error) }, 'a progress message could not be edited'),
        );
      }
      await clock.sleep(EVERY_MS, stop.signal).catch(() => undefined);
    }
  }

  const tellFailures = (note: SyncNote, { failures }: Shown, words: AdminWords): Promise<unknown> => {
    const lines = [
      words.say('threadFailures'),
      ...failures
        .slice(0, FAILURES_NAMED)
        .map(({ externalId, reason }) =>
          words.say('threadFailure', { document: words.data(externalId, 200), reason: words.data(reason, 300) }),
        ),
      ...(failures.length > FAILURES_NAMED ? [words.say('threadFailuresMore', { n: words.number(failures.length - FAILURES_NAMED) })] : []),
    ];
    return telling.post(note.person, lines, spotOf(note, note.parent));
  };

  return {
    start: (source, person, words) => track(start(source, person, words)),
    async takeUp() {
      const notes = (await syncNotes?.list(telling.platform)) ?? [];
      const mine = notes.filter(({ workspace }) => workspace === undefined || workspace === telling.workspace);
      for (const note of mine) follow(note, await telling.wordsOf(note.person));
    },
    async close() {
      stop.abort();
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** Changes whenever something moves. */
const stateNow = ({ syncing, lastRun, documents }: Shown): string => JSON.stringify([syncing, lastRun?.id, lastRun?.progress, documents]);

function progressText({ lastRun }: Shown, words: AdminWords): string {
  const progress = lastRun?.state === 'running' ? lastRun.progress : null;
  if (!progress) return words.say('threadWaiting');
  const { phase, listed, done, failed } = progress;
  const values = { done: words.number(done), listed: words.number(listed), failed: words.number(failed), n: words.number(listed) };
  if (phase === 'listing') return words.say('threadListing', values);
  if (phase === 'removing') return words.say('threadRemoving');
  if (phase === 'calibrating') return words.say('threadCalibrating');
  return words.say(failed > 0 ? 'threadReadingFailed' : 'threadReading', values);
}

function endOf(shown: Shown | undefined, how: { stalled: boolean; stopped: boolean }, words: AdminWords): string[] {
  if (!shown) return [words.say('threadRemoved')];
  const documents = words.documents(shown.documents);
  if (shown.syncing && how.stopped) return [words.say('threadStopped', { documents })];
  if (shown.syncing) return [words.say('threadStalled', { minutes: STALLED_MS / 60_000, documents })];
  const { lastRun, source } = shown;
  const summary = lastRun?.summary;
  if (lastRun?.state === 'cancelled') return [words.say('threadCancelled', { documents })];
  const reason = source.problem?.reason ?? summary?.error;
  if (lastRun?.state === 'failed' || reason !== undefined) {
    const next = source.pausedAt === null && source.nextSyncAt !== null ? source.nextSyncAt : undefined;
    return [
      words.say('threadFailed', { reason: words.data(reason ?? '–', 1000) }),
      ...(next === undefined ? [] : [words.say('threadFailedNext', { when: words.moment(next) })]),
    ];
  }
  const failed = summary?.failed ?? 0;
  const duration = durationText(summary?.ms ?? 0, words);
  return [
    words.say(failed > 0 ? 'threadDoneFailed' : 'threadDone', { documents, duration, failed: words.number(failed) }),
    ...(summary && !summary.complete ? [words.say('threadIncomplete')] : []),
  ];
}

function durationText(ms: number, words: AdminWords): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 90
    ? words.say('seconds', { n: words.number(seconds) })
    : words.say('minutes', { n: words.number(Math.round(seconds / 60)) });
}
