/** The fields of what lets Docent into a source. Their values are never put into a page. */
import type { ConnectorView } from '../../app-contract.ts';
import { html, type Content, type Html } from '../html.ts';
import type { Words } from '../words.ts';

/** The name of a credential's field in a form. */
export const credentialFieldName = (kind: string, field: string): string => `credential.${kind}.${field}`;

/**
 * @param view.problem shown at the first field
 * @param view.note said below, before the rights that the account needs
 */
export function credentialFields(words: Words, connector: ConnectorView, view: { problem?: string; note?: string }): Content {
  const { credential: need, kind } = connector;
  if (!need) return '';
  const { problem, note } = view;
  return html`${need.fields.map((field, i): Html => {
    const name = credentialFieldName(kind, field.name);
    const wrong = problem !== undefined && i === 0;
    return html`<div class="stack"><label for="${name}" lang="en">${field.label}</label>
<input id="${name}" name="${name}" type="${field.secret ? 'password' : 'text'}" value="" autocomplete="${field.secret ? 'new-password' : 'off'}" spellcheck="false" autocapitalize="off" aria-describedby="rights-${kind}${problem === undefined ? '' : ' p-field'}"${problem === undefined ? '' : html` aria-invalid="true"`}${wrong ? html` autofocus` : ''}></div>`;
  })}
${problem === undefined ? '' : html`<p class="field-problem" id="p-field" role="alert">${problem}</p>`}
<p class="help" id="rights-${kind}">${note ? `${note} ` : ''}<span lang="en">${need.rights}</span></p>`;
}

/** What a form gave for one kind, empty fields left out; undefined when all are empty. */
export function credentialIn(connector: ConnectorView | undefined, given: (name: string) => string): Record<string, string> | undefined {
  const filled = (connector?.credential?.fields ?? [])
    .map(({ name, secret }) => [name, given(credentialFieldName(connector!.kind, name)), secret] as const)
    // A password may begin or end with a space; what is no secret may not.
    .map(([name, value, secret]) => [name, secret ? value : value.trim()] as const)
    .filter(([, value]) => value !== '');
  return filled.length > 0 ? Object.fromEntries(filled) : undefined;
}
