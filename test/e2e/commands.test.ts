/** Every command of the contract, as a person or a script runs it: exit codes, one clear line on failure, the JSON's fields. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { docentCommand, type Ran } from '../fakes/docent-command.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const ROOT = join(import.meta.dirname, '../..');
let folder: string;
let wiki: string;

const docent = (args: string[], env: Record<string, string> = {}, input = ''): Promise<Ran> =>
  docentCommand(args, { cwd: folder, env: { DATA_DIR: join(folder, 'data'), EMBEDDING_MODEL: 'none', ...env }, input });

/** As a script reads it: the tests say what its shape is. */
// oxlint-disable-next-line typescript/no-explicit-any
type Printed = any;

const json = async (args: string[], env?: Record<string, string>): Promise<{ code: number | null; value: Printed; err: string }> => {
  const { code, out, err } = await docent([...args, '--json'], env);
  return { code, value: JSON.parse(out), err };
};

/** One clear line: "docent: …". */
function expectOneLine({ err }: Ran, text: RegExp): void {
  expect(err).toMatch(text);
  expect(err.trim().split('\n'), err).toHaveLength(1);
  expect(err).toMatch(/^docent: /);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-cli-'));
  wiki = join(folder, 'wiki');
  mkdirSync(wiki);
  writeFileSync(
    join(wiki, 'leave.md'),
    '---\ntitle: Leave\nowner: Ann\nupdated: 2026-02-03\n---\n\n# Leave\n\n## Carrying over\n\nYou may carry over up to **five** unused days of leave to the next year.\n',
  );
  writeFileSync(join(wiki, 'desks.md'), '# Desks\n\nEvery desk has a monitor, a keyboard and a dock; broken ones go to the workshop.\n');
  await docent(['source', 'add', wiki, '--name', 'wiki', '--base-url', 'https://wiki.example.com']);
  await docent(['sync']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('source', () => {
  test('add, list, show and remove for programs', async () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'a.txt'), 'The cellar is locked at night by the porter.\n');
    const added = await json([
      'source',
      'add',
      other,
      '--name',
      'cellar',
      '--readers',
      'person:Ann@example.com,group:hr',
      '--schedule',
      '0 3 * * *',
    ]);
    expect(added).toMatchObject({
      code: 0,
      err: '',
      value: {
        name: 'cellar',
        kind: 'folder',
        location: other,
        baseUrl: null,
        readers: ['group:hr', 'person:ann@example.com'],
        schedule: '0 3 * * *',
      },
    });
    const listed = await json(['source', 'list']);
    expect(listed.value.map((s: { name: string }) => s.name)).toEqual(['cellar', 'wiki']);
    expect(listed.value[1]).toMatchObject({ documents: 2, syncing: false, lastRun: { state: 'done' } });
    const shown = await json(['source', 'show', 'wiki']);
    expect(shown).toMatchObject({
      code: 0,
      value: { name: 'wiki', baseUrl: 'https://wiki.example.com', documents: 2, failures: [], runs: [{ state: 'done' }] },
    });
    expect(await json(['source', 'remove', 'cellar'])).toMatchObject({ code: 0, value: { removed: 'cellar' } });
    expect((await json(['source', 'list'])).value).toHaveLength(1);
  });

  test('list and show for people', async () => {
    const listed = await docent(['source', 'list']);
    expect(listed).toMatchObject({ code: 0, err: '' });
    expect(listed.out).toMatch(/NAME +KIND +DOCUMENTS/);
    expect(listed.out).toContain('wiki');
    expect((await docent(['source', 'show', 'wiki'])).out).toMatch(/2 documents, \d+ passages/);
  });

  test.each([
    ['a folder that is not there', ['source', 'add', '/no/such/folder'], 2, /no\/such\/folder/],
    ['readers that are none', ['source', 'add', '.', '--readers', 'all'], 2, /"all" is not one of/],
    ['a name that is taken', ['source', 'add', 'wiki', '--name', 'wiki'], 2, /there is a source "wiki" already/],
    ['a base URL that is none', ['source', 'add', 'wiki', '--name', 'x', '--base-url', 'ftp://x'], 2, /not an http or https address/],
    ['a kind that is none', ['source', 'add', 'wiki', '--name', 'x', '--kind', 'fax'], 2, /fax/],
    ['an internal address', ['source', 'add', 'http://127.0.0.1:8080/'], 1, /127\.0\.0\.1/],
    ['showing an unknown source', ['source', 'show', 'nope'], 1, /no source "nope"/],
    ['removing an unknown source', ['source', 'remove', 'nope'], 1, /no source "nope"/],
  ] as [string, string[], number, RegExp][])('%s is refused in one line', async (_, args, code, text) => {
    const ran = await docent(args);
    expectOneLine(ran, text);
    expect(ran).toMatchObject({ code, out: '' });
  });
});

