/** What every command shares: the application, cancelling, printing. */
import { availableParallelism } from 'node:os';
import type { WiredApp } from '../app.ts';
import type { FillWait } from '../app-contract.ts';
import { readConfig } from '../config.ts';
import { createLog } from '../log.ts';

/** Logs would stand between the lines that a person reads; warnings and errors still show. */
const quiet = (level: string): string => (level === 'info' ? 'error' : level);

/** Opens the application for one command and closes it after; Ctrl-C cancels the command cleanly, a second one at once. */
export async function withApp<T>(
  work: (app: WiredApp, signal: AbortSignal) => Promise<T>,
  change: Partial<ReturnType<typeof readConfig>> = {},
): Promise<T> {
  const config = { ...readConfig(), ...change };
  // Loaded where it is used: help, and what was typed wrongly, come at once.
  const { createApp } = await import('../app.ts');
  const app = await createApp(config, { log: createLog(quiet(config.LOG_LEVEL)), threads: availableParallelism() });
  const stop = new AbortController();
  const interrupt = (): void => (stop.signal.aborted ? process.exit(130) : stop.abort());
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    return await work(app, stop.signal);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await app.close();
  }
}

/** What documents say may hold sequences that steer a terminal (colours, titles, links, the text before): they fall away. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '');
}

export function print(line = ''): void {
  process.stdout.write(`${printable(line)}\n`);
}

export function printJson(value: unknown): void {
  // JSON escapes the first control characters by itself, and not those from U+007F on.
  const text = JSON.stringify(value, null, 2).replaceAll(/[\u007f-\u009f]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  process.stdout.write(`${text}\n`);
}

/** Progress on one line of a terminal; nothing where stderr is a file or a pipe. */
export function progressLine(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${printable(text)}`);
}

/** How long a command waits for vectors: a small knowledge base is whole by then, and for a large one nobody sits and waits. */
const VECTORS_MS = 30_000;

/** Waiting for vectors with progress on the terminal; all of them when `wait` is set. */
export function vectorsWait(wait: boolean): FillWait {
  return {
    ms: wait ? Infinity : VECTORS_MS,
    onProgress: (done, total) => progressLine(`search by meaning: ${done} of ${total} passages`),
  };
}

/** What to say when vectors are still missing; undefined when none are. */
export async function vectorsLeft(app: WiredApp): Promise<string | undefined> {
  const { vectors } = await app.modelStatus();
  if (!vectors || vectors.embedded >= vectors.passages) return undefined;
  return `Search by meaning knows ${vectors.embedded} of ${vectors.passages} passages so far; the running server does the rest, or "docent sync --wait".`;
}

export function duration(ms: number): string {
  return ms < 1000
    ? `${Math.round(ms)} ms`
    : ms < 60_000
      ? `${(ms / 1000).toFixed(1)} s`
      : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export function table(rows: string[][]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) print(row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  '));
}
