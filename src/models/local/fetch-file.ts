/** One file of a model from the hub: an attempt that goes on where the last one broke off, and the check at the end. */
import { open } from 'node:fs/promises';
import { AppError } from '../../errors.ts';
import type { StreamingOutbound } from '../../net/outbound.ts';
import { retryAfterMs } from '../../retry.ts';
import { gitBlobOf, sha256Of } from './checksums.ts';
import { fileUrl, readAnswer, statusError, sumFromTree, type HubAnswer, type Sum } from './hub.ts';
import type { KnownFile, KnownModel } from './known-models.ts';
import type { PartialFolder } from './partial-folder.ts';

export interface FetchDeps {
  hub: string;
  outbound: StreamingOutbound;
  partial: PartialFolder;
  headersMs: number;
  idleMs: number;
  now(): number;
  /** How much of the file is there, and its size once that is known. */
  onBytes(bytes: number, total: number | undefined): void;
  signal: AbortSignal;
}

/** `undefined`: the file is whole. Otherwise the hub said no, for now or for good (`error.retryable`). */
export type Refusal = { error: AppError; retryAfterMs?: number } | undefined;

/**
 * Adds to a file what is missing of it.
 * @throws AppError of outbound, `model.hub_changed`; errors of the disk; the signal's reason
 */
export async function fetchRest(model: KnownModel, file: KnownFile, deps: FetchDeps): Promise<Refusal> {
  const { partial, signal } = deps;
  // A second request, from the first byte on, when what came does not continue what is there.
  for (const last of [false, true]) {
    const before = partial.stateOf(file.name);
    const have = await partial.sizeOf(file.name);
    deps.onBytes(have, before.total);
    if (before.total !== undefined && have === before.total) return undefined;
    const goOn = have > 0 && (before.etag !== undefined || file.sha256 !== undefined);
    const headers: Record<string, string> = {};
    if (goOn) headers.range = `bytes=${have}-`;
    if (goOn && before.etag !== undefined) headers['if-range'] = before.etag;
    const { headersMs, idleMs } = deps;
    const maxBytes = mostBytes(file);
    const answer = await deps.outbound.open(fileUrl(deps.hub, model, file), { headers, signal, headersMs, idleMs, maxBytes });
    try {
      if (answer.status !== 200 && answer.status !== 206 && !(answer.status === 416 && goOn)) {
        const error = statusError(deps.hub, model, answer.status);
        const asked = retryAfterMs(new Headers({ 'retry-after': answer.headers['retry-after'] ?? '' }), deps.now());
        return asked === undefined ? { error } : { error, retryAfterMs: asked };
      }
      const said = readAnswer(answer);
      refuseOther(model, file, said);
      if (answer.status === 206 && goOn && continues(said, have, before)) {
        await partial.setState(file.name, { ...before, total: said.total, resumed: true });
        return await append(file, answer.pieces(), have, deps);
      }
      // An ignored Range or a failed If-Range: the whole file, from its first byte.
      await partial.drop(file.name);
      if (answer.status === 200) {
        const { etag, total, sum } = said;
        await partial.setState(file.name, { etag, total, sum });
        return await append(file, answer.pieces(), 0, deps);
      }
    } finally {
      answer.discard();
    }
    if (last) throw changing(model, 'parts of the file do not fit together', true);
  }
  return undefined;
}

/**
 * Checks a whole file against its pinned sum, or where none is pinned against the hub's.
 * @returns its SHA-256; undefined when the file was put together from several answers, does not fit and was thrown away
 * @throws AppError `model.hub_changed` when it came in one piece and is another file; `model.unverifiable`
 */
export async function checkFetched(model: KnownModel, file: KnownFile, deps: FetchDeps): Promise<string | undefined> {
  const { partial, signal } = deps;
  const { sum: said, resumed } = partial.stateOf(file.name);
  const pinned: Sum | undefined = file.sha256 === undefined ? undefined : { kind: 'sha256', hex: file.sha256 };
  const expected = pinned ?? said ?? (await sumFromTree(deps.hub, model, file, deps.outbound, signal));
  if (!expected) throw unverifiable(model, file);
  const at = partial.pathOf(file.name);
  const sha256 = await sha256Of(at, signal);
  const actual = expected.kind === 'sha256' ? sha256 : await gitBlobOf(at, signal);
  if (actual === expected.hex) return sha256;
  await partial.drop(file.name);
  if (resumed) return undefined;
  throw changing(model, `${file.path} has the sum ${actual.slice(0, 12)}… instead of ${expected.hex.slice(0, 12)}…`, false);
}

async function append(file: KnownFile, pieces: AsyncIterable<Uint8Array>, from: number, deps: FetchDeps): Promise<Refusal> {
  const { partial } = deps;
  const handle = await open(partial.pathOf(file.name), from === 0 ? 'w' : 'a');
  let size = from;
  try {
    for await (const piece of pieces) {
      await handle.appendFile(piece);
      size += piece.length;
      deps.onBytes(size, partial.stateOf(file.name).total);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  const state = partial.stateOf(file.name);
  // Without a length the end of the body is the end of the file.
  if (state.total === undefined) await partial.setState(file.name, { ...state, total: size });
  if (state.total === undefined || state.total === size) return undefined;
  const message = `${size} of ${state.total} bytes`;
  return { error: new AppError({ code: 'model.cut', message, publicMessage: 'The connection broke off.', retryable: true }) };
}

function continues(
  said: HubAnswer,
  have: number,
  before: { etag?: string | undefined; total?: number | undefined; sum?: Sum | undefined },
): boolean {
  const same = <T>(a: T | undefined, b: T | undefined): boolean => a === undefined || b === undefined || a === b;
  return said.from === have && same(said.total, before.total) && same(said.etag, before.etag) && same(said.sum?.hex, before.sum?.hex);
}

/** Before a hundred megabytes come for nothing. */
function refuseOther(model: KnownModel, file: KnownFile, said: HubAnswer): void {
  if (file.sha256 !== undefined && said.sum?.kind === 'sha256' && said.sum.hex !== file.sha256)
    throw changing(
      model,
      `${file.path} is announced with the sum ${said.sum.hex.slice(0, 12)}… instead of ${file.sha256.slice(0, 12)}…`,
      false,
    );
  if (said.total !== undefined && said.total > mostBytes(file))
    throw changing(model, `${file.path} has ${said.total} bytes instead of about ${file.bytes}`, false);
}

/** So that no server fills the disk. */
function mostBytes(file: KnownFile): number {
  return Math.max(2 * file.bytes, 1_000_000);
}

function changing(model: KnownModel, what: string, retryable: boolean): AppError {
  return new AppError({
    code: 'model.hub_changed',
    message: `model ${model.name}: ${what}`,
    publicMessage: `The hub gives out another file than the known one of "${model.name}" (${what}), so it is not used. Check where models come from, or put the model's files into its folder by hand.`,
    retryable,
  });
}

function unverifiable(model: KnownModel, file: KnownFile): AppError {
  return new AppError({
    code: 'model.unverifiable',
    message: `model ${model.name}: no sum of ${file.path}`,
    publicMessage: `Neither Docent nor the hub knows a checksum of ${file.path} of "${model.name}", so it is not used. Put the model's files into its folder by hand.`,
  });
}
