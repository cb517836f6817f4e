import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import type { Answered, Deliverer, DeliveryChoice } from './teams-deliver.ts';
import { addMessage, changeMessage, deleteMessage, findMessage, guid } from './teams-state.ts';
import type { Chat, Message, Person, StoredFile, World } from './teams-state.ts';

export interface Said extends DeliveryChoice {
  from: Person;
  chat: Chat;
  text?: string;
  /** Names the bot before the text; in channels and group chats it does so unless told otherwise. */
  mention?: boolean;
  /** People who are named after the text. */
  mentions?: Person[];
  /** In a channel: the id of the message whose thread it goes into. */
  replyTo?: string;
  files?: StoredFile[];
  images?: StoredFile[];
  /** Further attachments as they stand. */
  attachments?: Fields[];
  /** Fields of the activity that are to be otherwise; undefined takes one away. */
  fields?: Fields;
}

export interface Pushed extends Answered {
  message: Message;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function localTime(timezone: string, at: Date): string {
  const name = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find((one) => one.type === 'timeZoneName')?.value;
  const offset = name === 'GMT' || name === undefined ? '+00:00' : name.slice(3);
  const minutes = (offset.startsWith('-') ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6)));
  return `${new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, -1)}${offset}`;
}

/** What every activity from a person carries: who, where, when. */
export function envelope(world: World, from: Person, chat: Chat, thread?: string): Fields {
  const at = new Date();
  const country = from.locale.split('-')[1];
  const inChannel = { teamsChannelId: chat.id, teamsTeamId: chat.teamId, channel: { id: chat.id }, team: { id: chat.teamId } };
  return {
    timestamp: at.toISOString(),
    localTimestamp: localTime(from.timezone, at),
    localTimezone: from.timezone,
    channelId: 'msteams',
    serviceUrl: world.serviceUrl,
    from: { id: from.id, name: from.name, aadObjectId: from.aadObjectId },
    conversation: {
      ...(chat.kind === 'personal' ? {} : { isGroup: true }),
      ...(chat.kind === 'groupChat' && chat.name !== undefined ? { name: chat.name } : {}),
      conversationType: chat.kind,
      tenantId: chat.tenantId,
      id: chat.kind === 'channel' && thread !== undefined ? `${chat.id};messageid=${thread}` : chat.id,
    },
    recipient: { id: world.botId, name: world.appName },
    entities: [{ locale: from.locale, ...(country ? { country } : {}), platform: 'Web', timezone: from.timezone, type: 'clientInfo' }],
    channelData: { ...(chat.kind === 'channel' ? inChannel : {}), tenant: { id: chat.tenantId } },
    locale: from.locale,
  };
}

