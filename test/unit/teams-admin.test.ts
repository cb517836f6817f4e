/** Admin by chat in Teams: commands in the personal chat, and what the buttons of their cards do, over a real application. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTeamsAdmin, type TeamsAdmin, type TeamsAdminDeps } from '../../bots/teams/admin.ts';
import { channelIn, commandIn, plainLink, precisionIn } from '../../bots/teams/admin-command.ts';
import { adminWords, own } from '../../bots/teams/admin-words.ts';
import { statusCard, SOURCES_A_PAGE } from '../../bots/teams/home-card.ts';
import { formCard, previewCard } from '../../bots/teams/admin-add-card.ts';
import { labelCard } from '../../bots/teams/admin-automatic-card.ts';
import { EMPTY } from '../../bots/source-form.ts';
import { STALLED_MS } from '../../bots/sync-threads.ts';
import type { Card, TeamsMessage } from '../../bots/teams/activity.ts';
import type { WiredApp } from '../../src/app.ts';
import type { SourceStatus } from '../../src/app-contract.ts';
import type { AutomaticState, ChatApp, ChatPerson, SilentAnswer } from '../../src/chat/chat-app.ts';
import { AppError } from '../../src/errors.ts';
import type { Log } from '../../src/types.ts';
import { createFakeApp } from '../fakes/app.ts';
import { never, openApp } from '../fakes/open-app.ts';
import { actionsOf, cardProblems, cardTexts, inputsIn } from '../fakes/teams-cards.ts';

const TENANT = '0f0f0f0f-1111-4222-8333-444444444444';
const ANN = 'a0000000-0000-4000-8000-000000000001';
const BOB = 'b0000000-0000-4000-8000-000000000002';
/** Waits pass so many times as fast. */
const FAST = 50;

interface Message {
  id: string;
  person: string;
  card: Card;
  at: { where: { serviceUrl: string; conversation: string }; id: string };
  replyTo: string | undefined;
  /** When it was edited. */
  edits: number[];
}

interface Options {
  change?: (app: WiredApp) => Partial<WiredApp>;
  chat?: (chat: ChatApp) => Partial<ChatApp>;
  language?: string;
  env?: Record<string, string>;
}

/** Ann is an admin, Bob an employee. */
async function start(options: Options = {}) {
  const { app, folder, close } = await openApp(options.env);
  const admins = new Set([ANN]);
  const known = new Map<string, boolean>();
  const messages: Message[] = [];
  /** All that Teams was given, and all that was logged. */
  const sent: unknown[] = [];
  const logged: unknown[] = [];
  const failing = { edits: 0 };
  const write = (fields: Record<string, unknown>, message: string): void => void logged.push([fields, message]);
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
  const clock = {
    ahead: 0,
    now: () => Date.now() + clock.ahead,
    sleep: (ms: number, signal?: AbortSignal) => wait(ms / FAST, undefined, signal ? { signal } : {}),
  };
  const cardIn = (message: TeamsMessage): Card => {
    sent.push(structuredClone(message));
    const card = message.attachments?.[0]?.content;
    if (!card) throw new Error('a message without a card');
    return checked(card);
  };
  const deps: TeamsAdminDeps = {
    app: {
      ...app,
      ...options.change?.(app),
      chat: { ...app.chat, isAdmin: ({ id }) => known.get(id) ?? false, ...options.chat?.(app.chat) },
    },
    tenant: TENANT,
    whoIs(id, { fresh } = {}): Promise<ChatPerson> {
      if (fresh || !known.has(id)) known.set(id, admins.has(id));
      return app.chat.meet({ platform: 'teams', workspace: TENANT, id, member: true });
    },
    languageOf: async () => options.language ?? 'en',
    async say(person, message, replyTo) {
      const card = cardIn(message);
      const id = `m${messages.length + 1}`;
      const at = { where: { serviceUrl: 'https://smba.trafficmanager.net/emea/', conversation: `a:${person}` }, id };
      messages.push({ id, person, card, at, replyTo, edits: [] });
      return at;
    },
    async edit(at, message) {
      if (failing.edits > 0) {
        failing.edits--;
        throw new AppError({ code: 'chat.unavailable', message: 'down', retryable: true });
      }
      const there = messages.find(({ id }) => id === at.id);
      if (!there || there.at.where.conversation !== at.where.conversation || there.at.where.serviceUrl !== at.where.serviceUrl)
        throw new AppError({ code: 'chat.gone', message: 'no such message' });
      there.card = cardIn(message);
      there.edits.push(Date.now());
    },
    log,
    clock,
  };
  const running: TeamsAdmin[] = [];
  const again = (): TeamsAdmin => {
    running.push(createTeamsAdmin(deps));
    return running.at(-1)!;
  };
  again();
  onTestFinished(async () => {
    for (const one of running) await one.close();
    await close();
  });
  const until = async <T>(what: () => T | undefined | false, why: string): Promise<T> => {
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
  const it = {
    app,
    folder,
    admins,
    messages,
    sent,
    logged,
    failing,
    clock,
    until,
    /** As after a restart: the process before may or may not have been closed. */
    again,
    get admin() {
      return running.at(-1)!;
    },
    /** What a command is answered with. */
    async command(person: string, text: string, more: { personal?: boolean; channel?: string } = {}): Promise<Message> {
      const before = messages.length;
      expect(await it.admin.command({ person, text, personal: true, ...more })).toBe(true);
      const said = await until(() => messages[before], `an answer to ${text}`);
      expect(said.person).toBe(person);
      return said;
    },
    /** Presses the button of this verb that stands there, with what is filled in, as Teams sends it. */
    async press(message: Message, verb: string, filled: Record<string, string> = {}, n = 0): Promise<string> {
      const button = actionsOf(message.card).filter((one) => one['verb'] === `docent.admin.${verb}`)[n];
      if (!button) throw new Error(`no button ${verb} in ${textOf(message.card)}`);
      const inputs = button['associatedInputs'] === 'none' ? [] : inputsIn(message.card);
      for (const name of Object.keys(filled)) if (!inputs.some(({ id }) => id === name)) throw new Error(`no field ${name}`);
      const values = Object.fromEntries(inputs.map(({ id, value }) => [String(id), filled[String(id)] ?? value ?? '']));
      const data = { ...values, ...(button['data'] as object) };
      const card = await it.admin.press({ person: message.person, verb: String(button['verb']), data, at: message.at });
      sent.push(structuredClone(card));
      message.card = checked(card);
      return textOf(card);
    },
    /** Waits until a message says this. */
    shows: (message: Message, what: string | RegExp): Promise<string> =>
      until(
        () => {
          const text = textOf(message.card);
          return (typeof what === 'string' ? text.includes(what) : what.test(text)) && text;
        },
        `«${String(what)}»`,
      ),
  };
  return it;
}
type Started = Awaited<ReturnType<typeof start>>;

/** As Teams takes it; and what buttons carry are ids alone. */
function checked(card: Card): Card {
  expect(cardProblems(card)).toEqual([]);
  for (const { data } of actionsOf(card))
    for (const [name, value] of Object.entries((data ?? {}) as object)) {
      expect(['id', 'page', 'channel']).toContain(name);
      expect(value).toMatch(/^[\w:@./-]{0,300}$/);
    }
  for (const one of cardTexts(card)) expect(one).not.toMatch(/\{\w+\}|undefined|NaN/);
  return card;
}
const textOf = (card: Card): string =>
  cardTexts(card)
    .join('\n')
    .replaceAll('\u2060', '')
    .replaceAll(/\\(?=[^\w\s])/g, '');

/** A handbook of three pages, one of which cannot be read. */
function handbook({ folder }: Started, name = 'handbook'): string {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'leave.md'), '# Annual leave\n\nEveryone has thirty days of paid annual leave each year.\n');
  writeFileSync(
    join(place, 'travel.md'),
    '# Travel <at>everyone</at> [x](https://evil.example)\n\nHotels are booked through the travel desk.\n',
  );
  writeFileSync(join(place, 'scan.pdf'), 'this is no PDF');
  return place;
}

