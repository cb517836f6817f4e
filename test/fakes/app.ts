/** An application in memory for the console's tests: a small handbook, answers that stream, syncs that take a moment. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ChatApp } from '../../src/chat/chat-app.ts';
import type { AddSourceInput, App, AskInput, DocumentView, SourceStatus, ThreadTurn } from '../../src/app-contract.ts';
import { SETTINGS, type Settings } from '../../src/catalog/settings.ts';
import { outsideUrl, readConfig } from '../../src/config.ts';
import { AppError, inputError } from '../../src/errors.ts';
import { checkSchedule } from '../../src/schedule.ts';
import type { Answer, AnswerEvent, AnswerSentence, Citation, Log } from '../../src/types.ts';
import { fakeGlossary } from './glossary.ts';
import { fakeDocuments, fakeSampleQuestions, type FakeDocument } from './handbook.ts';

export interface FakeOptions {
  env?: Record<string, string>;
  /** Begin with the handbook indexed. Default true. */
  filled?: boolean;
  /** Milliseconds between two sentences, and between two steps of a sync. */
  delayMs?: number;
  chatModel?: string | null;
  documents?: FakeDocument[];
  ollama?: { url: string; models: string[] };
  now?: () => number;
}

/** What tests read and steer. */
export interface FakeApp extends App {
  asked: AskInput[];
  /** How many askings were cancelled by their signal. */
  aborted: number;
  feedback: { answerId: string; verdict: string; reason?: string; comment?: string }[];
  logged: { level: string; fields: Record<string, unknown>; message: string }[];
  addFilled(name: string, documents: FakeDocument[], extra?: Partial<SourceStatus>): SourceStatus;
  failures: Map<string, { externalId: string; reason: string }[]>;
  unread: Map<string, { externalId: string; title: string; unread: string }[]>;
  /** What was looked at and added, credentials included. */
  previewed: AddSourceInput[];
  added: AddSourceInput[];
  /** How many looks were cancelled by their signal. */
  stopped: number;
  /** The credentials that sources have now, by the source's id. */
  credentials: Map<string, unknown>;
  confirmed: string[];
  isReady: boolean;
}

const DAY = 86_400_000;
/** The one that the fake wiki lets in. */
export const RIGHT_PASSWORD = 'correct horse, battery: staple ';

