/** The App Home: what everyone sees, what admins see besides, and what its buttons do. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adminWords } from '../../bots/slack/admin-words.ts';
import { formModal, previewModal } from '../../bots/slack/admin-add-view.ts';
import { labelModal } from '../../bots/slack/admin-automatic-view.ts';
import { homeView, SOURCES_A_PAGE, type HomeData } from '../../bots/slack/home-view.ts';
import { EMPTY } from '../../bots/source-form.ts';
import type { SourceStatus } from '../../src/app-contract.ts';
import { AppError } from '../../src/errors.ts';
import type { AutomaticState, SilentAnswer } from '../../src/chat/chat-app.ts';
import { chatAdminDe } from '../../src/strings/chat-admin-de.ts';
import { chatAdminEn } from '../../src/strings/chat-admin-en.ts';
import { chatAdminZh } from '../../src/strings/chat-admin-zh.ts';
import { sayInChat } from '../../src/strings/chat.ts';
import { createFakeApp } from '../fakes/app.ts';
import { never } from '../fakes/open-app.ts';
import type { StartedAdmin } from '../fakes/slack-admin.ts';
import { start } from '../fakes/started-admin.ts';
import { textsOf, viewProblems } from '../fakes/slack-blocks.ts';

async function addSource(it: StartedAdmin, name: string, readers = 'everyone'): Promise<string> {
  const place = join(it.folder, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'leave.md'), `# Annual leave\n\nEveryone at ${name} has thirty days of paid annual leave.\n`);
  const { id } = await it.app.addSource({ location: place, name, readers });
  return id;
}
/** What Slack would deliver of a button in Ann's home that need not stand there. */
const forgedPress = (it: StartedAdmin, actionId: string, value: string) => ({
  type: 'block_actions',
  team: { id: it.slack.team.id, domain: 'x' },
  user: { id: it.ann.id, name: 'ann' },
  api_app_id: it.slack.app.id,
  token: 'x',
  trigger_id: 'x',
  container: { type: 'view' },
  view: it.slack.world.homes.get(it.ann.id)!.view,
  actions: [{ type: 'button', action_id: actionId, block_id: 'x', action_ts: '1', value }],
});
const press = (it: StartedAdmin, user: { id: string }, actionId: string, value?: string) =>
  it.slack.push.viewAction({ user: user.id, actionId, home: true, ...(value === undefined ? {} : { value }) });

