/** Teams once it is connected: whether it works, what has come, the app package, and the way out. */
import type { TeamsCheck, TeamsState } from '../../chat-contract.ts';
import type { PageContext } from '../context.ts';
import { html, type Content, type Html } from '../html.ts';
import { icons } from '../icons.ts';
import type { Words } from '../words.ts';
import { findingsList, triesList } from './connection-parts.ts';
import { layout } from './layout.ts';
import type { TeamsView } from './teams-view.ts';

/** What an admin may try, by the activity that it sends. */
const TRY = {
  'message.personal': 'teamsTry_personal',
  'message.channel': 'teamsTry_channel',
  'message.groupChat': 'teamsTry_group',
  search: 'teamsTry_search',
} as const;

const ADMIN_CENTER = 'https://admin.teams.microsoft.com/policies/manage-apps';

export function teamsConnection(words: Words, view: TeamsView, state: TeamsState): Html {
  const came = Object.entries(view.seen).filter(([kind, at]) => at >= state.changedAt && kind !== 'bad_token');
  const last = came.length > 0 ? Math.max(...came.map(([, at]) => at)) : undefined;
  const name = state.proof === 'none' ? 'TEAMS_ALLOW_ANONYMOUS' : 'MicrosoftAppId';
  const fact = (term: string, text: Content): Html => html`<div><dt>${term}</dt><dd>${text}</dd></div>`;
  return html`<section class="panel" id="connection"><h2>${words.say('teamsStateHeading')}</h2>
<div id="teams-checks" data-load="/settings/teams/checks"><div class="progress"><p class="progress-phase"><span class="pulse" aria-hidden="true"></span>${words.say('teamsChecking')}</p></div><noscript><p class="actions"><a class="button" href="/settings/teams/checks">${words.say('teamsCheckNow')}</a></p></noscript></div>
<dl class="facts">
${state.appId ? fact(words.say('teamsApp'), html`<code>${state.appId}</code>`) : ''}
${state.tenantId ? fact(words.say('teamsTenant'), html`<code>${state.tenantId}</code>`) : ''}
${fact(words.say('teamsProof'), words.say(`teamsProof_${state.proof}`))}
${fact(words.say('teamsFrom'), state.from === 'environment' ? words.say('teamsFromEnvironment', { name }) : words.say('teamsFromConsole', { when: words.ago(state.changedAt) }))}
${fact(words.say('teamsLast'), last === undefined ? words.say('teamsNever') : words.time(last))}
</dl></section>
${state.appId ? packagePanel(words, view) : ''}
<section class="panel" id="try"><h2>${words.say('teamsTryHeading')}</h2><p class="help">${words.say('teamsTryLead')}</p>${triesList(words, TRY, { seen: view.seen, changedAt: state.changedAt, still: !view.problem })}</section>`;
}

function packagePanel(words: Words, view: TeamsView): Html {
  const problem = view.problem?.part === 'package' ? html`<p class="field-problem" role="alert">${view.problem.message}</p>` : '';
  return html`<section class="panel" id="package"><h2>${words.say('teamsPackageHeading')}</h2>${
    view.endpoint
      ? html`<p class="help">${words.say('teamsPackageHelp')}</p>
<p class="actions"><a class="button primary" href="/settings/teams/package">${words.say('teamsPackageButton')}</a> <a class="button" href="${ADMIN_CENTER}" target="_blank" rel="noopener noreferrer">${words.say('teamsAdminLink')} ${icons.out}</a></p>
<p class="help">${words.say('teamsPackageReadsHelp')}</p><p class="actions"><a href="/settings/teams/package?read=channels">${words.say('teamsPackageReads')}</a></p>`
      : html`<div class="notice notice-warn"><p>${words.say('teamsPackageMissing')}</p></div>`
  }${problem}</section>`;
}

export function disconnectTeams(words: Words, view: TeamsView): Html {
  const problem = view.problem?.part === 'disconnect' ? html`<p class="field-problem" role="alert">${view.problem.message}</p>` : '';
  return html`<details class="fold" id="disconnect"${problem ? html` open` : ''}><summary>${words.say('teamsDisconnect')}</summary><div class="fold-body"><p class="help">${words.say('teamsDisconnectHelp')}</p>${problem}<form method="post" action="/settings/teams/disconnect"><button class="button danger">${words.say('teamsDisconnectYes')}</button></form></div></details>`;
}

/** `/settings/teams/checks`; the script takes `#teams-checks` into the page. @param check `slow`: Microsoft did not answer in time */
export function teamsChecksPage(context: PageContext, check: TeamsCheck | 'slow' | undefined): Html {
  const { words } = context;
  return layout(context, {
    title: words.say('teamsTitle'),
    room: 'settings',
    look: 'narrow settings',
    body: html`<p class="crumbs"><a href="/settings">${words.say('settingsTitle')}</a><a href="/settings/teams">${words.say('teamsTitle')}</a></p><h1>${words.say('teamsStateHeading')}</h1><section class="panel"><div id="teams-checks">${checks(words, check)}</div></section>`,
  });
}

function checks(words: Words, check: TeamsCheck | 'slow' | undefined): Content {
  if (check === undefined) return html`<p>${words.say('teamsNotConnected')}</p>`;
  const again = html`<p class="actions"><a class="quiet" href="/settings/teams">${words.say('teamsCheckNow')}</a></p>`;
  if (check === 'slow') return html`<div class="notice notice-warn"><p>${words.say('teamsCheckSlow')}</p></div>${again}`;
  return html`${findingsList(words, check.findings, (what) => `teamsWhat_${what}`)}${again}`;
}
