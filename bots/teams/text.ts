/**
 * Words that are data (documents, names, people, models) on their way into Teams: escaped, and made harmless.
 *
 * What stands on two feet: `&`, `<`, `>` are entities and Markdown's marks are escaped; and besides no tag, address, link,
 * citation mark or card function is whole, because an invisible word joiner stands in it, in case a client knows no
 * escapes or a later pass decodes twice. Teams reads Markdown and HTML in messages, and Markdown in cards' `TextBlock`s;
 * `TextRun`s are taken literally, so there only the joiners stand.
 */
import { JOINER, breakAddresses, cut, linkable, oneLine, visible } from '../safe-text.ts';

/** Tags that do something, in Teams' HTML or in any other. Others (`vector<string>`) stay as they are in code. */
const TAGS =
  'at|attachment|cite|a|img|image|script|style|iframe|object|embed|form|input|button|svg|math|video|audio|source|link|meta|base|emoji|systemeventmessage|codeblock';
const TAG = new RegExp(String.raw`<(?=[/!?]?(?:${TAGS})\b|!--|[a-z][a-z0-9+.-]*:)`, 'gi');

/** Nothing in it is whole any more that Teams would read as more than words; lines stay lines, and it reads as before. */
function broken(text: string): string {
  return breakAddresses(text)
    .replaceAll(/<(?=[\p{L}/!?@])/gu, `<${JOINER}`)
    .replaceAll(/&(?=#?[\p{L}\p{N}])/gu, `&${JOINER}`)
    .replaceAll(/\[(?=[\s^]*\p{Nd}|[\^!])/gu, `[${JOINER}`)
    .replaceAll(/\](?=[([:])/g, `]${JOINER}`)
    .replaceAll(/!(?=\[)/g, `!${JOINER}`)
    .replaceAll(/([{$])(?=\{)/g, `$1${JOINER}`);
}

/** Where text is taken literally: cards' `TextRun`s, titles and labels, citations, plain messages. Lines stay lines. */
export const literal = (text: string): string => broken(visible(text));

/** The same on one line, of at most `max` characters of the text. */
export const literalLine = (text: string, max = 300): string => broken(cut(oneLine(text), max));

/**
 * For Markdown inside a line: new lines become spaces.
 * @param startsLine false: no mark of a list or heading needs escaping at its start
 */
export function markdownText(text: string, startsLine = true): string {
  const escaped = broken(oneLine(text))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*[\]~|$^]/g, String.raw`\$&`)
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, String.raw`\_`);
  return startsLine ? escaped.replace(/^(?=[#+=-])/, '\\').replace(/^(\d{1,9})(?=[.)])/, '$1\\') : escaped;
}

/** For the inside of a code fence, where nothing can be escaped: only what acts, or is an address, is broken. */
export function markdownCode(text: string): string {
  return visible(text)
    .replaceAll(TAG, `<${JOINER}`)
    .replaceAll('://', `:${JOINER}//`)
    .replaceAll(/`{2}(?=`)/g, `\`\`${JOINER}`)
    .replaceAll(/~{2}(?=~)/g, `~~${JOINER}`);
}

/** For a card's `TextBlock`, which reads Markdown: one line of at most `most` characters of the text. */
export const plainInCard = (text: string, most = 300): string => markdownText(cut(oneLine(text), most)) || '–';

/** A link in Markdown; the label alone where the address is none. The address is of a document's metadata, the label is data. */
export function markdownLink(url: string | null | undefined, label: string): string {
  const address = linkable(url);
  const words = markdownText(label) || '…';
  // A title that begins with figures could count as a citation's mark.
  return address ? `[${/^\p{Nd}/u.test(words) ? JOINER : ''}${words}](${address})` : words;
}
