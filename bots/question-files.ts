/** Files that came with a question: fetched from the platform alone, read by the application, or named with the reason. */
import PQueue from 'p-queue';
import type { ChatApp } from '../src/chat/chat-app.ts';
import type { Origin } from '../src/chat/messenger.ts';
import { AppError } from '../src/errors.ts';
import { sayInChat } from '../src/strings/chat.ts';
import type { Log } from '../src/types.ts';
import type { QuestionFiles } from './conversation.ts';

const MOST_FILES = 5;
const MOST_MEGABYTES = 10;
/** For one file, fetched; and for all of them, read: the question is answered without what takes longer. */
const FETCH_MS = 10_000;
const ALL_MS = 20_000;
/** Of all questions: what is fetched stands in memory. */
const AT_ONCE = 8;

/** A file as the platform describes it. */
export interface Described {
  name: string;
  /** A content type, or ''. */
  type: string;
  /** In bytes, where the platform tells. */
  size?: number;
  /** Where it is fetched; absent where the platform does not hand it out. */
  address?: string;
  /** It is only linked there, and kept by somebody else. */
  elsewhere?: true;
}

export interface FileReaderDeps {
  /** What is known of a file, by what the question keeps of it. Throws where it cannot be told. */
  describe(kept: string, signal: AbortSignal): Promise<Described>;
  /** An address from outside: whether it is the platform's own. */
  mayFetch(address: string): boolean;
  headers?: Record<string, string>;
  files: ChatApp['files'];
  log: Log;
  fetchMs?: number;
}

type Reason = 'fileUnreadable' | 'fileTooLarge' | 'fileFormat' | 'fileElsewhere' | 'fileEmpty' | 'filesTooMany';
type Read = { name: string; text: string } | { name: string; reason: Reason };

/** Reads the files of a question at the same time; throws only when `signal` is aborted. */
export function createFileReader(deps: FileReaderDeps): (origin: Origin, signal: AbortSignal) => Promise<QuestionFiles> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  return async ({ files = [] }, signal) => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ALL_MS)]);
    const all = await Promise.all(
      files.map((kept, i) =>
        queue
          .add(() => readOne(kept, i < MOST_FILES, deps, within), { signal: within })
          // Its turn did not come in time.
          .catch((): Read => ({ name: '', reason: 'fileUnreadable' })),
      ),
    );
    signal.throwIfAborted();
    return {
      texts: all.filter((one) => 'text' in one),
      unread: (language) =>
        all
          .filter((one) => 'reason' in one)
          .map(({ name, reason }) => ({
            name: name || sayInChat(language, 'fileUnnamed'),
            reason: sayInChat(language, reason, { megabytes: MOST_MEGABYTES, n: MOST_FILES }),
          })),
    };
  };
}

async function readOne(kept: string, among: boolean, deps: FileReaderDeps, signal: AbortSignal): Promise<Read> {
  const { files, log } = deps;
  let name = '';
  try {
    const file = await deps.describe(kept, signal);
    name = file.name;
    const not = (reason: Reason): Read => ({ name, reason });
    if (!among) return not('filesTooMany');
    if (file.elsewhere) return not('fileElsewhere');
    if (file.address === undefined) return not('fileUnreadable');
    const { type, size } = file;
    if (!files.reads({ name, type })) return not('fileFormat');
    if ((size ?? 0) > MOST_MEGABYTES * 1_000_000) return not('fileTooLarge');
    const fetched = await fetchFile(file.address, size, deps, signal);
    if (fetched === 'too large') return not('fileTooLarge');
    const text = fetched && (await files.read({ name, type, bytes: fetched }, signal));
    if (text === undefined) return not('fileUnreadable');
    return text === '' ? not('fileEmpty') : { name, text };
  } catch (error) {
    // A parser's message may quote the file.
    log.info({ code: error instanceof AppError ? error.code : (error as Error).name }, 'a file could not be read');
    return { name, reason: among ? 'fileUnreadable' : 'filesTooMany' };
  }
}

/** Undefined where the platform does not hand it out. */
async function fetchFile(
  address: string,
  size: number | undefined,
  deps: FileReaderDeps,
  signal: AbortSignal,
): Promise<Uint8Array | 'too large' | undefined> {
  if (!deps.mayFetch(address)) return undefined;
  const response = await fetch(address, {
    ...(deps.headers ? { headers: deps.headers } : {}),
    // A token goes nowhere else.
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(deps.fetchMs ?? FETCH_MS)]),
  });
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    return undefined;
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body) {
    length += piece.length;
    // Leaving ends the download.
    if (length > MOST_MEGABYTES * 1_000_000) return 'too large';
    pieces.push(piece);
  }
  // Whom it does not let in, a platform shows its sign-in page, with status 200.
  const page = response.headers.get('content-type')?.startsWith('text/html') === true;
  return page && size !== undefined && length !== size ? undefined : Buffer.concat(pieces);
}
