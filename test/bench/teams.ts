/**
 * Teams under load: 50 questions a second for ten seconds, then drained; half in personal chats, half in channels; the fake
 * Teams and the model in this process, Docent in one of its own, as a laptop runs it. Then more answers, for the limits' sake.
 *   node test/bench/teams.ts [--seconds 10] [--perSecond 50]   prints one JSON object
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
import { ASKS_BREACH, quotingModel } from '../fakes/slack-office.ts';
import { isSaid, isWhole, startTeamsChild } from '../fakes/teams-office.ts';
import { startFakeTeams } from '../fakes/teams.ts';
import type { Chat, Message } from '../fakes/teams-state.ts';
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
// Teams' own limits hold, as Microsoft states them.
const teams = await startFakeTeams();
try {
  const config = readConfig({ DATA_DIR: folder, EMBEDDING_MODEL: 'none' });
  const app = await createApp(config, { log: createLog('silent') });
  await app.addSample();
  await app.syncNow([], { signal: AbortSignal.timeout(60_000) });
  await app.close();
  const port = await freePort();
  teams.deliverTo(`http://127.0.0.1:${port}/api/messages`);
  const child = await startTeamsChild({ folder, port, teams, modelUrl: model.url });

  // A process that has answered before, as all but the first second of its life.
  for (let nth = 0; nth < 3; nth++) {
    const early = teams.person();
    const chat = teams.personalChat(early);
    await teams.push.message({ from: early, chat, text: ASKS_BREACH });
    await teams.until(() => teams.answers(chat).some(isWhole), 'an answer before the burst');
  }

  // Ten questions a person; channels as a company has them. Every other question is asked in somebody's own chat.
  const people = Array.from({ length: COUNT / 10 }, () => teams.person());
  const chats = people.map((one) => teams.personalChat(one));
  const channels = Array.from({ length: 50 }, () => teams.channel({ members: people }));
  const asked: { message: Message; chat: Chat; at: number; nth: number }[] = [];
  const pushes: Promise<unknown>[] = [];
  const from = performance.now();
  for (let nth = 0; nth < COUNT; nth++) {
    const due = from + (nth * 1000) / PER_SECOND;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const at = Date.now();
    const who = Math.floor(nth / 2) % people.length;
    const chat = nth % 2 === 0 ? chats[who]! : channels[Math.floor(nth / 2) % channels.length]!;
    const text = `${ASKS_BREACH} (${nth})`;
    pushes.push(teams.push.message({ from: people[who]!, chat, text }).then(({ message }) => asked.push({ message, chat, at, nth })));
  }
  await Promise.all(pushes);
  // In a personal chat nothing says which answer is whose: they come in the order of their questions' numbers in the text.
  const answersOf = ({ message, chat }: (typeof asked)[number]): Message[] =>
    chat.kind === 'channel' ? teams.replies(chat, message.id).filter(isSaid) : teams.answers(chat).filter(isSaid);
  const isAnswered = (one: (typeof asked)[number]): boolean => {
    const whole = answersOf(one).filter(isWhole).length;
    return one.chat.kind === 'channel' ? whole >= 1 : whole >= asked.filter(({ chat }) => chat === one.chat).length;
  };
  const ends = Date.now() + 300_000;
  while (!asked.every(isAnswered) && Date.now() < ends) await new Promise((resolve) => setTimeout(resolve, 200));
  const drainedMs = Math.round(performance.now() - from);
  await new Promise((resolve) => setTimeout(resolve, 500));

  /** The nth question of a chat has the nth answer that was begun there. */
  const begunFor = (one: (typeof asked)[number]): Message | undefined => {
    if (one.chat.kind === 'channel') return answersOf(one)[0];
    const there = asked.filter(({ chat }) => chat === one.chat).toSorted((a, b) => a.nth - b.nth);
    return answersOf(one)[there.indexOf(one)];
  };
  const signs = asked.map((one) => (begunFor(one)?.postedAt ?? Infinity) - one.at);
  const finals = asked.flatMap((one) => {
    const last = begunFor(one)?.versions.findLast((version) => version.how !== 'deleted')?.at;
    const end = said.get(one.nth);
    return last === undefined || end === undefined ? [] : [Math.max(0, last - end)];
  });
  const ofChat = (chat: Chat): number => asked.filter((one) => one.chat === chat).length;
  const once =
    channels
      .flatMap((chat) => asked.filter((one) => one.chat === chat))
      .filter((one) => answersOf(one).length === 1 && answersOf(one).every(isWhole)).length +
    chats.reduce(
      (n, chat) => n + (teams.answers(chat).filter(isSaid).length === ofChat(chat) ? teams.answers(chat).filter(isWhole).length : 0),
      0,
    );
  const acks = teams.ackTimes();
  const round = (value: number): number => Math.round(value * 10) / 10;
  process.stdout.write(
    `${JSON.stringify({
      questions: COUNT,
      answeredOnce: once,
      ackP50Ms: round(percentile(acks, 0.5)),
      ackP99Ms: round(percentile(acks, 0.99)),
      signP50Ms: round(percentile(signs, 0.5)),
      signP95Ms: round(percentile(signs, 0.95)),
      finalP50Ms: round(percentile(finals, 0.5)),
      finalP95Ms: round(percentile(finals, 0.95)),
      streamed: asked.filter((one) => begunFor(one)?.versions[0]?.how === 'streamed').length,
      drainedMs,
      tooMany: teams.count429(),
      limited: teams.limited,
      tokenRequests: teams.tokenRequests.length,
      complaints: teams.complaints.slice(0, 5),
    })}\n`,
  );
  child.kill('SIGTERM');
} finally {
  await teams.close();
  await model.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
