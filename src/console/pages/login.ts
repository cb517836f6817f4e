import type { PageContext } from '../context.ts';
import { html, type Html } from '../html.ts';
import { layout } from './layout.ts';

/** The one field of signing in, and what was wrong with the last attempt. */
export function loginPage(context: PageContext, view: { next: string; problem?: 'wrong' | { minutes: number } }): Html {
  const { words } = context;
  const { problem } = view;
  const message =
    problem === undefined
      ? ''
      : problem === 'wrong'
        ? words.say('loginWrong')
        : problem.minutes === 1
          ? words.say('loginLimited_one')
          : words.say('loginLimited', { minutes: problem.minutes });
  return layout(context, {
    title: words.say('loginTitle'),
    look: 'narrow',
    bare: true,
    body: html`<form class="login" method="post" action="/login"><h1>${words.say('loginTitle')}</h1><p class="lead">${words.say('loginLead')}</p>
<input type="hidden" name="next" value="${view.next}"><input class="sr-only" type="text" name="username" value="admin" autocomplete="username" tabindex="-1" aria-hidden="true" readonly>
<label class="stack"><span>${words.say('loginToken')}</span><input type="password" name="token" autocomplete="current-password" required autofocus${message ? html` aria-invalid="true" aria-describedby="login-problem"` : ''}></label>
${message ? html`<p class="field-problem" id="login-problem" role="alert">${message}</p>` : ''}
<button class="button primary">${words.say('loginButton')}</button></form>`,
  });
}
