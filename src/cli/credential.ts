/** A credential for a command: from the environment, a file or standard input, so that it stands in no process's arguments. */
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { readVariable } from '../config.ts';
import { inputError } from '../errors.ts';

export const CREDENTIAL_HELP = 'what lets Docent in: env:NAME, file:PATH, or - for standard input';

const HOW =
  'give env:NAME, file:PATH or - (standard input), never the credential itself: what is typed here stands in the list of processes and in the history of the shell';
const MOST_BYTES = 20_000;

/**
 * @param from `env:NAME`, `file:PATH` or `-`; what it holds is read as `parseCredential` of secrets.ts takes it
 * @throws AppError `input.invalid` that repeats nothing that may be a credential
 */
export async function readCredential(from: string): Promise<string> {
  const given = (await take(from)).replace(/\r?\n$/, '');
  if (given.trim() === '') throw inputError('credential', `${from === '-' ? 'standard input' : from} holds nothing`);
  return given;
}

async function take(from: string): Promise<string> {
  if (from === '-') return process.stdin.isTTY ? typed() : text(process.stdin);
  const name = /^env:([A-Za-z_]\w*)$/.exec(from)?.[1];
  if (name !== undefined) {
    const value = readVariable(name);
    if (value === undefined) throw inputError('credential', `the environment has no variable ${name}`);
    return value;
  }
  if (!from.startsWith('file:') || from === 'file:') throw inputError('credential', HOW);
  const path = from.slice('file:'.length);
  try {
    if (statSync(path).size > MOST_BYTES) throw inputError('credential', `${path} is too large for a credential`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'input.invalid') throw error;
    throw inputError('credential', code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read`);
  }
}

/** One line from a terminal, which does not show it. */
async function typed(): Promise<string> {
  process.stderr.write('Credential (not shown while you type): ');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  const stopped = new AbortController();
  lines.once('SIGINT', () => stopped.abort());
  try {
    return await lines.question('', { signal: stopped.signal });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