describe('what is a command', () => {
  test.each([
    ['help', 'help'],
    [' STATUS ', 'status'],
    ['docent', 'help'],
    ['/docent', 'help'],
    ['Docent add https://wiki.example.com', 'add'],
    ['/docent sync “Our wiki”', 'sync'],
    ['docent recent', 'recent'],
    ['docent automatic 90', 'automatic'],
    ['/docent dance', 'unknown'],
    ['/docent status please', 'status'],
  ])('%s: yes', (text, verb) => expect(commandIn(text)?.verb).toBe(verb));

  test.each([
    'help me',
    'what is the status',
    'docent, how many days of leave do I have?',
    'docent help me find the travel policy',
    'docent status of my application',
    'docent remove my name from the list?',
    'docent 如何请假？',
    'docentadd x',
    'sync',
    '',
  ])('%s: a question', (text) => expect(commandIn(text)).toBeUndefined());

  test('is told before anything is looked up', async () => {
    let asked = 0;
    const it = await start({ change: (app) => ({ listSources: () => ((asked += 1), app.listSources()) }) });
    expect(await it.admin.command({ person: ANN, text: 'How many days of leave?', personal: true })).toBe(false);
    const told = it.admin.command({ person: ANN, text: 'status', personal: true });
    expect(asked).toBe(0);
    expect(await told).toBe(true);
    await it.until(() => asked === 1 && it.messages[0], 'the answer');
  });

  test('a channel is read from its link or id, of this directory alone', () => {
    const id = '19:abc_DEF-1.2@thread.tacv2';
    const link = `https://teams.microsoft.com/l/channel/${encodeURIComponent(id)}/General?groupId=x&tenantId=${TENANT}`;
    expect(channelIn(link, TENANT)).toBe(id);
    expect(channelIn(`[General](${link})`, TENANT)).toBe(id);
    expect(channelIn(id, TENANT)).toBe(id);
    for (const no of [link.replace(TENANT, 'other'), '19:x@unq.gbl.spaces', `https://evil.example/l/channel/%E0%A4%A/x`, 'General', ''])
      expect(channelIn(no, TENANT)).toBeUndefined();
    expect(precisionIn(`${id} 90 %`)).toEqual({ channel: id, wanted: 0.9 });
    expect(precisionIn('0.95')).toEqual({ channel: '', wanted: 0.95 });
    expect(precisionIn(`${id} off`)).toEqual({ channel: id, wanted: 'off' });
    expect(precisionIn(id)).toEqual({ channel: id });
    expect(plainLink('<https://x.example>')).toBe('https://x.example');
  });

  test('Docent’s own texts become Markdown before anything is filled in', () => {
    expect(own('*{name}* is `x y`; <{url}|there>. _this_ 30 6 * * 1-5')).toBe('**{name}** is **x y**; [there]({url}). _this_ 30 6 * * 1-5');
  });
});

