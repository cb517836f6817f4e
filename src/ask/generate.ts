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

/** Links and images that a model writes are not shown, and their words only where a passage has them; the innermost go first. */
const LINKS = /!?\[([^[\]]*)\](?:\([^()]*\)|\[[^[\]]*\]|:\s*\S+)|<a\b[^<>]*>([^<>]*)<\/a>/gi;
const TAGS = /<\/?[a-z!][^<>]*>/gi;
const ADDRESSES = /(?:[a-z][a-z0-9+.-]*:\/\/|www\.)[^\s<>()"'，。；、]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}_.@/-])(?:[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}-]+\.)+[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]{2,}(?![\w-])(?:[:/?#][^\s<>()"'，。；、]*)?/giu;

/**
 * Yields supported sentences as the model writes them. Never throws for a failing model: the outcome says so.
 * @throws the signal's reason when the asking was cancelled
 */
export async function* generate(input: GenerateInput, model: LanguageModel, signal: AbortSignal): AsyncGenerator<SupportedSentence, GenerateOutcome> {
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
    const parts = splitSentences(whole).map((range) => whole.slice(range.start, range.end).trim()).filter((text) => /[\p{L}\p{N}]/u.test(text)).map((text) => ({ text, share: shareOf(text, evidence) }));
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
    for await (const event of model.chat({ messages: input.messages, maxTokens: ANSWER_TOKENS, temperature: 0, purpose: input.purpose }, signal)) {
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

/** Plain words: without links, tags that no passage has, the bars of a table's row, and characters that are not seen. */
function withoutMarkup(written: string, passages: string[]): string {
  const stands = (words: string): boolean => passages.some((passage) => passage.includes(words));
  let text = written.replaceAll(/\p{Cf}+/gu, '').replaceAll('\0', '').replaceAll(/\s+|\p{Cc}+/gu, ' ');
  for (let before = ''; before !== text; ) text = (before = text).replace(LINKS, (_, a = '', b = '') => (stands(`${a}${b}`) ? `${a}${b}` : ''));
  return text.replace(TAGS, (tag) => (stands(tag) ? tag : '')).replace(/^\s*\|\s*|\s*\|\s*$/g, '').replaceAll(/ (?=[.,;:!?。，；：！？])/gu, '').replaceAll(/\s+/g, ' ').trim();
}

/** An address that does not stand in the passages that are cited is the model's own. */
function hasStrangeAddress(text: string, evidence: Evidence[]): boolean {
  // As browsers and chat programs read them: wide letters are letters.
  const known = evidence.map((item) => item.passagePlain.normalize('NFKC').toLowerCase());
  return [...text.normalize('NFKC').matchAll(ADDRESSES)].some(([found]) => {
    const address = found.replace(/[.,;:!?]+$/, '').toLowerCase();
    return !known.some((passage) => passage.includes(address));
  });
}

/** Neither the question's script nor the evidence's: nothing of it could be compared. */
function speaksStrangely(text: string, language: string, evidence: Evidence[]): boolean {
  const isHan = (one: string): boolean => (one.match(/\p{Script=Han}/gu)?.length ?? 0) > (one.match(/\p{Script=Latin}+/gu)?.length ?? 0);
  return isHan(text) !== ['zh', 'ja', 'ko', 'yue'].includes(language) && !evidence.some((item) => isHan(item.quote) === isHan(text));
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
