/** One source: its state, what waits for a decision, what can be changed, what could not be read, its past syncs. */
import type { PageContext } from '../context.ts';
import { html, type Html } from '../html.ts';
import { layout } from './layout.ts';
import { renderProgress } from './progress.ts';
import { renderBanners } from './source-banners.ts';
import { renderFacts, renderFailures, renderRuns, renderUnread } from './source-parts.ts';
import type { ShownSource, SourceView } from './source-view.ts';
import { doneNotice, pauseButton, renderState, syncButton } from './sources.ts';

/** `/sources/:id` */
export function sourcePage(context: PageContext, shown: ShownSource, view: SourceView): Html {
  const { words } = context;
  const { source } = shown;
  const here = { ...context, path: `/sources/${source.id}` };
  return layout(here, {
    title: source.name,
    room: 'sources',
    ...(shown.syncing ? { refresh: 3 } : {}),
    body: html`<p class="crumbs"><a href="/sources">${words.say('sourcesTitle')}</a></p>
${doneNotice(words, view.done)}
<div id="source-body"${shown.syncing ? html` data-live` : ''}>
<div class="page-head"><div><h1>${source.name}</h1><p class="source-state">${renderState(words, shown)}</p></div>
<div class="actions">${syncButton(here, shown)}${pauseButton(words, source)}<a class="button danger-quiet" href="/sources/${source.id}/remove">${words.say('remove')}</a></div></div>
${shown.syncing ? renderProgress(words, shown) : ''}
${renderBanners(context, shown, view.problem)}
${renderFacts(context, shown, view)}
${renderFailures(context, shown, view.offset)}
${renderUnread(words, shown)}
${renderRuns(words, shown)}
</div><p class="live-lost" role="status" data-lost="${words.say('liveLost')}"></p>`,
  });
}
