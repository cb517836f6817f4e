/** Files that came with a question: asked of Slack, fetched from Slack alone, read by the application, or named with the reason. */
import type { WebClient } from '@slack/web-api';
import PQueue from 'p-queue';
import type { ChatApp } from '../../src/chat/chat-app.ts';
import type { Origin } from '../../src/chat/messenger.ts';
import { AppError } from '../../src/errors.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Clock, Log } from '../../src/types.ts';
import type { QuestionFiles } from '../conversation.ts';
import { callSlack } from './client.ts';

const MOST_FILES = 5;
const MOST_MEGABYTES = 10;
/** For one file, asked for and fetched; and for all of them, read: the question is answered without what takes longer. */
const FETCH_MS = 10_000;
const ALL_MS = 20_000;
const PATIENCE_MS = 2_000;
/** Of all questions: what is fetched stands in memory. */
const AT_ONCE = 8;

export interface SlackFilesDeps {
  /** For reading: its rate limit holds up nothing else. */
  client: WebClient;
  botToken: string;
  /** Where Slack answers, when it is not Slack's own address. */
  apiUrl?: string;
  files: ChatApp['files'];
  clock: Clock;
  log: Log;
  fetchMs?: number;
}

type Reason = 'fileUnreadable' | 'fileTooLarge' | 'fileFormat' | 'fileElsewhere' | 'fileEmpty' | 'filesTooMany';
type Read = { name: string; text: string } | { name: string; reason: Reason };

/** Reads the files of a question at the same time; throws only when `signal` is aborted. */
export function createSlackFiles(deps: SlackFilesDeps): (origin: Origin, signal: AbortSignal) => Promise<QuestionFiles> {
  const queue = new PQueue({ concurrency: AT_ONCE });
  return async ({ files = [] }, signal) => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ALL_MS)]);
    const all = await Promise.all(
      files.map((id, i) =>
        queue
          .add(() => readOne(id, i < MOST_FILES, deps, within), { signal: within })
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

async function readOne(id: string, among: boolean, deps: SlackFilesDeps, signal: AbortSignal): Promise<Read> {
  const { client, files, clock, log } = deps;
  let name = '';
  try {
    const { file } = await callSlack('files.info', () => client.files.info({ file: id }), { clock, patienceMs: PATIENCE_MS, signal });
    name = file?.name ?? file?.title ?? '';
    const not = (reason: Reason): Read => ({ name, reason });
    if (!among) return not('filesTooMany');
    if (!file || ['tombstone', 'hidden_by_limit'].includes(file.mode ?? '')) return not('fileUnreadable');
    if (file.is_external || file.mode === 'external') return not('fileElsewhere');
    const type = file.mimetype ?? '';
    if (!files.reads({ name, type })) return not('fileFormat');
    if ((file.size ?? 0) > MOST_MEGABYTES * 1_000_000) return not('fileTooLarge');
    const fetched = await fetchFile(file.url_private ?? '', file.size, deps, signal);
    if (fetched === 'too large') return not('fileTooLarge');
    const text = fetched && (await files.read({ name, type, bytes: fetched }, signal));
    if (text === undefined) return not('fileUnreadable');
    return text === '' ? not('fileEmpty') : { name, text };
  } catch (error) {
    // A parser's message may quote the file.
    log.info({ fileId: id, code: error instanceof AppError ? error.code : (error as Error).name }, 'a file could not be read');
    return { name, reason: among ? 'fileUnreadable' : 'filesTooMany' };
  }
}

/** Undefined where Slack does not hand it out. */
async function fetchFile(
  address: string,
  size: number | undefined,
  deps: SlackFilesDeps,
  signal: AbortSignal,
): Promise<Uint8Array | 'too large' | undefined> {
  if (!isSlacksFile(address, deps.apiUrl)) return undefined;
  const response = await fetch(address, {
    headers: { authorization: `Bearer ${deps.botToken}` },
    // The token goes nowhere else.
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
  // Whom it does not let in, Slack shows its sign-in page, with status 200.
  const page = response.headers.get('content-type')?.startsWith('text/html') === true;
  return page && length !== size ? undefined : Buffer.concat(pieces);
}

/** `url_private` of a file is an address from outside: the bot's token goes to Slack's own hosts alone. */
export function isSlacksFile(address: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') return false;
  if (apiUrl !== undefined && url.origin === new URL(apiUrl).origin) return true;
  return url.protocol === 'https:' && url.port === '' && (url.hostname === 'files.slack.com' || url.hostname === 'files.slack-gov.com');
}
