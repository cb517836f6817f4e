/** Thumbs under an answer; down asks for the reason. Plain forms, which the script only makes quicker. */
import { html, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import type { Words } from '../words.ts';

export const REASONS = ['wrong', 'outdated', 'incomplete', 'other'] as const;

export function renderFeedback(words: Words, turn: { index: number; threadId: string; thanked?: boolean }, answerId: string): Html {
  if (turn.thanked) return html`<p class="thanks" role="status">${words.say('feedbackThanks')}</p>`;
  const hidden = html`<input type="hidden" name="answer" value="${answerId}"><input type="hidden" name="thread" value="${turn.threadId}"><input type="hidden" name="turn" value="${turn.index}">`;
  return html`<div class="feedback" data-feedback>
<form method="post" action="/feedback">${hidden}<button class="quiet icon-button" name="verdict" value="up" aria-label="${words.say('helpful')}" title="${words.say('helpful')}">${icons.up}</button></form>
<details class="feedback-down"><summary class="quiet icon-button" aria-label="${words.say('notHelpful')}" title="${words.say('notHelpful')}">${icons.down}</summary>
<form class="feedback-form" method="post" action="/feedback">${hidden}<input type="hidden" name="verdict" value="down">
<fieldset><legend>${words.say('feedbackWhy')}</legend>
${REASONS.map((reason) => html`<label class="choice"><input type="radio" name="reason" value="${reason}"><span>${words.say(`reason_${reason}`)}</span></label>`)}</fieldset>
<label class="stack"><span>${words.say('feedbackComment')}</span><textarea name="comment" rows="2" maxlength="4000"></textarea></label>
<button class="button">${words.say('feedbackSend')}</button>
</form></details>
<p class="thanks" role="status" data-thanks="${words.say('feedbackThanks')}" data-failed="${words.say('feedbackFailed')}"></p>
</div>`;
}
