/**
 * One question becomes one answer. Reads from top to bottom: courtesy → change of the answer before → standalone →
 * retrieve → enough? → generate, each sentence checked → cite → ledger. No model, or none that answers: quotes.
 */
import { randomUUID } from 'node:crypto';
import { readableReaderSets, type Asker } from '../access/audience.ts';
import { recordAnswer } from '../catalog/answers.ts';
import type { Catalog } from '../catalog/database.ts';
import { countsBySource, hydratePassages, neighbourPassages } from '../catalog/documents.ts';
import { saveStandalone, type Question } from '../catalog/questions.ts';
import { AppError, isAbort, reasonOf } from '../errors.ts';
import type { LanguageModel, ModelUsage } from '../models/language-model.ts';
import { say } from '../strings/strings.ts';
import type { Answer, AnswerEvent, AnswerSentence, AnswerStatus, Clock, ClosestPassage, Passage } from '../types.ts';
import { closestPassage, createCitations } from './cite.ts';
import type { Calibration } from './calibrate.ts';
import { courtesyReply } from './courtesy.ts';
import { generate, type GenerateInput, type GenerateOutcome } from './generate.ts';
import { plainText } from '../passage-text.ts';
import { readPassage, type Hit } from './passage-match.ts';
import { answerPrompt, fitPassages } from './prompt.ts';
import { quoteSentences } from './quote-sentences.ts';
import { retrieve, type Retrieved, type RetrieveDeps } from './retrieve.ts';
import { makeStandalone, type Turn } from './standalone.ts';
import { decide, sufficiency } from './sufficient.ts';
import { transformOf, type Transform } from './transform.ts';

export interface AskDeps extends RetrieveDeps {
  db: Catalog;
  languageModel?: LanguageModel;
  clock: Clock;
  /** Made with each index; undefined before the first. */
  calibration: Calibration | undefined;
  /** Languages of the documents, most common first. */
  languages: string[];
  /** Docent's own address of a document. */
  pageUrl: (documentId: string) => string;
}

/** A question with the conversation it stands in. */
export interface Asking {
  question: Question;
  threadId: string;
  asker: Asker;
  /** The turns before, oldest first, with the answer as it was shown. */
  turns: (Turn & { answer: string; standalone: string; ledger: Answer })[];
}

const RETRIEVED = 24;
/** A quoted answer holds no more sentences than a person reads at a glance. */
const QUOTED_SENTENCES = 9;
const CLOSEST = 3;
const MODEL_MS = 90_000;
/** Longer questions are read this far. */
const QUESTION_CHARACTERS = 20_000;

/** Everything about an answer that grows while it is made. */
interface Draft {
  status: AnswerStatus;
  language: string;
  sentences: AnswerSentence[];
  /** Docent's own words before or instead of sentences. */
  own: string[];
  closest: ClosestPassage[];
  degraded: Set<string>;
  calls: number;
  usage: ModelUsage;
  trace: Record<string, unknown>;
}

/**
 * Answers a recorded question and keeps the answer in the ledger. The last event is always `final`.
 * @throws the signal's reason when the asking was cancelled; nothing else
 */
export async function* ask(asking: Asking, deps: AskDeps, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const { question } = asking;
  const startedAt = deps.clock.now();
  const answerId = randomUUID();
  const citations = createCitations(answerId, deps.pageUrl);
  const draft: Draft = { status: 'failed', language: question.language, sentences: [], own: [], closest: [], degraded: new Set(), calls: 0, usage: { promptTokens: 0, completionTokens: 0, costUsd: 0 }, trace: {} };

  const show = (text: string, block: AnswerSentence['block'], places: { passage: Passage; start: number; end: number }[], support: AnswerSentence['support']): AnswerEvent => {
    const numbers = [...new Set(places.map((p) => citations.cite(p.passage, p.start, p.end)))];
    const sentence: AnswerSentence = { text, block, citations: numbers, support };
    draft.sentences.push(sentence);
    return { type: 'sentence', sentence, citations: citations.list().filter((c) => numbers.includes(c.n)) };
  };

  try {
    yield* answerInto(draft, asking, show, deps, signal);
  } catch (error) {
    if (signal.aborted && isAbort(error)) throw error;
    deps.log.error({ questionId: question.id, reason: reasonOf(error), code: error instanceof AppError ? error.code : undefined }, 'answering failed');
    draft.status = draft.sentences.length > 0 ? draft.status : 'failed';
    draft.own = draft.sentences.length > 0 ? draft.own : [say(draft.language, 'failed')];
  }

  const cited = citations.list();
  const answer: Answer = {
    answerId, questionId: question.id, threadId: asking.threadId, status: draft.status, language: draft.language, audience: question.audience,
    text: textOf(draft), sentences: draft.sentences,
    citations: cited.map(({ n, documentId, title, url, documentUrl, anchor, quote, source, updatedAt }) => ({ n, documentId, title, url, documentUrl, anchor, quote, source, updatedAt })),
    closest: draft.closest, ...(draft.degraded.size > 0 ? { degraded: [...draft.degraded] } : {}),
    usage: { modelCalls: draft.calls, promptTokens: draft.usage.promptTokens, completionTokens: draft.usage.completionTokens, costUsd: draft.usage.costUsd, ms: deps.clock.now() - startedAt },
  };
  try {
    await recordAnswer(deps.db, { answer, citations: cited, model: draft.calls > 0 ? (deps.languageModel?.model ?? null) : null, trace: draft.trace }, deps.clock.now());
  } catch (error) {
    deps.log.error({ questionId: question.id, reason: reasonOf(error) }, 'the answer could not be kept in the ledger');
  }
  deps.log.info({ questionId: question.id, answerId, status: answer.status, sentences: answer.sentences.length, modelCalls: answer.usage.modelCalls, ms: answer.usage.ms }, 'question answered');
  yield { type: 'final', answer };
}

