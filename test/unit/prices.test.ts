import { describe, expect, test } from 'vitest';
import { costOf, priceOf } from '../../src/models/prices.ts';
import { embeddingProfile, modelProfile, UNKNOWN_CONTEXT_TOKENS } from '../../src/models/profiles.ts';

describe('prices', () => {
  test("the same model under a gateway's name, a date or -latest costs the same", () => {
    const plain = priceOf('gpt-4.1-mini');
    expect(plain).toEqual({ price: { input: 0.4, output: 1.6, cachedInput: 0.1 }, known: true });
    for (const name of ['openai/gpt-4.1-mini', 'gpt-4.1-mini-2025-04-14', 'gpt-4.1-mini-latest', 'GPT-4.1-mini'])
      expect(priceOf(name)).toEqual(plain);
  });

  test('a dearer sibling does not get the price of the cheaper one', () => {
    expect(priceOf('gpt-5.4-pro')).toEqual({ price: null, known: false });
    expect(priceOf('gpt-4.1-audio-preview')).toEqual({ price: null, known: false });
  });

  test('unknown: no price, counted as 0', () => {
    expect(priceOf('my-model')).toEqual({ price: null, known: false });
    expect(costOf(null, { promptTokens: 1e6, completionTokens: 1e6 })).toBe(0);
  });

  test('fine-tuned: at least what its base costs, marked as not known, unless told', () => {
    const name = 'ft:gpt-4o-mini-2024-07-18:acme::abc123';
    expect(priceOf(name)).toEqual({ price: priceOf('gpt-4o-mini').price, known: false });
    expect(priceOf(name, { 'ft:gpt-4o-mini*': { input: 0.3, output: 1.2 } })).toEqual({ price: { input: 0.3, output: 1.2 }, known: true });
  });

  test('overrides: exact before pattern, the longest pattern first', () => {
    const own = {
      'llama*': { input: 0, output: 0 },
      'llama3*': { input: 1, output: 2 },
      'llama3.2': { input: 3, output: 0 },
      'gpt-4o': { input: 9, output: 9 },
    };
    expect(priceOf('llama2', own).price).toEqual({ input: 0, output: 0 });
    expect(priceOf('llama3.1', own).price).toEqual({ input: 1, output: 2 });
    expect(priceOf('llama3.2', own).price).toEqual({ input: 3, output: 0 });
    expect(priceOf('gpt-4o', own).price).toEqual({ input: 9, output: 9 });
    expect(priceOf('gpt-4o-2024-08-06', own).price).toEqual({ input: 9, output: 9 });
  });

  test('cost per million tokens, cached ones at their own price', () => {
    const price = { input: 2, output: 8, cachedInput: 0.5 };
    expect(costOf(price, { promptTokens: 1_000_000, completionTokens: 500_000 })).toBe(6);
    expect(costOf(price, { promptTokens: 1_000_000, completionTokens: 0, cachedTokens: 600_000 })).toBeCloseTo(0.4 * 2 + 0.6 * 0.5, 10);
    expect(costOf({ input: 2, output: 8 }, { promptTokens: 1_000_000, completionTokens: 0, cachedTokens: 9_000_000 })).toBe(2);
  });
});

describe('profiles', () => {
  test('context sizes by name', () => {
    const sizes = ['gpt-6.1-terra', 'gpt-5-mini', 'openai/gpt-4.1', 'ft:gpt-4o-mini-2024-07-18:acme::x', 'gpt-4', 'something-else'].map(
      (name) => modelProfile(name).contextTokens,
    );
    expect(sizes).toEqual([1_050_000, 400_000, 1_047_576, 128_000, 8192, UNKNOWN_CONTEXT_TOKENS]);
  });

  test('models that reason are asked to reason little; where they cannot stop, room is left', () => {
    expect(modelProfile('gpt-6.1-terra')).toMatchObject({ reasoningEffort: 'none', reasoningTokens: 0 });
    expect(modelProfile('gpt-5-mini').reasoningEffort).toBe('minimal');
    expect(modelProfile('o4-mini')).toMatchObject({ reasoningEffort: 'low', reasoningTokens: 2000 });
    expect(modelProfile('gpt-4.1-mini')).not.toHaveProperty('reasoningEffort');
    expect(modelProfile('llama3.2')).not.toHaveProperty('reasoningEffort');
  });

  test("an admin's word wins", () => {
    const own = { 'llama3*': { contextTokens: 4096, price: { input: 0.1, output: 0.2 } } };
    expect(modelProfile('llama3.2:3b', own)).toMatchObject({
      contextTokens: 4096,
      price: { input: 0.1, output: 0.2 },
      priceKnown: true,
      known: true,
    });
  });

  test('embedding models that need prefixes get them', () => {
    expect(embeddingProfile('nomic-embed-text')).toMatchObject({ queryPrefix: 'search_query: ', passagePrefix: 'search_document: ' });
    expect(embeddingProfile('intfloat/multilingual-e5-small')).toMatchObject({
      queryPrefix: 'query: ',
      passagePrefix: 'passage: ',
      inputTokens: 512,
    });
    expect(embeddingProfile('text-embedding-3-small')).toMatchObject({
      queryPrefix: '',
      passagePrefix: '',
      price: { input: 0.02, output: 0 },
    });
  });
});
