/** Adding a source: the form, the wait, and what was found, before anything is kept. */
import type { ConnectorView, SourcePreview } from '../../app-contract.ts';
import type { PageContext } from '../context.ts';
import { DRAFT_MINUTES } from '../drafts.ts';
import { html, type Content, type Html } from '../html.ts';
import type { Key, Words } from '../words.ts';
import { credentialFields } from './credential-fields.ts';
import { layout } from './layout.ts';
import { kindName, readersText } from './source-words.ts';
import { dailyText, scheduleFields } from './sync-times.ts';

export interface SourceFields {
  location: string;
  kind: string;
  name: string;
  readers: string;
  baseUrl: string;
  /** Empty: daily. */
  schedule: string;
}

export interface NewSourceView {
  values: SourceFields;
  /** The schedule's own times are chosen, even if none were given. */
  ownTimes: boolean;
  connectors: ConnectorView[];
  /** The draft that is being mended: what it holds of a credential is used again. */
  draft?: { id: string; hasCredential: boolean };
  problem?: { field?: string; message: string };
  /** The draft that was asked for is gone. */
  gone?: boolean;
}

const AT_A_FIELD = ['location', 'kind', 'name', 'readers', 'baseUrl', 'schedule', 'credential'];

/** `/sources/new`, and a draft's page when something in it has to be mended */
export function newSourcePage(context: PageContext, view: NewSourceView): Html {
  const { words } = context;
  const { values } = view;
  const problem = atField(view, words);
  const messageAt = (name: string): string | undefined => (problem?.field === name ? problem.message : undefined);
  const input = (name: 'location' | 'name' | 'readers' | 'baseUrl', label: Key, help: Key, extra: Content = ''): Html => {
    const wrong = messageAt(name);
    return html`<div class="stack"><label for="f-${name}">${words.say(label)}</label>
<input id="f-${name}" name="${name}" value="${values[name]}" autocomplete="off" spellcheck="false" autocapitalize="off" aria-describedby="h-${name}${wrong ? ' p-field' : ''}"${wrong ? html` aria-invalid="true" autofocus` : extra}>
${renderWrong(wrong)}<p class="help" id="h-${name}">${words.say(help)}</p></div>`;
  };
  return layout(context, {
    title: words.say('newSourceTitle'),
    room: 'sources',
    look: 'narrow',
    body: html`<p class="crumbs"><a href="/sources">${words.say('sourcesTitle')}</a></p><h1>${words.say('newSourceTitle')}</h1><p class="lead">${words.say('newSourceLead')}</p>
${view.gone ? html`<div class="notice" role="alert"><p>${words.say('draftGone', { n: DRAFT_MINUTES })}</p></div>` : ''}
${problem && problem.field === undefined ? html`<div class="notice notice-bad" role="alert"><p>${words.say('formProblem')} ${problem.message}</p></div>` : ''}
<form class="form" method="post" action="/sources" novalidate>
${view.draft ? html`<input type="hidden" name="draft" value="${view.draft.id}">` : ''}
${input('location', 'fieldLocation', 'fieldLocationHelp', problem ? '' : html` autofocus`)}
${renderKinds(words, view, messageAt)}
${input('name', 'fieldName', 'fieldNameHelp')}
${input('readers', 'fieldReaders', 'fieldReadersHelp')}
${scheduleFields(words, { own: view.ownTimes, times: values.schedule }, messageAt('schedule'))}
<details class="fold"${values.baseUrl !== '' || messageAt('baseUrl') ? html` open` : ''}><summary>${words.say('advanced')}</summary><div class="fold-body">
${input('baseUrl', 'fieldBaseUrl', 'fieldBaseUrlHelp')}</div></details>
<div class="actions"><button class="button primary">${words.say('previewButton')}</button><a class="button" href="/sources">${words.say('cancel')}</a></div>
</form>`,
  });
}

const renderWrong = (message: string | undefined): Content =>
  message === undefined ? '' : html`<p class="field-problem" id="p-field" role="alert">${message}</p>`;

/** A problem belongs to a field of this form or to none; where no fields to sign in show, to the kind that brings them. */
function atField({ problem, values, connectors }: NewSourceView, words: Words): { field?: string; message: string } | undefined {
  if (!problem) return undefined;
  const { field, message } = problem;
  if (field === undefined || !AT_A_FIELD.includes(field)) return { message };
  if (field !== 'credential') return problem;
  return connectors.some(({ kind, credential }) => credential && kind === values.kind)
    ? problem
    : { field: 'kind', message: `${message} ${words.say('fieldKindSignIn')}` };
}

/** The kinds, and for each that takes a credential its fields, which show while it is chosen. */
function renderKinds(words: Words, view: NewSourceView, messageAt: (name: string) => string | undefined): Html {
  const { values, connectors, draft } = view;
  const wrong = messageAt('kind');
  const signIn = connectors.filter(({ credential }) => credential);
  return html`<div class="kinds"><div class="stack"><label for="f-kind">${words.say('fieldKind')}</label>
<select id="f-kind" name="kind" aria-describedby="h-kind${wrong ? ' p-field' : ''}"${wrong ? html` aria-invalid="true" autofocus` : ''}>
<option value="">${words.say('fieldKindAny')}</option>
${connectors.map(({ kind, credential }) => html`<option value="${kind}"${credential ? html` data-sign-in="${signIn.findIndex((other) => other.kind === kind) + 1}"` : ''}${kind === values.kind ? html` selected` : ''}>${kindName(words, kind)}</option>`)}
</select>${renderWrong(wrong)}<p class="help" id="h-kind">${words.say('fieldKindHelp')}</p></div>
${signIn.map((connector, i) => {
  const chosen = connector.kind === values.kind;
  const problem = chosen ? messageAt('credential') : undefined;
  const note =
    chosen && draft?.hasCredential ? words.say('credentialAgain') : connector.credential!.required ? '' : words.say('credentialOptional');
  return html`<fieldset class="sign-in sign-in-${i + 1}"><legend>${words.say('signInTo', { kind: kindName(words, connector.kind) })}</legend>
${credentialFields(words, connector, { note, ...(problem === undefined ? {} : { problem }) })}</fieldset>`;
})}</div>`;
}

