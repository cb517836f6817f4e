/**
 * Reads what is sent to Teams as permissively as any of its parsers might (Markdown with GFM, HTML in it, cards), and names
 * every mention, link, image, citation mark or card function that does not come from where it may. Written from Teams'
 * documentation and the grammars, apart from the code that it judges.
 */
import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { parseFragment, type DefaultTreeAdapterTypes } from 'parse5';
import type { MessageEntity, TeamsMessage } from '../../bots/teams/activity.ts';
import { mayLink, type Allowed } from './slack-oracle.ts';

type Html = DefaultTreeAdapterTypes.ChildNode | DefaultTreeAdapterTypes.DocumentFragment;

/** What a client may make a link or a card's function of although no Markdown stands there. */
const BARE = [
  /[a-z][a-z0-9+.-]*:\/\/[^\s/]+/gi,
  /\bwww\.[^\s.]+/gi,
  /\b(?:mailto|tel|sms|javascript|data|file):[^\s]+/gi,
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/gi,
  /\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|dev|co|md|sh|py|ai|app|zip|evil|test|example|de|cn)\b/gi,
  /\{\{\s*(?:DATE|TIME)\b/gi,
  /\$\{/g,
  /\]\(|!\[|\]\[|\]:/g,
  /\[\^/g,
  /\[!(?:NOTE|TIP|WARNING|IMPORTANT|CAUTION)\]/gi,
];
const ANY = new RegExp(BARE.map((one) => `(?:${one.source})`).join('|'), 'i');
const MARK = /\[\s*(\p{Nd}+)\s*\]/gu;
const ACTING = new Set([
  'at',
  'attachment',
  'cite',
  'a',
  'img',
  'script',
  'style',
  'iframe',
  'object',
  'embed',
  'form',
  'input',
  'svg',
  'link',
  'base',
]);

function htmlOf(text: string): { elements: string[]; text: string } {
  if (!/[<&]/.test(text)) return { elements: [], text };
  const elements: string[] = [];
  let words = '';
  const walk = (node: Html): void => {
    if ('tagName' in node) elements.push(node.tagName);
    if (node.nodeName === '#comment') elements.push('#comment');
    if (node.nodeName === '#text') words += (node as DefaultTreeAdapterTypes.TextNode).value;
    if ('childNodes' in node) node.childNodes.forEach(walk);
  };
  walk(parseFragment(text));
  return { elements, text: words };
}

/** Words that a client takes as they are, or decodes once more than it should. */
export function inWords(text: string, where: string): string[] {
  const faults: string[] = [];
  let rest = text;
  for (let level = 0; level < 3; level++) {
    const html = htmlOf(rest);
    if (html.elements.length > 0)
      faults.push(`${where}: decoded ${level} times, <${html.elements.join('>, <')}> in ${JSON.stringify(text)}`);
    for (const pattern of ANY.test(rest) ? BARE : [])
      for (const [found] of rest.matchAll(pattern))
        faults.push(`${where}: decoded ${level} times, ${JSON.stringify(found)} in ${JSON.stringify(text)}`);
    if (html.text === rest) break;
    rest = html.text;
  }
  return faults;
}

const citationMarks = (text: string, where: string): string[] =>
  [...text.matchAll(MARK)].map(([found]) => `${where}: ${found} counts as a citation`);

/** Markdown of a message, or of a card's `TextBlock`. @param positions of the citations; undefined: there are none to check */
export function inTeamsMarkdown(text: string, allowed: Allowed, positions: number[] | undefined, where = 'text', grammar = true): string[] {
  const faults: string[] = [];
  const seen: number[] = [];
  const fenced = /^```\n([\s\S]*?)\n```$/gm;
  for (const [, code = ''] of text.matchAll(fenced)) {
    const acting = htmlOf(code).elements.filter((name) => ACTING.has(name));
    if (acting.length > 0) faults.push(`${where}: in code, <${acting.join('>, <')}>`);
    if (/[a-z]:\/\/[^\s/]/i.test(code)) faults.push(`${where}: an address in code`);
  }
  const prose = text.replaceAll(fenced, '\n');
  if (/(?:^|\n)\s*(?:```|~~~)/.test(prose)) faults.push(`${where}: a fence that is none of Docent's`);
  // Links of Docent's own making, and without them nothing that looks like one.
  const words = prose
    .replaceAll(/\]\(([^()\s]*)\)/g, (whole, url: string) => {
      if (!mayLink(url, allowed)) faults.push(`${where}: ${whole}`);
      return '] ';
    })
    .replaceAll(/\[(\d{1,2})\](?![(:[])/g, (_, n: string) => {
      seen.push(Number(n));
      return '·';
    });
  const html = htmlOf(words);
  if (html.elements.length > 0) faults.push(`${where}: <${html.elements.join('>, <')}> in ${JSON.stringify(text)}`);
  const unescaped = words.replaceAll(/\\([!-/:-@[-`{-~])/g, '$1');
  faults.push(...inWords(unescaped, where), ...citationMarks(unescaped, where));
  if (/(?<!\\)\$/.test(words)) faults.push(`${where}: a formula may begin in ${JSON.stringify(words)}`);
  if (positions) {
    for (const n of seen) if (!positions.includes(n)) faults.push(`${where}: [${n}] has no citation`);
    for (const n of positions) if (!seen.includes(n)) faults.push(`${where}: citation ${n} has no mark`);
  }
  if (grammar) faults.push(...inGrammar(text, allowed, where));
  return faults;
}

function inGrammar(text: string, allowed: Allowed, where: string): string[] {
  const faults: string[] = [];
  const walk = (node: Nodes, linked: boolean): void => {
    if (node.type === 'link' && !mayLink(node.url, allowed)) faults.push(`${where}: link to ${JSON.stringify(node.url)}`);
    if (
      [
        'image',
        'imageReference',
        'linkReference',
        'definition',
        'html',
        'footnoteDefinition',
        'footnoteReference',
        'thematicBreak',
      ].includes(node.type)
    )
      faults.push(`${where}: ${node.type} in ${JSON.stringify(text)}`);
    if (['heading', 'inlineCode', 'delete'].includes(node.type)) faults.push(`${where}: ${node.type} in ${JSON.stringify(text)}`);
    if (node.type === 'text')
      faults.push(...inWords(linked ? node.value.replaceAll(/^\(\d+\)$/g, '') : node.value, `${where}, as it is read`));
    if ('children' in node) for (const child of node.children) walk(child as Nodes, linked || node.type === 'link');
  };
  walk(fromMarkdown(text, { extensions: [gfm()], mdastExtensions: gfmFromMarkdown() }), false);
  return faults;
}

const TYPES = new Set([
  'AdaptiveCard',
  'RichTextBlock',
  'TextRun',
  'TextBlock',
  'Container',
  'ActionSet',
  'Action.Execute',
  'Action.ShowCard',
  'Action.OpenUrl',
  'Input.Text',
  'Input.ChoiceSet',
]);
const READ = new Set(['text', 'title', 'label', 'placeholder', 'errorMessage', 'altText', 'name']);

/** A card, or anything in it. */
export function inCard(held: unknown, allowed: Allowed, at = 'card'): string[] {
  if (Array.isArray(held)) return held.flatMap((one, i) => inCard(one, allowed, `${at}/${i}`));
  if (typeof held !== 'object' || held === null) return [];
  const one = held as Record<string, unknown>;
  const faults: string[] = [];
  if (typeof one.type === 'string' && !TYPES.has(one.type)) faults.push(`${at}: ${one.type}`);
  for (const [name, value] of Object.entries(one)) {
    if (['msteams', 'backgroundImage', 'iconUrl', 'refresh', 'authentication', 'tooltip'].includes(name)) faults.push(`${at}: ${name}`);
    if (name === 'data') {
      if (Object.keys(value as object).join() !== 'id') faults.push(`${at}: carries ${JSON.stringify(value)}`);
      continue;
    }
    if (name === 'url' && !mayLink(String(value), allowed)) faults.push(`${at}: opens ${JSON.stringify(value)}`);
    if (READ.has(name) && typeof value === 'string') {
      if (one.type === 'TextBlock') faults.push(...inTeamsMarkdown(value, allowed, undefined, at));
      else faults.push(...inWords(value, `${at}/${name}`), ...citationMarks(value, `${at}/${name}`));
    }
    faults.push(...inCard(value, allowed, `${at}/${name}`));
  }
  return faults;
}

/** Teams' own limits of a card. */
export function cardProblems(card: unknown): string[] {
  const json = JSON.stringify(card);
  const size = Math.max(Buffer.byteLength(json), 2 * json.length);
  const rows = [...json.matchAll(/"actions":\[/g)].length;
  const crowded = rowsOf(card).filter((n) => n > 3);
  return [
    ...(size > 28_000 ? [`a card of ${size} bytes`] : []),
    ...(crowded.length > 0 ? [`${crowded.join()} buttons in one of ${rows} rows`] : []),
    ...(/"version":"1\.5"/.test(json) ? [] : ['no version']),
  ];
}

function rowsOf(held: unknown): number[] {
  if (Array.isArray(held)) return held.flatMap((one) => rowsOf(one));
  if (typeof held !== 'object' || held === null) return [];
  const own = 'actions' in held && Array.isArray(held.actions) ? [held.actions.length] : [];
  return [...own, ...Object.values(held).flatMap((one) => rowsOf(one))];
}

/**
 * One message as it is sent.
 * @param grammar false: by patterns alone, which is much faster
 * @param cited each `[n]` has its citation, and the reverse
 */
export function inMessage(message: TeamsMessage, allowed: Allowed, grammar = true, cited = true): string[] {
  const faults: string[] = [];
  const entities = (message.entities ?? []) as MessageEntity[];
  const claims = entities.flatMap((one) => one.citation ?? []);
  if (entities.length > 1 || entities.some((one) => one.type !== 'https://schema.org/Message')) faults.push('more than the root entity');
  if (claims.length > 20) faults.push(`${claims.length} citations`);
  for (const { position, appearance } of claims) {
    const { name, abstract, url, keywords = [] } = appearance;
    if (name.length > 80 || name === '' || abstract.length > 160 || abstract === '' || keywords.length > 3)
      faults.push(`citation ${position}: its limits`);
    if (keywords.some((one) => one.length > 28 || one === ''))
      faults.push(`citation ${position}: a keyword of ${JSON.stringify(keywords)}`);
    if (url !== undefined && !mayLink(url, allowed)) faults.push(`citation ${position} opens ${JSON.stringify(url)}`);
    for (const words of [name, abstract, ...keywords])
      faults.push(...inWords(words, `citation ${position}`), ...citationMarks(words, `citation ${position}`));
  }
  if (message.textFormat === 'plain') {
    const known = allowed.urls.filter((url) => /^https?:/i.test(url.trim()));
    const lines = (message.text ?? '').replaceAll(/(?<=\s)https?:\/\/\S+/gi, (url) =>
      known.length > 0 && mayLink(url, allowed) ? '' : url,
    );
    faults.push(...inWords(lines.replaceAll(/(?<!\S)\[\d+\]|(?<=\S)\u00A0?\[\d+\]/g, ''), 'plain'));
  } else if (message.text !== undefined)
    faults.push(...inTeamsMarkdown(message.text, allowed, cited ? claims.map(({ position }) => position) : undefined, 'text', grammar));
  if (message.summary !== undefined) faults.push(...inWords(message.summary, 'summary'));
  for (const { title, value } of message.suggestedActions?.actions ?? [])
    faults.push(...inWords(title, 'suggestion'), ...inWords(value, 'suggestion'), ...citationMarks(value, 'suggestion'));
  for (const { content } of message.attachments ?? []) faults.push(...inCard(content, allowed), ...cardProblems(content));
  const size = 2 * JSON.stringify(message).length;
  if (size > 80_000) faults.push(`a message of ${size} bytes`);
  if (!message.text && !message.attachments) faults.push('nothing in it');
  return faults;
}
