/** A folder of files that Docent reads (file-formats.ts) and JSONL files, or one such file. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { AppError, reasonOf } from '../../errors.ts';
import type { Connector, ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../connector.ts';
import { fileExtensions, fileFormatOf, maxBytesOf } from '../file-formats.ts';
import { gitDates, type FileHistory } from './folder-git.ts';
import { listRows, readRow } from './folder-rows.ts';

/** What a location turns out to be: `only` is set when it names one file. */
interface Root {
  folder: string;
  real: string;
  only?: string;
}

/**
 * External ids are relative paths with `/`; versions are size and time. Rows of a JSONL file are documents: `_id` when the
 * location is that file, `path#_id` in a folder. Left out: what begins with a dot, `node_modules`, links to folders, and
 * links to files outside. Owner and date come from git's last commit of the file where the folder is in a work tree.
 */
export function createFolderConnector(): Connector {
  // Read once for each listing: one `git log` for all files.
  const histories = new Map<string, Promise<Map<string, FileHistory>>>();
  const historyOf = (root: Root, signal: AbortSignal): Promise<Map<string, FileHistory>> => {
    let history = histories.get(root.folder);
    if (!history) histories.set(root.folder, (history = gitDates(root.folder, signal)));
    return history;
  };
  return {
    kind: 'folder',
    capabilities: { incremental: false, seesDeletions: true, knowsReaders: false },
    blindSpots: ['Who may read a file is not taken from the file system: all documents get the readers of the source.'],
    accepts: (location) => !/^[a-z][a-z0-9+.-]+:/i.test(location),
    async check(source) {
      await rootOf(source);
    },
    async *list(source, context) {
      const root = await rootOf(source);
      histories.delete(root.folder);
      if (root.only === undefined) yield* listFolder(root, '', context);
      else if (isRows(root.only)) yield* listRows(path.join(root.folder, root.only), '', context.signal);
      else yield await listFile(root, root.only);
    },
    async fetch(source, listed, _validators, context) {
      const root = await rootOf(source);
      const [file, row] = splitRow(root, listed.externalId);
      const full = path.join(root.folder, file);
      const real = await fs.realpath(full).catch((error: unknown) => missing(error));
      if (real === undefined) return { kind: 'gone' };
      if (!isInside(root.real, real)) throw unreadable('it is a link to a place outside the folder');
      if (row !== undefined) return readRow(full, row, listed.place, context.signal);
      return fetchFile(root, file, source.baseUrl, await historyOf(root, context.signal));
    },
  };
}

