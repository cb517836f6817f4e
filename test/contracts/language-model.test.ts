import { createOpenAiLanguageModel } from '../../src/models/drivers/openai.ts';
import type { Fault, OpenAiEndpointOptions } from '../fakes/openai-endpoint.ts';
import { startOpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { impatientClock, languageModelContract } from './language-model.ts';
import type { Behaviour } from './language-model.ts';

languageModelContract('openai', async (behaviour) => {
  const endpoint = await startOpenAiEndpoint(optionsFor(behaviour));
  return {
    model: createOpenAiLanguageModel({
      apiKey: 'sk-test',
      baseUrl: endpoint.url,
      model: 'test-chat',
      contextTokens: 8192,
      price: { input: 1, output: 5 },
      timeouts: { firstTokenMs: 250, idleMs: 250, totalMs: 8000 },
      clock: impatientClock(),
      random: () => 0.5,
    }),
    calls: () => endpoint.requests.length,
    hungUp: () => endpoint.requests.every((request) => request.closedEarly),
    close: endpoint.close,
  };
});

function optionsFor(behaviour: Behaviour): OpenAiEndpointOptions {
  const always = (fault: Fault) => ({ fault: () => fault });
  switch (behaviour.kind) {
    case 'answers':
      return { reply: () => ({ chunks: behaviour.pieces, ...(behaviour.delayMs === undefined ? {} : { delayMs: behaviour.delayMs }) }) };
    case 'breaks-off':
      return { reply: () => ({ chunks: behaviour.pieces }), ...always({ kind: 'cut-midway', afterChunks: behaviour.after }) };
    case 'stands-still':
      return { reply: () => ({ chunks: behaviour.pieces }), ...always({ kind: 'hang-midway', afterChunks: behaviour.after }) };
    case 'never-answers':
      return always({ kind: 'hang' });
    case 'fails-first':
      return {
        reply: () => behaviour.text,
        fault: (_request, nth) => (nth < behaviour.times ? { kind: 'status', status: 503 } : undefined),
      };
    case 'refuses-key':
      return { apiKey: 'sk-another' };
    case 'rate-limits':
      return always({ kind: 'status', status: 429, code: 'rate_limit_exceeded' });
  }
}
