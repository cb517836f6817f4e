/** Files of a question in Slack: asked of Slack, and fetched from its own hosts alone. */
import type { WebClient } from '@slack/web-api';
import type { ChatApp } from '../../src/chat/chat-app.ts';
import type { Origin } from '../../src/chat/messenger.ts';
import type { Clock, Log } from '../../src/types.ts';
import type { QuestionFiles } from '../conversation.ts';
import { createFileReader } from '../question-files.ts';
import { callSlack } from './client.ts';

const PATIENCE_MS = 2_000;

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

/** Reads the files of a question at the same time; throws only when `signal` is aborted. */
export function createSlackFiles(deps: SlackFilesDeps): (origin: Origin, signal: AbortSignal) => Promise<QuestionFiles> {
  const { client, clock, files, log, fetchMs } = deps;
  return createFileReader({
    async describe(id, signal) {
      const { file } = await callSlack('files.info', () => client.files.info({ file: id }), { clock, patienceMs: PATIENCE_MS, signal });
      const name = file?.name ?? file?.title ?? '';
      if (!file || ['tombstone', 'hidden_by_limit'].includes(file.mode ?? '')) return { name, type: '' };
      return {
        name,
        type: file.mimetype ?? '',
        size: file.size ?? 0,
        address: file.url_private ?? '',
        ...(file.is_external || file.mode === 'external' ? { elsewhere: true } : {}),
      };
    },
    mayFetch: (address) => isSlacksFile(address, deps.apiUrl),
    headers: { authorization: `Bearer ${deps.botToken}` },
    files,
    log,
    ...(fetchMs === undefined ? {} : { fetchMs }),
  });
}

/** `url_private` of a file is an address from outside: the bot's token goes to Slack's own hosts alone. */
export function isSlacksFile(address: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') return false;
  if (apiUrl !== undefined && url.origin === new URL(apiUrl).origin) return true;
  return url.protocol === 'https:' && url.port === '' && (url.hostname === 'files.slack.com' || url.hostname === 'files.slack-gov.com');
}
