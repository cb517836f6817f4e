/**
 * Points whose words are not yet entered in, or not yet taken out of, the word lists and frequencies. Entering a few
 * points costs as much as a hundred searches' patience (some 250 terms each, spread over the whole file), so a small
 * write only notes them here, the search thread adds them from memory, and they are entered together when nobody waits.
 */
import type { DatabaseSync } from 'node:sqlite';
import { LEVELS, levelsOf } from '../bm25.ts';

interface PendingPoint {
  /** 1: to enter; -1: to take out. */
  change: number;
  /** Its terms, and the level of each. */
  codes: Uint32Array;
  levels: Uint8Array;
}

export interface Pending {
  /** Takes over what stands in the table; call inside a read transaction, when something was written. */
  refresh(): void;
  /** Adds to a term's counts by level what the frequencies do not hold yet. */
  correct(code: number, counts: number[]): void;
  /** Points that hold the term at the level and stand in no list yet. */
  each(code: number, level: number, take: (n: number) => void): void;
}

export function createPending(db: DatabaseSync): Pending {
  const rows = db.prepare('SELECT n, change FROM pending');
  const codesOf = db.prepare('SELECT codes FROM passages WHERE n = ?');
  rows.setReturnArrays(true);
  let points = new Map<number, PendingPoint>();
  /** By term: number and level of each point, `number * LEVELS + level`, negative where it is to be taken out. */
  const entries = new Map<number, number[]>();

  const add = (n: number, change: number): PendingPoint => {
    const found = levelsOf(codesFrom(codesOf.get(n)!['codes']));
    for (const [code, level] of found) {
      const entry = change * (n * LEVELS + level);
      const list = entries.get(code);
      if (list) list.push(entry);
      else entries.set(code, [entry]);
    }
    return { change, codes: Uint32Array.from(found.keys()), levels: Uint8Array.from(found.values()) };
  };
  const remove = (n: number, { change, codes, levels }: PendingPoint): void => {
    codes.forEach((code, i) => {
      const list = entries.get(code)!;
      if (list.length === 1) entries.delete(code);
      else list.splice(list.indexOf(change * (n * LEVELS + levels[i]!)), 1);
    });
  };
  return {
    refresh() {
      const now: typeof points = new Map();
      const come: [n: number, change: number][] = [];
      for (const row of rows.iterate()) {
        const [n, change] = row as unknown as [number, number];
        const known = points.get(n);
        if (known?.change === change) {
          now.set(n, known);
          points.delete(n);
        } else come.push([n, change]);
      }
      if (now.size === 0) entries.clear();
      else for (const [n, gone] of points) remove(n, gone);
      for (const [n, change] of come) now.set(n, add(n, change));
      points = now;
    },
    correct(code, counts) {
      for (const entry of entries.get(code) ?? []) counts[Math.abs(entry) % LEVELS]! += Math.sign(entry);
    },
    each(code, level, take) {
      for (const entry of entries.get(code) ?? []) {
        if (entry > 0 && entry % LEVELS === level) take((entry - level) / LEVELS);
      }
    },
  };
}

/** A blob of the passages table as `encodeTerms` gave it. */
export function codesFrom(blob: unknown): Uint32Array {
  const bytes = blob as Uint8Array;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
