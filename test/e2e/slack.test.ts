/** Asking in Slack, end to end: the fake Slack over HTTP and Socket Mode, the real application behind. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ASKS_BREACH, isWhole, openOffice, quotingModel, shownIn, type Office } from '../fakes/slack-office.ts';
import { startOpenAiEndpoint, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import type { Channel, Message, Person } from '../fakes/slack-state.ts';

describe.each(['http', 'socket'] as const)('in Slack by %s', (mode) => {
  let office: Office;
  let model: OpenAiEndpoint;
  let ana: Person;
  let ben: Person;
  let guest: Person;
  let team: Channel;
  let shared: Channel;

  beforeAll(async () => {
    model = await startOpenAiEndpoint({ reply: (request) => ({ chunks: quotingModel(request).match(/[^]{1,12}/g) ?? [], delayMs: 1 }) });
    office = await openOffice({ mode, env: { OPENAI_BASE_URL: model.url, CHAT_MODEL: 'test-chat', TRIAGE_CHANNEL: 'slack:C0TRIAGE' } });
    const { slack } = office;
    ana = slack.person({ name: 'ana' });
    ben = slack.person({ name: 'ben' });
    guest = slack.person({ name: 'guest', isRestricted: true });
    team = slack.channel({ members: [ana, ben, guest] });
    shared = slack.channel({ members: [ana], isExtShared: true });
    slack.channel({ id: 'C0TRIAGE', name: 'triage', members: [ben] });
  });
  afterAll(async () => {
    await office.close();
    await model.close();
  });
  beforeEach(() => office.slack.clearMoods());

  const replyTo = (channel: Channel, ts: string, what = 'an answer'): Promise<Message> =>
    office.slack.until(() => office.slack.replies(channel.id, ts).find((one) => one.own && isWhole(one)), what);
  const asked = async (text: string, who = ana, channel = team): Promise<Message> =>
    (await office.slack.push.mention({ user: who.id, channel: channel.id, text })).message!;
  const mention = async (text: string, who = ana, channel = team): Promise<string> => (await asked(text, who, channel)).ts;

  test('a mention is answered once in its thread, streamed, though it comes as two events', async () => {
    const { slack } = office;
    const ts = await mention(ASKS_BREACH);
    const reply = await replyTo(team, ts);
    expect(shownIn(reply)).toContain('72 hours');
    expect(reply.versions.map((v) => v.how)).toContain('started');
    expect(reply.versions.map((v) => v.how)).toContain('stopped');
    expect(slack.statuses.some((s) => s.threadTs === ts && s.status !== '')).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(slack.replies(team.id, ts).filter((one) => one.own)).toHaveLength(1);
    expect(slack.statusIn(team.id, ts)).toBeUndefined();
    expect(slack.complaints).toEqual([]);
  });

  test('a direct message is answered in its thread, and a follow-up knows what it is about', async () => {
    const { slack } = office;
    const dm = slack.directOf(ana);
    const first = (await slack.push.direct({ user: ana.id, text: ASKS_BREACH })).message!;
    expect(shownIn(await replyTo(dm, first.ts))).toContain('72 hours');
    const second = (await slack.push.direct({ user: ana.id, text: 'And who reports it?', threadTs: first.ts })).message!;
    await slack.until(
      () => slack.replies(dm.id, first.ts).filter((one) => one.own && one.streaming !== 'open').length === 2,
      'the second answer',
    );
    expect(second.threadTs).toBe(first.ts);
  });

  test('a guest, and a channel with another company, get what anyone may read: nothing here', async () => {
    const { slack } = office;
    for (const [who, channel] of [
      [guest, team],
      [ana, shared],
    ] as const) {
      const ts = await mention(ASKS_BREACH, who, channel);
      const reply = await slack.until(() => slack.replies(channel.id, ts).find((one) => one.own && one.streaming !== 'open'), 'an answer');
      expect(shownIn(reply)).not.toContain('72 hours');
      expect(shownIn(reply)).toContain('Not found');
    }
  });

  test('somebody whom Slack does not tell of is shown nothing, and not told that there is nothing', async () => {
    const { slack } = office;
    const carl = slack.person({ name: `carl-${mode}` });
    team.members.add(carl.id);
    slack.mood('users.info', { type: 'http500' }, { times: Infinity, match: (args) => args.user === carl.id });
    const ts = await mention(ASKS_BREACH, carl);
    const reply = await slack.until(() => slack.replies(team.id, ts).find((one) => one.own && one.streaming !== 'open'), 'an answer');
    expect(shownIn(reply)).not.toContain('72 hours');
    expect(shownIn(reply)).toContain('Something went wrong');
    slack.clearMoods();
    // Once Slack tells, they are of the company again.
    const again = await mention(ASKS_BREACH, carl);
    expect(shownIn(await replyTo(team, again))).toContain('72 hours');
  });

  test('/ask answers for one person alone, and the answer can be shared once', async () => {
    const { slack } = office;
    await slack.push.command({ user: ana.id, channel: team.id, command: '/ask', text: ASKS_BREACH });
    const answer = await slack.until(
      () => slack.ephemerals.find((one) => one.user === ana.id && JSON.stringify(one.blocks).includes('docent.share')),
      'an ephemeral answer',
    );
    expect(JSON.stringify(answer.blocks)).toContain('72 hours');
    const before = slack.messages(team.id).length;
    await slack.push.action({ user: ana.id, channel: team.id, ts: answer.ts, actionId: 'docent.share' });
    await slack.push.action({ user: ana.id, channel: team.id, ts: answer.ts, actionId: 'docent.share' }).catch(() => {});
    await slack.until(() => slack.messages(team.id).length > before, 'the shared answer');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const shown = slack.messages(team.id).slice(before);
    expect(shown).toHaveLength(1);
    expect(shownIn(shown[0]!)).toContain('72 hours');
    expect(shownIn(shown[0]!)).toContain('Within how many hours');
  });

  test('in a thread, who asked may go on without a mention; others, chatter, and who names somebody may not', async () => {
    const { slack } = office;
    const ts = await mention(ASKS_BREACH);
    await replyTo(team, ts);
    const own = (): number => slack.replies(team.id, ts).filter((one) => one.own).length;
    const say = (who: Person, text: string) => slack.push.message({ user: who.id, channel: team.id, text, threadTs: ts });
    await say(ben, 'And who reports it?');
    await say(ana, 'Thanks, great!');
    await say(ana, `<@${ben.id}> and who reports it?`);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(own()).toBe(1);
    await say(ana, 'And who reports it?');
    await slack.until(() => own() === 2, 'the follow-up');
  });

  test('bots and its own messages are not answered; unknown subtypes neither', async () => {
    const { slack } = office;
    const robot = slack.person({ name: `robot-${mode}`, isBot: true });
    team.members.add(robot.id);
    const before = slack.everPosted(team.id).filter((one) => one.own).length;
    await slack.push.mention({ user: robot.id, channel: team.id, text: ASKS_BREACH, extra: { bot_id: 'B0ROBOT' } });
    await slack.push.bot({ channel: team.id, text: `<@${slack.app.userId}> ${ASKS_BREACH}` });
    await slack.push.message({
      user: ana.id,
      channel: team.id,
      text: `<@${slack.app.userId}> ${ASKS_BREACH}`,
      extra: { subtype: 'channel_topic' },
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(slack.everPosted(team.id).filter((one) => one.own)).toHaveLength(before);
  });

  test('a deleted question takes its answer with it', async () => {
    const { slack } = office;
    const question = await asked(ASKS_BREACH);
    const { ts } = question;
    await replyTo(team, ts);
    await slack.push.delete(question);
    await slack.until(() => slack.replies(team.id, ts).every((one) => !one.own), 'the answer to go');
  });

  test('an edited question offers a new answer, which takes the place of the old one', async () => {
    const { slack } = office;
    const question = await asked(ASKS_BREACH);
    const { ts } = question;
    const old = await replyTo(team, ts);
    await slack.push.unfurl(question);
    await slack.push.edit(question, `<@${slack.app.userId}> How many days of leave does everybody have?`);
    const offer = await slack.until(
      () => slack.ephemerals.findLast((one) => one.user === ana.id && JSON.stringify(one.blocks).includes('docent.answer_edited')),
      'the offer',
    );
    await slack.push.action({ user: ana.id, channel: team.id, ts: offer.ts, actionId: 'docent.answer_edited' });
    await slack.until(
      () => slack.replies(team.id, ts).some((one) => one.own && one.ts !== old.ts && one.streaming !== 'open'),
      'the new answer',
    );
    await slack.until(() => !slack.replies(team.id, ts).some((one) => one.ts === old.ts), 'the old answer to go');
  });

  test('the same delivery, sent again and again, is answered once', async () => {
    const { slack } = office;
    const dm = slack.directOf(ben);
    const { message, deliveries } = await slack.push.direct({ user: ben.id, text: ASKS_BREACH });
    const { ts } = message!;
    for (let nth = 0; nth < 3; nth++) await slack.push.again(deliveries[0]!);
    await replyTo(dm, ts);
    await slack.push.again(deliveries[0]!);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(slack.replies(dm.id, ts).filter((one) => one.own)).toHaveLength(1);
  });
});

describe('beside asking', () => {
  let office: Office;
  let ana: Person;
  let ben: Person;
  let team: Channel;
  let triage: Channel;

  beforeAll(async () => {
    office = await openOffice({ env: { TRIAGE_CHANNEL: 'slack:C0TRIAGE', ADMIN_USERS: 'ana@the-company.example' } });
    const { slack } = office;
    ana = slack.person({ name: 'ana' });
    ben = slack.person({ name: 'ben', locale: 'de-DE' });
    team = slack.channel({ members: [ana, ben] });
    triage = slack.channel({ id: 'C0TRIAGE', name: 'triage', members: [ben] });
  });
  afterAll(() => office.close());

  const replyTo = (channel: Channel, ts: string): Promise<Message> =>
    office.slack.until(() => office.slack.replies(channel.id, ts).find((one) => one.own && isWhole(one)), 'an answer');

  test('the first meeting is one message, and prompts are suggested each time', async () => {
    const { slack } = office;
    for (let nth = 0; nth < 2; nth++) await slack.push.appHomeOpened({ user: ana.id, tab: 'messages' });
    const dm = slack.directOf(ana);
    await slack.until(() => slack.prompts.filter((one) => one.channel === dm.id).length === 2, 'prompts');
    expect(slack.messages(dm.id).filter((one) => one.own)).toHaveLength(1);
    expect(shownIn(slack.messages(dm.id)[0]!)).toMatch(/documents/);
    expect(slack.prompts[0]!.prompts.length).toBeGreaterThan(0);
    const { message } = await slack.push.suggestedPrompt({ user: ana.id, title: String(slack.prompts[0]!.prompts[0]!.title) });
    await slack.until(() => slack.replies(dm.id, message!.ts).some((one) => one.own && one.streaming !== 'open'), 'an answer');
  });

  test('added to a channel it introduces itself once', async () => {
    const { slack } = office;
    const other = slack.channel({ members: [ana] });
    for (let nth = 0; nth < 2; nth++) await slack.push.memberJoined({ user: slack.app.userId, channel: other.id, inviter: ana.id });
    await slack.until(() => slack.messages(other.id).some((one) => one.own), 'the introduction');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(slack.messages(other.id).filter((one) => one.own)).toHaveLength(1);
  });

  test('"Ask about this" answers what a message says, for one person alone', async () => {
    const { slack } = office;
    const said = slack.push.quietly({ user: ben.id, channel: team.id, text: ASKS_BREACH });
    await slack.push.shortcut({ user: ana.id, callbackId: 'docent.ask_about', channel: team.id, ts: said.ts });
    const answer = await slack.until(
      () => slack.ephemerals.find((one) => one.user === ana.id && shownIn(one).includes('docent.why')),
      'an answer',
    );
    expect(shownIn(answer)).toContain('72');
    expect(slack.replies(team.id, said.ts)).toEqual([]);
  });

  test('"Ask a person" writes one ticket, which stands in the triage channel', async () => {
    const { slack } = office;
    const question = (await slack.push.mention({ user: ana.id, channel: team.id, text: ASKS_BREACH })).message!;
    const answer = await replyTo(team, question.ts);
    await slack.push.action({ user: ana.id, channel: team.id, ts: answer.ts, actionId: 'docent.ask_person' });
    await slack.until(() => slack.viewsOf(ana).length > 0, 'the modal');
    await slack.push.viewSubmission({ user: ana.id });
    const ticket = await slack.until(() => slack.messages(triage.id).find((one) => one.own), 'the ticket');
    expect(shownIn(ticket)).toContain('Within how many hours');
    expect(slack.complaints).toEqual([]);
  });

  test('an automatic channel is answered in silence until labels say otherwise', async () => {
    const { slack, app } = office;
    const help = slack.channel({ members: [ana, ben] });
    const name = `slack:${slack.team.id}/${help.id}`;
    await app.chat.automatic.set(name, 0.8);
    await slack.push.message({ user: ben.id, channel: help.id, text: ASKS_BREACH });
    await slack.push.message({ user: ben.id, channel: help.id, text: 'Good morning everyone!' });
    for (let nth = 0; nth < 50 && (await app.chat.automatic.unlabelled(name, 10)).length === 0; nth++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const silent = await app.chat.automatic.unlabelled(name, 10);
    expect(silent.map((one) => one.question)).toEqual([ASKS_BREACH]);
    expect(slack.messages(help.id).filter((one) => one.own)).toEqual([]);
    expect(slack.statuses.filter((one) => one.channel === help.id)).toEqual([]);
  });

  test('who asks more than one may in an hour is told so alone, and nothing is lost of what was asked before', async () => {
    const { slack, app } = office;
    const cleo = slack.person({ name: 'cleo' });
    team.members.add(cleo.id);
    await app.changeSetting('questionsPerHour', 2);
    const asked: Message[] = [];
    for (let nth = 0; nth < 3; nth++)
      asked.push((await slack.push.mention({ user: cleo.id, channel: team.id, text: ASKS_BREACH })).message!);
    await slack.until(() => slack.ephemerals.some((one) => one.user === cleo.id && /hour/.test(one.text)), 'the word');
    await replyTo(team, asked[0]!.ts);
    await replyTo(team, asked[1]!.ts);
    expect(slack.replies(team.id, asked[2]!.ts)).toEqual([]);
    // A mention comes as two events.
    expect(slack.ephemerals.filter((one) => one.user === cleo.id)).toHaveLength(1);
    await app.changeSetting('questionsPerHour', 120);
  });

  test('an edit that is answered anew twice over is answered once, and a deletion takes all of it', async () => {
    const { slack } = office;
    const question = (await slack.push.mention({ user: ana.id, channel: team.id, text: ASKS_BREACH })).message!;
    await replyTo(team, question.ts);
    const { deliveries } = await slack.push.edit(question, `<@${slack.app.userId}> How many days of leave &amp; rest does everybody have?`);
    await slack.push.again(deliveries[0]!);
    const offers = () => slack.ephemerals.filter((one) => one.user === ana.id && JSON.stringify(one.blocks).includes(question.ts));
    const offer = await slack.until(() => offers()[0], 'the offer');
    const press = () => slack.push.action({ user: ana.id, channel: team.id, ts: offer.ts, actionId: 'docent.answer_edited' });
    await Promise.all([press(), press()]);
    const own = (): Message[] => slack.replies(team.id, question.ts).filter((one) => one.own);
    await slack.until(() => own().length === 1 && isWhole(own()[0]!), 'the one new answer');
    expect(offers()).toHaveLength(1);
    await slack.push.delete(question);
    await slack.until(() => own().length === 0, 'all to go');
  });

  test('what was begun when its question was deleted goes too, though Slack said that it was not begun', async () => {
    const { slack } = office;
    slack.mood('chat.startStream', { type: 'cut', when: 'after' }, { times: 1 });
    slack.mood('conversations.replies', { type: 'slow', ms: 300 });
    const question = (await slack.push.mention({ user: ana.id, channel: team.id, text: ASKS_BREACH })).message!;
    await slack.until(() => slack.replies(team.id, question.ts).some((one) => one.own), 'a beginning');
    await slack.push.delete(question);
    await slack.until(() => slack.replies(team.id, question.ts).every((one) => !one.own), 'it to go');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(slack.replies(team.id, question.ts).filter((one) => one.own)).toEqual([]);
  });

  test('questions that name nobody cost their askers nothing, and make no thread Docent\u2019s', async () => {
    const { slack, app } = office;
    const eve = slack.person({ name: 'eve' });
    const help = slack.channel({ members: [eve] });
    await app.chat.automatic.set(`slack:${slack.team.id}/${help.id}`, 0.8);
    await app.changeSetting('questionsPerHour', 2);
    const said: Message[] = [];
    for (let nth = 0; nth < 3; nth++) said.push((await slack.push.message({ user: eve.id, channel: help.id, text: ASKS_BREACH })).message!);
    await slack.push.message({ user: eve.id, channel: help.id, threadTs: said[0]!.ts, text: 'And who reports it?' });
    await replyTo(help, (await slack.push.mention({ user: eve.id, channel: help.id, text: ASKS_BREACH })).message!.ts);
    expect(slack.replies(help.id, said[0]!.ts).filter((one) => one.own)).toEqual([]);
    expect(slack.ephemerals.filter((one) => one.user === eve.id)).toEqual([]);
    await app.changeSetting('questionsPerHour', 120);
  });

  test('forged, old and future requests are refused, and another workspace is not answered', async () => {
    const { slack } = office;
    const before = slack.everPosted(team.id).filter((one) => one.own).length;
    const said = { user: ana.id, channel: team.id, text: ASKS_BREACH, only: 'app_mention' } as const;
    const pushed = await Promise.all([
      slack.push.mention({ ...said, signature: 'forged' }),
      slack.push.mention({ ...said, signature: 'absent' }),
      slack.push.mention({ ...said, skewS: -400 }),
      slack.push.mention({ ...said, skewS: 400 }),
    ]);
    expect(pushed.flatMap(({ deliveries }) => deliveries.map((one) => one.acknowledged))).toEqual([false, false, false, false]);
    await slack.push.mention({ ...said, team: 'T0ELSEWHERE' });
    const large = await fetch(`${office.url}/slack/events`, { method: 'POST', body: 'x'.repeat(2_000_000) });
    expect(large.status).toBe(413);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(slack.everPosted(team.id).filter((one) => one.own)).toHaveLength(before);
  });
});

describe('a connection by Socket Mode', () => {
  test('that is cut, and cannot be opened for a while, is opened again; one that never stands holds nothing up', async () => {
    const office = await openOffice({ mode: 'socket' });
    const { slack } = office;
    try {
      const ana = slack.person({ name: 'ana' });
      const refused = slack.mood('apps.connections.open', { type: 'error', code: 'invalid_auth' }, { times: 3 });
      slack.socketMode.cut();
      await slack.until(() => refused.shown() === 3 && slack.socketMode.count() === 1, 'the connection to stand again');
      const { message } = await slack.push.direct({ user: ana.id, text: ASKS_BREACH });
      await slack.until(() => slack.replies(slack.directOf(ana).id, message!.ts).some((one) => one.own), 'an answer');
      slack.mood('apps.connections.open', { type: 'hang' }, { times: Infinity });
      slack.socketMode.cut();
      await new Promise((resolve) => setTimeout(resolve, 300));
    } finally {
      const from = Date.now();
      await office.close();
      expect(Date.now() - from).toBeLessThan(5_000);
    }
  });
});
