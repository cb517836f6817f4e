/** A fresh start with the hub of models out of reach, slow or fast: a cited answer soon, and search by meaning when it can be had. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { knownModel } from '../../src/models/local/known-models.ts';
import type { Answer } from '../../src/types.ts';
import { changeSettings } from '../fakes/change-settings.ts';
import { startModelHub, type FakeHub, type Mood } from '../fakes/model-hub.ts';
import { withoutModel, WEIGHTS } from '../fakes/weights.ts';
import { childEnvironment } from '../fakes/child-environment.ts';

vi.setConfig({ testTimeout: 240_000 });
const MAIN = join(import.meta.dirname, '../../src/main.ts');
/** From the start of the process to an answer with a citation; the installation before takes half a minute more. */
const SOON_MS = 60_000;
const BGE = 'bge-small-en-v1.5';
const noBge = withoutModel(BGE);

interface Status {
  documents: number;
  syncing: number;
  models: {
    embeddingModel: string | null;
    awaited?: string;
    download?: { model: string; state: string; bytes?: number; totalBytes?: number; waiting?: string; reason?: string };
    vectors?: { passages: number; embedded: number; replaces?: string };
    problem?: string;
  };
}

async function hubWith(mood: Mood): Promise<FakeHub> {
  const hub = await startModelHub(mood);
  onTestFinished(() => hub.close());
  return hub;
}

/** As `npm start` runs it on a new folder, whose setting names the hub. */
async function served(modelHub: string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'docent-first-'));
  const DATA_DIR = join(folder, 'data');
  await changeSettings(DATA_DIR, { internalAddresses: ['127.0.0.1'], modelHub });

  const startedAt = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    env: childEnvironment({ DATA_DIR, PORT: '0', ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (text: Buffer) => (out += String(text)));
  child.stderr.on('data', (text: Buffer) => (err += String(text)));
  const url = await vi.waitUntil(() => /ready: (http:\/\/\S+)/.exec(out)?.[1], 30_000);
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(`${url}/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const server = {
    url,
    startedAt,
    out: () => out,
    err: () => err,
    status: async (): Promise<Status> => (await (await fetch(`${url}/api/v1/status`)).json()) as Status,
    ask: async (text: string): Promise<Answer> => (await (await post('/ask', { text })).json()) as Answer,
    stop: () => (child.kill('SIGTERM'), ended),
    until: async (holds: (status: Status) => boolean, ms: number): Promise<Status> => {
      const seen: Status[] = [];
      for (const from = performance.now(); performance.now() - from < ms;) {
        const status = await server.status();
        if (holds(status)) return status;
        seen.push(status);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`waited ${ms} ms in vain: ${JSON.stringify(seen.at(-1))} ${out} ${err}`);
    },
    firstAnswer: async (): Promise<void> => {
      await post('/sample', {});
      await server.until((status) => status.documents > 0 && status.syncing === 0, SOON_MS);
      const answer = await server.ask('How many unused PTO days can I carry over to next year?');
      const ms = Math.round(performance.now() - startedAt);
      console.log(`first cited answer after ${ms} ms`);
      expect(answer.citations[0]?.title).toBe('Paid Time Off');
      expect(answer.text).toContain('five');
      expect(ms).toBeLessThan(SOON_MS);
    },
  };
  return server;
}

const filled = ({ models: { vectors } }: Status): boolean =>
  vectors !== undefined && vectors.passages > 0 && vectors.embedded === vectors.passages && vectors.replaces === undefined;
/** The sample's words for it are others. */
const PARAPHRASE = 'My little one arrives soon, how many weeks may I stay home?';
const found = ({ citations, closest }: Answer): string[] => [...citations, ...closest].map(({ title }) => title);

test.each(['refuses connections', 'takes them and never answers'])(
  'a hub that %s: answers come, with the model that npm carries',
  async (how) => {
    const hub = await hubWith({ silent: true });
    if (how.startsWith('refuses')) await hub.close();
    const server = await served(hub.url);
    await server.firstAnswer();
    const { models } = await server.until((status) => filled(status) && status.models.download !== undefined, 120_000);
    expect(models).toMatchObject({ embeddingModel: 'use-lite', awaited: 'multilingual-e5-small' });
    expect(models.download?.model).toBe('multilingual-e5-small');
    if (how.startsWith('refuses')) {
      const told = await server.until(({ models: { download } }) => (download?.waiting ?? download?.reason) !== undefined, 60_000);
      expect(told.models.download!.waiting ?? told.models.download!.reason).toContain('127.0.0.1');
    }
    expect(server.out()).toContain('multilingual-e5-small is not here yet');
    expect(await server.stop()).toBe(0);
    expect(server.err()).not.toMatch(/"level":(50|"error")/);
  },
);

test.skipIf(noBge)(`a slow hub: answers come long before the model${noBge ? ` (skipped: ${noBge})` : ''}`, async () => {
  const hub = await hubWith({ bytesPerSecond: 300_000 });
  hub.putFolder(knownModel(BGE)!.repository, join(WEIGHTS, BGE));
  const server = await served(hub.url, { EMBEDDING_MODEL: BGE });
  await server.firstAnswer();
  const first = await server.until(({ models: { download } }) => (download?.bytes ?? 0) > 0, 60_000);
  expect(first.models).toMatchObject({ embeddingModel: 'use-lite', awaited: BGE, download: { model: BGE, state: 'running' } });
  const later = await server.until(({ models: { download } }) => (download?.bytes ?? 0) > first.models.download!.bytes!, 30_000);
  expect(later.models.download!.bytes).toBeLessThan(later.models.download!.totalBytes!);
  expect(server.out()).toMatch(/Downloading bge-small-en-v1\.5 for search by meaning: \d+ % of 35 MB/);
  expect(await server.stop()).toBe(0);
});

test.skipIf(noBge)(
  `a fast hub: the model arrives, takes over, and finds what words miss${noBge ? ` (skipped: ${noBge})` : ''}`,
  { timeout: 300_000 },
  async () => {
    const hub = await hubWith({ bytesPerSecond: 6_000_000 });
    hub.putFolder(knownModel(BGE)!.repository, join(WEIGHTS, BGE));
    const server = await served(hub.url, { EMBEDDING_MODEL: BGE });
    const progress = new Set<number>();
    const watching = server.until(({ models: { download, awaited } }) => {
      if (download?.bytes) progress.add(download.bytes);
      return awaited === undefined;
    }, 120_000);
    await server.firstAnswer();
    const words = found(await server.ask(PARAPHRASE));
    await watching;
    expect(progress.size).toBeGreaterThan(1);
    const { models } = await server.until(filled, 200_000);
    expect(models).toMatchObject({ embeddingModel: BGE });
    expect([models.awaited, models.download, models.problem]).toEqual([undefined, undefined, undefined]);
    console.log(
      `search by meaning whole after ${Math.round(performance.now() - server.startedAt)} ms; words alone found ${JSON.stringify(words)}`,
    );
    // Once the vectors are whole, the index is calibrated anew, with meaning.
    await expect.poll(async () => found(await server.ask(PARAPHRASE)), { timeout: 90_000, interval: 2_000 }).toContain('Parental leave');
    expect(await server.stop()).toBe(0);
  },
);
