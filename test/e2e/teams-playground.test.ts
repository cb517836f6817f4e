/**
 * Docent in Microsoft's own client for trying bots out, in a real browser: asked in the personal chat and in a channel, as
 * an employee sees it. The bot is the real one, without tokens, as docs/teams.md says of a laptop.
 * `PICTURES=1 npx vitest run test/e2e/teams-playground.test.ts` draws the pictures of docs/teams.md anew.
 *
 * What the playground cannot do, measured of 0.2.28: it has no dark theme, and its cards are 450 px wide on any page; it
 * shows no Markdown where suggestions go along, and no thumbs in channels; it does not say of which message thumbs are; its
 * people can neither edit nor delete, so an edit is told as a custom activity; a bot's deletion is a 501 there; it refuses a
 * search as a whole where one result is answered when chosen; citations are at most ten.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page, Response } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserMissing, openBrowser } from '../fakes/browser.ts';
import { readPrompt, truthfulReply } from '../fakes/inventing-model.ts';
import { never, openApp, type OpenedApp } from '../fakes/open-app.ts';
import { startOpenAiEndpoint, type ChatCompletionRequest, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { ASKS_BREACH, quotingModel } from '../fakes/slack-office.ts';
import { serveTeams } from '../fakes/teams-office.ts';
import { freePort, HELP_DESK, PERSONAL, startPlayground, type Playground } from '../fakes/teams-playground.ts';
import { openCatalog } from '../servers/test-catalog.ts';

const missing = browserMissing();
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const draws = process.env['PICTURES'] === '1';
const ASKS_LEAVE = 'How many days of annual leave does everybody have?';
const WAIT_MS = 20_000;

describe.skipIf(missing !== undefined)(missing ? `Teams' playground (skipped: ${missing})` : "Teams' playground", () => {
  let browser: Browser;
  let model: OpenAiEndpoint;
  let opened: OpenedApp;
  let served: Awaited<ReturnType<typeof serveTeams>>;
  let playground: Playground;
  let page: Page;
  /** What the playground was told to show, in order. */
  let shown: { action: string; text: string; streamType?: string }[] = [];
  let complaints: string[] = [];
  /** Whether the model takes its time, so that an answer is seen to grow. */
  let slowly = false;

  beforeAll(async () => {
    model = await startOpenAiEndpoint({
      reply: (request) => ({ chunks: written(request).match(/[^]{1,12}/g) ?? [], delayMs: slowly ? 120 : 0 }),
    });
    const port = await freePort();
    opened = await openApp({
      OPENAI_BASE_URL: model.url,
      CHAT_MODEL: 'test-chat',
      TEAMS_ALLOW_ANONYMOUS: 'true',
      TEAMS_SERVICE_HOSTS: `localhost:${port}`,
      TRIAGE_CHANNEL: `teams:${HELP_DESK}`,
    });
    await opened.app.addSample();
    await opened.app.syncNow([], { signal: never() });
    await opened.app.askDeps();
    served = await serveTeams(opened.app);
    [browser, playground] = await Promise.all([openBrowser(), startPlayground(`${served.url}/api/messages`, port)]);
    page = await visit();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await playground?.close();
    await served?.close();
    await opened?.close();
    await model?.close();
  });
  afterEach(() => expect(complaints).toEqual([]));

  async function visit(): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: draws ? 1300 : 900 },
      deviceScaleFactor: 1.4,
      locale: 'en-GB',
    });
    const made = await context.newPage();
    made.setDefaultTimeout(WAIT_MS);
    // Its fonts are of another host.
    await made.route(/^https:/, (route) => route.abort());
    made.on('pageerror', (error) => complaints.push(error.message));
    made.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => {
        const { action, message } = read(String(payload));
        if (action && message) shown.push({ action, text: message.text ?? '', ...message.streamEntity });
      }),
    );
    await made.goto(playground.url);
    await box(made).waitFor();
    return made;
  }

  const box = (of: Page | Locator): Locator => of.locator('[data-lexical-editor=true]').first();
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true }).last();
  const seen = (text: string | RegExp): Promise<void> => page.getByText(text).last().waitFor();
  const cards = (): Locator => page.locator('.ac-adaptiveCard');
  const card = (text: string): Locator => cards().filter({ hasText: text }).last();

  /** In the personal chat, with nothing in it that a test before wrote. */
  async function fresh(): Promise<void> {
    shown = [];
    await page.goto(playground.url);
    await box(page).waitFor();
  }

  async function ask(text: string): Promise<void> {
    await box(page).click();
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  }

  async function openHelpDesk(): Promise<void> {
    await page.getByLabel('The company - Help desk').click();
    await page.getByText('Start a new post').waitFor();
  }

  /** Presses what is a card action, and waits until Docent answered it. */
  async function press(name: string): Promise<unknown> {
    const [answered] = await Promise.all([page.waitForResponse(isInvoke), button(name).click()]);
    expect(answered.status(), name).toBe(200);
    return answered.json();
  }
  const isInvoke = (response: Response): boolean => response.url().endsWith('/v1/invoke');

  /** Of a card; or of the chat, from somebody's words down to it. */
  async function picture(name: string, card: Locator, words?: string): Promise<void> {
    if (!draws) return;
    await page.mouse.move(640, 60);
    const box = (await card.boundingBox())!;
    const places = words === undefined ? [] : await Promise.all((await page.getByText(words).all()).map((one) => one.boundingBox()));
    // They stand in the list of chats and in the log, too.
    const from = places.findLast((one) => one && one.x > 330 && one.x < 900);
    const x = from ? 330 : box.x - 16;
    const y = from ? from.y - 54 : box.y - 12;
    const clip = { x, y, width: from ? 620 : box.width + 32, height: box.y + box.height + (from ? 12 : 2) - y };
    await page.screenshot({ path: join(IMAGES, `${name}.png`), clip, animations: 'disabled' });
  }

  async function kept(): Promise<{ verdict: string; reason: string | null; comment: string | null }[]> {
    const db = await openCatalog(join(opened.folder, 'data'));
    try {
      return await db.selectFrom('feedback').select(['verdict', 'reason', 'comment']).execute();
    } finally {
      await db.destroy();
    }
  }

  test('whoever adds it is greeted: what it knows, and questions to press in their own language', async () => {
    await seen(/Hello, I am Docent/);
    const tries = page.getByRole('button', { name: /^What does “.+” say\?$/ });
    expect(await tries.count()).toBe(4);
    const question = (await tries.first().textContent())!;
    await tries.first().click();
    await page.getByText(question).last().waitFor();
    await button('Why this answer?').waitFor();
  });

  test('in the personal chat an answer streams, and its citation opens with title and words', async () => {
    await fresh();
    slowly = true;
    await ask(ASKS_BREACH);
    await button('Why this answer?').waitFor();
    slowly = false;
    const streamed = shown.flatMap(({ streamType }) => streamType ?? []);
    expect(streamed[0]).toBe('informative');
    expect(streamed.slice(1, -1)).toContain('streaming');
    expect(streamed.at(-1)).toBe('final');
    // Whole once: its words, and apart from them the buttons.
    expect(await page.getByText('72 hours').count()).toBe(1);
    expect(await page.getByText('AI generated').count()).toBe(1);
    expect(await page.getByLabel('Like', { exact: true }).count()).toBe(1);
    expect(await page.getByText('Security incidents').first().getAttribute('href')).toMatch(/^http/);
    const [first] = await page.locator('a.fai-Citation').all();
    await picture('teams-answer', cards().last(), ASKS_BREACH);

    await first!.hover();
    const opened = page.locator('.fui-PopoverSurface');
    await opened.waitFor();
    expect(await opened.innerText()).toMatch(/^1\n.*72 hours\nSecurity incidents$/s);
    if (draws)
      await page.screenshot({
        path: join(IMAGES, 'teams-citation.png'),
        clip: { x: 330, y: 48, width: 620, height: 330 },
        animations: 'disabled',
      });
    await page.mouse.move(640, 60);

    await ask('And who reports it?');
    await page.getByRole('button', { name: 'Why this answer?' }).nth(1).waitFor();
    const [later, earlier] = await lastAsked();
    expect(later!.conversation).toBe(earlier!.conversation);
  });

  interface Asked {
    conversation: string;
    key: string;
  }
  /** Of the latest two questions, the latest first. */
  async function lastAsked(): Promise<Asked[]> {
    const db = await openCatalog(join(opened.folder, 'data'));
    const columns = ['conversation_id as conversation', 'event_key as key'] as const;
    const rows = await db.selectFrom('questions').select(columns).orderBy('received_at', 'desc').limit(2).execute();
    await db.destroy();
    return rows;
  }

  test('what is pressed shows its card, and hides again; a person is asked with a comment', async () => {
    await fresh();
    await ask(ASKS_BREACH);
    await press('Why this answer?');
    await card('Taken into the answer').waitFor();
    await picture('teams-why', cards().last());
    await press('Hide');
    await press('Show quotes');
    await card('What happens next · Sample handbook').waitFor();
    expect(await cards().last().innerText()).not.toContain('**');
    await picture('teams-quotes', cards().last());
    await press('Hide');
    await button('Ask a person').click();
    await page.getByLabel('What should they know?').fill('Is it so in Portugal, too?');
    await press('Send');
    await card('A person was asked.').waitFor();

    await openHelpDesk();
    const ticket = card('Is it so in Portugal, too?');
    await ticket.waitFor();
    expect(await ticket.innerText()).toContain('Ana Lima');
    expect(await ticket.innerText()).toContain(ASKS_BREACH);
    await picture('teams-ticket', ticket);
    await press('Take it');
    await card('Taken by Ana Lima').waitFor();
  });

  test('thumbs are kept, and whoever was not content says why in a card', async () => {
    await fresh();
    await ask(ASKS_LEAVE);
    await button('Why this answer?').waitFor();
    await page.getByLabel('Dislike').click();
    await page.getByRole('dialog').getByRole('textbox').fill('It is an old figure.');
    await press('Submit');
    await page.getByRole('dialog').getByText('Close').click();
    await card('What was wrong with the answer?').waitFor();
    expect(await kept()).toEqual([{ verdict: 'down', reason: null, comment: 'It is an old figure.' }]);
    await page.getByLabel('It is outdated').click();
    await page.getByLabel('Anything to add?').fill('It was changed in May.');
    await picture('teams-feedback', cards().last());
    await press('Just keep my feedback');
    await card('Thank you').waitFor();
    expect(await kept()).toEqual([{ verdict: 'down', reason: 'outdated', comment: 'It was changed in May.' }]);
  });

  test('in a channel the answer stands in the thread, by one message that is edited, and its buttons below', async () => {
    await fresh();
    await openHelpDesk();
    shown = [];
    await mention(ASKS_BREACH);
    await button('Why this answer?').waitFor();
    const said = shown.filter(({ text }) => text !== '' && text !== ASKS_BREACH);
    expect(said[0]).toMatchObject({ action: 'createMessage', text: expect.stringContaining('searching') });
    expect(said.slice(1).map(({ action }) => action)).toContain('updateMessage');
    expect(said.slice(1).every(({ action }) => action === 'updateMessage')).toBe(true);
    expect(await page.getByText('72 hours').count()).toBe(1);
    await picture('teams-channel', cards().last(), ASKS_BREACH);
    await page.locator('a.fai-Citation').first().hover();
    await page.locator('.fui-PopoverSurface').getByText('Security incidents').waitFor();
    await page.mouse.move(640, 60);
    await press('Why this answer?');
    await card('Taken into the answer').waitFor();
    await press('Hide');
    await press('Show quotes');
    await card('What happens next · Sample handbook').waitFor();
    await press('Hide');
    await button('Ask a person').click();
    await page.getByLabel('What should they know?').fill('From the channel.');
    await press('Send');
    await card('A person was asked.').waitFor();
    await card('From the channel.').waitFor();
  });

  /** A post in the channel that mentions Docent. */
  async function mention(text: string): Promise<void> {
    await box(page).click();
    await page.keyboard.type('@');
    await page.locator('[role=listbox], ul').getByText('Docent', { exact: true }).last().click();
    await page.keyboard.type(` ${text}`);
    await page.getByRole('button', { name: 'Post', exact: true }).click();
  }

  test('what the documents do not say is not answered, and a person is offered first', async () => {
    await fresh();
    await ask('What does the king of Mars earn?');
    await seen('Not found in the documents');
    await button('Ask a person').waitFor();
    expect(await page.getByText('AI generated').count()).toBe(0);
    await picture('teams-not-found', cards().last(), 'What does the king of Mars earn?');
  });

  test('an edited question is offered a new answer; of a deleted one the answer is to go', async () => {
    await fresh();
    await ask(ASKS_BREACH);
    await button('Why this answer?').waitFor();
    const [{ key }] = (await lastAsked()) as [Asked];
    await mock({ type: 'messageUpdate', id: key.split('/').at(-1), text: ASKS_LEAVE, channelData: { eventType: 'editMessage' } });
    await card('Answer anew').waitFor();
    await press('Answer anew');
    await seen(/annual leave/i);
    await button('Why this answer?').waitFor();

    await ask(ASKS_BREACH);
    await page.getByRole('button', { name: 'Why this answer?' }).nth(1).waitFor();
    const log = page.getByText('The API to delete activity is not implemented yet');
    const before = await log.count();
    const [{ key: another }] = (await lastAsked()) as [Asked];
    await mock({ type: 'messageDelete', id: another.split('/').at(-1), channelData: { eventType: 'softDeleteMessage' } });
    await log.nth(before).waitFor();
  });

  /** The playground's "Custom activity", without its editor of JSON. */
  async function mock(activity: object): Promise<void> {
    const base = await page.request.get(`${playground.url}/_internal/v1/customActivities/template`, {
      params: { conversationId: PERSONAL },
    });
    const sent = await page.request.post(`${playground.url}/_internal/v1/customActivities`, {
      data: { ...(await base.json()), ...activity },
    });
    expect(sent.status()).toBe(200);
  }

  test('the message extension finds documents, and puts one into the chat', async () => {
    await fresh();
    // What is answered when it is chosen the playground cannot show: documents alone are.
    await page.route('**/v1/invoke', async (route) => {
      const response = await route.fetch();
      const { composeExtension } = (await response.json()) as { composeExtension: { attachments: object[] } };
      const attachments = composeExtension.attachments.filter((one) => !JSON.stringify(one).includes('"tap"'));
      expect(attachments.length).toBe(composeExtension.attachments.length - 1);
      await route.fulfill({ response, json: { composeExtension: { ...composeExtension, attachments } } });
    });
    await page.getByLabel('Trigger Message Extension App').click();
    await page.getByRole('menuitem', { name: 'Search Command' }).click();
    await page.getByText('Specify Command ID or Parameter').click();
    await page.getByPlaceholder('Command ID').fill('search');
    await page.getByPlaceholder('Parameter name').fill('query');
    await page.getByText('Specify Command ID or Parameter').click();
    await page.getByPlaceholder('Enter a search term').fill('data breach');
    await page.keyboard.press('Enter');
    const found = page.locator('.fui-PopoverSurface').getByText('Security incidents').first();
    await found.waitFor();
    await found.click();
    await card('Open the document').waitFor();
  });
});

/** What the documents say of a breach, as a good model puts it together; else what is nearest. */
const OF_BREACH = [
  'Under the General Data Protection Regulation (GDPR), a breach of personal data is reported to the authority within 72 hours.',
  'Samuel Adeyemi, Legal Counsel, decides whether authorities or customers must be told.',
  'Only the CEO or Samuel Adeyemi speaks with the press.',
];
function written(request: ChatCompletionRequest): string {
  if (readPrompt(request.messages).question !== ASKS_BREACH) return quotingModel(request);
  return OF_BREACH.map((said) => truthfulReply([{ question: ASKS_BREACH, said, quotes: [said] }])(request)).join('');
}

interface Frame {
  action?: string;
  message?: { text?: string; streamEntity?: { streamType: string } };
}

/** A frame of its socket; others are none of ours. */
function read(payload: string): Frame {
  try {
    return JSON.parse(payload) as Frame;
  } catch {
    return {};
  }
}
