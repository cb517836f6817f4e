/**
 * The shapes of Adaptive Cards as Teams takes them from bots (schema 1.5): known elements, actions and fields, and no
 * others. Built from the small grammar of slack-shape.ts, which is about JSON and not about Slack.
 */
import { fault, flag, isObject, list, matching, oneOf, shape, string, typed, whole } from './slack-shape.ts';
import type { Fields, Rule, Shape } from './slack-shape.ts';

export const cardType = 'application/vnd.microsoft.card.adaptive';
export const cardBytes = 28 * 1024;

export const anything: Rule = () => undefined;
const text = string(28 * 1024, 0);
const spoken = string(28 * 1024, 1);

/** An address that a person can open. */
export const webAddress: Rule = (value, at, faults) => {
  if (typeof value !== 'string' || !URL.canParse(value) || !/^https?:$/u.test(new URL(value).protocol))
    fault(faults, at, 'must be an http or https address');
};
const picture: Rule = (value, at, faults) => {
  if (typeof value === 'string' && /^data:image\/(png|jpeg|gif|svg\+xml);base64,/u.test(value)) return;
  webAddress(value, at, faults);
};

/** A choice that Adaptive Cards reads without regard to case. */
function word(...words: string[]): Rule {
  const known = words.map((one) => one.toLowerCase());
  return (value, at, faults) => {
    if (typeof value !== 'string' || !known.includes(value.toLowerCase())) fault(faults, at, `must be one of ${words.join(', ')}`);
  };
}

const either =
  (...rules: Rule[]): Rule =>
  (value, at, faults) => {
    const tries = rules.map((rule) => {
      const found: string[] = [];
      rule(value, at, found);
      return found;
    });
    if (!tries.some((found) => found.length === 0)) faults.push(...(tries[0] ?? []));
  };
const pixels = matching(/^\d+px$/u, 'must be a number of px');
const colors = word('default', 'dark', 'light', 'accent', 'good', 'warning', 'attention');
const sizes = word('default', 'small', 'medium', 'large', 'extraLarge');
const spacing = word('none', 'small', 'default', 'medium', 'large', 'extraLarge', 'padding');
const horizontal = word('left', 'center', 'right');
const vertical = word('top', 'center', 'bottom');
const containerStyle = word('default', 'emphasis', 'good', 'attention', 'warning', 'accent');

/** A rule that is looked up when it is used, since cards nest. */
const later =
  (of: () => Rule): Rule =>
  (value, at, faults) =>
    of()(value, at, faults);
const elements = list(
  later(() => element),
  0,
  200,
);
const selected = later(() => selectAction);

const common: Record<string, Rule> = {
  id: string(200),
  isVisible: flag,
  separator: flag,
  spacing,
  height: word('auto', 'stretch'),
  fallback: anything,
  requires: anything,
};
const container: Record<string, Rule> = {
  style: containerStyle,
  verticalContentAlignment: vertical,
  bleed: flag,
  minHeight: pixels,
  rtl: flag,
  backgroundImage: either(picture, isObjectRule),
  selectAction: selected,
};
const fonts: Record<string, Rule> = {
  color: colors,
  fontType: word('default', 'monospace'),
  isSubtle: flag,
  size: sizes,
  weight: word('default', 'lighter', 'bolder'),
};

function isObjectRule(value: unknown, at: string, faults: string[]): void {
  if (!isObject(value)) fault(faults, at, 'must provide an object');
}

const input: Record<string, Rule> = { ...common, label: text, errorMessage: text, isRequired: flag };
const inputShape = (optional: Record<string, Rule>, required: Record<string, Rule> = {}): Shape => ({
  required: { id: string(200), ...required },
  optional: { ...input, ...optional },
});
const choice = shape({ required: { title: spoken, value: string(2000, 0) } });

const elementKinds: Record<string, Shape> = {
  TextBlock: {
    required: { text },
    optional: {
      ...common,
      ...fonts,
      horizontalAlignment: horizontal,
      maxLines: whole(0, 1000),
      wrap: flag,
      style: word('default', 'heading'),
    },
  },
  RichTextBlock: { required: { inlines: list(inline, 1, 200) }, optional: { ...common, horizontalAlignment: horizontal } },
  Image: {
    required: { url: picture },
    optional: {
      ...common,
      altText: text,
      backgroundColor: text,
      height: string(20),
      width: string(20),
      horizontalAlignment: horizontal,
      selectAction: selected,
      size: word('auto', 'stretch', 'small', 'medium', 'large'),
      style: word('default', 'person'),
      msTeams: anything,
    },
  },
  ImageSet: {
    required: {
      images: list(
        later(() => element),
        1,
        100,
      ),
    },
    optional: { ...common, imageSize: word('auto', 'stretch', 'small', 'medium', 'large') },
  },
  Container: { required: { items: elements }, optional: { ...common, ...container } },
  ColumnSet: {
    optional: {
      ...common,
      ...container,
      columns: list(
        later(() => column),
        0,
        20,
      ),
      horizontalAlignment: horizontal,
    },
  },
  FactSet: { required: { facts: list(shape({ required: { title: text, value: text } }), 1, 100) }, optional: common },
  ActionSet: {
    required: {
      actions: list(
        later(() => action),
        1,
        6,
      ),
    },
    optional: { ...common, horizontalAlignment: horizontal },
  },
  Table: {
    optional: {
      ...common,
      columns: list(anything, 0, 20),
      rows: list(
        later(() => row),
        0,
        200,
      ),
      firstRowAsHeader: flag,
      showGridLines: flag,
      gridStyle: containerStyle,
      horizontalCellContentAlignment: horizontal,
      verticalCellContentAlignment: vertical,
    },
  },
  'Input.Text': inputShape({
    isMultiline: flag,
    maxLength: whole(1, 100_000),
    placeholder: text,
    regex: text,
    style: word('text', 'tel', 'url', 'email', 'password'),
    inlineAction: selected,
    value: text,
  }),
  'Input.Number': inputShape({ max: anything, min: anything, placeholder: text, value: anything }),
  'Input.Date': inputShape({ max: text, min: text, placeholder: text, value: text }),
  'Input.Time': inputShape({ max: text, min: text, placeholder: text, value: text }),
  'Input.Toggle': inputShape({ value: text, valueOff: text, valueOn: text, wrap: flag }, { title: spoken }),
  'Input.ChoiceSet': inputShape({
    choices: list(choice, 0, 500),
    'choices.data': anything,
    isMultiSelect: flag,
    style: word('compact', 'expanded', 'filtered'),
    value: text,
    placeholder: text,
    wrap: flag,
  }),
};
const element = typed(elementKinds);
const column = shape({
  optional: {
    type: oneOf('Column'),
    ...common,
    ...container,
    items: elements,
    width: either(word('auto', 'stretch'), pixels, matching(/^\d+$/u, 'a weight'), whole(1, 1000)),
  },
});
const cell = shape({ required: { type: oneOf('TableCell'), items: elements }, optional: { ...common, ...container } });
const row = shape({
  required: { type: oneOf('TableRow'), cells: list(cell, 0, 20) },
  optional: { ...common, style: containerStyle, horizontalCellContentAlignment: horizontal, verticalCellContentAlignment: vertical },
});

