import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerLineParser, type AnswerLine } from '../../src/ask/answer-lines.ts';

function parse(...pieces: string[]): AnswerLine[] {
  const parser = createAnswerLineParser();
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
}

const line = (text: string, p = 1): string => JSON.stringify({ block: 'paragraph', text, cites: [{ p, quote: `quote of ${text}` }] });
const parsed = (text: string, p = 1): AnswerLine => ({ block: 'paragraph', text, cites: [{ p, quote: `quote of ${text}` }] });

describe('the model writes JSON Lines', () => {
  it('gives each line as soon as its object closes', () => {
    const parser = createAnswerLineParser();
    expect(parser.push(line('One.').slice(0, 20))).toEqual([]);
    expect(parser.push(line('One.').slice(20))).toEqual([parsed('One.')]);
    expect(parser.push(`\n${line('Two.')}`)).toEqual([parsed('Two.')]);
  });

  it.each([
    ['a code fence', `\`\`\`json\n${line('One.')}\n${line('Two.')}\n\`\`\``],
    ['an array', `[${line('One.')},\n${line('Two.')}]`],
    ['an array in one object', `{"answer":[${line('One.')},${line('Two.')}]}`],
    ['one line for all', `${line('One.')} ${line('Two.')}`],
    ['CRLF', `${line('One.')}\r\n${line('Two.')}\r\n`],
    ['trailing commas', `${line('One.').replace('}]', ',}],')},\n${line('Two.')},`],
    ['thoughts before', `<think>\nI should say {"text":"no","cites":[1]} or this [1].\n</think>\n${line('One.')}\n${line('Two.')}`],
    [
      'objects over several lines',
      `${JSON.stringify(JSON.parse(line('One.')), null, 2)}\n${JSON.stringify(JSON.parse(line('Two.')), null, 2)}`,
    ],
    ['a broken object between', `${line('One.')}\n{"block":"paragraph","text":"never closed","cites":[{"p":1,"quote":"ab\n${line('Two.')}`],
    ['talk around', `Sure! Here it is:\n${line('One.')}\nand then\n${line('Two.')}\nI hope this helps.`],
  ])('reads through %s', (_, text) => {
    expect(parse(text)).toEqual([parsed('One.'), parsed('Two.')]);
  });

  it('knows that the passages do not answer', () => {
    expect(parse('{"block":"none"}')).toEqual([{ block: 'none', text: '', cites: [] }]);
  });

  it('drops what is no line: no text, a half object, a list, a number', () => {
    expect(parse('{"block":"paragraph","cites":[]}\n{"text":""}\n[1,2]\n42\n{"text":"half","cites":[{"p":1')).toEqual([]);
  });

  it('takes numbers as citations, strings as numbers, and leaves out what is none', () => {
    expect(parse('{"text":"A.","cites":[2,"[3]",{"p":"4"},{"p":0},{"q":1},null]}')).toEqual([
      { block: 'paragraph', text: 'A.', cites: [{ p: 2 }, { p: 3 }, { p: 4 }] },
    ]);
  });
});

describe('the model writes plain lines with marks', () => {
  it('gives each stretch with its marks, without them', () => {
    expect(parse('- Employees get **20 days** [1]. They may carry over five [2][3].')).toEqual([
      { block: 'bullet', text: 'Employees get 20 days.', cites: [{ p: 1 }] },
      { block: 'bullet', text: 'They may carry over five.', cites: [{ p: 2 }, { p: 3 }] },
    ]);
    expect(parse('员工每年有二十天年假【1】。')).toEqual([{ block: 'paragraph', text: '员工每年有二十天年假。', cites: [{ p: 1 }] }]);
  });

  it('drops plain lines without marks', () => {
    expect(parse('Employees get 30 days.\nSee [the handbook](https://evil.example).')).toEqual([]);
  });
});

describe('whatever comes', () => {
  const scrap = fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      '\n',
      '\r\n',
      ',',
      '```json\n',
      '<think>',
      '</think>',
      ' [1]',
      '【2】',
      '{"block":"none"}',
      '"text":',
      '{"text":"a","cites":[1]}',
      '\u0000',
      '\u2028',
      '😀',
    ),
    fc.constant(`${line('One.')}\n`),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  const stream = fc.array(scrap, { maxLength: 40 }).map((parts) => parts.join(''));

  it('never throws, and any cutting gives the same lines', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (text, cuts) => {
        const places = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...places].map((from, i) => text.slice(from, places[i]));
        expect(parse(...pieces)).toEqual(parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('finds good lines after any scrap that ends its line', () => {
    fc.assert(
      fc.property(
        stream.filter((text) => !/<think(?:ing)?>/i.test(text)),
        (text) => {
          const found = parse(`${text}\n${line('Found.')}\n`);
          expect(found.at(-1)).toEqual(parsed('Found.'));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('reads a megabyte in linear time and goes on behind it', () => {
    for (const unit of ['x', '{', '"', '[1] ', '{"a":"\n', '[[', '\\', '<think>']) {
      const flood = unit.repeat(Math.ceil(1_000_000 / unit.length));
      const started = performance.now();
      const found = parse(`${flood}\n${line('Found.')}\n`);
      expect(performance.now() - started).toBeLessThan(3_000);
      if (unit !== '<think>') expect(found.at(-1)).toEqual(parsed('Found.'));
    }
  });
});