type Show = (text: string, block: AnswerSentence['block'], places: { passage: Passage; start: number; end: number }[], support: AnswerSentence['support']) => AnswerEvent;

async function* answerInto(draft: Draft, asking: Asking, show: Show, deps: AskDeps, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const { question, turns } = asking;
  const text = question.text.slice(0, QUESTION_CHARACTERS).trim();
  const language = question.language;
  if (question.text.length > QUESTION_CHARACTERS) draft.own.push(say(language, 'tooLong', { characters: QUESTION_CHARACTERS }));

  // 0. What needs no search.
  const courtesy = /[\p{L}\p{N}]/u.test(text) ? courtesyReply(text, language) : say(language, 'emptyQuestion');
  if (courtesy !== undefined) {
    draft.status = 'courtesy';
    draft.own.push(courtesy);
    return;
  }
  const readerSets = await readableReaderSets(deps.db, asking.asker, question.audience);
  const transform = transformOf(text);
  if (transform) {
    yield* changeAnswer(transform, draft, asking, readerSets, show, deps, signal);
    return;
  }
  if (deps.languages.length === 0) {
    draft.status = 'unanswered';
    draft.own.push(say(language, 'nothingToSearch'));
    return;
  }

  // 1. Standalone, and in the documents' language where that is another one.
  yield { type: 'status', status: 'searching' };
  let model = deps.languageModel;
  if (!model) draft.degraded.add('no-model');
  const documentLanguage = deps.languages.includes(language) ? undefined : deps.languages[0];
  let standalone = { question: text, query: text, modelCalled: false };
  try {
    standalone = await makeStandalone({ text, language, turns: turns.map((t) => ({ question: t.standalone, answer: t.answer })), ...(documentLanguage ? { documentLanguage } : {}) }, model, signal);
  } catch (error) {
    if (signal.aborted && isAbort(error)) throw error;
    draft.degraded.add(degradedBy(error));
    model = undefined;
    standalone = await makeStandalone({ text, language, turns: turns.map((t) => ({ question: t.standalone, answer: t.answer })) }, undefined, signal);
  }
  if (standalone.modelCalled) draft.calls++;
  await saveStandalone(deps.db, question.id, standalone.question);

  // 2. and 3. Passages for the audience.
  const found = await retrieve({ text: standalone.query, languages: deps.languages, readerSets, limit: RETRIEVED }, deps, signal);
  if (found.meaningFailed) draft.degraded.add('meaning-unavailable');

  // 4. Enough to answer?
  const enough = sufficiency(standalone.query, found.hits, found.statistics, deps.calibration);
  const decision = decide(enough.score, deps.calibration);
  draft.trace = { sufficiency: enough, decision, passages: found.hits.map((h) => ({ id: h.id, score: h.score, ...(h.meaning === undefined ? {} : { meaning: h.meaning }) })) };
  if (decision === 'nothing' || found.hits.length === 0 || (decision === 'closest' && !model)) {
    await notFound(draft, standalone.query, decision === 'nothing' ? [] : found.hits, found, deps);
    return;
  }

  // 5. and 6. Generate, each sentence checked before it is shown.
  if (model) {
    yield { type: 'status', status: 'reading' };
    const passages = await withNeighbours(found.hits, readerSets, model, deps);
    const fitting = fitPassages(passages, model.contextTokens, (t) => model!.countTokens(t), JSON.stringify(turns.slice(-3).map((t) => [t.question, t.answer])) + text);
    yield { type: 'status', status: 'writing' };
    const messages = answerPrompt({ question: standalone.question, languageName: languageName(language), passages: fitting, turns });
    const outcome = yield* write({ messages, passages: fitting, question: standalone.question, language, purpose: 'answer' }, model, draft, show, signal);
    if (outcome.shown > 0) {
      draft.status = 'answered';
      if (outcome.error !== undefined) draft.degraded.add('model-stopped');
      return;
    }
    if (outcome.error === undefined || decision === 'closest') {
      if (outcome.error !== undefined) draft.degraded.add(degradedBy(outcome.error));
      await notFound(draft, standalone.query, found.hits, found, deps);
      return;
    }
    draft.degraded.add(degradedBy(outcome.error));
  }

  // 7. No model, or none that answered: the documents' own words.
  yield* quote(standalone.query, found, draft, show);
}

