/** "is searching the documents…" in a thread, and the native Stop button beside it: calls that nobody waits for. */
import type { WebClient } from '@slack/web-api';
import { within } from '../../src/clock.ts';
import type { Place } from '../../src/chat/messenger.ts';
import { AppError, reasonOf } from '../../src/errors.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import type { Clock, Language, Log } from '../../src/types.ts';
import { slackFailure } from './errors.ts';

const STATUS_MS = 1_500;
/** A limit that Slack does not time is kept to for so long. */
const LIMITED_MS = 15_000;

export interface Statuses {
  /** Never throws. False: it is not seen. */
  set(place: Place, working: boolean, language: Language): Promise<boolean>;
  /** A message was posted there, which clears the status. */
  posted(place: Place): void;
}

export function createStatuses(deps: { client: WebClient; clock: Clock; log: Log }): Statuses {
  const { client, clock, log } = deps;
  /** When Slack wants calls of a kind again. */
  const notBefore = new Map<string, number>();
  /** Threads that are worked on, by how many questions; and those that a message was posted into since. */
  const working = new Map<string, number>();
  const cleared = new Set<string>();
  const keyOf = ({ channel, thread }: Place): string => `${channel}/${thread}`;

  async function unlessLimited<T>(method: string, call: () => Promise<T>): Promise<T> {
    if ((notBefore.get(method) ?? 0) > clock.now())
      throw new AppError({ code: 'chat.limited', message: `${method} is rate limited`, retryable: true });
    try {
      return await call();
    } catch (thrown) {
      const error = slackFailure(thrown, method);
      if (error.code === 'chat.limited') notBefore.set(method, clock.now() + (error.retryAfterMs ?? LIMITED_MS));
      throw error;
    }
  }

  /** The Stop button stands for as long as the session is processing. Apps without the agent view have none. */
  function session(place: Place, status: 'processing' | 'active'): void {
    const where = { channel_id: place.channel, thread_ts: place.thread!, status };
    const whose = status === 'processing' ? { initiator_user_id: place.person } : {};
    void unlessLimited('agents.sessions.setStatus', () => client.agents.sessions.setStatus({ ...where, ...whose })).catch(() => {});
  }

  return {
    async set(place, on, language) {
      if (!place.thread) return false;
      const key = keyOf(place);
      const others = (working.get(key) ?? 0) - (on ? 0 : 1);
      if (on) {
        working.set(key, others + 1);
        if (others === 0) session(place, 'processing');
      } else if (others <= 0) {
        working.delete(key);
        session(place, 'active');
      } else working.set(key, others);
      if (!on && (cleared.delete(key) || others > 0)) return true;
      // Slack shows one after the other by itself.
      const [status, ...more] = on ? (['searching', 'reading', 'writing'] as const).map((one) => sayInChat(language, one)) : [''];
      try {
        await unlessLimited('assistant.threads.setStatus', () =>
          within(
            STATUS_MS,
            client.assistant.threads.setStatus({
              channel_id: place.channel,
              thread_ts: place.thread!,
              status: status!,
              ...(on ? { loading_messages: [status!, ...more] } : {}),
            }),
          ),
        );
        return true;
      } catch (error) {
        log.debug({ reason: reasonOf(error) }, 'the status could not be set');
        return false;
      }
    },
    posted(place) {
      if (working.has(keyOf(place))) cleared.add(keyOf(place));
    },
  };
}
