/**
 * Words that are data (documents, names, people, models) on their way into Slack: escaped, and made harmless.
 *
 * What stands on two feet: `&`, `<`, `>` are entities, which Slack shows and never reads again as a token (measured by
 * others: PostHog/posthog pull 95054), and besides no token, address or mention is whole, because an invisible word
 * joiner stands in it, in case a client or a later pass decodes twice. `rich_text` takes its text literally (addresses
 * in it are no links unless a link element says so), so there only what looks like a token is broken.
 */

/** U+2060: of no width, and no line breaks at it. What data brings along of its kind is taken out first. */
const JOINER = '\u2060';

/** Longer addresses are not linked: a block of 3,000 characters must hold one. */
const LONGEST_URL = 2000;

// oxlint-disable no-control-regex, no-misleading-character-class -- these very characters are looked for
const INVISIBLE =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF0-\uFFFB]|[\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}]/gu;
/** Joiners are part of emoji and of some scripts; beside ASCII they only hide something. */
const IDLE_JOINERS = /(?<=[\u0000-\u007F])[\u200C\u200D]+|[\u200C\u200D]+(?=[\u0000-\u007F]|$)/gu;
// oxlint-enable no-control-regex, no-misleading-character-class

/** What a person sees of a text: no invisible characters, nothing that turns the direction of reading; lines stay lines. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll(INVISIBLE, '')
    .replaceAll(IDLE_JOINERS, '');
}

/** The same on one line. */
export function oneLine(text: string): string {
  return visible(text).replaceAll(/\s+/g, ' ').trim();
}

