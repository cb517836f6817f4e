/** The outbox: what waits is sent once, as it stands when it is sent; whatever fails or is killed meanwhile. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/database.ts';
import { givenUp, MOST_OUTBOX_ATTEMPTS, OUTBOX_LEASE_MS } from '../../src/catalog/outbox.ts';
import type { ChatPerson } from '../../src/chat/chat-app.ts';
import type { Drawn } from '../../src/chat/messenger.ts';
import { sendDue, startOutbox, type OutboxDeps } from '../../src/chat/outbox.ts';
import { systemClock } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createTriage, type Triage } from '../../src/triage/triage.ts';
import { chatLedger, NOW, type ChatLedger } from '../fakes/chat-ledger.ts';
import { fileMessenger, linesOf, standing } from '../fakes/file-messenger.ts';
import { overBothCatalogs } from '../servers/both-catalogs.ts';

const CHILD = fileURLToPath(new URL('../fakes/outbox-child.ts', import.meta.url));
const never = new AbortController().signal;

overBothCatalogs((catalogs) => {
  let db: Catalog;
  let ledger: ChatLedger;
  let triage: Triage;
  let ann: ChatPerson;
  let file: string;
  let now: number;
  const clock = { now: () => now, sleep: () => Promise.resolve() };
  beforeEach(async () => {
    now = NOW;
    db = await catalogs.open();
    ledger = await chatLedger(db);
    triage = createTriage({ db, clock, pageUrl: (id) => id, triageChannels: ['slack:CHELP'] });
    ann = await ledger.person('UANN');
    file = join(catalogs.folder(), 'slack.jsonl');
  });
  const deps = (more: Partial<OutboxDeps> = {}): OutboxDeps => ({
    db,
    clock,
    log: createLog('silent'),
    messengers: [fileMessenger(file)],
    compose: triage.compose,
    random: () => 0,
    ...more,
  });
  const opened = async (input: Parameters<ChatLedger['answer']>[0] = {}): Promise<string> => {
    const { answerId } = await ledger.answer({ asker: ann, ...input });
    return (await triage.openTicket({ answerId, person: ann, reason: 'asked' })).ticketId;
  };
  const failing = (code: string, times = Infinity, more: object = {}) => {
    let failed = 0;
    return fileMessenger(file, () => {
      if (failed++ < times) throw Object.assign(new AppError({ code, message: code, retryable: true }), more);
    });
  };

  test('a ticket is posted once and edited from then on; the asker is told each step once', async () => {
    const ticket = await opened();
    await sendDue(deps(), never);
    await sendDue(deps(), never);
    expect(linesOf(file).map((line) => [line.op, line.channel])).toEqual(
      expect.arrayContaining([
        ['post', 'CHELP'],
        ['post', 'C1'],
      ]),
    );
    expect(linesOf(file)).toHaveLength(2);
    await triage.takeTicket(ticket, ann, 'taken');
    await triage.takeTicket(ticket, ann, 'open');
    await triage.takeTicket(ticket, ann, 'taken');
    await sendDue(deps(), never);
    await triage.takeTicket(ticket, ann, 'closed');
    await sendDue(deps(), never);
    expect(standing(file).filter((m) => m.channel === 'CHELP')).toEqual([{ channel: 'CHELP', part: { ticket, state: 'closed' } }]);
    expect(standing(file).filter((m) => m.channel === 'C1')).toHaveLength(3);
  });

  test('two processes at once send each message once', async () => {
    for (let i = 0; i < 12; i++) await opened();
    const other = await catalogs.another(db);
    const triageThere = createTriage({ db: other, clock, pageUrl: (id) => id, triageChannels: [] });
    await Promise.all([sendDue(deps(), never), sendDue(deps({ db: other, compose: triageThere.compose }), never)]);
    expect(linesOf(file).filter((line) => line.op === 'post')).toHaveLength(24);
    expect(linesOf(file)).toHaveLength(24);
  });

  test('what changes while it is sent is brought up to date after', async () => {
    const ticket = await opened();
    let taken = false;
    const compose: OutboxDeps['compose'] = async (message, messenger) => {
      const composed = await triage.compose(message, messenger);
      if (message.kind === 'ticket' && !taken) {
        taken = true;
        await triage.takeTicket(ticket, ann, 'taken');
      }
      return composed;
    };
    await sendDue(deps({ compose }), never);
    expect(standing(file).find((m) => m.channel === 'CHELP')!.part).toEqual({ ticket, state: 'taken' });
  });

  test('a failure is tried again, later each time and not before the platform says; then it is given up', async () => {
    await opened();
    await db.deleteFrom('outbox').where('dedupe_key', 'like', 'ticket-news:%').execute();
    const due = async (): Promise<number> =>
      Number((await db.selectFrom('outbox').select('not_before').executeTakeFirstOrThrow()).not_before) - now;
    await sendDue(deps({ messengers: [failing('chat.unavailable')] }), never);
    expect(await due()).toBe(1_000);
    expect(await sendDue(deps(), never)).toBe(0);
    now += 1_000;
    await sendDue(deps({ messengers: [failing('chat.limited', 1, { retryAfterMs: 30_000 })] }), never);
    expect(await due()).toBe(32_000);
    now += 32_000;
    await db
      .updateTable('outbox')
      .set({ attempts: MOST_OUTBOX_ATTEMPTS - 1 })
      .execute();
    await sendDue(deps({ messengers: [failing('chat.gone')] }), never);
    now += 24 * 3_600_000;
    expect(await sendDue(deps(), never)).toBe(0);
    expect(await givenUp(db)).toEqual([{ code: 'chat.gone', messages: 1 }]);
    expect(linesOf(file)).toEqual([]);
  });

  test('what the platform does not take is drawn plainer, and given up where that is not taken either', async () => {
    const ticket = await opened();
    const drawn: (Drawn | undefined)[] = [];
    const refusing = (taken: boolean) => {
      const messenger = fileMessenger(file);
      return {
        ...messenger,
        draw: (view: never, how?: Drawn) => (drawn.push(how), how === 'plain' && taken ? messenger.draw(view) : ['refused']),
        post: (...input: Parameters<typeof messenger.post>) =>
          input[1] === 'refused' ? Promise.reject(new AppError({ code: 'chat.refused', message: 'no' })) : messenger.post(...input),
      };
    };
    await sendDue(deps({ messengers: [refusing(true)] }), never);
    expect(drawn).toContain('plain');
    expect(linesOf(file)).toHaveLength(2);
    await triage.takeTicket(ticket, ann, 'taken');
    await sendDue(deps({ messengers: [refusing(false)] }), never);
    expect(await givenUp(db)).toEqual([{ code: 'chat.refused', messages: 1 }]);
  });

  test('a ticket whose message somebody deleted is not posted a second time', async () => {
    const ticket = await opened();
    await sendDue(deps(), never);
    await triage.takeTicket(ticket, ann, 'taken');
    const messenger = fileMessenger(file);
    const gone = { ...messenger, edit: () => Promise.reject(new AppError({ code: 'chat.gone', message: 'deleted' })) };
    await sendDue(deps({ messengers: [gone] }), never);
    expect(standing(file).filter((m) => m.channel === 'CHELP')).toHaveLength(1);
    expect(await givenUp(db)).toEqual([{ code: 'chat.message_gone', messages: 1 }]);
  });

  test('who asked alone is told alone, and by a direct message where that is not to be had any more', async () => {
    await opened({ origin: { ephemeral: true } });
    const messenger = fileMessenger(file);
    const over = { ...messenger, whisper: () => Promise.reject(new AppError({ code: 'chat.gone', message: 'expired' })) };
    await sendDue(deps({ messengers: [over] }), never);
    expect(
      standing(file)
        .map((m) => m.channel)
        .sort(),
    ).toEqual(['CHELP', 'UANN']);
    await opened({ origin: { ephemeral: true } });
    await sendDue(deps(), never);
    expect(linesOf(file).filter((line) => line.op === 'whisper')).toHaveLength(1);
  });

  test('what is put in while it runs is sent when it is woken; it stops', async () => {
    const outbox = startOutbox(deps({ clock: { now: () => now, sleep: (_, signal) => systemClock.sleep(60_000, signal) } }));
    await new Promise((done) => setTimeout(done, 50));
    await opened();
    outbox.wake();
    await expect.poll(() => linesOf(file).length).toBe(2);
    await outbox.stop();
    await opened();
    outbox.wake();
    await new Promise((done) => setTimeout(done, 50));
    expect(linesOf(file)).toHaveLength(2);
  });

  // Who holds what is told by the same statements on both; a killed process needs a file to go on from.
  if (catalogs.kind === 'Postgres') return;
  describe('killed', () => {
    test.each(['claimed', 'before-post', 'intended', 'posted', 'recorded'])('at "%s" the ticket stands there once', async (step) => {
      const ticket = await opened();
      await db.deleteFrom('outbox').where('dedupe_key', 'like', 'ticket-news:%').execute();
      const killed = promisify(execFile)(process.execPath, [CHILD, catalogs.folder(), file, step, String(now)]);
      await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' });
      // While the dead one's lease runs, nobody touches it.
      expect(await sendDue(deps(), never)).toBe(0);
      await triage.takeTicket(ticket, ann, 'taken');
      await db.deleteFrom('outbox').where('dedupe_key', 'like', 'ticket-news:%').execute();
      now += OUTBOX_LEASE_MS + 1;
      await sendDue(deps(), never);
      expect(standing(file)).toEqual([{ channel: 'CHELP', part: { ticket, state: 'taken' } }]);
      expect(linesOf(file).filter((line) => line.op === 'post')).toHaveLength(1);
    });

    test('while an edit is made, or a word to the asker alone: it is made, and said once at most', async () => {
      const ticket = await opened({ origin: { ephemeral: true } });
      await db.deleteFrom('outbox').where('dedupe_key', 'like', 'ticket:%').execute();
      await expect(
        promisify(execFile)(process.execPath, [CHILD, catalogs.folder(), file, 'before-whisper', String(now)]),
      ).rejects.toMatchObject({ signal: 'SIGKILL' });
      now += OUTBOX_LEASE_MS + 1;
      await sendDue(deps(), never);
      expect(linesOf(file)).toEqual([]);
      await triage.takeTicket(ticket, ann, 'taken');
      await sendDue(deps(), never);
      await triage.takeTicket(ticket, ann, 'closed');
      await db.deleteFrom('outbox').where('dedupe_key', 'like', 'ticket-news:%').execute();
      await expect(
        promisify(execFile)(process.execPath, [CHILD, catalogs.folder(), file, 'before-edit', String(now)]),
      ).rejects.toMatchObject({ signal: 'SIGKILL' });
      now += OUTBOX_LEASE_MS + 1;
      await sendDue(deps(), never);
      expect(standing(file)).toEqual([{ channel: 'CHELP', part: { ticket, state: 'closed' } }]);
    });
  });
});