describe('what is seen', () => {
  test('an empty one: an admin adds a first source, others learn whom to ask', async () => {
    const it = await start();
    const forAnn = await it.opened(it.ann);
    expect(it.text(forAnn)).toContain('No source yet. Add the first one');
    const forBob = it.text(await it.opened(it.bob));
    expect(forBob).toContain(`Ask <@${it.ann.id}> to add one`);
    expect(forBob).not.toContain('Add a source');
    expect(forBob).toContain('Who sees questions');
    await press(it, it.ann, 'docent.home-add');
    await it.until(() => it.modal(it.ann).callback_id === 'docent.source-form', 'the form');
  });

  test('an employee sees what everyone may read, a guest what anyone may, and only admins the sources themselves', async () => {
    const it = await start();
    await addSource(it, 'Handbook');
    await addSource(it, 'Board papers', 'group:board');
    await addSource(it, 'Press kit', 'public');
    await it.app.syncNow([], { signal: never() });
    const guest = it.slack.person({ name: 'gus', isRestricted: true });
    const [forAnn, forBob, forGus] = [it.ann, it.bob, guest].map((who) => it.opened(who));
    expect(it.text(await forBob)).toContain('2 documents from 2 sources');
    expect(it.text(await forBob)).toMatch(/\*Handbook\* · synced just now/);
    expect(it.text(await forBob)).not.toMatch(/Board papers|Sync now/);
    expect(it.text(await forGus)).toMatch(/1 document from one source[\s\S]*Press kit/);
    expect(it.text(await forGus)).not.toMatch(/Handbook/);
    expect(it.text(await forAnn)).toMatch(/\*Board papers\* · up to date\n1 document · synced just now · next /);
    expect(it.text(await forAnn)).toContain('No language model is set up');
    expect(it.text(await forAnn)).toContain('TRIAGE_CHANNEL');
  });

  test('the questions of the one who looks, with a link to where they were asked, and nobody else’s', async () => {
    let channel = '';
    let message = '';
    const it = await start({
      chat: () => ({
        recentQuestions: async ({ id }) => [
          {
            questionId: 'q1',
            text: `<!channel> how many days? asked by ${id}`,
            askedAt: Date.now() - 3 * 3_600_000,
            status: 'answered',
            origin: {
              place: { platform: 'slack', workspace: 'T0COMPANY', channel, kind: 'channel', person: id },
              via: 'mention',
              message,
            },
          },
          { questionId: 'q2', text: 'parking?', askedAt: Date.now() - 86_400_000, status: null, origin: null },
        ],
      }),
    });
    const made = it.slack.channel({ members: [it.bob] });
    channel = made.id;
    message = it.slack.push.quietly({ user: it.bob.id, channel, text: 'how many days?' }).ts;
    const text = it.text(await it.opened(it.bob));
    expect(text).toMatch(new RegExp(`asked by ${it.bob.id} · answered · 3 hours ago · <https://[^|>]*${channel}[^|>]*\\|open>`));
    expect(text).toContain('parking? · being answered · yesterday');
    expect(text).not.toContain('<!channel>');
  });

  test('in the language that somebody reads Slack in', async () => {
    const it = await start({ locale: 'zh-CN' });
    expect(it.text(await it.opened(it.ann))).toContain('还没有来源');
    expect(it.text(await it.opened(it.bob))).toContain('Ask me about');
  });

  test('many sources are turned over by pages, and the page stays when a button is pressed', async () => {
    const many = Array.from({ length: 2 * SOURCES_A_PAGE + 3 }, (_, n) => sourceNamed(`Source ${n + 1}`));
    const it = await start({ change: () => ({ listSources: async () => many }) });
    expect(it.text(await it.opened(it.ann))).toContain(`1 to ${SOURCES_A_PAGE} of ${many.length}`);
    await press(it, it.ann, 'docent.home-more');
    await it.until(() => it.text(it.homeOf(it.ann)).includes(`${SOURCES_A_PAGE + 1} to ${2 * SOURCES_A_PAGE} of`), 'the second page');
    await press(it, it.ann, 'docent.home-refresh');
    await it.home.settled();
    expect(it.text(it.homeOf(it.ann))).toContain(`*Source ${SOURCES_A_PAGE + 1}*`);
    await press(it, it.ann, 'docent.home-more');
    await it.until(() => it.text(it.homeOf(it.ann)).includes(`*Source ${many.length}*`), 'the last page');
    expect(it.text(it.homeOf(it.ann))).not.toContain('\nMore');
  });

  test('what cannot be read is said, and can be tried again', async () => {
    let broken = true;
    const it = await start({
      chat: (chat) => ({ searched: async (audience) => (broken ? Promise.reject(new Error('down')) : chat.searched(audience)) }),
    });
    expect(it.text(await it.opened(it.bob))).toContain('could not be drawn');
    broken = false;
    await press(it, it.bob, 'docent.home-refresh');
    await it.until(() => it.text(it.homeOf(it.bob)).includes('What I know'), 'the home');
  });

  test('opened again at once it is not published again, and a late drawing does not go over a newer one', async () => {
    const it = await start();
    await it.opened(it.bob);
    await it.slack.push.appHomeOpened({ user: it.bob.id });
    await it.slack.push.appHomeOpened({ user: it.bob.id, tab: 'messages' });
    await it.home.settled();
    expect(it.slack.calls('views.publish')).toHaveLength(1);
    it.clock.ahead = 10_000;
    await it.slack.push.appHomeOpened({ user: it.bob.id });
    await it.home.settled();
    const last = it.slack.calls('views.publish').at(-1)!;
    expect(last.args['hash']).toBe((it.slack.calls('views.publish')[0]!.answer as { view: { hash: string } }).view.hash);
  });
});

