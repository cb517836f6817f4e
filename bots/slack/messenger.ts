/** Slack as a `Messenger`: posts, edits, streams, status, and who people are. */
import type { WebClient } from '@slack/web-api';
import type { Drawn, GrowingView, Messenger, Place, PlatformPerson, Stream, View } from '../../src/chat/messenger.ts';
import { AppError } from '../../src/errors.ts';
import type { Clock, Log } from '../../src/types.ts';
import { callSlack } from './client.ts';
import type { SlackFailure } from './errors.ts';
import { createStatuses } from './status.ts';
import type { SlackMessage } from './blocks.ts';

/** `chat.startStream` is limited to about 20 a minute for a workspace. */
const STREAMS_A_MINUTE = 18;
const MINUTE_MS = 60_000;
/** `chat.update` is of tier 3: some 50 a minute. The rest is for what must be edited: answers made whole, and corrected. */
const EDITS_A_MINUTE = 25;
const EDIT_EVERY_MS = 1_500;
/** How long a call that nobody sees the want of may wait for a rate limit. */
const PATIENCE_MS = 2_000;
/** Slack takes 12,000 characters in a stream. */
const STREAM_CHARACTERS = 9_000;
const OUTSIDERS_MS = MINUTE_MS;
/** Under which Slack keeps what `find` looks for. */
const EVENT = 'docent_message';

export interface SlackMessengerDeps {
  /** For what is posted and edited. */
  client: WebClient;
  /** For streams: their limit holds up nothing else. */
  streaming: WebClient;
  /** For status, people and channels. */
  reading: WebClient;
  team: string;
  /** The bot's ids, by which its own messages are known. */
  botUser: string;
  /** Where Slack answers, for `response_url`. */
  apiUrl?: string;
  clock: Clock;
  log: Log;
  draw(view: View, how: Drawn): SlackMessage[];
  /** What is new of a growing answer, as Markdown to append. */
  chunk(before: GrowingView | undefined, now: GrowingView): string;
}

