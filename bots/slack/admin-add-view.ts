/** The modals in which a source is added, drawn: the form, the look at what is there, what was found. */
import type { KnownBlock, ModalView, PlainTextOption } from '@slack/types';
import type { ConnectorView, SourcePreview } from '../../src/app-contract.ts';
import { QUIET_HOURS } from '../../src/schedule.ts';
import type { AdminKey } from '../../src/strings/chat-admin.ts';
import { actions, button, data, modal, option, paragraphs, section, small } from './admin-parts.ts';
import { plainText } from './blocks.ts';
import type { AdminWords } from './admin-words.ts';

/** What the form holds, credentials left out: those are never drawn, nor kept in a view. */
export interface SourceValues {
  location: string;
  /** '': recognised by the location. */
  kind: string;
  name: string;
  readers: 'everyone' | 'public' | 'own';
  readersOwn: string;
  /** A preset's cron expression, '' for daily, or 'own'. */
  schedule: string;
  cron: string;
}

export const EMPTY: SourceValues = { location: '', kind: '', name: '', readers: 'everyone', readersOwn: '', schedule: '', cron: '' };

/** Where something of the form is wrong, and how to mend it. */
export interface FormProblem {
  field: FormField;
  message: string;
}
export type FormField = 'location' | 'kind' | 'name' | 'readers' | 'readersOwn' | 'schedule' | 'cron' | 'credential';

/** Longer ones would not fit together into what a view keeps. */
export const MOST = { location: 1000, name: 100, readersOwn: 500, cron: 100, credential: 2000 } as const;

export const SCHEDULES: [string, AdminKey][] = [
  ['', 'scheduleDaily'],
  ['@hourly', 'scheduleHourly'],
  ['0 */6 * * *', 'scheduleSix'],
  ['0 6 * * 1-5', 'scheduleWeekdays'],
  ['0 3 * * 0', 'scheduleWeekly'],
  ['own', 'scheduleOwn'],
];
export const READERS: [SourceValues['readers'], AdminKey][] = [
  ['everyone', 'readersEveryone'],
  ['public', 'readersPublic'],
  ['own', 'readersOwn'],
];

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

/** The block of a credential's field. A kind of its own has blocks of its own, so that nothing typed for one goes to another. */
export const credentialBlock = (kind: string, field: string): string => `credential.${kind}.${field}`;

/** An option's value may not be empty. */
const DEFAULT = 'default';
export const valueOf = (chosen: string | undefined): string => (chosen === undefined || chosen === DEFAULT ? '' : chosen);

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

const LABELS = {
  location: 'fieldLocation',
  kind: 'fieldKind',
  name: 'fieldName',
  readers: 'fieldReaders',
  readersOwn: 'fieldReadersOwn',
  schedule: 'fieldSchedule',
  cron: 'fieldCron',
} as const satisfies Record<Exclude<FormField, 'credential'>, AdminKey>;

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
      block_id: credentialBlock(connector.kind, name),
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
  const { preview, schedule } = view;
  const { cost, estimate } = preview;
  const when = SCHEDULES.find(([value]) => value === schedule);
  const times = when ? words.say(when[1], { ...QUIET_HOURS }) : `\`${data(schedule, 100)}\``;
  const facts = [
    `${words.say(preview.more ? 'previewMore' : 'previewFound', { documents: words.documents(preview.documents) })}${
      estimate ? `, ${words.say('previewPassages', { passages: words.passages(estimate.passages) })}` : ''
    }`,
    words.say('previewReaders', { readers: words.readers(preview.readers) }),
    `${words.say('previewSync', { when: lowerFirst(times, words) })}; ${words.say('previewSyncNext', {
      when: words.moment(preview.nextSyncAt),
      zone: data(view.timeZone, 60),
    })}`,
    ...(cost ? [costText(cost, words)] : []),
  ];
  return modal({
    callback: 'docent.source-add',
    title: words.say('previewTitle'),
    submit: words.say('addNow'),
    close: words.say('cancel'),
    metadata: view.metadata,
    blocks: [
      section(words.say('previewLead', { name: data(preview.name, 100), kind: words.kind(preview.kind) })),
      ...(preview.documents === 0 ? [section(words.say('previewNothing'))] : []),
      section(facts.map((fact) => `• ${fact}`).join('\n')),
      ...(preview.samples.length === 0
        ? []
        : [
            section(`*${words.say('previewSamples')}*`),
            ...paragraphs(
              preview.samples.map(({ externalId, title, passages, problem }) =>
                problem === undefined
                  ? words.say('previewSample', { title: data(title ?? externalId, 200), passages: words.passages(passages ?? 0) })
                  : words.say('previewUnreadable', { title: data(title ?? externalId, 200), problem: data(problem, 400) }),
              ),
            ),
          ]),
      ...preview.blindSpots.slice(0, 5).map((text) => small(words.say('previewBlind', { text: data(text, 500) }))),
      actions(button('docent.source-change', words.say('previewChange'))),
    ],
  });
}

const lowerFirst = (text: string, words: AdminWords): string =>
  words.language === 'en' && /^(Every|On|At)/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text;

function costText({ model, usd, minutes }: NonNullable<SourcePreview['cost']>, words: AdminWords): string {
  const name = data(model, 100);
  if (usd !== undefined) return words.say('previewCostUsd', { usd: words.dollars(usd), model: name });
  if (minutes !== undefined) return words.say('previewCostMinutes', { n: words.number(minutes), model: name });
  return words.say('previewCostUnknown', { model: name });
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
