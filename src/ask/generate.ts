/** The model writes, every line is checked as it comes, and only what the passages carry goes on. */
import { isAbort } from '../errors.ts';
import type { ChatMessage, LanguageModel, ModelUsage } from '../models/language-model.ts';
import { plainText, splitSentences } from '../passage-text.ts';
import type { BlockKind, Passage } from '../types.ts';
import { createAnswerLineParser, type AnswerLine } from './answer-lines.ts';
import { bestQuote, locateQuote } from './locate-quote.ts';
import { hasStrangeAddress, speaksStrangely, withoutMarkup } from './model-text.ts';
import { ANSWER_TOKENS } from './prompt.ts';
import { checkSupport, type Evidence } from './support.ts';

/** A sentence that passed the check, with the places it rests on. */
export interface SupportedSentence {
  text: string;
  block: BlockKind;
  places: { passage: Passage; start: number; end: number }[];
  /** Share of its content that the quotes carry, 0 to 1. */
  share: number;
}

export interface GenerateOutcome {
  shown: number;
  /** How many lines were dropped, by reason. */
  dropped: Record<string, number>;
  /** The model itself said that the passages do not answer. */
  saidNone: boolean;
  usage: ModelUsage;
  /** Why the model stopped before the end, if it did. */
  error?: unknown;
}

export interface GenerateInput {
  messages: ChatMessage[];
  passages: Passage[];
  question: string;
  language: string;
  purpose: string;
}

/**
 * Yields supported sentences as the model writes them. Never throws for a failing model: the outcome says so.
 * @throws the signal's reason when the asking was cancelled
 */
export async function* generate(
  input: GenerateInput,
  model: LanguageModel,
  signal: AbortSignal,
): AsyncGenerator<SupportedSentence, GenerateOutcome> {
  const outcome: GenerateOutcome = { shown: 0, dropped: {}, saidNone: false, usage: { promptTokens: 0, completionTokens: 0, costUsd: 0 } };
  const parser = createAnswerLineParser();
  const plain = new Map(input.passages.map((p) => [p, plainText(p.text).text]));
  const seen = new Set<string>();

  const texts = [...plain.values()];
  const drop = (reason: string): undefined => void (outcome.dropped[reason] = (outcome.dropped[reason] ?? 0) + 1);
  const check = (line: AnswerLine): SupportedSentence[] => {
    const { block } = line;
    if (block === 'none') {
      outcome.saidNone = true;
      return [];
    }
    const whole = withoutMarkup(line.text, texts);
    const places = line.cites.map((cite) => placeOf(whole, cite, input.passages, plain, input.language)).filter((p) => p !== undefined);
    const evidence = places.map((place) => evidenceOf(place, plain));
    if (seen.has(whole)) return [];
    // Each sentence of a line by itself: a true one does not carry the next.
    const parts = splitSentences(whole)
      .map((range) => whole.slice(range.start, range.end).trim())
      .filter((text) => /[\p{L}\p{N}]/u.test(text))
      .map((text) => ({ text, share: shareOf(text, evidence) }));
    const supported = parts.filter((part) => part.share !== undefined) as { text: string; share: number }[];
    if (supported.length === 0) return [];
    seen.add(whole);
    outcome.shown++;
    if (supported.length === parts.length) return [{ text: whole, block, places, share: Math.min(...supported.map((part) => part.share)) }];
    return supported.map((part) => ({ ...part, block, places }));
  };
  /** How much of a sentence its evidence carries; undefined where it may not be shown. */
  const shareOf = (text: string, evidence: Evidence[]): number | undefined => {
    if (evidence.length === 0) return drop('no-quote');
    if (hasStrangeAddress(text, evidence)) return drop('address');
    if (speaksStrangely(text, input.language, evidence)) return drop('language');
    const result = checkSupport({ text, language: input.language }, evidence, { question: input.question });
    return result.supported ? result.share : drop(result.reason);
  };

  try {
    for await (const event of model.chat(
      { messages: input.messages, maxTokens: ANSWER_TOKENS, temperature: 0, purpose: input.purpose },
      signal,
    )) {
      if (event.type === 'usage') outcome.usage = event.usage;
      else yield* parser.push(event.text).flatMap(check);
    }
  } catch (error) {
    if (signal.aborted && isAbort(error)) throw error;
    outcome.error = error;
  }
  // What a broken stream left half-written is still a line only if it parses; the check decides as for any other.
  yield* parser.end().flatMap(check);
  return outcome;
}

/** Where a quote stands: in the passage it names, or verbatim in another one when the model took the wrong number. */
function placeOf(
  text: string,
  cite: AnswerLine['cites'][number],
  passages: Passage[],
  plain: Map<Passage, string>,
  language: string,
): SupportedSentence['places'][number] | undefined {
  const named = passages[cite.p - 1];
  if (cite.quote === undefined) {
    const found = named && bestQuote(text, plain.get(named)!, language);
    return found && { passage: named, start: found.start, end: found.end };
  }
  for (const passage of named ? [named, ...passages.filter((p) => p !== named)] : passages) {
    const found = locateQuote(cite.quote, plain.get(passage)!);
    if (found) return { passage, start: found.start, end: found.end };
  }
  return undefined;
}

function evidenceOf({ passage, start, end }: SupportedSentence['places'][number], plain: Map<Passage, string>): Evidence {
  const passagePlain = plain.get(passage)!;
  return {
    quote: passagePlain.slice(start, end),
    start,
    end,
    passagePlain,
    title: passage.title,
    headingPath: passage.headingPath,
    language: passage.language,
  };
}
