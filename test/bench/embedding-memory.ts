/** The whole application as `npm start` runs it, over made-up pages: its memory while it indexes, fills vectors and answers. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { question } from './embedding-texts.ts';
import { writeMadeUpPages } from './made-up-pages.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const PAGES = 100;
const START_MS = 60_000;
const LIMIT_MS = 150_000;
const PAUSE_MS = 250;

export interface Memory {
  /** Highest resident memory of the process, and of those that it started (parsers), in MiB. */
  peakMiB: number;
  childrenPeakMiB: number;
  passages: number;
  /** With their vector, when the measuring ended. */
  embedded: number;
  questions: number;
  seconds: number;
}

interface Status {
  documents: number;
  passages: number;
  syncing: number;
  models: { embeddingModel: string | null; vectors?: { passages: number; embedded: number } };
}

/** MiB of `VmHWM` and `VmRSS` in /proc/PID/status (Linux); undefined elsewhere, and for a process that has ended. */
export const peakOf = (pid: number): number | undefined => field(pid, 'VmHWM');
export const residentOf = (pid: number): number | undefined => field(pid, 'VmRSS');

function field(pid: number, name: string): number | undefined {
  const kilobytes = textOf(`/proc/${pid}/status`)?.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))?.[1];
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Processes that any thread of this one started. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      (textOf(`/proc/${pid}/task/${task}/children`) ?? '').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** @returns undefined where there is no /proc to read */
export async function serveAndAsk({ model, modelsDir }: { model: string; modelsDir: string }): Promise<Memory | undefined> {
  if (peakOf(process.pid) === undefined) return undefined;
  const root = mkdtempSync(join(tmpdir(), 'docent-bench-'));
  const child = spawn(process.execPath, [MAIN], {
    // A `.env` of the repository is not for the bench.
    cwd: root,
    env: {
      PATH: process.env['PATH'] ?? '',
      DATA_DIR: join(root, 'data'),
      PORT: '0',
      LOG_LEVEL: 'error',
      EMBEDDING_MODEL: model,
      MODELS_DIR: modelsDir,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  try {
    const from = performance.now();
    const url = await addressOf(child.stdout);
    const pid = child.pid!;
    const post = async (path: string, body: unknown): Promise<void> => {
      const response = await fetch(`${url}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${path} ended with ${response.status}: ${await response.text()}`);
      await response.arrayBuffer();
    };
    await post('/sources', { location: writeMadeUpPages(join(root, 'wiki'), PAGES), name: 'wiki' });
    let childrenPeakMiB = 0;
    let questions = 0;
    for (;;) {
      for (const one of childrenOf(pid)) childrenPeakMiB = Math.max(childrenPeakMiB, peakOf(one) ?? 0);
      const status = (await (await fetch(`${url}/api/v1/status`)).json()) as Status;
      if (model !== 'none' && status.models.embeddingModel !== model) throw new Error(`${status.models.embeddingModel} is in use`);
      const { vectors } = status.models;
      const done = status.documents >= PAGES && status.syncing === 0 && (model === 'none' || vectors?.embedded === status.passages);
      const peakMiB = peakOf(pid);
      if (peakMiB === undefined) throw new Error('the application ended by itself');
      if ((done && questions > 20) || performance.now() - from > LIMIT_MS)
        return {
          peakMiB,
          childrenPeakMiB,
          passages: status.passages,
          embedded: vectors?.embedded ?? 0,
          questions,
          seconds: Math.round((performance.now() - from) / 1000),
        };
      await post('/ask', { text: question(questions++) });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  } finally {
    child.kill('SIGKILL');
    await ended;
    rmSync(root, { recursive: true, force: true });
  }
}

function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const late = setTimeout(() => reject(new Error(`the application did not start: ${text}`)), START_MS);
    const settle = (): void => clearTimeout(late);
    output.on('data', (part: Buffer) => {
      text += String(part);
      const url = /ready: (http:\/\/\S+)/.exec(text)?.[1];
      if (!url) return;
      settle();
      resolve(url);
    });
    output.on('close', () => (settle(), reject(new Error(`the application did not start: ${text}`))));
  });
}
