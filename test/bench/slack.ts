/**
 * Slack under load: 50 questions a second for ten seconds, then drained; the fake Slack and the model in this process,
 * Docent in one of its own, as a laptop runs it.
 *   node test/bench/slack.ts [--seconds 10] [--perSecond 50]   prints one JSON object
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { percentile } from '../../src/eval/scores.ts';
import { createLog } from '../../src/log.ts';
import { readPrompt } from '../fakes/inventing-model.ts';
import { startOpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { ASKS_BREACH, isWhole, quotingModel, startSlackChild } from '../fakes/slack-office.ts';
import { startFakeSlack } from '../fakes/slack.ts';
import type { Message } from '../fakes/slack-state.ts';
import { freePort } from '../servers/free-port.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' }, perSecond: { type: 'string', default: '50' } } });
const PER_SECOND = Number(values.perSecond);
const COUNT = Number(values.seconds) * PER_SECOND;
const PIECE_MS = 5;

const folder = mkdtempSync(join(tmpdir(), 'docent-bench-'));
/** When the model had said its last token to the nth question. */
const said = new Map<number, number>();
const model = await startOpenAiEndpoint({
  reply: (request) => {
    const chunks = quotingModel(request).match(/[^]{1,24}/g) ?? [];
    const { standalone, question } = readPrompt(request.messages);
    const nth = Number(/\((\d+)\)/.exec(question)?.[1] ?? -1);
    if (!standalone) said.set(nth, Date.now() + chunks.length * PIECE_MS);
    return { chunks, delayMs: PIECE_MS };
  },
});
// Slack's own limits hold, as it states them.
const slack = await startFakeSlack({ echo: true });
try {
  const config = readConfig({ DATA_DIR: folder, EMBEDDING_MODEL: 'none' });
  const app = await createApp(config, { log: createLog('silent') });
  await app.addSample();
  await app.syncNow([], { signal: AbortSignal.timeout(60_000) });
  await app.close();
  const port = await freePort();
  slack.deliverTo(`http://127.0.0.1:${port}/slack/events`);
  const child = await startSlackChild({ folder, port, slack, modelUrl: model.url });

  // Ten questions an hour and person, each in a thread of its own; channels as a company has them.
  const people = Array.from({ length: COUNT / 10 }, () => slack.person());
  const channels = Array.from({ length: 50 }, (_, at) => slack.channel({ members: people, name: `channel-${at}` }));
  const asked: { message: Message; at: number }[] = [];
  const pushes: Promise<unknown>[] = [];
  const from = performance.now();
  for (let nth = 0; nth < COUNT; nth++) {
    const due = from + (nth * 1000) / PER_SECOND;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const at = Date.now();
    const who = people[nth % people.length]!;
    const channel = channels[nth % channels.length]!;
    pushes.push(
      slack.push
        .mention({ user: who.id, channel: channel.id, text: `${ASKS_BREACH} (${nth})`, only: 'app_mention' })
        .then(({ message }) => asked.push({ message: message!, at })),
    );
  }
  await Promise.all(pushes);
  const own = (message: Message): Message[] => slack.replies(message.channel, message.ts).filter((one) => one.own);
  const ends = Date.now() + 300_000;
  while (asked.some(({ message }) => !own(message).some(isWhole)) && Date.now() < ends)
    await new Promise((resolve) => setTimeout(resolve, 200));
  const drainedMs = Math.round(performance.now() - from);
  await new Promise((resolve) => setTimeout(resolve, 500));

  const signs = asked.map(({ message, at }) => {
    const status = slack.statuses.find((one) => one.channel === message.channel && one.threadTs === message.ts && one.status !== '')?.at;
    const posted = own(message)[0]?.postedAt;
    return Math.min(status ?? Infinity, posted ?? Infinity) - at;
  });
  const finals = asked.flatMap(({ message }) => {
    const nth = Number(/\((\d+)\)/.exec(message.text)![1]);
    const last = own(message)[0]?.versions.findLast((version) => version.how !== 'deleted')?.at;
    const end = said.get(nth);
    return last === undefined || end === undefined ? [] : [Math.max(0, last - end)];
  });
  const acks = slack.ackTimes();
  const round = (value: number): number => Math.round(value * 10) / 10;
  process.stdout.write(
    `${JSON.stringify({
      questions: COUNT,
      answeredOnce: asked.filter(({ message }) => own(message).length === 1 && isWhole(own(message)[0]!)).length,
      ackP50Ms: round(percentile(acks, 0.5)),
      ackP99Ms: round(percentile(acks, 0.99)),
      signP50Ms: round(percentile(signs, 0.5)),
      signP95Ms: round(percentile(signs, 0.95)),
      finalP50Ms: round(percentile(finals, 0.5)),
      finalP95Ms: round(percentile(finals, 0.95)),
      streamed: asked.filter(({ message }) => own(message)[0]?.versions[0]?.how === 'started').length,
      drainedMs,
      limited: slack.limited,
      complaints: slack.complaints.slice(0, 5),
    })}\n`,
  );
  child.kill('SIGTERM');
} finally {
  await slack.close();
  await model.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