describe('sync', () => {
  const FIELDS = [
    'source',
    'runId',
    'listed',
    'added',
    'changed',
    'moved',
    'removed',
    'unchanged',
    'failed',
    'complete',
    'passagesEmbedded',
    'passagesReused',
    'requests',
    'ms',
  ];

  test('gives an array with the fields of the contract', async () => {
    const { code, value } = await json(['sync', 'wiki']);
    expect(code).toBe(0);
    expect(value).toHaveLength(1);
    expect(Object.keys(value[0]).toSorted()).toEqual(FIELDS.toSorted());
    expect(value[0]).toMatchObject({ source: 'wiki', listed: 2, unchanged: 2, added: 0, complete: true });
    expect((await json(['sync'])).value).toHaveLength(1);
  });

  test('says for people what was done', async () => {
    const ran = await docent(['sync']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toMatch(/^wiki: 2 listed, 0 added, 0 changed, 0 removed, 2 unchanged, 0 failed, in /);
  });

  test('an unknown source and a listing that fails are exit 1, told in one line', async () => {
    const unknown = await docent(['sync', 'nope']);
    expectOneLine(unknown, /"nope".*"wiki"/);
    expect(unknown.code).toBe(1);
    const gone = join(folder, 'gone');
    mkdirSync(gone);
    writeFileSync(join(gone, 'a.md'), '# A\n\nText that will be gone with its folder.\n');
    await docent(['source', 'add', gone, '--name', 'gone']);
    rmSync(gone, { recursive: true });
    const failed = await docent(['sync', 'gone', '--json']);
    expectOneLine(failed, /gone/);
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.out)).toMatchObject([{ source: 'gone', complete: false, error: expect.any(String) }]);
    await docent(['source', 'remove', 'gone']);
  });
});