/** A draft's page while it is looked at. */
export function lookingPage(context: PageContext, view: { draftId: string; location: string; documents: number }): Html {
  const { words } = context;
  const text =
    view.documents === 0 ? words.say('lookingStart') : words.say('lookingListed', { documents: words.count('documents', view.documents) });
  return layout(context, {
    title: words.say('lookingTitle'),
    room: 'sources',
    look: 'narrow',
    refresh: 2,
    body: html`<p class="crumbs"><a href="/sources">${words.say('sourcesTitle')}</a></p><h1>${words.say('lookingTitle')}</h1><p class="lead">${words.say('lookingLead')}</p>
<div id="looking" class="looking" data-live><p class="location">${view.location}</p>
<div class="progress"><p class="progress-phase" role="status"><span class="pulse" aria-hidden="true"></span>${text}</p><progress aria-label="${words.say('lookingTitle')}"></progress></div></div>
<form method="post" action="/sources/new/${view.draftId}/cancel"><button class="button">${words.say('cancel')}</button></form>
<p class="live-lost" role="status" data-lost="${words.say('liveLost')}"></p>`,
  });
}

/** A draft's page when the look has ended well. */
export function previewPage(
  context: PageContext,
  view: { draftId: string; location: string; schedule: string; preview: SourcePreview },
): Html {
  const { words } = context;
  const { preview, schedule } = view;
  const documents = words.count('documents', preview.documents);
  const fact = (label: Key, value: Content): Html => html`<div><dt>${words.say(label)}</dt><dd>${value}</dd></div>`;
  return layout(context, {
    title: words.say('previewTitle', { name: preview.name }),
    room: 'sources',
    look: 'narrow',
    body: html`<p class="crumbs"><a href="/sources">${words.say('sourcesTitle')}</a></p><h1>${words.say('previewTitle', { name: preview.name })}</h1><p class="lead">${words.say('previewLead')}</p>
${preview.documents === 0 ? html`<div class="notice notice-warn" role="alert"><p>${words.say('previewNothing')}</p></div>` : ''}
<dl class="facts facts-wide">
${fact('colDocuments', html`<strong>${preview.more ? words.say('previewMore', { documents }) : documents}</strong>`)}
${preview.estimate ? fact('previewSize', words.say('previewSizeText', { passages: words.count('passages', preview.estimate.passages) })) : ''}
${preview.cost ? fact('previewCost', costText(words, preview.cost)) : ''}
${fact('readers', readersText(words, preview.readers))}
${fact('kind', kindName(words, preview.kind))}
${fact('location', html`<span class="location">${view.location}</span>`)}
${fact(
  'previewSync',
  html`${schedule === '' ? words.say('previewSyncDaily', { schedule: lowerFirst(words, dailyText(words)) }) : html`${words.say('previewSyncOwn')} <code>${schedule}</code>; ${words.say('previewSyncNext', { when: '' })}${words.moment(preview.nextSyncAt)}`} <span class="muted">(${preview.timeZone})</span>`,
)}
</dl>
${renderSamples(words, preview.samples)}
<section class="blind"><h2>${words.say('previewBlind')}</h2><ul class="tips" lang="en">${preview.blindSpots.map((text) => html`<li>${text}</li>`)}</ul></section>
<div class="actions preview-actions"><form method="post" action="/sources/new/${view.draftId}/add"><button class="button primary">${words.say('addNow')}</button></form><a class="button" href="/sources/new/${view.draftId}?edit=1">${words.say('back')}</a></div>`,
  });
}

function renderSamples(words: Words, samples: SourcePreview['samples']): Content {
  if (samples.length === 0) return '';
  return html`<section><h2>${words.say('previewSamples')}</h2>
<div class="table-scroll" tabindex="0"><table class="table"><thead><tr><th scope="col">${words.say('previewSampleTitle')}</th><th scope="col">${words.say('previewSampleRead')}</th></tr></thead>
<tbody>${samples.map((sample) => html`<tr><td class="location">${sample.title ?? sample.externalId}</td><td${sample.problem === undefined ? '' : html` class="bad"`}>${sample.problem ?? words.count('passages', sample.passages ?? 0)}</td></tr>`)}</tbody></table></div></section>`;
}

function costText(words: Words, { model, usd, minutes }: NonNullable<SourcePreview['cost']>): string {
  if (usd !== undefined) return words.say('previewCostUsd', { usd: words.dollars(usd), model });
  if (minutes === undefined) return words.say('previewCostUnknown', { model });
  return words.say(minutes <= 1 ? 'previewCostMinutes_one' : 'previewCostMinutes', { n: words.number(minutes), model });
}

const lowerFirst = (words: Words, text: string): string => (words.language === 'en' ? text[0]!.toLowerCase() + text.slice(1) : text);
