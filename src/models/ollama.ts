/** Is there an Ollama on this machine? The console offers it. Nothing but loopback is asked. */
import { z } from 'zod';

export interface FoundOllama {
  /** For OPENAI_BASE_URL. */
  url: string;
  chatModels: string[];
  embeddingModels: string[];
}

/** `GET /api/tags` (docs.ollama.com/api/tags), the fields used here; `capabilities` only in newer versions. */
const tags = z.object({
  models: z
    .array(
      z
        .object({
          name: z.string().min(1).max(200),
          capabilities: z.array(z.string()).nullish().catch(undefined),
          details: z
            .object({ family: z.string().nullish(), families: z.array(z.string()).nullish() })
            .nullish()
            .catch(undefined),
        })
        .nullable()
        .catch(null),
    )
    .max(1000),
});

const EMBEDDING_NAME = /embed|minilm|(^|[/-])(bge|e5|gte)-/i;

/**
 * Looks for an Ollama and lists what it has pulled.
 * @param options.origin for tests; default http://127.0.0.1:11434
 * @param options.timeoutMs for the whole look; default 400 (a running one answers in a few milliseconds)
 * @returns null when there is none, or something else listens there; never throws
 */
export async function findOllama(options: { origin?: string; timeoutMs?: number } = {}): Promise<FoundOllama | null> {
  const origin = options.origin ?? 'http://127.0.0.1:11434';
  try {
    const response = await fetch(`${origin}/api/tags`, { signal: AbortSignal.timeout(options.timeoutMs ?? 400), redirect: 'error' });
    if (!response.ok) return null;
    const models = tags.parse(await response.json()).models.filter((model) => model !== null);
    const embeds = (model: (typeof models)[number]): boolean =>
      model.capabilities
        ? model.capabilities.includes('embedding')
        : EMBEDDING_NAME.test(model.name) ||
          [model.details?.family, ...(model.details?.families ?? [])].some((family) => /bert/i.test(family ?? ''));
    return {
      url: `${origin}/v1`,
      chatModels: models.filter((model) => !embeds(model)).map((model) => model.name),
      embeddingModels: models.filter(embeds).map((model) => model.name),
    };
  } catch {
    return null;
  }
}
