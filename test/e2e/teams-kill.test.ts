/** Killed -9 wherever it may be: every acknowledged question of Teams is answered once, whole, by the process that comes after. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inLanes, KILL_TIMEOUT_MS, openKillHouse, openLane, type Lane, type Moment } from '../fakes/kill-rounds.ts';
import { ASKS_BREACH } from '../fakes/slack-office.ts';
import { isSaid, isWhole, startTeamsChild } from '../fakes/teams-office.ts';
import { startFakeTeams, type FakeTeams } from '../fakes/teams.ts';
import type { Chat, Message } from '../fakes/teams-state.ts';

/** Under load: asked at a time, half in a channel and half in chats of their own. */
const AT_A_TIME = 6;

let house: Awaited<ReturnType<typeof openKillHouse>>;
/** What a kill left beside the answers: Teams gives no way to find what was posted and not noted. */
const seen = { questions: 0, signs: 0, streams: 0, inRounds: 0, rounds: 0 };

beforeAll(async () => {
  house = await openKillHouse();
});
afterAll(async () => {
  await house.close();
  process.stdout.write(
    `Teams, killed ${seen.rounds} times: ${seen.questions} questions answered; left beside them ${seen.signs} lines that say it is looked for and ${seen.streams} such streams, in ${seen.inRounds} rounds\n`,
  );
});

async function openTeamsLane(): Promise<Lane<FakeTeams>> {
  const teams = await startFakeTeams({ times: { ackMs: 3_000, retryAfterMs: [300, 3_000, 6_000] } });
  const start = (of: { folder: string; port: number; kill?: { step: string; nth: number } }) =>
    startTeamsChild({ ...of, teams, modelUrl: house.modelUrl });
  return openLane({ filled: house.filled, fake: teams, path: '/api/messages', start });
}

/** Asks, kills at `when`, starts again; then every question has one whole answer. */
async function round(lane: Lane<FakeTeams>, when: Moment): Promise<void> {
  const teams = lane.fake;
  const people = Array.from({ length: AT_A_TIME }, () => teams.person());
  const team = teams.channel({ members: people });
  const chatOf = (nth: number): Chat => (nth % 2 === 0 ? team : teams.personalChat(people[nth]!));
  const asked = await lane.killed(when, () =>
    Promise.all(people.map((from, nth) => teams.push.message({ from, chat: chatOf(nth), text: ASKS_BREACH }))),
  );
  const own = ({ id, chat }: Message): Message[] => (chat === team.id ? teams.replies(team, id) : teams.messages(chat)).filter(isSaid);
  await lane.after(async () => {
    // What was never acknowledged was Teams' to deliver again, as long as Teams does.
    await Promise.all(asked.map(({ delivery }) => delivery.done));
    const questions = asked.filter(({ delivery }) => delivery.acknowledged).map(({ message }) => message);
    const late = (): Message[] => questions.filter((question) => !own(question).some(isWhole));
    await teams.until(() => late().length === 0, `whole answers after a kill at ${JSON.stringify(when)}`, 30_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const left = questions.flatMap((question) => {
      const answers = own(question).filter(isWhole);
      expect(answers, JSON.stringify(when)).toHaveLength(1);
      return own(question).filter((one) => !isWhole(one));
    });
    // None of them is half an answer.
    for (const one of left) expect(teams.reads(one), JSON.stringify(when)).toMatch(/^([\W_]*is searching the documents[\W_]*)?$/);
    seen.rounds += 1;
    seen.questions += questions.length;
    seen.signs += left.filter((one) => one.streaming === 'no').length;
    seen.streams += left.filter((one) => one.streaming !== 'no').length;
    if (left.length > 0) seen.inRounds += 1;
    expect(teams.complaints, JSON.stringify(when)).toEqual([]);
  });
}

test(
  'killed at each named step and at random moments under load, every question is answered once',
  async () => {
    await inLanes(openTeamsLane, round);
    // What is left is what was on its way to Teams, or on its way back, in the moment of the kill.
    expect(seen.signs + seen.streams).toBeLessThan(seen.questions / 3);
  },
  KILL_TIMEOUT_MS,
);
