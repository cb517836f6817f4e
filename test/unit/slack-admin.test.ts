/** Admin by chat: `/docent`, and a source added in a modal, over a Slack that is as strict as the real one. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/catalog/sources.ts';
import { AppError } from '../../src/errors.ts';
import { STALLED_MS } from '../../bots/sync-threads.ts';
import { never } from '../fakes/open-app.ts';
import type { StartedAdmin } from '../fakes/slack-admin.ts';
import { start } from '../fakes/started-admin.ts';

/** A handbook of three pages, one of which cannot be read. */
function handbook({ folder }: StartedAdmin, name = 'handbook'): string {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'leave.md'), '# Annual leave\n\nEveryone has thirty days of paid annual leave each year.\n');
  writeFileSync(join(place, 'travel.md'), '# Travel <!channel>\n\nHotels are booked through the travel desk.\n');
  writeFileSync(join(place, 'scan.pdf'), 'this is no PDF');
  return place;
}

/** What the command answers, seen by who gave it alone. */
async function command(it: StartedAdmin, user: string, text: string): Promise<string> {
  const before = it.slack.ephemerals.length;
  const channel = it.slack.channel({ members: [user] });
  await it.slack.push.command({ user, channel: channel.id, command: '/docent', text });
  const said = await it.until(() => it.slack.ephemerals[before], `an answer to ${text}`);
  expect(said.user).toBe(user);
  return it.text(said.blocks);
}

/** Opens the form with this link filled in. */
async function openForm(it: StartedAdmin, location: string): Promise<void> {
  const channel = it.slack.channel({ members: [it.ann] });
  await it.slack.push.command({ user: it.ann.id, channel: channel.id, command: '/docent', text: `add ${location}` });
  await it.until(() => it.modal(it.ann).callback_id === 'docent.source-form', 'the form');
}

const titleIs = (it: StartedAdmin, title: string) => it.until(() => it.modal(it.ann).title.text === title, `a modal «${title}»`);

describe('the command', () => {
  test('tells everyone what Docent knows, and nobody but an admin what admins do', async () => {
    const it = await start();
    await it.app.addSource({ location: handbook(it), name: 'Handbook' });
    await it.app.syncNow([], { signal: never() });
    await it.app.addSource({ location: handbook(it, 'secret'), name: 'Secret plans', readers: 'group:board' });
    await it.app.syncNow([], { signal: never() });

    const forBob = await command(it, it.bob.id, 'status');
    expect(forBob).toContain('2 documents from one source');
    expect(forBob).toMatch(/Handbook.* · synced just now/);
    expect(forBob).not.toContain('Secret');
    expect(await command(it, it.bob.id, '')).not.toContain('remove');
    for (const tried of ['sync Handbook', 'pause Handbook', 'remove Handbook', 'doctor'])
      expect(await command(it, it.bob.id, tried)).toContain('Only admins');
    expect((await it.app.showSource('Handbook'))?.source.pausedAt).toBeNull();

    const forAnn = await command(it, it.ann.id, 'status');
    expect(forAnn).toContain('Secret plans');
    expect(forAnn).toMatch(/⚠️ 1 not read · 2 documents/);
    expect(await command(it, it.ann.id, 'help')).toContain('remove');
    expect(await command(it, it.ann.id, 'dance')).toContain('I do not know `dance`');
    // No admin any more: that is asked of Slack anew, whatever was known.
    it.admins.delete(it.ann.id);
    expect(await command(it, it.ann.id, 'status')).not.toContain('Secret plans');
  });

  test('syncs, pauses and resumes by name, and says which names there are', async () => {
    const it = await start();
    expect(await command(it, it.ann.id, 'sync')).toContain('There is no source yet');
    await it.app.addSource({ location: handbook(it), name: 'Our Handbook' });
    expect(await command(it, it.ann.id, 'pause')).toContain('“Our Handbook”');
    expect(await command(it, it.ann.id, 'pause Wiki')).toContain('There is no source “Wiki”. There are: “Our Handbook”');
    expect(await command(it, it.ann.id, 'PAUSE “our handbook”')).toContain('is paused');
    expect((await it.app.showSource('Our Handbook'))?.source.pausedAt).not.toBeNull();
    expect(await command(it, it.ann.id, 'resume Our Handbook')).toContain('by its schedule again');
    expect((await it.app.showSource('Our Handbook'))?.source.pausedAt).toBeNull();
    expect(await command(it, it.ann.id, 'sync Our Handbook')).toContain('is read again now');
    expect((await it.app.showSource('Our Handbook'))?.syncing).toBe(true);
    expect(await command(it, it.ann.id, 'doctor')).toMatch(/✓.*\nnode/);
  });

  test('removes only what was confirmed, by somebody who is an admin then', async () => {
    const it = await start();
    await it.app.addSource({ location: handbook(it), name: 'Handbook' });
    const channel = it.slack.channel({ members: [it.ann, it.bob] });
    const ask = async () => {
      const before = it.slack.ephemerals.length;
      await it.slack.push.command({ user: it.ann.id, channel: channel.id, command: '/docent', text: 'remove Handbook' });
      return it.until(() => it.slack.ephemerals[before], 'the question');
    };
    const first = await ask();
    expect(JSON.stringify(first.blocks)).toContain('"confirm"');
    expect(await it.app.listSources()).toHaveLength(1);
    it.admins.delete(it.ann.id);
    await it.slack.push.action({ user: it.ann.id, channel: channel.id, ts: first.ts, actionId: 'docent.source-remove' });
    await it.until(() => it.text(it.slack.ephemerals.at(-1)?.blocks).includes('Only admins'), 'the refusal');
    expect(await it.app.listSources()).toHaveLength(1);

    it.admins.add(it.ann.id);
    const second = await ask();
    await it.slack.push.action({ user: it.ann.id, channel: channel.id, ts: second.ts, actionId: 'docent.source-remove' });
    await it.until(() => it.text(it.slack.ephemerals.at(-1)?.blocks).includes('were removed'), 'the removal');
    expect(await it.app.listSources()).toHaveLength(0);
  });
});

