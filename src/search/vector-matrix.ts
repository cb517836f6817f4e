/** Vectors of one length in memory, a byte a dimension; the driver scores the best again from the exact ones. */

import { createMemory, dotProductOver } from './dot-product.ts';

/** Bytes that the memory grows by; growing never needs twice the room. */
const GROWTH = 4 * 1024 * 1024;
const PAGE = 65_536;

export interface Matrix {
  add(n: number, scale: number, bytes: Uint8Array): void;
  remove(n: number): void;
  /** The `limit` points nearest to the query among those that are eligible (by point number), best first. */
  nearest(query: Float32Array, eligible: Uint8Array, limit: number): number[];
}

/** To bytes of -127 to 127 by the largest component; `scale` undoes it. */
export function quantize(vector: Float32Array): { scale: number; bytes: Int8Array } {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  const scale = largest / 127 || 1;
  const bytes = new Int8Array(vector.length);
  for (let i = 0; i < vector.length; i++) bytes[i] = Math.round(vector[i]! / scale);
  return { scale, bytes };
}

/** Of two vectors of one length; four sums side by side, which is twice as fast as one. */
export function dotProduct(a: Float32Array, b: Float32Array): number {
  let [s, t, u, v] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let i = 0; i < whole; i += 4) {
    s += a[i]! * b[i]!;
    t += a[i + 1]! * b[i + 1]!;
    u += a[i + 2]! * b[i + 2]!;
    v += a[i + 3]! * b[i + 3]!;
  }
  for (let i = whole; i < a.length; i++) s += a[i]! * b[i]!;
  return s + t + u + v;
}

export function createMatrix(dimensions: number): Matrix {
  /** Bytes from one vector to the next: whole sixteens, the rest zeros. The query stands first. */
  const stride = Math.ceil(dimensions / 16) * 16;
  const memory = createMemory(stride + PAGE);
  const dot = dotProductOver(memory);
  let bytes = new Int8Array(memory.buffer);
  const numbers: number[] = [];
  const scales: number[] = [];
  const slots = new Map<number, number>();
  const free: number[] = [];
  return {
    add(n, scale, vector) {
      const slot = slots.get(n) ?? free.pop() ?? numbers.length;
      const at = (slot + 1) * stride;
      if (at + stride > bytes.length) {
        memory.grow(Math.ceil(Math.max(GROWTH, stride) / PAGE));
        bytes = new Int8Array(memory.buffer);
      }
      bytes.set(new Int8Array(vector.buffer, vector.byteOffset, dimensions), at);
      numbers[slot] = n;
      scales[slot] = scale;
      slots.set(n, slot);
    },
    remove(n) {
      const slot = slots.get(n);
      if (slot === undefined) return;
      slots.delete(n);
      numbers[slot] = 0;
      free.push(slot);
    },
    nearest(query, eligible, limit) {
      bytes.set(quantize(query).bytes, 0);
      const best = topOf(limit);
      for (let slot = 0; slot < numbers.length; slot++) {
        const n = numbers[slot]!;
        if (eligible[n] !== 1) continue;
        const at = (slot + 1) * stride;
        best.offer(n, dot(at, 0, at + stride) * scales[slot]!);
      }
      return best.take().map((found) => found.n);
    },
  };
}

/** The best few of many, by a heap with the worst on top. Equal scores: the lower number wins, so results are stable. */
export function topOf(limit: number): { offer(n: number, score: number): void; take(): { n: number; score: number }[] } {
  const numbers = new Float64Array(limit);
  const scores = new Float64Array(limit);
  let size = 0;
  const worse = (i: number, j: number): boolean => scores[i]! < scores[j]! || (scores[i]! === scores[j]! && numbers[i]! > numbers[j]!);
  const swap = (i: number, j: number): void => {
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
    [scores[i], scores[j]] = [scores[j]!, scores[i]!];
  };
  const sink = (): void => {
    for (let i = 0; ;) {
      const left = 2 * i + 1;
      if (left >= size) return;
      const child = left + 1 < size && worse(left + 1, left) ? left + 1 : left;
      if (!worse(child, i)) return;
      swap(i, child);
      i = child;
    }
  };
  return {
    offer(n, score) {
      if (size < limit) {
        numbers[size] = n;
        scores[size] = score;
        for (let i = size++; i > 0;) {
          const parent = (i - 1) >> 1;
          if (!worse(i, parent)) break;
          swap(i, parent);
          i = parent;
        }
      } else if (limit > 0 && (score > scores[0]! || (score === scores[0]! && n < numbers[0]!))) {
        numbers[0] = n;
        scores[0] = score;
        sink();
      }
    },
    take: () =>
      Array.from({ length: size }, (_, i) => ({ n: numbers[i]!, score: scores[i]! })).sort((a, b) => b.score - a.score || a.n - b.n),
  };
}
