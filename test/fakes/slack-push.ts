import { randomUUID } from 'node:crypto';
import type { Deliverer, Delivery, Forgery } from './slack-deliver.ts';
import { channelTypes, composed, eventSender, historyScopes, subscriptions } from './slack-events.ts';
import type { How, Pushed } from './slack-events.ts';
import type { Fields } from './slack-shape.ts';
import { findSession } from './slack-agents.ts';
import { addMessage, changeMessage, deleteMessage, directChannel, messageObject, messagesIn, repliesTo } from './slack-messages.ts';
import { encodedId, nextTs } from './slack-state.ts';
import type { Channel, Message, World } from './slack-state.ts';

export interface Said extends How {
  user: string;
  channel: string;
  text?: string;
  threadTs?: string;
  /** Ids of files added with `slack.file`. */
  files?: string[];
  /** What the person looks at (agent view). */
  appContext?: Fields;
  /** Of the two events of one mention, only this. */
  only?: 'app_mention' | 'message';
}

/** What people do in Slack, and the events that it sends the app for it. */
export function pusher(world: World, deliverer: Deliverer, reachable: () => boolean) {
  const channelOf = (id: string): Channel => {
    const channel = world.channels.get(id);
    if (!channel) throw new Error(`fake Slack: there is no channel ${id}`);
    return channel;
  };

  const { send, pushed } = eventSender(world, deliverer, reachable);

  const stamped = (): Fields => ({ event_ts: nextTs(world) });

  function write(said: Said, text: string): Message {
    const channel = channelOf(said.channel);
    const person = world.people.get(said.user);
    if (!person) throw new Error(`fake Slack: there is no person ${said.user}`);
    if (!channel.members.has(person.id)) throw new Error(`fake Slack: ${person.id} is not in ${channel.id}`);
    if (said.threadTs !== undefined && !messagesIn(world, channel.id).some((one) => one.ts === said.threadTs))
      throw new Error(`fake Slack: there is no message ${said.threadTs} to reply to`);
    const files = (said.files ?? []).map((id) => world.files.get(id)?.object ?? { id, file_access: 'file_not_found' });
    return addMessage(world, {
      channel: channel.id,
      user: person.id,
      text,
      threadTs: said.threadTs,
      files,
      blocks: text === '' ? [] : composed(text),
      clientMsgId: randomUUID(),
      subtype: files.length > 0 ? 'file_share' : undefined,
    });
  }

  /** Whose workspace the writer is of, where it is another (Slack Connect). */
  function fromElsewhere(message: Message): Fields {
    const team = world.people.get(message.user)?.team ?? world.team.id;
    return team === world.team.id ? {} : { user_team: team, source_team: team };
  }

  function messageEvents(message: Message, how: Said, must: boolean): Delivery[] {
    const channel = channelOf(message.channel);
    if (!channel.members.has(world.app.userId)) {
      if (must) throw new Error(`fake Slack: the app is not in ${channel.id}`);
      return [];
    }
    const event = {
      ...messageObject(world, message),
      channel: channel.id,
      channel_type: channelTypes[channel.kind],
      event_ts: message.ts,
      ...(how.appContext ? { app_context: how.appContext } : {}),
      ...fromElsewhere(message),
    };
    return send(subscriptions[channel.kind], event, channel, how, { scope: historyScopes[channel.kind], must });
  }

  async function mention(said: Said): Promise<Pushed> {
    const channel = channelOf(said.channel);
    if (channel.kind === 'im') throw new Error('fake Slack: a mention in a direct message is no app_mention; use push.direct');
    if (!channel.members.has(world.app.userId)) throw new Error(`fake Slack: the app is not in ${channel.id}`);
    const call = `<@${world.app.userId}>`;
    const text = said.text?.includes(call) ? said.text : `${call} ${said.text ?? ''}`.trim();
    const message = write(said, text);
    const { subtype: _, ...shown } = messageObject(world, message);
    const event = { ...shown, type: 'app_mention', channel: channel.id, event_ts: message.ts, ...fromElsewhere(message) };
    const first = said.only === 'message' ? [] : send('app_mention', event, channel, said, { scope: 'app_mentions:read', must: true });
    // Each event has an id of its own, though the post is one.
    const { eventId: __, ...how } = said;
    const second = said.only === 'app_mention' ? [] : messageEvents(message, how, said.only === 'message');
    return pushed([...first, ...second], message);
  }

  const hidden = (message: Message, subtype: string, fields: Fields): Fields => ({
    type: 'message',
    subtype,
    hidden: true,
    channel: message.channel,
    channel_type: channelTypes[channelOf(message.channel).kind],
    ts: nextTs(world),
    ...stamped(),
    ...fields,
  });

  function hiddenEvent(message: Message, event: Fields, how: How, own: boolean): Delivery[] {
    const channel = channelOf(message.channel);
    if (!channel.members.has(world.app.userId)) return [];
    const need = { scope: historyScopes[channel.kind], must: !own, own };
    return send(subscriptions[channel.kind], event, channel, how, need);
  }

  /** What a deletion is told as: a root with replies stays as a tombstone, which Slack tells as a change. */
  function deletion(message: Message, before: Fields): Fields {
    if (repliesTo(world, message).length === 0)
      return hidden(message, 'message_deleted', { deleted_ts: message.ts, previous_message: before });
    const tombstone = {
      ...messageObject(world, message),
      subtype: 'tombstone',
      user: 'USLACKBOT',
      hidden: true,
      text: 'This message was deleted.',
    };
    return hidden(message, 'message_changed', { message: tombstone, previous_message: before });
  }

  const simple =
    <T extends How>(subscription: string, event: (given: T) => Fields, scope?: string) =>
    async (given: T): Promise<Pushed> => {
      const body = { type: subscription.split('.')[0], ...event(given), ...stamped() };
      const channel = 'channel' in body ? world.channels.get(String(body.channel)) : undefined;
      return pushed(send(subscription, body, channel, given, { ...(scope ? { scope } : {}), must: true }));
    };

  world.onOwn = (what, message, before) => {
    if (!reachable()) return;
    const channel = channelOf(message.channel);
    const streaming = message.streaming === 'no' ? {} : { streaming_state: message.streaming === 'open' ? 'in_progress' : 'completed' };
    const shown = { ...messageObject(world, message), ...streaming };
    if (what === 'posted') {
      const event = { ...shown, channel: channel.id, channel_type: channelTypes[channel.kind], event_ts: message.ts };
      send(subscriptions[channel.kind], event, channel, {}, { scope: historyScopes[channel.kind], must: false, own: true });
    } else if (what === 'edited')
      hiddenEvent(message, hidden(message, 'message_changed', { message: shown, previous_message: before }), {}, true);
    else hiddenEvent(message, deletion(message, before ?? {}), {}, true);
  };

  return {
    /** A post that names the app: app_mention, and the message event too where the app subscribed to both. */
    mention,
    /** A direct message to the app. */
    async direct(said: Omit<Said, 'channel'>): Promise<Pushed> {
      const message = write({ ...said, channel: directChannel(world, said.user).id }, said.text ?? '');
      return pushed(messageEvents(message, { ...said, channel: message.channel }, true), message);
    },
    /** A post in a channel that does not name the app. */
    async message(said: Said): Promise<Pushed> {
      const message = write(said, said.text ?? '');
      return pushed(messageEvents(message, said, true), message);
    },
    /** A post that nobody is told of: what stood there before. */
    quietly: (said: Said): Message => write(said, said.text ?? ''),
    async edit(message: Message, text: string, how: How = {}): Promise<Pushed> {
      const before = messageObject(world, message);
      Object.assign(message, { text, blocks: composed(text), edited: { user: message.user, at: Date.now() } });
      changeMessage(message, 'edited');
      const event = hidden(message, 'message_changed', { message: messageObject(world, message), previous_message: before });
      return pushed(hiddenEvent(message, event, how, false), message);
    },
    /** A link was unfurled under a message: Slack tells it as a change whose text is the same. */
    async unfurl(message: Message, how: How = {}): Promise<Pushed> {
      const before = messageObject(world, message);
      message.attachments = [{ id: 1, fallback: 'A page', from_url: 'https://example.com', title: 'A page' }];
      const event = hidden(message, 'message_changed', { message: messageObject(world, message), previous_message: before });
      return pushed(hiddenEvent(message, event, how, false), message);
    },
    async delete(message: Message, how: How = {}): Promise<Pushed> {
      const before = messageObject(world, message);
      const event = deletion(message, before);
      deleteMessage(message);
      return pushed(hiddenEvent(message, event, how, false), message);
    },
    /** A post of another app, with its bot_id. */
    async bot(said: Omit<Said, 'user'> & { botId?: string }): Promise<Pushed> {
      const channel = channelOf(said.channel);
      const user = encodedId('U');
      const bot = { subtype: 'bot_message', bot_id: said.botId ?? encodedId('B'), username: 'another app' };
      const message = addMessage(world, {
        channel: channel.id,
        user,
        text: said.text ?? '',
        threadTs: said.threadTs,
        subtype: 'bot_message',
      });
      return pushed(messageEvents(message, { ...said, user, extra: { ...bot, user: undefined, ...said.extra } }, true), message);
    },
    appHomeOpened: simple('app_home_opened', (given: How & { user: string; tab?: 'home' | 'messages' }) => {
      const home = world.homes.get(given.user);
      const view = given.tab !== 'messages' && home ? { view: home.view } : {};
      return { user: given.user, channel: directChannel(world, given.user).id, tab: given.tab ?? 'home', ...view };
    }),
    appContextChanged: simple('app_context_changed', (given: How & { user: string; context: Fields }) => ({
      user: given.user,
      channel: directChannel(world, given.user).id,
      context: given.context,
    })),
    /** The native Stop: streams of that thread end, and the app is told. */
    async agentSessionStopped(given: How & { user: string; channel: string; threadTs: string }): Promise<Pushed> {
      if (findSession(world, given.channel, given.threadTs)?.statuses.at(-1)?.status !== 'processing')
        throw new Error('fake Slack: no stop button stands in a thread whose session is not processing');
      const streams = messagesIn(world, given.channel).filter(
        (one) => one.threadTs === given.threadTs && one.own && one.streaming === 'open',
      );
      for (const message of streams) message.streaming = 'stopped by user';
      const event = {
        type: 'agent_session_stopped',
        channel: given.channel,
        user: given.user,
        thread_ts: given.threadTs,
        streaming_message_ts: streams.map((one) => one.ts),
        ...stamped(),
      };
      return pushed(send('agent_session_stopped', event, channelOf(given.channel), given, { must: true }));
    },
    /** A person presses a suggested prompt: its message is posted as theirs. */
    async suggestedPrompt(given: How & { user: string; title: string }): Promise<Pushed> {
      const channel = directChannel(world, given.user).id;
      const shown = world.prompts.findLast((one) => one.channel === channel);
      const prompt = shown?.prompts.find((one) => one.title === given.title);
      if (!prompt) throw new Error(`fake Slack: no suggested prompt «${given.title}» stands there`);
      const said: Said = { ...given, channel, text: String(prompt.message), ...(shown?.threadTs ? { threadTs: shown.threadTs } : {}) };
      const message = write(said, String(prompt.message));
      return pushed(messageEvents(message, said, true), message);
    },
    async memberJoined(given: How & { user: string; channel: string; inviter?: string }): Promise<Pushed> {
      const channel = channelOf(given.channel);
      channel.members.add(given.user);
      const who = { user: given.user, channel: channel.id, channel_type: channel.kind === 'public' ? 'C' : 'G', team: world.team.id };
      const event = { type: 'member_joined_channel', ...who, ...(given.inviter ? { inviter: given.inviter } : {}), ...stamped() };
      return pushed(send('member_joined_channel', event, channel, given, { must: true }));
    },
    async memberLeft(given: How & { user: string; channel: string }): Promise<Pushed> {
      const channel = channelOf(given.channel);
      channel.members.delete(given.user);
      const event = {
        type: 'member_left_channel',
        user: given.user,
        channel: channel.id,
        channel_type: 'C',
        team: world.team.id,
        ...stamped(),
      };
      return pushed(send('member_left_channel', event, channel, given, { must: true }));
    },
    async reactionAdded(given: How & { user: string; message: Message; reaction: string }): Promise<Pushed> {
      const { message, reaction, user } = given;
      const held = message.reactions.find((one) => one.name === reaction);
      if (held) held.users.push(user);
      else message.reactions.push({ name: reaction, users: [user] });
      const item = { type: 'message', channel: message.channel, ts: message.ts };
      const event = { type: 'reaction_added', user, reaction, item_user: message.user, item, ...stamped() };
      return pushed(send('reaction_added', event, channelOf(message.channel), given, { scope: 'reactions:read', must: true }));
    },
    appUninstalled: async (given: How = {}): Promise<Pushed> => {
      world.revoked = true;
      return pushed(send('app_uninstalled', { type: 'app_uninstalled', ...stamped() }, undefined, given, { must: true }));
    },
    tokensRevoked: simple('tokens_revoked', (_given: How) => ({ tokens: { oauth: [], bot: [world.app.userId] } })),
    /** Any other event, as it is given. */
    event: async (event: Fields & { type: string }, how: How = {}): Promise<Pushed> =>
      pushed(send(event.type, { ...event, ...stamped() }, world.channels.get(String(event.channel)), how, { must: true })),
    /** The very delivery once more, as after a network fault: the same event_id, the same post. */
    again: async (delivery: Delivery, how: Forgery = {}): Promise<Pushed> =>
      pushed([deliverer.send(delivery.kind, delivery.type, delivery.body, how)]),
    /** Slack's question whether the request URL is the app's; the delivery's answer holds the challenge. */
    urlVerification: async (how: Forgery = {}): Promise<Pushed> =>
      pushed([
        deliverer.send(
          'event',
          'url_verification',
          { token: 'verification-token', challenge: randomUUID(), type: 'url_verification' },
          how,
        ),
      ]),
  };
}