describe('commands', () => {
  test('tell everyone what Docent knows, and nobody but an admin what admins do', async () => {
    const it = await start();
    await it.app.addSource({ location: handbook(it), name: 'Handbook' });
    await it.app.addSource({ location: handbook(it, 'secret'), name: 'Secret plans', readers: 'group:board' });
    await it.app.syncNow([], { signal: never() });

    const forBob = await it.command(BOB, 'status', { personal: false });
    expect(textOf(forBob.card)).toContain('2 documents from one source');
    expect(textOf(forBob.card)).toMatch(/Handbook.* · synced just now/);
    expect(textOf(forBob.card)).toContain('You have not asked anything yet');
    expect(textOf(forBob.card)).not.toContain('Secret');
    expect(actionsOf(forBob.card).map(({ verb }) => verb)).toEqual(['docent.admin.status']);
    const help = textOf((await it.command(BOB, 'help')).card);
    expect(help).toContain('**docent recent**');
    expect(help).not.toContain('remove');
    for (const tried of ['add x', 'sync Handbook', 'pause Handbook', 'remove Handbook', 'doctor', 'automatic'])
      expect(textOf((await it.command(BOB, `docent ${tried}`)).card)).toContain('Only admins');
    expect((await it.app.showSource('Handbook'))?.source.pausedAt).toBeNull();

    const forAnn = await it.command(ANN, 'status');
    expect(textOf(forAnn.card)).toContain('Secret plans');
    expect(textOf(forAnn.card)).toMatch(/⚠️ 1 not read\n2 documents/);
    expect(textOf((await it.command(ANN, 'help')).card)).toContain('**docent automatic**');
    expect(textOf((await it.command(ANN, '/docent dance')).card)).toContain('I do not know **dance**');
    it.admins.delete(ANN);
    expect(await it.press(forAnn, 'status')).not.toContain('Secret plans');
  });

  test('sync, pause and resume by name, and say which names there are', async () => {
    const it = await start();
    const said = async (text: string) => textOf((await it.command(ANN, `docent ${text}`)).card);
    expect(await said('sync')).toContain('There is no source yet');
    await it.app.addSource({ location: handbook(it), name: 'Our Handbook' });
    expect(await said('pause')).toContain('“Our Handbook”');
    expect(await said('pause Wiki')).toContain('There is no source “Wiki”. There are: “Our Handbook”');
    expect(await said('PAUSE “our handbook”')).toContain('is paused');
    expect((await it.app.showSource('Our Handbook'))?.source.pausedAt).not.toBeNull();
    expect(await said('resume Our Handbook')).toContain('by its schedule again');
    expect(await said('sync Our Handbook')).toContain('is read again now');
    expect((await it.app.showSource('Our Handbook'))?.syncing).toBe(true);
    const doctor = await it.command(ANN, 'docent doctor');
    expect(await it.shows(doctor, /✓ \*\*node/)).toContain('How Docent is');
  });

  test('recent: what somebody asked, and how it went', async () => {
    const it = await start({
      chat: () => ({
        recentQuestions: async (_, limit) => [
          {
            questionId: 'q',
            text: `[leave](https://evil.example) ${limit}`,
            askedAt: Date.now() - 7_200_000,
            status: 'unanswered',
            origin: null,
          },
        ],
      }),
    });
    const said = await it.command(BOB, 'docent recent');
    expect(textOf(said.card)).toContain('10 · not found · 2 hours ago');
    expect(JSON.stringify(said.card)).not.toContain('](https://evil');
  });
});

