/** What an admin does with sources: look before adding, add, change, pause, confirm, remove. The syncing itself is `indexing.ts`'s. */
import { existsSync, realpathSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { internReaders, parseReaders } from './access/reader-sets.ts';
import type { AddSourceInput, App, ConnectorView, SourceStatus } from './app-contract.ts';
import type { Catalog } from './catalog/database.ts';
import { countsBySource, unreadParts } from './catalog/documents.ts';
import {
  addSource,
  changeSource,
  confirmRemovals,
  findSource,
  listFailures,
  listRuns,
  listSources,
  markSourceRemoved,
  requestCancel,
  requestSync,
  type Source,
} from './catalog/sources.ts';
import type { Connector, ConnectorContext, SourceLocation } from './connectors/connector.ts';
import { inputError, noSuchSource } from './errors.ts';
import type { Embedder } from './models/embedder.ts';
import { modelName } from './models/embedding.ts';
import { priceOf, type ModelPrice } from './models/prices.ts';
import type { Outbound } from './net/outbound.ts';
import { checkSchedule, nextRun } from './schedule.ts';
import { checkCredential, parseCredential, type Credential, type Secrets } from './secrets.ts';
import type { Extractor } from './sync/extract.ts';
import { previewSource } from './sync/preview.ts';
import type { Clock, Log } from './types.ts';

export interface SourcesDeps {
  db: Catalog;
  clock: Clock;
  log: Log;
  outbound: Outbound;
  secrets: Secrets;
  /** Folders of connectors' own, one a source; may be deleted at any time. */
  cacheFolder: string;
  connectorFor: (location: string, kind?: string) => Promise<Connector>;
  connectorKinds: readonly string[];
  extractor: () => Extractor;
  embedder: () => Promise<Embedder | undefined>;
  prices: () => Record<string, ModelPrice>;
  /** That schedules are in. */
  timeZone: string;
  /** Something waits in the catalog for the workers. */
  onWork?: () => void;
}

export type Sources = Pick<
  App,
  | 'connectors'
  | 'recognise'
  | 'previewSource'
  | 'addSource'
  | 'addSample'
  | 'listSources'
  | 'showSource'
  | 'changeSource'
  | 'confirmRemovals'
  | 'removeSource'
  | 'requestSync'
  | 'cancelSync'
> & {
  /** The source's credential, opened; undefined when it has none. @throws AppError `secret.key` */
  credentialOf(source: Source): Promise<Credential | undefined>;
  cacheFolderOf(source: Pick<Source, 'id'>): string;
  /** Takes away what connectors kept on this machine of sources that are gone. */
  sweepCaches(): Promise<void>;
  /** When a source is due next, after so many failed runs in a row. */
  nextSync(source: Pick<Source, 'id' | 'schedule'>, failures: number): number;
};

const SAMPLE_FOLDER = fileURLToPath(new URL('../sample/handbook', import.meta.url));
const SAMPLE_NAME = 'Sample handbook';
const FAILURES_SHOWN = 200;
const RUNS_SHOWN = 20;
const CHECK_MS = 30_000;
/** A source that failed is tried again after so long, twice as long each time, with half of it chance; and by its schedule at the latest. */
const BACK_OFF_MS = { first: 5 * 60_000, most: 6 * 3_600_000 };
/** About the size of a passage, to see how fast a model reads on this machine. */
const SPEED_SAMPLE = 'A passage of a handbook says who approves what, until when, and where it is written down. '.repeat(8);

export function createSources(deps: SourcesDeps): Sources {
  const { db, clock, secrets } = deps;

  async function sourceOrThrow(nameOrId: string): Promise<Source> {
    const source = await findSource(db, nameOrId);
    if (source) return source;
    throw noSuchSource(
      nameOrId,
      (await listSources(db)).map((s) => s.name),
    );
  }

  async function statusOf(source: Source, counts: Awaited<ReturnType<typeof countsBySource>>): Promise<SourceStatus> {
    const [lastRun] = await listRuns(db, source.id, 1);
    return {
      source,
      documents: 0,
      passages: 0,
      ...counts.get(source.id),
      lastRun: lastRun ?? null,
      syncing: source.syncRequestedAt !== null || lastRun?.state === 'running',
    };
  }

  const contextOf = (signal: AbortSignal): ConnectorContext => ({ outbound: deps.outbound, clock, log: deps.log, signal });

  /** What was given, checked as far as it can be without asking the source. */
  async function understood(input: AddSourceInput) {
    const location = normaliseLocation(input.location);
    const connector = await deps.connectorFor(location, input.kind);
    if (input.baseUrl !== undefined && !/^https?:\/\/\S+$/i.test(input.baseUrl))
      throw inputError('base-url', `"${input.baseUrl}" is not an http or https address`);
    const readers = parseReaders(input.readers ?? 'everyone');
    if (input.schedule) checkSchedule(input.schedule);
    const credential = input.credential === undefined ? undefined : credentialFor(connector, input.credential);
    if (!credential && connector.credential?.required) throw inputError('credential', `one is needed. ${connector.credential.rights}`);
    const taken = new Set((await listSources(db)).map((s) => s.name));
    const name = input.name?.trim() || freeName(connector.nameOf?.(location) ?? nameFrom(location), taken);
    if (name.length > 100) throw inputError('name', 'is longer than 100 characters');
    if (taken.has(name)) throw inputError('name', `there is a source "${name}" already; choose another name, or remove that one first`);
    const where: SourceLocation = {
      location,
      ...(input.baseUrl ? { baseUrl: input.baseUrl } : {}),
      ...(credential ? { credential } : {}),
    };
    return { connector, where, readers, credential, name };
  }

  async function add(input: AddSourceInput): Promise<Source> {
    const { connector, where, readers, credential, name } = await understood(input);
    await connector.check(where, contextOf(AbortSignal.timeout(CHECK_MS)));
    await internReaders(db, readers);
    const secretId = credential ? await secrets.put(credential) : null;
    const { location, baseUrl = null } = where;
    const source = await addSource(
      db,
      { name, kind: connector.kind, location, baseUrl, readers, schedule: input.schedule || null, secretId },
      clock.now(),
    );
    const nextSyncAt = service.nextSync(source, 0);
    await changeSource(db, source.id, { nextSyncAt });
    return { ...source, nextSyncAt };
  }

  async function costOf(estimate: { passages: number; tokens: number } | undefined, signal: AbortSignal) {
    const embedder = await deps.embedder();
    if (!embedder || !estimate) return undefined;
    const model = modelName(embedder.model);
    if (model === embedder.model) {
      const { price } = priceOf(model, deps.prices());
      return { model, ...(price ? { usd: (estimate.tokens * price.input) / 1e6 } : {}) };
    }
    await embedder.embed([SPEED_SAMPLE], 'passage', signal);
    const from = performance.now();
    // Another text each time: vectors are kept by their text.
    await embedder.embed([`${from} ${SPEED_SAMPLE}`, `${SPEED_SAMPLE} ${from}`], 'passage', signal);
    const msEach = (performance.now() - from) / 2;
    return { model, minutes: Math.ceil((estimate.passages * msEach) / 60_000) };
  }

  const service: Sources = {
    connectors: () => Promise.all(deps.connectorKinds.map(async (kind) => viewOf(await deps.connectorFor('', kind)))),
    recognise: async (location, kind) => viewOf(await deps.connectorFor(normaliseLocation(location), kind)),
    async previewSource(input, { signal, onProgress }) {
      const { connector, where, readers, name } = await understood(input);
      const context = contextOf(signal);
      await connector.check(where, { ...context, signal: AbortSignal.any([signal, AbortSignal.timeout(CHECK_MS)]) });
      const preview = await previewSource(where, { connector, extractor: deps.extractor() }, context, onProgress);
      const cost = await costOf(preview.estimate, signal);
      const nextSyncAt = nextRun({
        schedule: input.schedule || null,
        sourceId: name,
        timeZone: deps.timeZone,
        after: clock.now(),
      });
      return { ...preview, kind: connector.kind, name, readers, nextSyncAt, timeZone: deps.timeZone, ...(cost ? { cost } : {}) };
    },
    addSource: add,
    addSample: async () => (await findSource(db, SAMPLE_NAME)) ?? add({ location: SAMPLE_FOLDER, name: SAMPLE_NAME }),
    async listSources() {
      const counts = await countsBySource(db);
      return Promise.all((await listSources(db)).map((source) => statusOf(source, counts)));
    },
    async showSource(nameOrId) {
      const source = await findSource(db, nameOrId);
      if (!source) return undefined;
      const runs = await listRuns(db, source.id, RUNS_SHOWN);
      return {
        ...(await statusOf(source, await countsBySource(db))),
        runs,
        failures: runs[0] ? await listFailures(db, runs[0].id, FAILURES_SHOWN) : [],
        unread: await unreadParts(db, source.id, FAILURES_SHOWN),
      };
    },
    async changeSource(nameOrId, { schedule, paused, credential }) {
      const source = await sourceOrThrow(nameOrId);
      if (schedule) checkSchedule(schedule);
      let secretId: string | undefined;
      if (credential !== undefined) {
        const connector = await deps.connectorFor(source.location, source.kind);
        const given = credentialFor(connector, credential);
        const where = { location: source.location, ...(source.baseUrl ? { baseUrl: source.baseUrl } : {}), credential: given };
        await connector.check(where, contextOf(AbortSignal.timeout(CHECK_MS)));
        secretId = await secrets.put(given, source.secretId ?? undefined);
      }
      await changeSource(db, source.id, {
        ...(schedule === undefined ? {} : { schedule, nextSyncAt: service.nextSync({ id: source.id, schedule }, 0) }),
        ...(paused === undefined ? {} : { pausedAt: paused ? clock.now() : null }),
        ...(secretId === undefined ? {} : { secretId }),
      });
      // What a wrong credential kept from being synced need not wait for the next try.
      if (credential !== undefined && source.problem) await service.requestSync(source.id);
      return sourceOrThrow(source.id);
    },
    async confirmRemovals(nameOrId) {
      const source = await sourceOrThrow(nameOrId);
      if (!source.doubt) throw inputError('name', `nothing of "${source.name}" waits to be confirmed`);
      await confirmRemovals(db, source, clock.now());
      deps.onWork?.();
    },
    async removeSource(nameOrId) {
      const source = await sourceOrThrow(nameOrId);
      await markSourceRemoved(db, source.id, clock.now());
      if (source.secretId) await secrets.drop(source.secretId);
      await service.sweepCaches();
      deps.onWork?.();
    },
    async requestSync(nameOrId) {
      await requestSync(db, (await sourceOrThrow(nameOrId)).id, clock.now());
      deps.onWork?.();
    },
    cancelSync: async (nameOrId) => requestCancel(db, (await sourceOrThrow(nameOrId)).id, clock.now()),
    credentialOf: async (source) => (source.secretId === null ? undefined : secrets.open(source.secretId)),
    cacheFolderOf: ({ id }) => join(deps.cacheFolder, id),
    async sweepCaches() {
      const names = await readdir(deps.cacheFolder).catch(() => []);
      if (names.length === 0) return;
      const known = new Set((await listSources(db)).map(({ id }) => id));
      for (const name of names) if (!known.has(name)) await rm(join(deps.cacheFolder, name), { recursive: true, force: true });
    },
    nextSync({ id, schedule }, failures) {
      const now = clock.now();
      const scheduled = nextRun({ schedule, sourceId: id, timeZone: deps.timeZone, after: now });
      if (failures === 0) return scheduled;
      const wait = Math.min(BACK_OFF_MS.most, BACK_OFF_MS.first * 2 ** (failures - 1));
      return Math.min(scheduled, Math.round(now + wait / 2 + (Math.random() * wait) / 2));
    },
  };
  return service;
}

function viewOf({ kind, capabilities, blindSpots, credential }: Connector): ConnectorView {
  return { kind, capabilities, blindSpots, ...(credential ? { credential } : {}) };
}

function credentialFor(connector: Connector, given: string | Credential): Credential {
  if (typeof given === 'string') return parseCredential(given, connector.credential, connector.kind);
  if (!connector.credential) throw inputError('credential', `sources of the kind ${connector.kind} take none`);
  return checkCredential(given, connector.credential);
}

/** Folders become absolute, so that they mean the same from wherever the server is started. */
function normaliseLocation(location: string): string {
  const trimmed = location.trim();
  if (trimmed === '') throw inputError('location', 'name a folder or an address');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) return trimmed;
  const path = resolve(trimmed.replace(/^~(?=\/|$)/, homedir()));
  if (!existsSync(path)) throw inputError('location', `there is no folder or file ${path}`);
  return realpathSync(path);
}

function nameFrom(location: string): string {
  if (/^https?:\/\//i.test(location)) return new URL(location).host;
  return location.split(/[/\\]/).filter(Boolean).at(-1) ?? 'Documents';
}

function freeName(name: string, taken: Set<string>): string {
  if (!taken.has(name)) return name;
  for (let n = 2; ; n++) if (!taken.has(`${name} ${n}`)) return `${name} ${n}`;
}
