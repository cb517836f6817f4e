/** A wired application over a throw-away folder, for end-to-end tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, type AppOptions, type WiredApp } from '../../src/app.ts';
import type { AskInput } from '../../src/app-contract.ts';
import { createLog } from '../../src/log.ts';
import type { Answer, AnswerEvent } from '../../src/types.ts';
import { dropTestDatabase } from '../servers/test-catalog.ts';
import { testConfig } from './test-config.ts';

export interface OpenedApp {
  app: WiredApp;
  folder: string;
  close(): Promise<void>;
}

/** @param env as process.env would be; DATA_DIR is a new folder, which `close` removes. Search is by words alone unless it names a model. */
export async function openApp(env: Record<string, string> = {}, options: Partial<AppOptions> = {}): Promise<OpenedApp> {
  const folder = mkdtempSync(join(tmpdir(), 'docent-test-'));
  const data = join(folder, 'data');
  const app = await createApp(await testConfig({ DATA_DIR: data, ...env }), {
    log: createLog('silent'),
    ...options,
  });
  return {
    app,
    folder,
    async close() {
      await app.close();
      await dropTestDatabase(data);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const never = (): AbortSignal => new AbortController().signal;

/** Every event of an asking. */
export async function eventsOf(app: WiredApp, input: Omit<AskInput, 'platform'>): Promise<AnswerEvent[]> {
  const events: AnswerEvent[] = [];
  for await (const event of app.ask({ platform: 'console', ...input }, never())) events.push(event);
  return events;
}

/** The final answer; throws when there is none or when it is not the last event. */
export async function answerTo(app: WiredApp, input: string | Omit<AskInput, 'platform'>): Promise<Answer> {
  const last = (await eventsOf(app, typeof input === 'string' ? { text: input } : input)).at(-1);
  if (last?.type !== 'final') throw new Error('the asking ended without a final answer');
  return last.answer;
}
