/** The list of documents, searched by title. */
import type { DocumentSummary, SourceStatus } from '../../app-contract.ts';
import type { PageContext } from '../context.ts';
import { html, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import { emptyState, layout, pager } from './layout.ts';

/** Documents on one page. */
export const DOCUMENTS_PAGE = 50;

export interface DocumentsView {
  query: string;
  sourceId: string;
  offset: number;
  total: number;
  documents: DocumentSummary[];
  sources: SourceStatus[];
}

/** `/documents` */
export function documentsPage(context: PageContext, view: DocumentsView): Html {
  const { words } = context;
  const filtered = view.query !== '' || view.sourceId !== '';
  return layout(context, {
    title: words.say('documentsTitle'),
    room: 'documents',
    body: html`<div class="page-head"><div><h1>${words.say('documentsTitle')}</h1><p class="lead">${words.say('documentsLead')}</p></div></div>
${
  view.total > 0 || filtered
    ? html`<form class="filters" method="get" action="/documents" role="search">
<label class="sr-only" for="q">${words.say('searchTitles')}</label><span class="search-box">${icons.search}<input id="q" type="search" name="q" value="${view.query}" placeholder="${words.say('searchTitles')}" maxlength="300"></span>
<label class="sr-only" for="s">${words.say('filterSource')}</label><select id="s" name="source" data-submit><option value="">${words.say('allSources')}</option>${view.sources.map(({ source }) => html`<option value="${source.id}"${source.id === view.sourceId ? html` selected` : ''}>${source.name}</option>`)}</select>
<button class="button">${words.say('filter')}</button></form>`
    : ''
}
${
  view.documents.length === 0
    ? none(context, filtered)
    : html`<p class="muted small">${words.count('documents', view.total)}</p>
<ul class="document-list">${view.documents.map((document) => renderRow(context, document))}</ul>
${pager(context, { offset: view.offset, limit: DOCUMENTS_PAGE, total: view.total }, (offset) => `/documents?${new URLSearchParams({ ...(view.query ? { q: view.query } : {}), ...(view.sourceId ? { source: view.sourceId } : {}), offset: String(offset) })}`)}`
}`,
  });
}

function none(context: PageContext, filtered: boolean): Html {
  const { words } = context;
  if (filtered)
    return emptyState(
      words.say('noMatches'),
      words.say('noMatchesBody'),
      html`<a class="button" href="/documents">${words.say('clearSearch')}</a>`,
    );
  return emptyState(
    words.say('noDocuments'),
    words.say('noDocumentsBody'),
    html`<a class="button primary" href="/sources/new">${words.say('addSource')}</a>`,
  );
}

function renderRow(context: PageContext, document: DocumentSummary): Html {
  const { words } = context;
  const title = document.title.trim() === '' ? document.externalId : document.title;
  return html`<li><a class="document-row" href="/documents/${document.id}"><span class="document-title">${title}</span>
<span class="document-meta muted small"><span>${document.sourceName}</span>${document.owner ? html`<span>${document.owner}</span>` : ''}${document.updatedAt === null ? '' : html`<span>${words.time(document.updatedAt)}</span>`}</span></a></li>`;
}
