import {
  accessories,
  actionElements,
  contextActionElements,
  identifier,
  imageElement,
  inputElements,
  pictured,
  pictureFields,
  plain,
  text,
  textKinds,
  urlSource,
} from './slack-elements.ts';
import { richText } from './slack-rich-text.ts';
import { fault, flag, isObject, list, oneOf, shape, string, typed } from './slack-shape.ts';
import type { Fields, Rule, Shape } from './slack-shape.ts';

/**
 * Slack's rules for blocks: fields of `@slack/types` 3.2 (block-kit/blocks, views), limits of the Block Kit
 * reference. Blocks that Docent has no use for (alert, card, carousel, container, data_table, file, video)
 * are refused as unsupported, so that whoever starts to use one writes its rule here first.
 */
export type Place = 'message' | 'modal' | 'home';

const section: Shape = {
  optional: { text: text(3000), fields: list(text(2000), 1, 10), accessory: typed(accessories), expand: flag },
  also: (value, at, faults) => {
    if (isObject(value) && value.text === undefined && value.fields === undefined) fault(faults, at, 'must provide text or fields');
  },
};
const column = shape({ optional: { align: oneOf('left', 'center', 'right'), is_wrapped: flag } });
const cell = typed({
  rich_text: richText,
  raw_text: { required: { text: string(10_000) } },
  raw_number: {
    required: { value: (value, at, faults) => typeof value === 'number' || fault(faults, at, 'must be a number'), text: string(100) },
  },
});
const taskCard: Shape = {
  required: { task_id: string(255), title: string(256), status: oneOf('pending', 'in_progress', 'complete', 'error') },
  optional: { details: typed({ rich_text: richText }), output: typed({ rich_text: richText }), sources: list(urlSource, 0, 100) },
};
const everywhere: Record<string, Shape> = {
  section,
  divider: {},
  header: { required: { text: plain(150) } },
  context: { required: { elements: list(typed({ image: imageElement, ...textKinds }), 1, 10) } },
  actions: { required: { elements: list(typed(actionElements), 1, 25) } },
  image: { required: { alt_text: string(2000) }, optional: { ...pictureFields, title: plain(2000) }, also: pictured },
  input: {
    required: { label: plain(2000), element: typed(inputElements) },
    optional: { hint: plain(2000), optional: flag, dispatch_action: flag },
  },
  rich_text: richText,
};
const messagesOnly: Record<string, Shape> = {
  markdown: { required: { text: string(12_000) } },
  table: { required: { rows: list(list(cell, 1, 20), 1, 100) }, optional: { column_settings: list(column, 0, 20) } },
  context_actions: { required: { elements: list(typed(contextActionElements), 1, 5) } },
  task_card: taskCard,
  plan: { required: { title: string(256) }, optional: { tasks: list(typed({ task_card: withBlockId(taskCard) }), 0, 50) } },
};

function withBlockId(kind: Shape): Shape {
  return { ...kind, optional: { block_id: identifier, ...kind.optional } };
}
function withBlockIds(kinds: Record<string, Shape>): Record<string, Shape> {
  return Object.fromEntries(Object.entries(kinds).map(([type, kind]) => [type, withBlockId(kind)]));
}
const messageBlock = typed(withBlockIds({ ...everywhere, ...messagesOnly }));
const viewBlock = typed(withBlockIds(everywhere));

/** Every element of a block that a person can use, with where it stands. */
export function elementsOf(block: Fields): { element: Fields; at: string }[] {
  const found: { element: Fields; at: string }[] = [];
  const add = (element: unknown, at: string): void => {
    if (isObject(element)) found.push({ element, at });
  };
  if (Array.isArray(block.elements)) block.elements.forEach((element, index) => add(element, `/elements/${index}`));
  add(block.accessory, '/accessory');
  add(block.element, '/element');
  return found;
}

