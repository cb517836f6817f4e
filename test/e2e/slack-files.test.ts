/** Files in a question in Slack, end to end: read and answered by, or named as not read. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openOffice, quotingModel, type Office, shownIn as allIn } from '../fakes/slack-office.ts';
import { startOpenAiEndpoint, type ChatCompletionRequest, type OpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { pdfFile } from '../fakes/pdf-file.ts';
import type { Channel, Message, Person } from '../fakes/slack-state.ts';

let office: Office;
let model: OpenAiEndpoint;
let ana: Person;
let team: Channel;
let down = false;

beforeAll(async () => {
  model = await startOpenAiEndpoint({
    fault: () => (down ? { kind: 'status', status: 400 } : undefined),
    reply: (request) => ({ chunks: quotingModel(withFiles(request)).match(/[^]{1,40}/g) ?? [], delayMs: 1 }),
  });
  office = await openOffice({ env: { OPENAI_BASE_URL: model.url, CHAT_MODEL: 'test-chat' } });
  ana = office.slack.person({ name: 'ana' });
  team = office.slack.channel({ members: [ana] });
});
afterAll(async () => {
  await office.close();
  await model.close();
});
beforeEach(() => {
  down = false;
  office.slack.clearMoods();
});

const NOTE = 'Hi all, this is about last night.\nWithin how many hours is a data breach reported to the authority?\nThanks, Zebulon';
// Slack makes no link of a file's name: there are joiners in it.
const shownIn = (message: Message): string => allIn(message).replaceAll(/\u2060|\*\*/g, '');

/** To a model that reads its prompt, the files say what is asked. */
function withFiles(request: ChatCompletionRequest): ChatCompletionRequest {
  const messages = request.messages.map((message) => {
    const [, files] = /^Files of the asker[^:]*: (\[.*\])$/m.exec(message.content) ?? [];
    if (files === undefined) return message;
    const said = (JSON.parse(files) as { text: string }[]).map(({ text }) => text).join(' ');
    const content = message.content.replace(
      /^The question: (".*")$/m,
      (_, asked: string) => `The question: ${JSON.stringify(`${JSON.parse(asked)} ${said}`)}`,
    );
    return { ...message, content };
  });
  return { ...request, messages };
}
const upload = (name: string, content: Buffer | string, mimetype?: string): string =>
  office.slack.file({ name, content, user: ana, ...(mimetype ? { mimetype } : {}) }).id;

async function ask(text: string, files: string[]): Promise<string> {
  const { slack } = office;
  const { ts } = (await slack.push.mention({ user: ana.id, channel: team.id, text, files })).message!;
  const done = (one: Message): boolean => one.own && one.streaming !== 'open' && /docent\.why|Not read/.test(JSON.stringify(one.blocks));
  return shownIn(await slack.until(() => slack.replies(team.id, ts).find(done), 'an answer', 10_000));
}

test('a question about a text file is answered from the documents by what the file asks', async () => {
  const shown = await ask('Can you answer the attached file?', [upload('mail.txt', NOTE)]);
  expect(shown).toContain('72 hours');
  expect(shown).not.toContain('Not read');
  expect(office.slack.complaints).toEqual([]);
});

test('so is one about a PDF', async () => {
  const pdf = pdfFile([[{ x: 72, y: 700, text: 'Within how many hours is a data breach reported to the authority?' }]]);
  expect(await ask('What about this?', [upload('mail.pdf', pdf, 'application/pdf')])).toContain('72 hours');
});

test('a file alone is the question', async () => {
  expect(await ask('', [upload('q.md', 'Within how many hours is a data breach reported to the authority?', 'text/markdown')])).toContain(
    '72 hours',
  );
});

test('without a language model the documents’ own words are found by what the file asks', async () => {
  down = true;
  const shown = await ask('Can you answer the attached file?', [upload('mail.txt', NOTE)]);
  expect(shown).toContain('72 hours');
  expect(shown).not.toContain('Zebulon');
});

test('the shortcut on a message with a file reads it, too', async () => {
  const { slack } = office;
  const said = (await slack.push.message({ user: ana.id, channel: team.id, text: 'fyi', files: [upload('mail.txt', NOTE)] })).message!;
  const before = slack.ephemerals.length;
  await slack.push.shortcut({ user: ana.id, callbackId: 'docent.ask_about', channel: team.id, ts: said.ts });
  const told = await slack.until(
    () => slack.ephemerals.slice(before).find((one) => JSON.stringify(one.blocks).includes('docent.why')),
    'an answer',
  );
  expect(JSON.stringify(told.blocks)).toContain('72 hours');
});

test('whoever takes a question up reads its files again', async () => {
  const { slack } = office;
  const id = upload('mail.txt', NOTE);
  const ofIt = () => slack.calls('files.download').filter((one) => String(one.args.path).includes(id));
  slack.mood('files.download', { type: 'hang' });
  const asked = ask('Can you answer the attached file?', [id]);
  await slack.until(() => ofIt().length === 1, 'the first download');
  await office.restart();
  expect(await asked).toContain('72 hours');
  expect(ofIt()).toHaveLength(2);
});

test('what is not read is named with the reason, and the question answered all the same', async () => {
  const { slack } = office;
  const exe = upload('setup.exe', 'MZ', 'application/x-dosexec');
  const broken = upload('broken.pdf', '%PDF-1.7 no', 'application/pdf');
  const lost = upload('lost.txt', 'x');
  slack.mood('files.download', { type: 'http500' }, { times: Infinity, match: (args) => String(args.path).includes(lost) });
  const shown = await ask('Within how many hours is a data breach reported to the authority?', [exe, broken, lost]);
  expect(shown).toContain('72 hours');
  expect(shown).toContain('Not read: setup.exe (is of a format that is not read here)');
  expect(shown).toContain('Not read: broken.pdf (could not be read)');
  expect(shown).toContain('Not read: lost.txt (could not be read)');
});

test('a greeting with a file that cannot be read names it, too', async () => {
  expect(await ask('Hello!', [upload('setup.exe', 'MZ', 'application/x-dosexec')])).toContain('Not read: setup.exe');
});

test('what a file says is no source, and of it only what was searched for is kept, with the question', async () => {
  const claim = 'Data breaches are reported to the authority within 999 hours, says Zebulon.';
  const shown = await ask('Within how many hours is a data breach reported to the authority?', [upload('claim.txt', claim)]);
  expect(shown).toContain('72 hours');
  expect(shown).not.toContain('999');
  const prompt = model.requests.findLast((one) => JSON.stringify(one).includes('999 hours'));
  expect(prompt).toBeDefined();
  const { db } = await office.app.askDeps();
  const tables = ['answers', 'citations', 'messages', 'outbox', 'conversations', 'settings', 'usage'] as const;
  for (const table of tables) {
    const rows = JSON.stringify(await db.selectFrom(table).selectAll().execute());
    expect(rows, table).not.toMatch(/999 hours|Zebulon/);
  }
});
