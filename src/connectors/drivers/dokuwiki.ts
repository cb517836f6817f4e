/** A DokuWiki, through its remote interface (XML-RPC; API 11, which later versions keep). */
import { isIP } from 'node:net';
import { AppError } from '../../errors.ts';
import type { Connector, ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../connector.ts';
import { cursorLost } from '../cursor.ts';
import { asPage, pageUrl } from './dokuwiki-page.ts';
import { isStruct, type RpcStruct, type RpcValue } from './dokuwiki-rpc.ts';
import { failure, isDokuwikiAddress, openWiki, type Reply, type Wiki } from './dokuwiki-session.ts';

/** Lines of the changelog may come a little after later ones: a slow save ends behind a quick one. */
const overlapSeconds = 60;
/** What is older than this when it is listed is not looked at again; longer than two clocks could be apart. */
const quietSeconds = 3_600;
/** `getRecentChanges` wants ten digits: everything that the changelog holds. */
const beginning = 1_000_000_000;
/** Later versions answer depth 0 from their search index, which may lack pages; a depth makes them walk the files. */
const depth = 1_000;

/**
 * External ids are page ids (`people:leave`), versions a page's time and size; a page of the very second of the listing has none,
 * as it may change once more within it. The location is any address of the wiki; `?idx=NAMESPACE` restricts it to one.
 */
export function createDokuwikiConnector(): Connector {
  const wikis = new WeakMap<ConnectorContext, Promise<Wiki>>();
  /** One login for a run. */
  const wikiOf = (source: SourceLocation, context: ConnectorContext): Promise<Wiki> => {
    const known = wikis.get(context);
    if (known) return known;
    const opened = openWiki(source, context);
    wikis.set(context, opened);
    opened.catch(() => wikis.delete(context));
    return opened;
  };
  return {
    kind: 'dokuwiki',
    capabilities: { incremental: true, seesDeletions: true, knowsReaders: false },
    blindSpots: [
      "Who may read a page: all documents get the readers of the source, and a change of the wiki's access rights never appears as a change.",
      'A page that the account may no longer read stays until the next full listing.',
      'Pages put into or taken out of the data folder past the wiki itself, until the next full listing.',
      'What becomes of pages that the wiki hides (setting "hidepages"), until the next full listing.',
      'What plugins take into a page from elsewhere: a page counts as changed only when it is edited itself.',
      'Files of the media manager.',
    ],
    credential: {
      fields: [
        { name: 'user', label: 'User', secret: false },
        { name: 'password', label: 'Password', secret: true },
      ],
      required: false,
      rights:
        'A user of its own, in a group with the right "Read" alone (Admin → Access Control List Management), and named in the setting "remoteuser". The setting "remote" must be on.',
    },
    accepts: isDokuwikiAddress,
    async check(source, context) {
      await listing(await openWiki(source, context));
    },
    async *list(source, context) {
      const wiki = await wikiOf(source, context);
      // The changes first: what is edited between the two comes again next time.
      const first = await changesFrom(wiki, beginning);
      const { changes } = first;
      const { pages, at } = await listing(wiki);
      const editors = new Map(changes.map((change) => [change.id, change]));
      if (first.newest > 0) context.keepCursor?.(cursorOf(first));
      for (const page of pages) {
        context.signal.throwIfAborted();
        const edit = editors.get(page.id);
        yield entry(page, at, edit?.time === page.time ? edit.editor : undefined);
      }
    },
    async *listChanges(source, cursor, context) {
      const wiki = await wikiOf(source, context);
      const [, newest, seen] = /^(\d{10})-(\d{10})$/.exec(cursor) ?? [];
      const lost = cursorLost('the changelog does not reach back to the cursor');
      if (newest === undefined || seen === undefined) throw lost;
      const reaches = ({ changes }: Changes): boolean => changes.some((change) => change.time <= Number(newest));
      const recent = await changesFrom(wiki, Math.min(Number(newest), Number(seen)));
      const found = reaches(recent) ? recent : await changesFrom(wiki, beginning);
      // Nothing between can be missing while something before it is still there: the oldest lines go first.
      if (!reaches(found)) throw lost;
      context.keepCursor?.(cursorOf(found));
      for (const change of found.changes) {
        context.signal.throwIfAborted();
        if (change.time < Number(seen) || !isIn(wiki, change.id)) continue;
        if (change.size !== undefined) yield entry({ ...change, size: change.size }, found.at, change.editor);
        else if (await isDeleted(wiki, change.id)) yield { externalId: change.id, gone: true };
        else context.log.info({}, 'a page without its file was left to the next full listing');
      }
    },
    fetch: async (source, listed, _validators, context) => fetchPage(await wikiOf(source, context), source, listed),
  };
}

interface ListedPage {
  id: string;
  /** Seconds. */
  time: number;
  size: number;
}

interface Change {
  id: string;
  time: number;
  /** Undefined: the page has no file any more. */
  size: number | undefined;
  /** Empty for a visitor without an account. */
  editor: string;
}

function entry(page: ListedPage, at: number, editor: string | undefined): ListedDocument {
  const settled = page.time < Math.floor(at / 1000) - 1;
  return {
    externalId: page.id,
    ...(settled ? { version: `${page.time}-${page.size}` } : {}),
    ...(editor === undefined ? {} : { place: JSON.stringify([page.time, editor]) }),
  };
}

/** All pages that the account may read. Throws AppError when there is none: rights that were lost look just like that. */
async function listing(wiki: Wiki): Promise<{ pages: ListedPage[]; at: number }> {
  const reply = await wiki.call('dokuwiki.getPagelist', wiki.namespace, { depth });
  const pages = rows(reply, wiki).map((row) => ({ id: String(row['id'] ?? ''), time: Number(row['rev']), size: Number(row['size']) }));
  if (pages.some((page) => page.id === '' || !Number.isFinite(page.time) || !Number.isFinite(page.size)))
    throw failure(
      'unreadable',
      'a page without id or time',
      `The wiki at ${wiki.base} answered with a list that Docent does not understand.`,
    );
  if (pages.length > 0) return { pages, at: reply.at };
  const where = wiki.namespace === '' ? `The wiki at ${wiki.base}` : `The namespace "${wiki.namespace}" of the wiki at ${wiki.base}`;
  const start = await wiki.call('wiki.aclCheck', wiki.namespace === '' ? 'start' : `${wiki.namespace}:start`);
  const mayRead = 'value' in start && Number(start.value) >= 1;
  throw failure(
    'empty',
    mayRead ? 'no pages' : 'no readable pages',
    mayRead
      ? `${where} has no pages.`
      : `${where} shows this account no page: give its group the right "Read" there, or give a user and a password that have it.`,
  );
}

interface Changes {
  /** Of each page of the wiki the newest. */
  changes: Change[];
  /** Seconds, and never after `at`; 0 without any. */
  newest: number;
  at: number;
}

async function changesFrom(wiki: Wiki, from: number): Promise<Changes> {
  const reply = await wiki.call('wiki.getRecentChanges', Math.max(from, beginning));
  const changes = noChanges(reply) ? [] : rows(reply, wiki).map(changeOf);
  const newest = changes.reduce((latest, change) => Math.max(latest, change.time), 0);
  return { changes, newest: Math.min(newest, Math.floor(reply.at / 1000)), at: reply.at };
}

/** The newest change, and the time from which on changes are looked at again. */
function cursorOf({ newest, at }: Changes): string {
  return `${newest}-${Math.max(newest - overlapSeconds, Math.floor(at / 1000) - quietSeconds)}`;
}

function isIn(wiki: Wiki, id: string): boolean {
  return wiki.namespace === '' || id.startsWith(`${wiki.namespace}:`);
}

/** "There are no changes" is a fault (321), which API 11 sends as an empty struct. */
function noChanges(reply: Reply): boolean {
  if (reply.denied) return false;
  return 'fault' in reply ? reply.fault.code === 321 : isEmpty(reply.value);
}

function changeOf(row: RpcStruct): Change {
  const size = row['size'];
  return {
    id: String(row['name'] ?? ''),
    time: Number(row['version']),
    size: typeof size === 'number' ? size : undefined,
    editor: String(row['author'] ?? ''),
  };
}

/** The page's own history says so; a file that is only missing does not count. */
async function isDeleted(wiki: Wiki, id: string): Promise<boolean> {
  const reply = await wiki.call('wiki.getPageVersions', id, 0);
  if (reply.denied || 'fault' in reply || !Array.isArray(reply.value)) return false;
  const newest = reply.value[0];
  return isStruct(newest) && newest['type'] === 'D';
}

/** The structs of an answer that is a list of them. */
function rows(reply: Reply, wiki: Wiki): RpcStruct[] {
  if (reply.denied) {
    throw failure(
      'forbidden',
      'remote API forbidden',
      `The wiki at ${wiki.base} does not let this account use its remote API: its admin adds the user, or a group of it, to the setting "remoteuser" ($conf['remoteuser']; empty allows everyone).`,
    );
  }
  if ('fault' in reply || !Array.isArray(reply.value) || !reply.value.every((row) => isStruct(row))) {
    const why = 'fault' in reply ? `fault ${reply.fault.code}` : 'no list';
    throw failure('unreadable', why, `The wiki at ${wiki.base} did not answer with a list of pages (${why}).`);
  }
  return reply.value;
}

async function fetchPage(wiki: Wiki, source: SourceLocation, listed: ListedDocument): Promise<Fetched> {
  const id = listed.externalId;
  const reply = await wiki.call('wiki.getPageHTML', id);
  if ('fault' in reply && reply.fault.code === 121) return { kind: 'gone' };
  const html = textOf(reply);
  const [time, editor] = (html !== '' && placeOf(listed)) || (await lastEdit(wiki, id)) || [];
  if (time === undefined) {
    if (html === '') return { kind: 'gone' };
    throw unreadable('the wiki shows the page, but says that there is none');
  }
  const url = pageUrl(source.baseUrl ?? wiki.base, id);
  const facts = { url, changedAt: time * 1000, ...(editor && isIP(editor) === 0 ? { owner: editor } : {}) };
  // A page may be there and show nothing: comments alone, or what a plugin leaves out.
  if (html === '') return { kind: 'document', bytes: new Uint8Array(), format: 'text', ...facts };
  const page = asPage(html, id);
  return { kind: 'document', bytes: Buffer.from(page.html), format: 'html', title: page.title, ...facts };
}

/** What the listing knew of the last edit. */
function placeOf(listed: ListedDocument): [time: number, editor: string] | undefined {
  return listed.place === undefined ? undefined : (JSON.parse(listed.place) as [number, string]);
}

/** Undefined: there is no such page (fault 121, in API 11 an empty struct). */
async function lastEdit(wiki: Wiki, id: string): Promise<[time: number, editor: string] | undefined> {
  const reply = await wiki.call('wiki.getPageInfo', id);
  if (reply.denied) throw forbidden();
  if ('fault' in reply ? reply.fault.code === 121 : isEmpty(reply.value)) return undefined;
  const info = 'value' in reply ? reply.value : undefined;
  if (!isStruct(info) || typeof info['version'] !== 'number') throw unreadable('the wiki did not say when it was edited');
  return [info['version'], String(info['author'] ?? '')];
}

function textOf(reply: Reply): string {
  if (reply.denied) throw forbidden();
  if ('value' in reply && typeof reply.value === 'string') return reply.value.trim();
  throw unreadable(
    'fault' in reply ? `the wiki answered with fault ${reply.fault.code}` : 'the wiki answered with a fault that it does not name',
  );
}

function isEmpty(value: RpcValue | undefined): boolean {
  return (isStruct(value) && Object.keys(value).length === 0) || (Array.isArray(value) && value.length === 0);
}

function forbidden(): AppError {
  const publicMessage = 'the wiki does not let this account read it';
  return new AppError({ code: 'document.forbidden', message: publicMessage, publicMessage });
}

function unreadable(publicMessage: string): AppError {
  return new AppError({ code: 'document.unreadable', message: publicMessage, publicMessage });
}
