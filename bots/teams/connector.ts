/** The calls to Teams' connector: allowed hosts alone, a time limit, and no message that may stand there already sent again. */
import type { TeamsConnection } from '../../src/chat-connections.ts';
import { AppError } from '../../src/errors.ts';
import { withRetries } from '../../src/retry.ts';
import type { Clock, Log } from '../../src/types.ts';
import { aborted } from '../aborted.ts';
import type { CallOptions, OutgoingActivity, TeamsConnector, TeamsMember, TypingActivity } from './activity.ts';
import { connectorClients, type Conversations } from './connector-client.ts';
import { createCredentials, type TeamsCredentials, type TeamsEndpoints } from './credentials.ts';
import { teamsFailure, type TeamsFailure } from './errors.ts';
import { isServiceAllowed } from './service-hosts.ts';

const TIMEOUT_MS = 10_000;
const PATIENCE_MS = 2_000;
/** Teams gives 50 to 500 of a conversation's members at once. */
const PAGE = 500;

interface Call<T> {
  name: string;
  serviceUrl: string;
  conversation: string;
  run(conversations: Conversations, options: { timeout: number; abortSignal?: AbortSignal }): Promise<T>;
  /** Whether it may be made again though it may have been done. */
  again: boolean;
  /** A chunk of a stream. */
  stream?: boolean;
}

/**
 * @param deps.credentials shared with whoever else needs the app's token; default: its own
 * @param deps.timeoutMs of one request, its answer included
 */
export function createTeamsConnector(deps: {
  connection: TeamsConnection;
  endpoints: TeamsEndpoints;
  clock: Clock;
  log: Log;
  credentials?: TeamsCredentials;
  timeoutMs?: number;
}): TeamsConnector {
  const { connection, endpoints, clock, log, timeoutMs = TIMEOUT_MS } = deps;
  const credentials = deps.credentials ?? createCredentials(connection, endpoints, { clock, timeoutMs });
  const withClient = connectorClients(connection.appId, credentials.factory);

  async function once<T>(call: Call<T>, signal: AbortSignal | undefined): Promise<T> {
    const failed = (thrown: unknown): TeamsFailure =>
      teamsFailure(thrown, { call: call.name, stream: call.stream === true, now: clock.now() });
    const attempt = (): Promise<T> =>
      withClient(call.serviceUrl, call.conversation, (conversations) =>
        call.run(conversations, { timeout: timeoutMs, ...(signal ? { abortSignal: signal } : {}) }),
      );
    const used = await credentials.token();
    try {
      return await attempt();
    } catch (thrown) {
      const failure = failed(thrown);
      if (failure.status !== 401 || connection.anonymous) throw failure;
      log.warn({ call: call.name }, "Teams refused the app's token; another is fetched");
      await credentials.renew(used);
      return attempt().catch((again: unknown) => {
        throw failed(again);
      });
    }
  }

  async function make<T>(call: Call<T>, options: CallOptions = {}): Promise<T> {
    const { patienceMs = PATIENCE_MS, signal } = options;
    signal?.throwIfAborted();
    if (!isServiceAllowed(call.serviceUrl, connection)) throw notAllowed(call.name);
    return withRetries(() => (signal ? aborted(signal, once(call, signal)) : once(call, signal)), {
      failureOf(thrown) {
        const error = teamsFailure(thrown, { call: call.name, stream: call.stream === true, now: clock.now() });
        const transient = error.retryable && (call.again || error.withoutEffect);
        return { error, transient, ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }) };
      },
      policy: { maxRetries: patienceMs > 0 ? 100 : 0, maxWaitMs: patienceMs, random: Math.random },
      clock,
      until: clock.now() + patienceMs,
      ...(signal ? { signal } : {}),
    });
  }

  return {
    async send(to, activity, options) {
      const sent = await make(
        {
          ...at('send', to),
          again: false,
          stream: isStream(activity),
          run: (conversations, how) => conversations.sendToConversation(to.conversation, activity as never, how),
        },
        options,
      );
      return sent?.id ?? '';
    },
    async update(to, id, activity, options) {
      named(id, 'update');
      const run: Call<unknown>['run'] = (conversations, how) => conversations.updateActivity(to.conversation, id, activity as never, how);
      await make({ ...at('update', to), again: true, run }, options);
    },
    async remove(to, id, options) {
      named(id, 'delete');
      let tried = 0;
      const run: Call<unknown>['run'] = async (conversations, how) => {
        const first = tried++ === 0;
        await conversations.deleteActivity(to.conversation, id, how).catch((thrown: { statusCode?: number }) => {
          // Of a call that is made again: the one before had done it.
          if (thrown.statusCode === 204 || (!first && thrown.statusCode === 404)) return;
          throw thrown;
        });
      };
      await make({ ...at('delete', to), again: true, run }, options);
    },
    async openPersonal({ serviceUrl, tenantId, member }, options) {
      const bot = { id: connection.appId ? `28:${connection.appId}` : 'bot' };
      const parameters = { isGroup: false, bot, members: [{ id: member }], tenantId, channelData: { tenant: { id: tenantId } } };
      const call = { name: 'create', serviceUrl, conversation: member, again: true };
      const opened = await make(
        { ...call, run: (conversations, how) => conversations.createConversation(parameters as never, how) },
        options,
      );
      if (!opened.id) throw new AppError({ code: 'chat.unavailable', message: 'create: an answer without an id', retryable: true });
      return opened.id;
    },
    async member(to, member, options) {
      named(member, 'member');
      const run: Call<unknown>['run'] = (conversations, how) => conversations.getConversationMember(to.conversation, member, how);
      const found = memberOf(await make({ ...at('member', to), again: true, run }, options));
      if (!found) throw new AppError({ code: 'chat.gone', message: 'member: an answer without an id' });
      return found;
    },
    async members(to, limit, options) {
      const found: TeamsMember[] = [];
      let continuationToken: string | undefined;
      do {
        const which = { pageSize: PAGE, ...(continuationToken ? { continuationToken } : {}) };
        const run: Call<{ continuationToken?: string; members?: unknown[] }>['run'] = (conversations, how) =>
          conversations.getConversationPagedMembers(to.conversation, { ...how, ...which } as never);
        const request = () => make({ ...at('members', to), again: true, run }, options);
        const page = await (options?.each ? options.each(request) : request());
        found.push(...(page.members ?? []).map(memberOf).filter((member) => member !== undefined));
        // An empty page, or the same page again, would never end.
        continuationToken = page.members?.length && page.continuationToken !== continuationToken ? page.continuationToken : undefined;
      } while (continuationToken && found.length < limit);
      return found.slice(0, limit);
    },
  };
}