describe('buttons', () => {
  test('remove only what was confirmed, by somebody who is an admin then', async () => {
    const it = await start();
    await it.app.addSource({ location: handbook(it), name: 'Handbook' });
    const said = await it.command(ANN, 'docent remove handbook');
    expect(textOf(said.card)).toContain('Remove **Handbook** with its');
    expect(await it.app.listSources()).toHaveLength(1);
    it.admins.delete(ANN);
    expect(await it.press(said, 'remove-yes')).toContain('Only admins');
    expect(await it.app.listSources()).toHaveLength(1);

    it.admins.add(ANN);
    const status = await it.command(ANN, 'status');
    expect(await it.press(status, 'remove')).toContain('Remove this source?');
    expect(await it.press(status, 'keep')).toContain('Nothing was removed');
    await it.press(status, 'remove');
    expect(await it.press(status, 'remove-yes')).toContain('and its documents were removed');
    expect(await it.app.listSources()).toHaveLength(0);
    // Whoever opens the chat again sees that, too.
    await it.until(() => status.edits.length === 1, 'the edit');
    expect(textOf(status.card)).toContain('No source yet');
  });

  test('sync, pause and resume a source, and leaf through many', async () => {
    const it = await start();
    for (let n = 0; n <= SOURCES_A_PAGE; n++) await it.app.addSource({ location: handbook(it, `h${n}`), name: `Handbook ${n}` });
    const status = await it.command(ANN, 'status');
    expect(textOf(status.card)).toContain(`1 to ${SOURCES_A_PAGE} of ${SOURCES_A_PAGE + 1}`);
    expect(textOf(status.card)).not.toContain(`Handbook ${SOURCES_A_PAGE}`);
    expect(await it.press(status, 'pause')).toContain('**Handbook 0** is paused');
    await it.press(status, 'status', {}, 0);
    const last = `Handbook ${SOURCES_A_PAGE}`;
    expect(textOf(status.card)).toContain(last);
    expect(await it.press(status, 'sync')).toContain(`**${last}** is read again now`);
    expect((await it.app.showSource(last))?.syncing).toBe(true);
    expect((await it.app.showSource('Handbook 0'))?.source.pausedAt).not.toBeNull();
  });

  test('begin adding and checking in messages of their own', async () => {
    const it = await start();
    const status = await it.command(ANN, 'status');
    expect(await it.press(status, 'add-form')).toContain('The form stands below');
    const form = await it.until(() => it.messages[1], 'the form');
    expect(inputsIn(form.card).map(({ id }) => id)).toEqual(['location', 'kind', 'name', 'readers', 'schedule']);
    await it.press(status, 'doctor');
    const doctor = await it.until(() => it.messages[2], 'the findings');
    await it.shows(doctor, /✓ \*\*node/);
  });

  test('that are forged, or of another bot, do nothing', async () => {
    const it = await start();
    await it.app.addSource({ location: handbook(it), name: 'Handbook' });
    const { source } = (await it.app.listSources())[0]!;
    const all = [
      'sync',
      'pause',
      'remove-yes',
      'add',
      'change',
      'look',
      'preview',
      'automatic-save',
      'label-right',
      'automatic-off-yes',
      'x',
      '',
    ];
    for (const verb of all)
      for (const data of [{ id: source.id }, { id: '__proto__' }, { id: { toString: 'x' } }, {}, { id: 'x'.repeat(9000), page: 'NaN' }])
        checked(await it.admin.press({ person: BOB, verb: `docent.admin.${verb}`, data: data as Record<string, unknown> }));
    checked(await it.admin.press({ person: ANN, verb: 'docent.hide', data: { id: source.id } }));
    expect(await it.app.listSources()).toHaveLength(1);
    expect((await it.app.showSource('Handbook'))?.source.pausedAt).toBeNull();
    expect((await it.app.showSource('Handbook'))?.syncing).toBe(false);
  });
});

