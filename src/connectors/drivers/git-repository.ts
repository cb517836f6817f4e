/** Reading a repository: its files at a commit, what changed between two. Part of the git driver. */
import { AppError } from '../../errors.ts';
import { runGit, type GitCall } from './git-run.ts';

export interface GitFile {
  /** Its path; bytes that are no UTF-8 stand as `%E9`. */
  path: string;
  blob: string;
}

export interface GitChange {
  path: string;
  /** Absent when it is a file no longer. */
  blob?: string;
}

type Reading = Pick<GitCall, 'dir' | 'signal'>;

/** Files and executables: links (`120000`) and other repositories (`160000`) are left out. */
const isFile = (mode: string): boolean => mode.startsWith('100');

export async function filesAt(commit: string, call: Reading): Promise<GitFile[]> {
  const output = await runGit(['ls-tree', '-r', '-z', '--full-tree', commit], call);
  const files: GitFile[] = [];
  for (const row of fieldsOf(output)) {
    const tab = row.indexOf(9);
    const [mode = '', , blob = ''] = row.subarray(0, tab).toString('latin1').split(' ');
    if (isFile(mode)) files.push({ path: pathOf(row.subarray(tab + 1)), blob });
  }
  return files;
}

/** Without looking for renames (that would need the bytes of files): one is a removal and an addition, which sync puts together. */
export async function changesBetween(from: string, to: string, call: Reading): Promise<GitChange[]> {
  const output = await runGit(['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', '--no-ext-diff', from, to, '--'], call);
  const changes: GitChange[] = [];
  let head: string[] | undefined;
  for (const field of fieldsOf(output)) {
    if (!head) {
      head = field.toString('latin1').slice(1).split(' ');
      continue;
    }
    const [modeBefore = '', modeAfter = '', , blob = ''] = head;
    head = undefined;
    if (isFile(modeAfter)) changes.push({ path: pathOf(field), blob });
    else if (isFile(modeBefore)) changes.push({ path: pathOf(field) });
  }
  return changes;
}

/** The commit of a name; undefined when there is none. */
export async function commitOf(name: string, call: Reading): Promise<string | undefined> {
  return succeeded(runGit(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`], call));
}

/** False for commits that are unknown here, too. */
export async function isAncestor(older: string, newer: string, call: Reading): Promise<boolean> {
  return (await succeeded(runGit(['merge-base', '--is-ancestor', older, newer], call))) !== undefined;
}

/** Which of a commit's objects are not here: a clone brings files' bytes only where they are wanted. */
export async function missingAt(commit: string, call: Reading): Promise<Set<string>> {
  const output = await runGit(['rev-list', '--objects', '--no-object-names', '--missing=print', '--no-walk', `${commit}^{tree}`], call);
  const lines = output.toString('latin1').split('\n');
  return new Set(lines.filter((line) => line.startsWith('?')).map((line) => line.slice(1)));
}

async function succeeded(output: Promise<Buffer>): Promise<string | undefined> {
  try {
    return (await output).toString('latin1').trim();
  } catch (error) {
    if (error instanceof AppError && error.code === 'git.failed') return undefined;
    throw error;
  }
}

function* fieldsOf(output: Buffer): Iterable<Buffer> {
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(0, at);
    yield output.subarray(at, end < 0 ? output.length : end);
    at = end < 0 ? output.length : end + 1;
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function pathOf(bytes: Buffer): string {
  try {
    return strict.decode(bytes);
  } catch {
    return bytes.toString('latin1').replaceAll(/[\u0080-\u00ff%]/g, encodeURIComponentOfByte);
  }
}

function encodeURIComponentOfByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
