import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { inputError } from '../errors.ts';
import type { BackupFacts } from '../keeping.ts';
import { duration, print, printJson, progressLine, vectorsLeft, vectorsWait, withApp } from './run.ts';

/** What is over sooner needs no progress. */
const QUIET_MS = 2_000;

/** `docent backup FILE`: the catalog in one file, while the server runs. */
export function backupCommand(): Command {
  return new Command('backup')
    .argument('<file>', 'where to write it')
    .description('copy all that Docent knows into one file, while the server runs')
    .option('--force', 'overwrite the file')
    .option('--json', 'print JSON')
    .action(async (file: string, options: { force?: true; json?: true }) => {
      const config = readConfig();
      const { backUp } = await import('../keeping.ts');
      const startedAt = Date.now();
      const made = await cancellable((signal) =>
        backUp(file, {
          folder: config.DATA_DIR,
          databaseUrl: config.DATABASE_URL,
          now: startedAt,
          signal,
          onProgress: slowly('backup'),
          ...(options.force ? { force: true } : {}),
        }),
      );
      const ms = Date.now() - startedAt;
      if (options.json) {
        printJson({ ...forJson(made), keyNeeded: made.secrets > 0, ms });
        return;
      }
      print(`Backed up ${contentsOf(made)} to ${made.file} (${megabytes(made.bytes)}), in ${duration(ms)}.`);
      print('The index is not in it; restoring makes it again from the documents.');
      if (made.secrets > 0)
        print(
          `The credentials of sources (${made.secrets}) stand in it sealed. Keep their key, too, in another place: ${
            config.SECRET_KEY === undefined
              ? `SECRET_KEY is not set, so it is the file session.key in ${config.DATA_DIR}`
              : 'your SECRET_KEY'
          }.`,
        );
    });
}

/** `docent restore FILE`: the way back, while the server runs. */
export function restoreCommand(): Command {
  return new Command('restore')
    .argument('<file>', 'what "docent backup" wrote')
    .description('put a backup in the place of what Docent knows now, while the server runs')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action(async (file: string, options: { yes?: true; json?: true }) => {
      const config = readConfig();
      const { lookAtBackup, restore } = await import('../keeping.ts');
      const facts = lookAtBackup(file, { databaseUrl: config.DATABASE_URL });
      if (!options.yes && !(await agreed(`This replaces all that is in ${config.DATA_DIR} with ${contentsOf(facts)} of ${when(facts)}.`))) {
        print('Nothing was changed.');
        process.exitCode = 1;
        return;
      }
      const startedAt = Date.now();
      const restored = await cancellable((signal) =>
        restore(file, { folder: config.DATA_DIR, databaseUrl: config.DATABASE_URL, now: startedAt, signal, onProgress: slowly('restore') }),
      );
      const restoredMs = Date.now() - startedAt;
      if (!options.json) {
        print(`Restored ${contentsOf(restored)} of ${when(restored)}, in ${duration(restoredMs)}.`);
        if (restored.copy) print(`What was there before is kept: ${restored.copy}`);
        if (restored.secrets > 0)
          print(
            `The credentials of sources (${restored.secrets}) can be used with the SECRET_KEY (or session.key) of then; enter them anew where it is lost.`,
          );
      }
      // Whoever comes first, this command or the running server, rebuilds the index; the other finds it done.
      await withApp(async (app, signal) => {
        await app.reindex({ signal, unlessCurrent: true, vectors: vectorsWait(false), onProgress: slowly('index') });
        progressLine('');
        const ms = Date.now() - startedAt;
        if (options.json) {
          printJson({ ...forJson(restored), restoredMs, ms });
          return;
        }
        print(`Rebuilt the index; ready after ${duration(ms)}.`);
        const left = await vectorsLeft(app);
        if (left) print(left);
      });
    });
}

/** Ctrl-C and a plain kill end the work cleanly. */
export async function cancellable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    progressLine('');
  }
}

/** Progress in per cent, of what takes longer than a moment. */
export function slowly(what: string): (done: number, total: number) => void {
  const startedAt = Date.now();
  return (done, total) => {
    if (Date.now() - startedAt > QUIET_MS) progressLine(`${what}: ${Math.floor((100 * done) / Math.max(total, 1))} %`);
  };
}

async function agreed(what: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw inputError('--yes', 'say it to restore without being asked');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${what} Go on? [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

const contentsOf = (facts: BackupFacts): string =>
  `${count(facts.documents, 'document')} of ${count(facts.sources, 'source')}, with ${count(facts.answers, 'answer')}`;
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
const when = ({ madeAt }: BackupFacts): string => new Date(madeAt).toLocaleString('sv-SE');
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const forJson = <T extends BackupFacts>(facts: T): Omit<T, 'madeAt'> & { madeAt: string } => ({
  ...facts,
  madeAt: new Date(facts.madeAt).toISOString(),
});
