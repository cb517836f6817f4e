/** Whatever Slack does, a question gets one whole answer: stream, else one message that is edited, else one final message. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ASKS_BREACH, isWhole, openOffice, quotingModel, shownIn, type Office } from '../fakes/slack-office.ts';
import { startOpenAiEndpoint, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import type { Mood, MoodChoice } from '../fakes/slack-moods.ts';
import type { Channel, Message, Person } from '../fakes/slack-state.ts';

let office: Office;
let model: OpenAiEndpoint;
let ana: Person;
let team: Channel;
let pace = 1;

beforeAll(async () => {
  model = await startOpenAiEndpoint({ reply: (request) => ({ chunks: quotingModel(request).match(/[^]{1,12}/g) ?? [], delayMs: pace }) });
  office = await openOffice({
    env: { OPENAI_BASE_URL: model.url, CHAT_MODEL: 'test-chat' },
    timeoutMs: 700,
    slack: { limits: { tiers: false, postsPerSecond: false } },
  });
  ana = office.slack.person({ name: 'ana' });
  team = office.slack.channel({ members: [ana] });
});
afterAll(async () => {
  await office.close();
  await model.close();
});
afterEach(() => {
  office.slack.clearMoods();
  pace = 1;
});

const whole = (message: Message): boolean => isWhole(message) && shownIn(message).includes('72 hours');
const hows = (message: Message): string[] => [...new Set(message.versions.map((version) => version.how))];
const ask = async (): Promise<Message> => (await office.slack.push.mention({ user: ana.id, channel: team.id, text: ASKS_BREACH })).message!;

/** One whole answer and nothing else, though one looks a moment longer. */
async function oneAnswer(question: Message, ms = 20_000): Promise<Message> {
  const { slack } = office;
  const own = (): Message[] => slack.replies(team.id, question.ts).filter((one) => one.own);
  await slack.until(() => own().some(whole), 'a whole answer', ms);
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(own().map((one) => [one.streaming, shownIn(one).slice(0, 80)])).toHaveLength(1);
  expect(whole(own()[0]!)).toBe(true);
  expect(slack.openStreams()).toEqual([]);
  return own()[0]!;
}

test('with nothing wrong it is streamed', async () => {
  expect(hows(await oneAnswer(await ask()))).toEqual(['started', 'appended', 'stopped']);
  expect(office.slack.complaints).toEqual([]);
});

