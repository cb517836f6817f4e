/** The modals in which a source is added, drawn: the form, the look at what is there, what was found. */
import type { KnownBlock, ModalView, PlainTextOption } from '@slack/types';
import type { ConnectorView, SourcePreview } from '../../src/app-contract.ts';
import { QUIET_HOURS } from '../../src/schedule.ts';
import type { AdminKey } from '../../src/strings/chat-admin.ts';
import { actions, button, data, modal, option, paragraphs, section, small } from './admin-parts.ts';
import { plainText } from './blocks.ts';
import type { AdminWords } from '../admin-words.ts';
import { previewBlindSpots, previewFacts, previewSamples } from '../preview-lines.ts';
import {
  credentialField,
  DEFAULT,
  LABELS,
  MOST,
  READERS,
  SCHEDULES,
  type FormField,
  type FormProblem,
  type SourceValues,
} from '../source-form.ts';

export interface FormView {
  values: SourceValues;
  connectors: ConnectorView[];
  /** Of the location, once it is known. */
  recognised?: ConnectorView;
  problem?: FormProblem;
  /** A credential for this place is kept with the draft. */
  kept?: boolean;
  consoleUrl?: string;
  timeZone: string;
  /** What the view keeps, ids and values that are no secrets. */
  metadata: string;
}

export function formModal(it: FormView, words: AdminWords): ModalView {
  const { values, problem } = it;
  const at = (field: FormField): KnownBlock[] =>
    problem?.field === field ? [{ ...section(`⚠️ ${data(problem.message, 1500)}`), block_id: 'problem' }] : [];
  const text = (field: 'location' | 'name' | 'readersOwn' | 'cron', more: { hint: string; optional?: true; enter?: true }): KnownBlock => ({
    type: 'input',
    block_id: field,
    label: plainText(words.say(LABELS[field]), 150),
    hint: plainText(more.hint, 300),
    ...(more.optional ? { optional: true } : {}),
    ...(more.enter ? { dispatch_action: true } : {}),
    element: {
      type: 'plain_text_input',
      action_id: `docent.source-${field}`,
      max_length: MOST[field],
      ...(values[field] === '' ? {} : { initial_value: values[field] }),
      ...(more.enter ? { dispatch_action_config: { trigger_actions_on: ['on_enter_pressed'] } } : {}),
    },
  });
  const choice = (field: 'kind' | 'readers' | 'schedule', options: PlainTextOption[]): KnownBlock => ({
    type: 'input',
    block_id: field,
    label: plainText(words.say(LABELS[field]), 150),
    // Other fields appear with what is chosen.
    dispatch_action: true,
    element: {
      type: 'static_select',
      action_id: `docent.source-${field}`,
      options,
      initial_option: options.find(({ value }) => value === (values[field] || DEFAULT)) ?? options[0]!,
    },
  });
  const say = (key: AdminKey): string => words.say(key, { ...QUIET_HOURS });
  return modal({
    callback: 'docent.source-form',
    title: words.say('addTitle'),
    submit: words.say('preview'),
    close: words.say('cancel'),
    metadata: it.metadata,
    blocks: [
      text('location', { hint: words.say('fieldLocationHint'), enter: true }),
      ...at('location'),
      ...(it.recognised && values.kind === '' ? [small(words.say('recognised', { kind: words.kind(it.recognised.kind) }))] : []),
      choice('kind', [option(words.say('fieldKindAny'), DEFAULT), ...it.connectors.map(({ kind }) => option(kindName(words, kind), kind))]),
      ...at('kind'),
      ...credentialFields(it, words),
      ...at('credential'),
      text('name', { hint: words.say('fieldNameHint'), optional: true }),
      ...at('name'),
      choice(
        'readers',
        READERS.map(([value, key]) => option(say(key), value)),
      ),
      ...at('readers'),
      ...(values.readers === 'own' ? [text('readersOwn', { hint: words.say('fieldReadersOwnHint') })] : []),
      ...at('readersOwn'),
      choice(
        'schedule',
        SCHEDULES.map(([value, key]) => option(say(key), value || DEFAULT)),
      ),
      ...at('schedule'),
      ...(values.schedule === 'own' ? [text('cron', { hint: words.say('fieldCronHint', { zone: it.timeZone }) })] : []),
      ...at('cron'),
    ],
  });
}

/** Plain text needs no escaping. */
const kindName = (words: AdminWords, kind: string): string => words.kind(kind);

/** Of the kind that was chosen or recognised, where it can be signed in to. */
function credentialFields(it: FormView, words: AdminWords): KnownBlock[] {
  const connector = it.recognised ?? it.connectors.find(({ kind }) => kind === it.values.kind);
  const need = connector?.credential;
  if (!need) return [];
  const why =
    it.consoleUrl === undefined
      ? words.say('signInNoConsole')
      : words.say('signInConsole', { url: new URL('/sources/new', it.consoleUrl).href });
  return [
    section(
      [
        words.say('signIn', { kind: words.kind(connector.kind), rights: data(need.rights, 600) }),
        ...(need.required ? [] : [words.say('signInOptional')]),
        why,
        ...(it.kept ? [words.say('signInKept')] : []),
      ].join('\n'),
    ),
    ...need.fields.map(({ name, label }): KnownBlock => ({
      type: 'input',
      block_id: credentialField(connector.kind, name),
      optional: !need.required || it.kept === true,
      label: plainText(label, 150),
      element: { type: 'plain_text_input', action_id: 'docent.source-credential', max_length: MOST.credential },
    })),
  ];
}

/** @param view.again what was found before is not kept any more */
export function lookingModal(
  view: { location: string; documents: number; metadata: string; again?: boolean },
  words: AdminWords,
): ModalView {
  return modal({
    callback: 'docent.source-looking',
    title: words.say('lookingTitle'),
    close: words.say('cancel'),
    metadata: view.metadata,
    told: true,
    blocks: [
      section(`*${data(view.location, 300)}*`),
      section(view.again ? `${words.say('lookingAgain')} ${words.say('looking')}` : words.say('looking')),
      ...(view.documents > 0 ? [small(words.say('lookingListed', { documents: words.documents(view.documents) }))] : []),
    ],
  });
}

/** @param view.preview of the app; `view.daily`: synced by the default schedule */
export function previewModal(
  view: { preview: SourcePreview; schedule: string; metadata: string; timeZone: string },
  words: AdminWords,
): ModalView {
  const { preview } = view;
  return modal({
    callback: 'docent.source-add',
    title: words.say('previewTitle'),
    submit: words.say('addNow'),
    close: words.say('cancel'),
    metadata: view.metadata,
    blocks: [
      section(words.say('previewLead', { name: data(preview.name, 100), kind: words.kind(preview.kind) })),
      ...(preview.documents === 0 ? [section(words.say('previewNothing'))] : []),
      section(
        previewFacts(view, words)
          .map((fact) => `• ${fact}`)
          .join('\n'),
      ),
      ...(preview.samples.length === 0 ? [] : [section(`*${words.say('previewSamples')}*`), ...paragraphs(previewSamples(preview, words))]),
      ...previewBlindSpots(preview, words).map(small),
      actions(button('docent.source-change', words.say('previewChange'))),
    ],
  });
}

/** A modal that only says something. */
export const noticeModal = (title: string, text: string, words: AdminWords, told?: { metadata: string }): ModalView =>
  modal({
    callback: 'docent.notice',
    title,
    close: words.say('close'),
    ...(told ? { metadata: told.metadata, told: true } : {}),
    blocks: [section(text)],
  });
