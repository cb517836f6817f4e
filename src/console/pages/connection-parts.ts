/** What the pages that connect a chat platform share: a field of the form, what was found, what to try, a fold. */
import type { ChatFinding } from '../../chat-contract.ts';
import { html, type Content, type Html } from '../html.ts';
import type { Key, Words } from '../words.ts';

/** While somebody tries it, what comes shows by itself. */
const TRYING_MS = 3600_000;

export interface ConnectionField {
  name: string;
  label: Key;
  help: Key;
  placeholder?: string;
  /** What was typed or kept before, where it is no secret. */
  value?: string;
  type: 'password' | 'text' | 'lines';
}

/** @param problem shown at its own field alone */
export function connectionField(words: Words, field: ConnectionField, problem: { field?: string; message: string } | undefined): Html {
  const { name, type, placeholder = '', value = '' } = field;
  const wrong = problem?.field === name;
  const shared = html`id="${name}" name="${name}" placeholder="${placeholder}" spellcheck="false" autocapitalize="off" aria-describedby="${name}-help${wrong ? ` ${name}-problem` : ''}"${wrong ? html` aria-invalid="true" autofocus` : ''}`;
  const box =
    type === 'lines'
      ? html`<textarea ${shared} rows="6" autocomplete="off">${value}</textarea>`
      : html`<input ${shared} type="${type}" value="${value}" autocomplete="${type === 'password' ? 'new-password' : 'off'}">`;
  return html`<div class="stack"><label for="${name}">${words.say(field.label)}</label>${box}${wrong ? html`<p class="field-problem" id="${name}-problem" role="alert">${problem.message}</p>` : ''}<p class="help" id="${name}-help">${words.say(field.help)}</p></div>`;
}

/** @param named what a finding is of, in the reader's language; its message stays English */
export function findingsList<What extends string>(
  words: Words,
  findings: ChatFinding<What>[],
  named: (what: What) => Key,
  said = plain,
): Html {
  return html`<ul class="findings">${findings.map((f) => html`<li><span class="state state-${f.level === 'ok' ? 'good' : f.level === 'warning' ? 'warn' : 'bad'}">${words.say(`level_${f.level}`)}</span><div><strong>${words.say(named(f.what))}</strong><p lang="en">${said(f.message)}</p></div></li>`)}</ul>`;
}
const plain = (message: string): Content => message;

/** What an admin may try, by the kind of event that it sends; it shows what came since the connection was made. */
export function triesList(
  words: Words,
  tries: Record<string, Key>,
  connection: { seen: Record<string, number>; changedAt: number; still: boolean },
): Html {
  const { seen, changedAt, still } = connection;
  const cameAt = (kind: string): number | undefined => (seen[kind] !== undefined && seen[kind] >= changedAt ? seen[kind] : undefined);
  const waits = Object.keys(tries).some((kind) => cameAt(kind) === undefined);
  // The answer to a form has no address to look at again.
  const live = waits && still && words.now() - changedAt < TRYING_MS;
  return html`<ul class="tries" id="tries"${live ? html` data-live="swap"` : ''}>${Object.entries(tries).map(([kind, key]): Html => {
    const at = cameAt(kind);
    return html`<li><span class="state state-${at === undefined ? 'idle' : 'good'}">${at === undefined ? words.say('slackNotYet') : words.say('slackCame', { ago: words.ago(at) })}</span><span>${words.say(key)}</span></li>`;
  })}</ul>`;
}

/** What is asked for, and why. */
export function reasonsFold(words: Words, heading: Key, columns: [Key, Key], rows: [name: string, why: Key][]): Html {
  return html`<details class="fold"><summary>${words.say(heading)}</summary><div class="fold-body"><div class="table-scroll" tabindex="0"><table class="table"><thead><tr>${columns.map((column) => html`<th scope="col">${words.say(column)}</th>`)}</tr></thead><tbody>
${rows.map(([name, why]) => html`<tr><td class="nowrap"><code>${name}</code></td><td>${words.say(why)}</td></tr>`)}
</tbody></table></div></div></details>`;
}
