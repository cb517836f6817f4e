/**
 * Words that are data (documents, names, people, models) on their way into Slack: escaped, and made harmless.
 *
 * What stands on two feet: `&`, `<`, `>` are entities, which Slack shows and never reads again as a token (measured by
 * others: PostHog/posthog pull 95054), and besides no token, address or mention is whole, because an invisible word
 * joiner stands in it, in case a client or a later pass decodes twice. `rich_text` takes its text literally (addresses
 * in it are no links unless a link element says so), so there only what looks like a token is broken.
 */
import { JOINER, breakAddresses, linkable, oneLine, visible } from '../safe-text.ts';

export { cut, linkable, oneLine } from '../safe-text.ts';

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
  return breakAddresses(breakAllTokens(text), /([@#])(?=[\p{L}\p{N}_])/gu)
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
