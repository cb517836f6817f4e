/** A source as commands print it: for programs, and for people in the deployment's time zone. */
import type { ConnectorView, SourcePreview, SourceStatus } from '../app-contract.ts';
import { QUIET_HOURS } from '../schedule.ts';
import { print, table } from './run.ts';

export const view = (s: SourceStatus['source']) => ({
  id: s.id,
  name: s.name,
  kind: s.kind,
  location: s.location,
  baseUrl: s.baseUrl,
  readers: s.readers,
  schedule: s.schedule,
  nextSyncAt: s.nextSyncAt,
  pausedAt: s.pausedAt,
  failures: s.failures,
  problem: s.problem,
  doubt: s.doubt,
  hasCredential: s.secretId !== null,
});

export const statusView = (s: SourceStatus) => ({
  ...view(s.source),
  documents: s.documents,
  passages: s.passages,
  syncing: s.syncing,
  lastRun: s.lastRun,
});

/** A name as a shell takes it. */
export const quoted = (name: string): string => (/^[\w.-]+$/.test(name) ? name : `"${name}"`);

/** `2026-11-22 02:41` in the time zone. */
export function localTime(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone }).format(at);
}

export function lastSync({ lastRun }: SourceStatus, timeZone: string): string {
  if (!lastRun) return 'never';
  const when = localTime(lastRun.startedAt, timeZone);
  return lastRun.state === 'done' ? when : `${when} (${lastRun.state})`;
}

export function nextSync({ pausedAt, nextSyncAt }: SourceStatus['source'], timeZone: string, now: number): string {
  if (pausedAt !== null) return 'paused';
  if (nextSyncAt === null) return 'never';
  return nextSyncAt <= now ? 'now' : localTime(nextSyncAt, timeZone);
}

/** How it is, in a word or two. */
export function stateOf({ source, syncing, lastRun }: SourceStatus): string {
  if (syncing) return 'syncing';
  if (source.doubt && source.doubt.confirmedAt === null) return 'needs a decision';
  if (source.pausedAt !== null) return 'paused';
  if (source.problem) return 'failing';
  if (!lastRun) return 'not read yet';
  return lastRun.state === 'done' ? 'ok' : lastRun.state;
}

/** What an admin has to know or to decide, a line each. */
export function notices({ name, problem, doubt, pausedAt, nextSyncAt }: SourceStatus['source'], timeZone: string): string[] {
  const again = pausedAt === null && nextSyncAt !== null ? ` It is tried again at ${localTime(nextSyncAt, timeZone)}.` : '';
  return [
    ...(pausedAt === null ? [] : [`paused since ${localTime(pausedAt, timeZone)}; go on with: npx docent source resume ${quoted(name)}`]),
    ...(problem ? [`cannot be synced since ${localTime(problem.since, timeZone)}: ${problem.reason}${again}`] : []),
    ...(doubt === null
      ? []
      : [
          doubt.confirmedAt === null
            ? `${doubt.gone} of ${doubt.known} documents are missing there and were kept. If they are gone for good: npx docent source confirm ${quoted(name)}`
            : `the removal of ${many(doubt.gone, 'document')} is confirmed; the next whole sync carries it out`,
        ]),
  ];
}

export const many = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** What a first sync would bring, for people. */
export function printPreview(preview: SourcePreview, schedule: string | undefined): void {
  const { cost, estimate } = preview;
  print(`${preview.name} (${preview.kind}), readable by ${preview.readers.join(', ')}. Nothing was added.`);
  print(
    `  ${preview.more ? 'more than ' : ''}${many(preview.documents, 'document')}${estimate ? `, about ${many(estimate.passages, 'passage')}` : ''}`,
  );
  if (cost?.usd !== undefined) print(`  search by meaning costs about $${cost.usd.toPrecision(2)}, once (${cost.model})`);
  else if (cost?.minutes !== undefined) print(`  search by meaning takes about ${cost.minutes} min on this machine (${cost.model})`);
  print(
    schedule === undefined
      ? `  synced daily between ${QUIET_HOURS.from}:00 and ${QUIET_HOURS.to}:00 (${preview.timeZone})`
      : `  synced by "${schedule}", next at ${localTime(preview.nextSyncAt, preview.timeZone)} (${preview.timeZone})`,
  );
  for (const sample of preview.samples)
    print(
      `  ${sample.problem === undefined ? `reads: ${sample.title ?? sample.externalId}, ${many(sample.passages ?? 0, 'passage')}` : `cannot read: ${sample.externalId}: ${sample.problem}`}`,
    );
  for (const text of preview.blindSpots) print(`  does not see: ${text}`);
}

export function printKinds(kinds: ConnectorView[]): void {
  table([
    ['KIND', 'CREDENTIAL'],
    ...kinds.map(({ kind, credential: need }) => [
      kind,
      need ? `${need.fields.map(({ name }) => name).join(':')}${need.required ? '' : ' (if it asks to sign in)'}. ${need.rights}` : 'none',
    ]),
  ]);
}
