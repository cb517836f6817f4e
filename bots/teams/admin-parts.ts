/** Pieces of the admin's cards: Adaptive Cards 1.5 that read on a phone. Texts are Markdown that is safe already. */
import type { Card } from './activity.ts';

/** Teams takes cards of 28 KB; a little is left for what surrounds them. */
const MOST_BYTES = 26_000;
const PREFIX = 'docent.admin.';

export type Item = Record<string, unknown> & { type: string };

export const text = (markdown: string, more: Record<string, unknown> = {}): Item => ({
  type: 'TextBlock',
  text: markdown || '–',
  wrap: true,
  ...more,
});
export const small = (markdown: string): Item => text(markdown, { isSubtle: true, size: 'small', spacing: 'small' });
export const heading = (markdown: string): Item =>
  text(markdown, { weight: 'bolder', size: 'medium', style: 'heading', separator: true, spacing: 'medium' });
/** A line each. */
export const lines = (all: string[]): Item[] => all.map((line, n) => text(line, n === 0 ? {} : { spacing: 'small' }));
export const group = (items: Item[], more: Record<string, unknown> = {}): Item => ({ type: 'Container', items, ...more });
export const buttons = (...actions: object[]): Item[] =>
  actions.length === 0 ? [] : [{ type: 'ActionSet', actions: actions.slice(0, 6), spacing: 'small' }];

/**
 * A button. What it carries are ids alone.
 * @param more.inputs what was filled in goes along
 */
export function press(
  verb: string,
  title: string,
  data: Record<string, string> = {},
  more: { style?: 'positive' | 'destructive'; inputs?: true } = {},
): object {
  return {
    type: 'Action.Execute',
    verb: `${PREFIX}${verb}`,
    title,
    data,
    associatedInputs: more.inputs ? 'auto' : 'none',
    ...(more.style ? { style: more.style } : {}),
  };
}

export const open = (url: string, title: string): object => ({ type: 'Action.OpenUrl', url, title });

/** The verb of a press without what all of them begin with; undefined where it is another's. */
export const verbOf = (verb: string): string | undefined => (verb.startsWith(PREFIX) ? verb.slice(PREFIX.length) : undefined);

export interface TextInput {
  id: string;
  label: string;
  value?: string;
  most: number;
  placeholder?: string;
  secret?: boolean;
}

export const textInput = ({ id, label, value, most, placeholder, secret }: TextInput): Item => ({
  type: 'Input.Text',
  id,
  label,
  maxLength: most,
  ...(value ? { value } : {}),
  ...(placeholder ? { placeholder } : {}),
  ...(secret ? { style: 'password' } : {}),
});

export const choiceInput = (id: string, label: string, value: string, choices: { title: string; value: string }[]): Item => ({
  type: 'Input.ChoiceSet',
  id,
  label,
  style: 'compact',
  value,
  choices,
  wrap: true,
});

/** What would make it too large is left out, from the end of its body; its buttons stay. */
export function card(body: Item[], actions: object[] = []): Card {
  const made = (items: Item[]): Card => ({
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.5',
    body: items,
    ...(actions.length > 0 ? { actions: actions.slice(0, 6) } : {}),
  });
  const kept = [...body];
  while (kept.length > 1 && Buffer.byteLength(JSON.stringify(made(kept))) > MOST_BYTES) kept.pop();
  return made(kept.length < body.length ? [...kept, small('…')] : kept);
}

/** A card that only says something. @param title Docent's own */
export const notice = (title: string | undefined, said: string[], actions: object[] = []): Card =>
  card([...(title === undefined ? [] : [text(title, { weight: 'bolder', size: 'medium', style: 'heading' })]), ...lines(said)], actions);
