/** What an admin has to know of a source, or to decide: it cannot be synced; much of it is missing. */
import type { PageContext } from '../context.ts';
import { html, type Content, type Html } from '../html.ts';
import type { Words } from '../words.ts';
import type { ShownSource } from './source-view.ts';

export function renderBanners(context: PageContext, shown: ShownSource, problem: { part: string; message: string } | undefined): Content {
  const { words } = context;
  const { source } = shown;
  return html`${source.problem ? renderProblem(words, source.problem, source) : ''}
${problem?.part === 'confirm' ? html`<div class="notice notice-bad" role="alert"><p>${problem.message}</p></div>` : ''}
${source.doubt ? renderDoubt(words, source.id, source.doubt) : ''}
${!source.problem && !source.doubt && !shown.syncing && shown.lastRun?.summary?.error ? html`<div class="notice notice-bad"><p>${shown.lastRun.summary.error}</p></div>` : ''}`;
}

function renderProblem(
  words: Words,
  problem: NonNullable<ShownSource['source']['problem']>,
  { pausedAt, nextSyncAt }: ShownSource['source'],
): Html {
  const next =
    pausedAt !== null
      ? words.say('problemPaused')
      : words.say('problemNext', { ago: nextSyncAt === null || nextSyncAt <= words.now() ? words.say('soon') : words.ago(nextSyncAt) });
  return html`<section class="notice notice-bad banner"><h2>${words.say('problemHeading', { ago: words.ago(problem.since) })}</h2><p>${problem.reason}</p><p class="small">${next}</p></section>`;
}

function renderDoubt(words: Words, id: string, doubt: NonNullable<ShownSource['source']['doubt']>): Html {
  const documents = words.count('documents', doubt.gone);
  if (doubt.confirmedAt !== null)
    return html`<section class="notice banner"><h2>${words.say('doubtConfirmedHeading', { documents })}</h2><p>${words.say('doubtConfirmedBody', { ago: words.ago(doubt.confirmedAt) })}</p></section>`;
  return html`<section class="notice notice-warn banner" id="decide"><h2>${words.say('doubtHeading', { gone: words.number(doubt.gone), known: words.count('documents', doubt.known) })}</h2><p>${words.say('doubtBody')} ${words.say('doubtRemoveNote')}</p>
<div class="actions"><form method="post" action="/sources/${id}/confirm"><input type="hidden" name="gone" value="${doubt.gone}"><button class="button danger">${words.say('doubtRemove', { documents })}</button></form>
<details class="keep"><summary class="button">${words.say('doubtKeep')}</summary><p class="small">${words.say('doubtKeepBody')}</p></details></div></section>`;
}
