/** The form of a new source, read: what Slack sends becomes values, and what is wrong with them is said at its field. */
import type { ViewOutput } from '@slack/bolt';
import { z } from 'zod';
import type { ConnectorView } from '../../src/app-contract.ts';
import { AppError, publicMessageOf } from '../../src/errors.ts';
import { checkSchedule } from '../../src/schedule.ts';
import { credentialBlock, EMPTY, MOST, READERS, SCHEDULES, valueOf, type FormProblem, type SourceValues } from './admin-add-view.ts';
import type { AdminWords } from './admin-words.ts';

export type ViewValues = ViewOutput['state']['values'];

/** The one value of a block, however the element holds it. */
function given(values: ViewValues, block: string): string | undefined {
  const [element] = Object.values(values[block] ?? {});
  return element?.value ?? element?.selected_option?.value ?? undefined;
}

const among = <T extends string>(options: readonly [T, string][], value: string | undefined): T =>
  options.find(([one]) => one === value)?.[0] ?? options[0]![0];

export function valuesIn(values: ViewValues, kinds: readonly string[]): SourceValues {
  const text = (block: keyof typeof MOST): string => (given(values, block) ?? '').trim().slice(0, MOST[block]);
  const kind = valueOf(given(values, 'kind'));
  return {
    location: plainLink(text('location')),
    kind: kinds.includes(kind) ? kind : '',
    name: text('name'),
    readers: among(READERS, given(values, 'readers')),
    readersOwn: text('readersOwn'),
    schedule: among(SCHEDULES, valueOf(given(values, 'schedule'))),
    cron: text('cron'),
  };
}

/** `<https://x|x>`, as Slack writes links in some texts, is the address. */
export function plainLink(text: string): string {
  const link = /^<([^|>\s]+)(?:\|[^>]*)?>$/.exec(text)?.[1];
  return link === undefined ? text : link.replaceAll('&amp;', '&');
}

/** What was given to sign in with, empty fields left out; undefined when all are empty. */
export function credentialIn(values: ViewValues, connector: ConnectorView): Record<string, string> | undefined {
  const filled = (connector.credential?.fields ?? [])
    // A password may begin or end with a space; what is no secret may not.
    .map(({ name, secret }) => {
      const value = given(values, credentialBlock(connector.kind, name)) ?? '';
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

const FIELDS: readonly FormProblem['field'][] = ['location', 'kind', 'name', 'credential'];

/** Where in the form an error of the application belongs; undefined for one that is not ours. */
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

const kept = z.object({
  draft: z.string().max(100),
  values: z.object({
    location: z.string().max(MOST.location),
    kind: z.string().max(40),
    name: z.string().max(MOST.name),
    readers: z.enum(['everyone', 'public', 'own']),
    readersOwn: z.string().max(MOST.readersOwn),
    schedule: z.string().max(40),
    cron: z.string().max(MOST.cron),
  }),
});

/** What a view keeps: the draft's id, and what was given that is no secret. */
export function metadataOf(draft: string, values: SourceValues): string {
  const text = JSON.stringify({ draft, values });
  return text.length <= 3000 ? text : JSON.stringify({ draft, values: EMPTY });
}

export function readMetadata(text: string): { draft: string; values: SourceValues } | undefined {
  try {
    return kept.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
