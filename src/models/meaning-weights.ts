/** How much search by meaning counts beside search by words, for each embedding model, and how far it tells that something was found. */
import type { Embedder } from './embedder.ts';

type Measured = Required<Pick<Embedder, 'meaningWeight' | 'meaningTrust'>>;

/**
 * Weights: so that no labelled set loses .005 nDCG@10 against words or meaning alone, and everyday questions in other words
 * gain most. Trust: fit on clapnq-dev-en, where AUROC rises from .829 by words to .86 (e5) and .835 (use-lite).
 */
const MEASURED: [names: RegExp, measured: Measured][] = [
  [/^use-lite$/, { meaningWeight: { matched: 0.05, unmatched: 0.4 }, meaningTrust: { weight: 0.3, neutral: 1 } }],
  [/bge-small/, { meaningWeight: { matched: 0.15, unmatched: 0.9 }, meaningTrust: { weight: 0.3, neutral: 1.5 } }],
  [/e5-small/, { meaningWeight: { matched: 0.17, unmatched: 0.9 }, meaningTrust: { weight: 1.2, neutral: 2 } }],
];

/** Nothing for a model that was not measured. */
export function measuredOf(model: string): Measured | undefined {
  return MEASURED.find(([names]) => names.test(model))?.[1];
}