describe('adding a source', () => {
  test('shows what is there, adds it once it is confirmed, and tells in a thread how far it is', async () => {
    const it = await start();
    const place = handbook(it);
    await openForm(it, place);
    expect(it.text(it.modal(it.ann).blocks)).toContain('Recognised: *Folder*');
    expect(it.text(it.modal(it.ann).blocks)).not.toContain('Groups and people');
    await it.slack.push.viewAction({
      user: it.ann.id,
      actionId: 'docent.source-readers',
      choose: 'own',
      typed: { 'docent.source-location': place },
    });
    await it.until(() => it.text(it.modal(it.ann).blocks).includes('Groups and people'), 'the field for groups');
    const sent = await it.slack.push.viewSubmission({
      user: it.ann.id,
      values: { name: 'Handbook', readers: 'own', readersOwn: 'group:hr', schedule: '@hourly' },
    });
    expect(sent.errors).toBeUndefined();
    expect(it.slack.calls('views.open')).toHaveLength(1);
    await titleIs(it, 'Add this source?');
    const preview = it.text(it.modal(it.ann).blocks);
    expect(preview).toContain('*3 documents*');
    expect(preview).toContain('Annual leave: 1 passage\n');
    expect(preview).toContain('⚠️ scan.pdf');
    expect(preview).toContain('Readable by the group hr');
    expect(preview).toContain('every hour');
    expect(preview).not.toContain('<!channel>');
    expect(await it.app.listSources()).toHaveLength(0);

    await it.slack.push.viewSubmission({ user: it.ann.id });
    await it.until(() => it.text(it.modal(it.ann).blocks).includes('was added'), 'that it was added');
    const [added] = await it.app.listSources();
    expect(added?.source).toMatchObject({ name: 'Handbook', readers: ['group:hr'], schedule: '@hourly', kind: 'folder' });
    expect(added?.syncing).toBe(true);

    const direct = it.slack.directOf(it.ann);
    const [parent, waiting] = it.slack.messages(direct.id);
    expect(it.text(parent!.blocks)).toContain('You added *Handbook* (Folder), readable by the group hr');
    expect(waiting!.threadTs).toBe(parent!.ts);
    expect(it.text(waiting!.blocks)).toContain('Waits for its turn');
    expect(it.notes).toHaveLength(1);

    await it.app.workOnce(never());
    const thread = () => it.slack.replies(direct.id, parent!.ts);
    await it.until(() => thread().length === 2, 'the failures');
    expect(it.text(thread()[0]!.blocks)).toMatch(/Done: 2 documents read in \d+ s, 1 could not be read/);
    expect(it.text(thread()[1]!.blocks)).toMatch(/Could not be read:\*\n• scan\.pdf: /);
    await it.until(() => it.notes.length === 0, 'that nothing is left to tell');
    for (const { args } of it.slack.calls('chat.postMessage')) expect(args).toMatchObject({ unfurl_links: false, unfurl_media: false });
  });

  test('says what is wrong at the field where it can be mended', async () => {
    const it = await start();
    await it.app.addSource({ location: handbook(it), name: 'Handbook' });
    await openForm(it, '');
    const submit = async (values: Record<string, string>) => (await it.slack.push.viewSubmission({ user: it.ann.id, values })).errors;
    expect(await submit({ location: 'no/such/folder' })).toEqual({ location: expect.stringContaining('there is no folder') });
    // Sent before the field for it has appeared: it appears, with what is missing.
    expect(await submit({ location: it.folder, readers: 'own' })).toBeUndefined();
    expect(it.text(it.modal(it.ann).blocks)).toContain('Name at least one group or person');
    expect(await submit({ readers: 'everyone', readersOwn: 'x', schedule: 'own' })).toBeUndefined();
    expect(it.text(it.modal(it.ann).blocks)).toContain('Give the times');
    expect(await submit({ cron: 'daily' })).toEqual({ cron: expect.stringContaining('five fields') });

    // What only a look tells comes back into the form, beneath the field, with all that was filled in.
    const shown = async (values: Record<string, string>, field: string): Promise<string> => {
      expect(await submit(values)).toBeUndefined();
      await it.until(() => it.modal(it.ann).callback_id === 'docent.source-form', 'the form again');
      const { blocks } = it.modal(it.ann);
      const at = blocks.findIndex(({ block_id }) => block_id === 'problem');
      expect(blocks[at - 1]?.block_id).toBe(field);
      return it.text(blocks[at]);
    };
    expect(await shown({ location: handbook(it), name: 'Handbook', schedule: '@hourly', cron: 'x' }, 'name')).toContain(
      'choose another name',
    );
    expect(it.text(it.modal(it.ann).blocks)).toContain('Handbook');
    await it.slack.push.viewAction({ user: it.ann.id, actionId: 'docent.source-readers', choose: 'own' });
    await it.until(() => it.text(it.modal(it.ann).blocks).includes('Groups and people'), 'the field for groups');
    expect(await shown({ readers: 'own', readersOwn: 'hr' }, 'readersOwn')).toContain('"hr" is not one of');
    expect(await shown({ location: 'http://127.0.0.1/', name: 'x', readers: 'everyone', readersOwn: 'x' }, 'location')).toContain(
      '127.0.0.1',
    );
    expect(await it.app.listSources()).toHaveLength(1);
  });

  test('asks for a credential where the kind needs one, says why the console is better, and keeps it in no view', async () => {
    const given: unknown[] = [];
    const refuse = { next: true };
    const it = await start({
      env: { PUBLIC_URL: 'https://docent.example.com' },
      change: (app) => ({
        async previewSource(input, run) {
          given.push(input.credential);
          if (refuse.next)
            throw new AppError({
              code: 'source.credential',
              message: 'refused',
              publicMessage: 'The token is not accepted. Make a new one.',
            });
          const { credential: _, kind: __, ...rest } = input;
          return app.previewSource({ ...rest, location: handbook(it) }, run);
        },
        async addSource(input) {
          given.push(input.credential);
          const { credential: _, kind: __, ...rest } = input;
          return app.addSource({ ...rest, location: handbook(it) });
        },
      }),
    });
    await openForm(it, '');
    const location = 'https://www.notion.so/acme/HR-0123456789abcdef0123456789abcdef';
    await it.slack.push.viewSubmission({ user: it.ann.id, values: { location } });
    const form = it.text(it.modal(it.ann).blocks);
    expect(form).toContain('Recognised: *Notion*');
    expect(form).toContain('has to be signed in to');
    expect(form).toContain('<https://docent.example.com/sources/new|add this source there>');
    expect(given).toEqual([]);

    const SECRET = 'ntn-the-secret-token';
    const fields = it.modal(it.ann).blocks.flatMap(({ block_id }) => (block_id?.startsWith('credential.') ? [block_id] : []));
    const values = Object.fromEntries(fields.map((field, n) => [field, n === fields.length - 1 ? SECRET : `ann${n}@example.com`]));
    await it.slack.push.viewSubmission({ user: it.ann.id, values });
    await it.until(() => it.text(it.modal(it.ann).blocks).includes('The token is not accepted'), 'the refusal');
    const { blocks } = it.modal(it.ann);
    expect(blocks[blocks.findIndex(({ block_id }) => block_id === 'problem') - 1]?.block_id).toMatch(/^credential\.notion\./);
    expect(it.text(blocks)).toContain('What you gave is kept for this preview');

    refuse.next = false;
    await it.slack.push.viewSubmission({ user: it.ann.id });
    await titleIs(it, 'Add this source?');
    await it.slack.push.viewSubmission({ user: it.ann.id });
    await it.until(() => it.text(it.modal(it.ann).blocks).includes('was added'), 'that it was added');
    expect(given).toHaveLength(3);
    for (const credential of given) expect(Object.values(credential as object)).toContain(SECRET);
    // Slack is told nothing of it: neither in a view nor in a message.
    expect(JSON.stringify(it.slack.requests)).not.toContain(SECRET);
    expect(JSON.stringify(it.slack.deliveries.map(({ answer }) => answer))).not.toContain(SECRET);
  });

  test('fields to sign in appear for the kind that is chosen', async () => {
    const it = await start();
    await openForm(it, 'https://wiki.example.com');
    expect(it.text(it.modal(it.ann).blocks)).not.toContain('Sign in to');
    await it.slack.push.viewAction({
      user: it.ann.id,
      actionId: 'docent.source-kind',
      choose: 'mediawiki',
      typed: { 'docent.source-location': 'https://wiki.example.com', 'docent.source-name': 'Our wiki' },
    });
    const form = await it.until(() => {
      const text = it.text(it.modal(it.ann).blocks);
      return text.includes('Sign in to MediaWiki') && text;
    }, 'the fields');
    expect(form).toContain('Only if the place asks to sign in');
    expect(form).toContain('Our wiki');
  });

  test('somebody who is no admin gets no form, and who was one when it was drawn adds nothing', async () => {
    const it = await start();
    const channel = it.slack.channel({ members: [it.ann, it.bob] });
    await it.slack.push.command({ user: it.bob.id, channel: channel.id, command: '/docent', text: `add ${handbook(it)}` });
    await it.until(() => it.text(it.modal(it.bob).blocks).includes('Only admins'), 'the refusal');

    await openForm(it, handbook(it));
    it.admins.delete(it.ann.id);
    await it.slack.push.viewSubmission({ user: it.ann.id });
    expect(it.text(it.modal(it.ann).blocks)).toContain('Only admins');
    await it.slack.push.viewClosed({ user: it.ann.id });

    it.admins.add(it.ann.id);
    await openForm(it, handbook(it));
    await it.slack.push.viewSubmission({ user: it.ann.id });
    await titleIs(it, 'Add this source?');
    it.admins.delete(it.ann.id);
    await it.slack.push.viewSubmission({ user: it.ann.id });
    expect(it.text(it.modal(it.ann).blocks)).toContain('Only admins');
    expect(await it.app.listSources()).toHaveLength(0);
  });

  test("a forged view adds nothing: another's draft, none, or values that nobody has looked at", async () => {
    const it = await start();
    await openForm(it, handbook(it));
    await it.slack.push.viewSubmission({ user: it.ann.id });
    const preview = await titleIs(it, 'Add this source?').then(() => it.modal(it.ann));
    const real = preview.private_metadata!;
    it.admins.add(it.bob.id);
    const forge = async (user: string, metadata: string) => {
      const body = {
        type: 'view_submission',
        team: { id: it.slack.team.id, domain: 'x' },
        user: { id: user, name: 'x' },
        api_app_id: it.slack.app.id,
        token: 'x',
        trigger_id: 'x',
        view: { ...it.slack.viewsOf(it.ann).at(-1)!.view, private_metadata: metadata },
      };
      return it.post(body);
    };
    const empty = { name: '', kind: '', readers: 'everyone', readersOwn: '', schedule: '', cron: '' };
    for (const [user, metadata] of [
      [it.bob.id, real],
      [it.ann.id, ''],
      [it.ann.id, '{"draft":"__proto__"}'],
      [it.ann.id, JSON.stringify({ draft: 'x', values: { ...empty, location: '' } })],
      [it.ann.id, JSON.stringify({ draft: 'x', values: { ...empty, location: '/etc' } })],
    ] as const) {
      const answer = (await forge(user, metadata)) as { response_action: string };
      expect(answer.response_action).toBe('update');
    }
    expect(await it.app.listSources()).toHaveLength(0);
  });

  test('a look that was begun before a restart is begun again, and nothing is added unseen', async () => {
    const it = await start();
    await openForm(it, handbook(it));
    await it.slack.push.viewSubmission({ user: it.ann.id });
    await titleIs(it, 'Add this source?');
    it.again();
    await it.slack.push.viewSubmission({ user: it.ann.id });
    expect(it.text(it.modal(it.ann).blocks)).toContain('I look once more');
    expect(await it.app.listSources()).toHaveLength(0);
    await titleIs(it, 'Add this source?');
    await it.slack.push.viewSubmission({ user: it.ann.id });
    await it.until(() => it.text(it.modal(it.ann).blocks).includes('was added'), 'that it was added');
  });

  test('closing the modal ends the look', async () => {
    let ended = false;
    const it = await start({
      change: () => ({
        previewSource: (_input, { signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              ended = true;
              reject(signal.reason as Error);
            });
          }),
      }),
    });
    await openForm(it, handbook(it));
    await it.slack.push.viewSubmission({ user: it.ann.id });
    await titleIs(it, 'Looking');
    await it.slack.push.viewClosed({ user: it.ann.id });
    await it.until(() => ended, 'the end of the look');
    expect(it.slack.viewsOf(it.ann)).toHaveLength(0);
  });
});

