/** One source: its state, what could not be read, its past syncs. */
import type { App } from '../../app-contract.ts';
import type { PageContext } from '../context.ts';
import { html, webAddress, type Content, type Html } from '../html.ts';
import type { Words } from '../words.ts';
import { layout, pager } from './layout.ts';
import { renderProgress } from './progress.ts';
import { doneNotice, lastSync, renderState, syncButton, type Done } from './sources.ts';

export type ShownSource = NonNullable<Awaited<ReturnType<App['showSource']>>>;

/** Failures on one page. */
export const FAILURES_PAGE = 50;

/** `/sources/:id` */
export function sourcePage(context: PageContext, shown: ShownSource, view: { offset: number; done?: Done }): Html {
  const { words } = context;
  const { source } = shown;
  return layout(context, {
    title: source.name,
    room: 'sources',
    ...(shown.syncing ? { refresh: 3 } : {}),
    body: html`<p class="crumbs"><a href="/sources">${words.say('sourcesTitle')}</a></p>
${doneNotice(words, view.done)}
<div id="source-body"${shown.syncing ? html` data-live` : ''}>
<div class="page-head"><div><h1>${source.name}</h1><p class="source-state">${renderState(words, shown)}</p></div>
<div class="actions">${syncButton({ ...context, path: `/sources/${source.id}` }, shown)}<a class="button danger-quiet" href="/sources/${source.id}/remove">${words.say('remove')}</a></div></div>
${shown.syncing ? renderProgress(words, shown) : ''}
${!shown.syncing && shown.lastRun?.summary?.error ? html`<div class="notice notice-bad"><p>${shown.lastRun.summary.error}</p></div>` : ''}
<dl class="facts facts-wide">
<div><dt>${words.say('colDocuments')}</dt><dd>${shown.documents > 0 ? html`<a href="/documents?source=${source.id}">${words.count('documents', shown.documents)}</a>` : words.number(0)}, ${words.count('passages', shown.passages)}</dd></div>
<div><dt>${words.say('colLastSync')}</dt><dd>${lastSync(words, shown)}</dd></div>
<div><dt>${words.say('location')}</dt><dd class="location">${locationOf(source.location)}</dd></div>
<div><dt>${words.say('kind')}</dt><dd>${source.kind === 'folder' || source.kind === 'site' ? words.say(`kind_${source.kind}`) : source.kind}</dd></div>
<div><dt>${words.say('readers')}</dt><dd>${source.readers.join(', ')}</dd></div>
${source.baseUrl ? html`<div><dt>${words.say('baseUrl')}</dt><dd class="location">${locationOf(source.baseUrl)}</dd></div>` : ''}
<div><dt>${words.say('colNext')}</dt><dd>${source.schedule ? html`<code>${source.schedule}</code>` : words.say('onRequest')}</dd></div>
<div><dt>${words.say('added')}</dt><dd>${words.time(source.createdAt)}</dd></div>
</dl>
${renderFailures(context, shown, view.offset)}
${renderRuns(words, shown)}
</div><p class="live-lost" role="status" data-lost="${words.say('liveLost')}"></p>`,
  });
}

function locationOf(location: string): Content {
  const address = webAddress(location);
  return address ? html`<a href="${address}" target="_blank" rel="noopener noreferrer">${location}</a>` : location;
}

function renderFailures(context: PageContext, shown: ShownSource, offset: number): Content {
  const { words } = context;
  const { failures, source } = shown;
  if (failures.length === 0) return '';
  return html`<section id="failures"><h2>${words.say('failuresHeading')} <span class="count">${words.number(failures.length)}</span></h2><p class="muted">${words.say('failuresLead')}</p>
<div class="table-scroll" tabindex="0"><table class="table"><thead><tr><th scope="col">${words.say('failureName')}</th><th scope="col">${words.say('failureReason')}</th></tr></thead>
<tbody>${failures.slice(offset, offset + FAILURES_PAGE).map((f) => html`<tr><td class="location">${f.externalId}</td><td>${f.reason}</td></tr>`)}</tbody></table></div>
${pager(context, { offset, limit: FAILURES_PAGE, total: failures.length }, (to) => `/sources/${source.id}?failures=${to}#failures`)}</section>`;
}

function renderRuns(words: Words, shown: ShownSource): Html {
  const ended = shown.runs.filter((run) => run.state !== 'running');
  return html`<section><h2>${words.say('runsHeading')}</h2>${
    ended.length === 0
      ? html`<p class="muted">${words.say('noRuns')}</p>`
      : html`
<div class="table-scroll" tabindex="0"><table class="table"><thead><tr><th scope="col">${words.say('runStarted')}</th><th scope="col">${words.say('runTook')}</th><th scope="col">${words.say('runResult')}</th></tr></thead>
<tbody>${ended.map((run) => {
          const { summary } = run;
          return html`<tr><td class="nowrap">${words.time(run.startedAt)}</td><td class="nowrap">${run.finishedAt === null ? '' : words.duration(run.finishedAt - run.startedAt)}</td>
<td>${run.state === 'done' ? '' : html`<span class="state state-${run.state === 'failed' ? 'bad' : 'idle'}">${words.say(`run_${run.state}`)}</span> `}${summary ? words.say('runSummary', { added: words.number(summary.added), changed: words.number(summary.changed), removed: words.number(summary.removed), unchanged: words.number(summary.unchanged), failed: words.number(summary.failed) }) : ''}${summary && !summary.complete && run.state === 'done' ? html`; ${words.say('runIncomplete')}` : ''}${summary?.error ? html`<br><span class="bad">${summary.error}</span>` : ''}</td></tr>`;
        })}</tbody></table></div>`
  }</section>`;
}
