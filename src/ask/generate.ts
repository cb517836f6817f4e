/** The model writes, every line is checked as it comes, and only what the passages carry goes on. */
import { isAbort } from '../errors.ts';
import type { ChatMessage, LanguageModel, ModelUsage } from '../models/language-model.ts';
import { plainText, splitSentences } from '../passage-text.ts';
import type { BlockKind, Passage } from '../types.ts';
import { createAnswerLineParser, type AnswerLine } from './answer-lines.ts';
import { bestQuote, locateQuote } from './locate-quote.ts';
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

/** Links and images that a model writes are not shown. */
const LINKS = /!?\[([^\]]*)\]\([^)]*\)|!?\[([^\]]*)\]\[[^\]]*\]/g;

/**
 * Yields supported sentences as the model writes them. Never throws for a failing model: the outcome says so.
 * @throws the signal's reason when the asking was cancelled
 */
export async function* generate(input: GenerateInput, model: LanguageModel, signal: AbortSignal): AsyncGenerator<SupportedSentence, GenerateOutcome> {
  const outcome: GenerateOutcome = { shown: 0, dropped: {}, saidNone: false, usage: { promptTokens: 0, completionTokens: 0, costUsd: 0 } };
  const parser = createAnswerLineParser();
  const plain = new Map(input.passages.map((p) => [p, plainText(p.text).text]));
  const seen = new Set<string>();

  const check = (line: AnswerLine): SupportedSentence | undefined => {
    if (line.block === 'none') {
      outcome.saidNone = true;
      return undefined;
    }
    const text = line.text.replace(LINKS, '$1$2').replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').replaceAll(/\s+/g, ' ').trim();
    if (text === '' || seen.has(text)) return undefined;
    const places = line.cites.map((cite) => placeOf(text, cite, input.passages, plain, input.language)).filter((p) => p !== undefined);
    const result = places.length === 0
      ? { supported: false as const, reason: 'no-quote' }
      : checkSupport({ text, language: input.language }, places.map((place) => evidenceOf(place, plain)), { question: input.question });
    if (!result.supported) {
      outcome.dropped[result.reason] = (outcome.dropped[result.reason] ?? 0) + 1;
      return undefined;
    }
    seen.add(text);
    outcome.shown++;
    return { text, block: line.block, places, share: result.share };
  };

  try {
    for await (const event of model.chat({ messages: input.messages, maxTokens: ANSWER_TOKENS, temperature: 0, purpose: input.purpose }, signal)) {
      if (event.type === 'usage') outcome.usage = event.usage;
      else yield* parser.push(event.text).map(check).filter((s) => s !== undefined);
    }
  } catch (error) {
    if (signal.aborted && isAbort(error)) throw error;
    outcome.error = error;
  }
  // What a broken stream left half-written is still a line only if it parses; the check decides as for any other.
  yield* parser.end().map(check).filter((s) => s !== undefined);
  return outcome;
}

/** Where a quote stands: in the passage it names, or verbatim in another one when the model took the wrong number. */
function placeOf(text: string, cite: AnswerLine['cites'][number], passages: Passage[], plain: Map<Passage, string>, language: string): SupportedSentence['places'][number] | undefined {
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

/** What the sentence is held against: the quote, widened to the whole sentences that it stands in. */
function evidenceOf(place: SupportedSentence['places'][number], plain: Map<Passage, string>): Evidence {
  const { passage, start, end } = place;
  const passagePlain = plain.get(passage)!;
  const around = splitSentences(passagePlain).filter((s) => s.start < end && s.end > start);
  const quote = passagePlain.slice(Math.min(start, around[0]?.start ?? start), Math.max(end, around.at(-1)?.end ?? end));
  return { quote, passagePlain, title: passage.title, headingPath: passage.headingPath, language: passage.language };
}
