/** The Sources room: the list, what its rows share with a source's own page, and removing. */
import type { SourceStatus } from '../../app-contract.ts';
import type { PageContext } from '../context.ts';
import { html, type Content, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import type { Key, Words } from '../words.ts';
import { emptyState, layout } from './layout.ts';
import { renderProgress } from './progress.ts';
import { nextSync } from './sync-times.ts';

/** Keys of the one-line notices that a redirect may ask for. */
export const DONE = ['removed', 'sync', 'cancel', 'saved', 'paused', 'resumed', 'credential', 'confirmed'] as const;
export type Done = (typeof DONE)[number];

export function doneNotice(words: Words, done: Done | undefined): Content {
  return done ? html`<p class="done" role="status">${words.say(`done_${done}`)}</p>` : '';
}

/** `/sources` */
export function sourcesPage(context: PageContext, view: { sources: SourceStatus[]; done?: Done }): Html {
  const { words } = context;
  const busy = view.sources.some((s) => s.syncing);
  return layout(context, {
    title: words.say('sourcesTitle'),
    room: 'sources',
    ...(busy ? { refresh: 3 } : {}),
    body: html`<div class="page-head"><div><h1>${words.say('sourcesTitle')}</h1><p class="lead">${words.say('sourcesLead')}</p></div>
<a class="button primary" href="/sources/new">${icons.plus}${words.say('addSource')}</a></div>
${doneNotice(words, view.done)}
${
  view.sources.length === 0
    ? emptyState(
        words.say('noSources'),
        words.say('noSourcesBody'),
        html`<form method="post" action="/sample"><button class="button">${words.say('addSample')}</button></form>`,
      )
    : html`<ul class="source-list" id="source-list"${busy ? html` data-live` : ''}>${view.sources.map((status) => renderRow(context, status))}</ul>`
}
<p class="live-lost" role="status" data-lost="${words.say('liveLost')}"></p>`,
  });
}

function renderRow(context: PageContext, status: SourceStatus): Html {
  const { words } = context;
  const { source } = status;
  return html`<li class="source-row" id="source-${source.id}">
<div class="source-what"><h2><a href="/sources/${source.id}">${source.name}</a></h2><p class="muted small location">${source.location}</p></div>
<p class="source-state">${renderState(words, status)}</p>
<dl class="source-facts"><div><dt>${words.say('colDocuments')}</dt><dd>${words.number(status.documents)}</dd></div>
<div><dt>${words.say('colLastSync')}</dt><dd>${lastSync(words, status)}</dd></div>
<div><dt>${words.say('colNext')}</dt><dd>${nextSync(words, source)}</dd></div></dl>
<div class="source-do">${syncButton(context, status)}</div>
${status.syncing ? renderProgress(words, status) : ''}
</li>`;
}

/** How a source is, in a word and a colour. */
export function sourceState(status: SourceStatus): { key: Key; tone: 'good' | 'busy' | 'warn' | 'bad' | 'idle'; n?: number } {
  const run = status.lastRun;
  if (status.syncing) return run?.state === 'running' ? { key: 'state_syncing', tone: 'busy' } : { key: 'state_waiting', tone: 'busy' };
  const { doubt, pausedAt, problem } = status.source;
  if (doubt && doubt.confirmedAt === null) return { key: 'state_decide', tone: 'warn' };
  if (pausedAt !== null) return { key: 'state_paused', tone: 'idle' };
  if (problem) return { key: 'state_failing', tone: 'bad' };
  if (!run) return { key: 'state_new', tone: 'idle' };
  if (run.state === 'cancelled') return { key: 'state_cancelled', tone: 'idle' };
  if (run.state !== 'done' || run.summary?.error) return { key: 'state_failed', tone: 'bad' };
  if (run.summary && run.summary.failed > 0) return { key: 'state_partial', tone: 'warn', n: run.summary.failed };
  return { key: 'state_fresh', tone: 'good' };
}

export function renderState(words: Words, status: SourceStatus): Html {
  const { key, tone, n } = sourceState(status);
  return html`<span class="state state-${tone}">${words.say(key, { n: n ?? 0 })}</span>`;
}

export function lastSync(words: Words, status: SourceStatus): Content {
  const at = status.lastRun?.finishedAt ?? null;
  return at === null ? words.say('never') : words.time(at);
}

/** "Sync now", or "Cancel sync" while it runs. */
export function syncButton(context: PageContext, status: SourceStatus): Html {
  const { words } = context;
  const { id, name } = status.source;
  const back = html`<input type="hidden" name="back" value="${context.path}">`;
  if (status.syncing)
    return html`<form method="post" action="/sources/${id}/cancel">${back}<button class="button">${words.say('cancelSync')}</button></form>`;
  return html`<form method="post" action="/sources/${id}/sync">${back}<button class="button" aria-label="${words.say('syncNowLabel', { name })}">${icons.sync}${words.say('syncNow')}</button></form>`;
}

export function pauseButton(words: Words, { id, pausedAt }: SourceStatus['source']): Html {
  return pausedAt === null
    ? html`<form method="post" action="/sources/${id}/pause"><button class="button">${words.say('pause')}</button></form>`
    : html`<form method="post" action="/sources/${id}/resume"><button class="button primary">${words.say('resume')}</button></form>`;
}

/** `/sources/:id/remove` */
export function removeSourcePage(context: PageContext, status: SourceStatus): Html {
  const { words } = context;
  const { id, name, location } = status.source;
  return layout(context, {
    title: words.say('removeHeading', { name }),
    room: 'sources',
    look: 'narrow',
    body: html`<h1>${words.say('removeHeading', { name })}</h1><p class="lead">${words.say('removeBody', { documents: words.count('documents', status.documents), location })}</p>
<form method="post" action="/sources/${id}/remove"><div class="actions"><button class="button danger">${words.say('removeYes', { name })}</button><a class="button" href="/sources/${id}" autofocus>${words.say('cancel')}</a></div></form>`,
  });
}
