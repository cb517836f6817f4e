/** Pieces of Adaptive Cards 1.5 that answers' cards are made of. Data stands in `TextRun`s, which are read literally. */
import type { Language } from '../../src/types.ts';
import type { Card, TeamsMessage } from './activity.ts';
import { linkable } from '../safe-text.ts';
import { literal, literalLine } from './text.ts';

export const CARD_TYPE = 'application/vnd.microsoft.card.adaptive';
/** Teams takes cards of 28 KB; counted in UTF-8 and in UTF-16. */
const MOST_BYTES = 25_000;
const MOST_IN_A_ROW = 3;
const LONGEST_COMMENT = 2000;

export type Element = Record<string, unknown> & { type: string };
export type Run = Element & { type: 'TextRun'; text: string };

const bytesOf = (what: unknown): number => {
  const json = JSON.stringify(what);
  return Math.max(Buffer.byteLength(json, 'utf8'), 2 * json.length);
};

/** A message that is a card alone: Teams splits one that has text, too. @param summary what a notification shows */
export const cardMessage = (content: Card, summary: string): TeamsMessage => ({
  type: 'message',
  summary,
  attachments: [{ contentType: CARD_TYPE, content }],
});

/** Data as it is read, on as many lines as it has. */
export const run = (data: string, more: Record<string, unknown> = {}): Run => ({ type: 'TextRun', text: literal(data), ...more });

/** A link of a document's metadata, or its words alone. */
export function linkRun(url: string | null | undefined, label: string, more: Record<string, unknown> = {}): Run {
  const address = linkable(url);
  const text = literalLine(label) || '…';
  return { type: 'TextRun', text, ...(address ? { selectAction: { type: 'Action.OpenUrl', url: address } } : {}), ...more };
}

/** A line or paragraph; it wraps. */
export const paragraph = (inlines: Run[], more: Record<string, unknown> = {}): Element => ({ type: 'RichTextBlock', inlines, ...more });
export const line = (data: string, more: Record<string, unknown> = {}): Element => paragraph([run(data, more)], { spacing: 'Small' });
export const heading = (data: string): Element => paragraph([run(data, { weight: 'Bolder' })], { spacing: 'Medium' });
export const title = (data: string): Element => paragraph([run(data, { weight: 'Bolder', size: 'Medium' })]);
export const small = (data: string): Element => line(data, { isSubtle: true, size: 'Small' });

/** Somebody's words, or a document's, set off. */
export function quoted(data: string): Element {
  const lines = data.split('\n').filter((one) => one.trim() !== '');
  return {
    type: 'Container',
    style: 'emphasis',
    spacing: 'Small',
    items: (lines.length > 0 ? lines : ['…']).slice(0, 40).map((one) => line(one)),
  };
}

/** A button that comes back to Docent; what it carries are ids alone. `inputs`: what was filled in goes along. */
export function execute(
  verb: string,
  label: string,
  id: string,
  more: { style?: 'positive' | 'destructive'; inputs?: true } = {},
): Element {
  const { style, inputs } = more;
  return {
    type: 'Action.Execute',
    verb,
    title: literalLine(label, 75),
    data: { id },
    associatedInputs: inputs ? 'auto' : 'none',
    ...(style ? { style } : {}),
  };
}

export function openUrl(url: string | null | undefined, label: string): Element[] {
  const address = linkable(url);
  return address ? [{ type: 'Action.OpenUrl', title: literalLine(label, 75), url: address }] : [];
}

export const commentInput = (label: string): Element => ({
  type: 'Input.Text',
  id: 'comment',
  label,
  isMultiline: true,
  maxLength: LONGEST_COMMENT,
});

/** A card whose buttons stand at most three to a row; what does not fit into Teams' limit ends in `…`. */
export function card(language: Language, body: Element[], actions: Element[] = []): Card {
  const upper = actions.slice(0, Math.max(0, actions.length - MOST_IN_A_ROW));
  const rows: Element[] = [];
  for (let i = 0; i < upper.length; i += MOST_IN_A_ROW) rows.push({ type: 'ActionSet', actions: upper.slice(i, i + MOST_IN_A_ROW) });
  const last = actions.slice(upper.length);
  let left = MOST_BYTES - bytesOf([rows, last]);
  const kept: Element[] = [];
  for (const one of body) {
    left -= bytesOf(one) + 2;
    if (left < 200) {
      kept.push(line('…'));
      break;
    }
    kept.push(one);
  }
  const lang = /^[a-z]{2,3}$/.test(language) ? { lang: language } : {};
  return { type: 'AdaptiveCard', version: '1.5', ...lang, body: [...kept, ...rows], ...(last.length > 0 ? { actions: last } : {}) };
}
