/** Writing to index.db: points come and go at once, their words in the lists and frequencies at once or later. */
import type { DatabaseSync } from 'node:sqlite';
import { levelsOf, weightedLength } from '../bm25.ts';
import type { Point, VectorEntry } from '../search-index.ts';
import { encodeTerms } from '../term-codes.ts';
import { codesFrom } from './sqlite-pending.ts';
import { pruneTombstones } from './sqlite-resident.ts';
import { createVectorWrites } from './sqlite-vectors.ts';
import { levelToken } from './sqlite-words.ts';

export const KINDS: Point['kind'][] = ['passage', 'verified', 'question'];

/** A write of this many points enters their words at once: together they cost less, and nobody writes so many in passing. */
const MANY = 64;
/** Points whose words may be pending (3 KB of memory each): while people search, and while nobody does (then they are entered together). */
const PENDING = { searching: 4096, quiet: 256 };
/** Pending points entered in one step when nobody waits; a search that comes meanwhile waits for the step. */
const STEP_POINTS = 16;
/** Pages of the word lists merged for each point entered, so that a search never has many segments to look in. */
const MERGED_PAGES = 2;
/** Pages merged in one step when nobody waits. */
const STEP_PAGES = 64;

export interface Writes {
  /** @param quiet nobody has searched for a while: a longer write is in nobody's way */
  put(points: Point[], quiet: boolean): void;
  drop(ids: string[], quiet: boolean): void;
  putVectors(model: string, entries: VectorEntry[]): void;
  activate(model: string): void;
  /** One short step of taking out the vectors of models that were dropped; true while there is more to do. */
  dropVectors(): boolean;
  /** One short step of entering and merging what is pending, or of `dropVectors`; true while there is more to do. */
  step(): boolean;
}

type Counts = [number, number, number, number];

