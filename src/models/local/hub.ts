/** What a model hub of Hugging Face's kind says of a file: addresses, sums, sizes. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { OutboundStream } from '../../net/outbound-stream.ts';
import type { Outbound } from '../../net/outbound.ts';
import type { KnownFile, KnownModel } from './known-models.ts';

/** `git`: SHA-1 as `git hash-object` makes it, the hub's only sum of a small file. */
export const sumSchema = z.object({ kind: z.enum(['sha256', 'git']), hex: z.string() });
export type Sum = z.infer<typeof sumSchema>;

export interface HubAnswer {
  /** Of the whole file. */
  sum?: Sum;
  /** Of the whole file, in bytes. */
  total?: number;
  /** A strong one, for `If-Range`. Some storage behind the hub gives it a hash of its own. */
  etag?: string;
  /** Where a partial answer begins. */
  from?: number;
}

export function fileUrl(hub: string, model: KnownModel, file: KnownFile): string {
  return `${hub.replace(/\/+$/, '')}/${model.repository}/resolve/${model.revision}/${file.path}`;
}

/**
 * Reads the headers of the answer and of the redirects before it. The hub's redirect to its storage carries
 * `X-Linked-Etag`, the SHA-256 of a large file, while the storage's own ETag is no sum; a small file's ETag is git's.
 */
export function readAnswer(answer: Pick<OutboundStream, 'status' | 'headers' | 'hops' | 'url'>): HubAnswer {
  const said: HubAnswer = {};
  const linked = [...answer.hops, answer].map(({ headers }) => sumOf(headers['x-linked-etag'])).find((sum) => sum !== undefined);
  const own = sumOf(answer.headers.etag);
  const onHub = answer.hops.every(({ url }) => new URL(url).origin === new URL(answer.url).origin);
  const sum = linked ?? (onHub && own?.kind === 'git' ? own : undefined);
  if (sum) said.sum = sum;
  if (answer.headers.etag?.startsWith('"')) said.etag = answer.headers.etag;
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers['content-range'] ?? '');
  if (answer.status === 206 && range) {
    said.from = Number(range[1]);
    said.total = Number(range[2]);
  } else if (answer.status === 200 && /^\d+$/.test(answer.headers['content-length'] ?? '')) {
    said.total = Number(answer.headers['content-length']);
  }
  return said;
}

const treeSchema = z.array(z.object({ path: z.string(), oid: z.string(), lfs: z.object({ oid: z.string() }).optional() }));

/** Asks the hub's listing for a file's sum; undefined where it has none. Throws as `fetch` does. */
export async function sumFromTree(
  hub: string,
  model: KnownModel,
  file: KnownFile,
  outbound: Outbound,
  signal: AbortSignal,
): Promise<Sum | undefined> {
  const folder = file.path.split('/').slice(0, -1).join('/');
  const url = `${hub.replace(/\/+$/, '')}/api/models/${model.repository}/tree/${model.revision}${folder === '' ? '' : `/${folder}`}`;
  const answer = await outbound.fetch(url, { signal, maxBytes: 2_000_000, timeoutMs: 15_000 });
  if (answer.status !== 200) return undefined;
  try {
    const entries = treeSchema.parse(JSON.parse(Buffer.from(await answer.bytes()).toString()));
    const entry = entries.find(({ path }) => path === file.path);
    return sumOf(entry?.lfs?.oid ?? entry?.oid);
  } catch {
    return undefined;
  }
}

/** What an answer other than 200 and 206 means. `retryable` where the same request may succeed later. */
export function statusError(hub: string, model: KnownModel, status: number): AppError {
  const host = new URL(hub).host;
  const passing = status === 408 || status === 425 || status === 429 || status >= 500;
  const meaning: Record<number, string> = {
    401: `${host} has no public model ${model.repository}`,
    403: `${host} does not give out ${model.repository}`,
    404: `${host} has no such model or file (${model.repository} at ${model.revision.slice(0, 8)})`,
    429: `${host} wants fewer requests`,
  };
  const what = meaning[status] ?? `${host} answered ${status}`;
  return new AppError({ code: 'model.hub_refused', message: `hub answered ${status}`, publicMessage: `${what}.`, retryable: passing });
}

function sumOf(text: string | undefined): Sum | undefined {
  const hex = text?.replace(/^W\//, '').replaceAll('"', '').toLowerCase();
  if (hex !== undefined && /^[0-9a-f]{64}$/.test(hex)) return { kind: 'sha256', hex };
  return hex !== undefined && /^[0-9a-f]{40}$/.test(hex) ? { kind: 'git', hex } : undefined;
}
