/** PDF to blocks, each with its page. Runs in the extraction child. */
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as pdfjsTypes from 'pdfjs-dist';
import { AppError } from '../../errors.ts';
import type { ExtractedDocument } from '../../types.ts';
import { ownerFact, timeFact, titleFact } from './file-facts.ts';
import { numberRanges } from './office.ts';
import { pdfBlocks, squeezed } from './pdf-blocks.ts';
import { bodySize, dropFurniture, type PdfPage } from './pdf-furniture.ts';
import { linesOf, type PdfItem } from './pdf-lines.ts';

type Pdfjs = typeof pdfjsTypes;
type Document = Awaited<ReturnType<Pdfjs['getDocument']>['promise']>;
type Options = Exclude<Parameters<Pdfjs['getDocument']>[0], undefined>;

const maxPages = 5000;
/** Texts drawn as shapes have many; a blank page may have a frame. */
const manyShapes = 20;
/** Square points: a logo's size and above. */
const smallestPicture = 2500;

/**
 * Text in the order in which the file draws it, lines joined to paragraphs; what every page repeats is left out. Pages that
 * hold no text but a picture are named as unread, and so are those that the time did not suffice for.
 * @param alive is told of each page that is read, and waited for
 * @param budgetMs after which no further page is begun
 * @throws AppError `document.encrypted`, `document.broken`, `document.scanned`, `document.too_slow`
 */
export async function extractPdf(
  bytes: Uint8Array,
  alive: () => unknown = () => {},
  budgetMs = Number.POSITIVE_INFINITY,
): Promise<ExtractedDocument> {
  const started = performance.now();
  const pdfjs = await loadPdfjs();
  const { document, end } = await openPdf(pdfjs, bytes, {});
  try {
    const count = Math.min(document.numPages, maxPages);
    const pages: PdfPage[] = [];
    const empty: number[] = [];
    const failed: number[] = [];
    for (let number = 1; number <= count && performance.now() - started < budgetMs; number++) {
      const page = await readPage(document, number);
      if (!page) failed.push(number);
      else if (page.lines.length === 0) empty.push(number);
      pages.push(page ?? { number, height: 1, lines: [] });
      await alive();
    }
    const readable = pages.some((page) => page.lines.length > 0);
    const scanned = await scannedPages(pdfjs, bytes, empty, started + budgetMs);
    if (!readable && pages.length < count) throw tooSlow();
    if (!readable && failed.length > 0) throw damaged();
    if (!readable && scanned.length > 0) throw allScanned(pages.length);
    const body = bodySize(pages);
    dropFurniture(pages, body);
    const unread = [
      ...named(scanned, 'is a scanned image without text', 'are scanned images without text'),
      ...named(failed, 'is damaged', 'are damaged'),
      ...named(range(pages.length + 1, document.numPages), 'was left out: the file is too long', 'were left out: the file is too long'),
    ];
    return {
      textFragments: false,
      ...(await readPdfFacts(document)),
      ...(unread.length === 0 ? {} : { unread: unread.join('; ') }),
      blocks: pdfBlocks(pages, body, await readOutline(document)),
    };
  } finally {
    await end();
  }
}

/** pdfjs asks for what browsers have while it loads; drawing alone would use it. */
async function loadPdfjs(): Promise<Pdfjs> {
  const global = globalThis as Record<string, unknown>;
  global.DOMMatrix ??= class {};
  global.Path2D ??= class {};
  const pdfjs = (await import('pdfjs-dist/legacy/build/pdf.mjs')) as unknown as Pdfjs;
  // In this thread: the child may start no other.
  global.pdfjsWorker ??= await import('pdfjs-dist/legacy/build/pdf.worker.mjs' as string);
  return pdfjs;
}

async function openPdf(pdfjs: Pdfjs, bytes: Uint8Array, options: Options): Promise<{ document: Document; end(): Promise<void> }> {
  const folder = path.dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  const task = pdfjs.getDocument({
    // It keeps and empties what it is given.
    data: Uint8Array.from(bytes),
    verbosity: 0,
    cMapUrl: `${folder}/cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${folder}/standard_fonts/`,
    useWorkerFetch: false,
    useWasm: false,
    disableFontFace: true,
    useSystemFonts: false,
    enableXfa: false,
    ...options,
  });
  const end = (): Promise<void> => task.destroy().catch(() => {});
  try {
    return { document: await task.promise, end };
  } catch (error) {
    await end();
    if (error instanceof Error && error.name === 'PasswordException') {
      throw new AppError({
        code: 'document.encrypted',
        message: 'encrypted',
        publicMessage: 'it is protected with a password; save it without one',
        cause: error,
      });
    }
    throw damaged(error);
  }
}

