/** Whatever Teams does, a question gets one whole answer: stream, else one message that is edited, else one final message. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startOpenAiEndpoint, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { ASKS_BREACH, quotingModel } from '../fakes/slack-office.ts';
import type { MoodChoice } from '../fakes/slack-moods.ts';
import type { Fields } from '../fakes/slack-shape.ts';
import type { Mood, MoodKind } from '../fakes/teams-moods.ts';
import { isSaid, isWhole, openTeamsOffice, type TeamsOffice } from '../fakes/teams-office.ts';
import type { Chat, Message, Person } from '../fakes/teams-state.ts';
import { streamInfo } from '../fakes/teams-streams.ts';

// Each waits for Teams' seconds, in a chat of its own.
vi.setConfig({ maxConcurrency: 12 });

let office: TeamsOffice;
let model: OpenAiEndpoint;

/** Slow enough for pieces of a stream, and for edits on the way. */
const SLOWLY = `${ASKS_BREACH} Say it slowly.`;
/** So slow that a piece comes before its end however busy the machine is; for answers that are stopped. */
const CRAWLING = `${ASKS_BREACH} Say it word by word.`;

beforeAll(async () => {
  model = await startOpenAiEndpoint({
    reply: (request) => {
      const asked = JSON.stringify(request.messages);
      const delayMs = asked.includes('word by word') ? 150 : asked.includes('slowly') ? 45 : 1;
      return { chunks: quotingModel(request).match(/[^]{1,12}/g) ?? [], delayMs };
    },
  });
  office = await openTeamsOffice({ env: { OPENAI_BASE_URL: model.url, CHAT_MODEL: 'test-chat' }, timeoutMs: 1_500 });
});
afterAll(async () => {
  await office.close();
  await model.close();
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const hows = (message: Message): string[] => [...new Set(message.versions.map((version) => version.how))];
const whole = (message: Message): boolean => isWhole(message) && office.teams.reads(message).includes('72 hours');

type Kind = Chat['kind'];

/** A chat of its own, so that many can be asked in at a time. */
interface Asked {
  ana: Person;
  chat: Chat;
  question: Message;
  /** What Docent has standing there. */
  own(): Message[];
}

function newChat(kind: Kind): { ana: Person; chat: Chat } {
  const { teams } = office;
  const [ana, ben] = [teams.person(), teams.person()];
  const chat = {
    personal: teams.personalChat,
    channel: () => teams.channel({ members: [ana, ben] }),
    groupChat: () => teams.groupChat({ members: [ana, ben] }),
  }[kind];
  return { ana, chat: chat(ana) };
}

async function ask({ ana, chat }: { ana: Person; chat: Chat }, text = ASKS_BREACH): Promise<Asked> {
  const { teams } = office;
  const { message, status } = await teams.push.message({ from: ana, chat, text });
  expect(status).toBe(200);
  // The buttons beneath are a message of their own, and may stand there twice.
  const own = (): Message[] => (chat.kind === 'channel' ? teams.replies(chat, message.id) : teams.messages(chat)).filter(isSaid);
  return { ana, chat, question: message, own };
}

/**
 * One whole answer and nothing else, though one looks a moment longer.
 * @param strays lines that say that it is looked for, whose ids Teams never told
 */
async function oneAnswer({ own, chat }: Asked, { strays = 0, ms = 20_000 } = {}): Promise<Message> {
  const { teams } = office;
  await teams.until(() => own().some(whole), 'a whole answer', ms);
  await pause(250);
  const answers = own().filter((one) => isWhole(one) || !says(one, /^([\W_]*is searching the documents[\W_]*)?$/));
  expect(answers.map((one) => [one.streaming, teams.reads(one).slice(0, 80)])).toHaveLength(1);
  expect(own().map((one) => [one.streaming, teams.reads(one).slice(0, 80)])).toHaveLength(1 + strays);
  expect(whole(answers[0]!)).toBe(true);
  expect(teams.openStreams().filter((one) => one.chat === chat.id)).toHaveLength(own().filter((one) => one.streaming === 'open').length);
  expect(answers[0]!.streaming).not.toBe('open');
  kept.push(() => expect(own(), `in the chat of ${answers[0]!.id}`).toHaveLength(1 + strays));
  return answers[0]!;
}
/** What held once must hold at the end: what failed is tried again later. */
const kept: (() => void)[] = [];
const says = (message: Message, what: RegExp): boolean => what.test(office.teams.reads(message));

const always: MoodChoice = { times: Infinity };
const status = (code: number, more: Partial<Extract<Mood, { type: 'status' }>> = {}): Mood => ({ type: 'status', status: code, ...more });
const streamRefusal = (message: string): Partial<Extract<Mood, { type: 'status' }>> => ({
  body: { error: { code: 'ContentStreamNotAllowed', message } },
});
const opening = (body: Fields): boolean => streamInfo(body)?.streamSequence === 1;
const piece = (body: Fields): boolean => body.type === 'typing' && (streamInfo(body)?.streamSequence ?? 0) > 1;
const ending = (body: Fields): boolean => streamInfo(body)?.streamType === 'final';
const withCard = (body: Fields): boolean => body.attachments !== undefined;
const rich = (body: Fields): boolean => body.channelData !== undefined;

/** [kind of call, fault, for which of the chat's calls, how often] */
type Fault = [MoodKind, Mood, ((body: Fields) => boolean) | undefined, MoodChoice?];
interface Case {
  text?: string;
  faults: Fault[];
  strays?: number;
  how?: string[];
}

/** @returns what takes the faults away */
function set(faults: Fault[], chat: Chat): () => void {
  const held = faults.map(([kind, mood, match = () => true, choice]) =>
    office.teams.mood(kind, mood, {
      ...choice,
      match: (body) => String(body.conversationId ?? '').startsWith(chat.id) && match(body),
    }),
  );
  return () => held.forEach((one) => one.off());
}

const streamed = ['streamed', 'final'];
const edited = ['posted', 'edited'];

const streams: Record<string, Case> = {
  'with nothing wrong it is streamed': { faults: [], how: streamed },
  'of a slow model it is streamed in pieces': { text: SLOWLY, faults: [], how: streamed },
  'no stream is to be had': {
    faults: [['send', status(403, streamRefusal('Content stream is not allowed')), opening, always]],
    how: edited,
  },
  'no stream is begun, and Teams says when to come again': {
    faults: [['send', status(429, { retryAfter: 30 }), opening, always]],
    how: edited,
  },
  'no stream is begun, and Teams does not say when to come again': { faults: [['send', status(429), opening, always]], how: edited },
  'a stream is not taken as it is': { faults: [['send', status(400), opening, always]], how: edited },
  'neither a stream nor a message is taken at first': {
    faults: [
      ['send', status(412), opening, always],
      ['send', status(429, { retryAfter: 1 }), undefined, { times: 2 }],
    ],
  },
  'a stream fails before its begin': { faults: [['send', status(500), opening, always]], how: edited },
  'a stream and the first message fail before they are there': { faults: [['send', status(503), undefined, { times: 3 }]], how: edited },
  'a stream begins, and Teams says that it did not': { faults: [['send', status(502, { when: 'after' }), opening]], strays: 1 },
  'a stream begins, and the connection is cut': { faults: [['send', { type: 'cut', when: 'after' }, opening]], strays: 1 },
  'the connection is cut before a stream begins': { faults: [['send', { type: 'cut' }, opening]] },
  'the begin of a stream never comes back': { faults: [['send', { type: 'hang' }, opening]] },
  'pieces are refused': { text: SLOWLY, faults: [['send', status(400), piece, always]] },
  'pieces are not taken any more': {
    text: SLOWLY,
    faults: [['send', status(403, streamRefusal('Content stream is not allowed')), piece, always]],
  },
  'pieces are limited': { text: SLOWLY, faults: [['send', status(429, { retryAfter: 60 }), piece, always]], how: streamed },
  'a piece fails': { text: SLOWLY, faults: [['send', status(500), piece]], how: streamed },
  'a piece arrives, and Teams says that it did not': {
    text: SLOWLY,
    faults: [['send', status(504, { when: 'after' }), piece]],
    how: streamed,
  },
  'the connection is cut behind a piece': { text: SLOWLY, faults: [['send', { type: 'cut', when: 'after' }, piece]], how: streamed },
  'a piece never comes back': { text: SLOWLY, faults: [['send', { type: 'hang' }, piece]] },
  'the end is limited, and Teams says when to come again': { faults: [['send', status(429, { retryAfter: 1 }), ending, { times: 2 }]] },
  'the end is limited, and Teams does not say when to come again': { faults: [['send', status(429), ending, { times: 2 }]] },
  'the end is limited for longer': { faults: [['send', status(429, { retryAfter: 20 }), ending]] },
  'the end fails before it': { faults: [['send', status(500), ending]] },
  'the end fails before it again and again': { faults: [['send', status(502), ending, { times: 3 }]] },
  'the end fails behind it': { faults: [['send', status(500, { when: 'after' }), ending]] },
  'the end is cut before it': { faults: [['send', { type: 'cut' }, ending]] },
  'the end is cut behind it': { faults: [['send', { type: 'cut', when: 'after' }, ending]] },
  'the end never comes back': { faults: [['send', { type: 'hang', when: 'after' }, ending]] },
  'the end is not to be had': {
    text: SLOWLY,
    faults: [['send', status(403, streamRefusal('Content stream is not allowed')), ending, always]],
  },
  'the end is refused for how it is drawn': {
    text: SLOWLY,
    faults: [
      ['send', status(400), rich, always],
      ['update', status(400), rich, always],
    ],
  },
  'Teams is slow': { text: SLOWLY, faults: [['*', { type: 'slow', ms: 200 }, undefined, always]] },
  'Teams is down for a while': {
    faults: [
      ['send', status(503), undefined, { times: 4 }],
      ['update', status(503), undefined, { times: 2 }],
    ],
  },
  'the end is too large': {
    faults: [
      ['send', status(413), rich, always],
      ['update', status(413), rich, always],
    ],
  },
};

const failures: Record<string, [Mood, MoodChoice?]> = {
  'are limited, and Teams says when to come again': [status(429, { retryAfter: 1 }), { times: 2 }],
  'are limited, and Teams does not say when to come again': [status(429), { times: 3 }],
  'meet a 412': [status(412), { times: 2 }],
  'fail before they are there': [status(500), { times: 2 }],
  'meet a 502': [status(502), { times: 2 }],
  'never come back': [{ type: 'hang' }],
  'are cut before they are there': [{ type: 'cut' }],
};
const behind: Record<string, [Mood, MoodChoice?]> = {
  'are there, and Teams says that they are not': [status(504, { when: 'after' })],
  'are there, and the connection is cut': [{ type: 'cut', when: 'after' }],
  'are there, and no answer comes back': [{ type: 'hang', when: 'after' }],
};

/** Posts and edits that fail in each of these ways. */
const messages: [string, Kind, Case][] = (['channel', 'groupChat'] as const).flatMap((kind) => [
  ...Object.entries({ ...failures, ...behind }).flatMap(([name, [mood, choice]]): [string, Kind, Case][] => [
    // A post whose answer was lost is the one thing that Teams gives no way to find again.
    [`posts in a ${kind} ${name}`, kind, { faults: [['send', mood, undefined, choice]], strays: name in behind ? 1 : 0 }],
    [`edits in a ${kind} ${name}`, kind, { faults: [['update', mood, undefined, choice]], how: edited }],
  ]),
  [`edits on the way in a ${kind} fail`, kind, { text: SLOWLY, faults: [['update', status(500), undefined, { times: 4 }]], how: edited }],
  [`Teams is slow with a ${kind}`, kind, { text: SLOWLY, faults: [['*', { type: 'slow', ms: 200 }, undefined, always]], how: edited }],
  [
    `Teams is down for a ${kind} for a while`,
    kind,
    {
      faults: [
        ['send', status(503), undefined, { times: 4 }],
        ['update', status(503), undefined, { times: 2 }],
      ],
    },
  ],
  [`cards in a ${kind} are refused`, kind, { faults: [['update', status(400), withCard, { times: 1 }]], how: edited }],
  [`an answer in a ${kind} is too large`, kind, { faults: [['update', status(413), rich, always]], how: edited }],
]);

/** Stops it in the moment that its call comes in. */
const stopAt = (asked: { chat: Chat }, which: (body: Fields) => boolean): (() => void) =>
  set([['send', { type: 'slow', ms: 1 }, (body) => which(body) && stop(asked.chat)]], asked.chat);
function stop(chat: Chat): boolean {
  for (const open of office.teams.openStreams().filter((one) => one.chat === chat.id)) office.teams.push.stop(open);
  return true;
}

describe.concurrent('one whole answer, though', () => {
  test.each([...Object.entries(streams).map(([name, one]): [string, Kind, Case] => [name, 'personal', one]), ...messages])(
    '%s',
    async (_name, kind, { text, faults, strays = 0, how }) => {
      const there = newChat(kind);
      set(faults, there.chat);
      const reply = await oneAnswer(await ask(there, text), { strays });
      if (how) expect(hows(reply)).toEqual(how);
    },
  );
});

describe.concurrent('beside that', () => {
  test.each([
    ['a piece', piece],
    ['the end', ending],
  ])('who presses Stop before %s keeps what was shown, and is streamed the next answer', async (_name, which) => {
    const { teams } = office;
    const there = newChat('personal');
    stopAt(there, which);
    const { own } = await ask(there, which === piece ? CRAWLING : ASKS_BREACH);
    await teams.until(() => own().some((one) => one.streaming === 'stopped by user'), 'the stop');
    await pause(3_000);
    // Where there was nothing but the sign, it goes.
    expect(own().filter((one) => one.streaming !== 'stopped by user')).toEqual([]);
    const before = own().length;
    const next = await ask(there);
    await teams.until(() => next.own().slice(before).some(whole), 'the next answer');
    expect(hows(next.own().at(-1)!)).toEqual(streamed);
  });

  test('who presses Stop between two pieces keeps what was shown', async () => {
    const { teams } = office;
    const there = newChat('personal');
    const { own } = await ask(there, CRAWLING);
    const growing = await teams.until(() => own().find((one) => one.text !== ''), 'a piece');
    const shown = growing.text;
    stop(there.chat);
    await pause(3_000);
    expect(own().map((one) => [one.streaming, one.text])).toEqual([['stopped by user', shown]]);
  });

  test.each(['silently', 'with a word of it'])(
    'where Docent is taken out of a channel %s before the answer is whole, who asked gets it in their own chat',
    async (how) => {
      const { teams } = office;
      const there = newChat('channel');
      const own = teams.personalChat(there.ana);
      const asked = await ask(there, SLOWLY);
      const isRead = (): boolean => teams.calls('members').some((one) => one.status === 200 && one.conversation === there.chat.id);
      await teams.until(() => asked.own().length > 0 && isRead(), 'the sign');
      if (how === 'silently') teams.uninstall(there.chat);
      else await teams.push.uninstalled(there.chat, there.ana);
      await teams.until(() => teams.answers(own).some(whole), 'the answer in their own chat');
      await pause(250);
      expect(teams.answers(own)).toHaveLength(1);
      expect(asked.own().some(isWhole)).toBe(false);
    },
  );

  test('where Docent may not write at all, who asked gets the answer in their own chat', async () => {
    const { teams } = office;
    const there = newChat('channel');
    const own = teams.personalChat(there.ana);
    set([['send', status(403, { code: 'BotNotInConversationRoster' }), undefined, always]], there.chat);
    const asked = await ask(there);
    await teams.until(() => teams.answers(own).some(whole), 'the answer in their own chat');
    expect(asked.own()).toEqual([]);
  });

  test('a sign that somebody deleted does not take the answer with it', async () => {
    const { teams } = office;
    const asked = await ask(newChat('channel'), SLOWLY);
    const sign = await teams.until(() => asked.own()[0], 'the sign');
    sign.deletedAt = Date.now();
    await oneAnswer(asked);
  });

  test('where no card is taken, the answer comes in words alone', async () => {
    const { teams } = office;
    const there = newChat('groupChat');
    set(
      [
        ['update', status(400), withCard, always],
        ['send', status(400), withCard, always],
      ],
      there.chat,
    );
    const { own } = await ask(there);
    await teams.until(() => own().some((one) => one.text.includes('72 hours') && one.activity.textFormat === 'plain'), 'words');
    await pause(250);
    expect(own()).toHaveLength(1);
  });

  test.each(['personal', 'channel'] as const)(
    'while the roster of a %s cannot be read nothing is shown that not anyone may read, and the rest as soon as it can',
    async (kind) => {
      const { teams } = office;
      const there = newChat(kind);
      const mend = set([[kind === 'personal' ? 'member' : 'members', status(500), undefined, always]], there.chat);
      const denied = await ask(there);
      await teams.until(() => denied.own().some((one) => says(one, /went wrong/)), 'no answer', 60_000);
      expect(teams.reads(denied.own()[0]!)).not.toContain('72 hours');
      mend();
      const next = await ask(there);
      await teams.until(() => next.own().some(whole), 'an answer');
    },
  );
});

describe('with faults of all', () => {
  afterEach(() => office.teams.clearMoods());

  test('a stream that expires before the answer is whole is made whole by an edit', async () => {
    const { teams } = office;
    const before = teams.times.streamMs;
    teams.times.streamMs = 1_300;
    const reply = await oneAnswer(await ask(newChat('personal'), SLOWLY));
    teams.times.streamMs = before;
    expect(hows(reply)).toContain('edited');
  });

  test('the login is away for a while', async () => {
    const { teams } = office;
    const there = newChat('personal');
    await oneAnswer(await ask(there));
    kept.pop();
    teams.revokeTokens();
    teams.mood('token', status(503), { times: 3 });
    const next = await ask(there);
    await teams.until(() => next.own().slice(1).some(whole), 'an answer');
    await pause(250);
    expect(next.own()).toHaveLength(2);
  });

  test.each([
    ['personal', piece],
    ['personal', ending],
    ['channel', (body: Fields) => body.type === 'message'],
  ] as [Kind, (body: Fields) => boolean][])('in a %s the token does not hold any more in the middle of an answer', async (kind, which) => {
    const { teams } = office;
    const there = newChat(kind);
    const revoke = (body: Fields): boolean => which(body) && (teams.revokeTokens(), true);
    set([[kind === 'personal' ? 'send' : 'update', { type: 'slow', ms: 1 }, revoke]], there.chat);
    await oneAnswer(await ask(there, SLOWLY));
  });
});

test('nothing was answered a second time later, and nothing was asked that a correct bot would not ask', () => {
  for (const look of kept) look();
  expect(kept.length).toBeGreaterThan(70);
  expect(office.teams.openStreams().every((one) => one.text === '')).toBe(true);
  expect(office.teams.complaints).toEqual([]);
});
