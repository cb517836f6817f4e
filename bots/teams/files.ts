/** Files of a question in Teams: from SharePoint and OneDrive, where Teams keeps what is sent in a chat. */
import type { ChatApp } from '../../src/chat/chat-app.ts';
import type { Origin } from '../../src/chat/messenger.ts';
import type { Log } from '../../src/types.ts';
import type { QuestionFiles } from '../conversation.ts';
import { createFileReader } from '../question-files.ts';
import { readFileIn } from './parse.ts';
import { isLoopback } from './service-hosts.ts';

/** Microsoft 365's file hosts of each of its clouds. */
const HOSTS = /^[a-z0-9-]+\.sharepoint(-mil|-df)?\.(com|us|de|cn)$/i;

export interface TeamsFilesDeps {
  files: ChatApp['files'];
  /** `host` or `host:port`; files are fetched from those that are this machine: what plays Teams there hands out its own. */
  hosts: readonly string[];
  log: Log;
  fetchMs?: number;
}

/** Reads the files of a question at the same time; throws only when `signal` is aborted. */
export function createTeamsFiles(deps: TeamsFilesDeps): (origin: Origin, signal: AbortSignal) => Promise<QuestionFiles> {
  const { files, log, fetchMs } = deps;
  return createFileReader({
    async describe(kept) {
      const file = readFileIn(kept);
      if (!file) return { name: '', type: '' };
      const { name, type = '', url } = file;
      // Teams tells the ending, where a name has none.
      const isEnding = type !== '' && !type.includes('/');
      return {
        name: isEnding && !name.toLowerCase().endsWith(`.${type.toLowerCase()}`) ? `${name}.${type}` : name,
        type: isEnding ? '' : type,
        ...(url ? { address: url } : {}),
      };
    },
    mayFetch: (address) => isTeamsFile(address, deps.hosts),
    files,
    log,
    ...(fetchMs === undefined ? {} : { fetchMs }),
  });
}

/**
 * The address comes with a message: it is called where it is Microsoft's own, by https.
 * @param hosts a service's host hands out no files, so these count on this machine alone
 */
export function isTeamsFile(address: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') return false;
  if (isLoopback(url.hostname) && hosts.includes(url.host)) return /^https?:$/.test(url.protocol);
  return url.protocol === 'https:' && url.port === '' && HOSTS.test(url.hostname);
}
