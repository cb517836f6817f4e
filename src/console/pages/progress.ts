/** A sync as it goes: what it does, how far it is. */
import type { SourceStatus } from '../../app-contract.ts';
import { html, type Html } from '../html.ts';
import type { Words } from '../words.ts';

export function renderProgress(words: Words, status: SourceStatus): Html {
  const run = status.lastRun?.state === 'running' ? status.lastRun : null;
  const progress = run?.progress ?? null;
  const label = words.say('progressLabel', { name: status.source.name });
  const known = progress !== null && progress.phase !== 'listing' && progress.listed > 0;
  const ended = known ? progress.listed - progress.left : 0;
  return html`<div class="progress">
<p class="progress-phase"><span class="pulse" aria-hidden="true"></span>${words.say(`phase_${progress?.phase ?? 'waiting'}`)}</p>
${known ? html`<progress max="${progress.listed}" value="${ended}" aria-label="${label}">${ended} / ${progress.listed}</progress>` : html`<progress aria-label="${label}"></progress>`}
${known ? html`<p class="progress-counts"><span>${words.say('progressDone', { n: words.number(progress.done) })}</span><span${progress.failed > 0 ? html` class="bad"` : ''}>${words.say('progressFailed', { n: words.number(progress.failed) })}</span><span>${words.say('progressLeft', { n: words.number(progress.left) })}</span></p>` : ''}
</div>`;
}
