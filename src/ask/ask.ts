/**
 * One question becomes one answer. Reads from top to bottom: courtesy → change of the answer before → standalone →
 * retrieve → enough? → generate, each sentence checked → cite → ledger. No model, or none that answers: quotes.
 */
import { randomUUID } from 'node:crypto';
import { readableReaderSets, type Asker } from '../access/audience.ts';
import { recordAnswer, type LedgerEntry } from '../catalog/answers.ts';
import type { Catalog } from '../catalog/database.ts';
import { countReadable } from '../catalog/documents.ts';
import { neighbourPassages } from '../catalog/passages.ts';
import { saveStandalone, type Question } from '../catalog/questions.ts';
import { saveSearched } from '../catalog/traces.ts';
import { breathe } from '../clock.ts';
import { AppError, isAbort, reasonOf } from '../errors.ts';
import type { LanguageModel } from '../models/language-model.ts';
import { say } from '../strings/strings.ts';
import type { Answer, AnswerEvent, AnswerSentence, Clock, Passage } from '../types.ts';
import type { Calibration } from './calibrate.ts';
import { changeAnswer } from './change-answer.ts';
import { closestPassage, createCitations } from './cite.ts';
import { courtesyReply } from './courtesy.ts';
import { addUsage, degradedBy, languageName, textOf, type Draft, type Show } from './draft.ts';
import { besideFiles, firstWords, fitFiles, queriesWith, saysNothing, type AskedFile } from './files.ts';
import type { Hit } from './passage-match.ts';
import { foldHits, joinNeighbours } from './fold-hits.ts';
import { answerPrompt, fitPassages } from './prompt.ts';
import { closestSentence, quotedSentences } from './quoted.ts';
import { retrieve, type Retrieved, type RetrieveDeps } from './retrieve.ts';
import { makeStandalone, type Standalone, type Turn } from './standalone.ts';
import { decide, sufficiency, type Decision, type Sufficiency } from './sufficient.ts';
import { transformOf } from './transform.ts';
import { writeAnswer } from './write-answer.ts';

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
  /** Came with the question; for this one answer. */
  files?: AskedFile[];
}

const KEEP_PAUSES_MS = [200, 800];
const RETRIEVED = 24;
/** A quoted answer holds no more sentences than a person reads at a glance. */
const QUOTED_SENTENCES = 9;
const CLOSEST = 3;
/** Longer questions are read this far. */
const QUESTION_CHARACTERS = 20_000;

/**
 * Answers a recorded question and keeps the answer in the ledger. The last event is always `final`.
 * @throws the signal's reason when the asking was cancelled; AppError `question.taken` when another answered it meanwhile
 */
export async function* ask(asking: Asking, deps: AskDeps, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const { question } = asking;
  const startedAt = deps.clock.now();
  const answerId = randomUUID();
  const citations = createCitations(answerId, deps.pageUrl);
  const draft: Draft = {
    status: 'failed',
    language: question.language,
    sentences: [],
    own: [],
    closest: [],
    degraded: new Set(),
    calls: 0,
    usage: { promptTokens: 0, completionTokens: 0, costUsd: 0 },
    trace: {},
  };

  const show: Show = (text, block, places, support, more) => {
    const numbers = [...new Set(places.map((p) => citations.cite(p.passage, p.start, p.end)))];
    const sentence: AnswerSentence = { text, block, citations: numbers, support, ...more };
    draft.sentences.push(sentence);
    return { type: 'sentence', sentence, citations: citations.list().filter((c) => numbers.includes(c.n)) };
  };

  try {
    yield* answerInto(draft, asking, show, deps, signal);
  } catch (error) {
    if (signal.aborted && isAbort(error)) throw error;
    deps.log.error(
      { questionId: question.id, reason: reasonOf(error), code: error instanceof AppError ? error.code : undefined },
      'answering failed',
    );
    draft.status = draft.sentences.length > 0 ? draft.status : 'failed';
    const why = error instanceof AppError && error.code === 'search.unavailable' ? 'searchUnavailable' : 'failed';
    draft.own = draft.sentences.length > 0 ? draft.own : [say(draft.language, why)];
  }

  const cited = citations.list();
  const answer: Answer = {
    answerId,
    questionId: question.id,
    threadId: asking.threadId,
    status: draft.status,
    language: draft.language,
    audience: question.audience,
    text: textOf(draft),
    sentences: draft.sentences,
    citations: cited.map(({ n, documentId, title, url, documentUrl, anchor, quote, source, updatedAt }) => ({
      n,
      documentId,
      title,
      url,
      documentUrl,
      anchor,
      quote,
      source,
      updatedAt,
    })),
    closest: draft.closest,
    ...(draft.degraded.size > 0 ? { degraded: [...draft.degraded] } : {}),
    usage: {
      modelCalls: draft.calls,
      promptTokens: draft.usage.promptTokens,
      completionTokens: draft.usage.completionTokens,
      costUsd: draft.usage.costUsd,
      ms: deps.clock.now() - startedAt,
    },
  };
  const entry = { answer, citations: cited, model: draft.calls > 0 ? (deps.languageModel?.model ?? null) : null, trace: draft.trace };
  try {
    await keep(entry, question.leaseOwner, deps);
  } catch (error) {
    if (error instanceof AppError && error.code === 'question.taken') throw error;
    deps.log.error({ questionId: question.id, reason: reasonOf(error) }, 'the answer could not be kept in the ledger');
  }
  deps.log.info(
    {
      questionId: question.id,
      answerId,
      status: answer.status,
      sentences: answer.sentences.length,
      modelCalls: answer.usage.modelCalls,
      ms: answer.usage.ms,
    },
    'question answered',
  );
  yield { type: 'final', answer };
}

