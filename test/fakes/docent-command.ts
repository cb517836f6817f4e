/** `docent …` as a person runs it: a process of its own, with an environment of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from './child-environment.ts';

const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Ran {
  code: number | null;
  out: string;
  err: string;
}

/** Runs one command in `cwd`, which is its home as well; `input` is what it reads from its standard input. */
export function docentCommand(args: string[], options: { cwd: string; env: Record<string, string>; input?: string }): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: options.cwd,
      env: childEnvironment({ HOME: options.cwd, ...options.env }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const ran: Ran = { code: null, out: '', err: '' };
    child.stdout.on('data', (text: Buffer) => (ran.out += String(text)));
    child.stderr.on('data', (text: Buffer) => (ran.err += String(text)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...ran, code }));
    child.stdin.end(options.input);
  });
}
