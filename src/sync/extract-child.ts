/** The process that parses: started by extract.ts with limits on memory, answers one file after another. */
import { AppError, reasonOf } from '../errors.ts';
import type { ExtractedDocument } from '../types.ts';
import { extractDocument, type ExtractInput } from './extract-document.ts';

export interface ExtractRequest extends ExtractInput {
  id: number;
}

export type ExtractReply =
  | { ready: true }
  /** A long file goes on: a page or a piece of it is done. */
  | { id: number; alive: true }
  | { id: number; document: ExtractedDocument }
  | { id: number; code: string; message: string; publicMessage: string };

export type ExtractOutcome = Exclude<ExtractReply, { ready: true } | { alive: true }>;

/** Between two signs of life, in ms. */
const aliveEvery = 500;

const waiting: ExtractRequest[] = [];
let busy = false;

process.on('message', (request: ExtractRequest) => {
  waiting.push(request);
  if (!busy) next();
});

/** The next file begins when the last answer has left: so the file that the parent waits for is the one being parsed. */
function next(): void {
  const request = waiting.shift();
  busy = request !== undefined;
  if (request) void replyTo(request).then((reply) => process.send?.(reply, undefined, undefined, () => setImmediate(next)));
}

// What a parser left behind when it failed has been told with its file.
process.on('unhandledRejection', () => {});

process.on('disconnect', () => process.exit(0));
// Loading is no file's time.
process.send?.({ ready: true } satisfies ExtractReply);

function signsOfLife(id: number): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < aliveEvery) return undefined;
    last = performance.now();
    return new Promise((resolve) => process.send?.({ id, alive: true } satisfies ExtractReply, undefined, undefined, () => resolve()));
  };
}

async function replyTo(request: ExtractRequest): Promise<ExtractOutcome> {
  try {
    return { id: request.id, document: await extractDocument(request, signsOfLife(request.id)) };
  } catch (error) {
    if (error instanceof AppError) {
      return { id: request.id, code: error.code, message: error.message, publicMessage: error.publicMessage ?? error.message };
    }
    // The stack's end: nesting that no rule above foresaw.
    if (error instanceof RangeError) {
      return { id: request.id, code: 'document.nested', message: error.message, publicMessage: 'it is nested too deeply to be parsed' };
    }
    return { id: request.id, code: 'document.unparsable', message: reasonOf(error), publicMessage: 'it could not be parsed' };
  }
}
