/** Question sets in BEIR's folder format: corpus.jsonl, queries.jsonl, qrels.tsv. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { z } from 'zod';
import { inputError } from '../errors.ts';

const querySchema = z.object({
  _id: z.string(),
  text: z.string(),
  answerable: z.boolean().optional(),
  kind: z.string().optional(),
  history: z.array(z.object({ q: z.string(), a: z.string().optional() })).optional(),
  references: z.array(z.string()).optional(),
  answer: z.string().optional(),
});

export type EvalQuery = z.infer<typeof querySchema>;

export interface EvalSet {
  corpusFile: string;
  queries: EvalQuery[];
  /** Query id → document id → relevance. */
  relevant: Map<string, Map<string, number>>;
}

/**
 * Reads a question set; the corpus is read by the folder connector, as any source is.
 * @param limit questions at most, spread evenly over the set
 * @throws an input error that names the missing file or the broken line
 */
export async function readEvalSet(folder: string, limit?: number): Promise<EvalSet> {
  const file = (name: string): string => {
    const path = join(folder, name);
    if (!existsSync(path)) throw inputError('DIR', `${path} is missing; a question set has corpus.jsonl, queries.jsonl and qrels.tsv`);
    return path;
  };
  const corpusFile = file('corpus.jsonl');
  let queries: EvalQuery[] = [];
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file('queries.jsonl')) })) {
    line++;
    if (text.trim() === '') continue;
    const parsed = querySchema.safeParse(JSON.parse(text));
    if (!parsed.success)
      throw inputError('queries.jsonl', `line ${line}: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`);
    queries.push(parsed.data);
  }
  const relevant = new Map<string, Map<string, number>>();
  for (const row of readFileSync(file('qrels.tsv'), 'utf8').split('\n').slice(1)) {
    const [query, document, score] = row.split('\t');
    if (!query || !document || !(Number(score) > 0)) continue;
    relevant.set(query, (relevant.get(query) ?? new Map<string, number>()).set(document, Number(score)));
  }
  if (limit !== undefined && limit < queries.length)
    queries = Array.from({ length: limit }, (_, i) => queries[Math.floor((i * queries.length) / limit)]!);
  return { corpusFile, queries, relevant };
}
