/** What somebody's App Home shows, read for them now. */
import type { RecentQuestion } from '../../src/chat/chat-app.ts';
import { within } from '../../src/clock.ts';
import { readHome as readFor } from '../home-data.ts';
import type { SlackDeps } from './deps.ts';
import type { HomeData } from './home-view.ts';
import { linkable } from './text.ts';

/** Links are not worth a longer wait. */
const LINK_MS = 1500;

export async function readHome(deps: SlackDeps, userId: string, page: number): Promise<HomeData> {
  const home = await readFor(deps, { person: userId, platform: 'slack' });
  return { ...home, recent: await Promise.all(home.recent.map((question) => linked(deps, question))), admins: adminsHere(deps), page };
}

/** With a link to where it was asked; without one where Slack gives none. */
async function linked({ client }: SlackDeps, question: RecentQuestion): Promise<HomeData['recent'][number]> {
  const { origin } = question;
  if (origin?.place.platform !== 'slack' || origin.message === undefined) return question;
  try {
    const { permalink } = await within(LINK_MS, client.chat.getPermalink({ channel: origin.place.channel, message_ts: origin.message }));
    const address = linkable(permalink);
    return address === undefined ? question : { ...question, permalink: address };
  } catch {
    return question;
  }
}

/** Admins of this workspace, as far as ADMIN_USERS names them by Slack's ids. */
function adminsHere({ app, team }: SlackDeps): string[] {
  return (app.config.ADMIN_USERS ?? []).flatMap((one) => {
    const [, workspace, id] = /^slack:(T\w+)\/([UW]\w+)$/.exec(one) ?? [];
    return workspace === team && id !== undefined ? [id] : [];
  });
}
