/** A folder for one test's index, and programs over it in a process of their own, to be killed. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const folder = (): { path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), 'docent-index-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

const source = new URL('../../src/search/', import.meta.url).href;

/** Runs TypeScript in a process of its own; resolves when it prints or ends. */
export function run(code: string): { child: ReturnType<typeof spawn>; output: Promise<string>; ended: Promise<number | null> } {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let problems = '';
  child.stderr.on('data', (data: Buffer) => (problems += data.toString()));
  const output = new Promise<string>((resolve) => child.stdout.on('data', (data: Buffer) => resolve((text += data.toString()))));
  const ended = new Promise<number | null>((resolve) => child.on('close', (status) => resolve(status)));
  return { child, output, ended: ended.then((status) => (status === 1 ? Promise.reject(new Error(problems)) : status)) };
}

/** A program that has the index open as `index`, and makes points of a text with `point`. */
export const script = (path: string, body: string): string => `
  import { openSqliteIndex } from ${JSON.stringify(`${source}drivers/sqlite.ts`)};
  import { analyzePassage, analyzeQuery } from ${JSON.stringify(`${source}analyzer.ts`)};
  const index = openSqliteIndex({ path: ${JSON.stringify(path)} });
  const point = (id, text) => ({ id, documentId: 'd', kind: 'passage', readerSet: 1,
    terms: analyzePassage({ title: '', headingPath: [], text }, 'en'), vector: Float32Array.of(1, 0) });
  ${body}`;
