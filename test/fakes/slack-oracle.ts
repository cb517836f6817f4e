/**
 * Reads what is sent to Slack as permissively as any of its parsers might, and names every mention, link, image or emoji
 * that does not come from where it may. Written from Slack's documentation, apart from the code that it judges.
 */
import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

export interface Allowed {
  /** Addresses of documents' metadata, as they are there. */
  urls: string[];
  /** Ids of people whom Slack itself named. */
  people: string[];
}

const decode = (text: string): string =>
  text
    .replaceAll(/&lt;|&#0*60;|&#x0*3c;/gi, '<')
    .replaceAll(/&gt;|&#0*62;|&#x0*3e;/gi, '>')
    .replaceAll(/&amp;|&#0*38;|&#x0*26;/gi, '&');
// oxlint-disable-next-line no-misleading-character-class -- these very characters
const withoutInvisible = (text: string): string => text.replaceAll(/[\u00AD\u200B-\u200F\u2060-\u2064\uFEFF\u180E\u202A-\u202E]/gu, '');

const canonicals = new Map<string, string>();
function canonical(url: string): string {
  const known = canonicals.get(url) ?? canonicalOf(url);
  if (canonicals.size > 2000) canonicals.clear();
  canonicals.set(url, known);
  return known;
}

function canonicalOf(url: string): string {
  const clean = url.replaceAll(/[\t\n\r]|%0[9ad]/gi, '');
  if (!URL.canParse(clean.replaceAll('\\', '%5C'))) return clean;
  let text = new URL(clean.replaceAll('\\', '%5C').replace(/^(https?:)%5C%5C/i, '$1//')).href;
  for (let i = 0; i < 3; i++) text = text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => safely(run));
  return text.toWellFormed().replaceAll(/[\uFFFD\\]/g, '');
}
function safely(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return '';
  }
}
export const mayLink = (url: string, allowed: Allowed): boolean =>
  /^https?:\/\//i.test(url) &&
  URL.canParse(url) &&
  allowed.urls.some((one) => URL.canParse(one) && new URL(one).host === new URL(url).host && canonical(one) === canonical(url));

const TOKEN = /<(?:[!@#][^<>]*|[a-z][a-z0-9+.-]*:[^<>]*|[^<>]*\|[^<>]*)>/gi;
/** The same of what was an entity before. */
const DECODED = /<(?:[!@#][^<>]*|[a-z][a-z0-9+.-]*:[^<>]*|[a-z0-9.-]+\.[a-z]{2,}[^<>|]*\|[^<>]*)>/gi;
/** What a parser may make a link, mention or emoji of although no token stands there. */
const BARE = [
  /[a-z][a-z0-9+.-]*:\/\/[^\s/]+/gi,
  /\bwww\.[^\s.]+/gi,
  /\b(?:mailto|tel|javascript|data|slack):[^\s]+/gi,
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/gi,
  /\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|dev|co|md|sh|py|ai|app|zip|evil|test|example|de|cn)\b/gi,
  /@(?:here|channel|everyone)\b/gi,
  /(?<![\p{L}\p{N}&])#[a-z][\w-]+/giu,
  /:[a-z0-9_+'-]+:/gi,
];

function bare(text: string, where: string): string[] {
  if (!/[.:@#]/.test(text)) return [];
  return BARE.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([found]) => `${where}: ${JSON.stringify(found)} would be taken for a link, mention or emoji`),
  );
}

/** `mrkdwn`, and the text under a message. */
export function inMrkdwn(text: string, allowed: Allowed, where = 'mrkdwn'): string[] {
  const faults: string[] = [];
  const judge = (token: string): string => {
    const inside = token.slice(1, -1);
    if (inside.startsWith('@') && allowed.people.includes(inside.slice(1))) return ' ';
    const [target = '', label = ''] = inside.split(/\|(.*)/s);
    if (mayLink(decode(target), allowed) && !/[<>]/.test(label)) return ` ${label} `;
    faults.push(`${where}: ${JSON.stringify(token)}`);
    return ' ';
  };
  // What stands there as it is; and the same for a parser that drops invisible characters first.
  withoutInvisible(text).replaceAll(/<[^<>]*>/g, judge);
  let rest = text.replaceAll(/<[^<>]*>/g, judge);
  // A line that begins with it is a quote.
  if (/[<>]/.test(rest.replaceAll(/^>/gm, ''))) faults.push(`${where}: a bare angle bracket in ${JSON.stringify(rest)}`);
  for (let level = 0; level < 3; level++) {
    for (const [token] of rest.matchAll(level === 0 ? TOKEN : DECODED))
      faults.push(`${where}: decoded ${level} times, ${JSON.stringify(token)}`);
    faults.push(...bare(rest.replaceAll(':warning:', ''), where));
    const decoded = decode(rest);
    if (decoded === rest) break;
    rest = decoded;
  }
  return [...new Set(faults)];
}

/** A `markdown` block, or what a stream has appended so far. */
export function inMarkdown(text: string, allowed: Allowed, where = 'markdown'): string[] {
  const faults: string[] = [];
  const texts: string[] = [];
  const walk = (node: Nodes): void => {
    if (node.type === 'link' && !mayLink(node.url, allowed)) faults.push(`${where}: link to ${JSON.stringify(node.url)}`);
    if (['image', 'imageReference', 'linkReference', 'definition', 'html', 'footnoteDefinition', 'footnoteReference'].includes(node.type))
      faults.push(`${where}: ${node.type} in ${JSON.stringify(text)}`);
    if (node.type === 'text' || node.type === 'inlineCode' || node.type === 'code') texts.push(node.value);
    if ('children' in node) node.children.forEach(walk);
  };
  walk(fromMarkdown(text, { extensions: [gfm()], mdastExtensions: gfmFromMarkdown() }));
  for (const one of texts) {
    let rest = one;
    for (let level = 0; level < 2; level++) {
      for (const [token] of rest.matchAll(DECODED)) faults.push(`${where}: decoded ${level} times, ${JSON.stringify(token)}`);
      rest = decode(rest);
    }
  }
  return [...faults, ...rawMarkdown(text, allowed, where)];
}

/** The same without a grammar: for parsers of Slack's that go by patterns, and know no escapes. */
export function rawMarkdown(text: string, allowed: Allowed, where = 'markdown'): string[] {
  const faults: string[] = [];
  // Fences hold angle and square brackets as they are, but no token or address that is whole.
  const outside = text.replaceAll(/^```\n[\s\S]*?\n```$/gm, (fence) => {
    for (const pattern of [DECODED, /[a-z][a-z0-9+.-]*:\/\/[^\s/]+/gi])
      for (const [found] of fence.matchAll(pattern)) faults.push(`${where}: in code, ${JSON.stringify(found)}`);
    return ' ';
  });
  const rest = outside.replaceAll(/^> /gm, '').replaceAll(/\]\(([^)]*)\)/g, (whole, url: string) => {
    if (!mayLink(url, allowed)) faults.push(`${where}: ${JSON.stringify(whole)}`);
    return '] ';
  });
  if (/[<>]/.test(withoutInvisible(rest))) faults.push(`${where}: a bare angle bracket in ${JSON.stringify(rest)}`);
  if (/!\[|\]:|\]\[|\]\(/.test(rest)) faults.push(`${where}: an image or reference in ${JSON.stringify(rest)}`);
  const prose = rest.replaceAll(/\\([!-/:-@[-`{-~])/g, '$1');
  for (const [token] of decode(prose).matchAll(DECODED)) faults.push(`${where}: decoded, ${JSON.stringify(token)}`);
  faults.push(...bare(prose, where));
  if (decode(prose) !== prose) faults.push(...bare(decode(prose), where));
  return [...new Set(faults)];
}

const FORBIDDEN = new Set(['broadcast', 'usergroup', 'channel', 'team', 'emoji', 'date', 'image', 'video', 'file']);

/** Blocks, a view, or anything in them. */
export function inBlocks(held: unknown, allowed: Allowed, at = ''): string[] {
  if (Array.isArray(held)) return held.flatMap((one, i) => inBlocks(one, allowed, `${at}/${i}`));
  if (typeof held !== 'object' || held === null) return [];
  const one = held as Record<string, unknown>;
  const inside = Object.entries(one).flatMap(([name, value]) => inBlocks(value, allowed, `${at}/${name}`));
  const text = typeof one.text === 'string' ? one.text : '';
  const type = String(one.type);
  if (FORBIDDEN.has(type)) inside.push(`${at}: ${type}`);
  if (type === 'mrkdwn') inside.push(...inMrkdwn(text, allowed, at), ...(one.verbatim === true ? [] : [`${at}: not verbatim`]));
  if (type === 'markdown') inside.push(...inMarkdown(text, allowed, at));
  if (type === 'plain_text') inside.push(...(one.emoji === false ? [] : [`${at}: emoji are drawn`]), ...tokens(text, at));
  // Taken literally; what looks like a token is broken all the same.
  if (type === 'text' || type === 'raw_text') inside.push(...tokens(text, at));
  if (type === 'link')
    inside.push(...(mayLink(String(one.url), allowed) ? tokens(text, at) : [`${at}: link to ${JSON.stringify(one.url)}`]));
  else if (one.url !== undefined && !mayLink(String(one.url), allowed)) inside.push(`${at}: ${JSON.stringify(one.url)}`);
  if (type === 'user' && !allowed.people.includes(String(one.user_id))) inside.push(`${at}: mentions ${JSON.stringify(one.user_id)}`);
  return inside;
}

function tokens(text: string, at: string): string[] {
  return [...text.matchAll(/<(?:!(?:channel|here|everyone|group|subteam\^|date\^)|@[UWB]|#C|https?:\/\/|mailto:)[^<>]*>/gi)].map(
    ([token]) => `${at}: ${JSON.stringify(token)}`,
  );
}
