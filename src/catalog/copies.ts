/** Copies of the catalog that are kept beside it, in `copies/`, before something changes all of it. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const COPIES_KEPT = 5;

/** A path for a copy that is made now; its folder is there afterwards. */
export function pathForCopy(folder: string): string {
  mkdirSync(join(folder, 'copies'), { recursive: true, mode: 0o700 });
  // Two starters may need one in the same millisecond.
  const name = `catalog-${new Date().toISOString().replaceAll(':', '-')}-${randomBytes(3).toString('hex')}.db`;
  return join(folder, 'copies', name);
}

/** Takes out the oldest ones. */
export function pruneCopies(folder: string): void {
  const copies = join(folder, 'copies');
  const old = readdirSync(copies)
    .filter((name) => name.startsWith('catalog-'))
    .sort()
    .slice(0, -COPIES_KEPT);
  for (const name of old) rmSync(join(copies, name));
}