/** @param inTransaction runs its work in one transaction, undone when it throws */
export function createWrites(db: DatabaseSync, inTransaction: <T>(begin: string, work: () => T) => T): Writes {
  const numberOf = db.prepare('SELECT n FROM points WHERE id = ?');
  const codesOf = db.prepare('SELECT codes FROM passages WHERE n = ?');
  const insertPoint = db.prepare('INSERT INTO points (id, document, kind, readers) VALUES (?, ?, ?, ?)');
  const insertCodes = db.prepare('INSERT INTO passages (n, codes) VALUES (?, ?)');
  const deleteCodes = db.prepare('DELETE FROM passages WHERE n = ?');
  const vectors = createVectorWrites(db);
  const tombstone = db.prepare('INSERT INTO removed (n) VALUES (?)');
  const deletePoint = db.prepare('DELETE FROM points WHERE n = ?');
  const insertPending = db.prepare('INSERT INTO pending (n, change) VALUES (?, ?)');
  const deletePending = db.prepare('DELETE FROM pending WHERE n = ?');
  const somePending = db.prepare('SELECT n, change FROM pending ORDER BY n LIMIT ?');
  const countPending = db.prepare('SELECT count(*) AS count FROM pending');
  const insertWords = db.prepare('INSERT INTO words (rowid, terms) VALUES (?, ?)');
  const deleteWords = db.prepare('DELETE FROM words WHERE rowid = ?');
  const mergeWords = db.prepare("INSERT INTO words (words, rank) VALUES ('merge', ?)");
  const changesSoFar = db.prepare('SELECT total_changes() AS changes');
  const changeTotals = db.prepare('UPDATE totals SET points = points + ?, length = length + ?');
  const changeFrequency = db.prepare(
    `INSERT INTO frequencies VALUES (?, ?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET level0 = level0 + excluded.level0,
     level1 = level1 + excluded.level1, level2 = level2 + excluded.level2, level3 = level3 + excluded.level3`,
  );

  /** Enters points in the lists and frequencies, or takes them out; `finish` writes what was gathered. */
  const entering = (): { enter(n: number, codes: Uint32Array, change: number): void; finish(): void } => {
    const frequencies = new Map<number, Counts>();
    let entered = 0;
    return {
      enter(n, codes, change) {
        let tokens = '';
        for (const [code, level] of levelsOf(codes)) {
          let counts = frequencies.get(code);
          if (!counts) frequencies.set(code, (counts = [0, 0, 0, 0]));
          counts[level]! += change;
          if (change > 0) tokens += `${levelToken(code, level)} `;
        }
        if (change > 0) insertWords.run(n, tokens);
        else deleteWords.run(n);
        entered++;
      },
      finish() {
        if (entered === 0) return;
        for (const [code, counts] of [...frequencies].sort((a, b) => a[0] - b[0])) {
          if (counts.some((by) => by !== 0)) changeFrequency.run(code, ...counts);
        }
        mergeWords.run(MERGED_PAGES * entered);
      },
    };
  };

  const pendingPoints = (): number => countPending.get()!['count'] as number;
  const enterPending = (limit: number): void => {
    const { enter, finish } = entering();
    for (const row of somePending.all(limit)) {
      const { n, change } = row as { n: number; change: number };
      enter(n, codesFrom(codesOf.get(n)!['codes']), change);
      if (change < 0) deleteCodes.run(n);
      deletePending.run(n);
    }
    finish();
  };

  /** Runs in one transaction, keeping how often each term stands and how much there is in step with the points. */
  const write = (many: number, quiet: boolean, work: (add: (point: Point) => void, remove: (id: string) => void) => void): void => {
    inTransaction('BEGIN IMMEDIATE', () => {
      const pending = pendingPoints();
      const atOnce = many >= MANY || pending >= PENDING.searching;
      const { enter, finish } = entering();
      const writing = vectors.writing();
      let points = 0;
      let length = 0;
      const remove = (id: string): void => {
        const n = numberOf.get(id)?.['n'] as number | undefined;
        if (n === undefined) return;
        const codes = codesFrom(codesOf.get(n)!['codes']);
        points--;
        length -= weightedLength(codes);
        deletePoint.run(n);
        writing.removeOf(n);
        tombstone.run(n);
        const neverEntered = deletePending.run(n).changes === 1;
        if (!neverEntered && !atOnce) {
          insertPending.run(n, -1);
          return;
        }
        deleteCodes.run(n);
        if (!neverEntered) enter(n, codes, -1);
      };
      const add = (point: Point): void => {
        remove(point.id);
        const n = insertPoint.run(point.id, point.documentId, KINDS.indexOf(point.kind), point.readerSet).lastInsertRowid as number;
        const codes = encodeTerms(point.terms);
        insertCodes.run(n, new Uint8Array(codes.buffer));
        points++;
        length += weightedLength(codes);
        if (atOnce) enter(n, codes, 1);
        else insertPending.run(n, 1);
        if (point.vector) writing.set(vectors.activeOrFirst(), n, point.vector);
      };
      work(add, remove);
      finish();
      writing.finish();
      changeTotals.run(points, length);
      pruneTombstones(db);
      if (quiet && !atOnce && pending >= PENDING.quiet) enterPending(pending);
    });
  };

  return {
    put: (points, quiet) => write(points.length, quiet, (add) => points.forEach(add)),
    drop: (ids, quiet) => write(ids.length, quiet, (_, remove) => ids.forEach(remove)),
    putVectors(model, entries) {
      inTransaction('BEGIN IMMEDIATE', () => {
        const writing = vectors.writing();
        let m: number | undefined;
        for (const { id, vector } of entries) {
          const n = numberOf.get(id)?.['n'] as number | undefined;
          if (n !== undefined) writing.set((m ??= vectors.numberOf(model)), n, vector);
        }
        writing.finish();
      });
    },
    activate: (model) => inTransaction('BEGIN IMMEDIATE', () => vectors.activate(model)),
    dropVectors: () => inTransaction('BEGIN IMMEDIATE', vectors.dropSome),
    step() {
      return inTransaction('BEGIN IMMEDIATE', () => {
        if (pendingPoints() > 0) {
          enterPending(STEP_POINTS);
          return true;
        }
        if (vectors.dropSome()) return true;
        const changes = (): number => changesSoFar.get()!['changes'] as number;
        const before = changes();
        mergeWords.run(STEP_PAGES);
        // FTS5 counts one change for the command itself, and more when it merged something.
        return changes() - before >= 2;
      });
    },
  };
}
