/**
 * The vectors of index.db, by model. A model has a number of its own that never comes again, and its rows stand together:
 * in `vectors` under model and point, in `quantized` under model and the order of writing, so that whoever keeps them in
 * memory reads on from where he was. A model that was dropped has no name; its rows go in short steps.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { VectorModels } from '../search-index.ts';
import { otherLength } from '../vector-length.ts';
import { quantize } from '../vector-matrix.ts';

/** Keys of one model: its number times this, plus a point's number or a place in the order of writing. */
const KEYS = 2 ** 32;
/** Rows of a dropped model that one step takes out: some ms. */
const DROPPED_ROWS = 256;
/** Points looked at in one step for those without a vector: some 10 ms. */
const SCANNED_POINTS = 10_000;

export const vectorKey = (model: number, n: number): number => model * KEYS + n;

export interface ModelRow {
  m: number;
  active: boolean;
  dimension: number;
}

/** Statements that read what is known of models and vectors. */
export interface VectorReads {
  /** All models but those that were dropped. */
  live(): ModelRow[];
  /** Number of the active model. */
  activeModel(): { m: number; name: string } | undefined;
  state(points: number): VectorModels;
  /** Ids without a vector of the model among the next points in id order; `next` is where to go on, if there is more. */
  without(model: string, after: string, limit: number): { ids: string[]; next: string | undefined };
}

export function createVectorReads(db: DatabaseSync): VectorReads {
  const models = db.prepare('SELECT m, name, active, dimension, vectors FROM models WHERE name IS NOT NULL ORDER BY m');
  const active = db.prepare('SELECT m, name FROM models WHERE active = 1');
  const numberOf = db.prepare('SELECT m FROM models WHERE name = ?');
  const without = db.prepare(
    `SELECT id FROM (SELECT n, id FROM points WHERE id > ? ORDER BY id LIMIT ${SCANNED_POINTS}) AS p
     WHERE NOT EXISTS (SELECT 1 FROM quantized AS q WHERE q.n = p.n AND q.key BETWEEN ? AND ?) ORDER BY id LIMIT ?`,
  );
  const scannedTo = db.prepare(`SELECT id FROM points WHERE id > ? ORDER BY id LIMIT 1 OFFSET ${SCANNED_POINTS - 1}`);
  return {
    live: () => models.all().map((row) => ({ m: row['m'] as number, active: row['active'] === 1, dimension: row['dimension'] as number })),
    activeModel: () => active.get() as { m: number; name: string } | undefined,
    state(points) {
      const rows = models.all() as { name: string; active: number; dimension: number; vectors: number }[];
      return {
        active: rows.find((row) => row.active === 1)?.name,
        models: rows.map(({ name, vectors, dimension }) => ({ model: name, vectors, dimension: vectors > 0 ? dimension : 0 })),
        points,
      };
    },
    without(model, after, limit) {
      const m = (numberOf.get(model)?.['m'] as number | undefined) ?? 0;
      const ids = without.all(after, vectorKey(m, 0), vectorKey(m + 1, -1), limit).map((row) => row['id'] as string);
      const next = ids.length >= limit ? ids.at(-1) : (scannedTo.get(after)?.['id'] as string | undefined);
      return { ids, next };
    },
  };
}

/** Each is to be called inside a write transaction. */
export interface VectorWrites {
  /** For one transaction; counts are written by `finish`, once, at its end. */
  writing(): {
    /** @throws AppError `search.dimension` */
    set(model: number, n: number, vector: Float32Array): void;
    /** Takes out a point's vectors of all models. */
    removeOf(n: number): void;
    finish(): void;
  };
  /** The active model's number; where none is, the model that the fact `embeddingModel` names becomes it. */
  activeOrFirst(): number;
  /** The number of the model, which is made when it is new. */
  numberOf(name: string): number;
  /** Makes the model the active one and takes the names of all others. */
  activate(name: string): void;
  /** Takes out some rows of models that were dropped; true while there are more. */
  dropSome(): boolean;
}