export function createSlackMessenger(deps: SlackMessengerDeps): Messenger {
  const { client, streaming, reading, clock, log } = deps;
  const quiet = { unfurl_links: false, unfurl_media: false } as const;
  const begun: number[] = [];
  const updated: number[] = [];
  let noStreamsBefore = 0;
  let noEditsBefore = 0;
  const statuses = createStatuses({ client: reading, clock, log });
  const lastMinute = (times: number[]): number => {
    while (times.length > 0 && times[0]! <= clock.now() - MINUTE_MS) times.shift();
    return times.length;
  };
  const outsidersOf = new Map<string, { at: number; outsiders: boolean }>();
  const call = <T>(method: string, run: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> =>
    callSlack(method, run, { clock, patienceMs });
  const inThread = (place: Place): { thread_ts?: string } => (place.thread ? { thread_ts: place.thread } : {});

  const messenger: Messenger = {
    platform: 'slack',
    caps: {
      editEveryMs: EDIT_EVERY_MS,
      streamEveryMs: 0,
      settleMs: 0,
      beginsEmpty: false,
      finds: true,
      stream: (place) => place.thread !== undefined && lastMinute(begun) < STREAMS_A_MINUTE && clock.now() >= noStreamsBefore,
      edit: () => lastMinute(updated) < EDITS_A_MINUTE && clock.now() >= noEditsBefore,
    },

    status: (place, working, language) => statuses.set(place, working, language),

    draw: (view, how = 'rich') => deps.draw(view, how),

    async post(place, part, key) {
      const message = part as SlackMessage;
      const channel = place.kind === 'direct' && place.channel.startsWith('U') ? await directChannel(place.channel) : place.channel;
      const sent = await call('chat.postMessage', () =>
        client.chat.postMessage({
          channel,
          ...inThread(place),
          text: message.text,
          ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
          metadata: { event_type: EVENT, event_payload: { key } },
          ...quiet,
        }),
      );
      statuses.posted(place);
      return sent.ts!;
    },
    async edit(place, id, part) {
      const message = part as SlackMessage;
      const { channel } = place;
      const update = (): Promise<unknown> => {
        updated.push(clock.now());
        return call('chat.update', () =>
          client.chat.update({ channel, ts: id, text: message.text.slice(0, 4_000), blocks: message.blocks }),
        );
      };
      try {
        await update();
      } catch (error) {
        if (error instanceof AppError && error.code === 'chat.limited')
          noEditsBefore = clock.now() + ((error as SlackFailure).retryAfterMs ?? MINUTE_MS / 4);
        if (!(error instanceof AppError && error.code === 'chat.stream_over')) throw error;
        // It still streams: a process that was killed began it.
        await call('chat.stopStream', () => streaming.chat.stopStream({ channel, ts: id })).catch(() => {});
        await update();
      }
    },
    async remove(place, id) {
      try {
        await call('chat.delete', () => client.chat.delete({ channel: place.channel, ts: id }));
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'chat.gone')) throw error;
      }
    },

    async stream(place, _key, view) {
      begun.push(clock.now());
      const first = deps.chunk(undefined, view);
      let shown = view;
      let started: { ts?: string };
      try {
        started = await call(
          'chat.startStream',
          () =>
            streaming.chat.startStream({
              channel: place.channel,
              thread_ts: place.thread!,
              ...(place.kind === 'direct' ? {} : { recipient_user_id: place.person, recipient_team_id: deps.team }),
              markdown_text: first,
            }),
          0,
        );
      } catch (error) {
        const limited = error as SlackFailure;
        if (limited.code === 'chat.limited') noStreamsBefore = clock.now() + (limited.retryAfterMs ?? MINUTE_MS / 4);
        throw error;
      }
      statuses.posted(place);
      const where = { channel: place.channel, ts: started.ts! };
      let length = first.length;
      let cut = false;
      const stream: Stream = {
        id: started.ts!,
        async grow(next) {
          const text = deps.chunk(shown, next);
          // The rest comes with the whole answer, in further messages.
          cut ||= length + text.length > STREAM_CHARACTERS;
          if (text === '' || cut) return;
          length += text.length;
          await call('chat.appendStream', () => streaming.chat.appendStream({ ...where, markdown_text: text }));
          // Only what Slack took counts as shown: the same text appended again would stand there twice.
          shown = next;
        },
        async end(part, last, only) {
          const { footer } = part as SlackMessage;
          const text = deps.chunk(shown, last);
          const beneath = only && !cut && length + text.length <= STREAM_CHARACTERS;
          if (beneath) {
            const rest = { ...(text ? { markdown_text: text } : {}), ...(footer.length > 0 ? { blocks: footer } : {}) };
            try {
              return void (await call('chat.stopStream', () => streaming.chat.stopStream({ ...where, ...rest })));
            } catch (error) {
              if (!(error instanceof AppError && error.code === 'chat.refused')) throw error;
              log.warn({ reason: error.message }, 'Slack refused what stands under a stream; the message is edited instead');
            }
          }
          await call('chat.stopStream', () => streaming.chat.stopStream(where));
          await messenger.edit(place, started.ts!, part);
        },
      };
      return stream;
    },

    async find(place, key, after, known) {
      const { channel, thread } = place;
      // Slack's clock may be behind ours.
      const page = { channel, oldest: String(after / 1000 - 60), include_all_metadata: true, limit: 100 };
      const orphans: string[] = [];
      for (let cursor: string | undefined; ;) {
        const next = cursor ? { cursor } : {};
        const { messages = [], response_metadata } = await (thread
          ? call('conversations.replies', () => reading.conversations.replies({ ...page, ts: thread, ...next }))
          : call('conversations.history', () => reading.conversations.history({ ...page, ...next })));
        for (const message of messages) {
          if (message.user !== deps.botUser || message.ts === undefined) continue;
          const kept = message.metadata as { event_type?: string; event_payload?: { key?: unknown } } | undefined;
          if (kept?.event_type === EVENT && kept.event_payload?.key === key) return message.ts;
          // A stream carries no key: what nobody noted is one that a killed process began.
          if (known && kept?.event_type !== EVENT && !known.includes(message.ts)) orphans.push(message.ts);
        }
        cursor = response_metadata?.next_cursor || undefined;
        if (!cursor) return orphans[0];
      }
    },

    permalink: (place, message) =>
      call('chat.getPermalink', () => reading.chat.getPermalink({ channel: place.channel, message_ts: message })).then(
        (told) => told.permalink,
        () => undefined,
      ),

    async whisper(origin, part) {
      const message = part as SlackMessage;
      const { place, respond } = origin;
      const body = { text: message.text, blocks: message.blocks, response_type: 'ephemeral', ...quiet };
      if (respond && respond.until > clock.now() && respondsToSlack(respond.url, deps.apiUrl)) {
        const taken = await fetch(respond.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ...body, replace_original: false }),
          redirect: 'error',
          signal: AbortSignal.timeout(10_000),
        }).then(
          (response) => response.status,
          () => 0,
        );
        if (taken === 200) return undefined;
        if (taken === 0 || taken >= 500)
          throw new AppError({ code: 'chat.unavailable', message: `response_url: ${taken}`, retryable: true });
        if (taken === 429) throw new AppError({ code: 'chat.limited', message: 'response_url is rate limited', retryable: true });
        if (taken === 400) throw new AppError({ code: 'chat.refused', message: 'response_url: 400' });
      }
      await call('chat.postEphemeral', () =>
        client.chat.postEphemeral({
          channel: place.channel,
          user: place.person,
          ...inThread(place),
          text: message.text,
          blocks: message.blocks,
        }),
      );
      return undefined;
    },

    async person(_workspace, id): Promise<PlatformPerson> {
      const { user } = await call('users.info', () => reading.users.info({ user: id, include_locale: true }));
      if (!user) throw new AppError({ code: 'chat.gone', message: 'users.info told nothing' });
      const foreign = user.team_id !== undefined && user.team_id !== deps.team && user.enterprise_user?.teams?.includes(deps.team) !== true;
      const email = user.profile?.email;
      const name = user.profile?.display_name || user.real_name || user.name;
      return {
        ...(email ? { email } : {}),
        ...(name ? { name } : {}),
        member: !(user.is_restricted || user.is_ultra_restricted || user.is_stranger || user.deleted || foreign),
        bot: user.is_bot === true || id === 'USLACKBOT',
        ...(user.locale ? { language: user.locale.slice(0, 2) } : {}),
      };
    },

    async outsiders(place) {
      if (place.kind === 'direct') return false;
      const before = outsidersOf.get(place.channel);
      if (before && before.at > clock.now() - OUTSIDERS_MS) return before.outsiders;
      const { channel } = await call('conversations.info', () => reading.conversations.info({ channel: place.channel }));
      const outsiders = channel === undefined || channel.is_ext_shared === true || channel.is_pending_ext_shared === true;
      outsidersOf.set(place.channel, { at: clock.now(), outsiders });
      return outsiders;
    },
  };
  return messenger;

  async function directChannel(user: string): Promise<string> {
    const opened = await call('conversations.open', () => client.conversations.open({ users: user }));
    return opened.channel!.id!;
  }
}

/** A `response_url` is an address from outside: only Slack's own is called. */
export function respondsToSlack(address: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (apiUrl !== undefined && url.origin === new URL(apiUrl).origin) return true;
  return url.protocol === 'https:' && (url.hostname === 'hooks.slack.com' || url.hostname === 'hooks.slack-gov.com');
}
