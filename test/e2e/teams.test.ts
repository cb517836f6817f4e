/** Asking in Teams, end to end: the fake Teams with real tokens over HTTP, the real application behind. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ASKS_BREACH, quotingModel } from '../fakes/slack-office.ts';
import { startOpenAiEndpoint, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { isSaid, isWhole, openTeamsOffice, type TeamsOffice } from '../fakes/teams-office.ts';
import type { Chat, Message, Person } from '../fakes/teams-state.ts';
import { streamInfo } from '../fakes/teams-streams.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const ASKS_LEAVE = 'How many days of leave does everybody have?';

describe('in Teams', () => {
  let office: TeamsOffice;
  let model: OpenAiEndpoint;
  let ana: Person;
  let ben: Person;
  let guest: Person;
  let team: Chat;
  let withGuest: Chat;

  beforeAll(async () => {
    model = await startOpenAiEndpoint({ reply: (request) => ({ chunks: quotingModel(request).match(/[^]{1,12}/g) ?? [], delayMs: 20 }) });
    office = await openTeamsOffice({ env: { OPENAI_BASE_URL: model.url, CHAT_MODEL: 'test-chat' } });
    const { teams } = office;
    ana = teams.person({ name: 'ana' });
    ben = teams.person({ name: 'ben' });
    guest = teams.person({ name: 'guest', guest: true });
    team = teams.channel({ members: [ana, ben] });
    withGuest = teams.channel({ members: [ana, guest] });
  });
  afterAll(async () => {
    await office.close();
    await model.close();
  });
  beforeEach(() => office.teams.clearMoods());

  const wholeIn = (chat: Chat, after = 0): Promise<Message> =>
    office.teams.until(() => office.teams.answers(chat).slice(after).find(isWhole), 'an answer');
  const replyTo = (chat: Chat, root: string): Promise<Message> =>
    office.teams.until(() => office.teams.replies(chat, root).find((one) => one.own && isWhole(one)), 'an answer');

  test('in a personal chat the answer streams, and ends with its citations, thumbs and AI label', async () => {
    const { teams } = office;
    const chat = teams.personalChat(ana);
    const { status } = await teams.push.message({ from: ana, chat, text: ASKS_BREACH });
    expect(status).toBe(200);
    const answer = await wholeIn(chat);
    expect(answer.text).toContain('72 hours');
    expect(answer.versions.map((one) => one.how)).toContain('streamed');
    const cited = teams.citations(answer);
    expect(cited.length).toBeGreaterThan(0);
    expect(JSON.stringify(answer.activity)).toContain('AIGeneratedContent');
    expect(JSON.stringify(answer.activity.channelData)).toContain('feedbackLoop');
    await pause(300);
    expect(teams.answers(chat)).toHaveLength(1);
    expect(teams.complaints).toEqual([]);
    expect(teams.openStreams()).toEqual([]);
  });

  test('what follows in a personal chat knows what it is about', async () => {
    const { teams } = office;
    const chat = teams.personalChat(ben);
    await teams.push.message({ from: ben, chat, text: ASKS_BREACH });
    await wholeIn(chat);
    await teams.push.message({ from: ben, chat, text: 'And who reports it?' });
    await wholeIn(chat, 1);
    const { threadId: first } = await lastAnswer(chat, 0);
    const { threadId: second } = await lastAnswer(chat, 1);
    expect(second).toBe(first);
  });

  async function lastAnswer(chat: Chat, nth: number) {
    const { app, teams } = office;
    const id = teams.answers(chat)[nth]!.id;
    const at = { platform: 'teams', workspace: teams.tenantId, channel: chat.id, person: '' } as const;
    const answerId = await app.chat.messages.answerAt(at, [id, `stream:${id}`]);
    return (await app.chat.readAnswer(answerId!, 'everyone'))!.answer;
  }

  test('a mention in a channel is answered once in its thread, by one message that is edited', async () => {
    const { teams } = office;
    const { message } = await teams.push.message({ from: ana, chat: team, text: ASKS_BREACH });
    const reply = await replyTo(team, message.id);
    expect(reply.text).toContain('72 hours');
    expect(reply.versions.length).toBeGreaterThan(1);
    await pause(300);
    expect(teams.replies(team, message.id).filter(isSaid)).toHaveLength(1);
    expect(teams.complaints).toEqual([]);
  });

  test('in a group chat it answers those who name it', async () => {
    const { teams } = office;
    const chat = teams.groupChat({ members: [ana, ben] });
    await teams.push.message({ from: ana, chat, text: ASKS_BREACH });
    expect((await wholeIn(chat)).text).toContain('72 hours');
    expect(teams.complaints).toEqual([]);
  });

  test('a guest, and a channel that a guest reads, get what anyone may read: nothing here', async () => {
    const { teams } = office;
    const chat = teams.personalChat(guest);
    await teams.push.message({ from: guest, chat, text: ASKS_BREACH });
    expect(teams.reads(await wholeIn(chat))).toContain('Not found');
    const { message } = await teams.push.message({ from: ana, chat: withGuest, text: ASKS_BREACH });
    expect(teams.reads(await replyTo(withGuest, message.id))).not.toContain('72 hours');
  });

  test('where the roster is read, who asked may go on in the thread without a mention; others may not', async () => {
    const { teams } = office;
    const read = teams.channel({ members: [ana, ben], rsc: true });
    const { message } = await teams.push.message({ from: ana, chat: read, text: ASKS_BREACH });
    await replyTo(read, message.id);
    const own = (): number => teams.replies(read, message.id).filter(isSaid).length;
    const say = (from: Person, text: string) => teams.push.message({ from, chat: read, text, mention: false, replyTo: message.id });
    await say(ben, 'And who reports it?');
    await say(ana, 'Thanks, great!');
    await pause(400);
    expect(own()).toBe(1);
    await say(ana, 'And who reports it?');
    await teams.until(() => own() === 2, 'the follow-up');
  });

  test('the same delivery, sent again and again, is answered once', async () => {
    const { teams } = office;
    const { message } = await teams.push.message({ from: ben, chat: team, text: ASKS_BREACH, redeliver: 3 });
    await replyTo(team, message.id);
    await pause(400);
    expect(teams.replies(team, message.id).filter(isSaid)).toHaveLength(1);
  });

  test('a deleted question takes its answer with it', async () => {
    const { teams } = office;
    const { message } = await teams.push.message({ from: ana, chat: team, text: ASKS_BREACH });
    await replyTo(team, message.id);
    await teams.push.remove(message);
    await teams.until(() => teams.replies(team, message.id).every((one) => !one.own), 'the answer to go');
  });

  test('an edited question offers a new answer in the personal chat, which takes the place of the old one', async () => {
    const { teams } = office;
    const chat = teams.personalChat(ana);
    const { message } = await teams.push.message({ from: ana, chat: team, text: ASKS_BREACH });
    const old = await replyTo(team, message.id);
    await teams.push.edit(message, ASKS_LEAVE);
    const offer = await teams.until(
      () => teams.answers(chat).findLast((one) => JSON.stringify(one.activity).includes('docent.answer_edited')),
      'the offer',
    );
    await teams.push.press({ from: ana, chat, message: offer, verb: 'docent.answer_edited' });
    await teams.until(() => teams.replies(team, message.id).some((one) => one.own && one.id !== old.id && isWhole(one)), 'the new answer');
    await teams.until(() => !teams.replies(team, message.id).some((one) => one.id === old.id), 'the old answer to go');
  });

  test('who presses Stop keeps what was shown, and gets no more', async () => {
    const { teams } = office;
    const dora = teams.person({ name: 'dora' });
    const chat = teams.personalChat(dora);
    await teams.push.message({ from: dora, chat, text: ASKS_BREACH });
    const open = await teams.until(() => teams.answers(chat).find((one) => one.streaming === 'open'), 'a stream');
    teams.push.stop(open);
    await pause(4_000);
    expect(teams.answers(chat).filter((one) => one.streaming !== 'stopped by user')).toEqual([]);
  });

  test('files that come with a question are read', async () => {
    const { teams } = office;
    const chat = teams.personalChat(ana);
    const before = teams.answers(chat).length;
    const files = [
      teams.file({ name: 'note.md', content: '# Parking\n\nThe garage closes at 21:30 on weekdays.', mimetype: 'text/markdown' }),
      teams.file({ name: 'film.mp4', content: 'xx', mimetype: 'video/mp4' }),
    ];
    await teams.push.message({ from: ana, chat, text: 'When does the garage close?', files });
    const answer = await wholeIn(chat, before);
    expect(teams.reads(answer)).toMatch(/Not read: film.+of a format/);
    expect(teams.calls('file').length).toBe(1);
    expect(teams.complaints).toEqual([]);
  });

  test('forged deliveries get a bare 401', async () => {
    const { teams, url } = office;
    const before = teams.everPosted(team).filter((one) => one.own).length;
    const none = await fetch(`${url}/api/messages`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    expect([none.status, await none.text()]).toEqual([401, '']);
    const { message } = await teams.push.message({ from: ana, chat: team, text: ASKS_BREACH, token: 'Bearer a.b.c' } as never);
    await pause(400);
    expect(teams.replies(team, message.id)).toEqual([]);
    expect(teams.everPosted(team).filter((one) => one.own)).toHaveLength(before);
    const large = await fetch(`${url}/api/messages`, {
      method: 'POST',
      body: JSON.stringify({ text: 'x'.repeat(2_000_000) }),
      headers: { 'content-type': 'application/json', authorization: 'Bearer a.b.c' },
    });
    expect(large.status).toBe(413);
  });
});

describe('who reads along in Teams', () => {
  const PARTNER = '11111111-2222-4333-8444-555555555555';
  let office: TeamsOffice;
  let ana: Person;
  beforeAll(async () => {
    office = await openTeamsOffice({ env: { TEAMS_ALLOWED_TENANTS: PARTNER, ADMIN_USERS: 'ana@the-company.example' } });
    ana = office.teams.person({ name: 'ana', email: 'ana@the-company.example' });
  });
  afterAll(() => office.close());
  beforeEach(() => office.teams.clearMoods());

  const answerIn = async (chat: Chat, from: Person): Promise<string> => {
    const { teams } = office;
    const before = teams.answers(chat).length;
    const { message } = await teams.push.message({ from, chat, text: ASKS_BREACH });
    const found = await teams.until(
      () =>
        (chat.kind === 'channel' ? teams.replies(chat, message.id).filter((one) => one.own) : teams.answers(chat).slice(before)).find(
          isWhole,
        ),
      'an answer',
    );
    return teams.reads(found);
  };

  test('an address that another directory tells is nobody’s of ours', async () => {
    const { teams } = office;
    const claims = teams.person({ name: 'claims', email: 'ana@the-company.example', tenant: PARTNER });
    const chat = teams.personalChat(claims);
    await teams.push.message({ from: claims, chat, text: 'docent doctor' });
    await teams.until(
      () =>
        /Only admins/.test(
          teams
            .answers(chat)
            .map((one) => teams.reads(one))
            .join(),
        ),
      'the refusal',
    );
  });

  test('whoever is added to a channel changes at once what is said there', async () => {
    const { teams } = office;
    const channel = teams.channel({ members: [ana] });
    expect(await answerIn(channel, ana)).toContain('72');
    await teams.push.members(channel, { added: [teams.person({ name: 'gus', guest: true })], by: ana });
    expect(await answerIn(channel, ana)).not.toContain('72');
  });

  test('somebody of whom the roster tells no directory is not of the company', async () => {
    const { teams } = office;
    const nobody = teams.person({ name: 'nobody' });
    Object.assign(nobody, { tenantId: undefined });
    expect(await answerIn(teams.groupChat({ members: [ana, nobody] }), ana)).not.toContain('72');
  });

  test('who left the team where they were first seen is known all the same', async () => {
    const { teams } = office;
    const dan = teams.person({ name: 'dan' });
    const first = teams.channel({ members: [ana, dan] });
    await answerIn(first, dan);
    first.members.delete(dan.id);
    expect(await answerIn(teams.personalChat(dan), dan)).toContain('72');
  });

  test('while the roster is away nobody is told that there is nothing', async () => {
    const { teams } = office;
    const eve = teams.person({ name: 'eve' });
    teams.mood('member', { type: 'status', status: 503 }, { times: 8 });
    expect(await answerIn(teams.personalChat(eve), eve)).toContain('72');
  });

  test('twenty who ask at once in a large channel are answered as who they are, and no limit is met', async () => {
    const { teams } = office;
    const before = teams.count429();
    const crowd = Array.from({ length: 600 }, () => teams.person());
    const channel = teams.channel({ members: crowd });
    const asked = await Promise.all(crowd.slice(0, 20).map((from) => teams.push.message({ from, chat: channel, text: ASKS_BREACH })));
    const whole = () => asked.flatMap(({ message }) => teams.replies(channel, message.id).filter((one) => one.own && isWhole(one)));
    await teams.until(() => whole().length === 20, 'the answers', 60_000);
    expect(whole().filter((one) => !one.text.includes('72'))).toEqual([]);
    expect(teams.count429() - before).toBe(0);
  }, 90_000);

  test('a question that is deleted in the moment its answer ends leaves nothing', async () => {
    const { teams } = office;
    const gil = teams.person({ name: 'gil' });
    const chat = teams.personalChat(gil);
    let taken: Promise<unknown> | undefined;
    const { message } = await teams.push.message({ from: gil, chat, text: ASKS_BREACH });
    const seen = teams.mood(
      'send',
      { type: 'slow', ms: 1_000 },
      { match: (body) => streamInfo(body)?.streamType === 'final' && ((taken ??= teams.push.remove(message)), true) },
    );
    await teams.until(() => seen.shown() > 0, 'its end');
    await taken;
    await pause(4_000);
    expect(teams.everPosted(chat).filter((one) => one.own && one.deletedAt === undefined)).toEqual([]);
    expect(teams.everPosted(chat).filter((one) => one.own)).toHaveLength(1);
  });

  test('after a question that was deleted while it was answered the chat streams again', async () => {
    const { teams } = office;
    const fay = teams.person({ name: 'fay' });
    const chat = teams.personalChat(fay);
    const { message } = await teams.push.message({ from: fay, chat, text: ASKS_BREACH });
    await teams.until(() => teams.answers(chat)[0], 'a beginning');
    await teams.push.remove(message);
    await teams.until(() => teams.answers(chat).length === 0, 'it to go');
    await teams.push.message({ from: fay, chat, text: ASKS_BREACH });
    const next = await teams.until(() => teams.answers(chat).find(isWhole), 'an answer');
    expect(next.versions[0]!.how).toBe('streamed');
  });
});

describe('beside asking in Teams', () => {
  let office: TeamsOffice;
  let ana: Person;
  let ben: Person;
  let team: Chat;
  let triage: Chat;

  beforeAll(async () => {
    office = await openTeamsOffice({ env: { TRIAGE_CHANNEL: 'teams:19:triage@thread.tacv2', ADMIN_USERS: 'ana@the-company.example' } });
    const { teams } = office;
    ana = teams.person({ name: 'ana' });
    ben = teams.person({ name: 'ben', locale: 'de-DE' });
    team = teams.channel({ members: [ana, ben] });
    triage = teams.channel({ members: [ana, ben], id: '19:triage@thread.tacv2' });
    teams.world.chats.set(triage.id, triage);
  });
  afterAll(() => office.close());

  const replyTo = (chat: Chat, root: string): Promise<Message> =>
    office.teams.until(() => office.teams.replies(chat, root).find((one) => one.own && isWhole(one)), 'an answer');

  test('the first meeting is one message, with what may be asked', async () => {
    const { teams } = office;
    const chat = teams.personalChat(ana);
    await teams.push.installed(chat, ana);
    await teams.push.installed(chat, ana);
    const welcome = await teams.until(() => teams.answers(chat)[0], 'the welcome');
    await pause(300);
    expect(teams.answers(chat)).toHaveLength(1);
    expect(teams.reads(welcome)).toMatch(/documents/);
    expect(JSON.stringify(welcome.activity.suggestedActions)).toContain('imBack');
    const added = teams.channel({ members: [ana] });
    await teams.push.installed(added, ana);
    await teams.until(() => teams.answers(added)[0], 'the introduction');
    expect(teams.complaints).toEqual([]);
  });

  test('while a whole company is welcomed, a question is answered as ever', async () => {
    const { teams } = office;
    const company = Array.from({ length: 150 }, () => teams.person());
    await Promise.all(company.map((one) => teams.push.installed(teams.personalChat(one), one)));
    // Welcomes begin a moment after the install.
    await teams.until(() => company.some((one) => teams.answers(teams.personalChat(one)).length > 0), 'the first welcome');
    const { message } = await teams.push.message({ from: ana, chat: team, text: ASKS_BREACH });
    await replyTo(team, message.id);
    const met = (): number => company.filter((one) => teams.answers(teams.personalChat(one)).length === 1).length;
    expect(met()).toBeLessThan(company.length);
    await teams.until(() => met() === company.length, 'all welcomes', 60_000);
    expect(teams.complaints).toEqual([]);
  });

  test('quotes, why, thumbs and their reason, and a person: each from under the answer', async () => {
    const { teams } = office;
    await teams.push.installed(triage, ben);
    const { message } = await teams.push.message({ from: ana, chat: team, text: ASKS_BREACH });
    const answer = await replyTo(team, message.id);
    const press = (verb: string, more: object = {}) => teams.push.press({ from: ana, chat: team, message: answer, verb, ...more });
    await press('docent.quotes');
    expect(teams.cardTexts(teams.cardOf(ana, answer)).join(' ')).toContain('72 hours');
    expect(teams.cardTexts(teams.cardOf(ben, answer)).join(' ')).not.toContain('72 hours');
    await press('docent.hide');
    await press('docent.why');
    expect(teams.cardTexts(teams.cardOf(ana, answer)).join(' ')).toMatch(/\d/);
    await press('docent.hide');
    await press('docent.ask_person', { inputs: { comment: 'It is urgent.' } });
    const ticket = await teams.until(() => teams.answers(triage).find((one) => teams.reads(one).includes('It is urgent.')), 'the ticket');
    expect(teams.reads(ticket)).toContain('Within how many hours');
    await teams.push.press({ from: ben, chat: triage, message: ticket, verb: 'docent.ticket_take' });
    await teams.until(() => teams.replies(team, message.id).some((one) => one.own && /looking into/.test(teams.reads(one))), 'the news');

    const chat = teams.personalChat(ana);
    const before = teams.answers(chat).length;
    const { body, status } = await teams.push.feedback({ from: ana, chat: team, message: answer, reaction: 'dislike', text: 'Too old.' });
    expect([status, body]).toEqual([200, {}]);
    const asked = await teams.until(() => teams.answers(chat).slice(before)[0], 'what was wrong');
    await teams.push.press({ from: ana, chat, message: asked, verb: 'docent.feedback_reason', inputs: { reason: 'outdated' } });
    expect(teams.cardTexts(teams.cardOf(ana, asked)).join(' ')).toMatch(/Thank you/);
    expect(teams.complaints).toEqual([]);
  });

  test('the message extension finds documents, and puts an answer into the message', async () => {
    const { teams } = office;
    teams.personalChat(ben);
    const { body } = await teams.push.query({ from: ben, text: 'data breach' });
    const found = JSON.stringify(body);
    expect(found).toContain('preview');
    const { body: started } = await teams.push.query({ from: ben, initialRun: true });
    expect(JSON.stringify(started)).toContain('message');
    const { body: answered } = await teams.push.select({ from: ben, value: { ask: ASKS_BREACH } });
    expect(JSON.stringify(answered)).toContain('72 hours');
  });

  test('"Ask about this" answers what a message asks, in the chat of whoever wants to know', async () => {
    const { teams } = office;
    const chat = teams.personalChat(ana);
    const before = teams.answers(chat).length;
    const { activity } = await teams.push.query({ from: ana, chat: team, text: 'data breach' });
    const body = { content: `<p>${ASKS_BREACH}</p>`, contentType: 'html' };
    const value = { commandId: 'askAbout', commandContext: 'message', messagePayload: { id: '1', body } };
    const asked = { ...activity, id: 'f:ask-about-1', name: 'composeExtension/fetchTask', value };
    const { status, body: told } = await teams.push.raw(asked);
    expect([status, JSON.stringify(told)]).toEqual([200, expect.stringContaining('your chat with Docent')]);
    await teams.push.raw(asked);
    const answer = await teams.until(() => teams.answers(chat).slice(before).find(isWhole), 'the answer');
    expect(answer.text).toContain('72');
    await pause(300);
    expect(teams.answers(chat)).toHaveLength(before + 1);
  });

  test('where it was removed nothing is sent, and nothing is tried for ever', async () => {
    const { teams } = office;
    const gone = teams.channel({ members: [ana] });
    const { message } = await teams.push.message({ from: ana, chat: gone, text: ASKS_BREACH });
    await replyTo(gone, message.id);
    await teams.until(() => teams.everPosted(gone).filter((one) => one.own).length === 2, 'its buttons');
    await teams.push.uninstalled(gone, ana);
    const calls = teams.requests.length;
    await pause(500);
    expect(teams.requests.length).toBe(calls);
  });

  test('who asks more than one may in an hour is told so alone', async () => {
    const { teams, app } = office;
    const cleo = teams.person({ name: 'cleo' });
    const chat = teams.personalChat(cleo);
    team.members.add(cleo.id);
    await app.changeSetting('questionsPerHour', 1);
    for (let nth = 0; nth < 2; nth++) await teams.push.message({ from: cleo, chat: team, text: ASKS_BREACH });
    await teams.until(() => teams.answers(chat).some((one) => /hour/.test(teams.reads(one))), 'the word');
    await app.changeSetting('questionsPerHour', 120);
  });
});
