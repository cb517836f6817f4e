/** Who changed each file of a folder last, and when, from git. Part of the folder driver. */
import { spawn } from 'node:child_process';

export interface FileHistory {
  /** Milliseconds since the epoch. */
  changedAt: number;
  owner?: string;
}

/** A long history is read for at most this long; it is read newest first, so what is missing then is old. */
const maxMs = 30_000;

/**
 * One `git log` for all files, by path relative to the folder. Empty where git or a work tree is missing. Local edits that are
 * not committed keep their last commit's date.
 * @param repository `folder` is the repository's own (bare) folder: which of its commits, and with which environment git runs
 */
export async function gitDates(
  folder: string,
  signal: AbortSignal,
  repository?: { commits: string; env: Record<string, string> },
): Promise<Map<string, FileHistory>> {
  const dates = new Map<string, FileHistory>();
  const git = spawn(
    'git',
    [
      '-c',
      'core.fsmonitor=false',
      ...(repository ? [`--git-dir=${folder}`] : ['-C', folder]),
      'log',
      '--no-show-signature',
      '--no-renames',
      '--no-ext-diff',
      '--no-textconv',
      '--name-only',
      '-z',
      '--format=%x01%ct%x02%an',
      ...(repository ? [repository.commits, '--'] : ['--relative', '--', '.']),
    ],
    { ...(repository ? { env: repository.env } : {}), stdio: ['ignore', 'pipe', 'ignore'], timeout: maxMs, killSignal: 'SIGKILL', signal },
  );
  const ended = new Promise<void>((resolve) => {
    git.on('error', () => resolve());
    git.on('close', () => resolve());
  });
  let rest = '';
  let commit: FileHistory | undefined;
  const take = (field: string): void => {
    // The header of a commit, then (behind a line end) its first file's name.
    const text = field.replace(/^\n/, '');
    if (text.startsWith('\u0001')) {
      const [time = '', author = ''] = text.slice(1).split('\u0002');
      commit = { changedAt: Number(time) * 1000, ...(author.trim() === '' ? {} : { owner: author.trim() }) };
    } else if (text !== '' && commit && !dates.has(text)) dates.set(text, commit);
  };
  try {
    git.stdout.setEncoding('utf8');
    for await (const piece of git.stdout as AsyncIterable<string>) {
      const fields = (rest + piece).split('\0');
      rest = fields.pop() ?? '';
      for (const field of fields) take(field);
    }
    take(rest);
  } catch {
    // Stopped or broken off: what was read is right.
  }
  await ended;
  signal.throwIfAborted();
  return dates;
}
