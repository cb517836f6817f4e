/** Sentence embeddings of an ONNX model (BERT and XLM-R kinds) on onnxruntime's WASM. Runs in a thread of `local/thread.ts`. */
import { setFlagsFromString } from 'node:v8';
import * as ort from 'onnxruntime-web';
import type { LocalModel } from '../local/thread-embedder.ts';
import { readTokenizer } from './onnx-tokenizer.ts';
import { FileBytes, withoutWeights } from './onnx-weights.ts';

export interface OnnxOptions {
  /** Paths of the files. */
  model: string;
  tokenizer: string;
  dimension: number;
  /** What stands for a text: the mean over its tokens, or its first token. */
  pooling: 'mean' | 'cls';
  /** What the model wants before a text, as it was trained. */
  prefixes: { query: string; passage: string };
  /** No text is longer in front of the model. */
  maxTokens: number;
  /**
   * Longer passages are read in windows of about this many tokens, each with the first line (title and headings), and the
   * mean of their vectors stands for them: a small model loses in a long text what one sentence says.
   */
  windowTokens: number;
  /** Cores used at most. */
  threads: number;
}

/**
 * V8 compiles what runs often once more, for speed. Of the runtime's largest function that takes 280 MB for a second, and
 * nothing gets faster: its time goes into vector instructions that are the same before. So it is put off without end.
 */
const NEVER_AGAIN = '--wasm-tiering-budget=2000000000';

interface Window {
  text: number;
  ids: number[];
}

/** @throws when the files cannot be read, or are no model of this kind */
export async function openModel(options: OnnxOptions): Promise<LocalModel> {
  setFlagsFromString(NEVER_AGAIN);
  ort.env.wasm.numThreads = options.threads;
  ort.env.logLevel = 'error';
  const [tokenizer, session] = await Promise.all([readTokenizer(options.tokenizer), readSession(options.model)]);
  const output = session.outputNames[0]!;
  const wantsTypes = session.inputNames.includes('token_type_ids');
  const padding = tokenizer.padding;

  const windowsOf = (text: string, kind: 'query' | 'passage', index: number): Window[] => {
    const ids = tokenizer.encode(options.prefixes[kind] + text);
    const size = kind === 'query' ? options.maxTokens : Math.min(options.windowTokens, options.maxTokens);
    if (ids.length <= size) return [{ text: index, ids }];
    const [first, last] = [ids[0]!, ids.at(-1)!];
    const inner = (part: string): number[] => tokenizer.encode(part).slice(1, -1);
    const [title, body] = kind === 'query' ? ['', text] : titleAndBody(text);
    const head = inner(options.prefixes[kind] + title).slice(0, Math.floor(size / 3));
    const windows = fill(body.split(SENTENCE_ENDS).map(inner), size - head.length - 2);
    return windows.map((window) => ({ text: index, ids: [first, ...head, ...window, last] }));
  };

  const run = async (windows: Window[]): Promise<Float32Array[]> => {
    const length = Math.max(...windows.map(({ ids }) => ids.length));
    const size = windows.length * length;
    const ids = new BigInt64Array(size).fill(BigInt(padding));
    const mask = new BigInt64Array(size);
    windows.forEach((window, row) =>
      window.ids.forEach((id, column) => {
        ids[row * length + column] = BigInt(id);
        mask[row * length + column] = 1n;
      }),
    );
    const tensor = (data: BigInt64Array): ort.Tensor => new ort.Tensor('int64', data, [windows.length, length]);
    const feeds: Record<string, ort.Tensor> = { input_ids: tensor(ids), attention_mask: tensor(mask) };
    if (wantsTypes) feeds['token_type_ids'] = tensor(new BigInt64Array(size));
    const result = (await session.run(feeds))[output]!;
    const states = result.data as Float32Array;
    const width = result.dims.at(-1)!;
    if (result.dims.length !== 3 || width !== options.dimension)
      throw new Error(`the model gives ${result.dims.join(' × ')}, not vectors of ${options.dimension}`);
    const vectors = windows.map((window, row) => pool(states.subarray(row * length * width), window.ids.length, width, options.pooling));
    result.dispose();
    return vectors;
  };

  return {
    async embed(texts, kind) {
      const windows = texts.flatMap((text, index) => windowsOf(text, kind, index));
      const sums = texts.map(() => new Float32Array(options.dimension));
      for (let at = 0; at < windows.length; at += texts.length) {
        const some = windows.slice(at, at + texts.length);
        const vectors = await run(some);
        some.forEach(({ text }, i) => vectors[i]!.forEach((value, d) => (sums[text]![d]! += value)));
      }
      return sums.map(normalised);
    },
  };
}

/** Where a long text may be cut. */
const SENTENCE_ENDS = /(?<=[.!?]["'”’)]?)\s+|(?<=[。！？])|\n+/u;

function titleAndBody(text: string): [string, string] {
  const end = text.indexOf('\n');
  return end < 0 ? ['', text] : [text.slice(0, end), text.slice(end + 1)];
}

/** Sentences in order into as few windows as hold them, about evenly, so that a last one of three words does not count as much as the rest. */
function fill(sentences: number[][], size: number): number[][] {
  const pieces = sentences.flatMap((ids) =>
    ids.length <= size ? [ids] : Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => ids.slice(i * size, (i + 1) * size)),
  );
  const total = pieces.reduce((sum, ids) => sum + ids.length, 0);
  const even = total / Math.ceil(total / size);
  const windows: number[][] = [];
  for (const ids of pieces) {
    const current = windows.at(-1);
    if (current && current.length + ids.length <= size && current.length < even) current.push(...ids);
    else windows.push([...ids]);
  }
  return windows.filter((ids) => ids.length > 0);
}

async function readSession(path: string): Promise<ort.InferenceSession> {
  const file = new FileBytes(path);
  try {
    return await ort.InferenceSession.create(withoutWeights(file, 'weights'), {
      executionProviders: ['wasm'],
      externalData: [{ path: 'weights', data: file }],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    });
  } finally {
    file.close();
  }
}

/** The vector of one text: the mean over its tokens, or its first token's; not yet of length 1, so that windows weigh alike after. */
function pool(states: Float32Array, tokens: number, width: number, pooling: 'mean' | 'cls'): Float32Array {
  const vector = states.slice(0, width);
  if (pooling === 'mean') for (let at = width; at < tokens * width; at++) vector[at % width]! += states[at]!;
  return normalised(vector);
}

function normalised(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares) || 1;
  return vector.map((value) => value / length);
}