export const withoutUndefined = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** What people do in Teams, and the activities that it sends the bot for it. */
export function pusher(world: World, out: Deliverer) {
  function refuseOutside(from: Person, chat: Chat): void {
    if (!chat.members.has(from.id)) throw new Error(`fake Teams: ${from.name} is not in the chat`);
    if (!chat.installed) throw new Error('fake Teams: the bot is not in the chat; Teams would deliver nothing');
  }

  function fileAttachment(file: StoredFile): Fields {
    const downloadUrl = `${world.origin}/files/${file.id}?tempauth=${guid()}`;
    return {
      contentType: 'application/vnd.microsoft.teams.file.download.info',
      content: { downloadUrl, uniqueId: file.id, fileType: file.name.split('.').at(-1) },
      contentUrl: `https://the-company.sharepoint.example/personal/documents/${encodeURIComponent(file.name)}`,
      name: file.name,
    };
  }

  /** The text as it was typed, with who it names, and the copy in HTML that Teams adds. */
  function worded(said: Said, mentionsBot: boolean): Fields {
    const named = [
      ...(mentionsBot ? [{ id: world.botId, name: world.appName }] : []),
      ...(said.mentions ?? []).map(({ id, name }) => ({ id, name })),
    ];
    const typed = said.text ?? '';
    const at = `<at>${world.appName}</at>`;
    const before = mentionsBot && !typed.includes(at) ? `${at} ` : '';
    const after = (said.mentions ?? []).map(({ name }) => ` <at>${name}</at>`).join('');
    const text = `${before}${typed}${after}`;
    const spans = named.map(
      ({ name }, index) =>
        [
          `&lt;at&gt;${escaped(name)}&lt;/at&gt;`,
          `<span itemscope itemtype="http://schema.org/Mention" itemid="${index}">${escaped(name)}</span>`,
        ] as const,
    );
    const html = spans.reduce((held, [from, to]) => held.replace(from, to), escaped(text));
    const images = (said.images ?? []).map((image) => ({
      contentType: 'image/*',
      contentUrl: `${world.serviceUrl}v3/attachments/${image.id}/views/original`,
    }));
    const copy = text === '' ? [] : [{ contentType: 'text/html', content: `<div><div>${html}</div></div>` }];
    return {
      text,
      textFormat: 'plain',
      attachments: [...images, ...(said.files ?? []).map(fileAttachment), ...(said.attachments ?? []), ...copy],
      entities: named.map((mentioned) => ({ mentioned, text: `<at>${mentioned.name}</at>`, type: 'mention' })),
    };
  }

  const combine = (base: Fields, more: Fields): Fields => ({
    ...base,
    ...more,
    entities: [...((more.entities as Fields[] | undefined) ?? []), ...(base.entities as Fields[])],
  });

  async function message(said: Said): Promise<Pushed> {
    const { from, chat } = said;
    refuseOutside(from, chat);
    const mentionsBot = said.mention ?? chat.kind !== 'personal';
    if (chat.kind !== 'personal' && !mentionsBot && !chat.rsc)
      throw new Error('fake Teams: without a mention Teams delivers nothing; give the chat rsc: true');
    if (said.files?.length && chat.kind !== 'personal') throw new Error('fake Teams: files reach a bot in personal chats alone');
    if (said.replyTo !== undefined && !findMessage(world, chat.id, said.replyTo))
      throw new Error(`fake Teams: there is no message ${said.replyTo}`);
    const rootId = said.replyTo === undefined ? undefined : (findMessage(world, chat.id, said.replyTo)?.rootId ?? said.replyTo);
    const made = addMessage(world, {
      chat: chat.id,
      rootId: chat.kind === 'channel' ? rootId : undefined,
      from: from.id,
      own: false,
      activity: {},
    });
    const base = { type: 'message', id: made.id, ...envelope(world, from, chat, rootId ?? made.id) };
    const replied = chat.kind === 'channel' && rootId !== undefined ? { replyToId: rootId } : {};
    const activity = withoutUndefined({ ...combine(base, worded(said, mentionsBot)), ...replied, ...said.fields });
    made.activity = activity;
    made.text = String(activity.text ?? '');
    made.versions = [{ at: made.postedAt, how: 'posted', activity }];
    return { ...(await out.send(activity, said)), message: made };
  }

  function changed(held: Message, type: string, eventType: string): { activity: Fields; chat: Chat } {
    const chat = world.chats.get(held.chat);
    const from = world.people.get(held.from);
    if (!chat || !from) throw new Error('fake Teams: only what a person wrote is changed by a person');
    const base = envelope(world, from, chat, held.rootId ?? held.id);
    return { chat, activity: { type, id: held.id, ...base, channelData: { ...(base.channelData as Fields), eventType } } };
  }

  async function edit(
    held: Message,
    text: string,
    choice: DeliveryChoice & Pick<Said, 'mention' | 'mentions' | 'attachments'> = {},
  ): Promise<Pushed> {
    const { activity, chat } = changed(held, 'messageUpdate', 'editMessage');
    const had =
      Array.isArray(held.activity.entities) &&
      held.activity.entities.some(
        (one) => isObject(one) && one.type === 'mention' && isObject(one.mentioned) && one.mentioned.id === world.botId,
      );
    const from = world.people.get(held.from) as Person;
    const whole = combine(activity, worded({ ...choice, from, chat, text }, choice.mention ?? had));
    changeMessage(held, whole, 'edited');
    return { ...(await out.send(whole, choice)), message: held };
  }

  async function remove(held: Message, choice: DeliveryChoice = {}): Promise<Pushed> {
    const { activity } = changed(held, 'messageDelete', 'softDeleteMessage');
    deleteMessage(held);
    return { ...(await out.send(activity, choice)), message: held };
  }

  async function undelete(held: Message, choice: DeliveryChoice = {}): Promise<Pushed> {
    const { activity } = changed(held, 'messageUpdate', 'undeleteMessage');
    const { text, textFormat, attachments, entities } = held.activity;
    const whole = { ...activity, text, textFormat, attachments, entities };
    changeMessage(held, { ...held.activity }, 'undeleted');
    return { ...(await out.send(whole, choice)), message: held };
  }

  /** The bot is put into a chat by somebody, or taken out: what Teams tells it, in order. */
  async function roster(chat: Chat, by: Person, action: 'add' | 'remove', choice: DeliveryChoice): Promise<Answered[]> {
    const base = envelope(world, by, chat);
    const eventType = action === 'add' ? 'teamMemberAdded' : 'teamMemberRemoved';
    const team = { id: chat.teamId, name: chat.teamName, aadGroupId: chat.teamAadGroupId };
    const inTeam = chat.kind === 'channel' ? { team, settings: { selectedChannel: { id: chat.id } } } : {};
    const bot = [{ id: world.botId, name: world.appName }];
    const { entities: _, ...rest } = base;
    const updated = {
      type: 'installationUpdate',
      id: `f:${guid()}`,
      ...base,
      action,
      channelData: { ...(base.channelData as Fields), ...inTeam, source: { name: 'message' } },
    };
    const members = {
      type: 'conversationUpdate',
      id: `f:${guid()}`,
      ...rest,
      ...(action === 'add' ? { membersAdded: bot } : { membersRemoved: bot }),
      channelData: { ...(base.channelData as Fields), ...(chat.kind === 'channel' ? { ...inTeam, eventType } : {}) },
    };
    chat.installed = action === 'add';
    // A personal chat has nobody left to be told of when the bot goes.
    const told = action === 'remove' && chat.kind === 'personal' ? [updated] : action === 'add' ? [members, updated] : [updated, members];
    const answers: Answered[] = [];
    for (const activity of told) answers.push(await out.send(activity, choice));
    return answers;
  }

  return {
    message,
    /** A person edits their message; mentions stay unless told. */
    edit,
    remove,
    undelete,
    installed: (chat: Chat, by: Person, choice: DeliveryChoice = {}): Promise<Answered[]> => roster(chat, by, 'add', choice),
    uninstalled: (chat: Chat, by: Person, choice: DeliveryChoice = {}): Promise<Answered[]> => roster(chat, by, 'remove', choice),
    /** Somebody joins a chat or leaves it. */
    async members(chat: Chat, change: { added?: Person[]; removed?: Person[]; by: Person } & DeliveryChoice): Promise<Answered> {
      for (const one of change.added ?? []) chat.members.add(one.id);
      for (const one of change.removed ?? []) chat.members.delete(one.id);
      const who = (people: Person[]) => people.map(({ id, aadObjectId }) => ({ id, aadObjectId }));
      const { entities: _, ...base } = envelope(world, change.by, chat);
      const changes = {
        ...(change.added ? { membersAdded: who(change.added) } : {}),
        ...(change.removed ? { membersRemoved: who(change.removed) } : {}),
      };
      return out.send({ type: 'conversationUpdate', id: `f:${guid()}`, ...base, ...changes }, change);
    },
    /** Any activity as it stands. */
    raw: (activity: Fields, choice: DeliveryChoice = {}): Promise<Answered> => out.send(activity, choice),
  };
}