/** Streams the model's supported sentences out, and counts what the call cost. */
async function* write(input: GenerateInput, model: LanguageModel, draft: Draft, show: Show, signal: AbortSignal): AsyncGenerator<AnswerEvent, GenerateOutcome> {
  const sentences = generate(input, model, AbortSignal.any([signal, AbortSignal.timeout(MODEL_MS)]));
  draft.calls++;
  for (;;) {
    const next = await sentences.next();
    if (next.done) {
      const { usage, ...rest } = next.value;
      draft.usage = { promptTokens: draft.usage.promptTokens + usage.promptTokens, completionTokens: draft.usage.completionTokens + usage.completionTokens, costUsd: draft.usage.costUsd + usage.costUsd };
      draft.trace = { ...draft.trace, given: input.passages.map((p) => p.id), dropped: rest.dropped, saidNone: rest.saidNone, ...(rest.error === undefined ? {} : { modelError: rest.error instanceof AppError ? rest.error.code : 'model.failed' }) };
      signal.throwIfAborted();
      return next.value;
    }
    // Set before the sentence goes out: if all breaks after it, what was shown stays an answer.
    draft.status = 'answered';
    yield show(next.value.text, next.value.block, next.value.places, Math.round(next.value.share * 100) / 100);
  }
}

async function* quote(query: string, found: Retrieved, draft: Draft, show: Show): AsyncGenerator<AnswerEvent> {
  draft.status = 'quoted';
  for (const { hit, start, end, text } of quotedRuns(query, found, QUOTED_SENTENCES)) yield show(text, 'paragraph', [{ passage: hit, start, end }], 'quote');
  if (draft.sentences.length === 0) draft.status = 'unanswered';
}

interface QuotedRun {
  hit: Hit;
  start: number;
  end: number;
  text: string;
}

/** The best sentences of the passages, each with its place; grouped by document, in reading order. */
function quotedRuns(query: string, found: Retrieved, max: number): QuotedRun[] {
  const byId = new Map(found.hits.map((h) => [h.id, h]));
  return quoteSentences(query, found.hits, found.statistics, { max }).flatMap((group) => {
    const hit = byId.get(group.passageId)!;
    return group.sentences.map(({ start, end }) => ({ hit, start, end, text: readPassage(hit).plain.slice(start, end).replaceAll(/\s+/g, ' ').trim() }));
  });
}

async function notFound(draft: Draft, query: string, hits: Hit[], found: Retrieved, deps: AskDeps): Promise<void> {
  draft.status = 'unanswered';
  const counts = [...(await countsBySource(deps.db)).values()];
  draft.own.push(say(draft.language, 'notFound'), say(draft.language, 'notFoundSearched', { documents: counts.reduce((sum, c) => sum + c.documents, 0), sources: counts.length }));
  const perDocument = hits.filter((h, i) => hits.findIndex((x) => x.documentId === h.documentId) === i).slice(0, CLOSEST);
  for (const hit of perDocument) {
    const [best] = quotedRuns(query, { ...found, hits: [hit] }, 1);
    const first = readPassage(hit).sentences[0];
    draft.closest.push(closestPassage(hit, best?.start ?? first?.start ?? 0, best?.end ?? first?.end ?? 0, deps.pageUrl));
  }
}

/** The neighbours of the first passages come along, in reading order beside them: an answer often runs over a cut. */
async function withNeighbours(hits: Hit[], readerSets: number[], model: LanguageModel, deps: AskDeps): Promise<Passage[]> {
  // A small context is better filled with further hits.
  if (model.contextTokens < 8_000) return hits;
  const first = hits.slice(0, 2);
  const beside = await neighbourPassages(deps.db, first, readerSets);
  const taken = new Set<string>();
  const list: Passage[] = [];
  for (const hit of hits) {
    const group = first.includes(hit) ? [hit, ...beside.filter((p) => p.documentId === hit.documentId && Math.abs(p.ordinal - hit.ordinal) === 1)].sort((a, b) => a.ordinal - b.ordinal) : [hit];
    for (const passage of group) {
      if (taken.has(passage.id)) continue;
      taken.add(passage.id);
      list.push(passage);
    }
  }
  return list;
}

