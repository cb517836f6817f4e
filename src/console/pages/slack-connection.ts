/** Slack once it is connected: who Docent is there, what has come, a test message, and the way out. */
import type { SlackCheck, SlackState } from '../../chat-contract.ts';
import type { PageContext } from '../context.ts';
import { html, type Content, type Html } from '../html.ts';
import type { Words } from '../words.ts';
import { findingsList, triesList } from './connection-parts.ts';
import { layout } from './layout.ts';
import type { SlackView } from './slack-view.ts';

/** What an admin may try, by the event that it sends. */
const TRY = {
  'message.im': 'slackTry_im',
  app_mention: 'slackTry_mention',
  app_home_opened: 'slackTry_home',
  command: 'slackTry_command',
} as const;

export function slackConnection(words: Words, view: SlackView, state: SlackState): Html {
  const came = Object.entries(view.seen).filter(
    ([kind, at]) => at >= state.changedAt && kind !== 'bad_signature' && kind !== 'url_verification',
  );
  const last = came.length > 0 ? Math.max(...came.map(([, at]) => at)) : undefined;
  return html`<section class="panel" id="connection"><h2>${words.say('slackStateHeading')}</h2>
<div id="slack-checks" data-load="/settings/slack/checks"><div class="progress"><p class="progress-phase"><span class="pulse" aria-hidden="true"></span>${words.say('slackChecking')}</p></div><noscript><p class="actions"><a class="button" href="/settings/slack/checks">${words.say('slackCheckNow')}</a></p></noscript></div>
<dl class="facts">
<div><dt>${words.say('slackMode')}</dt><dd>${words.say(state.mode === 'socket' ? 'slackSocket' : 'slackHttp')}</dd></div>
<div><dt>${words.say('slackFrom')}</dt><dd>${state.from === 'environment' ? words.say('slackFromEnvironment') : words.say('slackFromConsole', { when: words.ago(state.changedAt) })}</dd></div>
<div><dt>${words.say('slackLast')}</dt><dd>${last === undefined ? words.say('slackNever') : words.time(last)}</dd></div>
</dl></section>
<section class="panel" id="test"><h2>${words.say('slackTestHeading')}</h2>${testForm(words, view)}</section>
<section class="panel" id="try"><h2>${words.say('slackTryHeading')}</h2><p class="help">${words.say('slackTryLead')}</p>${triesList(words, TRY, { seen: view.seen, changedAt: state.changedAt, still: !view.problem })}</section>`;
}

function testForm(words: Words, view: SlackView): Html {
  const problem = view.problem?.part === 'test' ? view.problem.message : undefined;
  return html`<form class="form" method="post" action="/settings/slack/test" data-busy="${words.say('slackSending')}"><div class="stack"><label for="to">${words.say('slackTestTo')}</label><input id="to" name="to" value="${view.to ?? ''}" autocomplete="off" spellcheck="false" autocapitalize="off" required aria-describedby="to-help${problem ? ' to-problem' : ''}"${problem ? html` aria-invalid="true" autofocus` : ''}>${problem ? html`<p class="field-problem" id="to-problem" role="alert">${problem}</p>` : ''}<p class="help" id="to-help">${words.say('slackTestToHelp')}</p></div>
<button class="button">${words.say('slackTestButton')}</button></form>`;
}

export function disconnectFold(words: Words, view: SlackView): Html {
  const problem = view.problem?.part === 'disconnect' ? html`<p class="field-problem" role="alert">${view.problem.message}</p>` : '';
  return html`<details class="fold" id="disconnect"${problem ? html` open` : ''}><summary>${words.say('slackDisconnect')}</summary><div class="fold-body"><p class="help">${words.say('slackDisconnectHelp')}</p>${problem}<form method="post" action="/settings/slack/disconnect"><button class="button danger">${words.say('slackDisconnectYes')}</button></form></div></details>`;
}

/** `/settings/slack/checks`; the script takes `#slack-checks` into the page. @param check `slow`: Slack did not answer in time */
export function slackChecksPage(context: PageContext, check: SlackCheck | 'slow' | undefined): Html {
  const { words } = context;
  return layout(context, {
    title: words.say('slackTitle'),
    room: 'settings',
    look: 'narrow settings',
    body: html`<p class="crumbs"><a href="/settings">${words.say('settingsTitle')}</a><a href="/settings/slack">${words.say('slackTitle')}</a></p><h1>${words.say('slackStateHeading')}</h1><section class="panel"><div id="slack-checks">${checks(words, check)}</div></section>`,
  });
}

function checks(words: Words, check: SlackCheck | 'slow' | undefined): Content {
  if (check === undefined) return html`<p>${words.say('slackNotConnected')}</p>`;
  const again = html`<p class="actions"><a class="quiet" href="/settings/slack">${words.say('slackCheckNow')}</a></p>`;
  if (check === 'slow') return html`<div class="notice notice-warn"><p>${words.say('slackCheckSlow')}</p></div>${again}`;
  const { identity } = check;
  return html`${identity ? html`<p class="connected"><strong>@${identity.bot}</strong> · ${identity.team}${identity.appId ? html` · <a href="https://api.slack.com/apps/${identity.appId}" target="_blank" rel="noopener noreferrer">${words.say('slackAppLink')}</a>` : ''}</p>` : ''}
${findingsList(words, check.findings, (what) => `slackWhat_${what}`, linked)}${again}`;
}

/** The address of an app's settings in Slack, and no other, becomes a link. */
function linked(message: string): Content {
  return message
    .split(/(https:\/\/api\.slack\.com\/apps(?:\/[A-Z0-9]+)?)/)
    .map((part, i) => (i % 2 === 1 ? html`<a href="${part}" target="_blank" rel="noopener noreferrer">${part}</a>` : part));
}
