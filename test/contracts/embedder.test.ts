import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createOpenAiEmbedder } from '../../src/models/drivers/openai.ts';
import { startOpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { createEmbeddings } from '../../src/models/embedding.ts';
import { withoutModel, WEIGHTS } from '../fakes/weights.ts';
import { embedderContract, similarity, type EmbedderUnderTest } from './embedder.ts';
import { impatientClock } from './language-model.ts';

vi.setConfig({ testTimeout: 120_000 });
const never = new AbortController().signal;

embedderContract(
  'openai',
  async () => {
    const endpoint = await startOpenAiEndpoint({ dimensions: 128 });
    return {
      embedder: createOpenAiEmbedder({ baseUrl: endpoint.url, model: 'test-embedding', price: null, clock: impatientClock() }),
      close: endpoint.close,
    };
  },
  { closedCode: 'model.unreachable' },
);

/** As the application wires it. */
async function local(name: string): Promise<EmbedderUnderTest> {
  const embeddings = createEmbeddings({ modelsDir: WEIGHTS, threads: 1, hosted: async () => undefined });
  const { embedder, problem } = await embeddings.choose(name);
  if (!embedder || problem) throw problem ?? new Error(`${name} was not chosen`);
  return { embedder, close: () => embeddings.close() };
}

embedderContract('use-lite', () => local('use-lite'), { closedCode: 'model.failed' });
const [noBge, noE5] = [withoutModel('bge-small-en-v1.5'), withoutModel('multilingual-e5-small')];
embedderContract('onnx', () => local('bge-small-en-v1.5'), { closedCode: 'model.failed', skipped: noBge });

describe.skipIf(noBge)(`onnx: bge-small-en-v1.5${noBge ? ` (skipped: ${noBge})` : ''}`, () => {
  let under: EmbedderUnderTest;
  beforeAll(async () => void (under = await local('bge-small-en-v1.5')));
  afterAll(() => under.close());

  test('a question is embedded otherwise than a passage of the same words', async () => {
    const text = 'Who pays for a lost badge?';
    const [[question], [passage]] = await Promise.all([
      under.embedder.embed([text], 'query', never),
      under.embedder.embed([text], 'passage', never),
    ]);
    expect(similarity(question!, passage!)).toBeLessThan(0.99);
  });

  test('the end of a long text counts: it is read in windows', async () => {
    const canteen = 'The canteen serves soup, bread and salad at noon, and closes at two. '.repeat(60);
    const leave = 'Parents may take sixteen weeks of paid leave after a birth. '.repeat(30);
    const [question] = await under.embedder.embed(['How long is parental leave?'], 'query', never);
    const [without, withIt, alone] = await under.embedder.embed([canteen, canteen + leave, leave], 'passage', never);
    const [a, b, c] = [without, withIt, alone].map((vector) => similarity(question!, vector!)) as [number, number, number];
    expect(b).toBeGreaterThan(a + 0.03);
    expect(c).toBeGreaterThan(b);
  });

  test('other words than the passage has find it', async () => {
    const passages = [
      'Unused vacation days expire at the end of March.',
      'Laptops are replaced every four years.',
      'Visitors sign in at the front desk.',
    ];
    const vectors = await under.embedder.embed(passages, 'passage', never);
    for (const [question, at] of [
      ['When do I lose my leftover holidays?', 0],
      ['When do I get a new computer?', 1],
      ['My guest arrives tomorrow, where do they go?', 2],
    ] as const) {
      const [vector] = await under.embedder.embed([question], 'query', never);
      const scores = vectors.map((one) => similarity(vector!, one));
      expect(scores.indexOf(Math.max(...scores)), question).toBe(at);
    }
  });
});

describe.skipIf(noE5)(`onnx: multilingual-e5-small${noE5 ? ` (skipped: ${noE5})` : ''}`, () => {
  test('a Chinese question is nearest to its English passage, and an English one to its Chinese', async () => {
    const under = await local('multilingual-e5-small');
    onTestFinished(() => under.close());
    const languages = [
      [
        ['未使用的年假什么时候过期？', 'Unused vacation days expire at the end of March.'],
        ['电脑多久换一次？', 'Laptops are replaced every four years.'],
        ['访客在哪里登记？', 'Visitors sign in at the front desk.'],
        ['密码要多长？', 'A password must have at least fourteen characters.'],
      ],
      [
        ['How much do I pay for lunch?', '午餐由公司补贴，员工只付四欧元。'],
        ['Whom do I tell when I am ill?', '生病时请在九点前通知您的主管。'],
        ['Who may enter the archive?', '只有档案管理员可以进入档案室。'],
      ],
    ] as const;
    for (const pairs of languages) {
      const passages = await under.embedder.embed(
        pairs.map(([, passage]) => passage),
        'passage',
        never,
      );
      for (const [at, [question]] of pairs.entries()) {
        const [vector] = await under.embedder.embed([question], 'query', never);
        const scores = passages.map((one) => similarity(vector!, one));
        expect(scores.indexOf(Math.max(...scores)), question).toBe(at);
      }
    }
  });
});
