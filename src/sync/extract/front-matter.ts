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
  const aliases = aliasesOf(matter);
  const breadcrumbs = breadcrumbsOf(matter['breadcrumbs']);
  return {
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(breadcrumbs.length === 0 ? {} : { breadcrumbs }),
    ...(title === undefined ? {} : { title }),
    ...(url === undefined ? {} : { url }),
    ...(owner === undefined ? {} : { owner }),
    ...(changedAt === undefined ? {} : { changedAt }),
  };
}

/** Names of their own; of the addresses that led here before, the words of the last part. */
const ALIASES = ['aliases', 'alias', 'also_known_as', 'aka', 'redirect_from', 'redirects', 'synonyms'];
const MOST_ALIASES = 50;
const NO_ALIAS = /^(?:index|readme|home|default|overview|main|page|\d+)$/i;

/** Second names of a page, as front matter or a row of JSONL gives them: a text or a list of texts under any of the usual names. */
export function aliasesOf(matter: Record<string, unknown>): string[] {
  const found = new Set<string>();
  for (const name of ALIASES.flatMap((alias) => [alias, alias.replaceAll('_', '-')])) {
    for (const value of [matter[name]].flat()) {
      const text = textOf(value);
      const alias = text?.includes('/') ? fromAddress(text) : text;
      if (alias !== undefined && alias.length >= 2 && alias.length <= 100 && !NO_ALIAS.test(alias) && found.size < MOST_ALIASES)
        found.add(alias);
    }
  }
  return [...found];
}

const MOST_BREADCRUMBS = 20;

/** Titles of the pages above, outermost first: a list of texts. */
function breadcrumbsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value
    .map(textOf)
    .filter((title) => title !== undefined)
    .slice(-MOST_BREADCRUMBS);
}

/** `/benefits/paid-leave.html` was the page "paid leave". */
function fromAddress(address: string): string | undefined {
  const last = address
    .replace(/[?#].*$/, '')
    .split('/')
    .filter((part) => part !== '')
    .at(-1);
  if (last === undefined) return undefined;
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // A percent sign that encodes nothing stays.
  }
  return (
    name
      .replace(/\.\w{2,5}$/, '')
      .replaceAll(/[-_+]+/g, ' ')
      .trim() || undefined
  );
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
