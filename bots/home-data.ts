/** What somebody sees of Docent in a chat, read for them now. */
import type { App, SourceStatus } from '../src/app-contract.ts';
import type { AutomaticState, RecentQuestion } from '../src/chat/chat-app.ts';
import type { ChatPlatform, Searched } from '../src/chat/messenger.ts';
import type { AdminDeps } from './admin-rights.ts';

const RECENT = 5;

/** What somebody who is no admin does not see. */
export interface AdminHome {
  sources: SourceStatus[];
  models: Awaited<ReturnType<App['modelStatus']>>;
  /** Of this platform. */
  automatic: AutomaticState[];
  triage: boolean;
}

export interface HomeRead {
  searched: Searched;
  recent: RecentQuestion[];
  /** Of the company; guests see less. */
  member: boolean;
  admin?: AdminHome;
  consoleUrl?: string;
}

/** @param who.fresh whether they are an admin is asked of the platform now */
export async function readHome(deps: AdminDeps, who: { person: string; platform: ChatPlatform; fresh?: true }): Promise<HomeRead> {
  const { app } = deps;
  const person = await deps.whoIs(who.person, ...(who.fresh ? [{ fresh: who.fresh } as const] : []));
  const admin = app.chat.isAdmin(person);
  const address = admin ? app.outsideUrl : undefined;
  const [searched, recent, ofAdmin] = await Promise.all([
    app.chat.searched(person.member ? 'everyone' : 'public'),
    app.chat.recentQuestions(person, RECENT),
    admin ? readAdmin(deps, who.platform) : undefined,
  ]);
  return {
    searched,
    recent,
    member: person.member,
    ...(ofAdmin ? { admin: ofAdmin } : {}),
    ...(address === undefined ? {} : { consoleUrl: address }),
  };
}

async function readAdmin({ app }: AdminDeps, platform: ChatPlatform): Promise<AdminHome> {
  const [sources, models, states] = await Promise.all([app.listSources(), app.modelStatus(), app.chat.automatic.states()]);
  const automatic = states.filter(({ channel }) => channel.startsWith(`${platform}:`));
  return { sources, models, automatic, triage: app.chat.triageChannels.length > 0 };
}