describe('what its buttons do', () => {
  test('a question is asked as if it had been written', async () => {
    const it = await start();
    await it.opened(it.bob);
    await press(it, it.bob, 'docent.home-ask');
    await it.until(() => it.modal(it.bob).callback_id === 'docent.ask', 'the modal');
    const empty = await it.slack.push.viewSubmission({ user: it.bob.id, values: { question: '  ' } });
    expect(empty.errors).toEqual({ question: 'Write a question first.' });
    await it.slack.push.viewSubmission({ user: it.bob.id, values: { question: 'How many days of leave?' } });
    expect(it.asked).toMatchObject([{ person: it.bob.id, text: 'How many days of leave?' }]);
    expect(it.slack.viewsOf(it.bob)).toHaveLength(0);
    await it.until(() => it.text(it.homeOf(it.bob)).includes('Asked.'), 'that it is asked');
  });

  const openAsk = async (it: StartedAdmin, who: { id: string }): Promise<string> => {
    await press(it, who, 'docent.home-ask');
    return it.until(() => it.slack.viewsOf(who.id).find(({ view }) => view.callback_id === 'docent.ask')?.id, 'the modal');
  };

  test('a question is recorded before Slack hears that it came, and a submission that comes twice is the same use', async () => {
    const it = await start();
    await it.opened(it.bob);
    const view = await openAsk(it, it.bob);
    let record = (): void => undefined;
    it.asking.work = () => new Promise((resolve) => (record = resolve));
    let acknowledged = false;
    const sent = it.slack.push.viewSubmission({ user: it.bob.id, values: { question: 'Leave?' } }).then(() => (acknowledged = true));
    await it.until(() => it.asked.length === 1, 'the question');
    await wait(100);
    expect(acknowledged).toBe(false);
    record();
    await sent;
    expect(it.asked[0]!.use).toBe(view);
    await openAsk(it, it.bob);
    it.asking.work = async () => undefined;
    await it.slack.push.viewSubmission({ user: it.bob.id, values: { question: 'Leave?' } });
    expect(it.asked[1]!.use).not.toBe(view);
  });

  test('what takes longer than Slack waits is acknowledged all the same, and told once it is recorded', async () => {
    const it = await start();
    await it.opened(it.bob);
    await openAsk(it, it.bob);
    let record = (): void => undefined;
    it.asking.work = () => new Promise((resolve) => (record = resolve));
    const { delivery } = await it.slack.push.viewSubmission({ user: it.bob.id, values: { question: 'Leave?' } });
    expect(delivery.acknowledged).toBe(true);
    await it.home.settled();
    expect(it.text(it.homeOf(it.bob))).not.toContain('Asked.');
    record();
    await it.until(() => it.text(it.homeOf(it.bob)).includes('Asked.'), 'that it is asked');
  });

  test('what could not be recorded stays in the modal', async () => {
    const it = await start();
    await it.opened(it.bob);
    await openAsk(it, it.bob);
    it.asking.work = () => Promise.reject(new Error('the catalog is locked'));
    const { errors } = await it.slack.push.viewSubmission({ user: it.bob.id, values: { question: 'Leave?' } });
    expect(Object.keys(errors ?? {})).toEqual(['question']);
    expect(it.modal(it.bob).callback_id).toBe('docent.ask');
    expect(it.text(it.homeOf(it.bob))).not.toContain('Asked.');
  });

  test('a limit is told in the words and the language of who asked, in place of "Asked."', async () => {
    const it = await start({ locale: 'de-DE' });
    const limit = (code: string) => (): Promise<void> =>
      Promise.reject(Object.assign(new AppError({ code, message: 'limit', publicMessage: 'In English.' }), { perHour: 7, minutes: 5 }));
    it.asking.work = limit('ask.limit');
    await it.opened(it.ann);
    await openAsk(it, it.ann);
    await it.slack.push.viewSubmission({ user: it.ann.id, values: { question: 'Again?' } });
    const mine = sayInChat('de', 'askLimit', { perHour: 7, minutes: 5 });
    await it.until(() => it.text(it.homeOf(it.ann)).includes(mine), 'the limit');
    it.asking.work = limit('ask.workspace_limit');
    await openAsk(it, it.ann);
    await it.slack.push.viewSubmission({ user: it.ann.id, values: { question: 'Again?' } });
    const ours = sayInChat('de', 'askWorkspaceLimit', { perHour: 7, minutes: 5 });
    await it.until(() => it.text(it.homeOf(it.ann)).includes(ours), 'the limit of all');
  });

  test('an admin syncs, pauses, resumes and removes; the home says so and follows the sync to its end', async () => {
    const it = await start();
    const id = await addSource(it, 'Handbook');
    await it.opened(it.ann);
    await press(it, it.ann, 'docent.home-pause', id);
    await it.until(() => it.text(it.homeOf(it.ann)).includes('· paused'), 'the pause');
    expect(it.text(it.homeOf(it.ann))).toContain('*Handbook* is paused');
    await press(it, it.ann, 'docent.home-resume', id);
    await it.until(() => !it.text(it.homeOf(it.ann)).includes('· paused'), 'the resumption');
    await press(it, it.ann, 'docent.home-sync', id);
    await it.until(() => it.text(it.homeOf(it.ann)).includes('waits to be read'), 'the sync');
    await it.app.workOnce(never());
    await it.until(() => it.text(it.homeOf(it.ann)).includes('up to date\n1 document'), 'the end of the sync');
    await press(it, it.ann, 'docent.home-remove', id);
    await it.until(() => it.text(it.homeOf(it.ann)).includes('No source yet'), 'the removal');
    expect(await it.app.listSources()).toHaveLength(0);
  });

  test('who is no admin any more does nothing with buttons that were drawn for one, and sees them no longer', async () => {
    const it = await start();
    const id = await addSource(it, 'Handbook');
    await it.opened(it.ann);
    it.admins.delete(it.ann.id);
    for (const action of ['pause', 'remove', 'sync']) {
      const before = it.slack.calls('views.publish').length;
      await it.post(forgedPress(it, `docent.home-${action}`, id));
      await it.until(() => it.slack.calls('views.publish').length > before, 'the home');
      await it.home.settled();
      const shown = it.text(it.homeOf(it.ann));
      expect(shown).toContain('Only admins');
      expect(shown).not.toContain('Sync now');
    }
    expect(await it.app.showSource(id)).toMatchObject({ syncing: false, source: { pausedAt: null } });
  });

  test('a button with an id that no source has does nothing, and says so', async () => {
    const it = await start();
    await addSource(it, 'Handbook');
    await it.opened(it.ann);
    await it.post(forgedPress(it, 'docent.home-remove', '*'));
    await it.until(() => it.text(it.homeOf(it.ann)).includes('There is no source'), 'the notice');
    expect(await it.app.listSources()).toHaveLength(1);
  });
});

