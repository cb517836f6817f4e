/** XML-RPC as DokuWiki speaks it, and what a hostile server may send in its place. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAnswer, encodeCall, type RpcValue } from '../../src/connectors/drivers/dokuwiki-rpc.ts';
import { AppError } from '../../src/errors.ts';

const answer = (value: string): string =>
  `<?xml version="1.0"?>\n<methodResponse><params><param><value>${value}</value></param></params></methodResponse>\n`;
const decode = (xml: string) => decodeAnswer(Buffer.from(xml));

/** What XML can carry: no control characters but tab and line end, no lone surrogates, none of the two noncharacters. */
const words = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[^\P{Cc}\t\n]|\ufffe|\uffff/gu, ''));
const { value } = fc.letrec<{ value: RpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    words,
    fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(words, tie('value'), { maxKeys: 4, noNullPrototype: false }),
  ),
}));

test('what a call carries is what is read', async () => {
  await fc.assert(
    fc.asyncProperty(value, async (given) => {
      const param = /<param>(<value>.*<\/value>)<\/param>/s.exec(encodeCall('x', [given]))![1]!;
      expect(await decode(`<methodResponse><params><param>${param}</param></params></methodResponse>`)).toEqual({ value: given });
    }),
    { numRuns: 300 },
  );
});

test('any bytes at all: an answer or an AppError', async () => {
  const pieces = fc.constantFrom(
    '<value>',
    '</value>',
    '<struct>',
    '</struct>',
    '<member>',
    '</member>',
    '<name>',
    '</name>',
    '<array>',
    '</array>',
    '<data>',
    '<int>',
    '</int>',
    '<string>',
    '&lt;',
    '&#x;',
    '&#99999999;',
    '&',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '<?',
    '?>',
    '<',
    '>',
    'a',
    '\u0000',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.array(pieces, { maxLength: 30 }).map((list) => `<methodResponse>${list.join('')}</methodResponse>`),
        fc.string(),
      ),
      async (xml) => {
        const outcome: unknown = await decode(xml).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(AppError);
      },
    ),
    { numRuns: 500 },
  );
});

describe('what DokuWiki sends', () => {
  test.each([
    ['a string', '<string>a &amp;amp; &lt;p&gt; &quot;&apos;</string>', `a &amp; <p> "'`],
    ['a value without a type', 'plain', 'plain'],
    ['nothing', '<string></string>', ''],
    ['character references', '<string>&#228;&#x1F600; &#38;lt;</string>', 'ä😀 &lt;'],
    ['CDATA', '<string><![CDATA[<b>&amp;]]></string>', '<b>&amp;'],
    ['a time', '<dateTime.iso8601>2026-11-21T17:04:08+00:00</dateTime.iso8601>', '2026-11-21T17:04:08+00:00'],
    ['false', '<boolean>0</boolean>', false],
    ['an empty list', '<array><data>\n</data></array>', []],
    ['a fault without its words', '<struct>\n</struct>', {}],
    [
      'a member of an odd name',
      '<struct><member><name>__proto__</name><value><int>1</int></value></member></struct>',
      JSON.parse('{"__proto__":1}'),
    ],
  ])('%s', async (_what, xml, expected) => {
    expect(await decode(answer(xml))).toEqual({ value: expected });
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  test('a fault', async () => {
    const fault =
      '<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>-32605</int></value></member><member><name>faultString</name><value><string>off</string></value></member></struct></value></fault></methodResponse>';
    expect(await decode(fault)).toEqual({ fault: { code: -32_605, text: 'off' } });
  });
});

describe('what no DokuWiki sends is refused, quickly', () => {
  test.each([
    ['entities of its own', `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${answer('&b;').slice(22)}`],
    ['a file of the server', `<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>${answer('&a;').slice(22)}`],
    ['a page', '<!doctype html><html><body><form><input type="password"></form></body></html>'],
    ['another document', '<rss><channel></channel></rss>'],
    ['an answer cut short', answer('<array><data><value>a</value>').slice(0, 90)],
    ['crossed tags', answer('<string>a').replace('</value>', '</value></string>')],
    ['no value', '<methodResponse><params></params></methodResponse>'],
    ['nothing', ''],
    ['a hundred thousand levels', `<methodResponse>${'<value><array><data>'.repeat(100_000)}`],
    ['a million opening brackets', answer('<'.repeat(1_000_000))],
    ['a million comments that do not end', answer('<!--'.repeat(1_000_000))],
    ['a million sections that do not end', answer('<![CDATA['.repeat(1_000_000))],
    ['a value in a value', answer('<string>a</string><int>1</int>').replace('<value>', '')],
  ])('%s', async (_what, xml) => {
    const started = performance.now();
    await expect(decode(xml)).rejects.toMatchObject({ code: 'source.unreadable', publicMessage: expect.any(String) as string });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('ten megabytes of text, of references or of attributes are only long', async () => {
    const long = { text: 'x'.repeat(10_000_000), references: '&amp;'.repeat(2_000_000), numbers: '&#38;'.repeat(500_000) };
    const started = performance.now();
    expect(await decode(answer(long.text))).toEqual({ value: long.text });
    expect(await decode(answer(long.references))).toEqual({ value: '&'.repeat(2_000_000) });
    expect(await decode(answer(long.numbers))).toEqual({ value: '&'.repeat(500_000) });
    expect(await decode(answer(`<string ${'a="b" '.repeat(500_000)}>x</string>`))).toEqual({ value: 'x' });
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});