const unique: Rule = (blocks, at, faults) => {
  if (!Array.isArray(blocks)) return;
  const blockIds = new Set<unknown>();
  let focused = 0;
  for (const [index, block] of blocks.entries()) {
    if (!isObject(block)) continue;
    if (block.block_id !== undefined && blockIds.has(block.block_id))
      fault(faults, `${at}/${index}/block_id`, `block_id already exists: ${String(block.block_id)}`);
    blockIds.add(block.block_id);
    const actionIds = new Set<unknown>();
    for (const { element, at: where } of elementsOf(block)) {
      if (element.action_id !== undefined && actionIds.has(element.action_id))
        fault(faults, `${at}/${index}${where}/action_id`, `action_id already exists for another action: ${String(element.action_id)}`);
      actionIds.add(element.action_id);
      if (element.focus_on_load === true && ++focused === 2)
        fault(faults, `${at}/${index}${where}/focus_on_load`, 'only one element may set focus_on_load');
    }
  }
};

/** Every text that a person would read in these blocks, in order. */
export function textsOf(held: unknown): string[] {
  if (Array.isArray(held)) return held.flatMap(textsOf);
  if (!isObject(held)) return [];
  return Object.entries(held).flatMap(([name, value]) =>
    typeof value === 'string' ? (['text', 'title', 'alt_text'].includes(name) ? [value] : []) : textsOf(value),
  );
}

/**
 * Whether the blocks of a message are too long together: markdown blocks over 12,000 characters (the
 * reference), or all texts with their containers over about 13,200 (bolt-js issue 2509).
 */
export function blocksTooLong(blocks: unknown[]): boolean {
  const markdown = blocks.filter((block) => isObject(block) && block.type === 'markdown');
  const length = (held: unknown): number => textsOf(held).reduce((sum, one) => sum + one.length, 0);
  return length(markdown) > 12_000 || length(blocks) + blocks.length > 13_200;
}

const tables: Rule = (blocks, at, faults) => {
  const held = Array.isArray(blocks) ? blocks.filter((block) => isObject(block) && block.type === 'table') : [];
  if (held.length > 1) fault(faults, at, 'only_one_table_allowed');
  if (textsOf(held).reduce((sum, one) => sum + one.length, 0) > 10_000) fault(faults, at, 'table must have no more than 10000 characters');
};

/**
 * What Slack would say against these blocks: one line a fault with the JSON pointer to it, none when they
 * may be sent. A message takes 50 blocks, a view 100.
 */
export function blockProblems(blocks: unknown, where: Place, at = '/blocks'): string[] {
  const faults: string[] = [];
  list(where === 'message' ? messageBlock : viewBlock, where === 'modal' ? 1 : 0, where === 'message' ? 50 : 100)(blocks, at, faults);
  unique(blocks, at, faults);
  if (where === 'message') tables(blocks, at, faults);
  return faults;
}

const viewFields = {
  private_metadata: string(3000, 0),
  callback_id: string(255, 0),
  external_id: string(255, 0),
};
const anything: Rule = () => undefined;
const views = typed({
  modal: {
    required: { title: plain(24), blocks: anything },
    optional: { ...viewFields, close: plain(24), submit: plain(24), clear_on_close: flag, notify_on_close: flag },
    also: (view, at, faults) => {
      const blocks = isObject(view) && Array.isArray(view.blocks) ? view.blocks : [];
      if (isObject(view) && view.submit === undefined && blocks.some((block) => isObject(block) && block.type === 'input'))
        fault(faults, at, 'missing required field: submit');
    },
  },
  home: { required: { blocks: anything }, optional: viewFields },
});

/** What Slack would say against this view, a modal or a home tab; none when it may be opened. */
export function viewProblems(view: unknown): string[] {
  const faults: string[] = [];
  views(view, '/view', faults);
  if (isObject(view) && view.blocks !== undefined)
    faults.push(...blockProblems(view.blocks, view.type === 'home' ? 'home' : 'modal', '/view/blocks'));
  return faults;
}