describe('adding a source', () => {
  const openForm = (it: Started, location: string) => it.command(ANN, `docent add ${location}`);

  test('shows what is there, adds it once it is confirmed, and tells how far it is', async () => {
    const it = await start();
    const form = await openForm(it, handbook(it));
    expect(textOf(form.card)).toContain('Recognised: **Folder**');
    await it.press(form, 'preview', { name: 'Handbook', readers: 'own', schedule: '@hourly' });
    expect(textOf(form.card)).toContain('Name at least one group or person');
    await it.press(form, 'preview', { readersOwn: 'group:hr' });
    const preview = await it.shows(form, 'Add this source?');
    expect(preview).toContain('**3 documents**');
    expect(preview).toContain('Annual leave: 1 passage\n');
    expect(preview).toContain('⚠️ scan.pdf');
    expect(preview).toContain('Readable by the group hr');
    expect(preview).toContain('every hour');
    expect(JSON.stringify(form.card)).not.toMatch(/<at>|\]\(https:\/\/evil/);
    expect(await it.app.listSources()).toHaveLength(0);

    await it.press(form, 'add');
    await it.shows(form, '**Handbook** was added');
    const [added] = await it.app.listSources();
    expect(added?.source).toMatchObject({ name: 'Handbook', readers: ['group:hr'], schedule: '@hourly', kind: 'folder' });
    const [, parent, thread] = it.messages;
    expect(textOf(parent!.card)).toContain('You added **Handbook** (Folder), readable by the group hr');
    expect(thread!.replyTo).toBe(parent!.id);
    expect(textOf(thread!.card)).toContain('Waits for its turn');
    expect(await it.app.chat.syncNotes.list('slack')).toEqual([]);
    expect(await it.app.chat.syncNotes.list('teams')).toMatchObject([
      { platform: 'teams', workspace: TENANT, person: ANN, thread: thread!.id },
    ]);

    await it.app.workOnce(never());
    await it.shows(thread!, /Done: 2 documents read in \d+ s, 1 could not be read/);
    const failures = await it.until(() => it.messages[3], 'the failures');
    expect(textOf(failures.card)).toMatch(/Could not be read:\*\*\n• scan\.pdf: /);
    expect(await it.app.chat.syncNotes.list('teams')).toEqual([]);
  });

  test('says what is wrong at the field where it can be mended, and keeps what was filled in', async () => {
    const it = await start();
    await it.app.addSource({ location: handbook(it), name: 'Handbook' });
    const form = await openForm(it, '');
    const problem = async (filled: Record<string, string>): Promise<[string, string]> => {
      await it.press(form, 'preview', filled);
      await it.until(() => JSON.stringify(form.card).includes('problem-'), 'what is wrong');
      const body = form.card.body as Record<string, unknown>[];
      const at = body.findIndex(({ id }) => String(id).startsWith('problem-'));
      return [String(body[at - 1]?.['id']), textOf(form.card)];
    };
    expect(await problem({})).toMatchObject(['location', expect.stringContaining('Give a folder or a link')]);
    expect(await problem({ location: 'no/such/folder' })).toMatchObject(['location', expect.stringContaining('there is no folder')]);
    expect(await problem({ location: it.folder, schedule: 'own' })).toMatchObject(['cron', expect.stringContaining('Give the times')]);
    expect(await problem({ cron: 'daily' })).toMatchObject(['cron', expect.stringContaining('five fields')]);
    expect(await problem({ location: handbook(it), name: 'Handbook', schedule: '@hourly' })).toMatchObject([
      'name',
      expect.stringContaining('choose another name'),
    ]);
    expect(inputsIn(form.card).find(({ id }) => id === 'name')?.['value']).toBe('Handbook');
    expect(await problem({ name: 'x', location: 'http://127.0.0.1/' })).toMatchObject(['location', expect.stringContaining('127.0.0.1')]);
    expect(await it.app.listSources()).toHaveLength(1);
  });

  test('keeps a credential in no card, message or log, and sends it to the place that it was given for alone', async () => {
    const given: unknown[] = [];
    const refuse = { next: true };
    const it = await start({
      env: { PUBLIC_URL: 'https://docent.example.com' },
      change: (app) => ({
        async previewSource(input, run) {
          given.push(input.credential);
          if (refuse.next)
            throw new AppError({ code: 'source.credential', message: 'refused', publicMessage: 'The token is not accepted.' });
          return app.previewSource({ location: handbook(it), name: 'Notion' }, run);
        },
        async addSource(input) {
          given.push(input.credential);
          return app.addSource({ location: handbook(it), name: 'Notion' });
        },
      }),
    });
    const form = await openForm(it, 'https://www.notion.so/acme/HR-0123456789abcdef0123456789abcdef');
    const shown = textOf(form.card);
    expect(shown).toContain('Sign in to Notion');
    expect(shown).toContain('Teams does not hide it on every device');
    expect(shown).toContain('[add this source there](https://docent.example.com/sources/new)');
    expect(await it.press(form, 'preview')).toContain('has to be signed in to');
    expect(given).toEqual([]);

    const SECRET = 'ntn-the-secret-token';
    const fields = inputsIn(form.card).filter(({ id }) => String(id).startsWith('credential.notion.'));
    expect(fields.at(-1)).toMatchObject({ style: 'password' });
    const typed = Object.fromEntries(fields.map(({ id }) => [String(id), SECRET]));
    // Something else is wrong: the token need not be typed again.
    expect(await it.press(form, 'preview', { ...typed, schedule: 'own' })).toContain('What you gave is kept');
    await it.press(form, 'preview', { schedule: '@hourly' });
    await it.shows(form, 'The token is not accepted');
    expect(textOf(form.card)).toContain('What you gave is kept');
    refuse.next = false;
    await it.press(form, 'preview');
    await it.shows(form, 'Add this source?');
    await it.press(form, 'change');
    expect(textOf(form.card)).toContain('What you gave is kept');
    await it.press(form, 'preview');
    await it.shows(form, 'Add this source?');
    await it.press(form, 'add');
    await it.shows(form, 'was added');
    expect(given).toHaveLength(4);
    for (const credential of given) expect(Object.values(credential as object)).toContain(SECRET);

    // Another host is not given it.
    const other = await openForm(it, 'https://www.notion.so/acme/HR-0123456789abcdef0123456789abcdef');
    await it.press(other, 'preview', { ...typed, schedule: 'own' });
    expect(
      await it.press(other, 'preview', { location: 'https://notion.so/acme/HR-0123456789abcdef0123456789abcdef', schedule: '@hourly' }),
    ).toContain('has to be signed in to');
    expect(given).toHaveLength(4);
    expect(JSON.stringify([it.sent, it.logged])).not.toContain(SECRET);
  });

  test('is for admins at each step, and a draft for whoever began it', async () => {
    const it = await start();
    const form = await openForm(it, handbook(it));
    it.admins.delete(ANN);
    const filled = { location: handbook(it), readers: 'everyone' };
    expect(textOf(await it.admin.press({ person: ANN, verb: 'docent.admin.preview', data: filled, at: form.at }))).toContain('Only admins');
    it.admins.add(ANN);
    // Nobody has looked at it yet.
    const { data } = actionsOf(form.card).find(({ verb }) => verb === 'docent.admin.preview')!;
    const unseen = { ...(data as Record<string, unknown>), ...filled };
    expect(textOf(await it.admin.press({ person: ANN, verb: 'docent.admin.add', data: unseen }))).toContain('is gone');
    await it.press(form, 'preview');
    await it.shows(form, 'Add this source?');
    const add = actionsOf(form.card).find(({ verb }) => verb === 'docent.admin.add')!;
    it.admins.add(BOB);
    const stolen = await it.admin.press({ person: BOB, verb: 'docent.admin.add', data: add['data'] as Record<string, unknown> });
    expect(textOf(stolen)).toContain('is gone');
    it.admins.delete(ANN);
    expect(await it.press(form, 'add')).toContain('Only admins');
    expect(await it.app.listSources()).toHaveLength(0);
  });

  test('a second press adds nothing more', async () => {
    const it = await start();
    const form = await openForm(it, handbook(it));
    await it.press(form, 'preview');
    await it.shows(form, 'Add this source?');
    const twin = { ...form };
    await Promise.all([it.press(form, 'add'), it.press(twin, 'add')]);
    await it.shows(form, 'was added');
    expect(await it.app.listSources()).toHaveLength(1);
    expect(it.messages).toHaveLength(3);
  });

  test('a look that takes long is answered at once and shown where the form stands, and Cancel ends it', async () => {
    let go: () => void = () => undefined;
    let ended = false;
    let began = 0;
    const it = await start({
      change: (app) => ({
        async previewSource(input, run) {
          began++;
          run.signal.addEventListener('abort', () => (ended = true));
          await new Promise<void>((resolve, reject) => {
            go = resolve;
            run.signal.addEventListener('abort', () => reject(run.signal.reason as Error));
          });
          return app.previewSource(input, run);
        },
      }),
    });
    const form = await openForm(it, handbook(it));
    const from = Date.now();
    const said = await it.press(form, 'preview');
    expect((Date.now() - from) * FAST).toBeLessThan(5000 * 4);
    expect(said).toContain('I am looking at what is there');
    // Asked again, it is the same look.
    expect(await it.press(form, 'look')).toContain('I am looking');
    expect(began).toBe(1);
    // Two presses wait for it, and the edit of each fails once.
    it.failing.edits = 2;
    go();
    await it.shows(form, 'Add this source?');

    const second = await openForm(it, handbook(it, 'other'));
    await it.press(second, 'preview');
    expect(await it.press(second, 'cancel')).toContain('Nothing was added');
    expect(ended).toBe(true);
    await it.clock.sleep(10_000);
    expect(textOf(second.card)).toContain('Nothing was added');
  });

  test('tells what was found so far, not more often than every three seconds', async () => {
    let tell: (documents: number) => void = () => undefined;
    const it = await start({
      change: () => ({
        previewSource: (_, { onProgress, signal }) => {
          tell = onProgress!;
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
        },
      }),
    });
    const form = await openForm(it, handbook(it));
    await it.press(form, 'preview');
    for (let n = 1; n < 40; n++) {
      tell(n);
      it.clock.ahead += 500;
      await wait(2);
    }
    await it.shows(form, /\d+ documents found so far/);
    expect(form.edits.length).toBeLessThanOrEqual(8);
    expect(form.edits.length).toBeGreaterThan(1);
    // This process ends: what was given is gone, and that is said.
    await it.admin.close();
    expect(textOf(form.card)).toContain('is gone. Please begin again');
  });
});

