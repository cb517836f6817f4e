/** What the search thread keeps in memory of each point, and how it notices what other connections wrote. */
import type { DatabaseSync } from 'node:sqlite';
import { createMatrix, type Matrix } from '../vector-matrix.ts';
import { vectorKey, type ModelRow, type VectorReads } from './sqlite-vectors.ts';

/** A point that is not there (any more). */
export const ABSENT = 255;

export interface Resident {
  /** By a point's number: place of its kind, or `ABSENT`. */
  kinds: Uint8Array;
  /** By a point's number: place of its reader set in `readerPlaces`. */
  readers: Int32Array;
  readerPlaces: Map<number, number>;
  /** Takes over what was committed since it was last called; call inside a read transaction. False: nothing was. */
  refresh(): boolean;
  /** Says that this connection wrote, which its own data_version does not show. */
  noteWrite(): void;
  /**
   * Takes vectors over, after `refresh`: at most so many of the active model, then at most so many of one that is being
   * built beside it, which is then at hand when it becomes the active one. True while there are more.
   */
  loadVectors(limit: { active: number; beside: number }): boolean;
  /** Whether vectors were ever asked for, so that keeping up with them is worth while. */
  keepsVectors(): boolean;
  /** The active model's vectors, as far as they were loaded; undefined where it has none yet. */
  activeVectors(): { m: number; dimension: number; matrix: Matrix } | undefined;
}

/** Tombstones kept for connections that have not looked for a while; one that missed more starts afresh. */
const KEPT_TOMBSTONES = 50_000;

/** Vectors of one model, and the key of the last row that was read. */
interface Held extends ModelRow {
  matrix: Matrix;
  last: number;
}

export function createResident(db: DatabaseSync, reads: VectorReads): Resident {
  const versionOf = db.prepare('PRAGMA data_version');
  const newPoints = db.prepare('SELECT n, kind, readers FROM points WHERE n > ? ORDER BY n');
  const newRemovals = db.prepare('SELECT sequence, n FROM removed WHERE sequence > ? ORDER BY sequence');
  const oldestRemoval = db.prepare('SELECT min(sequence) AS first FROM removed');
  const newVectors = db.prepare('SELECT key, n, scale, bytes FROM quantized WHERE key > ? AND key < ? ORDER BY key LIMIT ?');
  newPoints.setReturnArrays(true);
  newVectors.setReturnArrays(true);
  let version: unknown;
  let wrote = true;
  let lastPoint = 0;
  let lastRemoval = -1;
  let keepsVectors = false;
  /** Not all rows of `quantized` were read yet. */
  let behind = true;
  let held: Held[] = [];
  const resident: Resident = {
    kinds: new Uint8Array(1024).fill(ABSENT),
    readers: new Int32Array(1024),
    readerPlaces: new Map(),
    refresh() {
      const now = versionOf.get()!['data_version'];
      if (!wrote && now === version) return false;
      version = now;
      wrote = false;
      behind = true;
      const oldest = oldestRemoval.get()!['first'] as number | null;
      if (lastRemoval < 0 || (oldest !== null && oldest > lastRemoval + 1)) startAfresh();
      takeModels();
      takePoints();
      for (const row of newRemovals.all(lastRemoval)) {
        const n = row['n'] as number;
        lastRemoval = row['sequence'] as number;
        if (n < resident.kinds.length) resident.kinds[n] = ABSENT;
        for (const { matrix } of held) matrix.remove(n);
      }
      return true;
    },
    noteWrite() {
      wrote = true;
    },
    loadVectors(limit) {
      keepsVectors = true;
      if (!behind) return false;
      let more = false;
      for (const model of held) {
        const most = model.active ? limit.active : limit.beside;
        if (takeVectors(model, most) >= most) more = true;
      }
      behind = more;
      return more;
    },
    keepsVectors: () => keepsVectors,
    activeVectors: () => held.find((model) => model.active),
  };

  const startAfresh = (): void => {
    resident.kinds.fill(ABSENT);
    held = [];
    lastPoint = 0;
    lastRemoval = (db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'removed'").get()?.['seq'] as number | undefined) ?? 0;
  };
  /** A model's length changes only when none of its vectors was left. */
  const takeModels = (): void => {
    held = reads
      .live()
      .filter((row) => row.dimension > 0)
      .map((row) => {
        const known = held.find(({ m, dimension }) => m === row.m && dimension === row.dimension);
        return { ...row, matrix: known?.matrix ?? createMatrix(row.dimension), last: known?.last ?? vectorKey(row.m, 0) };
      });
  };
  const takePoints = (): void => {
    for (const row of newPoints.iterate(lastPoint)) {
      const [n, kind, readers] = row as unknown as [number, number, number];
      if (n >= resident.kinds.length) grow(n);
      let place = resident.readerPlaces.get(readers);
      if (place === undefined) resident.readerPlaces.set(readers, (place = resident.readerPlaces.size));
      resident.kinds[n] = kind;
      resident.readers[n] = place;
      lastPoint = n;
    }
  };
  const takeVectors = (model: Held, limit: number): number => {
    let taken = 0;
    for (const row of newVectors.iterate(model.last, vectorKey(model.m + 1, 0), limit)) {
      const [key, n, scale, bytes] = row as unknown as [number, number, number, Uint8Array];
      model.matrix.add(n, scale, bytes);
      model.last = key;
      taken++;
    }
    return taken;
  };
  const grow = (n: number): void => {
    const size = Math.max(n + 1, Math.ceil(resident.kinds.length * 1.5));
    const kinds = new Uint8Array(size).fill(ABSENT);
    const readers = new Int32Array(size);
    kinds.set(resident.kinds);
    readers.set(resident.readers);
    resident.kinds = kinds;
    resident.readers = readers;
  };
  return resident;
}

/** Forgets tombstones that every connection has surely seen. Call inside a transaction. */
export function pruneTombstones(db: DatabaseSync): void {
  db.exec(`DELETE FROM removed WHERE sequence < (SELECT max(sequence) FROM removed) - ${KEPT_TOMBSTONES}`);
}
