/** Asking in Slack, end to end: the fake Slack over HTTP and Socket Mode, the real application behind. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openOffice, ASKS_BREACH, quotingModel, type Office } from '../fakes/slack-office.ts';
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
  }, 60_000);
  afterAll(async () => {
    await office.close();
    await model.close();
  });
  beforeEach(() => office.slack.clearMoods());

  const ended = (message: Message | undefined): boolean =>
    message !== undefined && message.streaming !== 'open' && JSON.stringify(message.blocks).includes('docent.why');
  const replyTo = (channel: Channel, ts: string, what = 'an answer'): Promise<Message> =>
    office.slack.until(() => office.slack.replies(channel.id, ts).find((one) => one.own && ended(one)), what, 10_000);
  const shownIn = (message: Message): string => message.text + JSON.stringify(message.blocks);
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
      10_000,
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
      const reply = await slack.until(
        () => slack.replies(channel.id, ts).find((one) => one.own && one.streaming !== 'open'),
        'an answer',
        10_000,
      );
      expect(shownIn(reply)).not.toContain('72 hours');
      expect(shownIn(reply)).toContain('Not found');
    }
  });

  test('somebody whom Slack does not tell of is taken for a guest', async () => {
    const { slack } = office;
    const carl = slack.person({ name: `carl-${mode}` });
    team.members.add(carl.id);
    slack.mood('users.info', { type: 'http500' }, { times: Infinity, match: (args) => args.user === carl.id });
    const ts = await mention(ASKS_BREACH, carl);
    const reply = await slack.until(
      () => slack.replies(team.id, ts).find((one) => one.own && one.streaming !== 'open'),
      'an answer',
      10_000,
    );
    expect(shownIn(reply)).not.toContain('72 hours');
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
      10_000,
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
    await slack.until(() => own() === 2, 'the follow-up', 10_000);
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
      10_000,
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