describe('how far a sync is', () => {
  async function add(it: Started): Promise<Message> {
    const form = await it.command(ANN, `docent add ${handbook(it)}`);
    await it.press(form, 'preview', { name: 'Handbook' });
    await it.shows(form, 'Add this source?');
    await it.press(form, 'add');
    await it.shows(form, 'was added');
    return it.messages[2]!;
  }

  test('is said at the end when the process stops, and told on by the next one', async () => {
    const it = await start();
    const thread = await add(it);
    await it.admin.close();
    expect(textOf(thread.card)).toContain('Docent was stopped while it read; 0 documents are read so far');
    it.again();
    await it.app.workOnce(never());
    await it.shows(thread, 'Done: 2 documents');
    await it.until(() => it.messages.length === 4, 'the failures');
  });

  test('of a process that was killed is told on, each directory’s and platform’s by its own, and its end once', async () => {
    const it = await start();
    const foreign = { sourceId: 'gone', person: 'U1', channel: 'D1', parent: '1.1', thread: '1.2', since: 1 };
    await it.app.chat.syncNotes.keep(foreign);
    const elsewhere = { ...foreign, platform: 'teams', workspace: 'another', channel: 'a:x', thread: '7' } as const;
    await it.app.chat.syncNotes.keep(elsewhere);
    const thread = await add(it);
    // The first one is not closed: as if it went on, unheard of.
    it.again();
    it.failing.edits = 1;
    await it.app.workOnce(never());
    await it.shows(thread, 'Done: 2 documents');
    await it.until(() => it.messages.length === 4, 'the failures');
    await it.clock.sleep(20_000);
    expect(it.messages).toHaveLength(4);
    expect(await it.app.chat.syncNotes.list('slack')).toEqual([foreign]);
    expect(await it.app.chat.syncNotes.list('teams')).toEqual([elsewhere]);
  });

  test('after a restart nothing is added unseen', async () => {
    const it = await start();
    const form = await it.command(ANN, `docent add ${handbook(it)}`);
    await it.press(form, 'preview');
    await it.shows(form, 'Add this source?');
    it.again();
    expect(await it.press(form, 'add')).toContain('is gone. Please begin again');
    expect(await it.app.listSources()).toHaveLength(0);
    await it.press(form, 'add-form');
    await it.until(() => it.messages[1], 'a new form');
  });

  test('ends with what was left where nothing moves', async () => {
    const it = await start();
    const thread = await add(it);
    await it.clock.sleep(10_000);
    it.clock.ahead = STALLED_MS;
    await it.shows(thread, 'Nothing has moved for 30 minutes');
  });
});

