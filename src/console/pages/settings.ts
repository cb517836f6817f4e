/** The Settings room: models, answering, prices, internal addresses, checks. */
import type { Finding } from '../../app-contract.ts';
import type { PageContext } from '../context.ts';
import { html, type Html } from '../html.ts';
import type { Words } from '../words.ts';
import { layout } from './layout.ts';
import { renderMeaning } from './settings-meaning.ts';
import { problemOfPart, type ChatLink, type ModelStatus, type SettingsView } from './settings-view.ts';
import { doneNotice } from './sources.ts';

/** `/settings` */
export function settingsPage(context: PageContext, view: SettingsView): Html {
  const { words } = context;
  return layout(context, {
    title: words.say('settingsTitle'),
    room: 'settings',
    look: 'narrow settings',
    body: html`<h1>${words.say('settingsTitle')}</h1>${doneNotice(words, view.done)}
${renderModels(words, view.models)}
${renderMeaning(words, view)}
${renderAnswering(words, view)}
${view.chat ? html`${renderChatLink(words, 'slack', view.chat.slack)}${renderChatLink(words, 'teams', view.chat.teams)}` : ''}
${renderSyncing(words, view)}
${renderPrices(words, view)}
${renderNetwork(words, view)}
<section class="panel" id="checks"><h2>${words.say('checksHeading')}</h2><div id="checks-body" data-load="/settings/checks"><p class="actions"><a class="button" href="/settings/checks">${words.say('checksRun')}</a></p></div></section>`,
  });
}

/** `/settings/checks`; the script takes `#checks-body` into the settings page. */
export function checksPage(context: PageContext, findings: Finding[] | null): Html {
  const { words } = context;
  return layout(context, {
    title: words.say('checksHeading'),
    room: 'settings',
    look: 'narrow settings',
    body: html`<p class="crumbs"><a href="/settings">${words.say('settingsTitle')}</a></p><h1>${words.say('checksHeading')}</h1><section class="panel"><div id="checks-body">${
      findings === null
        ? html`<p>${words.say('checksSlow')}</p>`
        : html`<ul class="findings">${findings.map((f) => html`<li><span class="state state-${f.level === 'ok' ? 'good' : f.level === 'warning' ? 'warn' : 'bad'}">${words.say(`level_${f.level}`)}</span><div><strong>${f.name}</strong><p>${f.message}</p></div></li>`)}</ul>`
    }</div></section>`,
  });
}

const CHAT = {
  slack: {
    title: 'slackTitle',
    lead: 'slackLead',
    connected: ['good', 'slackConnected', 'slackOpenConnected'],
    none: ['idle', 'slackNotConnected', 'slackOpen'],
    unreadable: ['bad', 'slackUnreadable', 'slackOpenConnected'],
  },
  teams: {
    title: 'teamsTitle',
    lead: 'teamsLead',
    connected: ['good', 'teamsConnected', 'teamsOpenConnected'],
    none: ['idle', 'teamsNotConnected', 'teamsOpen'],
    unreadable: ['bad', 'teamsUnreadable', 'teamsOpenConnected'],
  },
} as const;

function renderChatLink(words: Words, platform: keyof typeof CHAT, state: ChatLink): Html {
  const { title, lead, [state]: shown } = CHAT[platform];
  const [look, said, open] = shown;
  return html`<section class="panel" id="${platform}"><h2>${words.say(title)}</h2><p><span class="state state-${look}">${words.say(said)}</span></p><p class="help">${words.say(lead)}</p><p class="actions"><a class="button" href="/settings/${platform}">${words.say(open)}</a></p></section>`;
}

function renderModels(words: Words, models: ModelStatus): Html {
  const { budgetUsd, spentUsd } = models;
  return html`<section class="panel"><h2>${words.say('modelsHeading')}</h2>
${models.problem ? html`<div class="notice notice-bad"><p>${models.problem}</p></div>` : ''}
<dl class="facts">
<div><dt>${words.say('chatModel')}</dt><dd>${models.chatModel ? html`<code>${models.chatModel}</code>` : words.say('modelNone')}</dd></div>
<div><dt>${words.say(budgetUsd === null ? 'spent' : 'budget')}</dt><dd>${budgetUsd === null ? html`${words.dollars(spentUsd)}, ${words.say('budgetNone')}` : html`${words.say('budgetOf', { spent: words.dollars(spentUsd), budget: words.dollars(budgetUsd) })}<progress class="budget" max="${Math.max(budgetUsd, spentUsd, 0.01)}" value="${spentUsd}" aria-label="${words.say('budget')}"></progress>`}</dd></div>
</dl>
${models.chatModel ? '' : renderHowTo(words, models)}</section>`;
}

function renderHowTo(words: Words, models: ModelStatus): Html {
  const lines = (name: string, text: string): Html =>
    html`<div class="env"><div class="env-head"><h3>${name}</h3><button class="quiet" type="button" hidden data-copy="${text}">${words.say('copyLines')}<span class="copied" hidden>${words.say('copied')}</span></button></div><pre tabindex="0"><code>${text}</code></pre></div>`;
  return html`<p>${words.say('modelHowTo')}</p>
${models.ollama ? html`<p class="found">${foundText(words, models.ollama)}</p>${lines(words.say('modelHowToOllama'), ollamaLines(models.ollama))}` : ''}
${lines(words.say('modelHowToOpenai'), 'OPENAI_API_KEY=sk-…\n# OPENAI_BASE_URL=https://gateway.example.com/v1\n# CHAT_MODEL=gpt-…\n# EMBEDDING_MODEL=text-embedding-3-small\n# BUDGET_USD_MONTH=20')}`;
}

