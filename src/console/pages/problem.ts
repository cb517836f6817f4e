import type { PageContext } from '../context.ts';
import { html, type Html } from '../html.ts';
import type { Problem } from '../problems.ts';
import type { Key } from '../words.ts';
import { layout } from './layout.ts';

const TITLED = [400, 403, 404, 413, 415, 500, 503] as const;

/** What is not there, in words of its own. */
const MISSING: Record<string, [Key, Key]> = {
  'page.not_found': ['problem_404', 'problem_404_body'],
  'thread.not_found': ['unknownThread', 'unknownThreadBody'],
  'source.not_found': ['unknownSource', 'unknownSourceBody'],
  'document.not_found': ['unknownDocument', 'unknownDocumentBody'],
};

/** An error as a page: what happened, what to do, and the number under which the log has it. */
export function problemPage(context: PageContext, problem: Problem): Html {
  const { words } = context;
  const titled = TITLED.find((status) => status === problem.status) ?? (problem.status >= 500 ? 500 : 400);
  const missing = MISSING[problem.code];
  const title = words.say(missing ? missing[0] : `problem_${titled}`);
  const text = missing ? words.say(missing[1]) : problem.message;
  return layout(context, {
    title,
    look: 'narrow',
    body: html`<div class="problem"><h1>${title}</h1>${text === title ? '' : html`<p>${text}</p>`}
<div class="actions"><a class="button primary" href="/">${words.say('toStart')}</a></div>
<p class="muted small">${words.say('requestNumber', { id: context.requestId })}</p></div>`,
  });
}
