/** The Ask room: a first run, an empty page with one input, or a conversation. */
import type { SourceStatus } from '../../app-contract.ts';
import type { PageContext } from '../context.ts';
import { html, type Content, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import type { Words } from '../words.ts';
import { layout } from './layout.ts';
import { renderProgress } from './progress.ts';
import { syncButton } from './sources.ts';
import { renderTurn, type TurnView } from './turn.ts';

/** Characters that a question may have. */
export const MAX_QUESTION = 100_000;

export interface AskView {
  threadId: string | null;
  turns: TurnView[];
  sources: SourceStatus[];
  suggestions: { text: string; language: string }[];
  /** What to begin the input with. */
  draft: string;
  /** False until a source has been read for the first time. */
  searchable: boolean;
}

/** `/` and `/t/:id`. */
export function askPage(context: PageContext, view: AskView): Html {
  const { words } = context;
  const conversation = view.turns.length > 0;
  const reading = view.sources.find((s) => s.syncing) ?? view.sources[0];
  const pending = view.turns.some((turn) => turn.phase === 'asking');
  const title = conversation ? conversationTitle(words, view.turns[0]!.question) : words.say('askTitle');
  if (!conversation && !view.searchable)
    return layout(context, {
      title,
      room: 'ask',
      look: 'ask-room start',
      ...(reading?.syncing ? { refresh: 2 } : {}),
      body: reading ? preparing(context, reading) : firstRun(words),
    });
  return layout(context, {
    title,
    room: 'ask',
    look: `ask-room ${conversation ? 'conversation' : 'start'}`,
    ...(pending ? { refresh: 2 } : {}),
    body: html`<div class="thread-wrap" id="thread-wrap"${pending ? html` data-live` : ''}>
${conversation ? html`<h1 class="sr-only">${words.say('conversationTitle')}</h1>` : html`<div class="hero" data-hero><h1>${words.say('askHeading')}</h1><p class="lead">${words.say('askLead')}</p></div>`}
<p class="thread-top"><a href="/">${icons.plus}${words.say('newQuestion')}</a></p>
<div id="thread">${view.turns.map((turn) => renderTurn(words, turn))}</div></div>
${composer(words, view)}
${conversation ? '' : html`<div class="below" data-hero>${renderSuggestions(words, view.suggestions)}${scope(words, view.sources)}</div>`}
<div class="sr-only" role="log" aria-live="polite" id="announce"></div>
${templates(words)}`,
  });
}

/** What a conversation is called: its first question, short. */
export function conversationTitle(words: Words, question: string): string {
  const text = question.trim().replace(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 60)}…` : text || words.say('conversationTitle');
}

function composer(words: Words, view: AskView): Html {
  const conversation = view.turns.length > 0;
  const placeholder = words.say('questionPlaceholder');
  return html`<form class="composer" method="post" action="/ask" data-ask data-max="${MAX_QUESTION}">
<input type="hidden" name="thread" value="${view.threadId ?? ''}">
<label class="sr-only" for="question">${words.say('questionLabel')}</label>
<div class="composer-box"><textarea id="question" name="question" rows="1" placeholder="${conversation ? words.say('followUpPlaceholder') : placeholder}" data-follow-up="${words.say('followUpPlaceholder')}" aria-describedby="ask-hint" autocomplete="off" enterkeyhint="send"${conversation ? '' : html` autofocus`}>${'\n'}${view.draft}</textarea>
<button class="send" type="submit" aria-label="${words.say('askButton')}" title="${words.say('askButton')}">${icons.ask}</button>
<button class="send stop" type="button" hidden data-stop aria-label="${words.say('stopButton')}" title="${words.say('stopButton')}">${icons.stop}</button></div>
<p class="hint" id="ask-hint" role="status" data-empty="${words.say('askHint')}" data-long="${words.say('askTooLong', { max: words.number(MAX_QUESTION) })}"></p>
</form>`;
}

function renderSuggestions(words: Words, suggestions: AskView['suggestions']): Content {
  if (suggestions.length === 0) return '';
  return html`<section class="suggestions" aria-labelledby="try"><h2 class="panel-title" id="try">${words.say('tryAsking')}</h2>
<form method="post" action="/ask" data-suggestions><ul>${suggestions.map(({ text, language }) => html`<li><button name="question" value="${text}" lang="${language}">${text}</button></li>`)}</ul></form></section>`;
}

function scope(words: Words, sources: SourceStatus[]): Html {
  const documents = sources.reduce((sum, s) => sum + s.documents, 0);
  return html`<p class="scope muted small"><a href="/sources">${words.say('searchesOver', { documents: words.count('documents', documents), sources: words.count('sources', sources.length) })}</a></p>`;
}

function firstRun(words: Words): Html {
  return html`<div class="first" id="first"><h1>${words.say('firstHeading')}</h1><p class="lead">${words.say('firstLead')}</p>
<div class="first-ways">
<form class="way way-main" method="post" action="/sample">${icons.book}<div><button class="button primary">${words.say('addSample')}</button><p class="muted">${words.say('addSampleNote')}</p></div></form>
<div class="way">${icons.folder}<div><a class="button" href="/sources/new">${words.say('addOwn')}</a><p class="muted">${words.say('addOwnNote')}</p></div></div>
</div></div>`;
}

/** The first source is on its way, or could not be read. */
function preparing(context: PageContext, status: SourceStatus): Html {
  const { words } = context;
  const { name, id } = status.source;
  if (!status.syncing) {
    return html`<div class="first" id="first"><h1>${words.say(status.lastRun ? 'preparingFailed' : 'notReadYet', { name })}</h1>
${status.lastRun?.summary?.error ? html`<p class="lead">${status.lastRun.summary.error}</p>` : ''}
<div class="actions">${syncButton({ ...context, path: '/' }, status)}<a class="button" href="/sources/${id}">${words.say('seeSource')}</a><a class="button" href="/sources/new">${words.say('addOwn')}</a></div></div>`;
  }
  return html`<div class="first" id="first" data-live="swap"><h1>${words.say('preparing', { name })}</h1><p class="lead">${words.say('preparingNote')}</p>
${renderProgress(words, status)}
${status.documents > 0 ? html`<p><a href="/?now=1">${words.say('askAlready')}</a></p>` : ''}<p class="live-lost" role="status" data-lost="${words.say('liveLost')}"></p></div>`;
}

/** What the script shows when the connection or the answering ends early. */
function templates(words: Words): Html {
  const note = (id: string, text: string): Html =>
    html`<template id="${id}"><div class="notice"><p data-text="${text}">${text}</p><button class="button" type="button" data-retry>${words.say('askAgain')}</button></div></template>`;
  return html`${note('note-stopped', words.say('stopped'))}${note('note-lost', words.say('lost'))}${note('note-offline', words.say('offline'))}${note('note-refused', words.say('refused', { message: '{message}' }))}
<template id="new-turn"><article class="turn" data-phase="asking" aria-busy="true"><h2 class="question"></h2><div class="answer"><div class="answer-main"><p class="working"><span class="pulse" aria-hidden="true"></span>${words.say('statusStarting')}</p></div></div></article></template>`;
}
