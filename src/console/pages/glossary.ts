/** The Glossary room: the list, one term, adding, changing and removing. */
import type { GlossaryEntry } from '../../app-contract.ts';
import type { PageContext } from '../context.ts';
import { html, type Content, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import type { Key } from '../words.ts';
import { emptyState, layout, pager } from './layout.ts';

/** Terms on one page. */
export const GLOSSARY_PAGE = 100;

/** What a redirect may say has happened. */
export const GLOSSARY_DONE: Record<string, Key> = {
  saved: 'glossaryDone_saved',
  removed: 'glossaryDone_removed',
  taken: 'glossaryDone_taken',
};

export interface GlossaryView {
  query: string;
  offset: number;
  /** Of the terms that match. */
  total: number;
  entries: GlossaryEntry[];
  done?: Key;
}

/** `/glossary` */
export function glossaryPage(context: PageContext, view: GlossaryView): Html {
  const { words } = context;
  const empty = view.total === 0 && view.query === '';
  return layout(context, {
    title: words.say('glossaryTitle'),
    room: 'glossary',
    body: html`<div class="page-head"><div><h1>${words.say('glossaryTitle')}</h1><p class="lead">${words.say('glossaryLead')}</p></div>
<div class="actions"><a class="button primary" href="/glossary/new">${icons.plus}${words.say('glossaryAdd')}</a><a class="button" href="/glossary/import">${words.say('glossaryImport')}</a>${empty ? '' : html`<a class="button" href="/glossary/export" download="glossary.csv">${words.say('glossaryExport')}</a>`}</div></div>
${view.done ? html`<p class="done" role="status">${words.say(view.done)}</p>` : ''}
${
  empty
    ? emptyState(words.say('glossaryNone'), words.say('glossaryNoneBody'))
    : html`<form class="filters" method="get" action="/glossary" role="search"><label class="sr-only" for="q">${words.say('glossaryFind')}</label><span class="search-box">${icons.search}<input id="q" type="search" name="q" value="${view.query}" placeholder="${words.say('glossaryFind')}" maxlength="300"></span><button class="button">${words.say('filter')}</button></form>
${
  view.total === 0
    ? emptyState(words.say('glossaryNoMatch'), view.query, html`<a class="button" href="/glossary">${words.say('glossaryShowAll')}</a>`)
    : html`<p class="muted small">${words.say(view.total === 1 ? 'glossaryCount_one' : 'glossaryCount', { n: words.number(view.total) })}</p>
<ul class="document-list glossary-list">${view.entries.map((entry) => renderEntry(context, entry))}</ul>
${pager(context, { offset: view.offset, limit: GLOSSARY_PAGE, total: view.total }, (offset) => `/glossary?${new URLSearchParams({ ...(view.query ? { q: view.query } : {}), offset: String(offset) })}`)}`
}`
}`,
  });
}

function renderEntry(context: PageContext, entry: GlossaryEntry): Html {
  const { words } = context;
  return html`<li class="glossary-row"><div><h2>${entry.term}</h2>${synonymList(entry.synonyms)}${entry.explanation ? html`<p class="muted small">${entry.explanation}</p>` : ''}</div>
<a class="button" href="/glossary/${entry.id}" aria-label="${words.say('glossaryChangeLabel', { term: entry.term })}">${words.say('glossaryChange')}</a></li>`;
}

export function synonymList(synonyms: string[]): Html {
  return html`<ul class="synonyms">${synonyms.map((synonym) => html`<li>${synonym}</li>`)}</ul>`;
}

export interface GlossaryFields {
  term: string;
  synonyms: string;
  explanation: string;
}

/** `/glossary/new` and `/glossary/:id` */
export function glossaryEntryPage(
  context: PageContext,
  view: { id?: string; values: GlossaryFields; problem?: { field: keyof GlossaryFields; message: string } },
): Html {
  const { words } = context;
  const { problem, values, id } = view;
  const title = words.say(id === undefined ? 'glossaryNew' : 'glossaryEdit');
  const field = (name: keyof GlossaryFields, label: Key, help: Key, control: (attributes: Html) => Content): Html => {
    const wrong = problem?.field === name;
    const first = problem ? wrong : name === 'term' && id === undefined;
    const attributes = html`id="f-${name}" name="${name}" aria-describedby="h-${name}${wrong ? ' p-field' : ''}" autocomplete="off"${wrong ? html` aria-invalid="true"` : ''}${first ? html` autofocus` : ''}`;
    return html`<div class="stack"><label for="f-${name}">${words.say(label)}</label>
${control(attributes)}
${wrong ? html`<p class="field-problem" id="p-field" role="alert">${problem.message}</p>` : ''}<p class="help" id="h-${name}">${words.say(help)}</p></div>`;
  };
  return layout(context, {
    title,
    room: 'glossary',
    look: 'narrow',
    body: html`<p class="crumbs"><a href="/glossary">${words.say('glossaryTitle')}</a></p><h1>${title}</h1>
<form class="form" method="post" action="${id === undefined ? '/glossary' : `/glossary/${id}`}" novalidate>
${field('term', 'glossaryTerm', 'glossaryTermHelp', (attributes) => html`<input ${attributes} value="${values.term}">`)}
${field('synonyms', 'glossarySynonyms', 'glossarySynonymsHelp', (attributes) => html`<input ${attributes} value="${values.synonyms}">`)}
${field('explanation', 'glossaryExplanation', 'glossaryExplanationHelp', (attributes) => html`<textarea ${attributes} rows="2">${'\n'}${values.explanation}</textarea>`)}
<div class="actions"><button class="button primary">${words.say('save')}</button><a class="button" href="/glossary">${words.say('cancel')}</a>${id === undefined ? '' : html`<a class="button danger-quiet" href="/glossary/${id}/remove">${words.say('glossaryRemove')}</a>`}</div>
</form>`,
  });
}

/** `/glossary/:id/remove` */
export function removeGlossaryPage(context: PageContext, entry: GlossaryEntry): Html {
  const { words } = context;
  const { id, term } = entry;
  return layout(context, {
    title: words.say('glossaryRemoveHeading', { term }),
    room: 'glossary',
    look: 'narrow',
    body: html`<h1>${words.say('glossaryRemoveHeading', { term })}</h1><p class="lead">${words.say('glossaryRemoveBody', { synonyms: entry.synonyms.join(words.language === 'zh' ? '、' : ', ') })}</p>
<form method="post" action="/glossary/${id}/remove"><div class="actions"><button class="button danger">${words.say('glossaryRemoveYes', { term })}</button><a class="button" href="/glossary/${id}" autofocus>${words.say('cancel')}</a></div></form>`,
  });
}

/** An address of a term that is not there (any more). */
export function noGlossaryEntryPage(context: PageContext): Html {
  const { words } = context;
  return layout(context, {
    title: words.say('glossaryUnknown'),
    room: 'glossary',
    look: 'narrow',
    body: html`<h1>${words.say('glossaryUnknown')}</h1><p class="lead">${words.say('glossaryUnknownBody')}</p><div class="actions"><a class="button" href="/glossary">${words.say('glossaryShowAll')}</a></div>`,
  });
}
