/** Killed -9 wherever it may be: every acknowledged question is answered once, whole, by the process that comes after. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inLanes, KILL_TIMEOUT_MS, openKillHouse, openLane, type Lane, type Moment } from '../fakes/kill-rounds.ts';
import { ASKS_BREACH, isWhole, startSlackChild } from '../fakes/slack-office.ts';
import { startFakeSlack, type FakeSlack } from '../fakes/slack.ts';
import type { Message } from '../fakes/slack-state.ts';

/** Under load: asked at a time, in threads of their own. */
const AT_A_TIME = 6;

let house: Awaited<ReturnType<typeof openKillHouse>>;

beforeAll(async () => {
  house = await openKillHouse();
});
afterAll(() => house.close());

async function openSlackLane(): Promise<Lane<FakeSlack>> {
  const slack = await startFakeSlack({
    limits: { tiers: false, postsPerSecond: false },
    times: { ackMs: 3_000, retryAfterMs: [300, 3_000, 6_000] },
  });
  const start = (of: { folder: string; port: number; kill?: { step: string; nth: number } }) =>
    startSlackChild({ ...of, slack, modelUrl: house.modelUrl });
  return openLane({ filled: house.filled, fake: slack, path: '/slack/events', start });
}

/** Asks, kills at `when`, starts again; then every question has one whole answer. */
async function round(lane: Lane<FakeSlack>, when: Moment): Promise<void> {
  const slack = lane.fake;
  const people = Array.from({ length: AT_A_TIME }, () => slack.person());
  const team = slack.channel({ members: people });
  const asked = await lane.killed(when, () =>
    Promise.all(people.map((person) => slack.push.mention({ user: person.id, channel: team.id, text: ASKS_BREACH }))),
  );
  const own = (question: Message): Message[] => slack.replies(team.id, question.ts).filter((one) => one.own);
  await lane.after(async () => {
    // What was never acknowledged was Slack's to deliver again, as long as Slack does.
    await Promise.all(asked.flatMap(({ deliveries }) => deliveries.map((one) => one.done)));
    const questions = asked.filter(({ deliveries }) => deliveries.some((one) => one.acknowledged)).map(({ message }) => message!);
    const late = (): string[] => questions.filter((question) => !own(question).some(isWhole)).map((question) => question.ts);
    await slack.until(() => late().length === 0, `whole answers after a kill at ${JSON.stringify(when)}`, 30_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const question of questions)
      expect(
        own(question).map((one) => one.streaming),
        JSON.stringify(when),
      ).toHaveLength(1);
    // One that was recorded and not acknowledged may be answered still.
    await slack.until(() => slack.openStreams().length === 0, `streams to end after a kill at ${JSON.stringify(when)}`);
  });
}

test(
  'killed at each named step and at random moments under load, every question is answered once',
  () => inLanes(openSlackLane, round),
  KILL_TIMEOUT_MS,
);
