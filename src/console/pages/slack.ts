/** The page that connects Slack: create the app, give its tokens, try it; once connected, how it goes. */
import type { SlackMode, SlackState } from '../../chat-contract.ts';
import type { PageContext } from '../context.ts';
import { html, type Content, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import type { Key, Words } from '../words.ts';
import { connectionField, reasonsFold } from './connection-parts.ts';
import { layout } from './layout.ts';
import { disconnectFold, slackConnection } from './slack-connection.ts';
import type { SlackView } from './slack-view.ts';

/** `/settings/slack` */
export function slackPage(context: PageContext, view: SlackView): Html {
  const { words } = context;
  const { state } = view;
  const connected = state !== undefined && state !== 'unreadable';
  return layout(context, {
    title: words.say('slackTitle'),
    room: 'settings',
    look: 'narrow settings',
    body: html`<p class="crumbs"><a href="/settings">${words.say('settingsTitle')}</a></p><h1>${words.say('slackTitle')}</h1><p class="lead">${words.say('slackLead')}</p>
${view.done ? html`<p class="done" role="status">${words.say(`slackDone_${view.done}`)}</p>` : ''}
${connected ? html`${slackConnection(words, view, state)}${change(words, view, state)}` : html`${state === 'unreadable' ? unreadable(words) : ''}${steps(words, view)}`}`,
  });
}

/** Other tokens, the manifest for an app that is to be brought up to date, and the way out. */
function change(words: Words, view: SlackView, state: SlackState): Html {
  if (state.from === 'environment')
    return html`<section class="panel"><p class="help">${words.say('slackEnvironmentHelp')}</p>${manifestFold(words, view)}</section>`;
  const open = view.problem?.part === 'connect' || (view.done === undefined && view.chosen);
  return html`<section class="panel" id="change"><details class="fold"${open ? html` open` : ''}><summary>${words.say('slackOtherTokens')}</summary><div class="fold-body">${modeChoice(words, view)}${tokens(words, view)}</div></details>
${manifestFold(words, view)}${disconnectFold(words, view)}</section>`;
}

function unreadable(words: Words): Html {
  return html`<div class="notice notice-bad" role="alert"><p>${words.say('slackUnreadableBody')}</p></div>`;
}

function steps(words: Words, view: SlackView): Html {
  const step = (n: number, heading: Key, body: Content): Html =>
    html`<section class="panel step" id="step-${n}"><p class="step-n">${words.say('slackStep', { n })}</p><h2>${words.say(heading)}</h2>${body}</section>`;
  return html`${step(
    1,
    'slackCreateHeading',
    html`${modeChoice(words, view)}
<p class="actions"><a class="button primary" href="${view.createLink}" target="_blank" rel="noopener noreferrer">${words.say('slackCreateButton')} ${icons.out}<span class="sr-only">(${words.say('slackCreateNewTab')})</span></a></p>
<ol class="todo"><li>${words.say('slackCreate1')}</li><li>${words.say('slackCreate2')}</li></ol>
${reasonsFold(
  words,
  'slackScopesFold',
  ['slackScopeCol', 'slackWhyCol'],
  view.scopes.map((scope) => [scope, `slackScope_${scope}` as Key]),
)}${manifestFold(words, view)}`,
  )}
${step(2, 'slackTokensHeading', html`<p class="help">${words.say('slackTokensHelp')}</p>${tokens(words, view)}`)}
${step(3, 'slackTestHeading', html`<p class="help">${words.say('slackTestLater')}</p>`)}`;
}

/** Links rather than a form: choosing changes what the page offers, with a script or without. */
function modeChoice(words: Words, view: SlackView): Html {
  const way = (mode: SlackMode, title: Key, help: string): Html =>
    html`<a class="choice" href="/settings/slack?mode=${mode}${view.state === undefined ? '' : '#change'}"${mode === view.mode ? html` aria-current="true"` : ''}><strong>${words.say(title)}</strong><span>${help}</span></a>`;
  return html`<nav class="choices" aria-label="${words.say('slackModeLabel')}">
${way('socket', 'slackSocket', words.say('slackSocketHelp'))}
${way('http', 'slackHttp', view.requestUrl ? words.say('slackHttpHelp', { url: view.requestUrl.replace('/slack/', '\u200b/slack/') }) : words.say('slackHttpHelpNone'))}
</nav>${view.mode === 'http' && !view.requestUrl ? html`<div class="notice notice-warn"><p>${words.say('slackHttpMissing')}</p></div>` : ''}`;
}

function manifestFold(words: Words, view: SlackView): Html {
  return html`<details class="fold"><summary>${words.say('slackManifestFold')}</summary><div class="fold-body"><p class="help">${words.say('slackManifestHelp')}</p><div class="env"><div class="env-head"><h3>${words.say('slackManifestName')}</h3><button class="quiet" type="button" hidden data-copy="${view.manifest}">${words.say('copyLines')}<span class="copied" hidden>${words.say('copied')}</span></button></div><pre class="tall" tabindex="0"><code>${view.manifest}</code></pre></div></div></details>`;
}

function tokens(words: Words, view: SlackView): Html {
  const problem = view.problem?.part === 'connect' ? view.problem : undefined;
  const secret = (name: string, label: Key, help: Key, placeholder: string): Html =>
    connectionField(words, { name, label, help, placeholder, type: 'password' }, problem);
  const teams = connectionField(words, { name: 'allowedTeams', label: 'slackTeams', help: 'slackTeamsHelp', type: 'text' }, problem);
  return html`<form class="form" method="post" action="/settings/slack/connect" data-busy="${words.say('slackConnecting')}"><input type="hidden" name="mode" value="${view.mode}">
${secret('botToken', 'slackBotToken', 'slackBotTokenHelp', 'xoxb-…')}
${
  view.mode === 'socket'
    ? secret('appToken', 'slackAppToken', 'slackAppTokenHelp', 'xapp-…')
    : secret('signingSecret', 'slackSigningSecret', 'slackSigningSecretHelp', '')
}
<details class="fold"${problem?.field === 'allowedTeams' ? html` open` : ''}><summary>${words.say('slackTeams')}</summary><div class="fold-body">${teams}</div></details>
${problem && !['botToken', 'appToken', 'signingSecret', 'allowedTeams'].includes(problem.field ?? '') ? html`<p class="field-problem" role="alert">${problem.message}</p>` : ''}
<button class="button primary">${words.say('slackConnectButton')}</button></form>`;
}
