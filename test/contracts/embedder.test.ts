import { createOpenAiEmbedder } from '../../src/models/drivers/openai.ts';
import { startOpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { embedderContract } from './embedder.ts';
import { impatientClock } from './language-model.ts';

embedderContract('openai', async () => {
  const endpoint = await startOpenAiEndpoint({ dimensions: 128 });
  return {
    embedder: createOpenAiEmbedder({ baseUrl: endpoint.url, model: 'test-embedding', price: null, clock: impatientClock() }),
    close: endpoint.close,
  };
});
