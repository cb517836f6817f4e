/** What a crawl keeps: of the last one, what each page was and where it led; of this one, what it has read. Part of the site driver. */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Fetched } from '../connector.ts';

/** A page as the last crawl saw it: a page that answers 304 leads where it led then. */
export interface PageRecord {
  etag?: string;
  lastModified?: string;
  /** A hash of its bytes. */
  version?: string;
  /** What it is listed as; absent when it is no document of its own. */
  id?: string;
  /** The address that it names as its own. */
  canonical?: string;
  noindex?: true;
  password?: true;
  /** It could not be read, and no crawl has seen where it leads. */
  refused?: true;
  /** Within the source, as they stand on the page. */
  links: string[];
}

const file = 'crawl.json';
const format = 1;

interface Saved {
  format: number;
  start: string;
  /** Addresses occur on every page; they stand here once. */
  urls: string[];
  pages: [url: number, facts: Omit<PageRecord, 'links'>, links: number[]][];
}

/** Empty where there is none, of another location, or a broken one: then every page is read anew. */
export async function loadPages(folder: string | undefined, start: URL): Promise<Map<string, PageRecord>> {
  if (folder === undefined) return new Map();
  try {
    const saved = JSON.parse(await fs.readFile(path.join(folder, file), 'utf8')) as Saved;
    if (saved.format !== format || saved.start !== start.href) return new Map();
    const { urls } = saved;
    return new Map(saved.pages.map(([url, facts, links]) => [urls[url]!, { ...facts, links: links.map((link) => urls[link]!) }]));
  } catch {
    return new Map();
  }
}

export async function savePages(folder: string | undefined, start: URL, pages: Map<string, PageRecord>): Promise<void> {
  if (folder === undefined) return;
  const numbers = new Map<string, number>();
  const numberOf = (url: string): number => {
    const number = numbers.get(url) ?? numbers.size;
    numbers.set(url, number);
    return number;
  };
  const rows = [...pages].map(([url, { links, ...facts }]): Saved['pages'][number] => [numberOf(url), facts, links.map(numberOf)]);
  const saved: Saved = { format, start: start.href, urls: [...numbers.keys()], pages: rows };
  await fs.mkdir(folder, { recursive: true });
  const whole = path.join(folder, file);
  await fs.writeFile(`${whole}.new`, JSON.stringify(saved));
  await fs.rename(`${whole}.new`, whole);
}

type Document = Extract<Fetched, { kind: 'document' }>;

/** What a crawl has read, until `fetch` asks for it: a page is not requested twice in one run. */
export interface ReadPages {
  keep(id: string, document: Document): Promise<void>;
  /** Once; undefined when it was not kept. */
  take(id: string): Promise<Document | undefined>;
  clear(): Promise<void>;
}

const maxInMemory = 32_000_000;
const maxOnDisk = 2_000_000_000;

/** Up to 2 GB in the folder, or 32 MB in memory where there is none. What is more is not kept, and costs a second request. */
export function openReadPages(folder: string | undefined): ReadPages {
  const kept = new Map<string, { document: Document; size: number; file?: string }>();
  const bodies = folder === undefined ? undefined : path.join(folder, 'read');
  let size = 0;
  let next = 0;
  return {
    async keep(id, document) {
      const length = document.bytes.length;
      if (kept.has(id) || size + length > (bodies === undefined ? maxInMemory : maxOnDisk)) return;
      size += length;
      if (bodies === undefined) {
        kept.set(id, { document, size: length });
        return;
      }
      if (next === 0) await fs.mkdir(bodies, { recursive: true });
      const place = path.join(bodies, String(next++));
      await fs.writeFile(place, document.bytes);
      kept.set(id, { document: { ...document, bytes: new Uint8Array() }, size: length, file: place });
    },
    async take(id) {
      const one = kept.get(id);
      if (!one) return undefined;
      kept.delete(id);
      size -= one.size;
      if (one.file === undefined) return one.document;
      try {
        const bytes = await fs.readFile(one.file);
        await fs.rm(one.file, { force: true });
        return { ...one.document, bytes };
      } catch {
        return undefined;
      }
    },
    async clear() {
      kept.clear();
      size = 0;
      next = 0;
      if (bodies !== undefined) await fs.rm(bodies, { recursive: true, force: true });
    },
  };
}
