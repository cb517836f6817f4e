/** A model's tokenizer from its tokenizer.json, at a fraction of the memory that the library takes for a large vocabulary. */
import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';

export interface ModelTokenizer {
  /** Token ids with the special ones at both ends, however long the text. */
  encode(text: string): number[];
  /** Id that fills up the shorter texts of a batch. */
  padding: number;
}

interface Description {
  model: { type: string; vocab: [string, number][]; unk_id?: number };
  padding?: { pad_id?: number } | null;
  truncation?: unknown;
}

/** The parts of the library's Unigram model that it keeps its vocabulary in (version 0.2.0). */
interface Unigram {
  vocab: string[];
  scores: number[];
  tokens_to_ids: Map<string, number>;
  unk_token: string;
  unk_token_id: number;
  min_score: number;
  unk_score: number;
  trie: { common_prefix_search(characters: string[], start: number): Iterable<string> };
}

/** @throws when the file is no tokenizer.json */
export async function readTokenizer(file: string): Promise<ModelTokenizer> {
  const description = JSON.parse(await readFile(file, 'utf8')) as Description;
  const tokenizer = description.model.type === 'Unigram' ? leanUnigram(description) : new Tokenizer(description, {});
  return {
    encode: (text) => tokenizer.encode(text).ids,
    padding: description.padding?.pad_id ?? tokenizer.token_to_id('<pad>') ?? tokenizer.token_to_id('[PAD]') ?? 0,
  };
}

/**
 * The library keeps a Unigram vocabulary in a tree of maps, some 150 MB for the 250,000 pieces of XLM-R. It gets the
 * special pieces alone, and then a vocabulary that is looked up piece by piece.
 */
export function leanUnigram(description: Description): Tokenizer {
  const { vocab, unk_id: unknown = 0 } = description.model;
  const small = { ...description, model: { ...description.model, vocab: vocab.slice(0, Math.max(unknown + 1, 4)) } };
  const tokenizer = new Tokenizer(small, {});
  const model = tokenizer.model as unknown as Unigram;
  const ids = new Map<string, number>();
  const scores: number[] = [];
  let longest = 1;
  let lowest = Infinity;
  vocab.forEach(([piece, score], id) => {
    ids.set(piece, id);
    scores.push(score);
    longest = Math.max(longest, [...piece].length);
    lowest = Math.min(lowest, score);
  });
  // As the library does: an unknown character costs ten more than the rarest piece.
  scores[unknown] = lowest - 10;
  for (const [piece, id] of model.tokens_to_ids) ids.set(piece, id);
  model.vocab = vocab.map(([piece]) => piece);
  model.scores = scores;
  model.tokens_to_ids = ids;
  model.unk_token_id = unknown;
  model.unk_token = model.vocab[unknown]!;
  model.min_score = lowest;
  model.unk_score = lowest - 10;
  model.trie = {
    *common_prefix_search(characters, start) {
      let piece = '';
      const end = Math.min(characters.length, start + longest);
      for (let at = start; at < end; at++) {
        piece += characters[at]!;
        if (ids.has(piece)) yield piece;
      }
    },
  };
  return tokenizer;
}
