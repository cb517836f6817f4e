import type { Method } from './slack-chat.ts';
import type { Fields } from './slack-shape.ts';
import { botProfile, directChannel, findMessage, messageObject, messagesIn, visibleChannel } from './slack-messages.ts';
import { isTs, refuse, refuseWith } from './slack-state.ts';
import type { Channel, Message, Person, World } from './slack-state.ts';

const scopeOf: Record<Channel['kind'], string> = { public: 'channels', private: 'groups', im: 'im', mpim: 'mpim' };

function needScope(world: World, scope: string): void {
  if (!world.scopes.has(scope)) refuse('missing_scope', { needed: scope, provided: [...world.scopes].join(',') });
}

/** One page of a list, its cursor an opaque word that says where the next begins. */
function page<T>(all: T[], args: Fields, most: number, usual: number): { items: T[]; next: string } {
  let from = 0;
  if (args.cursor !== undefined && args.cursor !== '') {
    const [word, number] = Buffer.from(String(args.cursor), 'base64').toString().split(':');
    if (word !== 'next' || !Number.isInteger(Number(number))) refuse('invalid_cursor');
    from = Number(number);
  }
  const asked = args.limit === undefined ? usual : Number(args.limit);
  if (asked < 1 || asked > 1000) refuse('invalid_limit');
  const until = from + Math.min(asked, most);
  return { items: all.slice(from, until), next: until < all.length ? Buffer.from(`next:${until}`).toString('base64') : '' };
}

function between(all: Message[], args: Fields): Message[] {
  for (const name of ['latest', 'oldest'])
    if (args[name] !== undefined && !/^\d+(\.\d+)?$/u.test(String(args[name]))) refuse(`invalid_ts_${name}`);
  const oldest = args.oldest === undefined ? -Infinity : Number(args.oldest);
  const latest = args.latest === undefined ? Infinity : Number(args.latest);
  return all.filter(({ ts }) =>
    args.inclusive ? Number(ts) >= oldest && Number(ts) <= latest : Number(ts) > oldest && Number(ts) < latest,
  );
}

