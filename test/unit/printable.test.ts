import { expect, test } from 'vitest';
import { printable } from '../../src/cli/run.ts';

test.each([
  ['a colour', 'a\u001b[31mred', 'a[31mred'],
  ['a window title', '\u001b]0;owned\u0007x', ']0;ownedx'],
  ['an 8-bit sequence', '\u009b2Jx', '2Jx'],
  ['a line over the line before', 'true\rfalse', 'truefalse'],
  ['letters turned around', 'a\u202egnp.md', 'agnp.md'],
])('%s does not reach the terminal', (_, text, shown) => expect(printable(text)).toBe(shown));

test.each(['Zeile\n\tEinzug', '休假 – “quote” 👩‍👩‍👧', 'می‌خواهم'])('ordinary text stays as it is: %j', (text) =>
  expect(printable(text)).toBe(text),
);
