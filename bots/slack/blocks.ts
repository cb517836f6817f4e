/** Pieces of Block Kit that Docent's messages and modals are made of. What is data passes `text.ts` first. */
import type { ActionsBlockElement, Button, ContextBlock, KnownBlock, PlainTextElement, SectionBlock } from '@slack/types';
import { cut, literal, oneLine } from './text.ts';

/** Of a section's text; a little is left for the joints. */
export const LONGEST_SECTION = 2900;

/** What a message is sent as. */
export interface SlackMessage {
  /** What notifications and screen readers read, and all there is where blocks are refused. */
  text: string;
  blocks: KnownBlock[];
  /** Those of the blocks that do not stand in a streamed answer yet: a stream ends with them. */
  footer: KnownBlock[];
}

/** On one line. */
export const plainText = (text: string, max: number): PlainTextElement => ({
  type: 'plain_text',
  text: cut(literal(oneLine(text)), max) || '–',
  emoji: false,
});

/** `mrkdwn` that is safe already; nothing in it is linked by itself. */
export const section = (mrkdwn: string, accessory?: Button): SectionBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text: mrkdwn, verbatim: true },
  ...(accessory ? { accessory } : {}),
});

/** Small print. */
export const small = (mrkdwn: string): ContextBlock => ({ type: 'context', elements: [{ type: 'mrkdwn', text: mrkdwn, verbatim: true }] });

export const button = (action: string, label: string, value: string, style?: 'primary' | 'danger'): Button => ({
  type: 'button',
  action_id: action,
  text: plainText(label, 75),
  value,
  ...(style ? { style } : {}),
});

export const actions = (elements: ActionsBlockElement[]): KnownBlock[] => (elements.length > 0 ? [{ type: 'actions', elements }] : []);

/** Lines that are safe already, as few texts as they fit in; a line that is too long is left out. */
export function packLines(lines: string[], max = LONGEST_SECTION): string[] {
  const packed: string[] = [];
  for (const line of lines) {
    if (line.length > max) continue;
    const last = packed.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= max) packed[packed.length - 1] = `${last}\n${line}`;
    else packed.push(line);
  }
  return packed;
}

/** Pieces of a text that each fit, drawn; parted at lines, then words, then anywhere. */
export function fitted(text: string, drawn: (piece: string) => string, max: number): string[] {
  if (drawn(text).length <= max || text.length < 2) return [text];
  const half = Math.floor(text.length / 2);
  const at = [text.lastIndexOf('\n', half), text.lastIndexOf(' ', half)].find((place) => place > half / 4) ?? half;
  const split = /[\uD800-\uDBFF]/.test(text[at - 1] ?? '') ? at + 1 : at;
  return [text.slice(0, split), text.slice(split).replace(/^[\n ]/, '')].flatMap((piece) =>
    piece === '' ? [] : fitted(piece, drawn, max),
  );
}
