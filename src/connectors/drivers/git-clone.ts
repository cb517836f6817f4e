/** A bare clone of a repository on the network: all commits and folders, and the bytes of those files alone that are read, where the server can do so. Part of the git driver. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../errors.ts';
import type { ConnectorContext } from '../connector.ts';
import { refusalInWords, refusalOf } from './git-refusal.ts';
import { connection, type Remote } from './git-remote.ts';
import { commitOf, missingAt } from './git-repository.ts';
import { runGit, type GitCall } from './git-run.ts';

const ours = 'refs/docent/head';
const fetchMs = 1_800_000;

export interface Clone {
  dir: string;
  /** The commit that it is at. */
  head: string;
}

/**
 * Brings the clone to the commit of the branch that is read; makes it where there is none, and anew where it is broken.
 * @param shallow of that commit alone
 * @throws AppError `source.unreadable` when the repository cannot be fetched
 */
export async function updateClone(folder: string, remote: Remote, context: ConnectorContext, shallow = false): Promise<Clone> {
  const [name, other] = remote.partial ? ['partial.git', 'whole.git'] : ['whole.git', 'partial.git'];
  const dir = path.join(folder, name);
  await fs.rm(path.join(folder, other), { recursive: true, force: true });
  const reading = { dir, signal: context.signal };
  if ((await present(dir)) && (await commitOf(ours, reading)) === remote.head) return { dir, head: remote.head };
  const fetchHead = (): Promise<void> =>
    fetchFrom(
      remote,
      dir,
      ['--force', ...(shallow ? ['--depth=1'] : []), ...(remote.partial ? ['--filter=blob:none'] : []), 'origin', `+${remote.ref}:${ours}`],
      context,
    );
  if (!(await present(dir))) await makeClone(dir, remote, context);
  try {
    await fetchHead();
  } catch (error) {
    if (!isBroken(error)) throw unreachable(remote, error);
    context.log.warn({ reason: (error as AppError).message }, 'a clone is broken and is made anew');
    await makeClone(dir, remote, context);
    await fetchHead().catch((again: unknown) => {
      throw unreachable(remote, again);
    });
  }
  // Each fetch leaves a pack; in the foreground, and only when there are many.
  await runGit(['gc', '--auto', '--quiet'], { ...reading, config: [['gc.autoPackLimit', '40']], timeoutMs: fetchMs }).catch(() => {});
  const head = await commitOf(ours, reading);
  if (head === undefined) throw new AppError({ code: 'git.failed', message: 'git fetch: it brought no commit' });
  return { dir, head };
}

/** All at once: a request for each file would take longer than a whole clone. */
export async function bringBlobs(clone: Clone, blobs: Set<string>, remote: Remote, context: ConnectorContext): Promise<void> {
  if (!remote.partial) return;
  const missing = await missingAt(clone.head, { dir: clone.dir, signal: context.signal });
  const wanted = [...missing].filter((blob) => blobs.has(blob));
  if (wanted.length === 0) return;
  try {
    // As git itself does when it misses something in a partial clone.
    const args = ['--filter=blob:none', '--stdin', 'origin'];
    await fetchFrom(remote, clone.dir, args, context, { input: `${wanted.join('\n')}\n`, negotiation: 'noop' });
  } catch (error) {
    throw unreachable(remote, error);
  }
}

export async function removeClone(clone: Clone): Promise<void> {
  await fs.rm(clone.dir, { recursive: true, force: true });
}

async function fetchFrom(
  remote: Remote,
  dir: string,
  args: string[],
  context: ConnectorContext,
  more: { input?: string; negotiation?: string } = {},
): Promise<void> {
  const config: GitCall['config'] = [
    ...(await connection(remote, context)),
    ['remote.origin.url', remote.url.href],
    ...(more.negotiation === undefined ? [] : [['fetch.negotiationAlgorithm', more.negotiation] as [string, string]]),
  ];
  await runGit(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-maintenance', ...args], {
    dir,
    signal: context.signal,
    config,
    timeoutMs: fetchMs,
    protocol: remote.url.protocol === 'https:' ? 'https' : 'http',
    ...(more.input === undefined ? {} : { input: more.input }),
    ...(remote.token === undefined ? {} : { secret: remote.token }),
  });
}

async function makeClone(dir: string, { partial }: Remote, { signal }: ConnectorContext): Promise<void> {
  await fs.rm(dir, { recursive: true, force: true });
  await fs.mkdir(dir, { recursive: true });
  await runGit(['init', '--quiet', '--bare', '--template=', dir], { signal });
  if (!partial) return;
  for (const [name, value] of [
    ['core.repositoryFormatVersion', '1'],
    ['extensions.partialClone', 'origin'],
    ['remote.origin.promisor', 'true'],
    ['remote.origin.partialCloneFilter', 'blob:none'],
  ] as const)
    await runGit(['config', name, value], { dir, signal });
}

async function present(dir: string): Promise<boolean> {
  return fs.access(path.join(dir, 'HEAD')).then(
    () => true,
    () => false,
  );
}

/** What the network has nothing to do with. */
function isBroken(error: unknown): boolean {
  return (
    error instanceof AppError &&
    error.code === 'git.failed' &&
    !/unable to access|RPC failed|remote end hung up|early EOF|timed out|authentication|returned error|not found|could not (?:read|resolve)|redirect/i.test(
      error.message,
    )
  );
}

function unreachable(remote: Remote, error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'git.failed') return error;
  const refused = refusalInWords(error.message);
  const refusal = refused && refusalOf(remote.place, { ...refused, token: remote.token });
  return new AppError({
    code: refusal?.code ?? 'source.unreadable',
    message: error.message,
    // The first question was answered: what is refused now may be read once the token is mended.
    retryable: true,
    publicMessage: refusal?.publicMessage ?? `${remote.url.href} could not be fetched: ${error.message}.`,
    cause: error,
  });
}
