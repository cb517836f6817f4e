/** The embedder port: texts to vectors. Caching, batching and budget are wrappers around it. */

export interface Embedder {
  /** Part of `embed_hash`, so a change of model embeds anew. */
  readonly model: string;
  /** Languages that the model was trained on (`en`, `zh`, …); undefined: as many as anyone needs. */
  readonly languages?: string[];
  /** How much its scores count beside those of the words, 0 to 1; undefined: it was not measured. */
  readonly meaningWeight?: number;
  /** One vector a text, same order, normalised to length 1. Throws AppError as the language model does. */
  embed(texts: string[], kind: 'query' | 'passage', signal: AbortSignal): Promise<Float32Array[]>;
}
