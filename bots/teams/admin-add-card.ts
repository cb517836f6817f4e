/** The cards in which a source is added, drawn: the form, the look at what is there, what was found. */
import type { ConnectorView, SourcePreview } from '../../src/app-contract.ts';
import { QUIET_HOURS } from '../../src/schedule.ts';
import type { AdminKey } from '../../src/strings/chat-admin.ts';
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
import type { Card } from './activity.ts';
import { card, choiceInput, group, lines, press, small, text, textInput, type Item } from './admin-parts.ts';

export interface FormCard {
  values: SourceValues;
  connectors: ConnectorView[];
  /** Of the location, once it is known. */
  recognised: ConnectorView | undefined;
  problem: FormProblem | undefined;
  /** Of the draft; '' without one. */
  id: string;
  /** A credential for this place is kept with the draft. */
  kept: boolean;
  consoleUrl: string | undefined;
  timeZone: string;
}

const title = (said: string): Item => text(said, { weight: 'bolder', size: 'medium', style: 'heading' });

/** Credentials are never drawn: what was given stays with the draft. */
export function formCard(it: FormCard, words: AdminWords): Card {
  const { values, problem } = it;
  const say = (key: AdminKey): string => words.say(key, { ...QUIET_HOURS });
  const at = (field: FormField): Item[] =>
    problem?.field === field
      ? [text(`⚠️ ${words.data(problem.message, 1500)}`, { color: 'attention', spacing: 'small', id: `problem-${field}` })]
      : [];
  const field = (id: 'location' | 'name' | 'readersOwn' | 'cron', hint: string): Item[] => [
    textInput({ id, label: say(LABELS[id]), value: values[id], most: MOST[id] }),
    ...at(id),
    small(hint),
  ];
  const choice = (id: 'kind' | 'readers' | 'schedule', choices: [string, string][]): Item[] => {
    const offered = choices.map(([value, shown]) => ({ title: shown, value: value || DEFAULT }));
    const chosen = offered.find(({ value }) => value === (values[id] || DEFAULT)) ?? offered[0]!;
    return [choiceInput(id, say(LABELS[id]), chosen.value, offered), ...at(id)];
  };
  return card(
    [
      title(words.say('addTitle')),
      ...field('location', words.say('fieldLocationHint')),
      ...(it.recognised && values.kind === '' ? [small(words.say('recognised', { kind: words.kind(it.recognised.kind) }))] : []),
      ...choice('kind', [['', say('fieldKindAny')], ...it.connectors.map(({ kind }): [string, string] => [kind, words.kind(kind)])]),
      ...credentialFields(it, words),
      ...at('credential'),
      ...field('name', words.say('fieldNameHint')),
      ...choice(
        'readers',
        READERS.map(([value, key]) => [value, say(key)]),
      ),
      ...(values.readers === 'own' ? field('readersOwn', words.say('fieldReadersOwnHint')) : []),
      ...choice(
        'schedule',
        SCHEDULES.map(([value, key]) => [value, say(key)]),
      ),
      ...(values.schedule === 'own' ? field('cron', words.say('fieldCronHint', { zone: words.data(it.timeZone, 60) })) : []),
    ],
    [
      press('preview', words.say('preview'), { id: it.id }, { style: 'positive', inputs: true }),
      press('cancel', words.say('cancel'), { id: it.id }),
    ],
  );
}

/** Of the kind that was chosen or recognised, where it can be signed in to. */
function credentialFields(it: FormCard, words: AdminWords): Item[] {
  const connector = it.recognised ?? it.connectors.find(({ kind }) => kind === it.values.kind);
  const need = connector?.credential;
  if (!need) return [];
  const why =
    it.consoleUrl === undefined
      ? words.say('signInNoConsole')
      : words.say('signInConsole', { url: new URL('/sources/new', it.consoleUrl).href });
  return [
    group(
      [
        ...lines([
          words.say('signIn', { kind: words.kind(connector.kind), rights: words.data(need.rights, 600) }),
          ...(need.required ? [] : [words.say('signInOptional')]),
          why,
          ...(it.kept ? [words.say('signInKept')] : []),
        ]),
        ...need.fields.map(({ name, label, secret }) =>
          textInput({ id: credentialField(connector.kind, name), label, most: MOST.credential, secret }),
        ),
      ],
      { style: 'emphasis' },
    ),
  ];
}

export const lookingCard = (view: { id: string; location: string; documents: number }, words: AdminWords): Card =>
  card(
    [
      title(words.say('lookingTitle')),
      text(words.strong(words.data(view.location, 300))),
      text(words.say('looking')),
      ...(view.documents > 0 ? [text(words.say('lookingListed', { documents: words.documents(view.documents) }))] : []),
      small(words.say('lookingKeep')),
    ],
    [press('look', words.say('refresh'), { id: view.id }), press('cancel', words.say('cancel'), { id: view.id })],
  );

export function previewCard(view: { id: string; preview: SourcePreview; schedule: string; timeZone: string }, words: AdminWords): Card {
  const { preview } = view;
  return card(
    [
      title(words.say('previewTitle')),
      text(words.say('previewLead', { name: words.data(preview.name, 100), kind: words.kind(preview.kind) })),
      ...(preview.documents === 0 ? [text(words.say('previewNothing'))] : []),
      ...lines(previewFacts(view, words).map((fact) => `• ${fact}`)),
      ...(preview.samples.length === 0 ? [] : [text(words.strong(words.say('previewSamples'))), ...lines(previewSamples(preview, words))]),
      ...previewBlindSpots(preview, words).map(small),
    ],
    [
      press('add', words.say('addNow'), { id: view.id }, { style: 'positive' }),
      press('change', words.say('previewChange'), { id: view.id }),
      press('cancel', words.say('cancel'), { id: view.id }),
    ],
  );
}
