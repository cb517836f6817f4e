/** The page that connects Teams: an address, a bot, its settings, the app package; once connected, how it goes. */
import type { TeamsState } from '../../chat-contract.ts';
import type { PageContext } from '../context.ts';
import { html, type Content, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import type { Key, Words } from '../words.ts';
import { connectionField, reasonsFold, type ConnectionField } from './connection-parts.ts';
import { layout } from './layout.ts';
import { disconnectTeams, teamsConnection } from './teams-connection.ts';
import { TEAMS_PROOFS, type TeamsView } from './teams-view.ts';

/** Azure's form for a new bot (learn.microsoft.com/azure/bot-service/bot-service-quickstart-registration). */
const CREATE = 'https://portal.azure.com/#create/Microsoft.AzureBot';

/** `/settings/teams` */
export function teamsPage(context: PageContext, view: TeamsView): Html {
  const { words } = context;
  const { state } = view;
  const connected = state !== undefined && state !== 'unreadable';
  return layout(context, {
    title: words.say('teamsTitle'),
    room: 'settings',
    look: 'narrow settings',
    body: html`<p class="crumbs"><a href="/settings">${words.say('settingsTitle')}</a></p><h1>${words.say('teamsTitle')}</h1><p class="lead">${words.say('teamsLead')}</p>
${view.done ? html`<p class="done" role="status">${words.say(`teamsDone_${view.done}`)}</p>` : ''}
${connected ? html`${teamsConnection(words, view, state)}${change(words, view, state)}` : html`${state === 'unreadable' ? html`<div class="notice notice-bad" role="alert"><p>${words.say('teamsUnreadableBody')}</p></div>` : ''}${steps(words, view)}`}`,
  });
}

function change(words: Words, view: TeamsView, state: TeamsState): Html {
  const name = state.proof === 'none' ? 'TEAMS_ALLOW_ANONYMOUS' : 'MicrosoftAppId';
  if (state.from === 'environment')
    return html`<section class="panel"><p class="help">${words.say('teamsEnvironmentHelp', { name })}</p>${permissionsFold(words, view)}</section>`;
  const open = view.problem?.part === 'connect' || (view.done === undefined && view.chosen);
  return html`<section class="panel" id="change"><details class="fold"${open ? html` open` : ''}><summary>${words.say('teamsOther')}</summary><div class="fold-body">${proofChoice(words, view)}${settingsForm(words, view)}</div></details>
${permissionsFold(words, view)}${disconnectTeams(words, view)}</section>`;
}

function steps(words: Words, view: TeamsView): Html {
  const step = (n: number, heading: Key, body: Content): Html =>
    html`<section class="panel step" id="step-${n}"><p class="step-n">${words.say('slackStep', { n })}</p><h2>${words.say(heading)}</h2>${body}</section>`;
  return html`${step(1, 'teamsAddressHeading', address(words, view))}
${step(2, 'teamsRegisterHeading', register(words, view))}
${step(3, 'teamsSettingsHeading', html`<p class="help">${words.say('teamsSettingsHelp')}</p>${settingsForm(words, view)}`)}
${step(4, 'teamsPackageHeading', html`<p class="help">${words.say('teamsPackageLater')}</p>${permissionsFold(words, view)}`)}`;
}

function address(words: Words, { endpoint }: TeamsView): Html {
  return html`<p class="help">${words.say('teamsAddressHelp')}</p>${
    endpoint
      ? html`<div class="env"><div class="env-head"><h3>${words.say('teamsEndpoint')}</h3><button class="quiet" type="button" hidden data-copy="${endpoint}">${words.say('copyLines')}<span class="copied" hidden>${words.say('copied')}</span></button></div><pre tabindex="0"><code>${endpoint}</code></pre></div>`
      : html`<div class="notice notice-warn"><p>${words.say('teamsAddressMissing', { path: '/api/messages' })}</p></div>`
  }`;
}

function register(words: Words, view: TeamsView): Html {
  const { proof } = view;
  const todo: Key[] = [
    proof === 'identity' ? 'teamsRegister1_identity' : 'teamsRegister1',
    'teamsRegister2',
    'teamsRegister3',
    ...(proof === 'identity' ? [] : ([`teamsRegister4_${proof}`] as const)),
  ];
  return html`${proofChoice(words, view)}
<p class="actions"><a class="button primary" href="${CREATE}" target="_blank" rel="noopener noreferrer">${words.say('teamsRegisterButton')} ${icons.out}<span class="sr-only">(${words.say('teamsNewTab')})</span></a></p>
<ol class="todo">${todo.map((key) => html`<li>${words.say(key)}</li>`)}</ol>${proof === 'identity' ? '' : html`<p class="help">${words.say('teamsRegister5')}</p>`}`;
}

/** Links rather than a form: choosing changes what the page offers, with a script or without. */
function proofChoice(words: Words, view: TeamsView): Html {
  return html`<nav class="choices" aria-label="${words.say('teamsProofLabel')}">${TEAMS_PROOFS.map(
    (proof) =>
      html`<a class="choice" href="/settings/teams?proof=${proof}${view.state === undefined ? '#step-2' : '#change'}"${proof === view.proof ? html` aria-current="true"` : ''}><strong>${words.say(`teamsProof_${proof}`)}</strong><span>${words.say(`teamsProof_${proof}Help`)}</span></a>`,
  )}</nav>`;
}

function settingsForm(words: Words, view: TeamsView): Html {
  const { proof, typed } = view;
  const problem = view.problem?.part === 'connect' ? view.problem : undefined;
  const field = (one: ConnectionField): Html => connectionField(words, one, problem);
  const shown = [
    'appId',
    'tenantId',
    'allowedTenants',
    ...(proof === 'secret' ? ['password'] : proof === 'certificate' ? ['certificate'] : []),
  ];
  const more = problem?.field === 'allowedTenants' || (typed !== undefined && (typed.multi || typed.allowedTenants !== ''));
  return html`<form class="form" method="post" action="/settings/teams/connect" data-busy="${words.say('teamsConnecting')}"><input type="hidden" name="proof" value="${proof}">
${field({ name: 'appId', label: 'teamsAppId', help: 'teamsAppIdHelp', type: 'text', value: typed?.appId ?? '' })}
${field({ name: 'tenantId', label: 'teamsTenantId', help: 'teamsTenantIdHelp', type: 'text', value: typed?.tenantId ?? '' })}
${proof === 'secret' ? field({ name: 'password', label: 'teamsPassword', help: 'teamsPasswordHelp', type: 'password' }) : ''}${
    proof === 'certificate' ? field({ name: 'certificate', label: 'teamsCertificate', help: 'teamsCertificateHelp', type: 'lines' }) : ''
  }
<details class="fold"${more ? html` open` : ''}><summary>${words.say('teamsMore')}</summary><div class="fold-body">${field({ name: 'allowedTenants', label: 'teamsTenants', help: 'teamsTenantsHelp', type: 'text', value: typed?.allowedTenants ?? '' })}${
    proof === 'identity'
      ? ''
      : html`<div class="stack"><label class="check"><input type="checkbox" name="multi" value="yes"${typed?.multi ? html` checked` : ''} aria-describedby="multi-help"> ${words.say('teamsMulti')}</label><p class="help" id="multi-help">${words.say('teamsMultiHelp')}</p></div>`
  }</div></details>
${problem && !shown.includes(problem.field ?? '') ? html`<p class="field-problem" role="alert">${problem.message}</p>` : ''}
<button class="button primary">${words.say('teamsConnectButton')}</button></form>`;
}

/** What the app may do at all, and what the package with more permissions adds. */
const permissionsFold = (words: Words, view: TeamsView): Html =>
  reasonsFold(
    words,
    'teamsPermissionsFold',
    ['teamsPermissionCol', 'teamsWhyCol'],
    [
      ['bots', 'teamsUse_bot'],
      ['roster', 'teamsUse_members'],
      ['supportsFiles', 'teamsUse_files'],
      ['composeExtensions', 'teamsUse_search'],
      ...view.permissions.map((name): [string, Key] => [name, `teamsPermission_${name}` as Key]),
    ],
  );
