/** One chunk of a streamed chat completion, read with no trust in its shape: gateways differ. */

/** What one request gave so far. */
export interface Run {
  /** What was given out. */
  text: string;
  /** Hidden reasoning, for the count of tokens. */
  thought: string;
  finish: string | undefined;
  usage: { promptTokens: number; completionTokens: number; cachedTokens: number } | undefined;
}

/** Notes finish and usage in `run`; gives the chunk's text, its hidden reasoning, and whether the model refused. */
export function readChunk(chunk: unknown, run: Run): { text: string; thought: string; refused: boolean } {
  const { choices, usage } = (typeof chunk === 'object' && chunk !== null ? chunk : {}) as { choices?: unknown; usage?: unknown };
  run.usage = usageOf(usage) ?? run.usage;
  const choice = (Array.isArray(choices) ? choices[0] : undefined) as
    | { delta?: Record<string, unknown>; finish_reason?: unknown }
    | undefined;
  if (typeof choice?.finish_reason === 'string' && choice.finish_reason !== '') run.finish = choice.finish_reason;
  const delta = choice?.delta ?? {};
  const thought = [delta['reasoning_content'], delta['reasoning']].find((each) => typeof each === 'string') as string | undefined;
  return {
    text: contentOf(delta['content']),
    thought: thought ?? '',
    refused: typeof delta['refusal'] === 'string' && delta['refusal'] !== '',
  };
}

/** Content is a text, or (Mistral's reasoning models) a list of parts. */
function contentOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { type?: unknown; text?: unknown } | null) => (part?.type === 'text' && typeof part.text === 'string' ? part.text : ''))
    .join('');
}

/** undefined when the counts are missing or cannot be true. */
function usageOf(usage: unknown): Run['usage'] {
  if (typeof usage !== 'object' || usage === null) return undefined;
  const { prompt_tokens, completion_tokens, prompt_tokens_details } = usage as {
    prompt_tokens?: unknown;
    completion_tokens?: unknown;
    prompt_tokens_details?: { cached_tokens?: unknown } | null;
  };
  const promptTokens = countOf(prompt_tokens);
  const completionTokens = countOf(completion_tokens);
  if (!promptTokens || completionTokens === undefined) return undefined;
  return { promptTokens, completionTokens, cachedTokens: countOf(prompt_tokens_details?.cached_tokens) ?? 0 };
}

/** A count of tokens, or undefined for anything else. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
