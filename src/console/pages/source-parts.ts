/** Parts of a source's page: its facts with what can be changed of them, and what could not be read. */
import type { ConnectorView } from '../../app-contract.ts';
import type { PageContext } from '../context.ts';
import { html, webAddress, type Content, type Html } from '../html.ts';
import type { Key, Words } from '../words.ts';
import { credentialFields } from './credential-fields.ts';
import { pager } from './layout.ts';
import { FAILURES_PAGE, type ShownSource, type SourceView } from './source-view.ts';
import { kindName, readersText } from './source-words.ts';
import { lastSync } from './sources.ts';
import { dailyText, nextSync, scheduleFields } from './sync-times.ts';

export function renderFacts(context: PageContext, shown: ShownSource, view: SourceView): Html {
  const { words } = context;
  const { source } = shown;
  const fact = (label: Key, value: Content): Html => html`<div><dt>${words.say(label)}</dt><dd>${value}</dd></div>`;
  return html`<dl class="facts facts-wide">
${fact('colDocuments', html`${shown.documents > 0 ? html`<a href="/documents?source=${source.id}">${words.count('documents', shown.documents)}</a>` : words.number(0)}, ${words.count('passages', shown.passages)}`)}
${fact('colLastSync', lastSync(words, shown))}
${fact('colNext', source.pausedAt === null ? nextSync(words, source, words.moment) : words.say('pausedSince', { ago: words.ago(source.pausedAt) }))}
${fact('schedule', renderSchedule(words, shown, view))}
${fact('location', locationOf(source.location))}
${fact('kind', kindName(words, source.kind))}
${fact('readers', readersText(words, source.readers))}
${view.connector?.credential ? fact('credential', renderCredential(words, shown, view.connector, view)) : ''}
${source.baseUrl ? fact('baseUrl', locationOf(source.baseUrl)) : ''}
${fact('added', words.time(source.createdAt))}
</dl>`;
}

function renderSchedule(words: Words, { source }: ShownSource, { problem }: SourceView): Html {
  const wrong = problem?.part === 'schedule' ? problem : undefined;
  const values = wrong ? { own: true, times: wrong.given ?? '' } : { own: source.schedule !== null, times: source.schedule ?? '' };
  return html`${source.schedule === null ? dailyText(words) : html`<code>${source.schedule}</code>`} <span class="muted">(${words.timeZone})</span>
<details class="fold change"${wrong ? html` open` : ''}><summary>${words.say('scheduleChange')}</summary><form class="form" method="post" action="/sources/${source.id}/schedule" novalidate>
${scheduleFields(words, values, wrong?.message)}<button class="button">${words.say('save')}</button></form></details>`;
}

function renderCredential(words: Words, { source }: ShownSource, connector: ConnectorView, { problem }: SourceView): Html {
  const has = source.secretId !== null;
  const wrong = problem?.part === 'credential' ? problem : undefined;
  return html`${words.say(has ? 'credentialKept' : 'credentialNone')}
<details class="fold change"${wrong ? html` open` : ''}><summary>${words.say(has ? 'credentialReplace' : 'credentialGive')}</summary><form class="form" method="post" action="/sources/${source.id}/credential" novalidate>
${credentialFields(words, connector, { note: has ? words.say('credentialTryNote') : '', ...(wrong ? { problem: wrong.message } : {}) })}
<button class="button">${words.say('credentialTry')}</button></form></details>`;
}

function locationOf(location: string): Content {
  const address = webAddress(location);
  return html`<span class="location">${address ? html`<a href="${address}" target="_blank" rel="noopener noreferrer">${location}</a>` : location}</span>`;
}

export function renderFailures(context: PageContext, shown: ShownSource, offset: number): Content {
  const { words } = context;
  const { failures, source } = shown;
  if (failures.length === 0) return '';
  return html`<section id="failures"><h2>${words.say('failuresHeading')} <span class="count">${words.number(failures.length)}</span></h2><p class="muted">${words.say('failuresLead')}</p>
${namedTable(
  words.say('failureName'),
  words.say('failureReason'),
  failures.slice(offset, offset + FAILURES_PAGE).map((f) => [f.externalId, f.reason]),
)}
${pager(context, { offset, limit: FAILURES_PAGE, total: failures.length }, (to) => `/sources/${source.id}?failures=${to}#failures`)}</section>`;
}

/** Documents of which a part could not be read. */
export function renderUnread(words: Words, { unread }: ShownSource): Content {
  if (unread.length === 0) return '';
  const rows = unread.map((document): [Content, string] => [
    html`${document.title}${document.title === document.externalId ? '' : html`<br><span class="muted small">${document.externalId}</span>`}`,
    document.unread,
  ]);
  return html`<section id="unread"><h2>${words.say('unreadHeading')} <span class="count">${words.number(unread.length)}</span></h2><p class="muted">${words.say('unreadLead')}</p>
${namedTable(words.say('failureName'), words.say('unreadWhat'), rows)}</section>`;
}

function namedTable(first: string, second: string, rows: [Content, string][]): Html {
  return html`<div class="table-scroll" tabindex="0"><table class="table"><thead><tr><th scope="col">${first}</th><th scope="col">${second}</th></tr></thead>
<tbody>${rows.map(([name, text]) => html`<tr><td class="location">${name}</td><td>${text}</td></tr>`)}</tbody></table></div>`;
}

export function renderRuns(words: Words, shown: ShownSource): Html {
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