describe('automatic answers', () => {
  const silent = (answerId: string, question: string): SilentAnswer => ({
    answerId,
    question,
    score: 0.8,
    askedAt: Date.now() - 60_000,
    answer: {
      answerId,
      questionId: 'q',
      threadId: 't',
      status: 'answered',
      language: 'en',
      audience: 'everyone',
      text: 'Thirty days [1].',
      sentences: [],
      citations: [
        {
          n: 1,
          documentId: 'd',
          title: 'Annual leave',
          url: null,
          documentUrl: '/',
          anchor: null,
          quote: 'x',
          source: 's',
          updatedAt: null,
        },
      ],
      closest: [],
      usage: { modelCalls: 0, promptTokens: 0, completionTokens: 0, costUsd: 0, ms: 0 },
    },
  });

  /** The application's part, small: channels with their precision, and what waits for a label. */
  function small() {
    const states = new Map<string, AutomaticState>();
    const waiting = [silent('a1', 'How many days?'), silent('a2', 'Who approves?')];
    const labels: [string, boolean][] = [];
    const automatic = {
      states: async () => [...states.values()],
      wanted: async (channel: string) => states.has(channel),
      async set(channel: string, wanted: number | undefined) {
        if (wanted === undefined) states.delete(channel);
        else states.set(channel, { channel, wanted, labelled: 0, right: 0, from: undefined, lowerBound: undefined });
      },
      unlabelled: async () => waiting.filter(({ answerId }) => !labels.some(([id]) => id === answerId)),
      async label(answerId: string, right: boolean) {
        labels.push([answerId, right]);
        for (const state of states.values()) Object.assign(state, { labelled: labels.length, right: labels.filter(([, ok]) => ok).length });
      },
      shows: async () => false,
    };
    return { automatic, states, labels };
  }

  test('an admin chooses a channel and a precision, changes it, and switches it off', async () => {
    const fake = small();
    const it = await start({ chat: () => ({ automatic: fake.automatic }) });
    const channel = it.slack.channel({ name: 'help', members: [it.ann] });
    const key = `slack:${it.slack.team.id}/${channel.id}`;
    await it.opened(it.ann);
    await addSource(it, 'Handbook');
    await press(it, it.ann, 'docent.home-refresh');
    await it.until(() => it.text(it.homeOf(it.ann)).includes('Automatic answers'), 'the part on automatic answers');
    await press(it, it.ann, 'docent.automatic-add');
    await it.until(() => it.modal(it.ann).callback_id === 'docent.automatic-set', 'the modal');
    await it.slack.push.viewSubmission({ user: it.ann.id, values: { channel: channel.id, wanted: '0.95' } });
    expect(fake.states.get(key)?.wanted).toBe(0.95);
    await it.until(() => it.text(it.homeOf(it.ann)).includes(`<#${channel.id}>: silent until 95% are shown`), 'the channel');

    await press(it, it.ann, 'docent.automatic-change', key);
    await it.until(() => it.modal(it.ann).callback_id === 'docent.automatic-set', 'the modal');
    it.admins.delete(it.ann.id);
    await it.slack.push.viewSubmission({ user: it.ann.id, values: { wanted: '0.8' } });
    expect(it.text(it.modal(it.ann))).toContain('Only admins');
    expect(fake.states.get(key)?.wanted).toBe(0.95);
    it.admins.add(it.ann.id);
    await press(it, it.ann, 'docent.automatic-off', key);
    await it.until(() => fake.states.size === 0, 'the end');
  });

  test('silent answers are labelled one after another, and only those that wait', async () => {
    const fake = small();
    const it = await start({ chat: () => ({ automatic: fake.automatic }) });
    await addSource(it, 'Handbook');
    const key = `slack:${it.slack.team.id}/C0HELP`;
    await fake.automatic.set(key, 0.9);
    await it.opened(it.ann);
    await press(it, it.ann, 'docent.automatic-label', key);
    await it.until(() => it.text(it.modal(it.ann)).includes('How many days?'), 'the first answer');
    expect(it.text(it.modal(it.ann))).toMatch(/Thirty days \[1\][\s\S]*\[1\] Annual leave/);
    await it.slack.push.viewAction({ user: it.ann.id, actionId: 'docent.automatic-skip' });
    await it.until(() => it.text(it.modal(it.ann)).includes('Who approves?'), 'the second answer');
    await it.slack.push.viewAction({ user: it.ann.id, actionId: 'docent.automatic-wrong' });
    await it.until(() => it.text(it.modal(it.ann)).includes('How many days?'), 'what was skipped');
    expect(fake.labels).toEqual([['a2', false]]);
    const { view } = it.slack.viewsOf(it.ann).at(-1)!;
    const forged = (metadata: string, value: string) =>
      it.post({
        type: 'block_actions',
        team: { id: it.slack.team.id, domain: 'x' },
        user: { id: it.ann.id, name: 'ann' },
        api_app_id: it.slack.app.id,
        token: 'x',
        trigger_id: 'x',
        container: { type: 'view' },
        view: { ...view, private_metadata: metadata },
        actions: [{ type: 'button', action_id: 'docent.automatic-right', block_id: 'label', action_ts: '1', value }],
      });
    await forged(key, 'another-answer');
    await forged('slack:T0OTHER/C1', 'a1');
    expect(fake.labels).toEqual([['a2', false]]);
    await it.until(() => it.slack.calls('views.update').length >= 5, 'both were answered');
    await it.slack.push.viewClosed({ user: it.ann.id });
    await press(it, it.ann, 'docent.automatic-label', key);
    await it.until(() => it.text(it.modal(it.ann)).includes('How many days?'), 'what waits');
    await it.slack.push.viewAction({ user: it.ann.id, actionId: 'docent.automatic-right' });
    await it.until(() => it.text(it.modal(it.ann)).includes('Nothing waits'), 'the end');
    expect(fake.labels).toEqual([
      ['a2', false],
      ['a1', true],
    ]);
    await it.until(() => it.text(it.homeOf(it.ann)).includes('2 labelled, 1 right'), 'the figures');
  });
});

