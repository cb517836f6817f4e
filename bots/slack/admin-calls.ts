/** Views and messages on their way to Slack: a rate limit is waited for, as long as somebody would. */
import type { HomeView, ModalView } from '@slack/types';
import { paragraphs } from './admin-parts.ts';
import { callSlack } from './client.ts';
import type { SlackDeps } from './deps.ts';

const VIEW_MS = 15_000;
const MESSAGE_MS = 60_000;

/** Within three seconds of the press, so it is not tried again. @returns the view's id @throws AppError `chat.*` */
export async function openView({ client, clock }: SlackDeps, trigger: string, view: ModalView): Promise<string> {
  const opened = await callSlack('views.open', () => client.views.open({ trigger_id: trigger, view }), { clock, patienceMs: 0 });
  return opened.view?.id ?? '';
}

/** @throws AppError `chat.*`, also where the modal was closed meanwhile */
export async function updateView({ client, clock }: SlackDeps, viewId: string, view: ModalView): Promise<void> {
  await callSlack('views.update', () => client.views.update({ view_id: viewId, view }), { clock, patienceMs: VIEW_MS });
}

/** @returns the hash of what is there now @throws AppError `chat.*`; `hash_conflict` in its message where another was drawn since */
export async function publishHome(
  { client, clock }: SlackDeps,
  userId: string,
  view: HomeView,
  hash?: string,
): Promise<string | undefined> {
  const call = () => client.views.publish({ user_id: userId, view, ...(hash === undefined ? {} : { hash }) });
  return (await callSlack('views.publish', call, { clock, patienceMs: VIEW_MS })).view?.hash;
}

/** Lines that are safe already. @returns where it stands @throws AppError `chat.*` */
export async function postLines(
  { client, clock }: SlackDeps,
  to: { channel: string; thread?: string },
  lines: string[],
): Promise<{ channel: string; ts: string }> {
  const call = () =>
    client.chat.postMessage({
      channel: to.channel,
      ...(to.thread === undefined ? {} : { thread_ts: to.thread }),
      text: lines[0] ?? '',
      blocks: paragraphs(lines),
      unfurl_links: false,
      unfurl_media: false,
    });
  const posted = await callSlack('chat.postMessage', call, { clock, patienceMs: MESSAGE_MS });
  return { channel: posted.channel ?? to.channel, ts: posted.ts ?? '' };
}

/** @param wait how long a rate limit may hold it up @throws AppError `chat.*` */
export async function editLines(
  { client, clock }: SlackDeps,
  at: { channel: string; ts: string },
  lines: string[],
  wait: { patienceMs: number; signal?: AbortSignal },
): Promise<void> {
  const call = () => client.chat.update({ ...at, text: lines[0] ?? '', blocks: paragraphs(lines) });
  await callSlack('chat.update', call, { clock, ...wait });
}
