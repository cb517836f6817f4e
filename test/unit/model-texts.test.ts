/** What becomes of texts on their way to and from a model: token counts, cuts, hidden thinking, kept vectors. */
import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { cachedEmbedder } from '../../src/models/cached-embedder.ts';
import { dropThinking } from '../../src/models/thinking.ts';
import { cutToTokens, estimateTokens } from '../../src/models/tokens.ts';

const TEXTS = {
  english:
    'Full-time employees accrue 25 days of paid leave each calendar year. Unused days may be carried over until March 31st, provided that your manager agrees in writing. If you leave the company, any remaining days are paid out with your final salary; see the payroll page for the exact dates. Parental leave is sixteen weeks at full pay and can be taken in up to three blocks within the first year.',
  markdown:
    '## Expenses\n\n- Book trains **second class** unless the trip takes more than 4 hours.\n- Hotels: up to €140 a night in Berlin, €110 elsewhere.\n- Send receipts to [finance](https://example.org/finance?tab=2) within 30 days.\n\n| City | Limit |\n|---|---|\n| Berlin | 140 |\n| Paris | 160 |\n',
  chinese:
    '全职员工每个日历年享有二十五天带薪休假。未使用的假期可以结转至次年三月三十一日，但须经经理书面同意。如果您离开公司，剩余的天数将与最后一次工资一起支付；具体日期请参阅薪资页面。育儿假为十六周全薪，可在第一年内分最多三次休完。报销申请应在三十天内提交给财务部门，并附上所有收据的扫描件。',
  code: 'export function retryDelayMs(failure: EndpointFailure, attempt: number, policy: RetryPolicy): number | undefined {\n  if (!failure.transient || attempt >= policy.maxRetries) return undefined;\n  const most = Math.min(500 * 2 ** attempt, 8000);\n  return Math.round(most * (0.25 + 0.75 * policy.random()));\n}\n',
};

describe('token counts', () => {
  test.each(Object.entries(TEXTS))('within 16 %% of the tokenizer: %s', (_name, text) => {
    expect(Math.abs(estimateTokens(text) / countTokens(text) - 1)).toBeLessThan(0.16);
  });

  test('a cut is a beginning of the text, fits, and wastes little', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom(...Object.values(TEXTS))),
        fc.integer({ min: 0, max: 120 }),
        (text, limit) => {
          const cut = cutToTokens(text, limit);
          expect(text.startsWith(cut)).toBe(true);
          expect(estimateTokens(cut)).toBeLessThanOrEqual(limit);
          expect(cut.isWellFormed() || !text.isWellFormed()).toBe(true);
          if (estimateTokens(text) <= limit) expect(cut).toBe(text);
        },
      ),
    );
    expect(estimateTokens(cutToTokens(TEXTS.english.repeat(20), 500))).toBeGreaterThan(480);
    expect(estimateTokens(cutToTokens('字'.repeat(5000), 500))).toBeGreaterThan(480);
  });
});

describe('thinking', () => {
  const shown = (pieces: string[]): string => {
    const filter = dropThinking();
    return pieces.map((piece) => filter.push(piece)).join('') + filter.end();
  };
  const cutUp = (text: string, at: number[]): string[] => {
    const places = [...new Set([0, ...at.map((place) => place % (text.length + 1)), text.length])].sort((a, b) => a - b);
    return places.slice(1).map((end, index) => text.slice(places[index], end));
  };

  test('is dropped however the stream is cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('think', 'thinking', 'thought'),
        fc.string({ maxLength: 40 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (tag, thought, at) => {
          fc.pre(!/<\/?th/.test(thought));
          expect(shown(cutUp(`\n<${tag}>${thought}</${tag}>\nThe answer < 5.`, at))).toBe('The answer < 5.');
        },
      ),
    );
  });

  test('any other text comes through whole', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60 }),
          fc.constantFrom('<b>bold</b>', '<', 'a < b', '<thin', 'use the <think> tag', '{"a":"</thin"}'),
        ),
        fc.array(fc.nat(), { maxLength: 12 }),
        (text, at) => {
          fc.pre(!/^\s*<th|<\/th/.test(text) || text === '<thin' || text.startsWith('{'));
          expect(shown(cutUp(text, at))).toBe(text);
        },
      ),
    );
  });

  test('left open, nothing is shown; a lone closing tag is dropped', () => {
    expect(shown(['<think>', 'still at it'])).toBe('');
    expect(shown(['reasons</th', 'ink>answer'])).toBe('reasonsanswer');
  });
});

describe('kept vectors', () => {
  const never = new AbortController().signal;
  function setUp(size = 2) {
    const asked: string[][] = [];
    const stored = new Map<string, Float32Array>();
    const counts: { reused: number; embedded: number }[] = [];
    const embedder = cachedEmbedder(
      { model: 'm', embed: async (texts) => (asked.push(texts), texts.map((text) => new Float32Array(size).fill(text.length))) },
      {
        get: (keys) => new Map(keys.flatMap((key) => (stored.has(key) ? [[key, stored.get(key)!] as const] : []))),
        put: (entries) => entries.forEach(({ key, vector }) => stored.set(key, vector)),
      },
      (each) => counts.push(each),
    );
    return { embedder, asked, stored, counts };
  }

  test('equal passages are embedded once, in one call and over calls; order is kept', async () => {
    const { embedder, asked, counts } = setUp();
    expect((await embedder.embed(['a', 'bb', 'a'], 'passage', never)).map((vector) => vector[0])).toEqual([1, 2, 1]);
    expect((await embedder.embed(['ccc', 'bb'], 'passage', never)).map((vector) => vector[0])).toEqual([3, 2]);
    expect(asked).toEqual([['a', 'bb'], ['ccc']]);
    expect(counts).toEqual([
      { reused: 1, embedded: 2 },
      { reused: 1, embedded: 1 },
    ]);
  });

  test('questions are not kept', async () => {
    const { embedder, stored } = setUp();
    await embedder.embed(['who?'], 'query', never);
    expect(stored.size).toBe(0);
  });

  test('vectors of another size are made anew', async () => {
    const { embedder, stored } = setUp();
    await embedder.embed(['a', 'bb'], 'passage', never);
    for (const [key] of stored) stored.set(key, new Float32Array(5));
    const vectors = await embedder.embed(['a', 'bb', 'ccc'], 'passage', never);
    expect(vectors.map((vector) => vector.length)).toEqual([2, 2, 2]);
  });
});
