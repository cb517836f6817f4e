/** A quote as a person reads it: the passages of documents are Markdown. Pure; what comes out is data as before. */
import { plainText } from '../src/passage-text.ts';
import { cut, oneLine } from './safe-text.ts';

/** Without the marks of Markdown; the lines stay. */
export const quoteWords = (quote: string): string => plainText(quote).text.trim() || quote.trim();

/** The same on one line, of a length that reads. */
export const quoteLine = (quote: string, longest: number): string => cut(oneLine(quoteWords(quote)), longest);

/** The headings above it, but for the page's own title, which stands there already. */
export function headingsBelow(quote: { title: string; headingPath: string[] }): string[] {
  const headings = quote.headingPath.map((one) => oneLine(plainText(one).text)).filter((one) => one !== '');
  return headings[0] === oneLine(quote.title) ? headings.slice(1) : headings;
}
