/** The files of a git repository, on the network or in a folder of this machine. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AppError, reasonOf } from '../../errors.ts';
import type { Connector, ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../connector.ts';
import { cursorLost } from '../cursor.ts';
import { maxBytesOf } from '../file-formats.ts';
import { gitDates, type FileHistory } from './folder-git.ts';
import { isRepository, placeOf, repositoryName } from './git-address.ts';
import { openBlobs, type BlobReader } from './git-blobs.ts';
import { bringBlobs, removeClone, updateClone, type Clone } from './git-clone.ts';
import { formatOf, pageOf } from './git-pages.ts';
import { askRemote, type Remote } from './git-remote.ts';
import { changesBetween, commitOf, filesAt, isAncestor, type GitFile } from './git-repository.ts';
import { environment, requireGit, runGit } from './git-run.ts';
import { isCalledByName, readWikiPage, wikiReading, wikiTitle } from './git-wiki.ts';

const passingMs = 900_000;
/** A host that wants a longer peace is quoted instead. */
const personWaitsMs = 10_000;

/** One listing and the fetches after it. */
interface Run {
  clone: Clone;
  reader: BlobReader;
  /** Absent for a folder. */
  remote?: Remote;
  /** The clone is only to look at: without history, and with the bytes of the files that are asked for. */
  passing?: true;
  /** Of how files are read and where they are opened: part of versions and cursor, so that all are looked at anew when it changes. */
  mark: string;
  /** Of the files that were listed; of all once one is asked for that was not. */
  blobs: Map<string, string>;
  whole: boolean;
  /** Commits to look for owner and date in: all, or those since. */
  range: string;
  history?: Promise<Map<string, FileHistory>>;
}

/**
 * The location is an http(s) address of a repository (`git+https://…` too), of a folder or file within one, or of a wiki, or it is
 * a folder; of the named or the default branch's last commit. External ids are paths, versions the ids of the files' bytes, the
 * cursor is the commit. Owner and date come from the last commit of each file, the address from the forge or the base URL. Left
 * out: what begins with a dot, `node_modules`, links, other repositories within, and a wiki's sidebars, footers and templates.
 */
export function createGitConnector(): Connector {
  const runs = new Map<string, Run>();
  const start = async (source: SourceLocation, context: ConnectorContext): Promise<Run> => {
    const run = await openRepository(source, context);
    runs.set(source.location, run);
    return run;
  };
  return {
    kind: 'git',
    capabilities: { incremental: true, seesDeletions: true, knowsReaders: false },
    blindSpots: [
      'Branches other than the one that is read (the default one, if the address names none), and changes that are not committed.',
      "Of wikis: sidebars, footers and templates. Pages in other markups than Markdown (AsciiDoc, Textile, reStructuredText, Org, …) are read as plain text, without their headings' links.",
      'Links, files that stand in Git LFS, and other repositories within this one (submodules).',
      'Rows of JSONL files, and what begins with a dot.',
      'Who may read the repository: all documents get the readers of the source.',
    ],
    credential: {
      fields: [{ name: 'token', label: 'Access token', secret: true }],
      required: false,
      rights:
        "Reading the contents, nothing else. On GitHub: a fine-grained token for this repository with “Contents: Read-only” (a wiki needs its repository's); where the organization has single sign-on, authorized for it. On GitLab: a project or group access token with the scope read_repository and the role Reporter, or a deploy token as user:token. Public repositories need none.",
    },
    accepts: isRepository,
    nameOf: repositoryName,
    async check(source, context) {
      const place = placeOf(source.location);
      if (place.kind !== 'remote') await openRepository(source, context);
      else {
        await requireGit(context.signal);
        await askRemote(place, source.credential?.token, context, personWaitsMs);
      }
    },
    async *list(source, context) {
      let run = await start(source, context);
      let files: GitFile[];
      try {
        files = await readableFiles(run, context);
      } catch (error) {
        if (!run.remote || !(error instanceof AppError) || error.code !== 'git.failed') throw error;
        context.log.warn({ reason: error.message }, 'a clone is broken and is made anew');
        await removeClone(run.clone);
        run = await start(source, context);
        files = await readableFiles(run, context);
      }
      if (run.remote && !run.passing) await bringBlobs(run.clone, new Set(files.map(({ blob }) => blob)), run.remote, context);
      run.blobs = new Map(files.map((file) => [file.path, file.blob]));
      run.whole = true;
      for (const { path: externalId, blob } of files) yield { externalId, version: blob + run.mark };
      context.keepCursor?.(run.clone.head + run.mark);
    },
    async *listChanges(source, cursor, context) {
      const run = await start(source, context);
      const { head, dir } = run.clone;
      const call = { dir, signal: context.signal };
      const from = /^[0-9a-f]{40,64}/.exec(cursor)?.[0] ?? '';
      if (from === '' || from + run.mark !== cursor || (from !== head && !(await isAncestor(from, head, call)))) {
        throw cursorLost(`${cursor.slice(0, 12)} is not among the commits before ${head.slice(0, 12)}, or files have other addresses now`);
      }
      const changes = from === head ? [] : (await changesBetween(from, head, call)).filter(({ path: file }) => isRead(file, run));
      // A folder that is there no longer was renamed, or the address is wrong: no reason to remove all that it held.
      if (changes.some(({ blob }) => blob === undefined)) await readableFiles(run, context);
      const blobs = new Set(changes.map(({ blob }) => blob).filter((blob) => blob !== undefined));
      if (run.remote && blobs.size > 0) await bringBlobs(run.clone, blobs, run.remote, context);
      run.range = `${from}..${head}`;
      for (const { path: externalId, blob } of changes) {
        if (blob === undefined) yield { externalId, gone: true };
        else {
          run.blobs.set(externalId, blob);
          yield { externalId, version: blob + run.mark };
        }
      }
      context.keepCursor?.(head + run.mark);
    },
    async fetch(source, listed, _validators, context): Promise<Fetched> {
      return fetchFile(runs.get(source.location) ?? (await start(source, context)), listed, source, context);
    },
  };
}

