/** Search by meaning, in the Settings room: how far it is, which model, and where models come from. */
import { html, type Content, type Html } from '../html.ts';
import type { Words } from '../words.ts';
import { problemOfPart, type ModelRow, type ModelStatus, type SettingsView } from './settings-view.ts';

export function renderMeaning(words: Words, view: SettingsView): Html {
  const { models, rows, settings } = view;
  const going = models.download?.state === 'running' || (models.vectors !== undefined && models.vectors.embedded < models.vectors.passages);
  return html`<section class="panel" id="meaning"><h2>${words.say('meaningHeading')}</h2>
<div id="meaning-state"${going ? html` data-live="swap"` : ''}>${renderState(words, models)}</div>
<div class="table-scroll" tabindex="0"><table class="table"><thead><tr><th scope="col">${words.say('priceModel')}</th><th scope="col">${words.say('meaningLanguages')}</th><th scope="col">${words.say('meaningSize')}</th><th scope="col"><span class="sr-only">${words.say('meaningUse')}</span></th></tr></thead><tbody>
${rows.map((row) => renderRow(words, row))}
<tr><td>${words.say('meaningNone')}</td><td></td><td></td><td>${models.embeddingModel === null && models.awaited === undefined ? words.say('meaningInUse') : useButton(words, 'none')}</td></tr>
</tbody></table></div>${problemOfPart(words, view, 'meaning')}
<details class="more"><summary>${words.say('meaningHub')}</summary><form class="form" method="post" action="/settings/hub"><div class="stack"><label class="sr-only" for="hub">${words.say('meaningHub')}</label><input id="hub" name="modelHub" value="${settings.modelHub}" autocomplete="off" spellcheck="false" aria-describedby="hub-help"><p class="help" id="hub-help">${words.say('meaningHubHelp')}</p></div><button class="button">${words.say('save')}</button></form></details></section>`;
}

function renderState(words: Words, models: ModelStatus): Content {
  const { vectors, download, awaited, embeddingModel } = models;
  const bar = (value: number, max: number, text: string): Html =>
    html`<div class="progress"><p class="progress-phase"><span class="pulse" aria-hidden="true"></span>${text}</p><progress max="${Math.max(1, max)}" value="${value}" aria-label="${text}"></progress></div>`;
  return html`<p>${embeddingModel === null ? words.say('meaningOff') : words.say('meaningOn', { model: embeddingModel })}</p>
${vectors && vectors.embedded < vectors.passages ? bar(vectors.embedded, vectors.passages, words.say(vectors.replaces ? 'meaningBuilding' : 'meaningFilling', { n: words.number(vectors.embedded), of: words.number(vectors.passages), model: vectors.replaces ?? '' })) : ''}
${download?.state === 'running' ? bar(download.bytes, download.totalBytes, words.say(download.waiting ? 'meaningWaiting' : 'meaningDownloading', { model: download.model, n: megabytes(words, download.bytes), of: megabytes(words, download.totalBytes) })) : ''}
${download?.state === 'failed' ? html`<div class="notice notice-warn"><p>${words.say('meaningFailed', { model: download.model })} ${download.reason}</p></div>` : ''}
${awaited && !download ? html`<p class="help">${words.say('meaningAwaited', { model: awaited })}</p>` : ''}`;
}

function renderRow(words: Words, row: ModelRow): Html {
  const languages = row.languages.length > 6 ? words.say('meaningMany', { n: row.languages.length }) : row.languages.join(', ');
  return html`<tr><td><code>${row.name}</code>${row.problem ? html`<p class="field-problem">${row.problem}</p>` : ''}</td><td>${languages}</td><td>${megabytes(words, row.bytes)} MB</td><td>${row.inUse ? words.say('meaningInUse') : useButton(words, row.name)}</td></tr>`;
}

const useButton = (words: Words, name: string): Html =>
  html`<form method="post" action="/settings/model"><button class="quiet" name="model" value="${name}" aria-label="${words.say('meaningUse')}: ${name}">${words.say('meaningUse')}</button></form>`;

const megabytes = (words: Words, bytes: number): string => words.number(Math.round(bytes / 1e6));