export function createFakeApp(options: FakeOptions = {}): FakeApp {
  const delay = options.delayMs ?? 15;
  const now = options.now ?? Date.now;
  const config = readConfig({ HOST: '127.0.0.1', ...options.env });
  const sources = new Map<string, SourceStatus>();
  const documents = new Map<string, FakeDocument & { sourceId: string }>();
  const threads = new Map<string, ThreadTurn[]>();
  const answers = new Map<string, Answer>();
  const stops = new Map<string, AbortController>();
  const history = new Map<string, NonNullable<SourceStatus['lastRun']>[]>();
  let settings = Object.fromEntries(Object.entries(SETTINGS).map(([key, { default: value }]) => [key, value])) as unknown as Settings;
  const logged: FakeApp['logged'] = [];
  const log = logTo(logged);

  const summaryOf = (d: FakeDocument & { sourceId: string }): Omit<DocumentView, 'body'> => ({
    id: d.id,
    title: d.title,
    url: d.url,
    externalId: d.externalId,
    sourceId: d.sourceId,
    sourceName: sources.get(d.sourceId)?.source.name ?? '',
    owner: d.owner,
    updatedAt: d.updatedDaysAgo === null ? null : now() - d.updatedDaysAgo * DAY,
    passages: d.passages.length,
  });

  function newSource(input: AddSourceInput, kind: string): SourceStatus {
    const name = input.name ?? input.location.replace(/\/+$/, '').split('/').at(-1)!;
    if ([...sources.values()].some((s) => s.source.name === name))
      throw new AppError({ code: 'source.exists', message: 'name taken', publicMessage: `There is already a source named "${name}".` });
    const id = randomUUID();
    const status: SourceStatus = {
      source: {
        id,
        name,
        kind,
        location: input.location,
        baseUrl: input.baseUrl ?? null,
        readers: (input.readers ?? 'everyone').split(','),
        schedule: input.schedule ?? null,
        createdAt: now(),
        syncRequestedAt: now(),
        secretId: null,
        cursor: null,
        listedWholeAt: null,
        nextSyncAt: now() + DAY / 2,
        pausedAt: null,
        failures: 0,
        problem: null,
        doubt: null,
      },
      documents: 0,
      passages: 0,
      lastRun: null,
      syncing: false,
    };
    sources.set(id, status);
    return status;
  }

  function put(status: SourceStatus, list: FakeDocument[]): void {
    for (const document of list) documents.set(document.id, { ...document, sourceId: status.source.id });
    status.documents = list.length;
    status.passages = list.reduce((sum, d) => sum + d.passages.length, 0);
  }

  function finished(status: SourceStatus, state: 'done' | 'failed' | 'cancelled', failed: number, startedAt: number): void {
    status.syncing = false;
    status.lastRun = {
      id: randomUUID(),
      sourceId: status.source.id,
      startedAt,
      finishedAt: now(),
      state,
      progress: null,
      summary: {
        source: status.source.name,
        runId: '',
        listed: status.documents + failed,
        added: status.documents,
        changed: 0,
        moved: 0,
        removed: 0,
        unchanged: 0,
        failed,
        complete: state === 'done',
        passagesEmbedded: 0,
        passagesReused: 0,
        requests: 0,
        ms: now() - startedAt,
      },
    };
    history.set(status.source.id, [status.lastRun, ...(history.get(status.source.id) ?? [])]);
  }

  async function runSync(status: SourceStatus, list: FakeDocument[]): Promise<void> {
    const stop = new AbortController();
    stops.set(status.source.id, stop);
    const startedAt = now();
    const run = { id: randomUUID(), sourceId: status.source.id, startedAt, finishedAt: null, state: 'running' as const, summary: null };
    status.syncing = true;
    const failing = app.failures.get(status.source.id)?.length ?? 0;
    const total = list.length + failing;
    try {
      await wait(delay * 5, undefined, { signal: stop.signal });
      for (let done = 0; done < list.length; done++) {
        status.lastRun = {
          ...run,
          progress: {
            phase: 'documents',
            listed: total,
            done,
            failed: Math.min(failing, done),
            left: total - done - Math.min(failing, done),
          },
        };
        await wait(delay * 5, undefined, { signal: stop.signal });
      }
      put(status, list);
      finished(status, 'done', failing, startedAt);
    } catch {
      finished(status, 'cancelled', 0, startedAt);
    }
  }

  const find = (nameOrId: string): SourceStatus => {
    const status = sources.get(nameOrId) ?? [...sources.values()].find((s) => s.source.name === nameOrId);
    if (!status) throw new AppError({ code: 'source.not_found', message: 'no such source', publicMessage: 'There is no such source.' });
    return status;
  };

  function checkPlace(input: AddSourceInput): void {
    if (/^(?!\/|https?:)/.test(input.location)) throw inputError('location', `there is no folder "${input.location}"; give its whole path`);
    if (/169\.254/.test(input.location))
      throw new AppError({
        code: 'net.internal_address',
        message: 'internal',
        publicMessage: '169.254.169.254 is an internal address. An admin can allow it in Settings.',
      });
    if (input.location.includes('CRASH')) throw new Error(`the fake crashed over ${JSON.stringify(input.credential)}`);
    if (input.schedule) checkSchedule(input.schedule);
    if (input.credential !== undefined || input.location.includes('private')) checkCredential(input.kind ?? 'site', input.credential);
    if (input.name && [...sources.values()].some((s) => s.source.name === input.name))
      throw inputError('name', `there is a source "${input.name}" already; choose another name, or remove that one first`);
  }

  function checkCredential(kind: string, credential: AddSourceInput['credential']): void {
    if (credential === undefined) throw inputError('credential', 'one is needed. A bot password with the right "Basic rights".');
    if (kind !== 'mediawiki') throw inputError('credential', `sources of the kind ${kind} take none`);
    if (typeof credential === 'string' || credential['password'] !== RIGHT_PASSWORD)
      throw new AppError({
        code: 'source.credential',
        message: 'refused',
        publicMessage: 'wiki.example.com does not accept this user and password. Make a bot password at Special:BotPasswords.',
      });
  }

  const app: FakeApp = {
    // The console asks nothing of chat.
    chat: undefined as unknown as ChatApp,
    timeZone: 'Europe/Berlin',
    outsideUrl: outsideUrl(config),
    config,
    log,
    clock: { now, sleep: (ms, signal) => wait(ms, undefined, signal ? { signal } : {}) },
    asked: [],
    aborted: 0,
    feedback: [],
    logged,
    failures: new Map(),
    unread: new Map(),
    previewed: [],
    added: [],
    stopped: 0,
    credentials: new Map(),
    confirmed: [],
    isReady: true,
    addFilled(name, list, extra = {}) {
      const status = newSource({ location: `/srv/${name}`, name }, 'folder');
      put(status, list);
      finished(status, 'done', 0, now() - 2 * 3600_000);
      Object.assign(status, extra);
      return status;
    },
    connectors: async () => [
      {
        kind: 'folder',
        capabilities: { incremental: false, seesDeletions: true, knowsReaders: false },
        blindSpots: ['Who may read a file.'],
      },
      {
        kind: 'mediawiki',
        capabilities: { incremental: true, seesDeletions: true, knowsReaders: false },
        blindSpots: ['Who may read a page.'],
        credential: {
          fields: [
            { name: 'user', label: 'User', secret: false },
            { name: 'password', label: 'Password', secret: true },
          ],
          required: false,
          rights: 'A bot password with the right "Basic rights".',
        },
      },
    ],
    async recognise(location, kind) {
      checkPlace({ location });
      const wanted = kind ?? (location.includes('wiki') ? 'mediawiki' : location.startsWith('http') ? 'site' : 'folder');
      const known = (await app.connectors()).find((connector) => connector.kind === wanted);
      return known ?? { kind: wanted, capabilities: { incremental: false, seesDeletions: true, knowsReaders: false }, blindSpots: [] };
    },
    async previewSource(input, { signal, onProgress }) {
      app.previewed.push(input);
      checkPlace(input);
      for (let n = 1; input.location.includes('slow') && n <= 1000; n++) {
        onProgress?.(n * 40);
        await wait(delay, undefined, { signal }).catch((error: unknown) => {
          app.stopped++;
          throw error;
        });
      }
      const kind = input.kind ?? (input.location.startsWith('http') ? 'site' : 'folder');
      const empty = input.location.includes('empty');
      return {
        kind,
        name: input.name ?? input.location.replace(/\/+$/, '').split('/').at(-1)!,
        readers: (input.readers ?? 'everyone').split(','),
        documents: empty ? 0 : 845,
        more: false,
        samples: empty
          ? []
          : [
              { externalId: 'benefits.md', title: 'Benefits', passages: 7 },
              { externalId: 'scan.pdf', problem: 'it is a scan without text' },
            ],
        ...(empty ? {} : { estimate: { passages: 5600, tokens: 900_000 }, cost: { model: 'multilingual-e5-small', minutes: 19 } }),
        requests: 0,
        blindSpots: ['Who may read a file.'],
        nextSyncAt: now() + DAY / 2,
        timeZone: 'Europe/Berlin',
      };
    },
    changeSource: async (id, { schedule, paused, credential }) => {
      const { source } = find(id);
      if (schedule) checkSchedule(schedule);
      if (credential !== undefined) {
        checkCredential(source.kind, credential);
        app.credentials.set(source.id, credential);
        source.secretId = 'kept';
      }
      if (schedule !== undefined) source.schedule = schedule;
      if (paused !== undefined) source.pausedAt = paused ? now() : null;
      return source;
    },
    confirmRemovals: async (id) => {
      const { source } = find(id);
      app.confirmed.push(source.id);
      if (source.doubt) source.doubt = { ...source.doubt, confirmedAt: now() };
    },
    async *ask(input, signal) {
      app.asked.push(input);
      const threadId = input.threadId ?? randomUUID();
      const turn: ThreadTurn = {
        questionId: randomUUID(),
        question: input.text,
        askedAt: now(),
        eventKey: input.eventKey ?? randomUUID(),
        pending: true,
        answer: null,
      };
      threads.set(threadId, [...(threads.get(threadId) ?? []), turn]);
      const answer = answerTo(input, threadId, turn.questionId, [...documents.values()], sources, options.chatModel ?? null, now);
      try {
        if (input.text.includes('CRASH')) throw new Error('the fake crashed');
        if (answer.status !== 'courtesy') {
          yield { type: 'status', status: 'searching' } satisfies AnswerEvent;
          await wait(delay, undefined, { signal });
          if (answer.status === 'answered') yield { type: 'status', status: 'writing' };
          if (answer.status !== 'unanswered') {
            for (const sentence of answer.sentences) {
              await wait(input.text.includes('slowly') ? delay * 40 : delay, undefined, { signal });
              yield { type: 'sentence', sentence, citations: answer.citations.filter((c) => sentence.citations.includes(c.n)) };
            }
          }
        }
      } catch (error) {
        if (!signal.aborted) throw error;
        app.aborted++;
        turn.pending = false;
        return;
      }
      turn.answer = answer;
      turn.pending = false;
      answers.set(answer.answerId, answer);
      yield { type: 'final', answer };
    },
    thread: async (id) => threads.get(id) ?? [],
    giveFeedback: async (input) => {
      if (!answers.has(input.answerId))
        throw new AppError({ code: 'answer.not_found', message: 'no such answer', publicMessage: 'There is no such answer.' });
      app.feedback.push(input);
    },
    addSource: async (input) => {
      checkPlace(input);
      app.added.push(input);
      const status = newSource(input, input.kind ?? (input.location.startsWith('http') ? 'site' : 'folder'));
      if (input.credential !== undefined) {
        app.credentials.set(status.source.id, input.credential);
        status.source.secretId = 'kept';
      }
      return status.source;
    },
    addSample: async () => {
      const there = [...sources.values()].find((s) => s.source.name === 'Sample handbook');
      if (there) return there.source;
      const status = newSource({ location: '/srv/docent/sample/handbook', name: 'Sample handbook' }, 'folder');
      return status.source;
    },
    sampleQuestions: async () => fakeSampleQuestions,
    listSources: async () => [...sources.values()],
    showSource: async (id) => {
      const status = sources.get(id) ?? [...sources.values()].find((s) => s.source.name === id);
      if (!status) return undefined;
      return {
        ...status,
        runs: [...(status.syncing && status.lastRun ? [status.lastRun] : []), ...(history.get(status.source.id) ?? [])],
        failures: app.failures.get(status.source.id) ?? [],
        unread: app.unread.get(status.source.id) ?? [],
      };
    },
    removeSource: async (id) => {
      const status = find(id);
      for (const [key, document] of documents) if (document.sourceId === status.source.id) documents.delete(key);
      sources.delete(status.source.id);
    },
    requestSync: async (id) => {
      const status = find(id);
      const kept = [...documents.values()].filter((d) => d.sourceId === status.source.id);
      const fresh = options.documents ?? fakeDocuments().map((d) => (documents.has(d.id) ? { ...d, id: randomUUID() } : d));
      void runSync(status, kept.length > 0 ? kept : fresh);
    },
    cancelSync: async (id) => stops.get(find(id).source.id)?.abort(),
    syncNow: async () => [],
    due: async () => [],
    runJob: async () => undefined,
    workOnce: async () => undefined,
    backup: async () => Promise.reject(new Error('the fake keeps nothing')),
    restore: async () => Promise.reject(new Error('the fake keeps nothing')),
    reindex: async () => ({ documents: 0, passages: 0, passagesEmbedded: 0, ms: 0 }),
    listDocuments: async ({ sourceId, query, offset, limit }) => {
      const found = [...documents.values()].filter(
        (d) => (!sourceId || d.sourceId === sourceId) && (!query || d.title.toLowerCase().includes(query.toLowerCase())),
      );
      return { total: found.length, documents: found.slice(offset, offset + limit).map(summaryOf) };
    },
    showDocument: async (id, { citation }) => {
      const document = documents.get(id);
      if (!document) return undefined;
      const cited = citation
        ? answers.get(citation.split('.')[0]!)?.citations.find((c) => c.n === Number(citation.split('.')[1]))
        : undefined;
      const at = cited ? document.passages.findIndex((text) => text.includes(cited.quote)) : -1;
      return {
        ...summaryOf(document),
        body: document.passages.map((text, i) => ({ passageId: `${id}-${i}`, headingPath: [document.title], anchor: null, text })),
        ...(cited ? { highlight: { quote: cited.quote, passageId: `${id}-${Math.max(0, at)}`, present: at >= 0 } } : {}),
      };
    },
    settings: async () => settings,
    changeSetting: async (key, value) => {
      if (key === 'largestRemovalShare' && !(Number(value) >= 0.01 && Number(value) <= 1))
        throw inputError('largestRemovalShare', 'must be from 0.01 to 1');
      if (key === 'keepRate' && !(Number(value) >= 0.5 && Number(value) <= 0.99)) throw inputError('keepRate', 'must be from 0.5 to 0.99');
      settings = { ...settings, [key]: value };
    },
    modelStatus: async () => ({
      chatModel: options.chatModel ?? null,
      embeddingModel: null,
      budgetUsd: options.chatModel ? 20 : null,
      spentUsd: options.chatModel ? 4.37 : 0,
      ...(options.ollama ? { ollama: options.ollama } : {}),
    }),
    listModels: async () => [],
    pullModel: async () => undefined,
    useModel: async () => undefined,
    glossary: fakeGlossary(now),
    doctor: async () => [
      { name: 'Node', level: 'ok', message: `Node ${process.version}` },
      { name: 'Catalog', level: 'ok', message: 'Opens and can be written.' },
      {
        name: 'Language model',
        level: 'warning',
        message: 'None is set up: answers are quotes. Set OPENAI_API_KEY, or OPENAI_BASE_URL for a local model.',
      },
    ],
    metrics: async () => '# HELP docent_questions_total Questions asked\n# TYPE docent_questions_total counter\ndocent_questions_total 3\n',
    ready: async () => app.isReady,
    close: async () => undefined,
  };
  if (options.filled ?? true) {
    const status = newSource({ location: '/srv/docent/sample/handbook', name: 'Sample handbook' }, 'folder');
    put(status, options.documents ?? fakeDocuments());
    finished(status, 'done', 0, now() - 3 * 3600_000);
    status.source.createdAt = now() - 2 * DAY;
  }
  return app;
}

