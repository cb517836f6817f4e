/** The admin's part of the Slack bot and the App Home, over the fake Slack and a real application. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { App as Bolt } from '@slack/bolt';
import type { Receiver } from '@slack/bolt';
import type { HomeView, ModalView } from '@slack/types';
import { registerAdmin, type Admin } from '../../bots/slack/admin.ts';
import { slackClient } from '../../bots/slack/client.ts';
import type { SlackDeps, SyncNote } from '../../bots/slack/deps.ts';
import { registerHome, type Home } from '../../bots/slack/home.ts';
import type { WiredApp } from '../../src/app.ts';
import type { ChatApp, ChatPerson } from '../../src/chat/chat-app.ts';
import { openApp } from './open-app.ts';
import { viewProblems } from './slack-blocks.ts';
import { startFakeSlack } from './slack.ts';

type FakeSlack = Awaited<ReturnType<typeof startFakeSlack>>;
type Person = ReturnType<FakeSlack['person']>;

export interface StartedAdmin {
  slack: FakeSlack;
  app: WiredApp;
  folder: string;
  /** Ids of those who are admins now; Docent knows what they were when it looked last. */
  admins: Set<string>;
  /** What `deps.ask` was given. */
  asked: { person: string; text: string; use: string }[];
  /** Takes the place of recording a question. */
  asking: { work(): Promise<void> };
  notes: SyncNote[];
  clock: SlackDeps['clock'] & { ahead: number };
  home: Home;
  admin: Admin;
  /** The same application with another bot: as after a restart. */
  again(): Admin;
  ann: Person;
  bob: Person;
  /** The home tab as Slack has it. */
  homeOf(person: Person): HomeView;
  /** Opens the home tab and waits until it is drawn. */
  opened(person: Person): Promise<HomeView>;
  /** The modal on top. */
  modal(person: Person): ModalView;
  /** Waits until it says this. */
  until<T>(what: () => T | undefined | false, why: string): Promise<T>;
  /** All that stands in a view, as text. */
  text(view: unknown): string;
  /** Hands the bot this payload, as nobody but a forger would; gives what it answers. */
  post(body: Record<string, unknown>): Promise<unknown>;
  close(): Promise<void>;
}

export interface AdminOptions {
  env?: Record<string, string>;
  chat?: (chat: ChatApp) => Partial<ChatApp>;
  change?: (app: WiredApp) => Partial<WiredApp>;
  notes?: SyncNote[];
  locale?: string;
}