describe('ask', () => {
  const ANSWER = [
    'answerId',
    'questionId',
    'threadId',
    'status',
    'language',
    'audience',
    'text',
    'sentences',
    'citations',
    'closest',
    'usage',
  ];

  test('gives the fields of the contract', async () => {
    const { code, value } = await json([
      'ask',
      'How many unused days of leave may I carry over?',
      '--as',
      'ann@example.com',
      '--audience',
      'everyone',
      '--thread',
      't1',
    ]);
    expect(code).toBe(0);
    expect(
      Object.keys(value)
        .filter((key) => key !== 'degraded')
        .toSorted(),
    ).toEqual(ANSWER.toSorted());
    expect(value).toMatchObject({ status: 'quoted', language: 'en', audience: 'everyone', threadId: 't1', degraded: ['no-model'] });
    expect(Object.keys(value.sentences[0]).toSorted()).toEqual(['block', 'citations', 'support', 'text']);
    for (const field of ['n', 'documentId', 'title', 'url', 'anchor', 'quote', 'source', 'updatedAt'])
      expect(value.citations[0]).toHaveProperty(field);
    const cited = value.citations.find((c: { title: string }) => c.title === 'Leave');
    expect(cited).toMatchObject({
      anchor: 'carrying-over',
      source: 'wiki',
      updatedAt: '2026-02-03T00:00:00.000Z',
      url: expect.stringMatching(/^https:\/\/wiki\.example\.com\/leave.*#carrying-over$/),
    });
    expect(readFileSync(join(wiki, 'leave.md'), 'utf8')).toContain(cited.quote);
    expect(Object.keys(value.usage).toSorted()).toEqual(['completionTokens', 'costUsd', 'modelCalls', 'ms', 'promptTokens']);
  });

  test('what is not found names the closest pages, and is no failure', async () => {
    const { code, value } = await json(['ask', 'Which whale sings the loudest in the Pacific?']);
    expect(code).toBe(0);
    expect(value).toMatchObject({ status: 'unanswered', sentences: [], citations: [] });
    for (const closest of value.closest) expect(Object.keys(closest)).toEqual(expect.arrayContaining(['title', 'url', 'quote']));
  });

  test('for people: text, sources with links, how to follow up', async () => {
    const ran = await docent(['ask', 'How many unused days of leave may I carry over?']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toContain('five unused days');
    expect(ran.out).toMatch(/\[1\] \S/);
    expect(ran.out).toContain('https://wiki.example.com/leave');
    expect(ran.out).toMatch(/--thread [0-9a-f-]{36}/);
  });

  test('a question may come on standard input', async () => {
    const { code, out } = await docent(['ask', '-', '--json'], {}, 'How many unused days of leave may I carry over?');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ status: 'quoted' });
  });

  test.each([
    ['no question', ['ask'], /missing required argument/],
    ['an audience that is none', ['ask', 'x', '--audience', 'all'], /audience/],
    ['an address that is none', ['ask', 'x', '--as', 'ann'], /"ann" is not an e-mail address/],
  ] as [string, string[], RegExp][])('%s is wrong usage', async (_, args, text) => {
    const ran = await docent(args);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(text);
    expect(ran.err).not.toMatch(/\n {4}at /);
  });
});

describe('eval', () => {
  let set: string;
  beforeAll(() => {
    set = join(folder, 'set');
    mkdirSync(set);
    const pages = [
      'The canteen opens at seven and closes at two.',
      'Parking spaces are booked a week ahead at the gate.',
      'Visitors wear a green badge in the laboratory.',
      'The boiler is serviced every March by the landlord.',
    ];
    const asked = [
      'When does the canteen open?',
      'How are parking spaces booked?',
      'Which badge do visitors wear?',
      'When is the boiler serviced?',
    ];
    writeFileSync(join(set, 'corpus.jsonl'), pages.map((text, i) => JSON.stringify({ _id: `d${i}`, title: `Page ${i}`, text })).join('\n'));
    writeFileSync(
      join(set, 'queries.jsonl'),
      [
        ...asked.map((text, i) =>
          JSON.stringify({ _id: `q${i}`, text, answer: pages[i], references: [pages[i]], answerable: true, kind: i % 2 ? 'odd' : 'even' }),
        ),
        JSON.stringify({ _id: 'u', text: 'Who won the cup in 1954?', answerable: false, kind: 'none' }),
      ].join('\n'),
    );
    writeFileSync(join(set, 'qrels.tsv'), `query-id\tcorpus-id\tscore\n${asked.map((_, i) => `q${i}\td${i}\t1`).join('\n')}\n`);
  });

  test('retrieval gives the fields of the contract', async () => {
    const { code, value } = await json(['eval', 'retrieval', set, '--search', 'words']);
    expect(code).toBe(0);
    expect(Object.keys(value).toSorted()).toEqual(
      ['queries', 'ndcg@10', 'recall@10', 'recall@50', 'hit@10', 'p50Ms', 'p95Ms', 'byKind'].toSorted(),
    );
    expect(value).toMatchObject({ queries: 4, 'hit@10': 1, byKind: { odd: { queries: 2 }, even: { queries: 2 } } });
    expect((await json(['eval', 'retrieval', set, '--search', 'words', '--limit', '2'])).value.queries).toBeLessThanOrEqual(2);
  });

  test('answers gives the fields of the contract', async () => {
    const { code, value } = await json(['eval', 'answers', set]);
    expect(code).toBe(0);
    expect(Object.keys(value)).toEqual(
      expect.arrayContaining(['answerable', 'unanswerable', 'auroc', 'modelCalls', 'costUsd', 'p50Ms', 'p95Ms']),
    );
    expect(value).toMatchObject({
      answerable: { n: 4, answered: expect.any(Number), goldShown: expect.any(Number) },
      unanswerable: { n: 1, abstained: expect.any(Number) },
      modelCalls: 0,
      costUsd: 0,
    });
  });

  test('a folder that is no set is wrong usage, meaning without a model a failure', async () => {
    const none = await docent(['eval', 'retrieval', wiki]);
    expectOneLine(none, /corpus\.jsonl is missing/);
    expect(none.code).toBe(2);
    const meaning = await docent(['eval', 'retrieval', set, '--search', 'meaning']);
    expectOneLine(meaning, /docent model list/);
    expect(meaning.code).toBe(1);
    expect((await docent(['eval', 'retrieval', set, '--limit', 'many'])).code).toBe(2);
  });
});

