/** The embedder port: texts to vectors. Caching, batching and budget are wrappers around it. */

/** Shares from 0 (words alone) to 1 (meaning alone). */
export interface MeaningWeight {
  /** For a question whose words the best passage holds. */
  matched: number;
  /** For a question in other words than any passage uses. */
  unmatched: number;
}

/** How far the cosine of the best passage tells whether the documents answer a question. */
export interface MeaningTrust {
  /** Log-odds for each standard deviation of the cosines of off-topic questions. */
  weight: number;
  /** Where it speaks neither for nor against: so many deviations above their median. */
  neutral: number;
}

export interface Embedder {
  /** Part of `embed_hash`, so a change of model embeds anew. */
  readonly model: string;
  /** Languages that the model was trained on (`en`, `zh`, …); undefined: as many as anyone needs. */
  readonly languages?: string[];
  /** How much its scores count beside those of the words; undefined: it was not measured. */
  readonly meaningWeight?: MeaningWeight;
  readonly meaningTrust?: MeaningTrust;
  /** One vector a text, same order, normalised to length 1. Throws AppError as the language model does. */
  embed(texts: string[], kind: 'query' | 'passage', signal: AbortSignal): Promise<Float32Array[]>;
}