describe('how far a sync is', () => {
  /** Adds the handbook by the modal, and gives the message in the thread. */
  async function add(it: StartedAdmin) {
    await openForm(it, handbook(it));
    await it.slack.push.viewSubmission({ user: it.ann.id, values: { name: 'Handbook' } });
    await titleIs(it, 'Add this source?');
    await it.slack.push.viewSubmission({ user: it.ann.id });
    await it.until(() => it.text(it.modal(it.ann).blocks).includes('was added'), 'that it was added');
    const direct = it.slack.directOf(it.ann).id;
    return () => it.text(it.slack.messages(direct)[1]?.blocks);
  }

  test('is said at the end when the process stops, and told on by the next one', async () => {
    const it = await start();
    const told = await add(it);
    await it.admin.close();
    expect(told()).toContain('Docent was stopped while it read; 0 documents are read so far');
    expect(it.notes).toHaveLength(1);
    it.again();
    await it.app.workOnce(never());
    await it.until(() => told().includes('Done: 2 documents'), 'the end');
    await it.until(() => it.notes.length === 0, 'that nothing is left to tell');
  });

  test('two processes that watch it tell its end once', async () => {
    const it = await start();
    const told = await add(it);
    it.again();
    await it.app.workOnce(never());
    await it.until(() => told().includes('Done: 2 documents'), 'the end');
    const direct = it.slack.directOf(it.ann).id;
    await it.until(() => it.slack.messages(direct).length === 3, 'the failures');
    await it.clock.sleep(20_000);
    expect(it.slack.messages(direct)).toHaveLength(3);
  });

  test('ends with what was left where nothing moves', async () => {
    const it = await start();
    const told = await add(it);
    it.clock.ahead = STALLED_MS;
    await it.until(() => told().includes('Nothing has moved for 30 minutes'), 'the end');
  });

  test('is edited while it is read, not more often than every three seconds, and says why it failed', async () => {
    let run: Partial<Run> | null = null;
    let syncing = true;
    const reading = (done: number): Partial<Run> => ({
      id: 'r',
      state: 'running',
      progress: { phase: 'documents', listed: 40, done, failed: done > 20 ? 2 : 0, left: 40 - done },
    });
    const it = await start({
      change: (app) => ({
        showSource: async (id) => {
          const shown = await app.showSource(id);
          return shown && { ...shown, syncing, lastRun: run as Run };
        },
      }),
    });
    const told = await add(it);
    run = reading(10);
    await it.until(() => told().includes('10 of 40 read.'), 'progress');
    run = reading(30);
    await it.until(() => told().includes('30 of 40 read, 2 not readable'), 'more progress');
    const edits = it.slack.calls('chat.update');
    // Three seconds pass as sixty milliseconds here.
    for (const [n, { at }] of edits.entries()) if (n > 0) expect(at - edits[n - 1]!.at).toBeGreaterThanOrEqual(55);
    it.slack.mood('chat.update', { type: 'http500' });
    syncing = false;
    run = { id: 'r', state: 'failed', progress: null, summary: { error: 'the wiki <b>is</b> down', complete: false } as Run['summary'] };
    await it.until(() => told().includes('⚠️ The sync failed: the wiki &lt;b&gt;is&lt;/b&gt; down'), 'the end, though Slack failed once');
  });
});