async function readPage(document: Document, number: number): Promise<PdfPage | undefined> {
  try {
    const page = await document.getPage(number);
    const content = await page.getTextContent();
    const view = page.getViewport({ scale: 1 });
    const items = content.items.filter((item): item is Extract<typeof item, { str: string }> => 'str' in item);
    const mono = Object.entries(content.styles).flatMap(([name, style]) => (style.fontFamily === 'monospace' ? [name] : []));
    const lines = linesOf(items as PdfItem[], view.transform as number[], number, new Set(mono));
    page.cleanup();
    return { number, height: view.height, lines };
  } catch {
    return undefined;
  }
}

/** Of pages without text, those that show a picture or text drawn as shapes; pictures are never unpacked for it. */
async function scannedPages(pdfjs: Pdfjs, bytes: Uint8Array, numbers: number[], until: number): Promise<number[]> {
  if (numbers.length === 0) return [];
  const { document, end } = await openPdf(pdfjs, bytes, { maxImageSize: 1 });
  const found: number[] = [];
  try {
    for (const number of numbers) {
      // Out of time: what has no text in a long file is a scan.
      if (performance.now() > until) found.push(number);
      else if (await showsPicture(pdfjs, document, number)) found.push(number);
    }
  } finally {
    await end();
  }
  return found;
}

/** A picture that was left out leaves its matrix behind, which stretches a unit's square to the picture's size. */
async function showsPicture(pdfjs: Pdfjs, document: Document, number: number): Promise<boolean> {
  try {
    const page = await document.getPage(number);
    const { fnArray, argsArray } = await page.getOperatorList();
    page.cleanup();
    const stretches = fnArray.some((operator, i) => {
      const [a = 0, b = 0, c = 0, d = 0] = operator === pdfjs.OPS.transform ? (argsArray[i] as number[]) : [];
      return Math.abs(a * d - b * c) >= smallestPicture;
    });
    return stretches || fnArray.filter((operator) => operator === pdfjs.OPS.constructPath).length >= manyShapes;
  } catch {
    return true;
  }
}

async function readPdfFacts(document: Document): Promise<Pick<ExtractedDocument, 'title' | 'owner' | 'changedAt'>> {
  try {
    const info = (await document.getMetadata()).info as Record<string, unknown>;
    const title = titleFact(info.Title);
    const owner = ownerFact(info.Author);
    const changedAt = timeFact(info.ModDate) ?? timeFact(info.CreationDate);
    return {
      ...(title === undefined ? {} : { title }),
      ...(owner === undefined ? {} : { owner }),
      ...(changedAt === undefined ? {} : { changedAt }),
    };
  } catch {
    return {};
  }
}

interface Bookmark {
  title: string;
  items: Bookmark[];
}

async function readOutline(document: Document): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const add = (bookmarks: Bookmark[], depth: number): void => {
    for (const { title, items } of bookmarks) {
      const name = squeezed(title);
      if (name.length > 2 && found.size < 5000 && !found.has(name)) found.set(name, depth);
      if (depth < 6) add(items, depth + 1);
    }
  };
  try {
    add(((await document.getOutline()) ?? []) as Bookmark[], 1);
  } catch {
    // Bookmarks that lead nowhere: sizes tell headings, too.
  }
  return found;
}

function named(numbers: number[], one: string, many: string): string[] {
  if (numbers.length === 0) return [];
  return [numbers.length === 1 ? `page ${numbers[0]} ${one}` : `pages ${numberRanges(numbers)} ${many}`];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

function damaged(cause?: unknown): AppError {
  return new AppError({ code: 'document.broken', message: 'broken PDF', publicMessage: 'it is no PDF file, or it is damaged', cause });
}

function tooSlow(): AppError {
  return new AppError({ code: 'document.too_slow', message: 'no page in time', publicMessage: 'its pages take too long to read' });
}

function allScanned(pages: number): AppError {
  const what = pages === 1 ? 'its page is a scanned image' : `its ${pages} pages are scanned images`;
  return new AppError({
    code: 'document.scanned',
    message: 'scanned PDF',
    publicMessage: `${what} without text; save it with text recognition (OCR)`,
  });
}
