/** What a model can take, by its name: context size, how to keep its hidden reasoning short, how an embedding wants its texts. */
import { bareModelName, longestPattern, priceOf } from './prices.ts';
import type { ModelPrice } from './prices.ts';

export interface ModelProfile {
  /** Prompt and answer together. */
  contextTokens: number;
  price: ModelPrice | null;
  priceKnown: boolean;
  /** Sent as `reasoning_effort`: an answer from given passages needs little thought, and a person waits for it. */
  reasoningEffort?: 'none' | 'minimal' | 'low';
  /** Added to the answer's limit, because hidden reasoning counts against it. */
  reasoningTokens: number;
  /** False where nothing but the default is known of the model. */
  known: boolean;
}

export interface EmbeddingProfile {
  price: ModelPrice | null;
  priceKnown: boolean;
  /** Tokens of one text; more is cut. */
  inputTokens: number;
  queryPrefix: string;
  passagePrefix: string;
}

export type ProfileOverride = {
  contextTokens?: number | undefined;
  price?: ModelPrice | undefined;
  reasoningEffort?: 'none' | 'minimal' | 'low' | undefined;
};

interface Family {
  names: RegExp;
  contextTokens: number;
  reasoningEffort?: 'none' | 'minimal' | 'low';
  reasoningTokens?: number;
}

/**
 * First match wins. OpenAI's sizes and efforts: developers.openai.com/api/docs/models and the catalogue inside
 * gpt-tokenizer 4.0.0 (November 2026); where a model cannot think of nothing, 2,000 tokens of room are left for it.
 */
const FAMILIES: Family[] = [
  { names: /^gpt-6-astra/, contextTokens: 1_050_000, reasoningEffort: 'low', reasoningTokens: 2000 },
  { names: /^gpt-(6|5\.[456])(?!.*(mini|nano|cyber))/, contextTokens: 1_050_000, reasoningEffort: 'none' },
  { names: /^gpt-5(\.\d)?-chat|^gpt-5\.\d-chat/, contextTokens: 128_000 },
  { names: /^gpt-5\.[1-9]/, contextTokens: 400_000, reasoningEffort: 'none' },
  { names: /^gpt-5/, contextTokens: 400_000, reasoningEffort: 'minimal', reasoningTokens: 1000 },
  { names: /^gpt-4\.1/, contextTokens: 1_047_576 },
  { names: /^(gpt-4o|gpt-4-turbo|chatgpt-4o)/, contextTokens: 128_000 },
  { names: /^gpt-4/, contextTokens: 8192 },
  { names: /^gpt-3\.5/, contextTokens: 16_385 },
  { names: /^o[134]/, contextTokens: 200_000, reasoningEffort: 'low', reasoningTokens: 2000 },
];

/** Context size assumed for a model that nothing is known of. */
export const UNKNOWN_CONTEXT_TOKENS = 8192;
/** Ollama's own default context (docs.ollama.com/context-length); it cuts longer prompts at the front without a word. */
export const OLLAMA_CONTEXT_TOKENS = 4096;

/**
 * What is known of a chat model: an admin's override (exact, or the longest `name*`), then our table.
 * @param own as `parseProfileOverrides` returns
 */
export function modelProfile(
  model: string,
  own: Record<string, ProfileOverride> = {},
  prices: Record<string, ModelPrice> = {},
): ModelProfile {
  const override = own[model] ?? longestPattern(model, own);
  const name = bareModelName(/^ft:([^:]+)/.exec(model)?.[1] ?? model);
  const family = FAMILIES.find((each) => each.names.test(name));
  const listed = priceOf(model, prices);
  const effort = override?.reasoningEffort ?? family?.reasoningEffort;
  return {
    contextTokens: override?.contextTokens ?? family?.contextTokens ?? UNKNOWN_CONTEXT_TOKENS,
    price: override?.price ?? listed.price,
    priceKnown: override?.price !== undefined || listed.known,
    ...(effort === undefined ? {} : { reasoningEffort: effort }),
    reasoningTokens: family?.reasoningTokens ?? 0,
    known: override?.contextTokens !== undefined || family !== undefined,
  };
}

/** Prefixes as each model's card asks for; most models of this kind are far worse without them. */
const EMBEDDINGS: { names: RegExp; inputTokens: number; queryPrefix?: string; passagePrefix?: string }[] = [
  { names: /^text-embedding-(3|ada)/, inputTokens: 8191 },
  { names: /(^|-)e5-/, inputTokens: 512, queryPrefix: 'query: ', passagePrefix: 'passage: ' },
  { names: /nomic-embed/, inputTokens: 2048, queryPrefix: 'search_query: ', passagePrefix: 'search_document: ' },
  { names: /bge-m3/, inputTokens: 8192 },
  { names: /mxbai-embed|bge-.*-en/, inputTokens: 512, queryPrefix: 'Represent this sentence for searching relevant passages: ' },
  { names: /embeddinggemma/, inputTokens: 2048, queryPrefix: 'task: search result | query: ', passagePrefix: 'title: none | text: ' },
  {
    names: /qwen3-embedding/,
    inputTokens: 8192,
    queryPrefix: 'Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:',
  },
  { names: /all-minilm/, inputTokens: 256 },
];

/** What is known of an embedding model; a stranger is taken to read 8,191 tokens and to want no prefix. */
export function embeddingProfile(model: string, prices: Record<string, ModelPrice> = {}): EmbeddingProfile {
  const name = bareModelName(model);
  const found = EMBEDDINGS.find((each) => each.names.test(name));
  const listed = priceOf(model, prices);
  return {
    price: listed.price,
    priceKnown: listed.known,
    inputTokens: found?.inputTokens ?? 8191,
    queryPrefix: found?.queryPrefix ?? '',
    passagePrefix: found?.passagePrefix ?? '',
  };
}