const always: MoodChoice = { times: Infinity };
const faults: [string, [string, Mood, MoodChoice?][], string[]?][] = [
  [
    'no stream is left this minute, and Slack says when',
    [['chat.startStream', { type: 'ratelimited', retryAfter: 30 }, always]],
    ['posted', 'edited'],
  ],
  [
    'no stream is left, and Slack does not say when',
    [['chat.startStream', { type: 'ratelimited', retryAfter: null }, always]],
    ['posted', 'edited'],
  ],
  ['streams are unknown to this Slack', [['chat.startStream', { type: 'error', code: 'unknown_method' }, always]], ['posted', 'edited']],
  [
    'neither streams nor posts are taken at first',
    [
      ['chat.startStream', { type: 'error', code: 'internal_error' }, always],
      ['chat.postMessage', { type: 'ratelimited', retryAfter: 1 }, { times: 2 }],
    ],
  ],
  ['a stream fails before its begin', [['chat.startStream', { type: 'http500', when: 'before' }]]],
  ['a stream begins, and Slack says that it did not', [['chat.startStream', { type: 'http500', when: 'after' }]]],
  ['appending is limited', [['chat.appendStream', { type: 'ratelimited', retryAfter: 60 }, always]]],
  ['appending fails behind the commit', [['chat.appendStream', { type: 'http500', when: 'after' }, { times: 1 }]]],
  [
    'the end of a stream is refused for its blocks',
    [['chat.stopStream', { type: 'error', code: 'invalid_blocks' }, { match: (args) => args.blocks !== undefined, ...always }]],
  ],
  ['the end of a stream fails behind the commit', [['chat.stopStream', { type: 'http500', when: 'after' }]]],
  ['the end of a stream fails before it', [['chat.stopStream', { type: 'http500', when: 'before' }]]],
  [
    'a post fails behind the commit',
    [
      ['chat.startStream', { type: 'ratelimited', retryAfter: 30 }, always],
      ['chat.postMessage', { type: 'http500', when: 'after' }],
    ],
  ],
  [
    'posts are refused for newer blocks',
    [
      ['chat.startStream', { type: 'ratelimited', retryAfter: 30 }, always],
      [
        'chat.postMessage',
        { type: 'error', code: 'invalid_blocks' },
        { match: (args) => /rich_text|context_actions|"table"/.test(JSON.stringify(args.blocks)), ...always },
      ],
      [
        'chat.update',
        { type: 'error', code: 'invalid_blocks' },
        { match: (args) => /rich_text|context_actions|"table"/.test(JSON.stringify(args.blocks)), ...always },
      ],
    ],
  ],
  [
    'edits fail for a while',
    [
      ['chat.startStream', { type: 'ratelimited', retryAfter: 30 }, always],
      ['chat.update', { type: 'http500' }, { times: 3 }],
    ],
  ],
  ['a call never comes back', [['chat.startStream', { type: 'hang' }]]],
  ['the connection is cut behind the commit', [['chat.startStream', { type: 'cut', when: 'after' }]]],
  ['a slow Slack', [['*', { type: 'slow', ms: 120 }, always]]],
  [
    'Slack is down altogether for a while',
    [
      ['chat.startStream', { type: 'http500' }, always],
      ['chat.postMessage', { type: 'http500' }, { times: 2 }],
      ['conversations.replies', { type: 'http500' }, { times: 1 }],
    ],
  ],
  [
    'no status can be set',
    [
      ['assistant.threads.setStatus', { type: 'error', code: 'missing_scope' }, always],
      ['agents.sessions.setStatus', { type: 'error', code: 'missing_scope' }, always],
    ],
  ],
];

describe('one whole answer, though', () => {
  test.each(faults)('%s', async (_name, moods, how) => {
    const { slack } = office;
    // A limit that was told holds for the next question too.
    await office.restart();
    for (const [method, mood, choice] of moods) slack.mood(method, mood, choice);
    const reply = await oneAnswer(await ask(), 20_000);
    if (how) expect(hows(reply)).toEqual(how);
  });
});

test('a stream that expires before the answer is whole is made whole by an edit', async () => {
  const { slack } = office;
  await office.restart();
  pace = 40;
  const before = slack.times.streamMs;
  slack.times.streamMs = 150;
  const reply = await oneAnswer(await ask(), 20_000);
  slack.times.streamMs = before;
  expect(hows(reply)).toContain('edited');
});

test('the native Stop ends the answer where it is, and the status with it', async () => {
  const { slack } = office;
  pace = 40;
  const question = await ask();
  const growing = await slack.until(
    () => slack.replies(team.id, question.ts).find((one) => one.own && one.streaming === 'open'),
    'a stream',
  );
  await slack.push.agentSessionStopped({ user: ana.id, channel: team.id, threadTs: question.ts });
  await slack.until(() => growing.streaming !== 'open' && !slack.statusIn(team.id, question.ts), 'the end');
  const shown = shownIn(growing);
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(slack.replies(team.id, question.ts).filter((one) => one.own)).toHaveLength(1);
  expect(shownIn(slack.replies(team.id, question.ts)[0]!).length).toBeGreaterThanOrEqual(shown.length > 0 ? 1 : 0);
  expect(slack.sessions.find((one) => one.threadTs === question.ts)?.statuses.at(-1)?.status).toBe('active');
});

test('where Docent may not write any more, who asked gets the answer in a direct message', async () => {
  const { slack } = office;
  pace = 1;
  const question = await ask();
  slack.mood('chat.startStream', { type: 'error', code: 'not_in_channel' }, always);
  slack.mood('chat.postMessage', { type: 'error', code: 'not_in_channel' }, { match: (args) => args.channel === team.id, ...always });
  const dm = slack.directOf(ana);
  await slack.until(() => slack.messages(dm.id).some((one) => one.own && whole(one)), 'the direct message');
  expect(slack.replies(team.id, question.ts)).toEqual([]);
});
