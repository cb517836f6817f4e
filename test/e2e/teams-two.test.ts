/** Two processes over one catalog, both of them asked: what Teams tells one of them the other knows. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { startOpenAiEndpoint, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { ASKS_BREACH, quotingModel } from '../fakes/slack-office.ts';
import { startTeamsChild } from '../fakes/teams-office.ts';
import { envelope } from '../fakes/teams-push.ts';
import type { Chat, Message, Person } from '../fakes/teams-state.ts';
import { startFakeTeams, type FakeTeams } from '../fakes/teams.ts';
import { freePort } from '../servers/free-port.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let folder: string;
let teams: FakeTeams;
let model: OpenAiEndpoint;
let children: ChildProcess[];
/** Which of the two Teams' balancer hands deliveries to from now on. */
let first: () => void;
let second: () => void;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-two-'));
  const app = await createApp(readConfig({ DATA_DIR: folder, EMBEDDING_MODEL: 'none' }), { log: createLog('silent') });
  await app.addSample();
  await app.syncNow([], { signal: AbortSignal.timeout(60_000) });
  await app.close();
  model = await startOpenAiEndpoint({ reply: (request) => quotingModel(request) });
  teams = await startFakeTeams();
  const ports = [await freePort(), await freePort()];
  const env = { TRIAGE_CHANNEL: 'teams:19:triage@thread.tacv2' };
  children = await Promise.all(ports.map((port) => startTeamsChild({ folder, port, teams, modelUrl: model.url, env })));
  [first, second] = ports.map((port) => () => teams.deliverTo(`http://127.0.0.1:${port}/api/messages`)) as [() => void, () => void];
});
afterAll(async () => {
  await Promise.all(
    children.map((child) => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      return ended;
    }),
  );
  await teams.close();
  await model.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => teams.clearMoods());

const answerIn = (chat: Chat, after = 0): Promise<Message> => {
  const isAnswer = (one: Message): boolean => one.streaming !== 'open' && one.text.includes('72 hours');
  return teams.until(() => teams.answers(chat).slice(after).find(isAnswer), 'an answer');
};
const welcomesIn = (chat: Chat): Message[] => teams.answers(chat).filter((one) => /documents in|Dokumente in/.test(teams.reads(one)));

/** Docent is added to a chat of one's own: of the two deliveries only the later one tells the language. */
async function added(person: Person, chat: Chat): Promise<void> {
  const { locale, entities: _, ...rest } = envelope(teams.world, person, chat);
  const bot = [{ id: teams.botId, name: 'Docent' }];
  await teams.push.raw({ type: 'conversationUpdate', id: `f:${crypto.randomUUID()}`, ...rest, membersAdded: bot });
  await pause(500);
  await teams.push.raw({ type: 'installationUpdate', id: `f:${crypto.randomUUID()}`, ...rest, locale, action: 'add' });
}

test('taken out, as one process hears, and put in again, as the other does, Docent answers and says hello again', async () => {
  const ana = teams.person({ name: 'ana' });
  const chat = teams.personalChat(ana);
  second();
  await teams.push.message({ from: ana, chat, text: ASKS_BREACH });
  await answerIn(chat);
  await teams.push.installed(chat, ana);
  await teams.until(() => welcomesIn(chat).length === 1, 'the welcome');
  first();
  await teams.push.uninstalled(chat, ana);
  second();
  await teams.push.installed(chat, ana);
  await teams.until(() => welcomesIn(chat).length === 2, 'another welcome');
  const before = teams.answers(chat).length;
  await teams.push.message({ from: ana, chat, text: ASKS_BREACH });
  await answerIn(chat, before);
  expect(teams.complaints).toEqual([]);
});

test('it says hello once, in the language that only the later delivery tells', async () => {
  const gerda = teams.person({ name: 'gerda', locale: 'de-DE' });
  const chat = teams.personalChat(gerda);
  first();
  await added(gerda, chat);
  const hello = await teams.until(() => teams.answers(chat)[0], 'the welcome');
  expect(teams.reads(hello)).toContain('Dokumente');
  await pause(3_500);
  expect(teams.answers(chat)).toHaveLength(1);
});

test('a hello that could not be said is said a little later', async () => {
  const hugo = teams.person({ name: 'hugo' });
  const chat = teams.personalChat(hugo);
  first();
  teams.mood('send', { type: 'status', status: 400, code: 'BadArgument' }, { times: 1 });
  await added(hugo, chat);
  await teams.until(() => welcomesIn(chat).length === 1, 'the welcome');
});

test('a command that comes to both processes is done and answered once', async () => {
  const cleo = teams.person({ name: 'cleo' });
  const chat = teams.personalChat(cleo);
  first();
  const { activity } = await teams.push.message({ from: cleo, chat, text: 'docent status' });
  second();
  await teams.push.raw(activity);
  await teams.until(() => teams.answers(chat).length > 0, 'the status');
  await pause(1_000);
  expect(teams.answers(chat)).toHaveLength(1);
  await teams.push.message({ from: cleo, chat, text: 'docent status' });
  await teams.until(() => teams.answers(chat).length === 2, 'the status, asked again');
});

test('a ticket says who asks, in a process that never saw them', async () => {
  const dora = teams.person({ name: 'Dora Doe' });
  const ben = teams.person({ name: 'Ben Bo' });
  const triage = teams.channel({ members: [ben], id: '19:triage@thread.tacv2' });
  const team = teams.channel({ members: [dora, ben] });
  second();
  await teams.push.installed(triage, ben);
  first();
  await teams.push.message({ from: dora, chat: team, text: ASKS_BREACH });
  const asks = (one: Message): boolean => one.own && JSON.stringify(one.activity).includes('"docent.ask_person"');
  const buttons = await teams.until(() => teams.messages(team).find(asks), 'an answer');
  await teams.push.press({ from: dora, chat: team, message: buttons, verb: 'docent.ask_person', inputs: { comment: 'It is urgent.' } });
  const ticket = await teams.until(() => teams.answers(triage).find((one) => teams.reads(one).includes('It is urgent.')), 'the ticket');
  expect(teams.reads(ticket)).toContain('Dora Doe');
  second();
  await teams.push.press({ from: ben, chat: triage, message: ticket, verb: 'docent.ticket_take' });
  const shown = teams.cardTexts(teams.cardOf(ben, ticket)).join('\n');
  expect(shown).toContain('Dora Doe');
  expect(shown).toContain('Taken by Ben Bo');
});
