/** The language model port: streamed chat. Retries, budget and prices are wrappers around it. */

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface ChatRequest {
  messages: ChatMessage[];
  maxTokens: number;
  /** What the call is for, in the usage table: `answer`, `standalone`, `transform`, … */
  purpose: string;
  temperature?: number;
}

export interface ModelUsage {
  promptTokens: number;
  completionTokens: number;
  /** 0 where the price is not known. */
  costUsd: number;
  /** False: `costUsd` is not what it really costs, for want of a price. */
  costKnown?: boolean;
}

/** Text as it comes; `usage` once, last (estimated by the driver where the endpoint does not say). */
export type ChatEvent =
  | { type: 'text'; text: string }
  /** `finish`: `length` when the text ended at `maxTokens`, `broken` when an error follows. */
  | { type: 'usage'; usage: ModelUsage; finish?: 'stop' | 'length' | 'broken' };

export interface LanguageModel {
  readonly model: string;
  /** Tokens of prompt and answer together. */
  readonly contextTokens: number;
  /** Throws AppError: `model.unreachable|timeout|rate_limited|rejected|failed` (retryable or not), `budget.exhausted`; or the signal's reason. */
  chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatEvent>;
  countTokens(text: string): number;
}
