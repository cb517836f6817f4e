/** What front matter says of a document. Runs in the extraction child. */
import { parseDocument } from 'yaml';
import type { ExtractedDocument } from '../../types.ts';

type Hints = Omit<ExtractedDocument, 'blocks' | 'textFragments'>;

/** Front matter that is no YAML, or says nothing of use, gives no hints: it never fails a document. */
export function readFrontMatter(yaml: string): Hints {
  const matter = parse(yaml);
  if (matter === undefined) return {};
  const title = textOf(first(matter, ['title']));
  const url = absolute(first(matter, ['url', 'permalink', 'canonical', 'canonical_url', 'slug']));
  const owner = nameOf(first(matter, ['owner', 'maintainer', 'maintainers', 'author', 'authors']));
  const changedAt = timeOf(first(matter, ['updated', 'last_modified', 'lastmod', 'last_modified_at', 'modified', 'date']));
  return {
    ...(title === undefined ? {} : { title }),
    ...(url === undefined ? {} : { url }),
    ...(owner === undefined ? {} : { owner }),
    ...(changedAt === undefined ? {} : { changedAt }),
  };
}

function parse(yaml: string): Record<string, unknown> | undefined {
  try {
    // Few aliases: they are how a small YAML file becomes a large one.
    const value: unknown = parseDocument(yaml, { logLevel: 'silent' }).toJS({ maxAliasCount: 20 });
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function first(matter: Record<string, unknown>, names: string[]): unknown {
  for (const name of names) {
    const key = name in matter ? name : name.replaceAll('_', '-');
    const value = matter[key];
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim().replaceAll(/\s+/g, ' ').slice(0, 500) : undefined;
}

/** A name, a list of names, or `{name}`. */
function nameOf(value: unknown): string | undefined {
  if (Array.isArray(value))
    return (
      value
        .map(nameOf)
        .filter((name) => name !== undefined)
        .join(', ') || undefined
    );
  if (typeof value === 'object' && value !== null && 'name' in value) return textOf(value.name);
  return textOf(value);
}

function absolute(value: unknown): string | undefined {
  return typeof value === 'string' && /^https?:\/\/[^\s]+$/i.test(value) && URL.canParse(value) ? value : undefined;
}

/** Milliseconds since the epoch of an ISO date or another that `Date` reads; years 1970 to 2200. */
export function timeOf(value: unknown): number | undefined {
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) && time > 0 && time < 7_258_118_400_000 ? time : undefined;
}