/** At most `max` UTF-16 units, ending in `…` where something is left out; no character is cut in two. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '');
  const atWord = /^(.{20,})\s\S{0,24}$/su.exec(kept);
  return `${(atWord?.[1] ?? kept).trimEnd()}…`;
}

/** Slack's tokens (`<!channel>`, `<@U…>`, `<#C…>`, `<https://…>`) are not whole any more; code reads and copies as before. */
function breakTokens(text: string): string {
  return text.replaceAll(
    /<(?=!(?:channel|here|everyone|group|subteam|date)|@[A-Z]|#[A-Z]|[a-z][a-z0-9+.-]*:(?:\/\/|[^\s<>]{1,300}@)|mailto:|tel:)/gi,
    `<${JOINER}`,
  );
}

/** Nor as entities, nor any other `<…>` that Slack may know. */
function breakAllTokens(text: string): string {
  return text
    .replaceAll(/(<|&(?:amp;)*(?:lt|#0*60|#x0*3c);)(?=[!@#]|[a-z][a-z0-9+.-]*:|[^\s<>|][^<>\n]{0,300}\|)/gi, `$1${JOINER}`)
    .replaceAll(/!(?=channel|here|everyone|group|subteam|date)/gi, `!${JOINER}`);
}

/** No address, mention, channel, emoji or Markdown link is whole any more; it reads as before. */
function breakWords(text: string): string {
  return breakAllTokens(text)
    .replaceAll('://', `:${JOINER}//`)
    .replaceAll(
      /(mailto|tel|sms|sips?|xmpp|callto|facetime|skype|slack|data|javascript|vbscript|file|magnet):(?=\S)/gi,
      `$1${JOINER}:${JOINER}`,
    )
    .replaceAll(/(?<=[\p{L}\p{N}_-])\.(?=\p{L})|(?<=www)\./giu, `${JOINER}.${JOINER}`)
    .replaceAll(/([@#])(?=[\p{L}\p{N}_])/gu, `$1${JOINER}`)
    .replaceAll(/:(?=[\p{L}\p{N}_+'-]+(?::|$))/gu, `:${JOINER}`)
    .replaceAll(/\](?=[([:])/g, `]${JOINER}`);
}

function entities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** For `text` elements of `rich_text` and for `plain_text`: read literally there. */
export function literal(text: string): string {
  return breakTokens(visible(text));
}

/**
 * For `mrkdwn` and fallback text. Stars and backticks, which have no escape there, become their likenesses, lest they
 * reach over what Docent itself sets.
 */
export function escapeText(text: string): string {
  return entities(breakWords(visible(text)))
    .replaceAll('*', '∗')
    .replaceAll('`', 'ˋ');
}

/**
 * For `markdown` blocks and `markdown_text` of streams, inside a line: new lines become spaces.
 * @param startsLine false: no mark of a list or heading needs escaping at its start
 */
export function markdownText(text: string, startsLine = true): string {
  const escaped = entities(breakWords(oneLine(text)))
    .replaceAll(/[\\`*[\]~|]/g, String.raw`\$&`)
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, String.raw`\_`);
  return startsLine ? escaped.replace(/^(?=[#+=-])/, '\\').replace(/^(\d{1,9})(?=[.)])/, '$1\\') : escaped;
}

/** For the inside of a code fence in Markdown, where nothing can be escaped: only what is a token or an address is broken. */
export function markdownCode(text: string): string {
  return breakAllTokens(visible(text))
    .replaceAll('://', `:${JOINER}//`)
    .replaceAll(/`{2}(?=`)/g, `\`\`${JOINER}`);
}

/** For `mrkdwn` inside a code fence: also under a message, where nothing keeps Slack from linking what it knows. */
export function escapeCode(text: string): string {
  return entities(breakWords(visible(text))).replaceAll(/`{2}(?=`)/g, `\`\`${JOINER}`);
}

/**
 * A document's address as it may be linked: http(s), what could break out of a link percent-encoded, otherwise verbatim.
 * @param of a document's metadata (or of Slack's own answer), never of a text
 * @returns undefined where it is none: then it is not linked
 */
export function linkable(of: string | null | undefined): string | undefined {
  // oxlint-disable-next-line no-control-regex -- as the URL standard does
  const url = of?.replaceAll(/^[\u0000-\u0020]+|[\u0000-\u0020]+$/g, '');
  if (!url || !/^https?:\/\/[^\s/]/i.test(url)) return undefined;
  const parsed = URL.parse(url);
  if (!parsed) return undefined;
  // oxlint-disable-next-line no-control-regex -- a host of other letters is written as browsers do
  const address = /^https?:\/\/[^/?#]*[^\u0000-\u007F]/i.test(url) ? parsed.href : url;
  const encoded = address.toWellFormed().replaceAll(/[^\w.~:/?#@!$&'+,=%-]/gu, (c) => percent(c));
  // What encoding has made another host of (`https://a\\b`), browsers would not open as meant.
  const same = encoded === url || URL.parse(encoded)?.host === parsed.host;
  return same && encoded.length <= LONGEST_URL ? encoded : undefined;
}

/** `encodeURIComponent` leaves `()*` as they are. */
function percent(character: string): string {
  const encoded = encodeURIComponent(character);
  return encoded === character ? `%${character.codePointAt(0)!.toString(16).toUpperCase().padStart(2, '0')}` : encoded;
}

/** A link in `mrkdwn`; the label alone where the address is none. The label is data. */
export function link(url: string | null | undefined, label: string): string {
  const address = linkable(url);
  const words = escapeText(oneLine(label)) || '…';
  return address ? `<${address.replaceAll('&', '&amp;')}|${words}>` : words;
}

/** A link in Markdown; the label alone where the address is none. The label is data. */
export function markdownLink(url: string | null | undefined, label: string): string {
  const address = linkable(url);
  const words = markdownText(label) || '…';
  return address ? `[${words}](${address})` : words;
}

/** A mention of somebody whom Slack itself named; the id as it is where it is none of Slack's. */
export function mention(id: string): string {
  return /^[UW][A-Z0-9]{2,30}$/.test(id) ? `<@${id}>` : escapeText(id);
}
