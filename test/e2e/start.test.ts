/** `src/main.ts` as `npm start` runs it: ready soon, honest when it cannot start, ending cleanly. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { childEnvironment } from '../fakes/child-environment.ts';

vi.setConfig({ testTimeout: 60_000 });

const MAIN = join(import.meta.dirname, '../../src/main.ts');
let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docent-start-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  out: () => string;
  err: () => string;
  ended: Promise<{ code: number | null; signal: string | null }>;
}

function start(env: Record<string, string> = {}): Started {
  let out = '';
  let err = '';
  const started = spawn(process.execPath, [MAIN], {
    env: childEnvironment({ DATA_DIR: join(folder, 'data'), PORT: '0', EMBEDDING_MODEL: 'none', ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  started.stdout.on('data', (text: Buffer) => (out += String(text)));
  started.stderr.on('data', (text: Buffer) => (err += String(text)));
  return {
    out: () => out,
    err: () => err,
    ended: new Promise((resolve) => started.on('close', (code, signal) => resolve({ code, signal }))),
  };
}

async function ready(started: Started): Promise<{ url: string; ms: number }> {
  const at = performance.now();
  for (;;) {
    const url = /ready: (http:\/\/\S+)/.exec(started.out())?.[1];
    if (url && (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200) return { url, ms: performance.now() - at };
    if (performance.now() - at > 30_000) throw new Error(`not ready: ${started.out()} ${started.err()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('is ready within seconds, serves health, readiness and figures, and ends cleanly on SIGTERM', async () => {
  const started = start();
  const { url, ms } = await ready(started);
  console.log(`ready after ${Math.round(ms)} ms`);
  expect(ms).toBeLessThan(5_000);
  expect(started.out().split('\n')[0]).toBe(`Docent is ready: ${url}`);
  expect(new URL(url).hostname).toBe('127.0.0.1');
  for (const path of ['/healthz', '/readyz']) expect((await fetch(url + path)).status, path).toBe(200);
  const metrics = await fetch(`${url}/metrics`);
  expect(metrics.headers.get('content-type')).toContain('text/plain');
  const figures = await metrics.text();
  for (const name of [
    'docent_questions_total',
    'docent_answer_seconds',
    'docent_documents 0',
    'docent_passages 0',
    'process_cpu_seconds_total',
  ])
    expect(figures).toContain(name);
  expect((await fetch(url)).status).toBe(200);
  child!.kill('SIGTERM');
  expect(await started.ended).toEqual({ code: 0, signal: null });
  expect(started.err()).not.toMatch(/error/i);
});

test('starts again on the same data, and SIGINT ends it while a sync runs', async () => {
  const first = start();
  await ready(first);
  child!.kill('SIGTERM');
  await first.ended;
  const second = start();
  const { url } = await ready(second);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  // As a terminal's Ctrl-C comes through bin/run.js.
  child!.kill('SIGINT');
  setTimeout(() => child!.kill('SIGINT'), 20);
  expect((await second.ended).code).toBe(0);
});

test.each([
  [
    'an address that others reach, without ADMIN_TOKEN',
    { HOST: '0.0.0.0' },
    /HOST: 0\.0\.0\.0 can be reached from other machines, so ADMIN_TOKEN must be set/,
  ],
  ['a port that is none', { PORT: 'eighty' }, /PORT: /],
  ['a short ADMIN_TOKEN', { ADMIN_TOKEN: 'short' }, /ADMIN_TOKEN: must have at least 12 characters/],
  ['an endpoint that is no address', { OPENAI_BASE_URL: 'localhost' }, /OPENAI_BASE_URL: must be an http or https address/],
] as [string, Record<string, string>, RegExp][])(
  'does not start with %s, and says so without a stack or a secret',
  async (_, env, text) => {
    const started = start(env);
    expect((await started.ended).code).toBe(1);
    expect(started.err()).toMatch(/^Docent cannot start: /);
    expect(started.err()).toMatch(text);
    expect(started.err()).not.toMatch(/\n {4}at |short"/);
    expect(started.out()).toBe('');
  },
);

test('does not start on a port in use, and says what to do', async () => {
  const first = start();
  const { url } = await ready(first);
  const held = child!;
  const second = start({ PORT: new URL(url).port, DATA_DIR: join(folder, 'other') });
  expect((await second.ended).code).toBe(1);
  expect(second.err()).toMatch(/^Docent cannot start: The port is in use/);
  held.kill('SIGKILL');
});

test('with ADMIN_TOKEN it listens elsewhere, answers probes to anyone and the API to none without it', async () => {
  const started = start({ HOST: '0.0.0.0', ADMIN_TOKEN: 'a-long-enough-token' });
  for (let i = 0; !/ready: /.test(started.out()); i++) {
    if (i > 600) throw new Error(started.err());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const port = /:(\d+)\s/.exec(started.out())![1]!;
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${port}/api/v1/sources`)).status).toBe(401);
  expect(
    (await fetch(`http://127.0.0.1:${port}/api/v1/sources`, { headers: { authorization: 'Bearer a-long-enough-token' } })).status,
  ).toBe(200);
});

test('what this version does not use yet is named', async () => {
  const started = start({ OIDC_ISSUER: 'https://id.example' });
  await ready(started);
  expect(started.err()).toContain('"OIDC_ISSUER"');
});