export function channelObject(world: World, channel: Channel): Fields {
  const im = channel.kind === 'im';
  const person = [...channel.members].find((id) => id !== world.app.userId);
  return {
    id: channel.id,
    ...(im ? { user: person } : { name: channel.name, name_normalized: channel.name }),
    is_channel: channel.kind === 'public' || channel.kind === 'private',
    is_group: false,
    is_im: im,
    is_mpim: channel.kind === 'mpim',
    is_private: channel.kind !== 'public',
    is_archived: channel.isArchived,
    is_general: false,
    is_shared: channel.isExtShared,
    is_org_shared: false,
    is_ext_shared: channel.isExtShared,
    is_pending_ext_shared: false,
    pending_shared: [],
    is_member: channel.members.has(world.app.userId),
    created: 1_700_000_000,
    creator: channel.creator,
    unlinked: 0,
    context_team_id: world.team.id,
    shared_team_ids: [world.team.id],
    updated: 1_700_000_000_000,
    topic: { value: channel.topic, creator: channel.creator, last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    previous_names: [],
  };
}

export function userObject(world: World, person: Person, withLocale = false): Fields {
  const seesEmail = world.scopes.has('users:read.email') && !person.isStranger && person.email !== undefined;
  return {
    id: person.id,
    team_id: person.team,
    name: person.name,
    deleted: person.deleted,
    color: '9f69e7',
    real_name: person.realName,
    tz: person.tz,
    tz_label: person.tz,
    tz_offset: 0,
    profile: {
      title: '',
      phone: '',
      skype: '',
      real_name: person.realName,
      real_name_normalized: person.realName,
      display_name: person.name,
      display_name_normalized: person.name,
      status_text: '',
      status_emoji: '',
      avatar_hash: 'g0',
      image_72: `${world.origin}/avatars/${person.id}.png`,
      team: person.team,
      ...(seesEmail ? { email: person.email } : {}),
      ...(person.isBot ? { bot_id: world.app.botId, api_app_id: world.app.id } : {}),
    },
    is_admin: person.isAdmin,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: person.isRestricted,
    is_ultra_restricted: person.isUltraRestricted,
    is_bot: person.isBot,
    is_app_user: false,
    ...(person.isStranger ? { is_stranger: true } : {}),
    is_email_confirmed: true,
    updated: 1_700_000_000,
    who_can_share_contact_card: 'EVERYONE',
    ...(withLocale ? { locale: person.locale } : {}),
  };
}

function userInfo(args: Fields, world: World): Fields {
  const person = world.people.get(String(args.user));
  if (!person) refuse('user_not_found');
  return { user: userObject(world, person, args.include_locale === true) };
}

function lookupByEmail(args: Fields, world: World): Fields {
  const email = String(args.email).toLowerCase();
  const person = [...world.people.values()].find((one) => one.email?.toLowerCase() === email && !one.deleted && !one.isStranger);
  if (!person) refuse('users_not_found');
  return { user: userObject(world, person) };
}

function conversationInfo(args: Fields, world: World): Fields {
  const channel = visibleChannel(world, args.channel);
  needScope(world, `${scopeOf[channel.kind]}:read`);
  const counted = args.include_num_members ? { num_members: channel.members.size } : {};
  return { channel: { ...channelObject(world, channel), ...counted, ...(args.include_locale ? { locale: 'en-US' } : {}) } };
}

function members(args: Fields, world: World): Fields {
  const channel = visibleChannel(world, args.channel);
  needScope(world, `${scopeOf[channel.kind]}:read`);
  const { items, next } = page([...channel.members], args, 200, 100);
  return { members: items, response_metadata: { next_cursor: next } };
}

function open(args: Fields, world: World): Fields {
  if (args.channel !== undefined) {
    const channel = visibleChannel(world, args.channel);
    return { no_op: true, already_open: true, channel: args.return_im ? channelObject(world, channel) : { id: channel.id } };
  }
  const users = String(args.users ?? '')
    .split(',')
    .filter(Boolean);
  if (users.length === 0) refuse('users_list_not_supplied');
  if (users.length > 1) refuseWith('invalid_arguments', ['the fake Slack opens direct messages with one person only']);
  const person = world.people.get(users[0] ?? '');
  if (!person) refuse('user_not_found');
  if (person.deleted) refuse('user_disabled');
  const channel = directChannel(world, person.id);
  return { channel: args.return_im ? channelObject(world, channel) : { id: channel.id } };
}

function readable(args: Fields, world: World): Channel {
  const channel = visibleChannel(world, args.channel);
  needScope(world, `${scopeOf[channel.kind]}:history`);
  if (!channel.members.has(world.app.userId)) refuse('not_in_channel');
  return channel;
}

function history(args: Fields, world: World): Fields {
  const channel = readable(args, world);
  const shown = messagesIn(world, channel.id).filter((one) => one.deletedAt === undefined && (one.threadTs ?? one.ts) === one.ts);
  const { items, next } = page(between(shown, args).toReversed(), args, world.historyPage, 100);
  return {
    messages: items.map((one) => messageObject(world, one, args.include_all_metadata === true)),
    has_more: next !== '',
    pin_count: 0,
    ...(next ? { response_metadata: { next_cursor: next } } : {}),
  };
}

function replies(args: Fields, world: World): Fields {
  const channel = readable(args, world);
  if (!isTs(args.ts)) refuse('thread_not_found');
  const all = messagesIn(world, channel.id);
  const asked = all.find((one) => one.ts === args.ts && one.deletedAt === undefined);
  const rootTs = asked?.threadTs ?? String(args.ts);
  const root = all.find((one) => one.ts === rootTs);
  const thread = all.filter((one) => one.threadTs === rootTs && one.ts !== rootTs && one.deletedAt === undefined);
  if (!root || (root.deletedAt !== undefined && thread.length === 0)) refuse('thread_not_found');
  const first: Message =
    root.deletedAt === undefined ? root : { ...root, text: 'This message was deleted.', subtype: 'tombstone', blocks: [] };
  // The root heads the first page whatever the window is.
  const { items, next } = page([first, ...between(thread, args)], args, world.historyPage, 1000);
  return {
    messages: items.map((one) => messageObject(world, one, args.include_all_metadata === true)),
    has_more: next !== '',
    ...(next ? { response_metadata: { next_cursor: next } } : {}),
  };
}

function react(args: Fields, world: World, adds: boolean): Fields {
  const channel = visibleChannel(world, args.channel);
  if (!isTs(args.timestamp)) refuse('bad_timestamp');
  const message = findMessage(world, channel.id, args.timestamp);
  if (!message) refuse('message_not_found');
  if (channel.isArchived) refuse('is_archived');
  if (!/^[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?$/u.test(String(args.name))) refuse('invalid_name');
  const held = message.reactions.find((one) => one.name === args.name);
  const has = held?.users.includes(world.app.userId) ?? false;
  if (adds && has) refuse('already_reacted');
  if (!adds && !has) refuse('no_reaction');
  if (!held) message.reactions.push({ name: String(args.name), users: [world.app.userId] });
  else if (adds) held.users.push(world.app.userId);
  else held.users = held.users.filter((id) => id !== world.app.userId);
  message.reactions = message.reactions.filter(({ users }) => users.length > 0);
  return {};
}

function fileInfo(args: Fields, world: World): Fields {
  const file = world.files.get(String(args.file));
  if (!file) refuse('file_not_found');
  return { file: file.object, comments: [], response_metadata: { next_cursor: '' } };
}

export const readMethods: Record<string, Method> = {
  'auth.test': (_args, world) => ({
    url: `https://${world.team.domain}.slack.com/`,
    team: world.team.name,
    user: world.app.name.toLowerCase(),
    team_id: world.team.id,
    user_id: world.app.userId,
    bot_id: world.app.botId,
    is_enterprise_install: false,
  }),
  'bots.info': (args, world) => {
    if (args.bot !== undefined && args.bot !== world.app.botId) refuse('bot_not_found');
    return { bot: { ...botProfile(world), user_id: world.app.userId } };
  },
  'users.info': userInfo,
  'users.lookupByEmail': lookupByEmail,
  'conversations.info': conversationInfo,
  'conversations.members': members,
  'conversations.open': open,
  'conversations.history': history,
  'conversations.replies': replies,
  'reactions.add': (args, world) => react(args, world, true),
  'reactions.remove': (args, world) => react(args, world, false),
  'files.info': fileInfo,
};
