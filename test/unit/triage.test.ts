/** What stands under an answer: why, quotes, feedback, tickets; as their readers may see them, on both catalogs. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/database.ts';
import { saveStandalone } from '../../src/catalog/questions.ts';
import { saveSearched } from '../../src/catalog/traces.ts';
import type { ChatPerson } from '../../src/chat/chat-app.ts';
import { createTriage, type Triage } from '../../src/triage/triage.ts';
import { chatLedger, NOW, TEAM, type ChatLedger } from '../fakes/chat-ledger.ts';
import { overBothCatalogs } from '../servers/both-catalogs.ts';

overBothCatalogs((catalogs) => {
  let db: Catalog;
  let ledger: ChatLedger;
  let triage: Triage;
  let ann: ChatPerson;
  let bob: ChatPerson;
  let now = NOW;
  beforeEach(async () => {
    db = await catalogs.open();
    ledger = await chatLedger(db);
    now = NOW;
    triage = createTriage({
      db,
      clock: { now: () => now, sleep: () => Promise.resolve() },
      pageUrl: (id) => `http://docent.example/documents/${id}`,
      triageChannels: ['slack:CHELP'],
    });
    ann = await ledger.person('UANN');
    bob = await ledger.person('UBOB');
  });

  describe('who reads what', () => {
    test('an answer is shown without what is closed to its readers', async () => {
      const { answerId, origin } = await ledger.answer({ rests: ['public', 'open', 'secret'], text: 'What is said where?' });
      const everyone = await triage.readAnswer(answerId, 'everyone');
      expect(everyone).toMatchObject({ question: 'What is said where?', origin });
      expect(everyone!.answer.citations.map((c) => c.title)).toEqual(['Page public', 'Page open']);
      const anyone = await triage.readAnswer(answerId, 'public');
      expect(anyone!.answer.citations.map((c) => c.title)).toEqual(['Page public']);
      expect(JSON.stringify(anyone!.answer)).not.toMatch(/Of open|Of secret/);
      expect(await triage.readAnswer('no-such', 'everyone')).toBeUndefined();
    });

    test('why: passages taken and left, with those that are closed counted and not named', async () => {
      const { answerId } = await ledger.answer({ rests: ['open'], left: ['public', 'secret'], score: 0.83 });
      const why = await triage.explain(answerId, 'everyone');
      expect(why).toMatchObject({
        status: 'quoted',
        hiddenPassages: 1,
        sufficiency: 0.83,
        sentences: { shown: 1, dropped: 3 },
        model: 'test-model',
        modelCalls: 1,
        tokens: 120,
        costUsd: 0.001,
        ms: 900,
      });
      expect(why!.passages).toEqual([
        { title: 'Page open', source: 'wiki', taken: true, score: 10, meaning: 0.5, url: 'https://wiki.example/open' },
        { title: 'Page public', source: 'wiki', taken: false, score: 9, meaning: 0.5, url: 'https://wiki.example/public' },
      ]);
      const anyone = await triage.explain(answerId, 'public');
      expect(anyone).toMatchObject({ hiddenPassages: 2, sentences: { shown: 0 } });
      expect(anyone!.passages.map((p) => p.title)).toEqual(['Page public']);
    });

    test('a passage that is gone is neither shown nor counted as hidden', async () => {
      const { answerId } = await ledger.answer({ rests: ['open'], left: ['public'] });
      await db.deleteFrom('passages').where('id', '=', ledger.pages.public.passageId).execute();
      expect(await triage.explain(answerId, 'everyone')).toMatchObject({ hiddenPassages: 0, passages: [{ title: 'Page open' }] });
    });

    test('the words that were searched for are shown to who may read all that the asker might', async () => {
      const { answerId, questionId } = await ledger.answer({ rests: ['public'], audience: 'everyone', text: 'And PTO?' });
      await saveStandalone(db, questionId, 'How much PTO do I have?');
      await saveSearched(db, questionId, ['paid time off', 'paid time off']);
      expect((await triage.explain(answerId, 'everyone'))!.searchedFor).toEqual(['How much PTO do I have?', 'paid time off']);
      expect((await triage.explain(answerId, 'public'))!.searchedFor).toEqual([]);
    });

    test('a quote, with whether the document still says it', async () => {
      const { answerId } = await ledger.answer({ rests: ['open', 'secret'] });
      expect(await triage.quote(answerId, 1, 'everyone')).toMatchObject({
        title: 'Page open',
        quote: 'Of open this is said',
        headingPath: ['Top', 'open'],
        present: true,
      });
      expect(await triage.quote(answerId, 2, 'everyone')).toBeUndefined();
      expect(await triage.quote(answerId, 1, 'public')).toBeUndefined();
      expect(await triage.quote(answerId, 9, 'everyone')).toBeUndefined();
      await db.updateTable('passages').set({ text: 'Other words.' }).where('id', '=', ledger.pages.open.passageId).execute();
      expect(await triage.quote(answerId, 1, 'everyone')).toMatchObject({ present: false, quote: 'Of open this is said' });
    });

    test('what is searched, and how fresh it is', async () => {
      await db.updateTable('runs').set({ state: 'done', finished_at: 4711 }).execute();
      expect(await triage.searched('everyone')).toEqual({ documents: 2, sources: [{ name: 'wiki', syncedAt: 4711 }] });
      expect(await triage.searched('public')).toMatchObject({ documents: 1 });
    });

    test("somebody's own questions, newest first, without what they did not ask Docent", async () => {
      await ledger.answer({ asker: ann, text: 'First?' });
      await ledger.answer({ asker: bob, text: 'Of Bob?' });
      await ledger.answer({ asker: ann, text: 'Unasked?', origin: { via: 'automatic' } });
      expect((await triage.recentQuestions(ann, 5)).map((q) => [q.text, q.status, q.origin?.place.channel])).toEqual([
        ['First?', 'quoted', 'C1'],
      ]);
    });
  });

  describe('feedback', () => {
    const kept = () => db.selectFrom('feedback').select(['person_id', 'verdict', 'reason', 'comment']).orderBy('created_at').execute();

    test('one verdict a person and answer: a later one takes its place', async () => {
      const { answerId } = await ledger.answer();
      await triage.feedback({ answerId, person: ann, verdict: 'up' });
      now++;
      await triage.feedback({ answerId, person: bob, verdict: 'up' });
      now++;
      await triage.feedback({ answerId, person: ann, verdict: 'down', reason: 'outdated', comment: ' It is 30 now. ' });
      expect(await kept()).toEqual([
        { person_id: bob.personId, verdict: 'up', reason: null, comment: null },
        { person_id: ann.personId, verdict: 'down', reason: 'outdated', comment: 'It is 30 now.' },
      ]);
      await expect(triage.feedback({ answerId: 'no-such', person: ann, verdict: 'up' })).rejects.toMatchObject({
        code: 'answer.not_found',
      });
    });
  });

  describe('tickets', () => {
    const outbox = async () =>
      (await db.selectFrom('outbox').selectAll().orderBy('dedupe_key').execute()).map((row) => ({
        ...(JSON.parse(row.message_json) as object),
        revision: row.revision,
      }));

    test('one a question, in the channel for tickets, and the asker is told', async () => {
      const { answerId } = await ledger.answer({ asker: ann });
      const first = await triage.openTicket({ answerId, person: ann, reason: 'asked' });
      expect(first.again).toBe(false);
      expect(await triage.openTicket({ answerId, person: bob, reason: 'knows', comment: 'Ask me.' })).toEqual({ ...first, again: true });
      const { ticketId } = first;
      expect(await outbox()).toEqual([
        { kind: 'ticket-news', ticketId, news: 'asked', revision: 0 },
        { kind: 'ticket', ticketId, channel: 'slack:CHELP', revision: 1 },
      ]);
      expect(await triage.ticketView(ticketId)).toMatchObject({
        reason: 'knows',
        comment: 'Ask me.',
        person: 'UBOB',
        question: 'What is said?',
        state: 'open',
      });
      expect(await db.selectFrom('tickets').select('id').execute()).toHaveLength(1);
    });

    test('two who open it at once have one', async () => {
      const { answerId } = await ledger.answer();
      const other = createTriage({ ...triageDeps(), db: await catalogs.another(db) });
      const opened = await Promise.all([
        triage.openTicket({ answerId, person: ann, reason: 'asked' }),
        other.openTicket({ answerId, person: bob, reason: 'asked' }),
      ]);
      expect(new Set(opened.map((one) => one.ticketId)).size).toBe(1);
      expect(opened.filter((one) => one.again)).toHaveLength(1);
    });

    test('the first who takes it has it; whoever is later is shown who', async () => {
      const { answerId } = await ledger.answer({ asker: ann });
      const { ticketId } = await triage.openTicket({ answerId, person: ann, reason: 'asked' });
      const cid = await ledger.person('UCID');
      expect(await triage.takeTicket(ticketId, bob, 'taken')).toMatchObject({
        state: 'taken',
        takenBy: 'UBOB',
        personName: 'UANN',
        takenByName: 'UBOB',
      });
      expect(await triage.takeTicket(ticketId, cid, 'taken')).toMatchObject({ state: 'taken', takenBy: 'UBOB' });
      expect(await triage.takeTicket(ticketId, cid, 'open')).toMatchObject({ state: 'open' });
      expect(await triage.takeTicket(ticketId, cid, 'closed')).toMatchObject({ state: 'closed', takenBy: 'UCID' });
      expect(await triage.takeTicket('no-such', cid, 'closed')).toBeUndefined();
      // Asked for again once it was closed, it is open again.
      expect((await triage.openTicket({ answerId, person: ann, reason: 'asked' })).again).toBe(true);
      expect(await triage.ticketView(ticketId)).toMatchObject({ state: 'open' });
    });

    test("the ticket's answer holds what everyone may read, and what anyone may where guests are", async () => {
      const { answerId } = await ledger.answer({ rests: ['public', 'open', 'secret'], place: { workspace: TEAM } });
      const { ticketId } = await triage.openTicket({ answerId, person: ann, reason: 'asked' });
      const shown = async (outsiders: () => Promise<boolean>) => {
        const composed = await triage.compose({ kind: 'ticket', ticketId, channel: 'slack:CHELP' }, { outsiders } as never);
        if (!composed || !('place' in composed) || composed.view.type !== 'ticket') throw new Error('no ticket was composed');
        expect(composed.place).toMatchObject({ platform: 'slack', workspace: TEAM, channel: 'CHELP', kind: 'channel' });
        return composed.view.answer!.citations.map((c) => c.title);
      };
      expect(await shown(async () => false)).toEqual(['Page public', 'Page open']);
      expect(await shown(async () => true)).toEqual(['Page public']);
      expect(await shown(() => Promise.reject(new Error('down')))).toEqual(['Page public']);
    });

    test('the asker is told in the thread and in the language of the question; alone, where they asked alone', async () => {
      const inChannel = await ledger.answer({ language: 'de', origin: { message: '5.5' }, place: { thread: '5.5' } });
      const { ticketId } = await triage.openTicket({ answerId: inChannel.answerId, person: ann, reason: 'asked' });
      const news = { kind: 'ticket-news', ticketId, news: 'asked' } as const;
      expect(await triage.compose(news, {} as never)).toMatchObject({
        place: { channel: 'C1', thread: '5.5' },
        view: { type: 'notice', language: 'de', text: expect.stringContaining('Person') },
      });
      await triage.takeTicket(ticketId, bob, 'taken');
      // That it was asked comes too late now.
      expect(await triage.compose(news, {} as never)).toBeUndefined();
      expect(await triage.compose({ ...news, news: 'taken' }, {} as never)).toMatchObject({ view: { type: 'notice' } });
      const alone = await ledger.answer({ asker: ann, origin: { ephemeral: true } });
      const second = await triage.openTicket({ answerId: alone.answerId, person: ann, reason: 'asked' });
      expect(await triage.compose({ ...news, ticketId: second.ticketId }, {} as never)).toMatchObject({ whisper: { ephemeral: true } });
    });
  });

  describe('automatic answers', () => {
    const CHANNEL = `slack:${TEAM}/CAUTO`;
    const automatic = (score: number, status: 'quoted' | 'unanswered' = 'quoted') =>
      ledger.answer({ origin: { via: 'automatic' }, place: { channel: 'CAUTO' }, score, status });

    test('silent until labels show the precision that is wanted, then shown from a score on, and silent again when it ceases', async () => {
      await triage.automatic.set(CHANNEL, 0.8);
      expect(await triage.automatic.wanted(CHANNEL)).toBe(true);
      const good = await automatic(0.95);
      expect(await triage.automatic.shows(CHANNEL, good.answerId)).toBe(false);
      for (let i = 0; i < 30; i++) await triage.automatic.label((await automatic(0.92)).answerId, true, ann);
      for (let i = 0; i < 5; i++) await triage.automatic.label((await automatic(0.6)).answerId, false, ann);
      const [state] = await triage.automatic.states();
      expect(state).toMatchObject({ channel: CHANNEL, wanted: 0.8, labelled: 35, right: 30, from: 0.7 });
      expect(state!.lowerBound).toBeGreaterThanOrEqual(0.8);
      expect(await triage.automatic.shows(CHANNEL, good.answerId)).toBe(true);
      expect(await triage.automatic.shows(CHANNEL, (await automatic(0.65)).answerId)).toBe(false);
      expect(await triage.automatic.shows(CHANNEL, (await automatic(0.99, 'unanswered')).answerId)).toBe(false);
      expect(await triage.automatic.shows(`slack:${TEAM}/COTHER`, good.answerId)).toBe(false);
      // Thumbs count where no admin said anything; one down of two is not right.
      now++;
      for (let i = 0; i < 15; i++) {
        const { answerId } = await automatic(0.9);
        await triage.feedback({ answerId, person: ann, verdict: 'down' });
        await triage.feedback({ answerId, person: bob, verdict: 'up' });
      }
      expect((await triage.automatic.states())[0]).toMatchObject({ labelled: 50, right: 30, from: undefined });
      expect(await triage.automatic.shows(CHANNEL, good.answerId)).toBe(false);
      await triage.automatic.set(CHANNEL, undefined);
      expect(await triage.automatic.states()).toEqual([]);
      expect(await triage.automatic.wanted(CHANNEL)).toBe(false);
    });

    test('answers to be labelled are those that nobody saw; a label can be changed', async () => {
      const { answerId } = await automatic(0.7);
      const seen = await automatic(0.8);
      await db
        .insertInto('messages')
        .values({
          id: 'm',
          conversation_id: seen.conversationId,
          question_id: seen.questionId,
          ticket_id: null,
          part: 0,
          platform_id: '1.1',
          state: 'posted',
          created_at: NOW,
        })
        .execute();
      expect((await triage.automatic.unlabelled(CHANNEL, 10)).map((one) => [one.answerId, one.question, one.score])).toEqual([
        [answerId, 'What is said?', 0.7],
      ]);
      await triage.automatic.label(answerId, true, ann);
      await triage.automatic.label(answerId, false, bob);
      expect(await triage.automatic.unlabelled(CHANNEL, 10)).toEqual([]);
      await triage.automatic.set(CHANNEL, 0.9);
      expect((await triage.automatic.states())[0]).toMatchObject({ labelled: 1, right: 0 });
      const asked = await ledger.answer();
      await expect(triage.automatic.label(asked.answerId, true, ann)).rejects.toMatchObject({ code: 'answer.not_found' });
    });

    test('what is no channel, and what is no precision, is refused', async () => {
      for (const channel of ['CAUTO', 'slack:CAUTO', 'irc:T/C'])
        await expect(triage.automatic.set(channel, 0.9)).rejects.toMatchObject({ code: 'input.invalid' });
      for (const precision of [0.2, 1, Number.NaN])
        await expect(triage.automatic.set(CHANNEL, precision)).rejects.toMatchObject({ code: 'input.invalid' });
    });
  });

  function triageDeps() {
    return { db, clock: { now: () => now, sleep: () => Promise.resolve() }, pageUrl: (id: string) => id, triageChannels: ['slack:CHELP'] };
  }
});