describe('automatic answers', () => {
  const CHANNEL = '19:general@thread.tacv2';
  const KEY = `teams:${TENANT}/${CHANNEL}`;
  const link = `https://teams.microsoft.com/l/channel/${encodeURIComponent(CHANNEL)}/General?tenantId=${TENANT}`;
  const silent = (id: string): SilentAnswer => ({
    answerId: id,
    question: `Where is [${id}](https://evil.example)?`,
    answer: { text: 'It is *here* [1].\n<at>all</at>', citations: [{ n: 1, title: 'Map `x`' }] } as unknown as SilentAnswer['answer'],
    score: 0.5,
    askedAt: Date.now() - 60_000,
  });

  async function withSilent() {
    const waiting = ['first', 'second'].map(silent);
    const labelled: [string, boolean, string][] = [];
    const it = await start({
      chat: (chat) => ({
        automatic: {
          ...chat.automatic,
          unlabelled: async () => waiting,
          async label(answerId, right, by) {
            labelled.push([answerId, right, by.id]);
            waiting.splice(
              waiting.findIndex((one) => one.answerId === answerId),
              1,
            );
          },
        },
      }),
    });
    return { it, labelled };
  }

  test('an admin chooses a channel and a precision, by card or by command, changes it, and switches it off', async () => {
    const it = await start();
    const states = () => it.app.chat.automatic.states();
    await it.app.chat.automatic.set('slack:T0123456789/C0123456789', 0.9);
    const card = await it.command(ANN, 'docent automatic');
    expect(textOf(card.card)).not.toContain('C0123456789');
    await it.press(card, 'automatic-new');
    expect(await it.press(card, 'automatic-save')).toContain('Choose a channel');
    expect(await it.press(card, 'automatic-save', { channel: 'https://teams.microsoft.com/l/chat/0/0' })).toContain(
      'not a channel that I can',
    );
    expect(await it.press(card, 'automatic-save', { channel: link, wanted: '0.95' })).toContain('silent until 95%');
    expect(await states()).toContainEqual(expect.objectContaining({ channel: KEY, wanted: 0.95 }));
    await it.press(card, 'automatic-change');
    expect(await it.press(card, 'automatic-save', { wanted: '0.8' })).toContain('silent until 80%');
    expect(await it.press(card, 'automatic-off')).toContain('Switch off?');
    expect((await states()).some(({ channel }) => channel === KEY)).toBe(true);
    await it.press(card, 'automatic-off-yes');
    expect((await states()).map(({ channel }) => channel)).toEqual(['slack:T0123456789/C0123456789']);

    expect(textOf((await it.command(ANN, `docent automatic ${link} 90`)).card)).toContain('silent until 90%');
    expect(textOf((await it.command(ANN, `docent automatic ${link} 33`)).card)).toContain('80%, 90%, 95%, 98%');
    expect(textOf((await it.command(ANN, 'docent automatic off', { personal: false, channel: CHANNEL })).card)).not.toContain(
      'silent until',
    );
    expect(textOf((await it.command(ANN, 'docent automatic 90', { personal: false, channel: CHANNEL })).card)).toContain(
      'silent until 90%',
    );
    expect(textOf((await it.command(ANN, 'docent automatic 90', { channel: 'a:1' })).card)).toContain('Choose a channel');
    expect(textOf((await it.command(ANN, 'status')).card)).toContain('silent until 90%');
  });

  test('silent answers are labelled one after the other, by admins alone and only what waits', async () => {
    const { it, labelled } = await withSilent();
    await it.app.chat.automatic.set(KEY, 0.9);
    const card = await it.command(ANN, 'docent automatic');
    expect(await it.press(card, 'automatic-label')).toContain('Where is');
    expect(JSON.stringify(card.card)).not.toMatch(/\]\(https:\/\/evil|<at>/);
    expect(await it.press(card, 'label-skip')).toContain('second');
    await it.press(card, 'label-right');
    const wrong = actionsOf(card.card).find(({ verb }) => verb === 'docent.admin.label-wrong')!;
    await it.press(card, 'label-wrong');
    expect(labelled).toEqual([
      ['second', true, ANN],
      ['first', false, ANN],
    ]);
    expect(textOf(card.card)).toContain('Nothing waits to be labelled');
    for (const person of [ANN, BOB])
      await it.admin.press({ person, verb: 'docent.admin.label-wrong', data: wrong['data'] as Record<string, unknown> });
    expect(labelled).toHaveLength(2);
  });
});

