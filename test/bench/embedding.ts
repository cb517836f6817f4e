/**
 * One embedding model that runs here: how fast it reads passages, how long a question waits beside them, and what memory the
 * whole application takes with it.
 *   node test/bench/embedding.ts MODEL [MODELS_DIR]   prints one JSON object
 */
import { availableParallelism, loadavg } from 'node:os';
import { createEmbeddings, modelName, type Embeddings } from '../../src/models/embedding.ts';
import type { Embedder } from '../../src/models/embedder.ts';
import { percentile } from '../../src/eval/scores.ts';
import { WEIGHTS } from '../fakes/weights.ts';
import { peakOf, residentOf, serveAndAsk } from './embedding-memory.ts';
import { passage, question } from './embedding-texts.ts';

const BATCH = 32;
const READING_MS = 12_000;
const QUESTIONS = 200;
const ASKING_MS = 40_000;
/** People do not ask without a breath; a question after a pause finds colder caches. */
const PAUSE_MS = 25;

const [name, modelsDir = WEIGHTS] = process.argv.slice(2);
if (!name) throw new Error('which model?');
const never = new AbortController().signal;
const round = (value: number): number => Math.round(value * 10) / 10;

async function open(threads: number): Promise<{ embedder: Embedder; embeddings: Embeddings }> {
  const embeddings = createEmbeddings({ modelsDir, threads, hosted: () => Promise.resolve(undefined) });
  const { embedder, problem } = await embeddings.choose(name);
  // Where a model is missing, the one of npm stands in for it.
  if (!embedder || modelName(embedder.model) !== name) throw problem ?? new Error(`${name} is not in ${modelsDir}`);
  await embedder.embed([passage(0), passage(1)], 'passage', never);
  await embedder.embed(
    Array.from({ length: 5 }, (_, i) => question(i)),
    'query',
    never,
  );
  return { embedder, embeddings };
}

/** @returns passages read until the time is over or the signal comes, and the ms it took */
async function read(embedder: Embedder, signal: AbortSignal, forMs = Infinity): Promise<{ passages: number; ms: number }> {
  const from = performance.now();
  let passages = 0;
  while (!signal.aborted && performance.now() - from < forMs) {
    const texts = Array.from({ length: BATCH }, (_, i) => passage(passages + i));
    await embedder.embed(texts, 'passage', signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    passages += BATCH;
  }
  return { passages, ms: performance.now() - from };
}

async function reading(): Promise<{ perSecond: number; copyMiB?: number }> {
  const before = residentOf(process.pid);
  const { embedder, embeddings } = await open(availableParallelism());
  const { passages, ms } = await read(embedder, never, READING_MS);
  await embeddings.close();
  const peak = peakOf(process.pid);
  return { perSecond: round((passages * 1000) / ms), ...(before && peak ? { copyMiB: peak - before } : {}) };
}

async function asking(): Promise<{ questions: number; p50Ms: number; p95Ms: number }> {
  const asked = await open(1);
  const indexing = await open(1);
  const stop = new AbortController();
  const meanwhile = read(indexing.embedder, stop.signal);
  const times: number[] = [];
  for (const from = performance.now(); times.length < QUESTIONS && performance.now() - from < ASKING_MS;) {
    const at = performance.now();
    await asked.embedder.embed([question(100 + times.length)], 'query', never);
    times.push(performance.now() - at);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  stop.abort();
  await meanwhile;
  await Promise.all([asked.embeddings.close(), indexing.embeddings.close()]);
  return { questions: times.length, p50Ms: round(percentile(times, 0.5)), p95Ms: round(percentile(times, 0.95)) };
}

const loads = [loadavg()[0]!];
const passagesRead = await reading();
const questionsAsked = await asking();
loads.push(loadavg()[0]!);
const application = await serveAndAsk({ model: name, modelsDir });
const wordsAlone = application && (await serveAndAsk({ model: 'none', modelsDir }));
loads.push(loadavg()[0]!);
process.stdout.write(
  `${JSON.stringify({ model: name, cores: availableParallelism(), reading: passagesRead, asking: questionsAsked, application, wordsAlone, load: loads.map(round) })}\n`,
);
