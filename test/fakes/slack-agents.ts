import { checkCustomised } from './slack-chat.ts';
import type { Method } from './slack-chat.ts';
import { list, shape, string } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import { clearStatus, messagesIn, visibleChannel } from './slack-messages.ts';
import { refuse, refuseWith } from './slack-state.ts';
import type { Channel, Session, World } from './slack-state.ts';

function place(args: Fields, world: World): { channel: Channel; threadTs: string | undefined } {
  const channel = visibleChannel(world, args.channel_id);
  if (!channel.members.has(world.app.userId)) refuse('channel_not_found');
  const threadTs = args.thread_ts === undefined ? undefined : String(args.thread_ts);
  if (threadTs !== undefined && !messagesIn(world, channel.id).some((one) => one.ts === threadTs)) refuse('invalid_thread_ts');
  return { channel, threadTs };
}

function faultsOf(rule: ReturnType<typeof string>, value: unknown, at: string): void {
  const faults: string[] = [];
  if (value !== undefined) rule(value, at, faults);
  if (faults.length > 0) refuseWith('invalid_arguments', faults);
}

function setStatus(args: Fields, world: World): Fields {
  const { channel, threadTs } = place(args, world);
  checkCustomised(args, world);
  faultsOf(list(string(255), 1, 10), args.loading_messages, '/loading_messages');
  if (threadTs === undefined) refuse('invalid_thread_ts');
  clearStatus(world, channel.id, threadTs, 'call');
  if (args.status !== '')
    world.statuses.push({
      channel: channel.id,
      threadTs,
      status: String(args.status),
      loadingMessages: (args.loading_messages as string[] | undefined) ?? [],
      at: Date.now(),
      clearedAt: undefined,
      clearedBy: undefined,
    });
  return {};
}

const prompt = shape({ required: { title: string(255), message: string(4000) } });

function setPrompts(args: Fields, world: World): Fields {
  const { channel, threadTs } = place(args, world);
  if (channel.kind !== 'im') refuse('channel_not_found');
  faultsOf(list(prompt, 1, 4), args.prompts, '/prompts');
  const title = args.title === undefined ? undefined : String(args.title);
  world.prompts.push({ channel: channel.id, threadTs, title, prompts: args.prompts as Fields[], at: Date.now() });
  return {};
}

function setTitle(args: Fields, world: World): Fields {
  const { channel, threadTs } = place(args, world);
  if (channel.kind !== 'im') refuse('channel_not_found');
  world.titles.push({ channel: channel.id, threadTs: String(threadTs), title: String(args.title), at: Date.now() });
  return {};
}

export function findSession(world: World, channel: string, threadTs: string | undefined): Session | undefined {
  return world.sessions.find((one) => one.channel === channel && one.threadTs === threadTs);
}

export function sessionOf(world: World, channel: string, threadTs: string | undefined): Session {
  const held = findSession(world, channel, threadTs);
  if (held) return held;
  const made: Session = { channel, threadTs, title: undefined, initiator: undefined, statuses: [] };
  world.sessions.push(made);
  return made;
}

/** Only an app that is declared an agent, which gives it assistant:write, has sessions (docs, «Agent sessions»). */
function agentOnly(world: World): void {
  if (!world.scopes.has('assistant:write')) refuse('missing_scope', { needed: 'assistant:write', provided: [...world.scopes].join(',') });
}

function setSessionStatus(args: Fields, world: World): Fields {
  agentOnly(world);
  const { channel, threadTs } = place(args, world);
  checkCustomised(args, world);
  if (threadTs === undefined) refuse('invalid_thread_ts');
  if (!['active', 'processing', 'suspended', 'closed'].includes(String(args.status)))
    refuseWith('invalid_arguments', ['must be a valid enum value: status']);
  faultsOf(string(200), args.title, '/title');
  const isNew = !findSession(world, channel.id, threadTs);
  const initiator = args.initiator_user_id === undefined ? undefined : String(args.initiator_user_id);
  if (initiator !== undefined && !channel.members.has(initiator)) refuse('user_not_in_channel');
  const session = sessionOf(world, channel.id, threadTs);
  if (isNew) Object.assign(session, { title: args.title, initiator });
  session.statuses.push({ status: String(args.status), at: Date.now() });
  const warning = world.events.has('agent_session_stopped') ? {} : { warning: 'missing_agent_session_stopped_event_subscription' };
  return { status: args.status, agent_status: args.status, ...(session.title ? { title: session.title } : {}), ...warning };
}

function renameSession(args: Fields, world: World): Fields {
  agentOnly(world);
  const { channel, threadTs } = place(args, world);
  faultsOf(string(200), args.title, '/title');
  const session = findSession(world, channel.id, threadTs);
  if (!session) refuse('session_not_found');
  session.title = String(args.title);
  return { title: session.title };
}

export const agentMethods: Record<string, Method> = {
  'assistant.threads.setStatus': setStatus,
  'assistant.threads.setSuggestedPrompts': setPrompts,
  'assistant.threads.setTitle': setTitle,
  'agents.sessions.setStatus': setSessionStatus,
  'agents.sessions.rename': renameSession,
};
