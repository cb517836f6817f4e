/** What models cost: a small table that anyone can correct by data, without a release. */

/** US dollars per million tokens. */
export interface ModelPrice {
  input: number;
  output: number;
  /** For prompt tokens that the endpoint says it had in its cache; `input` where it is not given. */
  cachedInput?: number;
}

export interface PriceLookup {
  /** null: nobody told us; such calls count as 0. */
  price: ModelPrice | null;
  /** False for an unknown model, and for a fine-tuned one that is counted at the price of its base model. */
  known: boolean;
}

/** When the table below was last compared with what the vendor publishes. */
export const PRICES_AS_OF = '2026-11-21';

/**
 * Standard processing, requests of at most 272,000 prompt tokens. Sources, as read on PRICES_AS_OF:
 * developers.openai.com/api/docs/models (gpt-6-luna, gpt-6-astra, gpt-5.6), GitHub docs' models-and-pricing.yml (gpt-4.1,
 * gpt-5-mini, gpt-5.2), and public price lists for the rest. Cached input: as published, where it was found.
 */
export const DEFAULT_PRICES: Readonly<Record<string, ModelPrice>> = {
  'gpt-6.1-terra': { input: 1, output: 5, cachedInput: 0.05 },
  'gpt-6-astra': { input: 10, output: 50, cachedInput: 1 },
  'gpt-6-sol': { input: 2, output: 10, cachedInput: 0.2 },
  'gpt-6-luna': { input: 0.1, output: 0.5, cachedInput: 0.01 },
  'gpt-5.6-sol': { input: 4, output: 20, cachedInput: 0.4 },
  'gpt-5.6-terra': { input: 2, output: 12, cachedInput: 0.2 },
  'gpt-5.6-luna': { input: 0.2, output: 1.2, cachedInput: 0.02 },
  'gpt-5.5': { input: 5, output: 30, cachedInput: 0.5 },
  'gpt-5.4': { input: 2.5, output: 15, cachedInput: 0.25 },
  'gpt-5.4-mini': { input: 0.75, output: 4.5, cachedInput: 0.075 },
  'gpt-5.2': { input: 1.75, output: 14, cachedInput: 0.175 },
  'gpt-5': { input: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, output: 2, cachedInput: 0.025 },
  'gpt-5-nano': { input: 0.05, output: 0.4 },
  'gpt-4.1': { input: 2, output: 8, cachedInput: 0.5 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6, cachedInput: 0.1 },
  'gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'gpt-4o': { input: 2.5, output: 10, cachedInput: 1.25 },
  'gpt-4o-mini': { input: 0.15, output: 0.6, cachedInput: 0.075 },
  'o4-mini': { input: 1.1, output: 4.4 },
  'o3-mini': { input: 1.1, output: 4.4 },
  'text-embedding-3-small': { input: 0.02, output: 0 },
  'text-embedding-3-large': { input: 0.13, output: 0 },
  'text-embedding-ada-002': { input: 0.1, output: 0 },
};

/**
 * The price of a model by name: an override (exact, then the longest `…*`), then the table, where a gateway's prefix
 * (`openai/`), a date or `-latest` at the end makes no difference. A fine-tuned `ft:BASE:…` counts at its base's price,
 * which is its least, and is marked as not known.
 */
export function priceOf(model: string, own: Record<string, ModelPrice> = {}): PriceLookup {
  const found = own[model] ?? longestPattern(model, own);
  if (found !== undefined) return { price: found, known: true };
  const fineTuned = /^ft:([^:]+)/.exec(model);
  const name = bareModelName(fineTuned?.[1] ?? model);
  const price = own[name] ?? DEFAULT_PRICES[name] ?? null;
  return { price, known: price !== null && fineTuned === null };
}

/** `openai/gpt-4.1-mini-2025-04-14` → `gpt-4.1-mini`. */
export function bareModelName(model: string): string {
  return model
    .slice(model.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$/, '');
}

/** The longest `name*` of a table that a model's name begins with. */
export function longestPattern<T>(model: string, table: Record<string, T>): T | undefined {
  const fitting = Object.keys(table).filter((key) => key.endsWith('*') && model.startsWith(key.slice(0, -1)));
  const best = fitting.sort((a, b) => b.length - a.length)[0];
  return best === undefined ? undefined : table[best];
}

/** US dollars of one call; 0 where the price is not known. */
export function costOf(price: ModelPrice | null, usage: { promptTokens: number; completionTokens: number; cachedTokens?: number }): number {
  if (price === null) return 0;
  const cached = Math.min(usage.cachedTokens ?? 0, usage.promptTokens);
  return (
    ((usage.promptTokens - cached) * price.input + cached * (price.cachedInput ?? price.input) + usage.completionTokens * price.output) /
    1e6
  );
}