/** "Shorter" and "in Chinese": the answer before, changed, with its citations and checks. */
async function* changeAnswer(transform: Transform, draft: Draft, asking: Asking, readerSets: number[], show: Show, deps: AskDeps, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const before = asking.turns.findLast((t) => t.ledger.sentences.length > 0);
  if (!before) {
    draft.status = 'courtesy';
    draft.own.push(say(draft.language, 'nothingToTransform'));
    return;
  }
  const language = transform.kind === 'translate' ? transform.language : before.ledger.language;
  draft.language = language;
  const rows = await deps.db.selectFrom('citations').select(['n', 'passage_id']).where('answer_id', '=', before.ledger.answerId).execute();
  const byId = await hydratePassages(deps.db, [...new Set(rows.map((r) => r.passage_id))], readerSets);
  const passages = [...byId.values()];
  const model = deps.languageModel;
  if (model && passages.length > 0) {
    yield { type: 'status', status: 'writing' };
    const instruction = transform.kind === 'translate' ? `write it in ${languageName(language)}.` : 'make it shorter: one or two sentences that keep what matters most.';
    const messages = answerPrompt({ question: before.standalone, languageName: languageName(language), passages, turns: [], change: { answer: before.ledger.sentences.map((s) => s.text).join(' '), instruction } });
    const outcome = yield* write({ messages, passages, question: before.standalone, language, purpose: 'transform' }, model, draft, show, signal);
    if (outcome.shown > 0) {
      draft.status = 'answered';
      return;
    }
    draft.degraded.add(outcome.error === undefined ? 'not-supported' : degradedBy(outcome.error));
  } else if (!model) draft.degraded.add('no-model');

  // Without a model: shorter is fewer of the same sentences; another language is the answer as it was, and says so.
  if (transform.kind === 'translate') draft.own.push(say(language, 'needsModel'));
  draft.status = before.ledger.status;
  const keep = transform.kind === 'shorter' ? Math.max(1, Math.ceil(before.ledger.sentences.length / 3)) : before.ledger.sentences.length;
  for (const sentence of before.ledger.sentences.slice(0, keep)) {
    const places = sentence.citations.flatMap((n) => {
      const passage = byId.get(rows.find((r) => r.n === n)?.passage_id ?? '');
      const cited = before.ledger.citations.find((c) => c.n === n);
      const at = passage && cited ? placeOfRaw(passage, cited.quote) : undefined;
      return passage && at ? [{ passage, ...at }] : [];
    });
    if (places.length > 0) yield show(sentence.text, sentence.block, places, sentence.support);
  }
  if (draft.sentences.length === 0) draft.status = 'unanswered';
}

/** The place in the plain text of a quote given verbatim. */
function placeOfRaw(passage: Passage, quote: string): { start: number; end: number } | undefined {
  const { text: plain, map } = plainText(passage.text);
  const rawStart = passage.text.indexOf(quote);
  if (rawStart < 0) return undefined;
  const start = map.findIndex((at) => at >= rawStart);
  let end = start;
  while (end < plain.length && map[end]! < rawStart + quote.length) end++;
  return start >= 0 && end > start ? { start, end } : undefined;
}

function degradedBy(error: unknown): string {
  const code = error instanceof AppError ? error.code : '';
  if (code === 'budget.exhausted') return 'budget';
  return code === 'model.timeout' || (error instanceof Error && error.name === 'TimeoutError') ? 'model-timeout' : 'model-failed';
}

function languageName(language: string): string {
  return new Intl.DisplayNames(['en'], { type: 'language' }).of(language) ?? language;
}

/** The whole answer as plain text. */
function textOf(draft: Draft): string {
  const lines: string[] = [...draft.own];
  let paragraph = false;
  for (const { text, block, citations } of draft.sentences) {
    const line = `${block === 'bullet' ? '- ' : ''}${text}${citations.map((n) => ` [${n}]`).join('')}`;
    if (block === 'paragraph' && paragraph && draft.status !== 'quoted') lines[lines.length - 1] += ` ${line}`;
    else lines.push(line);
    paragraph = block === 'paragraph';
  }
  if (draft.closest.length > 0) lines.push('', say(draft.language, 'closest'), ...draft.closest.map((c) => `- ${c.title}${c.url ? ` (${c.url})` : ''}`));
  return lines.join('\n');
}
