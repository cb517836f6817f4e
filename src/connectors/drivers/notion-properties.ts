/** Properties of a page that is a row of a database, and of a database, as lines of Markdown. Pure. */
import { z } from 'zod';
import { plainId } from './notion-address.ts';
import type { MarkdownContext } from './notion-markdown.ts';
import { plainLine, richLine, wordsOf } from './notion-text.ts';

/** Who edited when stands with the document, and would change its text each time. */
const unread = new Set(['title', 'last_edited_time', 'last_edited_by', 'last_visited_time', 'button']);

const named = z.object({ name: z.string().nullish() });
const dateSchema = z.object({ start: z.string(), end: z.string().nullish() });
const propertySchema = z.looseObject({ type: z.string() });

/** `- Status: Done`, a line for each property that has a value, by name. */
export function propertiesToMarkdown(properties: Record<string, unknown>, context: MarkdownContext): string {
  return linesOf(
    Object.entries(properties).map(([name, given]) => {
      const property = propertySchema.safeParse(given).data;
      return [name, property && !unread.has(property.type) ? valueOf(property, context) : ''];
    }),
  );
}

/** `- Status: Open, Done`, a line for each property of a database with what may be chosen in it. */
export function schemaToMarkdown(properties: Record<string, unknown>): string {
  const choice = z.object({ options: z.array(named) });
  return Object.entries(properties)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, given]) => {
      const property = propertySchema.safeParse(given).data;
      const options = property ? choice.safeParse(property[property.type]).data?.options : undefined;
      const names = plainLine(listed(options?.map((option) => option.name) ?? []));
      return names === '' ? `- ${plainLine(name)}` : `- ${plainLine(name)}: ${names}`;
    })
    .join('\n');
}

/** What a page is called: the property of type `title`, whatever its name. */
export function titleIn(properties: Record<string, unknown>): string {
  for (const given of Object.values(properties)) {
    const property = propertySchema.safeParse(given).data;
    if (property?.type === 'title') return wordsOf(property['title']);
  }
  return '';
}

/** The people in a property that is called so, as a wiki's pages have it. */
export function ownerIn(properties: Record<string, unknown>): string | undefined {
  const property = propertySchema.safeParse(properties['Owner']).data;
  return (property?.type === 'people' && namesOf(property['people'])) || undefined;
}

function linesOf(entries: (readonly [string, string])[]): string {
  return entries
    .filter(([, value]) => value !== '')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `- ${plainLine(name)}: ${value}`)
    .join('\n');
}

/** On one line, as Markdown; empty when there is none. */
function valueOf(property: Record<string, unknown> & { type: string }, context: MarkdownContext): string {
  const value = property[property.type];
  switch (property.type) {
    case 'title':
    case 'rich_text':
      return richLine(value);
    case 'select':
    case 'status':
    case 'created_by':
      return plainLine(named.safeParse(value).data?.name ?? '');
    case 'multi_select':
    case 'people':
    case 'files':
      return plainLine(namesOf(value));
    case 'relation': {
      const ids = z.array(z.object({ id: z.string() })).safeParse(value).data ?? [];
      return plainLine(listed(ids.map(({ id }) => context.titleOf(plainId(id)))));
    }
    case 'formula':
    case 'rollup': {
      const inner = z.looseObject({ type: z.string() }).safeParse(value).data;
      if (inner?.type !== 'array') return inner ? valueOf(inner, context) : '';
      const items = z.array(propertySchema).safeParse(inner['array']).data ?? [];
      return listed(items.map((item) => valueOf(item, context)));
    }
    case 'unique_id': {
      const id = z.object({ prefix: z.string().nullish(), number: z.number() }).safeParse(value).data;
      return id ? plainLine(id.prefix ? `${id.prefix}-${id.number}` : String(id.number)) : '';
    }
    case 'verification':
      return plainLine(z.object({ state: z.string() }).safeParse(value).data?.state ?? '');
    case 'place': {
      const place = z.object({ name: z.string().nullish(), address: z.string().nullish() }).safeParse(value).data;
      return plainLine(listed([place?.name, place?.address]));
    }
    case 'date':
    case 'created_time':
      return plainLine(dateOf(value));
    default:
      return simple(value);
  }
}

function simple(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  return typeof value === 'string' || typeof value === 'number' ? plainLine(String(value)) : '';
}

function dateOf(value: unknown): string {
  if (typeof value === 'string') return moment(value);
  const date = dateSchema.safeParse(value).data;
  if (!date) return '';
  return date.end ? `${moment(date.start)} – ${moment(date.end)}` : moment(date.start);
}

/** `2026-11-21T09:30:00.000+01:00` as a person reads it. */
function moment(iso: string): string {
  return iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::[\d.]+)?(Z|[+-]\d\d:\d\d)?$/, (_, day: string, time: string, zone?: string) =>
    [day, time, zone === 'Z' ? 'UTC' : zone].filter(Boolean).join(' '),
  );
}

function namesOf(value: unknown): string {
  return listed((z.array(named).safeParse(value).data ?? []).map(({ name }) => name));
}

function listed(names: (string | null | undefined)[]): string {
  return names.filter((name) => name !== undefined && name !== null && name !== '').join(', ');
}