async function openRepository(source: SourceLocation, context: ConnectorContext): Promise<Run> {
  const place = placeOf(source.location);
  if (place.kind === 'other') {
    const publicMessage = `Repositories are read through https, not ${place.scheme}. Give the address that begins with https:// (and a token if the repository is private).`;
    throw new AppError({ code: 'source.unsupported', message: `git over ${place.scheme}`, publicMessage });
  }
  if (place.kind === 'local') return openFolder(place.folder, context);
  await requireGit(context.signal);
  const remote = await askRemote(place, source.credential?.token, context);
  const passing = context.cacheFolder === undefined;
  const clone = await updateClone(context.cacheFolder ?? (await passingFolder()), remote, context, passing);
  return {
    remote,
    ...(passing ? { passing } : {}),
    ...nothingListed(clone, markOf(remote, source)),
  };
}

/** For a look at a source that is not added yet; gone after a while, or with the process. */
async function passingFolder(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'docent-git-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  setTimeout(() => {
    process.off('exit', remove);
    remove();
  }, passingMs).unref();
  return folder;
}

async function openFolder(given: string, context: ConnectorContext): Promise<Run> {
  const folder = path.resolve(given);
  const { signal } = context;
  let dir: string;
  try {
    await fs.access(folder, fs.constants.R_OK | fs.constants.X_OK);
    dir = (await runGit(['rev-parse', '--absolute-git-dir'], { folder: await fs.realpath(folder), signal })).toString('utf8').trim();
  } catch (error) {
    if (signal.aborted || (error instanceof AppError && error.code !== 'git.failed')) throw error;
    const publicMessage =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `There is no such folder: ${folder}`
        : `${folder} is no git repository, or Docent may not read it.`;
    throw new AppError({ code: 'source.unreadable', message: reasonOf(error), publicMessage, cause: error });
  }
  const head = await commitOf('HEAD', { dir, signal });
  if (head === undefined)
    throw new AppError({ code: 'source.empty', message: 'no commit', publicMessage: `${folder} has no commit on its current branch.` });
  return nothingListed({ dir, head }, '');
}

function nothingListed(clone: Clone, mark: string): Omit<Run, 'remote' | 'passing' | 'history'> {
  return { clone, mark, reader: openBlobs(clone.dir), blobs: new Map(), whole: false, range: clone.head };
}

