/** All vectors of one model have one length; every driver says the same of one that has not. */
import { AppError } from '../errors.ts';
import type { VectorEntry } from './search-index.ts';

export const otherLength = (model: string, dimension: number, length: number): AppError =>
  new AppError({ code: 'search.dimension', message: `a vector of ${length} numbers, where those of "${model}" have ${dimension}` });

/** @throws AppError `search.dimension` when not all vectors are of one length, before any is written */
export function checkOneLength(model: string, entries: VectorEntry[]): void {
  const first = entries[0]?.vector.length;
  for (const { vector } of entries) if (vector.length !== first) throw otherLength(model, first!, vector.length);
}
