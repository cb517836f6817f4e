/** Importing terms: choosing a file, and what it changes before anything is kept. */
import type { GlossaryPlan, GlossaryProblem } from '../../app-contract.ts';
import type { PageContext } from '../context.ts';
import { html, type Content, type Html } from '../html.ts';
import type { Key } from '../words.ts';
import { synonymList } from './glossary.ts';
import { layout } from './layout.ts';

/** Rows of each kind that are shown. */
const SHOWN = 100;

export const PROBLEM_WORDS: Record<GlossaryProblem, Key> = {
  'not-utf8': 'glossaryProblem_notUtf8',
  'no-header': 'glossaryProblem_noHeader',
  'too-many-rows': 'glossaryProblem_tooManyRows',
  'broken-quotes': 'glossaryProblem_brokenQuotes',
  'too-many-fields': 'glossaryProblem_tooManyFields',
  'no-term': 'glossaryProblem_noTerm',
  'no-synonym': 'glossaryProblem_noSynonym',
  'too-long': 'glossaryProblem_tooLong',
  'too-many-synonyms': 'glossaryProblem_tooManySynonyms',
  twice: 'glossaryProblem_twice',
};

/** `/glossary/import` */
export function importGlossaryPage(context: PageContext, problem?: Key): Html {
  const { words } = context;
  return layout(context, {
    title: words.say('glossaryImportTitle'),
    room: 'glossary',
    look: 'narrow',
    body: html`<p class="crumbs"><a href="/glossary">${words.say('glossaryTitle')}</a></p><h1>${words.say('glossaryImportTitle')}</h1><p class="lead">${words.say('glossaryImportLead')}</p>
<form class="form" method="post" action="/glossary/import" enctype="multipart/form-data" novalidate>
<div class="stack"><label for="f-file">${words.say('glossaryFile')}</label><input id="f-file" type="file" name="file" accept=".csv,text/csv" aria-describedby="h-file${problem ? ' p-field' : ''}"${problem ? html` aria-invalid="true"` : ''}>
${problem ? html`<p class="field-problem" id="p-field" role="alert">${words.say(problem)}</p>` : ''}<p class="help" id="h-file">${words.say('glossaryFileHelp')}</p></div>
<div class="actions"><button class="button primary">${words.say('glossaryCheck')}</button><a class="button" href="/glossary">${words.say('cancel')}</a></div></form>`,
  });
}

/** `/glossary/import`, once a file was sent. @param csv the file's text, sent back to be taken */
export function glossaryPlanPage(context: PageContext, plan: GlossaryPlan, csv: string): Html {
  const { words } = context;
  const changes = plan.added.length + plan.changed.length;
  const refused = plan.refused.length > 0;
  const count = (n: number): string => words.number(n);
  return layout(context, {
    title: words.say('glossaryPlanTitle'),
    room: 'glossary',
    look: 'narrow',
    body: html`<p class="crumbs"><a href="/glossary">${words.say('glossaryTitle')}</a></p><h1>${words.say('glossaryPlanTitle')}</h1>
${
  refused
    ? html`<div class="notice notice-bad" role="alert"><p>${words.say('glossaryPlanRefused')}</p></div>
<section class="panel"><h2>${words.say('glossaryRefused', { n: count(plan.refused.length) })}</h2><div class="table-scroll" tabindex="0"><table class="table"><thead><tr><th scope="col">${words.say('glossaryLine')}</th><th scope="col">${words.say('glossaryReason')}</th><th scope="col">${words.say('glossaryBegins')}</th></tr></thead><tbody>
${plan.refused.slice(0, SHOWN).map(({ line, problem, text }) => html`<tr><td>${count(line)}</td><td>${words.say(PROBLEM_WORDS[problem])}</td><td class="location">${text}</td></tr>`)}
</tbody></table></div>${more(context, plan.refused.length)}</section>`
    : ''
}
${
  plan.added.length > 0
    ? html`<section class="panel"><h2>${words.say('glossaryAdded', { n: count(plan.added.length) })}</h2><ul class="glossary-plan">${plan.added.slice(0, SHOWN).map((entry) => html`<li><strong>${entry.term}</strong>${synonymList(entry.synonyms)}</li>`)}</ul>${more(context, plan.added.length)}</section>`
    : ''
}
${
  plan.changed.length > 0
    ? html`<section class="panel"><h2>${words.say('glossaryChanged', { n: count(plan.changed.length) })}</h2><ul class="glossary-plan">${plan.changed.slice(0, SHOWN).map(({ before, after }) => html`<li><strong>${after.term}</strong>${synonymList(after.synonyms)}<p class="muted small">${words.say('glossaryWas', { synonyms: `${before.term}: ${before.synonyms.join('; ')}` })}</p></li>`)}</ul>${more(context, plan.changed.length)}</section>`
    : ''
}
${!refused && changes === 0 ? html`<p class="lead">${words.say(plan.unchanged > 0 ? 'glossaryPlanNothing' : 'glossaryPlanEmpty')}</p>` : ''}
${changes > 0 && plan.unchanged > 0 ? html`<p class="muted">${words.say('glossaryPlanUnchanged', { n: count(plan.unchanged) })}</p>` : ''}
<form class="form" method="post" action="/glossary/import/take">${
      !refused && changes > 0
        ? html`<input type="hidden" name="csv" value="${csv}"><div class="actions"><button class="button primary">${words.say(changes === 1 ? 'glossaryTake_one' : 'glossaryTake', { n: count(changes) })}</button><a class="button" href="/glossary/import">${words.say('glossaryAnother')}</a></div>`
        : html`<div class="actions"><a class="button" href="/glossary/import">${words.say('glossaryAnother')}</a></div>`
    }</form>`,
  });
}

function more(context: PageContext, n: number): Content {
  return n > SHOWN ? html`<p class="muted small">${context.words.say('glossaryMore', { n: context.words.number(n - SHOWN) })}</p>` : '';
}
