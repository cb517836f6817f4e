/** The sources panel: each document once, with its numbered quotes. */
import { plainText } from '../../passage-text.ts';
import type { Citation } from '../../types.ts';
import { html, ownPath, webAddress, type Content, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import type { Words } from '../words.ts';
import type { TurnView } from './turn.ts';

export function renderSources(words: Words, turn: TurnView): Content {
  if (turn.citations.length === 0) return '';
  const byDocument = Map.groupBy(turn.citations, (c) => c.documentId);
  return html`<aside class="answer-sources" aria-labelledby="t${turn.index}-sources">
<h3 class="panel-title" id="t${turn.index}-sources">${words.say('sourcesHeading')}</h3>
<ul class="cards">${[...byDocument.values()].map((citations) => renderCard(words, turn, citations))}</ul>
</aside>`;
}

function renderCard(words: Words, turn: TurnView, citations: Citation[]): Html {
  const first = citations[0]!;
  return html`<li class="card">
<h4 class="card-title">${first.title}</h4>
<p class="card-meta">${sourceLine(words, first)}</p>
<ul class="quotes">${citations.map((citation) => renderQuote(words, turn, citation))}</ul>
</li>`;
}

/** `Handbook · changed 3 days ago` */
export function sourceLine(words: Words, of: { source: string; updatedAt: string | null }): Html {
  const at = of.updatedAt === null ? Number.NaN : Date.parse(of.updatedAt);
  return html`${of.source}${Number.isNaN(at) ? '' : html` · ${changedAgo(words, at)}`}`;
}

function changedAgo(words: Words, at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${words.say('changedAgo', { ago: words.ago(at) })}</time>`;
}

function renderQuote(words: Words, turn: TurnView, citation: Citation): Html {
  const { n, title } = citation;
  return html`<li class="quote" id="t${turn.index}-s${n}" tabindex="-1">
<span class="quote-n" aria-hidden="true">${n}</span>
<div class="quote-body"><blockquote class="quote-text">${readable(citation.quote)}</blockquote>
<p class="quote-links">${quoteLinks(words, citation, words.say('showQuoteLabel', { n, title }))}</p></div>
</li>`;
}

/** "Open" where the document has a web address, "Show quote" always. */
export function quoteLinks(words: Words, of: { title: string; url: string | null; documentUrl: string }, label: string): Content {
  const address = webAddress(of.url);
  return [
    address
      ? html`<a href="${address}" target="_blank" rel="noopener noreferrer" aria-label="${words.say('openLabel', { title: of.title })}">${words.say('open')}${icons.out}</a>`
      : '',
    html`<a href="${quotePath(of.documentUrl)}" aria-label="${label}">${words.say('showQuote')}</a>`,
  ];
}

/** Where the console shows the quote; an absolute address under PUBLIC_URL is brought back to its path. */
function quotePath(documentUrl: string): string {
  const path = documentUrl.replace(/^https?:\/\/[^/]+/i, '');
  return ownPath(path) === null ? '/documents' : `${path.split('#')[0]}#quote`;
}

/** A quote as a person reads it, without marks of Markdown; those that the quote's ends have cut in two fall away as well. */
export function readable(quote: string): string {
  const text = plainText(quote)
    .text.replaceAll('**', '')
    .replaceAll(/\]\([^()\s]*\)|\]\[[\w-]*\]/g, '')
    .trim();
  return text === '' ? quote : text;
}