describe('operation', () => {
  test('doctor', async () => {
    const { code, value } = await json(['doctor']);
    expect({ code, ok: value.ok }).toEqual({ code: 0, ok: true });
    for (const name of ['catalog', 'index', 'sources', 'language model'])
      expect(value.findings).toContainEqual({ name, level: expect.stringMatching(/ok|warning/), message: expect.any(String) });
    expect((await docent(['doctor'])).out).toMatch(/ok +catalog/);
  });

  test('doctor exits 1 on a problem, and says how to mend it', async () => {
    const { code, value } = await json(['doctor'], { CHAT_MODEL: 'x', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' });
    expect(code).toBe(1);
    expect(value).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([{ name: 'language model', level: 'problem', message: expect.stringContaining('127.0.0.1:9') }]),
    });
  });

  test('reindex rebuilds the index, and answers are as before', async () => {
    rmSync(join(folder, 'data', 'index.db'));
    rmSync(join(folder, 'data', 'index.db-wal'), { force: true });
    rmSync(join(folder, 'data', 'index.db-shm'), { force: true });
    const { code, value } = await json(['reindex']);
    expect(code).toBe(0);
    expect(Object.keys(value).toSorted()).toEqual(['documents', 'ms', 'passages', 'passagesEmbedded']);
    expect(value.documents).toBe(2);
    expect((await json(['ask', 'How many unused days of leave may I carry over?'])).value.status).toBe('quoted');
    expect((await docent(['reindex'])).out).toMatch(/^Rebuilt the index: 2 documents/);
  });

  test.each([
    ['a wrong environment', ['source', 'list'], { PORT: 'many' }, 2],
    ['a data folder that cannot be made', ['source', 'list'], { DATA_DIR: join(ROOT, 'package.json', 'data') }, 1],
  ] as [string, string[], Record<string, string>, number][])('%s is named without a stack', async (_, args, env, code) => {
    const ran = await docent(args, env);
    expect(ran.code).toBe(code);
    expect(ran.err).toMatch(/^docent: .*(PORT|package\.json)/s);
    expect(ran.err).not.toMatch(/\n {4}at /);
  });

  test('help is success, an unknown command or option wrong usage', async () => {
    expect(await docent(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Usage: docent') });
    expect((await docent(['dance'])).code).toBe(2);
    expect((await docent(['sync', '--fast'])).code).toBe(2);
    expect((await docent([])).code).toBe(2);
  });
});
