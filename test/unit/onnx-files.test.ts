/** What makes a model's files cheap to hold changes no vector: the lean tokenizer, and the graph with its weights beside it. */
import { readFileSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { leanUnigram, readTokenizer } from '../../src/models/drivers/onnx-tokenizer.ts';
import { withoutWeights } from '../../src/models/drivers/onnx-weights.ts';
import { withoutModel, WEIGHTS } from '../fakes/weights.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const [noBge, noE5] = [withoutModel('bge-small-en-v1.5'), withoutModel('multilingual-e5-small')];
const handbook = join(import.meta.dirname, '../../sample/handbook');
const sample = (): string[] =>
  readdirSync(handbook, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(md|txt|html)$/.test(file))
    .map((file) => readFileSync(join(handbook, file), 'utf8'));

describe.skipIf(noE5)(`the lean tokenizer of a large vocabulary${noE5 ? ` (skipped: ${noE5})` : ''}`, () => {
  let lean: Tokenizer;
  let full: Tokenizer;
  beforeAll(() => {
    const description = JSON.parse(readFileSync(join(WEIGHTS, 'multilingual-e5-small/tokenizer.json'), 'utf8'));
    lean = leanUnigram(description);
    full = new Tokenizer(description, {});
  });

  test('real pages: the ids of the whole library', () => {
    const pages = sample();
    expect(pages.length).toBeGreaterThan(5);
    for (const page of [
      ...pages,
      '年假可以结转到明年吗？请在三月底之前使用。',
      'Привет, мир! ¿Dónde está? Ça va où? 東京タワー 서울특별시 مرحبا بالعالم',
    ])
      expect(lean.encode(page).ids).toEqual(full.encode(page).ids);
  });

  test('any text: the same', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom('<s>', '</s>', '<mask>', '<unk>', '<pad>', '▁', ' ', '  ', '\u0000', '。', 'straße', 'ﬁ', '①', 'Ａ', 'é'),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const text = words.join(' ');
        expect(lean.encode(text).ids).toEqual(full.encode(text).ids);
      }),
      { numRuns: 400 },
    );
  });

  test('special pieces stand at both ends, and padding is the one that is for it', async () => {
    const tokenizer = await readTokenizer(join(WEIGHTS, 'multilingual-e5-small/tokenizer.json'));
    expect(tokenizer.padding).toBe(1);
    for (const text of ['', 'Hello', '你好']) {
      const ids = tokenizer.encode(text);
      expect([ids[0], ids.at(-1)]).toEqual([0, 2]);
    }
  });
});

describe.skipIf(noBge)(`a model file without its weights${noBge ? ` (skipped: ${noBge})` : ''}`, () => {
  const file = (): Buffer => readFileSync(join(WEIGHTS, 'bge-small-en-v1.5/model.onnx'));

  test('is small, and with them beside it gives the very vectors of the whole file', async () => {
    const bytes = file();
    const graph = withoutWeights(bytes, 'weights');
    expect(graph.length).toBeLessThan(bytes.length / 20);
    const ids = [101, 2129, 2146, 2003, 18643, 2681, 102].map(BigInt);
    const states = async (model: Uint8Array, options: ort.InferenceSession.SessionOptions): Promise<Float32Array> => {
      const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'], ...options });
      const tensor = (values: bigint[]): ort.Tensor => new ort.Tensor('int64', BigInt64Array.from(values), [1, ids.length]);
      const result = await session.run({
        input_ids: tensor(ids),
        attention_mask: tensor(ids.map(() => 1n)),
        token_type_ids: tensor(ids.map(() => 0n)),
      });
      await session.release();
      return result[session.outputNames[0]!]!.data as Float32Array;
    };
    const whole = await states(bytes, {});
    const beside = await states(graph, { externalData: [{ path: 'weights', data: bytes }] });
    expect(whole.length).toBe(ids.length * 384);
    expect(beside).toEqual(whole);
  });

  test.each([10, 1000, 1_000_000, 34_014_425])('cut after %i bytes: an error that says so, no crash', (length) => {
    expect(() => withoutWeights(file().subarray(0, length), 'weights')).toThrow(/cut short|broken|index out of range/);
  });
});

test('what is no model at all is told, and never read past its end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        expect(withoutWeights(bytes, 'weights').length).toBeLessThanOrEqual(bytes.length + 5);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});
