/**
 * A model's module as `models/local/thread.ts` opens it, whose vectors are made of words. Some texts steer it: `EXIT` ends
 * the thread, `THROW` fails. Each opening and each text is a line of the file `log`.
 */
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { LocalModel } from '../../src/models/local/thread-embedder.ts';
import { embedByWords } from './embed-by-words.ts';

export interface FakeLocalModel {
  log: string;
  /** For one step. */
  delayMs?: number;
  /** While there is such a file, the model cannot be opened. */
  brokenWhile?: string;
}

export async function openModel({ log, delayMs = 0, brokenWhile }: FakeLocalModel): Promise<LocalModel> {
  appendFileSync(log, 'opened\n');
  if (brokenWhile !== undefined && existsSync(brokenWhile)) throw new Error('the file is cut short');
  return {
    async embed(texts, kind) {
      for (const text of texts) appendFileSync(log, `${kind} ${text}\n`);
      if (texts.includes('EXIT')) process.exit(3);
      if (texts.includes('THROW')) throw new Error('no such word');
      await wait(delayMs);
      return texts.map((text) => Float32Array.from(embedByWords(text, 64)));
    },
  };
}