describe('whatever people and documents say', () => {
  const words = (language: string) => adminWords(language, () => 1_800_000_000_000, 'Europe/Berlin');
  const nasty = fc.oneof(
    fc.string({ maxLength: 4000 }),
    fc.string({ unit: 'grapheme', maxLength: 500 }),
    fc.constantFrom(
      '<!channel>',
      'constructor',
      '<@U0>',
      '<https://evil.example|x>',
      '&lt;!here&gt;',
      '*_~`'.repeat(900),
      '\u202Eabc',
      '<!subteam^S1>',
      '&'.repeat(3000),
    ),
  );
  /** The texts that Slack parses; the others (plain_text) stand as they are. */
  const parsedTexts = (held: unknown): string[] => {
    if (typeof held !== 'object' || held === null) return [];
    const { type, text } = held as { type?: unknown; text?: unknown };
    return [...(type === 'mrkdwn' && typeof text === 'string' ? [text] : []), ...Object.values(held).flatMap(parsedTexts)];
  };
  /** No mention, no command and no link but those that Docent writes. */
  const harmless = (view: unknown): void => {
    expect(viewProblems(view)).toEqual([]);
    const { blocks } = view as { blocks: unknown };
    const parsed = parsedTexts(blocks).flatMap((text) => text.match(/<[!@#a-z][^>]*>/g) ?? []);
    const mentions = textsOf(blocks).flatMap((text) => text.match(/<[!@#][^>]*>/g) ?? []);
    for (const found of [...parsed, ...mentions])
      expect(found).toMatch(/^<(@UADMIN|#C1|https:\/\/ok\.example\/\|[^>|]+|https:\/\/docent\.example\.com\/sources\/new\|[^>|]+)>$/);
  };

  test('the home keeps to Slack’s limits and lets nothing through', () => {
    fc.assert(
      fc.property(
        fc.array(nasty, { minLength: 1, maxLength: 20 }),
        fc.constantFrom('en', 'zh', 'de', 'fr'),
        fc.boolean(),
        fc.integer({ min: -3, max: 40 }),
        (texts, language, admin, page) => {
          const sources = texts.flatMap((text, n) => [sourceNamed(text, text, n), sourceNamed(`${n}`, text, n)]);
          const data: HomeData = {
            searched: { documents: 7, sources: texts.map((name) => ({ name, syncedAt: null })) },
            recent: texts.slice(0, 5).map((text) => ({
              questionId: 'q',
              text,
              askedAt: 1,
              status: 'answered',
              origin: null,
              permalink: 'https://ok.example/',
            })),
            member: true,
            admins: ['UADMIN'],
            page,
            notice: 'Done.',
            ...(admin
              ? {
                  admin: {
                    sources,
                    models: { chatModel: null, embeddingModel: null, budgetUsd: 1, spentUsd: 2, problem: texts[0]! },
                    automatic: texts.map(() => ({
                      channel: 'slack:T1/C1',
                      wanted: 0.9,
                      labelled: 1,
                      right: 1,
                      from: 0.5,
                      lowerBound: 0.9,
                    })),
                    triage: false,
                  },
                }
              : {}),
          };
          harmless(homeView(data, words(language)));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('so do the modals', () => {
    fc.assert(
      fc.property(nasty, nasty, fc.constantFrom('en', 'zh', 'de'), (a, b, language) => {
        const values = { ...EMPTY, location: a.slice(0, 1000), name: b.slice(0, 100), cron: b.slice(0, 100) };
        const connector = {
          kind: 'mediawiki',
          capabilities: { incremental: true, seesDeletions: true, knowsReaders: false },
          blindSpots: [a],
          credential: { fields: [{ name: 'user', label: a || 'User', secret: false }], required: false, rights: b },
        };
        harmless(
          formModal(
            {
              values,
              connectors: [connector],
              recognised: connector,
              problem: { field: 'credential', message: a },
              timeZone: 'UTC',
              metadata: 'x',
              consoleUrl: 'https://docent.example.com',
            },
            words(language),
          ),
        );
        harmless(
          previewModal(
            {
              preview: {
                kind: a || 'x',
                name: b,
                readers: [`group:${a}`, `person:${b}`],
                documents: 3,
                more: true,
                samples: [
                  { externalId: a, title: b, passages: 1 },
                  { externalId: b, problem: a },
                ],
                requests: 1,
                blindSpots: [a, b],
                nextSyncAt: 1,
                timeZone: 'UTC',
                cost: { model: a, usd: 0.001 },
              },
              schedule: a,
              metadata: 'x',
              timeZone: 'UTC',
            },
            words(language),
          ),
        );
        const state = { channel: 'slack:T1/C1', wanted: 0.9, labelled: 0, right: 0, from: undefined, lowerBound: undefined };
        const answer = { text: `${a}\n${b}`, citations: [{ n: 1, title: a }] } as unknown as SilentAnswer['answer'];
        harmless(labelModal(state, { answerId: 'a', question: b, answer, score: 1, askedAt: 1 }, words(language)));
      }),
      { numRuns: 150 },
    );
  });

  test('every language says everything, with the same places to fill in', () => {
    const places = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g))].sort();
    for (const strings of [chatAdminDe, chatAdminZh])
      for (const [key, text] of Object.entries(chatAdminEn))
        expect([key, places(strings[key as keyof typeof strings])]).toEqual([key, places(text)]);
  });

  test('titles of modals and labels of buttons are short enough in every language', () => {
    for (const strings of [chatAdminEn, chatAdminDe, chatAdminZh]) {
      for (const key of [
        'addTitle',
        'lookingTitle',
        'previewTitle',
        'askTitle',
        'doctorTitle',
        'labelTitle',
        'automaticTitle',
        'addNow',
        'preview',
        'askSend',
        'automaticSave',
        'cancel',
        'close',
      ] as const)
        expect([key, strings[key].length <= 24]).toEqual([key, true]);
      expect(strings.removeYes.length).toBeLessThanOrEqual(30);
    }
  });
});

const one = createFakeApp({ now: () => 1_800_000_000_000 }).addFilled('x', []);
/** A source of this name that fails with this reason. */
function sourceNamed(name: string, reason?: string, n = 0): SourceStatus {
  return {
    ...one,
    source: {
      ...one.source,
      id: `id-${n}`,
      name,
      kind: reason === undefined ? 'folder' : reason,
      readers: [`group:${name}`],
      problem: reason === undefined ? null : { reason, since: 1 },
      doubt: reason === undefined ? null : { runId: 'r', known: 9, gone: 8, confirmedAt: null },
    },
  };
}