interface Counts {
  name: string | null;
  dimension: number;
  vectors: number;
  written: number;
}

export function createVectorWrites(db: DatabaseSync): VectorWrites {
  const named = db.prepare('SELECT m FROM models WHERE name = ?');
  const insertModel = db.prepare('INSERT INTO models (name) VALUES (?)');
  const active = db.prepare('SELECT m FROM models WHERE active = 1');
  const embeddingModel = db.prepare("SELECT value FROM meta WHERE key = 'embeddingModel'");
  const setActive = db.prepare('UPDATE models SET active = 1 WHERE m = ?');
  const unname = db.prepare('UPDATE models SET name = NULL, active = 0 WHERE m != ? AND name IS NOT NULL');
  const countsOf = db.prepare('SELECT name, dimension, vectors, written FROM models WHERE m = ?');
  const updateCounts = db.prepare('UPDATE models SET dimension = ?, vectors = ?, written = ? WHERE m = ?');
  const keysOf = db.prepare('SELECT key FROM quantized WHERE n = ?');
  const insertVector = db.prepare('INSERT INTO vectors (key, vector) VALUES (?, ?)');
  const insertQuantized = db.prepare('INSERT INTO quantized (key, n, scale, bytes) VALUES (?, ?, ?, ?)');
  const deleteVector = db.prepare('DELETE FROM vectors WHERE key = ?');
  const deleteQuantized = db.prepare('DELETE FROM quantized WHERE key = ?');
  const dropped = db.prepare('SELECT m FROM models WHERE name IS NULL LIMIT 1');
  const dropRows = ['quantized', 'vectors'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE key IN (SELECT key FROM ${table} WHERE key BETWEEN ? AND ? LIMIT ${DROPPED_ROWS})`),
  );
  const forget = db.prepare('DELETE FROM models WHERE m = ?');
  const bytesOf = (array: Float32Array | Int8Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

  const writes: VectorWrites = {
    writing() {
      const all = new Map<number, Counts>();
      const counts = (m: number): Counts => {
        let known = all.get(m);
        if (!known) all.set(m, (known = { ...(countsOf.get(m) as unknown as Counts) }));
        return known;
      };
      const remove = (n: number, only?: number): void => {
        for (const row of keysOf.all(n)) {
          const key = row['key'] as number;
          const m = Math.floor(key / KEYS);
          if (only !== undefined && m !== only) continue;
          deleteQuantized.run(key);
          deleteVector.run(vectorKey(m, n));
          counts(m).vectors--;
        }
      };
      return {
        set(m, n, vector) {
          const model = counts(m);
          if (model.vectors > 0 && model.dimension !== vector.length) throw otherLength(model.name ?? '', model.dimension, vector.length);
          remove(n, m);
          model.dimension = vector.length;
          model.vectors++;
          const { scale, bytes } = quantize(vector);
          insertVector.run(vectorKey(m, n), bytesOf(vector));
          insertQuantized.run(vectorKey(m, ++model.written), n, scale, bytesOf(bytes));
        },
        removeOf: (n) => remove(n),
        finish() {
          for (const [m, { dimension, vectors, written }] of all) updateCounts.run(dimension, vectors, written, m);
        },
      };
    },
    activeOrFirst() {
      const m = active.get()?.['m'] as number | undefined;
      if (m !== undefined) return m;
      const first = writes.numberOf((embeddingModel.get()?.['value'] as string | undefined) ?? '');
      setActive.run(first);
      return first;
    },
    numberOf: (name) => (named.get(name)?.['m'] as number | undefined) ?? (insertModel.run(name).lastInsertRowid as number),
    activate(name) {
      const m = writes.numberOf(name);
      unname.run(m);
      setActive.run(m);
    },
    dropSome() {
      const m = dropped.get()?.['m'] as number | undefined;
      if (m === undefined) return false;
      let changes = 0;
      for (const statement of dropRows) changes += Number(statement.run(vectorKey(m, 0), vectorKey(m + 1, -1)).changes);
      if (changes === 0) forget.run(m);
      return true;
    },
  };
  return writes;
}