/** A catalog that is away for a moment is tried again. */
async function keep(entry: LedgerEntry, leaseOwner: string, { db, clock }: Pick<AskDeps, 'db' | 'clock'>): Promise<void> {
  for (const pauseMs of [...KEEP_PAUSES_MS, undefined]) {
    try {
      return await recordAnswer(db, entry, leaseOwner, clock.now());
    } catch (error) {
      if (!(error instanceof AppError) || !error.retryable || error.code === 'question.taken' || pauseMs === undefined) throw error;
      await clock.sleep(pauseMs);
    }
  }
}

async function* answerInto(draft: Draft, asking: Asking, show: Show, deps: AskDeps, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const { question, turns } = asking;
  const { files } = fitFiles(asking.files ?? []);
  const written = question.text.slice(0, QUESTION_CHARACTERS).trim();
  const language = question.language;
  const fileAsks = files.length > 0 && saysNothing(written, language);
  const text = fileAsks ? firstWords(files) : written;
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
    const unfilled = (await countReadable(deps.db, readerSets)) > 0;
    draft.status = unfilled ? 'failed' : 'unanswered';
    draft.own.push(say(language, unfilled ? 'searchUnavailable' : 'nothingToSearch'));
    return;
  }

  // 1. to 4. Standalone, passages for the audience, enough to answer?
  yield { type: 'status', status: 'searching' };
  let model = deps.languageModel;
  if (!model) draft.degraded.add('no-model');
  const [mostSpoken] = deps.languages;
  const asked = { text, own: fileAsks ? '' : text };
  let attempt = await search(asking, asked, deps.languages.includes(language) ? undefined : mostSpoken, readerSets, draft, deps, signal);
  if (attempt.decision !== 'answer' && model && deps.languages.includes(language) && language !== mostSpoken) {
    // The pages in the question's own language do not say; those in the language that most are written in may.
    const translated = await search(asking, asked, mostSpoken, readerSets, draft, deps, signal);
    if (translated.enough.score > attempt.enough.score) attempt = translated;
  }
  const { standalone, found, enough, decision } = attempt;
  if (attempt.modelFailed) model = undefined;
  for (const { kind, said, meant } of found.notes)
    // A file's words stand in no answer.
    if (kind === 'spelling' && (files.length === 0 || asked.own.includes(said)))
      draft.own.push(say(language, 'alsoSearched', { said, meant }));
  await saveStandalone(deps.db, question.id, standalone.question);
  const beside = [standalone.query, ...found.notes.map((note) => note.meant)].filter((words) => words !== standalone.question);
  if (beside.length > 0) await saveSearched(deps.db, question.id, beside);
  draft.trace = {
    sufficiency: enough,
    decision,
    passages: found.hits.map((h) => ({ id: h.id, score: h.score, ...(h.meaning === undefined ? {} : { meaning: h.meaning }) })),
  };
  if (decision === 'nothing' || found.hits.length === 0 || (decision === 'closest' && !model)) {
    await notFound(draft, standalone.query, decision === 'nothing' ? [] : found.hits, found, readerSets, deps);
    return;
  }

  // 5. and 6. Generate, each sentence checked before it is shown.
  if (model) {
    yield { type: 'status', status: 'reading' };
    const passages = joinNeighbours(await withNeighbours(found.hits, readerSets, model, deps));
    await breathe();
    const fitting = fitPassages(
      passages,
      model.contextTokens,
      (t) => model!.countTokens(t),
      JSON.stringify([turns.slice(-3).map((t) => [t.question, t.answer]), files]) + text,
    );
    yield { type: 'status', status: 'writing' };
    await breathe();
    const messages = answerPrompt({ question: standalone.question, languageName: languageName(language), passages: fitting, turns, files });
    const outcome = yield* writeAnswer(
      { messages, passages: fitting, question: standalone.question, language, purpose: 'answer' },
      model,
      draft,
      show,
      signal,
    );
    if (outcome.shown > 0) {
      draft.status = 'answered';
      if (outcome.error !== undefined) draft.degraded.add('model-stopped');
      return;
    }
    if (outcome.error === undefined || decision === 'closest') {
      if (outcome.error !== undefined) draft.degraded.add(degradedBy(outcome.error));
      await notFound(draft, standalone.query, found.hits, found, readerSets, deps);
      return;
    }
    draft.degraded.add(degradedBy(outcome.error));
  }

  // 7. No model, or none that answered: the documents' own words.
  yield* quote(standalone.query, found, draft, show);
}

