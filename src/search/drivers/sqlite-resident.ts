/** What the search thread keeps in memory of each point, and how it notices what other connections wrote. */
import type { DatabaseSync } from 'node:sqlite';
import { createMatrix, type Matrix } from '../vector-matrix.ts';

/** A point that is not there (any more). */
export const ABSENT = 255;

export interface Resident {
  /** By a point's number: place of its kind, or `ABSENT`. */
  kinds: Uint8Array;
  /** By a point's number: place of its reader set in `readerPlaces`. */
  readers: Int32Array;
  readerPlaces: Map<number, number>;
  /** Vectors by their number of dimensions; loaded by the first search that brings a vector. */
  matrices: Map<number, Matrix>;
  /** Takes over what was committed since it was last called; call inside a read transaction. False: nothing was. */
  refresh(): boolean;
  /** Says that this connection wrote, which its own data_version does not show. */
  noteWrite(): void;
  /** Vectors are kept too, from when all are loaded. At most `limit` at once; true while there are more. */
  loadVectors(limit?: number): boolean;
}

/** Tombstones kept for connections that have not looked for a while; one that missed more starts afresh. */
const KEPT_TOMBSTONES = 50_000;
const ALL = Number.MAX_SAFE_INTEGER;

export function createResident(db: DatabaseSync): Resident {
  const versionOf = db.prepare('PRAGMA data_version');
  const newPoints = db.prepare('SELECT n, kind, readers FROM points WHERE n > ? ORDER BY n');
  const newRemovals = db.prepare('SELECT sequence, n FROM removed WHERE sequence > ? ORDER BY sequence');
  const oldestRemoval = db.prepare('SELECT min(sequence) AS first FROM removed');
  const newVectors = db.prepare('SELECT n, scale, bytes FROM quantized WHERE n > ? ORDER BY n LIMIT ?');
  newPoints.setReturnArrays(true);
  newVectors.setReturnArrays(true);
  let version: unknown;
  let wrote = true;
  let lastPoint = 0;
  let lastVector = 0;
  let lastRemoval = -1;
  let withVectors = false;
  const resident: Resident = {
    kinds: new Uint8Array(1024).fill(ABSENT),
    readers: new Int32Array(1024),
    readerPlaces: new Map(),
    matrices: new Map(),
    refresh() {
      const now = versionOf.get()!['data_version'];
      if (!wrote && now === version) return false;
      version = now;
      wrote = false;
      const oldest = oldestRemoval.get()!['first'] as number | null;
      if (lastRemoval < 0 || (oldest !== null && oldest > lastRemoval + 1)) startAfresh();
      takePoints();
      if (withVectors) takeVectors(ALL);
      for (const row of newRemovals.all(lastRemoval)) {
        const n = row['n'] as number;
        lastRemoval = row['sequence'] as number;
        if (n < resident.kinds.length) resident.kinds[n] = ABSENT;
        for (const matrix of resident.matrices.values()) matrix.remove(n);
      }
      return true;
    },
    noteWrite() {
      wrote = true;
    },
    loadVectors(limit = ALL) {
      if (!withVectors) withVectors = takeVectors(limit) < limit;
      return !withVectors;
    },
  };

  const startAfresh = (): void => {
    resident.kinds.fill(ABSENT);
    resident.matrices.clear();
    lastPoint = 0;
    lastVector = 0;
    lastRemoval = (db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'removed'").get()?.['seq'] as number | undefined) ?? 0;
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
  const takeVectors = (limit: number): number => {
    let taken = 0;
    for (const row of newVectors.iterate(lastVector, limit)) {
      const [n, scale, bytes] = row as unknown as [number, number, Uint8Array];
      let matrix = resident.matrices.get(bytes.length);
      if (!matrix) resident.matrices.set(bytes.length, (matrix = createMatrix(bytes.length)));
      matrix.add(n, scale, bytes);
      lastVector = n;
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
