/** Rounds in which Docent, a process of its own over a folder of its own, is killed -9 and started again. */
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import { freePort } from '../servers/free-port.ts';
import { startOpenAiEndpoint } from './openai-endpoint.ts';
import { quotingModel } from './slack-office.ts';
import { testConfig } from './test-config.ts';

/** At a named step, the nth time that it is come to; or so long after it was asked, or after what was asked was acknowledged. */
export type Moment = { step: string; nth: number } | { afterMs: number; of: 'asking' | 'acknowledged' };

const STEPS = ['recorded', 'acknowledged', 'intended', 'posted', 'noted', 'grown', 'ending', 'ended', 'delivered'];
/** Random moments; the soak has more. */
const MOMENTS = Number(process.env['SOAK_ROUNDS'] ?? 20);
const LANES = 5;
/** A child that has not killed itself by then is killed. */
const PATIENCE_MS = 6_000;

export const KILL_TIMEOUT_MS = 60_000 + (STEPS.length + MOMENTS) * 20_000;

/** The sample handbook, indexed once for all lanes, and a model. */
export async function openKillHouse(): Promise<{ filled: string; modelUrl: string; close(): Promise<void> }> {
  const filled = mkdtempSync(join(tmpdir(), 'docent-kill-'));
  const app = await createApp(await testConfig({ DATA_DIR: filled }), { log: createLog('silent') });
  await app.addSample();
  await app.syncNow([], { signal: AbortSignal.timeout(60_000) });
  await app.close();
  const model = await startOpenAiEndpoint({
    reply: (request) => ({ chunks: quotingModel(request).match(/[^]{1,12}/g) ?? [], delayMs: 8 }),
  });
  return {
    filled,
    modelUrl: model.url,
    async close() {
      rmSync(filled, { recursive: true, force: true });
      await model.close();
    },
  };
}

/** One Docent after another over a copy of the folder, with a chat platform of its own. */
export interface Lane<Fake> {
  fake: Fake;
  /** Asks the one that runs (for a named step, one of its own), and kills it at that moment. @param ask resolves when what was asked was acknowledged, or was not */
  killed<T>(when: Moment, ask: () => Promise<T>): Promise<T>;
  /** Runs another while it is looked; it goes on. */
  after(look: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export async function openLane<Fake extends { close(): Promise<void>; deliverTo(url: string): void }>(options: {
  filled: string;
  fake: Fake;
  /** Of the platform's deliveries. */
  path: string;
  start(of: { folder: string; port: number; kill?: { step: string; nth: number } }): Promise<ChildProcess>;
}): Promise<Lane<Fake>> {
  const { fake } = options;
  const folder = mkdtempSync(join(tmpdir(), 'docent-kill-lane-'));
  cpSync(options.filled, folder, { recursive: true });
  const port = await freePort();
  fake.deliverTo(`http://127.0.0.1:${port}${options.path}`);
  let child: ChildProcess | undefined;
  const end = async (): Promise<void> => {
    child?.kill('SIGKILL');
    if (child) await dead(child);
  };
  return {
    fake,
    async killed(when, ask) {
      if ('step' in when) await end();
      const its = isAlive(child) ? child : await options.start({ folder, port, ...('step' in when ? { kill: when } : {}) });
      child = its;
      const killLater = (): void => void ('afterMs' in when && setTimeout(() => its.kill('SIGKILL'), when.afterMs));
      if ('afterMs' in when && when.of === 'asking') killLater();
      const asked = await ask();
      if ('afterMs' in when && when.of === 'acknowledged') killLater();
      await Promise.race([dead(its), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
      await end();
      return asked;
    },
    async after(look) {
      child = await options.start({ folder, port });
      await look();
    },
    async close() {
      await end();
      await fake.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const isAlive = (child: ChildProcess | undefined): child is ChildProcess =>
  child !== undefined && child.exitCode === null && child.signalCode === null;

const dead = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => (isAlive(child) ? child.once('exit', () => resolve()) : resolve()));

/** A round for each named step and for each random moment, several at a time. */
export async function inLanes<L extends { close(): Promise<void> }>(
  open: () => Promise<L>,
  round: (lane: L, when: Moment) => Promise<void>,
): Promise<void> {
  const waiting: Moment[] = [
    ...STEPS.map((step, at) => ({ step, nth: 1 + (at % 3) })),
    ...Array.from({ length: MOMENTS }, (_, nth) => ({
      afterMs: Math.round(Math.random() * 900),
      of: nth % 4 === 0 ? ('asking' as const) : ('acknowledged' as const),
    })),
  ];
  const lanes = await Promise.all(Array.from({ length: Math.min(LANES, waiting.length) }, open));
  try {
    await Promise.all(
      lanes.map(async (lane) => {
        for (let next = waiting.shift(); next; next = waiting.shift()) await round(lane, next);
      }),
    );
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
}
