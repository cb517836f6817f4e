/** How much search by meaning counts beside search by words, for each embedding model. */

/** Chosen on the labelled sets that `npm run bench -- --only fusion` reports. */
const WEIGHTS: [names: RegExp, weight: number][] = [
  [/^use-lite$/, 0.35],
  [/e5-small/, 0.35],
  [/bge-small/, 0.35],
];
/** @returns 0 (words alone) to 1 (meaning alone); undefined for a model that was not measured */
export function meaningWeight(model: string): number | undefined {
  return WEIGHTS.find(([names]) => names.test(model))?.[1];
}
