/** A document as it was answered from, with the quote marked. */
import type { DocumentView } from '../../app-contract.ts';
import type { PageContext } from '../context.ts';
import { html, webAddress, type Content, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import { renderMarkdown } from '../markdown.ts';
import { locateQuote, type Marker } from '../quote-marker.ts';
import { readable } from './answer-sources.ts';
import { layout } from './layout.ts';

/** Passages on one page; longer documents are shown in parts. */
export const PASSAGES_PAGE = 150;

/** Parsing of one page; what comes after is shown as plain text. Ordinary documents take a few dozen milliseconds. */
const PARSE_MS = 1_000;

interface HeadingEntry {
  id: string;
  text: string;
  depth: number;
}

/** The part (from 0) that holds the quote. */
export function partOfQuote(document: DocumentView): number {
  const at = document.body.findIndex((p) => p.passageId === document.highlight?.passageId);
  return at < 0 ? 0 : Math.floor(at / PASSAGES_PAGE);
}

/** `/documents/:id`. Gives way to other requests between passages. */
export async function documentPage(context: PageContext, document: DocumentView, view: { part: number; query: string }): Promise<Html> {
  const { words } = context;
  const parts = Math.max(1, Math.ceil(document.body.length / PASSAGES_PAGE));
  const part = Math.min(Math.max(0, view.part), parts - 1);
  const headings: HeadingEntry[] = [];
  const passages = await renderPassages(context, document, part, headings);
  const title = document.title.trim() === '' ? document.externalId : document.title;
  const { highlight } = document;
  const here = highlight?.present === true && partOfQuote(document) === part;
  return layout(context, {
    title,
    room: 'documents',
    look: 'reading',
    body: html`<p class="crumbs"><a href="/documents">${words.say('documentsTitle')}</a><a href="/documents?source=${document.sourceId}">${document.sourceName}</a></p>
<article class="document"><header class="document-head"><h1>${title}</h1>${renderFacts(context, document)}</header>
${here ? html`<p class="quote-here"><a href="#quote">${words.say('quotedHere')} <span>${words.say('jumpToQuote')}</span></a></p>` : ''}
${highlight && !highlight.present ? html`<section class="notice quote-gone" id="quote"><h2>${words.say('quoteGone')}</h2><p>${words.say('quoteGoneBody')}</p><blockquote class="quote-text">${readable(highlight.quote)}</blockquote></section>` : ''}
${parts > 1 ? html`<p class="muted">${words.say('quotePart', { part: part + 1, parts })}</p>` : ''}
<div class="document-cols">
${headings.length >= 3 ? html`<nav class="contents" aria-labelledby="contents"><details open><summary class="panel-title" id="contents">${words.say('contents')}</summary><ol>${headings.map((h) => html`<li class="contents-${Math.min(3, h.depth)}"><a href="#${h.id}">${h.text}</a></li>`)}</ol></details></nav>` : ''}
<div class="prose"${here ? html` data-scroll-to="quote"` : ''}>${passages.length > 0 ? passages : html`<p class="muted">${words.say('emptyDocument')}</p>`}</div></div>
<p class="muted small document-end">${words.say('asAnswered')}</p>
${parts > 1 ? renderParts(context, document, part, parts, view.query) : ''}
</article>`,
  });
}

async function renderPassages(context: PageContext, document: DocumentView, part: number, headings: HeadingEntry[]): Promise<Html[]> {
  const rendered: Html[] = [];
  const from = part * PASSAGES_PAGE;
  let spent = 0;
  for (const [i, passage] of document.body.slice(from, from + PASSAGES_PAGE).entries()) {
    await new Promise((resolve) => setImmediate(resolve));
    const { highlight } = document;
    const quoted = highlight?.present === true && highlight.passageId === passage.passageId;
    const range = quoted ? locateQuote(passage.text, highlight.quote) : undefined;
    const marker: Marker | undefined = range && { ...range, used: false };
    const headingId = (text: string, depth: number): string | undefined => {
      if (text === '' || text === document.title) return undefined;
      const id = `h${from + i}-${headings.length + 1}`;
      headings.push({ id, text, depth });
      return id;
    };
    const started = performance.now();
    const body = renderMarkdown(passage.text, {
      plain: spent > PARSE_MS,
      under: 1,
      imageWord: context.words.say('image'),
      headingId,
      ...(marker ? { marker } : {}),
      ...(from + i === 0 ? { title: document.title } : {}),
    });
    spent += performance.now() - started;
    // Where the very words cannot be marked (they are in what is not shown), the whole passage is.
    const whole = quoted && marker?.used !== true;
    rendered.push(html`<div class="passage${whole ? ' passage-quoted' : ''}"${whole ? html` id="quote" tabindex="-1"` : ''}>${body}</div>`);
  }
  return rendered;
}

function renderFacts(context: PageContext, document: DocumentView): Html {
  const { words } = context;
  const address = webAddress(document.url);
  const fact = (name: string, value: Content): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<dl class="facts facts-line">
${fact(words.say('source'), html`<a href="/sources/${document.sourceId}">${document.sourceName}</a>`)}
${document.owner ? fact(words.say('owner'), document.owner) : ''}
${fact(words.say('changed'), document.updatedAt === null ? words.say('notKnown') : words.time(document.updatedAt))}
${address ? fact(words.say('original'), html`<a href="${address}" target="_blank" rel="noopener noreferrer">${words.say('openOriginal')}${icons.out}</a>`) : fact(words.say('path'), html`<span class="location">${document.externalId}</span>`)}
</dl>`;
}

function renderParts(context: PageContext, document: DocumentView, part: number, parts: number, query: string): Html {
  const { words } = context;
  const address = (to: number): string => {
    const parameters = new URLSearchParams(query);
    parameters.set('part', String(to + 1));
    return `/documents/${document.id}?${parameters}`;
  };
  return html`<nav class="pager" aria-label="${words.say('pagesLabel')}">${part > 0 ? html`<a class="button" rel="prev" href="${address(part - 1)}">${words.say('previous')}</a>` : html`<span></span>`}<span class="muted">${part + 1} / ${parts}</span>${part < parts - 1 ? html`<a class="button" rel="next" href="${address(part + 1)}">${words.say('next')}</a>` : html`<span></span>`}</nav>`;
}