describe('whatever people and documents say', () => {
  const one: SourceStatus = createFakeApp().addFilled('x', []);
  const HOSTILE = [
    '[click](https://evil.example)',
    '![x](https://evil.example/p.png)',
    '<at>everyone</at>',
    '**bold** _it_ `code` # h',
    '{{DATE(2020-01-01T00:00:00Z)}}',
    'https://evil.example',
    '\u202Etxt.exe',
    '</at><a href="javascript:alert(1)">x</a>',
    'a\n\n# heading\n- list',
  ];
  const hostile = fc
    .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'grapheme' })), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join(' '));
  const language = fc.constantFrom('en', 'de', 'zh');
  const words = (of: string) => adminWords(of, () => Date.UTC(2026, 10, 22), 'Europe/Berlin');
  /** Nothing that Markdown or Teams would act on. */
  const harmless = (card: Card): void => {
    checked(card);
    for (const text of cardTexts(card)) {
      expect(text).not.toMatch(/\]\((?!https:\/\/docent\.example\.com\/)/);
      expect(text).not.toMatch(/<\/?(at|a)\b/i);
      expect(text).not.toMatch(/https?:\/\/evil/);
      expect(text).not.toMatch(/\{\{/);
      expect(text).not.toMatch(/[\u202A-\u202E\n]/);
    }
  };

  test('the status keeps to Teams’ limits and lets nothing through', () => {
    fc.assert(
      fc.property(hostile, language, fc.integer({ min: 0, max: 60 }), fc.boolean(), (text, of, many, admin) => {
        const long = text.repeat(1 + (many % 9) * 40);
        const sources = Array.from({ length: many }, (): SourceStatus => ({
          ...one,
          source: { ...one.source, name: long, kind: text, readers: [`group:${text}`, 'everyone'], problem: { since: 1, reason: long } },
        }));
        const state: AutomaticState = {
          channel: 'teams:x/19:x@thread.tacv2',
          wanted: 0.9,
          labelled: 1,
          right: 1,
          from: 0.5,
          lowerBound: 0.9,
        };
        harmless(
          statusCard(
            {
              searched: { documents: 1, sources: sources.map(() => ({ name: long, syncedAt: 1 })) },
              recent: [{ questionId: 'q', text: long, askedAt: 1, status: 'answered', origin: null }],
              member: true,
              page: many,
              channels: new Map([[state.channel, words(of).data(text, 80)]]),
              ...(admin
                ? {
                    admin: {
                      sources,
                      models: { chatModel: null, embeddingModel: null, problem: long, budgetUsd: 1, spentUsd: 2 },
                      automatic: Array.from({ length: 10 }, () => state),
                      triage: false,
                    },
                    consoleUrl: 'https://docent.example.com/',
                  }
                : {}),
            },
            words(of),
          ),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('so do form, preview and label', () => {
    fc.assert(
      fc.property(hostile, language, (text, of) => {
        const long = text.repeat(30);
        const form = formCard(
          {
            values: { ...EMPTY, location: long.slice(0, 1000), name: text.slice(0, 100), readers: 'own', schedule: 'own' },
            connectors: [],
            recognised: {
              kind: 'notion',
              capabilities: { incremental: true, seesDeletions: true, knowsReaders: false },
              blindSpots: [],
              credential: { fields: [{ name: 'token', label: 'Token', secret: true }], required: true, rights: long },
            },
            problem: { field: 'cron', message: long },
            id: 'abc',
            kept: true,
            consoleUrl: 'https://docent.example.com/',
            timeZone: 'Europe/Berlin',
          },
          words(of),
        );
        // What somebody typed stands in its field again as it was typed: a field is no Markdown.
        for (const input of inputsIn(form)) delete input['value'];
        harmless(form);
        const preview = {
          kind: text,
          name: long,
          readers: [`group:${text}`],
          nextSyncAt: 1,
          timeZone: 'Europe/Berlin',
          documents: 3,
          more: false,
          samples: Array.from({ length: 10 }, () => ({ externalId: long, title: long, problem: long })),
          blindSpots: Array.from({ length: 10 }, () => long),
          cost: { model: long },
        } as unknown as Parameters<typeof previewCard>[0]['preview'];
        harmless(previewCard({ id: 'abc', preview, schedule: long, timeZone: long }, words(of)));
        const silent = {
          answerId: 'a',
          question: long,
          answer: { text: Array.from({ length: 90 }, () => long).join('\n'), citations: [{ n: 1, title: long }] },
          score: 1,
          askedAt: 1,
        } as unknown as SilentAnswer;
        const state: AutomaticState = { channel: 'teams:x/y', wanted: 0.9, labelled: 0, right: 0, from: undefined, lowerBound: undefined };
        harmless(labelCard({ state, silent }, 'General', words(of)));
      }),
      { numRuns: 40 },
    );
  });

  test('a hostile name and link come back as words', async () => {
    const it = await start();
    await it.app.addSource({ location: handbook(it), name: '[Free](https://evil.example) <at>all</at>' });
    const said = await it.command(ANN, 'docent pause “[Free](https://evil.example) <at>all</at>”');
    harmless(said.card);
    expect(textOf(said.card)).toContain('is paused');
    harmless((await it.command(ANN, 'docent pause [x](javascript:alert(1))')).card);
    harmless((await it.command(ANN, 'status')).card);
    const form = await it.command(ANN, 'docent add javascript:alert(1)');
    await it.press(form, 'preview', { location: '[x](https://evil.example/)<at>a</at>' });
    const problem = (form.card.body as Record<string, unknown>[]).find(({ id }) => id === 'problem-location');
    expect(String(problem?.['text'])).not.toMatch(/\]\(https|<at>/);
    expect(await it.app.listSources()).toHaveLength(1);
  });

  test('an admin reads it in their language', async () => {
    for (const [of, expected] of [
      ['de', 'Quelle hinzufügen'],
      ['zh', '添加来源'],
    ] as const) {
      const it = await start({ language: of });
      const form = await it.command(ANN, `docent add ${handbook(it)}`);
      expect(textOf(form.card)).toContain(expected);
      await it.press(form, 'preview');
      await it.until(() => actionsOf(form.card).some(({ verb }) => verb === 'docent.admin.add'), 'the preview');
    }
  });
});
