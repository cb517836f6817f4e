/** The form of a new source, as every platform has it: its values, what is wrong with them, and at which field. */
import type { ConnectorView } from '../src/app-contract.ts';
import { AppError, publicMessageOf } from '../src/errors.ts';
import { checkSchedule } from '../src/schedule.ts';
import type { AdminKey } from '../src/strings/chat-admin.ts';
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

/** Longer ones would not fit together into what a view of Slack keeps. */
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
export const LABELS = {
  location: 'fieldLocation',
  kind: 'fieldKind',
  name: 'fieldName',
  readers: 'fieldReaders',
  readersOwn: 'fieldReadersOwn',
  schedule: 'fieldSchedule',
  cron: 'fieldCron',
} as const satisfies Record<Exclude<FormField, 'credential'>, AdminKey>;

/** The field of a credential. A kind of its own has fields of its own, so that nothing typed for one goes to another. */
export const credentialField = (kind: string, field: string): string => `credential.${kind}.${field}`;

/** An option's value may not be empty. */
export const DEFAULT = 'default';
export const valueOf = (chosen: string | undefined): string => (chosen === undefined || chosen === DEFAULT ? '' : chosen);

/** The one value of a field, as it was given; undefined where there is none. */
export type Given = (field: string) => string | undefined;

const among = <T extends string>(options: readonly [T, string][], value: string | undefined): T =>
  options.find(([one]) => one === value)?.[0] ?? options[0]![0];

/** @param linkIn takes the address out of how the platform writes links */
export function valuesIn(given: Given, kinds: readonly string[], linkIn: (text: string) => string): SourceValues {
  const text = (field: keyof typeof MOST): string => (given(field) ?? '').trim().slice(0, MOST[field]);
  const kind = valueOf(given('kind'));
  return {
    location: linkIn(text('location')),
    kind: kinds.includes(kind) ? kind : '',
    name: text('name'),
    readers: among(READERS, given('readers')),
    readersOwn: text('readersOwn'),
    schedule: among(SCHEDULES, valueOf(given('schedule'))),
    cron: text('cron'),
  };
}

/** What was given to sign in with, empty fields left out; undefined when all are empty. */
export function credentialIn(given: Given, connector: ConnectorView): Record<string, string> | undefined {
  const filled = (connector.credential?.fields ?? [])
    // A password may begin or end with a space; what is no secret may not.
    .map(({ name, secret }) => {
      const value = given(credentialField(connector.kind, name)) ?? '';
      return [name, secret ? value : value.trim()] as const;
    })
    .filter(([, value]) => value !== '');
  return filled.length > 0 ? Object.fromEntries(filled) : undefined;
}

/** What can be said without asking the place. */
export function problemIn(values: SourceValues, words: AdminWords): FormProblem | undefined {
  if (values.location === '') return { field: 'location', message: words.say('locationMissing') };
  if (values.readers === 'own' && values.readersOwn === '') return { field: 'readersOwn', message: words.say('readersOwnMissing') };
  if (values.schedule !== 'own') return undefined;
  if (values.cron === '') return { field: 'cron', message: words.say('cronMissing') };
  try {
    checkSchedule(values.cron);
    return undefined;
  } catch (error) {
    return problemOf(error, values);
  }
}

const FIELDS: readonly FormField[] = ['location', 'kind', 'name', 'credential'];

/** Where in the form an error of the application belongs; undefined for one that is not ours. Its message is data. */
export function problemOf(error: unknown, values: SourceValues): FormProblem | undefined {
  if (!(error instanceof AppError)) return undefined;
  const message = publicMessageOf(error);
  const [, field = '', rest] = (error.code === 'input.invalid' && /^([\w-]+): (.*)$/s.exec(message)) || [];
  if (rest !== undefined && field === 'readers') return { field: values.readers === 'own' ? 'readersOwn' : 'readers', message: rest };
  if (rest !== undefined && field === 'schedule') return { field: values.schedule === 'own' ? 'cron' : 'schedule', message: rest };
  const own = FIELDS.find((one) => one === field);
  if (rest !== undefined && own) return { field: own, message: rest };
  if (error.code === 'source.credential' || error.code.startsWith('secret.')) return { field: 'credential', message };
  // Of a place that cannot be read, the link is what can be mended here.
  return { field: 'location', message };
}
