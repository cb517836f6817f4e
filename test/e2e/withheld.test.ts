/** What was answered for one person is read by nobody else: not in the conversation, not by its delivery again, not by a claimed name. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConsole } from '../../src/console/server.ts';
import type { Answer } from '../../src/types.ts';
import { readPrompt, sentencesIn } from '../fakes/inventing-model.ts';
import { answerTo, never, openApp, type OpenedApp } from '../fakes/open-app.ts';
import { startOpenAiEndpoint } from '../fakes/openai-endpoint.ts';

const SECRET = /918273|Dukes|Falcon/;
const TOKEN = 'a-token-for-tests';

async function opened(env: Record<string, string> = {}): Promise<OpenedApp> {
  const one = await openApp(env);
  for (const [name, readers, text] of [
    [
      'private',
      'person:ann@example.com',
      '# Falcon\n\nThe falcon budget is 918273 pounds and Ann Dukes signs for it.\n\n## Falcon suppliers\n\nThe falcon suppliers are paid by Ann Dukes within thirty days.\n',
    ],
    ['open', 'everyone', '# Budgets\n\nEvery department keeps its budget in the finance system and reviews it each quarter.\n\n## Empty\n'],
  ] as const) {
    mkdirSync(join(one.folder, name));
    writeFileSync(join(one.folder, name, `${name}.md`), text);
    await one.app.addSource({ location: join(one.folder, name), name, readers });
  }
  writeFileSync(join(one.folder, 'open', 'empty.md'), '');
  await one.app.syncNow([], { signal: never() });
  return one;
}

async function listening(one: OpenedApp): Promise<{ url: string; server: Server }> {
  const server = createServer(createConsole(one.app));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('answers that rest on documents for one person', () => {
  let one: OpenedApp;
  let url: string;
  let server: Server;
  let anns: Answer;
  beforeAll(async () => {
    one = await opened();
    ({ url, server } = await listening(one));
    anns = await answerTo(one.app, {
      text: 'What is the falcon budget?',
      email: 'ann@example.com',
      threadId: 'anns',
      eventKey: 'delivery-1',
    });
    await answerTo(one.app, { text: 'Does the falcon eat zebrafinken at night in Mongolia?', email: 'ann@example.com', threadId: 'anns' });
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await one.close();
  });

  test('Ann gets hers', () => {
    expect(anns.text).toMatch(SECRET);
    expect(anns.citations.length).toBeGreaterThan(0);
  });

  test.each(['/api/v1/threads/anns', '/t/anns'])('%s holds none of it, and says that something is left out', async (path) => {
    const text = await (await fetch(url + path)).text();
    expect(text).toContain('What is the falcon budget?');
    expect(text).not.toMatch(SECRET);
    expect(text).toMatch(/"withheld"|not open to everyone/);
  });

  test('the same delivery again gives it to Ann alone', async () => {
    const again = { text: 'anything', eventKey: 'delivery-1' };
    expect((await answerTo(one.app, { ...again, email: 'ann@example.com' })).text).toBe(anns.text);
    for (const other of [{}, { email: 'bob@example.com' }, { email: 'ann@example.com', audience: 'everyone' as const }]) {
      expect(JSON.stringify(await answerTo(one.app, { ...again, ...other }))).not.toMatch(SECRET);
    }
  });

  test('"not found" counts and names what the asker may read', async () => {
    expect((await answerTo(one.app, 'Does the falcon eat zebrafinken?')).text).toContain('2 documents');
    const page = await fetch(`${url}/ask`, {
      method: 'POST',
      headers: { accept: 'application/x-ndjson', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'question=Does+the+falcon+eat+zebrafinken%3F',
    });
    expect(await page.text()).not.toMatch(/private/);
  });

  test('without ADMIN_TOKEN nobody asks under a name; with it, who holds it vouches', async () => {
    const asked = (to: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${to}/api/v1/ask`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ text: 'What is the falcon budget?', email: 'ann@example.com' }),
      });
    const refused = await asked(url);
    expect(refused.status).toBe(400);
    expect(await refused.text()).not.toMatch(SECRET);
    const guarded = await opened({ ADMIN_TOKEN: TOKEN });
    const door = await listening(guarded);
    expect((await asked(door.url)).status).toBe(401);
    expect(await (await asked(door.url, { authorization: `Bearer ${TOKEN}` })).text()).toMatch(SECRET);
    await new Promise((resolve) => door.server.close(resolve));
    await guarded.close();
  });

  test('an empty document has a page, and one out of reach has none', async () => {
    const { documents } = await one.app.listDocuments({ offset: 0, limit: 10 });
    const empty = documents.find((d) => d.externalId === 'empty.md')!;
    expect(await one.app.showDocument(empty.id, {})).toMatchObject({ passages: 0, body: [] });
    expect(await one.app.showDocument(anns.citations[0]!.documentId, {})).toBeUndefined();
    expect((await fetch(`${url}/documents?offset=99999999999999999999`)).status).toBe(200);
  });
});

test('what a model made of a question after a closed answer is shown to no model for another person', async () => {
  const endpoint = await startOpenAiEndpoint({
    reply: ({ messages }) => {
      const { standalone, question, passages } = readPrompt(messages);
      const whole = question.startsWith('And who') ? 'Who but Ann Dukes reviews the budget of a department each quarter?' : question;
      if (standalone) return JSON.stringify({ question: whole, query: whole });
      const found = passages.flatMap(({ p, text }) => sentencesIn(text).map((quote) => ({ p, quote })));
      const own = found.find(({ quote }) => quote.includes(question.includes('falcon') ? 'falcon' : 'department')) ?? found[0]!;
      return JSON.stringify({ block: 'paragraph', text: own.quote, cites: [own] });
    },
  });
  const one = await opened({ OPENAI_BASE_URL: endpoint.url, CHAT_MODEL: 'test-chat' });
  const ask = (text: string, email: string): Promise<Answer> => answerTo(one.app, { text, email, threadId: 'both' });
  expect((await ask('What is the falcon budget?', 'ann@example.com')).text).toMatch(SECRET);
  const second = await ask('And who reviews the others?', 'ann@example.com');
  expect(second.citations.map(({ title }) => title)).toEqual(['Budgets']);
  const before = endpoint.requests.length;
  await ask('And how often is that done?', 'bob@example.com');
  const sent = JSON.stringify(endpoint.requests.slice(before).map(({ body }) => body));
  expect(sent).toContain('And who reviews the others?');
  expect(sent).not.toMatch(SECRET);
  await one.close();
  await endpoint.close();
});
