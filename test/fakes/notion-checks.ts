/** What the made-up Notion takes: endpoints, bodies and parameters, all else refused as Notion refuses it. */
import { z } from 'zod';

export class NotionError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const wrong = (message: string): NotionError => new NotionError(400, 'validation_error', message);

const endpoints: [kind: string, method: string, path: RegExp][] = [
  ['me', 'GET', /^\/v1\/users\/me$/],
  ['user', 'GET', /^\/v1\/users\/([^/]+)$/],
  ['search', 'POST', /^\/v1\/search$/],
  ['query', 'POST', /^\/v1\/data_sources\/([^/]+)\/query$/],
  ['data_source', 'GET', /^\/v1\/data_sources\/([^/]+)$/],
  ['database', 'GET', /^\/v1\/databases\/([^/]+)$/],
  ['page', 'GET', /^\/v1\/pages\/([^/]+)$/],
  ['children', 'GET', /^\/v1\/blocks\/([^/]+)\/children$/],
  ['block', 'GET', /^\/v1\/blocks\/([^/]+)$/],
];

export function askedFor(method: string, path: string): { kind: string; id: string } {
  for (const [kind, its, pattern] of endpoints) {
    const match = pattern.exec(path);
    if (!match || its !== method) continue;
    const id = match[1]?.replaceAll('-', '').toLowerCase();
    if (id !== undefined && !/^[0-9a-f]{32}$/.test(id))
      throw wrong(`path failed validation: an id should be a valid uuid, instead was "${match[1]}"`);
    return { kind, id: id === undefined ? '' : id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') };
  }
  throw new NotionError(400, 'invalid_request_url', 'Invalid request URL.');
}

const paging = { start_cursor: z.uuid().nullish(), page_size: z.int().min(1).max(100).optional() };
const direction = z.enum(['ascending', 'descending']);
const bodies: Record<string, z.ZodType> = {
  search: z.strictObject({
    ...paging,
    query: z.string().optional(),
    sort: z.strictObject({ timestamp: z.literal('last_edited_time'), direction }).optional(),
    filter: z
      .union([
        z.strictObject({ property: z.literal('object'), value: z.enum(['page', 'data_source']), in_trash: z.boolean().optional() }),
        z.strictObject({ in_trash: z.boolean() }),
      ])
      .optional(),
  }),
  query: z.strictObject({
    ...paging,
    sorts: z.array(z.strictObject({ timestamp: z.enum(['created_time', 'last_edited_time']), direction })).optional(),
    filter: z
      .strictObject({ timestamp: z.literal('last_edited_time'), last_edited_time: z.strictObject({ on_or_after: z.iso.datetime() }) })
      .optional(),
  }),
};

export function checkBody(kind: string, body: Record<string, unknown> | undefined): void {
  const schema = bodies[kind];
  if (!schema) return;
  const parsed = schema.safeParse(body);
  if (!parsed.success)
    throw wrong(`body failed validation: ${parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`);
}

export function refuseUnknown(where: string, given: Record<string, unknown>, known: string[]): void {
  for (const name of Object.keys(given))
    if (!known.includes(name)) throw wrong(`${where} failed validation: ${name} should be not present`);
}

export function pageSizeOf(asked: Record<string, unknown>): number {
  const size = Number(asked['page_size'] ?? 100);
  if (!Number.isInteger(size) || size < 1 || size > 100) throw wrong('page_size should be between 1 and 100');
  return size;
}