/** '' where files have no address: then nothing but their bytes can change. */
function markOf(remote: Remote, { baseUrl }: SourceLocation): string {
  const { place, branch, folder } = remote;
  const page = pageOf(place, branch, `${folder}/x`, baseUrl, folder);
  if (page === null && place.wiki === undefined) return '';
  const reading = place.wiki === undefined ? '' : String(wikiReading);
  return `:${createHash('sha256').update(`${page} ${reading}`).digest('base64url').slice(0, 8)}`;
}

/** @throws AppError `source.empty` when there are none: that is never how a source ends */
async function readableFiles(run: Run, { signal }: ConnectorContext): Promise<GitFile[]> {
  const { clone, remote } = run;
  const all = await filesAt(clone.head, { dir: clone.dir, signal });
  const files = all.filter(({ path: file }) => isRead(file, run));
  if (files.length > 0) return files;
  const where = remote?.url.href ?? clone.dir;
  const folder = remote?.folder ?? '';
  const publicMessage =
    folder === '' || all.some(({ path: file }) => isInside(file, folder))
      ? `${folder === '' ? where : `${folder} in ${where}`} holds no file of a kind that Docent reads.`
      : `There is no ${folder} on ${remote?.branch ?? 'the default branch'} of ${where}. If it was renamed or moved, add the source with its new address.`;
  throw new AppError({ code: 'source.empty', message: 'no readable files', publicMessage });
}

/** What begins with a dot is left out below the folder that the address names, not on the way to it. */
function isRead(file: string, { remote }: Run): boolean {
  const folder = remote?.folder ?? '';
  if (formatOf(file, remote?.place ?? {}) === undefined || !isInside(file, folder)) return false;
  const below = file.slice(folder.length).split('/');
  return !below.some((part) => part.startsWith('.') || part === 'node_modules');
}

/** @param folder may be the file itself; '' is everywhere */
function isInside(file: string, folder: string): boolean {
  return folder === '' || file === folder || file.startsWith(`${folder}/`);
}

async function fetchFile(run: Run, listed: ListedDocument, source: SourceLocation, context: ConnectorContext): Promise<Fetched> {
  const file = listed.externalId;
  const { remote } = run;
  const format = formatOf(file, remote?.place ?? {});
  if (!run.blobs.has(file) && !run.whole) {
    run.blobs = new Map((await readableFiles(run, context)).map((one) => [one.path, one.blob]));
    run.whole = true;
  }
  const blob = run.blobs.get(file);
  if (blob === undefined || format === undefined) return { kind: 'gone' };
  const bytes = await bytesOf(blob, maxBytesOf(format), run, context);
  if (
    bytes.length < 1024 &&
    Buffer.from(bytes.subarray(0, 45)).toString('latin1').startsWith('version https://git-lfs.github.com/spec/v1')
  ) {
    const publicMessage = 'it stands in Git LFS, which Docent does not fetch';
    throw new AppError({ code: 'document.unreadable', message: publicMessage, publicMessage });
  }
  run.history ??= gitDates(run.clone.dir, context.signal, { commits: run.range, env: environment() });
  const { changedAt, owner } = (await run.history).get(file) ?? {};
  const wiki = remote?.place.wiki === undefined ? undefined : remote.place;
  const title = wiki && wikiTitle(file);
  return {
    kind: 'document',
    bytes: wiki && format.endsWith('markdown') ? readWikiPage(bytes, wiki) : bytes,
    format,
    url: pageOf(remote?.place, remote?.branch, file, source.baseUrl, remote?.folder),
    ...(title === undefined ? {} : { title, ...(isCalledByName(bytes, title) ? { titleWins: true as const } : {}) }),
    ...(changedAt === undefined ? {} : { changedAt }),
    ...(owner === undefined ? {} : { owner }),
  };
}

async function bytesOf(blob: string, maxBytes: number, run: Run, context: ConnectorContext): Promise<Uint8Array> {
  try {
    return await run.reader.read(blob, maxBytes, context.signal);
  } catch (error) {
    if (!run.remote || !(error instanceof AppError) || error.code !== 'git.failed') throw error;
    await bringBlobs(run.clone, new Set([blob]), run.remote, context);
    return run.reader.read(blob, maxBytes, context.signal);
  }
}