function inline(value: unknown, at: string, faults: string[]): void {
  if (typeof value === 'string') return;
  typed({
    TextRun: {
      required: { text },
      optional: { ...fonts, highlight: flag, italic: flag, strikethrough: flag, underline: flag, selectAction: selected },
    },
  })(value, at, faults);
}

const actionCommon: Record<string, Rule> = {
  title: spoken,
  id: string(200),
  iconUrl: picture,
  style: word('default', 'positive', 'destructive'),
  mode: word('primary', 'secondary'),
  tooltip: text,
  isEnabled: flag,
  fallback: anything,
  requires: anything,
};
const inputsOf = word('auto', 'none');
const data = either(isObjectRule, string(10_000, 0));
const actionKinds: Record<string, Shape> = {
  'Action.OpenUrl': { required: { url: webAddress }, optional: actionCommon },
  'Action.Submit': { optional: { ...actionCommon, data, associatedInputs: inputsOf } },
  'Action.Execute': { required: { verb: string(200) }, optional: { ...actionCommon, data, associatedInputs: inputsOf } },
  'Action.ShowCard': { required: { card: later(() => card) }, optional: actionCommon },
  'Action.ToggleVisibility': { required: { targetElements: list(anything, 1, 100) }, optional: actionCommon },
};
const action = typed(actionKinds);
const { 'Action.ShowCard': _, ...selectable } = actionKinds;
const selectAction = typed(selectable);

/** Every object of a card, itself included. */
export function partsOf(value: unknown): Fields[] {
  if (Array.isArray(value)) return value.flatMap(partsOf);
  if (!isObject(value)) return [];
  return [value, ...Object.entries(value).flatMap(([name, held]) => (name === 'data' ? [] : partsOf(held)))];
}

/** The actions of one kind that a card offers. */
export function actionsOf(value: unknown, type = 'Action.Execute'): Fields[] {
  return partsOf(value).filter((one) => one.type === type && one.isEnabled !== false);
}

export function inputsIn(value: unknown): Fields[] {
  return partsOf(value).filter((one) => String(one.type).startsWith('Input.'));
}

const uniqueIds: Rule = (value, at, faults) => {
  const ids = partsOf(value).flatMap((one) => (typeof one.id === 'string' && typeof one.type === 'string' ? [one.id] : []));
  for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) fault(faults, at, `the id ${id} stands twice`);
};

const cardShape = shape({
  required: { type: oneOf('AdaptiveCard'), version: matching(/^1\.[0-5]$/u, 'must be a version up to 1.5') },
  optional: {
    $schema: oneOf('http://adaptivecards.io/schemas/adaptive-card.json', 'https://adaptivecards.io/schemas/adaptive-card.json'),
    body: elements,
    actions: list(
      later(() => action),
      0,
      6,
    ),
    fallbackText: text,
    speak: text,
    lang: string(20),
    rtl: flag,
    minHeight: pixels,
    backgroundImage: either(picture, isObjectRule),
    verticalContentAlignment: vertical,
    selectAction: selected,
    refresh: shape({ optional: { action, userIds: list(string(200), 0, 60), expires: text } }),
    authentication: isObjectRule,
    metadata: isObjectRule,
    msteams: shape({ optional: { width: oneOf('Full', 'full'), entities: list(isObjectRule, 0, 50), allowExpand: flag } }),
  },
});

export const card: Rule = (value, at, faults) => {
  cardShape(value, at, faults);
  if (at === '' || at.endsWith('/content') || at.endsWith('/value')) uniqueIds(value, at, faults);
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (bytes > cardBytes) fault(faults, at, `is a card of ${bytes} bytes, over ${cardBytes}`);
};

/** What is wrong with a card, a line each. */
export function cardProblems(value: unknown): string[] {
  const faults: string[] = [];
  card(value, '', faults);
  return faults;
}

/** The texts that a person reads in a card, in order. */
export function cardTexts(value: unknown): string[] {
  return partsOf(value).flatMap((one) =>
    [
      one.text,
      one.type === undefined ? undefined : one.title,
      one.label,
      one.type === undefined ? [one.title, one.value].join(': ') : undefined,
    ].flatMap((held) => (typeof held === 'string' && held !== '' && held !== ': ' ? [held] : [])),
  );
}