interface Attempt {
  standalone: Standalone;
  found: Retrieved;
  enough: Sufficiency;
  decision: Decision;
  modelFailed: boolean;
}

/**
 * @param asked the question, and what of it the person wrote (nothing, where a file asks)
 * @param documentLanguage set when the query is to be translated into it
 */
async function search(
  asking: Asking,
  { text, own }: { text: string; own: string },
  documentLanguage: string | undefined,
  readerSets: number[],
  draft: Draft,
  deps: AskDeps,
  signal: AbortSignal,
): Promise<Attempt> {
  const { language } = asking.question;
  const { files } = fitFiles(asking.files ?? []);
  const turns = asking.turns.map((t) => ({
    question: t.standalone,
    answer: t.answer,
    titles: [...new Set(t.ledger.citations.map((c) => c.title))],
  }));
  let standalone: Standalone;
  let modelFailed = false;
  try {
    standalone = await makeStandalone(
      { text, language, turns, files, ...(documentLanguage ? { documentLanguage } : {}) },
      deps.languageModel,
      signal,
    );
  } catch (error) {
    if (signal.aborted && isAbort(error)) throw error;
    draft.degraded.add(degradedBy(error));
    modelFailed = true;
    standalone = await makeStandalone({ text, language, turns }, undefined, signal);
  }
  if (standalone.usage) addUsage(draft, standalone.usage);
  const translated = documentLanguage !== undefined && standalone.usage !== undefined;
  const beside = [...(standalone.beside ?? []), ...besideFiles(files, language)];
  let best: Omit<Attempt, 'modelFailed'> | undefined;
  for (const query of queriesWith(files, standalone.query, own, language, translated)) {
    const { meaning, ...rest } = standalone;
    const one = { ...rest, query, beside, ...(meaning !== undefined && query === standalone.query ? { meaning } : {}) };
    const attempt = await find(one, readerSets, draft, deps, signal);
    if (!best || attempt.enough.score > best.enough.score) best = attempt;
    if (attempt.decision === 'answer') break;
  }
  return { ...best!, modelFailed };
}

async function find(
  standalone: Standalone,
  readerSets: number[],
  draft: Draft,
  deps: AskDeps,
  signal: AbortSignal,
): Promise<Omit<Attempt, 'modelFailed'>> {
  const found = await retrieve(
    {
      text: standalone.query,
      ...(standalone.beside ? { beside: standalone.beside } : {}),
      ...(standalone.meaning ? { meaning: standalone.meaning } : {}),
      languages: deps.languages,
      readerSets,
      limit: RETRIEVED,
    },
    deps,
    signal,
  );
  if (found.meaningFailed) draft.degraded.add('meaning-unavailable');
  await breathe();
  // The question as it was asked, or as the documents would put it ("paid time off" for "PTO"): the better one decides and is quoted by.
  const asAsked = sufficiency(standalone.query, found.hits, found.statistics, deps.calibration);
  const inTheirWords = found.notes.length > 0 ? sufficiency(found.reading, found.hits, found.statistics, deps.calibration) : asAsked;
  const enough = inTheirWords.score > asAsked.score ? inTheirWords : asAsked;
  const query = enough === asAsked ? standalone.query : found.reading;
  await breathe();
  const hits = foldHits(found.hits, query).map((one) => one.hit);
  return {
    standalone: { ...standalone, query },
    found: { ...found, hits },
    enough,
    decision: decide(enough, deps.calibration),
  };
}

async function* quote(query: string, found: Retrieved, draft: Draft, show: Show): AsyncGenerator<AnswerEvent> {
  draft.status = 'quoted';
  for (const { hit, run, text, block, step, marks } of quotedSentences(query, found, QUOTED_SENTENCES, found.notes))
    yield show(text, block, [{ passage: hit, ...run }], 'quote', {
      ...(step === undefined ? {} : { step }),
      ...(marks.length > 0 ? { marks } : {}),
    });
  if (draft.sentences.length === 0) draft.status = 'unanswered';
}

async function notFound(draft: Draft, query: string, hits: Hit[], found: Retrieved, readerSets: number[], deps: AskDeps): Promise<void> {
  draft.status = 'unanswered';
  draft.own.push(
    say(draft.language, 'notFound'),
    say(draft.language, 'notFoundSearched', { documents: await countReadable(deps.db, readerSets) }),
  );
  const perDocument = hits.filter((h, i) => hits.findIndex((x) => x.documentId === h.documentId) === i).slice(0, CLOSEST);
  for (const hit of perDocument) {
    const place = closestSentence(query, found, hit);
    draft.closest.push(closestPassage(hit, place.start, place.end, deps.pageUrl));
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
    const group = first.includes(hit)
      ? [hit, ...beside.filter((p) => p.documentId === hit.documentId && Math.abs(p.ordinal - hit.ordinal) === 1)].sort(
          (a, b) => a.ordinal - b.ordinal,
        )
      : [hit];
    for (const passage of group) {
      if (taken.has(passage.id)) continue;
      taken.add(passage.id);
      list.push(passage);
    }
  }
  return list;
}