function foundText(words: Words, ollama: { url: string; models: string[] }): string {
  if (ollama.models.length === 0) return words.say('ollamaEmpty', { url: ollama.url });
  return words.say(ollama.models.length === 1 ? 'ollamaFound_one' : 'ollamaFound', { url: ollama.url, n: ollama.models.length });
}

/** The lines of `.env` that use this Ollama. */
export function ollamaLines(ollama: { url: string; models: string[] }): string {
  const base = ollama.url.replace(/\/+$/, '');
  const embeds = ollama.models.find((m) => /embed|bge|e5|minilm/i.test(m));
  const chats = ollama.models.find((m) => m !== embeds && !/embed|bge|minilm/i.test(m));
  return [
    `OPENAI_BASE_URL=${base.endsWith('/v1') ? base : `${base}/v1`}`,
    `CHAT_MODEL=${chats ?? 'llama3.2'}`,
    ...(embeds ? [`EMBEDDING_MODEL=${embeds}`] : []),
  ].join('\n');
}

function renderAnswering(words: Words, view: SettingsView): Html {
  return html`<section class="panel"><h2>${words.say('answeringHeading')}</h2><form class="form" method="post" action="/settings/answering">
<div class="stack"><label for="keep">${words.say('keepRate')}</label><span class="with-unit"><input id="keep" name="keepRate" type="number" min="50" max="99" step="1" value="${Math.round(view.settings.keepRate * 100)}" aria-describedby="keep-help" inputmode="numeric"> %</span>${problemOfPart(words, view, 'answering')}<p class="help" id="keep-help">${words.say('keepRateHelp')}</p></div>
<div class="stack"><label for="per-hour">${words.say('questionsPerHour')}</label><span class="with-unit"><input id="per-hour" name="questionsPerHour" type="number" min="1" max="100000" step="1" value="${view.settings.questionsPerHour}" aria-describedby="per-hour-help" inputmode="numeric"></span><p class="help" id="per-hour-help">${words.say('questionsPerHourHelp')}</p></div>
<button class="button">${words.say('save')}</button></form></section>`;
}

function renderSyncing(words: Words, view: SettingsView): Html {
  return html`<section class="panel" id="syncing"><h2>${words.say('syncingHeading')}</h2><form class="form" method="post" action="/settings/syncing">
<div class="stack"><label for="removal">${words.say('removalShare')}</label><span class="with-unit"><input id="removal" name="largestRemovalShare" type="number" min="1" max="100" step="1" value="${Math.round(view.settings.largestRemovalShare * 100)}" aria-describedby="removal-help" inputmode="numeric"> %</span>${problemOfPart(words, view, 'syncing')}<p class="help" id="removal-help">${words.say('removalShareHelp')}</p></div>
<button class="button">${words.say('save')}</button></form></section>`;
}

function renderPrices(words: Words, view: SettingsView): Html {
  const { prices, contextTokens } = view.settings;
  const names = [...new Set([...Object.keys(prices), ...Object.keys(contextTokens)])].toSorted();
  const rows = [...names, ...(names.length === 0 && view.models.chatModel ? [''] : ['', ''])];
  const cell = (row: number, name: string, label: string, value: string | number, kind: 'text' | 'decimal'): Html =>
    html`<td><input name="${name}" value="${value}" placeholder="${label}" aria-label="${words.say('priceRow', { n: row + 1 })}: ${label}" autocomplete="off" spellcheck="false"${kind === 'decimal' ? html` inputmode="decimal"` : ''}></td>`;
  return html`<section class="panel"><h2>${words.say('pricesHeading')}</h2><p class="help">${words.say('pricesHelp')}</p><form class="form" method="post" action="/settings/prices">
<div class="table-scroll" tabindex="0"><table class="table inputs"><thead><tr><th scope="col">${words.say('priceModel')}</th><th scope="col">${words.say('priceInput')}</th><th scope="col">${words.say('priceOutput')}</th><th scope="col">${words.say('priceContext')}</th></tr></thead><tbody>
${rows.map((name, i) => html`<tr>${cell(i, 'model', words.say('priceModel'), name, 'text')}${cell(i, 'input', words.say('priceInput'), prices[name]?.input ?? '', 'decimal')}${cell(i, 'output', words.say('priceOutput'), prices[name]?.output ?? '', 'decimal')}${cell(i, 'context', words.say('priceContext'), contextTokens[name] ?? '', 'decimal')}</tr>`)}
</tbody></table></div>${problemOfPart(words, view, 'prices')}<button class="button">${words.say('save')}</button></form></section>`;
}

function renderNetwork(words: Words, view: SettingsView): Html {
  return html`<section class="panel"><h2>${words.say('networkHeading')}</h2><form class="form" method="post" action="/settings/network">
<div class="stack"><label class="sr-only" for="internal">${words.say('networkLabel')}</label><textarea id="internal" name="internalAddresses" rows="4" spellcheck="false" autocapitalize="off" aria-describedby="internal-help">${'\n'}${view.settings.internalAddresses.join('\n')}</textarea>${problemOfPart(words, view, 'network')}<p class="help" id="internal-help">${words.say('networkHelp')}</p></div>
<button class="button">${words.say('save')}</button></form></section>`;
}