async function rootOf(source: SourceLocation): Promise<Root> {
  const full = path.resolve(source.location);
  try {
    const real = await fs.realpath(full);
    const stat = await fs.stat(real);
    if (stat.isDirectory()) {
      await fs.access(real, fs.constants.R_OK | fs.constants.X_OK);
      return { folder: full, real };
    }
    // A pipe would keep its reader waiting for ever.
    if (stat.isFile() && (isRows(full) || fileFormatOf(full))) {
      await fs.access(real, fs.constants.R_OK);
      return { folder: path.dirname(full), real: await fs.realpath(path.dirname(full)), only: path.basename(full) };
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? 'There is no such file or folder'
        : code === 'EACCES' || code === 'EPERM'
          ? 'Docent may not read'
          : `${reasonOf(error)}:`;
    const publicMessage = code === 'ENOENT' || code === 'ENOTDIR' ? `${why}: ${full}` : `${why} ${full}`;
    throw new AppError({ code: 'source.unreadable', message: reasonOf(error), publicMessage, cause: error });
  }
  const publicMessage = `${full} is neither a folder nor a file of a known kind (${[...fileExtensions, '.jsonl'].join(', ')}).`;
  throw new AppError({ code: 'source.unsupported', message: 'unknown kind of file', publicMessage });
}

/** One folder's entries in order of their names, those of its folders where these stand: a listing is the same each time. */
async function* listFolder(root: Root, relative: string, context: ConnectorContext): AsyncIterable<ListedDocument> {
  context.signal.throwIfAborted();
  let entries;
  try {
    entries = await fs.readdir(path.join(root.folder, relative), { withFileTypes: true });
  } catch (error) {
    if (relative === '')
      throw new AppError({
        code: 'source.unreadable',
        message: reasonOf(error),
        publicMessage: `Docent may not read ${root.folder}.`,
        cause: error,
      });
    if (codeOf(error) === 'ENOENT') return;
    yield { externalId: `${relative}/`, problem: `the folder could not be read (${codeOf(error)})`, unseen: true };
    return;
  }
  const names = entries.filter((entry) => !entry.name.startsWith('.') && entry.name !== 'node_modules');
  names.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (let at = 0; at < names.length; at += 32) {
    const batch = names.slice(at, at + 32);
    const listed = await Promise.all(
      batch.map((entry) =>
        isRead(entry.name) && (entry.isFile() || entry.isSymbolicLink()) ? listFile(root, join(relative, entry.name)) : undefined,
      ),
    );
    for (const [i, entry] of batch.entries()) {
      const file = listed[i];
      if (entry.isDirectory()) yield* listFolder(root, join(relative, entry.name), context);
      else if (!file) continue;
      else if (file.problem === undefined && isRows(entry.name))
        yield* listRows(path.join(root.folder, file.externalId), `${file.externalId}#`, context.signal);
      else if (file.problem !== outside) yield file;
      else context.log.info({ file: file.externalId }, 'a link out of the folder was left out');
    }
  }
}

const outside = 'it is a link to a place outside the folder';

async function listFile(root: Root, relative: string): Promise<ListedDocument> {
  const full = path.join(root.folder, relative);
  try {
    const link = (await fs.lstat(full)).isSymbolicLink();
    if (link && !isInside(root.real, await fs.realpath(full))) return { externalId: relative, problem: outside };
    const stat = await fs.stat(full, { bigint: true });
    if (!stat.isFile()) return { externalId: relative, problem: 'it is no file' };
    return { externalId: relative, version: `${stat.size}:${stat.mtimeNs}` };
  } catch (error) {
    return {
      externalId: relative,
      problem: codeOf(error) === 'ENOENT' ? 'it is a broken link' : `it could not be read (${codeOf(error)})`,
    };
  }
}

async function fetchFile(root: Root, file: string, baseUrl: string | undefined, history: Map<string, FileHistory>): Promise<Fetched> {
  const full = path.join(root.folder, file);
  try {
    const stat = await fs.stat(full);
    const format = fileFormatOf(file);
    if (!format) return { kind: 'gone' };
    const limit = maxBytesOf(format);
    if (stat.size > limit) throw unreadable(`it is ${Math.ceil(stat.size / 1_000_000)} MB in size; the limit is ${limit / 1_000_000} MB`);
    const { changedAt, owner } = history.get(file) ?? { changedAt: stat.mtimeMs };
    return {
      kind: 'document',
      bytes: await fs.readFile(full),
      format,
      url: baseUrl === undefined ? null : webAddress(baseUrl, file),
      changedAt: Math.round(changedAt),
      ...(owner === undefined ? {} : { owner }),
    };
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (missing(error) === undefined) return { kind: 'gone' };
    throw error;
  }
}

/**
 * Where a site made from the folder shows a file: `a/b.md` and `a/b.mdx` at `BASE/a/b`, `index`, `_index` and `README` at their
 * folder `BASE/a/`, `.html` and `.txt` under their own names.
 */
export function webAddress(baseUrl: string, file: string): string {
  const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
  const page = file
    .replace(/(^|\/)(?:_?index\.(?:md|markdown|mdx|html?)|readme\.(?:md|markdown|mdx))$/i, '$1')
    .replace(/\.(?:md|markdown|mdx)$/i, '');
  return base + page.split('/').map(encodeURIComponent).join('/');
}

function splitRow(root: Root, externalId: string): [file: string, row: string | undefined] {
  if (root.only !== undefined) return isRows(root.only) ? [root.only, externalId] : [root.only, undefined];
  const at = externalId.search(/\.jsonl#/i);
  return at < 0 ? [externalId, undefined] : [externalId.slice(0, at + 6), externalId.slice(at + 7)];
}

function isRead(name: string): boolean {
  return isRows(name) || fileFormatOf(name) !== undefined;
}

function isRows(name: string): boolean {
  return path.extname(name).toLowerCase() === '.jsonl';
}

function join(relative: string, name: string): string {
  return relative === '' ? name : `${relative}/${name}`;
}

function isInside(root: string, real: string): boolean {
  return real === root || real.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? reasonOf(error);
}

/** Undefined for what is no longer there; throws for all else. */
function missing(error: unknown): undefined {
  if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
  throw unreadable(`it could not be read (${codeOf(error)})`, error);
}

function unreadable(publicMessage: string, cause?: unknown): AppError {
  return new AppError({ code: 'document.unreadable', message: publicMessage, publicMessage, cause });
}
