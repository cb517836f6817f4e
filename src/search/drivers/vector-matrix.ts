/** Vectors of one length in memory, a byte a dimension; the driver scores the best again from the exact ones. */

/** Vectors a block: memory grows in blocks, so that growing never needs twice the room. */
const BLOCK = 2048;

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

export function createMatrix(dimensions: number): Matrix {
  const blocks: Int8Array[] = [];
  const numbers: number[] = [];
  const scales: number[] = [];
  const slots = new Map<number, number>();
  const free: number[] = [];
  return {
    add(n, scale, bytes) {
      const slot = slots.get(n) ?? free.pop() ?? numbers.length;
      if (slot >= blocks.length * BLOCK) blocks.push(new Int8Array(BLOCK * dimensions));
      blocks[Math.floor(slot / BLOCK)]!.set(new Int8Array(bytes.buffer, bytes.byteOffset, dimensions), (slot % BLOCK) * dimensions);
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
      const { bytes } = quantize(query);
      const best = topOf(limit);
      for (let slot = 0; slot < numbers.length; slot++) {
        const n = numbers[slot]!;
        if (eligible[n] !== 1) continue;
        const block = blocks[(slot / BLOCK) | 0]!;
        best.offer(n, dot(block, (slot % BLOCK) * dimensions, bytes) * scales[slot]!);
      }
      return best.take().map(({ n }) => n);
    },
  };
}

function dot(block: Int8Array, from: number, query: Int8Array): number {
  const length = query.length;
  const even = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i < even; i += 4) {
    a = (a + block[from + i]! * query[i]!) | 0;
    b = (b + block[from + i + 1]! * query[i + 1]!) | 0;
    c = (c + block[from + i + 2]! * query[i + 2]!) | 0;
    d = (d + block[from + i + 3]! * query[i + 3]!) | 0;
  }
  for (; i < length; i++) a = (a + block[from + i]! * query[i]!) | 0;
  return a + b + c + d;
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
    for (let i = 0; ; ) {
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
        for (let i = size++; i > 0; ) {
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