function at(name: string, to: { serviceUrl: string; conversation: string }): Pick<Call<never>, 'name' | 'serviceUrl' | 'conversation'> {
  named(to.conversation, name);
  return { name, serviceUrl: to.serviceUrl, conversation: to.conversation };
}

/** An id stands in the path of the request: none is empty, and none climbs out of it. */
function named(id: string, call: string): void {
  if (id === '' || id === '.' || id === '..') throw new AppError({ code: 'chat.gone', message: `${call}: no id` });
}

const isStream = (activity: OutgoingActivity): boolean =>
  ((activity.entities ?? []) as NonNullable<TypingActivity['entities']>).some((entity) => entity.type === 'streaminfo');

const notAllowed = (call: string): AppError =>
  new AppError({
    code: 'chat.refused',
    message: `${call}: the host of the service URL is not allowed`,
    publicMessage: 'The address that Teams gave for this conversation is not one of TEAMS_SERVICE_HOSTS, so nothing was sent there.',
  });

/** A member as the roster has it; what is no text is left out. */
function memberOf(body: unknown): TeamsMember | undefined {
  const fields = (body ?? {}) as Record<string, unknown>;
  const text = (name: string): string | undefined => (typeof fields[name] === 'string' && fields[name] !== '' ? fields[name] : undefined);
  const id = text('id');
  if (id === undefined) return undefined;
  // `objectId` is how the roster's older answers name it.
  const aadObjectId = (text('aadObjectId') ?? text('objectId'))?.toLowerCase();
  const tenantId = text('tenantId')?.toLowerCase();
  const rest = ['name', 'email', 'userPrincipalName', 'userRole'].map((name) => [name, text(name)] as const);
  return {
    id,
    ...(aadObjectId ? { aadObjectId } : {}),
    ...(tenantId ? { tenantId } : {}),
    ...Object.fromEntries(rest.filter(([, value]) => value !== undefined)),
  };
}