/** Ann is an admin, Bob an employee. Waits pass fifty times as fast. */
export async function startAdmin(options: AdminOptions = {}): Promise<StartedAdmin> {
  const slack = await startFakeSlack({ times: { triggerMs: 3000 } });
  const ann = slack.person({ name: 'ann', locale: options.locale ?? 'en-US' });
  const bob = slack.person({ name: 'bob' });
  const { app, folder, close } = await openApp({ ADMIN_USERS: `slack:${slack.team.id}/${ann.id}`, ...options.env });
  const admins = new Set([ann.id]);
  const known = new Map<string, boolean>();
  const asked: StartedAdmin['asked'] = [];
  const asking: StartedAdmin['asking'] = { work: async () => undefined };
  const notes: SyncNote[] = options.notes ?? [];
  const clock: StartedAdmin['clock'] = {
    ahead: 0,
    now: () => Date.now() + clock.ahead,
    sleep: (ms, signal) => wait(ms / 50, undefined, signal ? { signal } : {}),
  };
  const chat: ChatApp = { ...app.chat, isAdmin: ({ id }) => known.get(id) ?? false, ...options.chat?.(app.chat) };
  const client = slackClient(slack.botToken, { apiUrl: slack.url, log: app.log });
  const people = new Map<string, Promise<ChatPerson>>();
  const person: SlackDeps['whoIs'] = (id, { fresh } = {}) => {
    if (fresh || !known.has(id)) known.set(id, admins.has(id));
    const guest = slack.world.people.get(id)?.isRestricted ?? true;
    const met = people.get(id) ?? app.chat.meet({ platform: 'slack', workspace: slack.team.id, id, member: !guest });
    people.set(id, met);
    return met;
  };
  const deps: SlackDeps = {
    app: { ...app, ...options.change?.(app), chat },
    client,
    team: slack.team.id,
    botUser: slack.app.userId,
    whoIs: person,
    languageOf: async (id) => slack.world.people.get(id)?.locale.split('-')[0] ?? 'en',
    async ask(input) {
      asked.push(input);
      await asking.work();
    },
    syncNotes: {
      list: async () => [...notes],
      keep: async (note) => void notes.push(note),
      async drop({ thread }) {
        const at = notes.findIndex((note) => note.thread === thread);
        return at >= 0 && notes.splice(at, 1).length === 1;
      },
    },
    askAgain: async () => undefined,
    share: async () => undefined,
    log: app.log,
    clock,
  };

  let bolt: Bolt;
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const raw = Buffer.concat(parts).toString();
      const form = new URLSearchParams(raw);
      const body = raw.startsWith('{')
        ? JSON.parse(raw)
        : form.has('payload')
          ? JSON.parse(form.get('payload')!)
          : Object.fromEntries(form);
      await bolt.processEvent({
        body,
        ack: async (answer?: unknown) => {
          if (response.writableEnded) return;
          response.setHeader('content-type', 'application/json');
          response.end(answer === undefined || answer === '' ? '' : JSON.stringify(answer));
        },
      });
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  slack.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`);

  const opened: { home: Home; admin: Admin }[] = [];
  function connect(): { home: Home; admin: Admin } {
    const receiver: Receiver = { init: () => undefined, start: async () => undefined, stop: async () => undefined };
    bolt = new Bolt({
      receiver,
      authorize: async () => ({ botToken: slack.botToken, botId: slack.app.botId, botUserId: slack.app.userId, teamId: slack.team.id }),
      clientOptions: { slackApiUrl: slack.url },
    });
    const home = registerHome(bolt, deps);
    const admin = registerAdmin(bolt, deps, { onSources: (id) => home.refresh(id) });
    opened.push({ home, admin });
    return { home, admin };
  }
  const first = connect();

  const homeOf = (who: Person): HomeView => {
    const kept = slack.world.homes.get(who.id);
    if (!kept) throw new Error('no home is published');
    return shown(kept.view as unknown as HomeView);
  };
  const shown = <V extends HomeView | ModalView>(view: V): V => {
    const sent = { ...view } as Record<string, unknown>;
    const known = ['type', 'title', 'submit', 'close', 'blocks', 'private_metadata', 'callback_id', 'notify_on_close', 'clear_on_close'];
    for (const name of Object.keys(sent)) if (!known.includes(name) || sent[name] === null) delete sent[name];
    const problems = viewProblems(sent);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return view;
  };
  const until: StartedAdmin['until'] = async (what, why) => {
    for (let n = 0; n < 1200; n++) {
      try {
        const found = what();
        if (found) return found;
      } catch {
        // not there yet
      }
      await wait(10);
    }
    throw new Error(`it did not come: ${why}`);
  };

  return {
    slack,
    app,
    folder,
    admins,
    asked,
    asking,
    notes,
    clock,
    ...first,
    again: () => connect().admin,
    ann,
    bob,
    homeOf,
    async opened(who) {
      await slack.push.appHomeOpened({ user: who.id });
      await until(() => slack.world.homes.get(who.id), 'the home');
      await first.home.settled();
      return homeOf(who);
    },
    modal(who) {
      const view = slack.viewsOf(who).at(-1);
      if (!view) throw new Error('no modal is open');
      return shown(view.view as unknown as ModalView);
    },
    until,
    post: (body) =>
      new Promise((resolve, reject) => bolt.processEvent({ body, ack: async (answer?: unknown) => resolve(answer) }).catch(reject)),
    text: (view) => textIn(view).replaceAll('\u2060', ''),
    async close() {
      for (const one of opened) {
        await one.home.close();
        await one.admin.close();
      }
      await new Promise((resolve) => server.close(resolve));
      await slack.close();
      await close();
    },
  };
}

function textIn(held: unknown): string {
  if (Array.isArray(held)) return held.map(textIn).join('\n');
  if (typeof held !== 'object' || held === null) return '';
  return Object.entries(held)
    .map(([name, value]) => (typeof value === 'string' ? (name === 'text' || name === 'initial_value' ? value : '') : textIn(value)))
    .filter(Boolean)
    .join('\n');
}
