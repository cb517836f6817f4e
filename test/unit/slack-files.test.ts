/** Files of a question: fetched from Slack alone, with its token nowhere else; what cannot be read is named, with the reason. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { slackClient } from '../../bots/slack/client.ts';
import { createSlackFiles, isSlacksFile } from '../../bots/slack/files.ts';
import type { Origin } from '../../src/chat/messenger.ts';
import { systemClock } from '../../src/clock.ts';
import { createLog } from '../../src/log.ts';
import { createFileReading } from '../../src/question-files.ts';
import { createExtractor, type Extractor } from '../../src/sync/extract.ts';
import { never } from '../fakes/open-app.ts';
import { pdfFile } from '../fakes/pdf-file.ts';

const TOKEN = 'xoxb-1-the-bot';
const log = createLog('silent');
let slack: Server;
let stranger: Server;
let origin: string;
let elsewhere: string;
let extractor: Extractor;
/** What anybody but Slack was asked, with which token. */
let strangers: (string | undefined)[] = [];
const tokens: (string | undefined)[] = [];
const infos = new Map<string, Record<string, unknown>>();
const bodies = new Map<string, (response: ServerResponse) => void>();

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

beforeAll(async () => {
  extractor = createExtractor({ timeoutMs: 5_000 });
  stranger = createServer((request, response) => {
    strangers.push(request.headers.authorization);
    response.end('The secret plan is to build a greenhouse on the moon.');
  });
  elsewhere = await listen(stranger);
  slack = createServer(async (request, response) => {
    let asked = '';
    for await (const piece of request) asked += String(piece);
    if (request.url === '/api/files.info') {
      const id = new URLSearchParams(asked).get('file')!;
      const file = infos.get(id);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(file ? { ok: true, file: { id, ...file } } : { ok: false, error: 'file_not_found' }));
      return;
    }
    tokens.push(request.headers.authorization);
    bodies.get(request.url!)!(response);
  });
  origin = await listen(slack);
});
afterEach(() => {
  strangers = [];
  infos.clear();
  bodies.clear();
});
afterAll(async () => {
  await extractor.close();
  for (const server of [slack, stranger]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A file in Slack; `body` is its bytes, or what its address does. */
function file(
  id: string,
  name: string,
  body: string | Uint8Array | ((response: ServerResponse) => void),
  more: Record<string, unknown> = {},
): string {
  infos.set(id, {
    name,
    mimetype: '',
    mode: 'hosted',
    size: typeof body === 'function' ? 10 : Buffer.byteLength(body),
    url_private: `${origin}/f/${id}`,
    ...more,
  });
  bodies.set(`/f/${id}`, typeof body === 'function' ? body : (response) => void response.end(body));
  return id;
}

async function read(ids: string[], signal = never()) {
  const asked: Origin = {
    place: { platform: 'slack', workspace: 'T1', channel: 'C1', kind: 'channel', person: 'U1' },
    via: 'mention',
    files: ids,
  };
  const apiUrl = `${origin}/api/`;
  const deps = {
    client: slackClient(TOKEN, { apiUrl, log }),
    botToken: TOKEN,
    apiUrl,
    files: createFileReading(() => extractor),
    clock: systemClock,
    log,
    fetchMs: 500,
  };
  const { texts, unread } = await createSlackFiles(deps)(asked, signal);
  return { texts, unread: unread('en'), german: unread('de') };
}
const reasonOf = async (id: string): Promise<string> => {
  const { texts, unread } = await read([id]);
  expect(texts).toEqual([]);
  expect(unread).toHaveLength(1);
  return unread[0]!.reason;
};

test('texts, pages and PDFs are read as a person reads them, in their order', async () => {
  const ids = [
    file('F1', 'note.md', '# Badges\n\nWho replaces a **lost** badge?'),
    file('F2', 'page.pdf', pdfFile([[{ x: 72, y: 700, text: 'Where is the porter?' }]])),
    file('F3', '-', 'plain words', { mimetype: 'text/plain' }),
  ];
  const { texts, unread } = await read(ids);
  expect(unread).toEqual([]);
  expect(texts.map((one) => one.name)).toEqual(['note.md', 'page.pdf', '-']);
  expect(texts[0]!.text).toBe('Badges\nWho replaces a lost badge?');
  expect(texts[1]!.text).toContain('Where is the porter?');
  expect(texts[2]!.text).toBe('plain words');
  expect(tokens).toContain(`Bearer ${TOKEN}`);
});

test('an address that is not Slack’s is never asked, and gets no token', async () => {
  for (const address of [
    `${elsewhere}/f/F1`,
    'http://files.slack.com/f',
    'https://files.slack.com.example.com/f',
    'file:///etc/passwd',
    '',
    'x',
  ])
    expect(await reasonOf(file('F1', 'note.txt', 'x', { url_private: address })), address).toBe('could not be read');
  expect(strangers).toEqual([]);
});

test.each([
  ['https://files.slack.com/files-pri/T1-F1/a.txt', true],
  ['https://files.slack-gov.com/files-pri/T1-F1/a.txt', true],
  ['http://files.slack.com/files-pri/T1-F1/a.txt', false],
  ['https://files.slack.com:8443/a.txt', false],
  ['https://me:too@files.slack.com/a.txt', false],
  ['https://files.slack.com@example.com/a.txt', false],
  ['https://evilfiles.slack.com/a.txt', false],
  ['https://slack.com/a.txt', false],
  ['https://127.0.0.1/a.txt', false],
])('%s is Slack’s: %s', (address, slacks) => {
  expect(isSlacksFile(address, undefined)).toBe(slacks);
  expect(isSlacksFile(address, 'http://127.0.0.1:9/api/')).toBe(slacks);
});

test('a redirect is not followed', async () => {
  const id = file('F1', 'note.txt', (response) => void response.writeHead(302, { location: `${elsewhere}/f` }).end());
  expect(await reasonOf(id)).toBe('could not be read');
  expect(strangers).toEqual([]);
});

test('what is too large is not fetched, and what turns out to be is not read on', async () => {
  let fetched = false;
  const told = file('F1', 'big.txt', (response) => void ((fetched = true), response.end('x')), { size: 10_000_001 });
  expect(await reasonOf(told)).toBe('is larger than 10 MB');
  expect(fetched).toBe(false);
  let sent = 0;
  let cut = false;
  const lying = file('F2', 'liar.txt', (response) => {
    response.on('close', () => (cut = !response.writableEnded));
    const more = (): void => {
      while (!response.destroyed && sent < 200_000_000) {
        sent += 1_000_000;
        if (!response.write(Buffer.alloc(1_000_000, 97))) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  expect(await reasonOf(lying)).toBe('is larger than 10 MB');
  await expect.poll(() => cut).toBe(true);
  expect(sent).toBeLessThan(100_000_000);
});

test('other formats, files that stand elsewhere, and more than five are named, in the asker’s language', async () => {
  const ids = [
    file('F1', 'setup.exe', 'MZ', { mimetype: 'application/x-dosexec' }),
    file('F2', 'sheet.pdf', 'x', { is_external: true, url_private: elsewhere }),
    file('F3', 'a.txt', 'a'),
    file('F4', 'b.txt', ' \n '),
    'F5GONE',
    file('F6', 'c.txt', 'c'),
  ];
  const { texts, unread, german } = await read(ids);
  expect(texts).toEqual([{ name: 'a.txt', text: 'a' }]);
  expect(unread).toEqual([
    { name: 'setup.exe', reason: 'is of a format that is not read here' },
    { name: 'sheet.pdf', reason: 'is only linked, and kept elsewhere' },
    { name: 'b.txt', reason: 'has no text that can be read' },
    { name: 'a file', reason: 'could not be read' },
    { name: 'c.txt', reason: 'only the first 5 files of a question are read' },
  ]);
  expect(german[0]).toEqual({ name: 'setup.exe', reason: 'hat ein Format, das hier nicht gelesen wird' });
  expect(strangers).toEqual([]);
});

test('a broken PDF, a failing Slack, its sign-in page, one that never ends: each is named, and the next file is read', async () => {
  const signIn = (response: ServerResponse): void =>
    void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!DOCTYPE html>Sign in to Slack');
  const broken = pdfFile([[{ x: 72, y: 700, text: 'Where is the porter?' }]]).subarray(0, 60);
  const ids = [
    file('F1', 'broken.pdf', broken),
    file('F2', 'down.txt', (response) => void response.writeHead(500).end('no')),
    file('F3', 'login.html', signIn),
    file('F4', 'slow.txt', (response) => void response.write('The beginning')),
    file('F5', 'good.txt', 'good'),
  ];
  const { texts, unread } = await read(ids);
  expect(texts).toEqual([{ name: 'good.txt', text: 'good' }]);
  expect(unread.map((one) => one.name)).toEqual(['broken.pdf', 'down.txt', 'login.html', 'slow.txt']);
  expect(new Set(unread.map((one) => one.reason))).toEqual(new Set(['could not be read']));
});

test('who gives up the question ends the reading', async () => {
  const controller = new AbortController();
  const id = file('F1', 'slow.txt', (response) => void (response.write('x'), controller.abort()));
  await expect(read([id], controller.signal)).rejects.toThrow();
});
