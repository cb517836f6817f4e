/** What an admin edits in the console, with its schema and default. */
import { z } from 'zod';
import type { Catalog } from './database.ts';
import { inputError } from '../errors.ts';
import { writeValue } from './facts.ts';

/** Value of the setting `modelHub` that switches downloads off. */
export const HUB_OFF = 'off';

export const SETTINGS = {
  /** Hosts, addresses or CIDR ranges inside the company's network that sources may be fetched from. */
  internalAddresses: { schema: z.array(z.string().trim().min(1)), default: [] as string[] },
  /** Share (0 to 1) of the questions that the documents answer which are to be answered rather than abstained from. */
  keepRate: { schema: z.number().min(0.5).max(0.99), default: 0.9 },
  /** The largest share (0 to 1) of a source's documents that one sync may remove without asking. */
  largestRemovalShare: { schema: z.number().min(0.01).max(1), default: 0.5 },
  /** Overrides of the price table: model name to US dollars per million tokens. */
  prices: {
    schema: z.record(z.string(), z.object({ input: z.number().nonnegative(), output: z.number().nonnegative() })),
    default: {} as Record<string, { input: number; output: number }>,
  },
  /** Embedding model, where EMBEDDING_MODEL does not name one; null: the default. */
  embeddingModel: { schema: z.string().trim().min(1).nullable(), default: null as string | null },
  /** Where embedding models are downloaded from: an address with the layout of huggingface.co, or `off`. */
  modelHub: {
    schema: z.union([z.literal(HUB_OFF), z.url({ protocol: /^https?$/, error: 'must be an http or https address, or off' })]),
    default: 'https://huggingface.co' as string,
  },
  /** Questions that one person may ask in an hour. */
  questionsPerHour: { schema: z.number().int().min(1).max(100_000), default: 120 },
  /** Questions that all people of a chat workspace may ask in an hour together. */
  workspaceQuestionsPerHour: { schema: z.number().int().min(1).max(1_000_000), default: 5_000 },
  /** Channels (`slack:T…/C…`) where what nobody asked Docent is answered, with the precision (0 to 1) that is to hold there. */
  automaticChannels: { schema: z.record(z.string(), z.number().min(0.5).max(0.99)), default: {} as Record<string, number> },
  /** Overrides of a model's context size in tokens. */
  contextTokens: { schema: z.record(z.string(), z.number().int().min(1024)), default: {} as Record<string, number> },
} as const;

export type Settings = { [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K]['default'] };

/** All settings, defaults filled in. */
export async function readSettings(db: Catalog): Promise<Settings> {
  const rows = await db.selectFrom('settings').selectAll().where('key', 'in', Object.keys(SETTINGS)).execute();
  const settings: Record<string, unknown> = {};
  for (const [key, { default: fallback }] of Object.entries(SETTINGS)) {
    const row = rows.find((r) => r.key === key);
    settings[key] = row ? JSON.parse(row.value_json) : fallback;
  }
  return settings as Settings;
}

/** Checks and stores one setting; throws an input error that names it. */
export async function writeSetting<K extends keyof Settings>(db: Catalog, key: K, value: unknown, now: number): Promise<void> {
  const parsed = SETTINGS[key].schema.safeParse(value);
  if (!parsed.success) throw inputError(key, parsed.error.issues.map((i) => `${i.path.join('.')} ${i.message}`.trim()).join('; '));
  await writeValue(db, key, parsed.data, now);
}
