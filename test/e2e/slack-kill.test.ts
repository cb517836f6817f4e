/** Killed -9 wherever it may be: every acknowledged question is answered once, whole, by the process that comes after. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import { ASKS_BREACH, isWhole, quotingModel, startSlackChild } from '../fakes/slack-office.ts';
import { startOpenAiEndpoint, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { startFakeSlack, type FakeSlack } from '../fakes/slack.ts';
import type { Message } from '../fakes/slack-state.ts';
import { testConfig } from '../fakes/test-config.ts';
import { freePort } from '../servers/free-port.ts';

const STEPS = ['recorded', 'acknowledged', 'intended', 'posted', 'noted', 'grown', 'ending', 'ended', 'delivered'];
/** Random moments; the soak has more. */
const MOMENTS = Number(process.env['SOAK_ROUNDS'] ?? 20);
const LANES = 8;
/** Under load: asked at a time, in threads of their own. */
const AT_A_TIME = 6;

let filled: string;
let model: OpenAiEndpoint;

beforeAll(async () => {
  filled = mkdtempSync(join(tmpdir(), 'docent-slack-kill-'));
  const app = await createApp(await testConfig({ DATA_DIR: filled }), { log: createLog('silent') });
  await app.addSample();
  await app.syncNow([], { signal: AbortSignal.timeout(60_000) });
  await app.close();
  model = await startOpenAiEndpoint({ reply: (request) => ({ chunks: quotingModel(request).match(/[^]{1,12}/g) ?? [], delayMs: 8 }) });
}, 60_000);
afterAll(async () => {
  rmSync(filled, { recursive: true, force: true });
  await model?.close();
});

interface Lane {
  slack: FakeSlack;
  start(kill?: { step: string; nth: number }): Promise<ChildProcess>;
  close(): Promise<void>;
}

async function openLane(): Promise<Lane> {
  const folder = mkdtempSync(join(tmpdir(), 'docent-slack-lane-'));
  cpSync(filled, folder, { recursive: true });
  const slack = await startFakeSlack({
    limits: { tiers: false, postsPerSecond: false },
    times: { ackMs: 800, retryAfterMs: [300, 2_000, 6_000] },
  });
  const port = await freePort();
  slack.deliverTo(`http://127.0.0.1:${port}/slack/events`);
  let child: ChildProcess | undefined;
  return {
    slack,
    async start(kill) {
      child = await startSlackChild({ folder, port, slack, modelUrl: model.url, ...(kill ? { kill } : {}) });
      return child;
    },
    async close() {
      child?.kill('SIGKILL');
      await slack.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const dead = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.once('exit', () => resolve())));

/** Asks, kills at `when`, starts again; then every question has one whole answer. */
async function killed(lane: Lane, when: { step: string; nth: number } | { afterMs: number }): Promise<void> {
  const { slack } = lane;
  const child = await lane.start('step' in when ? when : undefined);
  const people = Array.from({ length: AT_A_TIME }, () => slack.person());
  const team = slack.channel({ members: people });
  const asked = await Promise.all(people.map((person) => slack.push.mention({ user: person.id, channel: team.id, text: ASKS_BREACH })));
  if ('afterMs' in when) setTimeout(() => child.kill('SIGKILL'), when.afterMs);
  await Promise.race([dead(child), new Promise((resolve) => setTimeout(resolve, 6_000))]);
  child.kill('SIGKILL');
  await dead(child);
  const next = await lane.start();
  const own = (question: Message): Message[] => slack.replies(team.id, question.ts).filter((one) => one.own);
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
  await slack.until(() => slack.openStreams().length === 0, `streams to end after a kill at ${JSON.stringify(when)}`, 15_000);
  next.kill('SIGKILL');
  await dead(next);
}

test(
  'killed at each named step and at random moments under load, every question is answered once',
  async () => {
    const waiting: ({ step: string; nth: number } | { afterMs: number })[] = [
      ...STEPS.map((step, at) => ({ step, nth: 1 + (at % 3) })),
      ...Array.from({ length: MOMENTS }, () => ({ afterMs: Math.round(Math.random() * 900) })),
    ];
    const lanes = await Promise.all(Array.from({ length: Math.min(LANES, waiting.length) }, openLane));
    try {
      await Promise.all(
        lanes.map(async (lane) => {
          for (let next = waiting.shift(); next; next = waiting.shift()) await killed(lane, next);
        }),
      );
    } finally {
      await Promise.all(lanes.map((lane) => lane.close()));
    }
  },
  60_000 + (STEPS.length + MOMENTS) * 20_000,
);
