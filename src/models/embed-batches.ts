/** Many texts to vectors by requests that an endpoint accepts: batches by count and tokens, two at a time, in order. */
import { AppError } from '../errors.ts';
import { estimateTokens } from './tokens.ts';

export interface BatchLimits {
  texts: number;
  tokens: number;
  concurrency: number;
}

/**
 * Embeds `texts` by calling `send` for one batch after the other, at most `limits.concurrency` at a time.
 * @returns one vector a text, in the order of `texts`
 * @throws what `send` throws first (the other requests are then cancelled), or the signal's reason
 */
export async function embedInBatches(
  texts: string[],
  send: (batch: string[], signal: AbortSignal) => Promise<Float32Array[]>,
  limits: BatchLimits,
  signal: AbortSignal,
): Promise<Float32Array[]> {
  signal.throwIfAborted();
  const batches = batchesOf(texts, limits);
  const vectors: Float32Array[] = [];
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let next = 0;
  async function work(): Promise<void> {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      const got = await send(texts.slice(batch.from, batch.to), either);
      got.forEach((vector, index) => (vectors[batch!.from + index] = vector));
      either.throwIfAborted();
    }
  }
  const workers = Array.from({ length: Math.min(limits.concurrency, batches.length) }, work);
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(workers);
    throw signal.aborted ? signal.reason : error;
  }
  return vectors;
}

function batchesOf(texts: string[], limits: BatchLimits): { from: number; to: number }[] {
  const batches: { from: number; to: number }[] = [];
  let from = 0;
  let tokens = 0;
  texts.forEach((text, at) => {
    const size = estimateTokens(text);
    if (at > from && (at - from >= limits.texts || tokens + size > limits.tokens)) {
      batches.push({ from, to: at });
      from = at;
      tokens = 0;
    }
    tokens += size;
  });
  if (texts.length > from) batches.push({ from, to: texts.length });
  return batches;
}

/**
 * The vectors of an embeddings answer (`data: [{index, embedding: number[] | base64 of little-endian float32}]`), by
 * `index`, each normalised to length 1.
 * @param dimensions what they must have; undefined: whatever the first one has
 * @throws AppError `model.failed` when there are not `count` vectors, two for one text, of another size, or not numbers
 */
export function vectorsOf(data: unknown, count: number, dimensions: number | undefined, host: string): Float32Array[] {
  const wrong = (what: string): AppError =>
    new AppError({
      code: 'model.failed',
      message: `${host}: embeddings: ${what}`,
      publicMessage: `The model endpoint ${host} sent embeddings that cannot be used (${what}).`,
    });
  if (!Array.isArray(data)) throw wrong('no list of embeddings');
  if (data.length !== count) throw wrong(`${data.length} vectors for ${count} texts`);
  const vectors: Float32Array[] = [];
  data.forEach((each: { index?: unknown; embedding?: unknown } | null, at) => {
    const index = typeof each?.index === 'number' ? each.index : at;
    if (!Number.isInteger(index) || index < 0 || index >= count || vectors[index] !== undefined)
      throw wrong('an index that is wrong or there twice');
    const vector = decode(each?.embedding);
    const wanted = dimensions ?? vectors.find(Boolean)?.length ?? vector?.length;
    if (vector === undefined || vector.length === 0) throw wrong('something that is not a vector');
    if (vector.length !== wanted) throw wrong(`${vector.length} dimensions where ${wanted} were expected`);
    if (!normalise(vector)) throw wrong('a vector of zeros or of what is not numbers');
    vectors[index] = vector;
  });
  return vectors;
}

function decode(embedding: unknown): Float32Array | undefined {
  if (Array.isArray(embedding)) return embedding.every((value) => typeof value === 'number') ? Float32Array.from(embedding) : undefined;
  if (typeof embedding !== 'string') return undefined;
  const bytes = Buffer.from(embedding, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined;
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

/** In place; false when it has no direction. */
function normalise(vector: Float32Array): boolean {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  if (!Number.isFinite(length) || length === 0) return false;
  for (let index = 0; index < vector.length; index++) vector[index]! /= length;
  return true;
}
