/** One file's bytes to a document; runs in the extraction child, where it may run long or out of memory. */
import type { DocumentFormat } from '../connectors/connector.ts';
import { AppError } from '../errors.ts';
import { plainText } from '../passage-text.ts';
import type { ExtractedDocument } from '../types.ts';
import { decodeText } from './extract/decode.ts';
import { extractHtml } from './extract/html.ts';
import { gitlabAnchor } from './extract/gitlab-anchor.ts';
import { extractMarkdown } from './extract/markdown.ts';
import { extractPlain, extractRow } from './extract/plain.ts';

export interface ExtractInput {
  bytes: Uint8Array;
  format: DocumentFormat;
  /** The page's address or the file's path: canonical links are checked against it. */
  name: string;
  /** How long parsing may take in all, in ms: a long PDF is read as far as it suffices. Default: without end. */
  wholeMs?: number;
}

/** Of the time, the share in which pages are begun: the last one, and the blocks, take theirs. */
const readingShare = 0.6;

/** Quotes and lists one in another that a person could still read; mdast overflows its stack at some thousands. */
const maxNesting = 100;

/**
 * Throws AppError `document.*` whose public message completes "could not be read: …".
 * @param alive is called, and waited for, whenever a page or a piece of a long file is done
 */
export async function extractDocument(input: ExtractInput, alive?: () => unknown): Promise<ExtractedDocument> {
  // Each parser is loaded with the first file that needs it.
  switch (input.format) {
    case 'pdf':
      return (await import('./extract/pdf.ts')).extractPdf(input.bytes, alive, (input.wholeMs ?? Number.POSITIVE_INFINITY) * readingShare);
    case 'docx':
      return (await import('./extract/docx.ts')).extractDocx(input.bytes, alive);
    case 'pptx':
      return (await import('./extract/pptx.ts')).extractPptx(input.bytes, alive);
    case 'xlsx':
      return (await import('./extract/xlsx.ts')).extractXlsx(input.bytes, alive);
    case 'csv':
      return (await import('./extract/csv.ts')).extractCsv(input.bytes);
    default:
      return extractText(input);
  }
}

/** Markdown, HTML, plain text and rows of JSONL. Throws as `extractDocument` does. */
export function extractText(input: ExtractInput): ExtractedDocument {
  const text = decodeText(input.bytes, input.format === 'html');
  const document = parse(text, input);
  // An empty file is an empty document; a web page without text is one that could not be read.
  if (input.format === 'html' && !document.blocks.some((block) => block.kind === 'code' || plainText(block.text).text.trim() !== '')) {
    throw new AppError({
      code: 'document.empty',
      message: 'empty document',
      publicMessage: 'it has no text in its main part (scripts may build it, or it may need a login)',
    });
  }
  return document;
}

function parse(text: string, input: ExtractInput): ExtractedDocument {
  switch (input.format) {
    case 'html':
      return extractHtml(text, input.name);
    case 'text':
      return extractPlain(text);
    case 'jsonl-row':
      refuseNesting(text.replaceAll(String.raw`\n`, '\n'));
      return extractRow(text);
    case 'markdown':
    case 'gitlab-markdown':
      refuseNesting(text);
      return extractMarkdown(text, input.format === 'gitlab-markdown' ? gitlabAnchor : undefined);
    default:
      throw new AppError({
        code: 'document.unsupported',
        message: input.format,
        publicMessage: `it is a ${input.format} file, which Docent does not read`,
      });
  }
}

/** Looks at how each line begins: `> > - > …`. */
function refuseNesting(text: string): void {
  for (let at = 0; at >= 0 && at < text.length;) {
    let depth = 0;
    let i = at;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 62 || code === 42 || code === 43 || code === 45 || code === 46 || code === 41) depth++;
      else if (code !== 32 && code !== 9 && !(code >= 48 && code <= 57)) break;
    }
    // A rule or a table's line is no nesting.
    if (
      depth > maxNesting &&
      (text.slice(at, i).split('>').length > maxNesting || /(?:[-*+][ \t]){100}|(?:\d[.)][ \t]){100}/.test(text.slice(at, i)))
    ) {
      throw new AppError({
        code: 'document.nested',
        message: `nested deeper than ${maxNesting}`,
        publicMessage: `it is nested deeper than ${maxNesting} levels`,
      });
    }
    at = text.indexOf('\n', i);
    if (at >= 0) at++;
  }
}
