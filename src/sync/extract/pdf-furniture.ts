/** What every page repeats: headers, footers, page numbers. Pure. Part of the PDF extractor. */
import type { PdfLine } from './pdf-lines.ts';

export interface PdfPage {
  number: number;
  height: number;
  lines: PdfLine[];
}

/** Shares of the page's height in which headers and footers stand, and how many of a page's outer lines are looked at. */
const zone = 0.14;
const outerLines = 3;
const pageNumber =
  /^[\s–—-]*(?:page|seite|p\.|第)?\s*(\d{1,4}|[ivxlc]{1,7})\s*页?\s*(?:(?:of|von|de|sur|\/|共|\|)\s*\d{1,4}\s*页?)?[\s–—-]*$/i;

/** In units of most letters' height: larger ones head a chapter, and count as repeated only where most pages have the same. */
const headingSize = 1.15;

/**
 * Takes out lines that stand at the same height on three pages or more with the same words, their digits aside (on both pages
 * of two), and page numbers at a page's edge.
 */
export function dropFurniture(pages: PdfPage[], body: number): void {
  const seen = new Map<string, Set<number>>();
  const edges = pages.map((page) => edgeLines(page));
  for (const [i, lines] of edges.entries())
    for (const line of lines) for (const key of keysOf(line, body)) seen.set(key, (seen.get(key) ?? new Set()).add(i));
  for (const [i, page] of pages.entries()) {
    const dropped = new Set<PdfLine>();
    for (const line of edges[i]!) {
      const times = Math.max(...keysOf(line, body).map((key) => seen.get(key)!.size));
      const large = line.size >= body * headingSize;
      const match = pageNumber.exec(textOf(line));
      const isNumber = match !== null && (Number.isNaN(Number(match[1])) || Math.abs(Number(match[1]) - page.number) <= 30);
      const repeats = large ? times >= 3 && times > pages.length / 2 : times >= 3 || (times === 2 && pages.length === 2);
      if (repeats || (isNumber && isOutermost(page, line))) dropped.add(line);
    }
    // A page of nothing but what repeats (a form, a slide) is its text.
    if (dropped.size > 0 && (dropped.size < page.lines.length || pages.length > 2))
      page.lines = page.lines.filter((line) => !dropped.has(line));
  }
}

/** The height of most letters, in half points. */
export function bodySize(pages: PdfPage[]): number {
  const letters = new Map<number, number>();
  for (const { lines } of pages)
    for (const line of lines) letters.set(roundSize(line.size), (letters.get(roundSize(line.size)) ?? 0) + textOf(line).length);
  return [...letters].reduce((most, entry) => (entry[1] > most[1] ? entry : most), [10, 0] as [number, number])[0];
}

export function roundSize(size: number): number {
  return Math.round(size * 2) / 2;
}

function edgeLines(page: PdfPage): PdfLine[] {
  const sorted = page.lines.toSorted((a, b) => a.y - b.y);
  const heights = [...new Set(sorted.map((line) => Math.round(line.y)))];
  const top = heights.slice(0, outerLines);
  const bottom = heights.slice(-outerLines);
  return sorted.filter((line) => {
    const y = Math.round(line.y);
    return (y < page.height * zone && top.includes(y)) || (y > page.height * (1 - zone) && y < page.height + 50 && bottom.includes(y));
  });
}

/** Two keys, so that heights on both sides of a rounding edge meet. */
function keysOf(line: PdfLine, body: number): string[] {
  const words = textOf(line).toLowerCase();
  const text = line.size >= body * headingSize ? words : words.replaceAll(/\d+/g, '#');
  return [`${Math.round(line.y / 4)}|${text}`, `${Math.round(line.y / 4 + 0.5)}+|${text}`];
}

function isOutermost(page: PdfPage, line: PdfLine): boolean {
  return page.lines.every((other) => other.y >= line.y - 2) || page.lines.every((other) => other.y <= line.y + 2);
}

export function textOf(line: PdfLine): string {
  return line.cells.map((cell) => cell.text).join(' ');
}