function logTo(lines: FakeApp['logged']): Log {
  const at =
    (level: string) =>
    (fields: Record<string, unknown>, message: string): void =>
      void lines.push({ level, fields, message });
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  return log;
}

function answerTo(
  input: AskInput,
  threadId: string,
  questionId: string,
  documents: (FakeDocument & { sourceId: string })[],
  sources: Map<string, SourceStatus>,
  chatModel: string | null,
  now: () => number,
): Answer {
  const text = input.text.toLowerCase();
  const language = /\p{Script=Han}/u.test(text) ? 'zh' : 'en';
  const base = {
    answerId: randomUUID(),
    questionId,
    threadId,
    language,
    audience: input.audience ?? ('asker' as const),
    sentences: [] as AnswerSentence[],
    citations: [] as Citation[],
    closest: [] as Answer['closest'],
    usage: { modelCalls: 0, promptTokens: 0, completionTokens: 0, costUsd: 0, ms: 42 },
  };
  const cite = (d: FakeDocument & { sourceId: string }, n: number, quote: string): Citation => ({
    n,
    documentId: d.id,
    title: d.title,
    url: d.url,
    documentUrl: `/documents/${d.id}?citation=${base.answerId}.${n}`,
    anchor: null,
    quote,
    source: sources.get(d.sourceId)?.source.name ?? '',
    updatedAt: d.updatedDaysAgo === null ? null : new Date(now() - d.updatedDaysAgo * DAY).toISOString(),
  });
  const say = (status: Answer['status'], sentence: string): Answer => ({
    ...base,
    status,
    text: sentence,
    sentences: [{ text: sentence, block: 'paragraph', citations: [], support: 1 }],
  });
  if (text.trim() === '') return say('courtesy', 'Ask me something about the documents, in your own words.');
  if (/^(hi|hello|thanks)\b/.test(text))
    return say('courtesy', 'Hello! Ask me anything that the documents may answer, and I will show where it stands.');
  if (text.includes('explode'))
    return { ...say('failed', 'Something went wrong while answering. The question is kept; please ask again in a moment.'), sentences: [] };
  const matching = documents.filter((d) => d.facts.length > 0);
  if (text.includes('parking') || text.includes('午餐') || matching.length === 0) {
    return {
      ...base,
      status: 'unanswered',
      text: 'I did not find this in the documents.',
      closest: matching
        .slice(0, 2)
        .map((d) => ({ title: d.title, url: d.url, documentUrl: `/documents/${d.id}?passage=${d.id}-0`, quote: d.facts[0]!.quote })),
    };
  }
  const chosen =
    language === 'zh'
      ? matching.filter((d) => d.zh).slice(0, 2)
      : [...matching.filter((d) => d.words.some((w) => text.includes(w))), ...matching.filter((d) => !d.zh)]
          .filter((d, i, all) => all.indexOf(d) === i)
          .slice(0, 2);
  const citations = chosen.flatMap((d) => d.facts.map((fact) => ({ d, fact }))).map(({ d, fact }, i) => cite(d, i + 1, fact.quote));
  const facts = chosen.flatMap((d) => d.facts);
  if (chatModel === null) {
    const sentences = facts.map((fact, i): AnswerSentence => ({
      text: fact.read ?? fact.quote,
      block: 'paragraph',
      citations: [i + 1],
      support: 'quote',
    }));
    return {
      ...base,
      status: 'quoted',
      text: sentences.map((s) => `${s.text} [${s.citations[0]}]`).join(' '),
      sentences,
      citations,
      degraded: ['no-model'],
    };
  }
  const sentences = facts.map((fact, i): AnswerSentence => ({
    text: fact.said,
    block: fact.block ?? 'paragraph',
    citations: [i + 1],
    support: 0.9,
  }));
  return {
    ...base,
    status: 'answered',
    text: sentences.map((s) => `${s.text} [${s.citations[0]}]`).join(' '),
    sentences,
    citations,
    usage: { modelCalls: 1, promptTokens: 2310, completionTokens: 186, costUsd: 0.0042, ms: 1840 },
  };
}
