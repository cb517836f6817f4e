/** A source in lines: its state in a word, how fresh it is, what keeps it from being read. */
import type { SourceStatus } from '../src/app-contract.ts';
import type { AdminKey } from '../src/strings/chat-admin.ts';
import type { AdminWords } from './admin-words.ts';

type State = Extract<AdminKey, `state_${string}`>;

function stateOf({ source, syncing, lastRun }: SourceStatus): State {
  if (syncing) return lastRun?.state === 'running' ? 'state_syncing' : 'state_waiting';
  if (source.doubt && source.doubt.confirmedAt === null) return 'state_decide';
  if (source.pausedAt !== null) return 'state_paused';
  if (source.problem) return 'state_failing';
  if (!lastRun) return 'state_new';
  if (lastRun.state === 'failed') return 'state_failed';
  if (lastRun.state === 'cancelled') return 'state_cancelled';
  return (lastRun.summary?.failed ?? 0) > 0 ? 'state_partial' : 'state_fresh';
}

function syncedAt({ lastRun }: SourceStatus): number | null {
  return lastRun && lastRun.state === 'done' ? lastRun.finishedAt : null;
}

function progressOf({ syncing, lastRun }: SourceStatus, words: AdminWords): string[] {
  const progress = syncing && lastRun?.state === 'running' ? lastRun.progress : null;
  if (!progress) return [];
  if (progress.phase === 'listing') return [words.say('progressListing', { n: words.number(progress.listed) })];
  return [
    words.say('progress', { done: words.number(progress.done), listed: words.number(progress.listed) }),
    ...(progress.failed > 0 ? [words.say('progressFailed', { n: words.number(progress.failed) })] : []),
  ];
}

/** *Name* · state ¶ 42 documents · synced 2 hours ago · next Sun … @param joint between the two halves */
export function sourceLine(status: SourceStatus, words: AdminWords, joint = ' · '): string {
  const { source } = status;
  const at = syncedAt(status);
  const failed = status.lastRun?.summary?.failed ?? 0;
  const next =
    source.pausedAt !== null
      ? [words.say('nextWhenResumed')]
      : source.nextSyncAt === null || status.syncing
        ? []
        : [words.say('nextSync', { when: words.moment(source.nextSyncAt) })];
  const head = [
    words.strong(words.data(source.name, 100)),
    words.say(stateOf(status), { n: words.number(failed) }),
    ...progressOf(status, words),
  ];
  const rest = [
    words.documents(status.documents),
    ...(status.syncing ? [] : [at === null ? words.say('neverSynced') : words.say('synced', { ago: words.ago(at) })]),
    ...next,
  ];
  return `${head.join(' · ')}${joint}${rest.join(' · ')}`;
}

/** What an admin has to know of it, a line each. */
export function sourceNotices({ source, syncing, lastRun }: SourceStatus, words: AdminWords): string[] {
  const { problem, doubt } = source;
  const error = !syncing && !problem && lastRun?.state === 'failed' ? lastRun.summary?.error : undefined;
  return [
    ...(problem ? [words.say('problemSince', { ago: words.ago(problem.since), reason: words.data(problem.reason, 600) })] : []),
    ...(error === undefined ? [] : [words.say('runError', { reason: words.data(error, 600) })]),
    ...(doubt && doubt.confirmedAt === null
      ? [words.say('doubt', { gone: words.number(doubt.gone), known: words.number(doubt.known) })]
      : []),
  ];
}

/** How a source is read, and by whom. */
export const sourceReaders = ({ source }: SourceStatus, words: AdminWords): string =>
  `${words.kind(source.kind)} · ${words.say('readBy', { readers: words.readers(source.readers) })}`;
