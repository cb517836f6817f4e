/** Citations of one answer: numbers, verbatim quotes, links that open at the place. Links come from documents' metadata alone. */
import type { LedgerCitation } from '../catalog/answers.ts';
import type { ClosestPassage, Passage } from '../types.ts';
import { plainText } from '../passage-text.ts';

/** A link with a longer quote in it would be cut by mail and chat programs. */
const FRAGMENT_WORDS = 5;

export interface Citations {
  /** The number of a quote, given as a place in the passage's plain text; the same quote has one number. */
  cite(passage: Passage, start: number, end: number): number;
  list(): LedgerCitation[];
}

/** @param pageUrl makes the address of Docent's own view, e.g. `http://127.0.0.1:3000/documents/ID` */
export function createCitations(answerId: string, pageUrl: (documentId: string) => string): Citations {
  const list: LedgerCitation[] = [];
  return {
    cite(passage, start, end) {
      const { quote, read } = verbatim(passage, start, end);
      const known = list.find((c) => c.passageId === passage.id && c.quote.includes(quote));
      if (known) return known.n;
      const n = list.length + 1;
      list.push({
        n,
        documentId: passage.documentId,
        title: passage.title,
        url: linkTo(passage, read),
        documentUrl: `${pageUrl(passage.documentId)}?citation=${answerId}.${n}`,
        anchor: passage.anchor,
        quote,
        source: passage.sourceName,
        updatedAt: passage.updatedAt === null ? null : new Date(passage.updatedAt).toISOString(),
        documentVersion: passage.documentVersion,
        passageId: passage.id,
        textHash: passage.textHash,
        readerSet: passage.readerSet,
      });
      return n;
    },
    list: () => list,
  };
}

/** A passage named as close, with the quote that comes closest. */
export function closestPassage(passage: Passage, start: number, end: number, pageUrl: (documentId: string) => string): ClosestPassage {
  const { quote, read } = verbatim(passage, start, end);
  return { title: passage.title, url: linkTo(passage, read), documentUrl: `${pageUrl(passage.documentId)}?passage=${passage.id}`, quote };
}

/** The slice of the passage's source that stands behind a place in its plain text. */
function verbatim(passage: Passage, start: number, end: number): { quote: string; read: string } {
  const { text, map } = plainText(passage.text);
  if (start >= end) return { quote: '', read: '' };
  return { quote: passage.text.slice(map[start], map[end - 1]! + 1), read: text.slice(start, end) };
}

/** The document's address, opening at the heading, and on web pages at the quote (https://wicg.github.io/scroll-to-text-fragment/). */
function linkTo(passage: Passage, quote: string): string | null {
  if (passage.url === null || !/^https?:\/\//i.test(passage.url)) return null;
  const [page] = passage.url.split('#', 1);
  // `#page=3` is what readers of PDF take (RFC 8118, 3).
  const anchor = passage.anchor === null ? '' : encodeURIComponent(passage.anchor).replace('%3D', '=');
  const fragment = passage.textFragments && quote ? `:~:text=${textFragment(quote)}` : '';
  return anchor || fragment ? `${page}#${anchor}${fragment}` : passage.url;
}

function textFragment(quote: string): string {
  const encode = (text: string): string => encodeURIComponent(text).replaceAll('-', '%2D');
  const line = quote.split('\n', 1)[0]!.trim();
  const words = line.split(/\s+/);
  if (words.length > 2 * FRAGMENT_WORDS)
    return `${encode(words.slice(0, FRAGMENT_WORDS).join(' '))},${encode(words.slice(-FRAGMENT_WORDS).join(' '))}`;
  // Text without spaces: the first and last few characters.
  if (words.length === 1 && line.length > 40) return `${encode(line.slice(0, 12))},${encode(line.slice(-12))}`;
  return encode(line);
}
