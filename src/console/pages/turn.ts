/** One question and its answer, as far as it has come. The stream and the kept conversation are drawn by this same code. */
import type { Answer, AnswerSentence, Citation } from '../../types.ts';
import { html, type Content, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import type { Words } from '../words.ts';
import { renderAnswerBody } from './answer-body.ts';
import { renderSources } from './answer-sources.ts';
import { renderFeedback } from './feedback.ts';
import { renderUnanswered, type Searched } from './unanswered.ts';

export interface TurnView {
  /** Place in the conversation, from 1: ids on the page are made of it. */
  index: number;
  threadId: string;
  question: string;
  /** Where asking stands: `asking` with what it does now, `cut` when it ended without an answer. */
  phase: 'asking' | 'cut' | 'done';
  status?: 'searching' | 'reading' | 'writing';
  sentences: AnswerSentence[];
  citations: Citation[];
  /** Once it is complete. */
  answer: Answer | null;
  searched: Searched;
  /** Feedback was given just now. */
  thanked?: boolean;
}

const LONG_QUESTION = 600;

/** The turn's whole markup; a later one of the same turn differs only by what was added. */
export function renderTurn(words: Words, turn: TurnView): Html {
  const { answer } = turn;
  const language = answer?.language;
  const status = answer?.status;
  const body: Content =
    status === 'unanswered' || status === 'failed'
      ? ''
      : html`<div class="answer-body"${language ? html` lang="${language}"` : ''}>${renderAnswerBody(words, turn)}</div>`;
  return html`<article class="turn" id="t${turn.index}" data-phase="${turn.phase}"${status ? html` data-status="${status}"` : ''} aria-busy="${turn.phase === 'asking' ? 'true' : 'false'}">
${renderQuestion(turn.question)}
<div class="answer">
<div class="answer-main">
${body}
${turn.phase === 'asking' ? html`<p class="working"><span class="pulse" aria-hidden="true"></span>${words.say(workingKey(turn))}</p>` : ''}
${turn.phase === 'cut' ? renderCut(words, turn) : ''}
${status === 'unanswered' && answer ? renderUnanswered(words, answer, turn.searched) : ''}
${status === 'failed' && answer ? renderFailed(words, turn, answer) : ''}
${answer ? html`${renderDegraded(words, answer)}${status === 'courtesy' ? '' : renderFoot(words, turn, answer)}` : ''}
</div>
${renderSources(words, turn)}
</div>
</article>`;
}

/** Asks the same question again in the same conversation; works without JavaScript. */
export function askAgain(words: Words, turn: { question: string; threadId: string }): Html {
  return html`<form method="post" action="/ask" data-ask-again><input type="hidden" name="thread" value="${turn.threadId}"><input type="hidden" name="question" value="${turn.question}"><button class="button">${words.say('askAgain')}</button></form>`;
}

function renderQuestion(question: string): Html {
  const text = question.trim();
  if (text === '') return html`<h2 class="question question-empty">…</h2>`;
  if (text.length <= LONG_QUESTION) return html`<h2 class="question">${text}</h2>`;
  return html`<h2 class="question"><details><summary>${text.slice(0, 160)}…</summary><span class="question-long">${text}</span></details></h2>`;
}

function workingKey(turn: TurnView): 'statusStarting' | 'statusSearching' | 'statusReading' | 'statusWriting' {
  if (turn.status === 'searching') return 'statusSearching';
  if (turn.status === 'reading') return 'statusReading';
  return turn.status === 'writing' ? 'statusWriting' : 'statusStarting';
}

function renderCut(words: Words, turn: TurnView): Html {
  return html`<div class="notice"><p>${words.say('cutShort')}</p>${askAgain(words, turn)}</div>`;
}

function renderFailed(words: Words, turn: TurnView, answer: Answer): Html {
  const text = answer.sentences.length > 0 ? answer.sentences.map((s) => s.text).join(' ') : answer.text;
  return html`<div class="notice notice-bad"><h3>${words.say('failedHeading')}</h3><p lang="${answer.language}">${text}</p>${askAgain(words, turn)}</div>`;
}

const DEGRADED = ['no-model', 'model-failed', 'model-timeout', 'model-stopped', 'budget', 'meaning-unavailable', 'withheld'] as const;

function renderDegraded(words: Words, answer: Answer): Content {
  if (!answer.degraded?.length || answer.status === 'failed' || answer.status === 'courtesy') return '';
  // "Quotes instead of prose" says nothing of an answer that has neither.
  const told = answer.degraded.filter((code) => answer.status !== 'unanswered' || code === 'meaning-unavailable' || code === 'withheld');
  if (told.length === 0) return '';
  const texts = told.map((code) => {
    const known = DEGRADED.find((c) => c === code);
    return known ? words.say(`degraded_${known.replaceAll('-', '_') as 'budget'}`) : words.say('degraded_other', { code });
  });
  return html`<ul class="degraded">${[...new Set(texts)].map((text) => html`<li>${text}</li>`)}</ul>`;
}

function renderFoot(words: Words, turn: TurnView, answer: Answer): Html {
  const { usage } = answer;
  const copyable = answer.status === 'answered' || answer.status === 'quoted' || answer.status === 'verified';
  return html`<footer class="answer-foot">
${copyable ? html`<button class="quiet icon-button" type="button" hidden data-copy="${copyText(answer)}" aria-label="${words.say('copyAnswer')}" title="${words.say('copyAnswer')}">${icons.copy}<span class="copied" hidden>${words.say('copied')}</span></button>` : ''}
${answer.status === 'failed' ? '' : renderFeedback(words, turn, answer.answerId)}
<details class="fold usage"><summary>${words.say('howAnswered')}</summary>
<dl class="facts">
<div><dt>${words.say('usageStatus')}</dt><dd>${words.say(`status_${answer.status}`)}</dd></div>
<div><dt>${words.say('usageTime')}</dt><dd>${words.duration(usage.ms)}</dd></div>
<div><dt>${words.say('usageCalls')}</dt><dd>${usage.modelCalls === 0 ? words.say('usageNone') : words.number(usage.modelCalls)}</dd></div>
${
  usage.modelCalls > 0
    ? html`<div><dt>${words.say('usageTokens')}</dt><dd>${words.number(usage.promptTokens)} / ${words.number(usage.completionTokens)}</dd></div>
<div><dt>${words.say('usageCost')}</dt><dd>${words.dollars(usage.costUsd)}</dd></div>`
    : ''
}
<div><dt>${words.say('usageId')}</dt><dd><code>${answer.answerId}</code></dd></div>
</dl></details>
</footer>`;
}

function copyText(answer: Answer): string {
  const sources = answer.citations.map((c) => `[${c.n}] ${c.title}${c.url ? ` ${c.url}` : ''}`).join('\n');
  return sources === '' ? answer.text : `${answer.text}\n\n${sources}`;
}
