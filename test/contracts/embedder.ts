/** What every embedder does. Run over each driver by embedder.test.ts. */
import { afterEach, describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import type { Embedder } from '../../src/models/embedder.ts';

export interface EmbedderUnderTest {
  embedder: Embedder;
  close(): Promise<void>;
}

/** Cosine of two vectors of length 1. */
export function similarity(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

/** @param options.skipped why it cannot run here, for its name */
export function embedderContract(
  driver: string,
  start: () => Promise<EmbedderUnderTest>,
  options: { closedCode: string; skipped?: string | undefined },
): void {
  const { skipped } = options;
  describe.skipIf(skipped !== undefined)(`embedder: ${driver}${skipped === undefined ? '' : ` (skipped: ${skipped})`}`, () => {
    let under: EmbedderUnderTest;
    const never = new AbortController().signal;
    afterEach(() => under?.close());

    test('one vector a text, of one size, of length 1', async () => {
      under = await start();
      const vectors = await under.embedder.embed(
        ['Parental leave is 16 weeks.', 'The canteen opens at noon.', '育儿假为十六周。'],
        'passage',
        never,
      );
      expect(vectors).toHaveLength(3);
      for (const vector of vectors) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector.length).toBe(vectors[0]!.length);
        expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      }
    });

    test('like texts are nearer than unlike ones', async () => {
      under = await start();
      const [question] = await under.embedder.embed(['how long is parental leave'], 'query', never);
      const [leave, canteen] = await under.embedder.embed(
        ['Parental leave is 16 weeks long.', 'The canteen opens at noon.'],
        'passage',
        never,
      );
      expect(similarity(question!, leave!)).toBeGreaterThan(similarity(question!, canteen!));
    });

    test('a batch gives each text the vector it gets alone, in order', async () => {
      under = await start();
      const texts = Array.from({ length: 300 }, (_, index) => `passage number ${index} about topic ${index % 7}`);
      const all = await under.embedder.embed(texts, 'passage', never);
      for (const index of [0, 1, 63, 64, 65, 199, 299]) {
        const [alone] = await under.embedder.embed([texts[index]!], 'passage', never);
        expect(similarity(all[index]!, alone!)).toBeGreaterThan(0.999);
      }
    });

    test('no texts, no vectors; empty and enormous texts get one too', async () => {
      under = await start();
      expect(await under.embedder.embed([], 'passage', never)).toEqual([]);
      const vectors = await under.embedder.embed(['', '   ', 'long '.repeat(40_000)], 'passage', never);
      expect(vectors.map((vector) => Math.hypot(...vector).toFixed(3))).toEqual(['1.000', '1.000', '1.000']);
    });

    test('cancelled: it throws the reason', async () => {
      under = await start();
      const reason = new Error('gone');
      await expect(under.embedder.embed(['x'], 'passage', AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    test('cancelled midway: it throws the reason, and the next call is answered', async () => {
      under = await start();
      const stop = new AbortController();
      const reason = new Error('gone');
      const texts = Array.from({ length: 400 }, (_, index) => `passage ${index} about desks`);
      const cancelled = under.embedder.embed(texts, 'passage', stop.signal);
      setTimeout(() => stop.abort(reason), 1);
      await expect(cancelled).rejects.toBe(reason);
      expect(await under.embedder.embed(['x'], 'query', never)).toHaveLength(1);
    });

    test('whatever is written: a vector of length 1', async () => {
      under = await start();
      const texts = [
        '🙂',
        '👩‍👩‍👧‍👦🏳️‍🌈',
        '年假可以結轉嗎？',
        '\u0000\u0007\u200b',
        '\ud800',
        '<s></s>[CLS][SEP]<pad>',
        'ﷺ',
        '  \n\t ',
        '𝕳𝖊𝖑𝖑𝖔',
        '1'.repeat(300),
      ];
      for (const kind of ['query', 'passage'] as const) {
        const vectors = await under.embedder.embed(texts, kind, never);
        expect(vectors.map((vector) => Math.hypot(...vector).toFixed(3))).toEqual(texts.map(() => '1.000'));
      }
    });

    test('closed or out of reach: an AppError of the models', async () => {
      under = await start();
      await under.close();
      const error = await under.embedder.embed(['x'], 'query', never).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AppError);
      expect((error as AppError).code).toBe(options.closedCode);
    });
  });
}
