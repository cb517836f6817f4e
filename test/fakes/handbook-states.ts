/** Two states of a real handbook, a month apart, and a sync of them that counts what it does. The data stands beside the repository. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCatalog } from '../servers/test-catalog.ts';
import { addSource, type RunSummary } from '../../src/catalog/sources.ts';
import type { Connector } from '../../src/connectors/connector.ts';
import { createLog } from '../../src/log.ts';
import type { Embedder } from '../../src/models/embedder.ts';
import { createOutbound } from '../../src/net/outbound.ts';
import { openSqliteIndex } from '../../src/search/drivers/sqlite.ts';
import { createExtractor } from '../../src/sync/extract.ts';
import { fillVectors } from '../../src/sync/fill-vectors.ts';
import { syncSource } from '../../src/sync/sync.ts';
import { embedByWords } from './embed-by-words.ts';

const data = fileURLToPath(new URL('../../../shared/data/wikis/sourcegraph-handbook', import.meta.url));

/** Tests that need it skip by name where it is missing, and fail in CI. */
export const noHandbookStates = !existsSync(data) && !process.env.CI;

/** What `changes.tsv` says: 36 added, 128 changed, 10 removed; none is moved. */
export const handbookChanges = { added: 36, changed: 128, removed: 10 };

export function handbookFolder(state: 'older' | 'newer'): string {
  return join(data, state);
}

/** By the address that a site made of the handbook would give each page. */
export function handbookPages(state: 'older' | 'newer'): Map<string, string> {
  const folder = join(handbookFolder(state), 'content');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
  return new Map(files.toSorted().map((file) => [addressOf(file), pageOf(readFileSync(join(folder, file), 'utf8'), file)]));
}

const addressOf = (file: string): string => `/${file.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`;

/** As plainly as it needs to be: headings, lists, code, paragraphs and links. */
function pageOf(markdown: string, file: string): string {
  const text = markdown.replace(/^---\n[\s\S]*?\n---\n/, '');
  const blocks = text.split(/\n{2,}|(?<=^#.*)\n/m).map((block) => {
    const heading = /^(#{1,6}) (.*)/.exec(block);
    if (heading) return `<h${heading[1]!.length}>${inline(heading[2]!, file)}</h${heading[1]!.length}>`;
    const items = block.split(/^\s*(?:[-*]|\d+\.) /m);
    if (items.length > 1)
      return `${inline(items[0]!, file)}<ul>${items
        .slice(1)
        .map((item) => `<li>${inline(item, file)}</li>`)
        .join('')}</ul>`;
    return block.startsWith('```') ? `<pre>${escape(block)}</pre>` : `<p>${inline(block, file)}</p>`;
  });
  // Four files are empty; their pages have a title all the same.
  if (text.trim() === '') blocks.push(`<h1>${escape(addressOf(file))}</h1>`);
  // What is not shown (front matter, comments) is another edition, too.
  const edition = createHash('sha256').update(markdown).digest('hex').slice(0, 12);
  return `<!doctype html><html lang="en"><head><title>Handbook</title><meta name="edition" content="${edition}"></head><body><nav><a href="/">Home</a></nav><main>${blocks.join('\n')}</main><footer>Imprint</footer></body></html>`;
}

function inline(text: string, file: string): string {
  return escape(text).replaceAll(
    /\[([^\][]*)\]\(([^()\s]+)\)/g,
    (_, words: string, url: string) => `<a href="${escape(linkOf(url, file))}">${words}</a>`,
  );
}

function linkOf(url: string, file: string): string {
  if (/^(?:[a-z]+:|#)/i.test(url)) return url;
  const target = URL.parse(url, `http://x/${file}`);
  if (!target) return '#';
  return addressOf(target.pathname.slice(1)) + target.hash;
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

export interface Walked {
  summary: RunSummary;
  /** Points written to the index, and taken out of it. */
  put: number;
  dropped: number;
  /** Vectors computed. */
  embedded: number;
}

/** With SHOW_WALK set: what a step cost, on one line. */
export function showWalk(name: string, { summary, put, dropped, embedded }: Walked, more: Record<string, number>): void {
  const { source: _, runId: __, ...figures } = summary;
  if (process.env.SHOW_WALK) console.log(name, JSON.stringify({ ...more, ...figures, put, dropped, embedded }));
}

/** One source of a catalog of its own. Waits cost no time. */
export async function openWalk(connector: () => Connector, location: string): Promise<{ sync(): Promise<Walked>; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'docent-walk-'));
  const db = await openCatalog(folder);
  const opened = openSqliteIndex({ path: join(folder, 'index.db') });
  const extractor = createExtractor();
  const outbound = createOutbound({ allowInternal: () => ['127.0.0.1'] });
  const input = { name: 'walk', kind: connector().kind, location, baseUrl: null, readers: ['everyone'], schedule: null };
  const source = await addSource(db, input, 1);
  const count = { put: 0, dropped: 0 };
  const index = {
    ...opened,
    put: (...[points, signal]: Parameters<typeof opened.put>) => ((count.put += points.length), opened.put(points, signal)),
    drop: (...[ids, signal]: Parameters<typeof opened.drop>) => ((count.dropped += ids.length), opened.drop(ids, signal)),
  };
  const embedder: Embedder = { model: 'fake:8', embed: async (texts) => texts.map((text) => Float32Array.from(embedByWords(text, 8))) };
  return {
    async sync() {
      Object.assign(count, { put: 0, dropped: 0 });
      const { signal } = new AbortController();
      const summary = await syncSource(
        source,
        {
          db,
          index,
          connector: connector(),
          extractor,
          outbound,
          embeddingModel: embedder.model,
          clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
          log: createLog('silent'),
          leaseOwner: 'walk',
          cacheFolder: join(folder, 'cache'),
        },
        signal,
      );
      const { embedded } = await fillVectors({ db, index, embedder }, { signal });
      return { summary, ...count, embedded };
    },
    async close() {
      await extractor.close();
      await outbound.close();
      await index.close();
      await db.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
