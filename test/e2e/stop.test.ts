/** A server that is told to stop finishes the answers under way, and does not wait for who never ends. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startOpenAiEndpoint } from '../fakes/openai-endpoint.ts';
import { childEnvironment } from '../fakes/child-environment.ts';

vi.setConfig({ testTimeout: 90_000 });

const MAIN = join(import.meta.dirname, '../../src/main.ts');

async function served(
  chunks: string[],
  delayMs: number,
): Promise<{ url: string; stop: () => Promise<number | null>; ask: () => Promise<Response> }> {
  const endpoint = await startOpenAiEndpoint({ reply: () => ({ chunks, delayMs }) });
  const folder = mkdtempSync(join(tmpdir(), 'docent-stop-'));
  const child = spawn(process.execPath, [MAIN], {
    env: childEnvironment({
      DATA_DIR: join(folder, 'data'),
      PORT: '0',
      OPENAI_BASE_URL: endpoint.url,
      CHAT_MODEL: 'test-chat',
      EMBEDDING_MODEL: 'none',
    }),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    await endpoint.close();
    rmSync(folder, { recursive: true, force: true });
  });
  let out = '';
  child.stdout.on('data', (text: Buffer) => (out += String(text)));
  const url = await vi.waitUntil(() => /ready: (http:\/\/\S+)/.exec(out)?.[1], 30_000);
  await fetch(`${url}/api/v1/sample`, { method: 'POST' });
  await vi.waitUntil(
    async () => {
      const status = (await (await fetch(`${url}/api/v1/status`)).json()) as { documents: number; syncing: number };
      return status.documents > 0 && status.syncing === 0;
    },
    { timeout: 60_000, interval: 200 },
  );
  return {
    url,
    stop: () => (child.kill('SIGTERM'), ended),
    ask: () =>
      fetch(`${url}/api/v1/ask`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
        body: JSON.stringify({ text: 'How many vacation days do I get each year?' }),
      }),
  };
}

test('an answer under way is finished first', async () => {
  const { stop, ask } = await served(['{"block":', '"none"}', '\n', ' ', ' '], 400);
  const response = await ask();
  const ended = stop();
  const lines = (await response.text()).trim().split('\n');
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ type: 'final' });
  expect(await ended).toBe(0);
});

test('who sends or reads without end does not keep it from stopping cleanly', async () => {
  const { url, stop, ask } = await served(
    Array.from({ length: 400 }, () => 'word '),
    100,
  );
  const response = await ask();
  const slow = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  slow.write('POST /api/v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
  const from = performance.now();
  expect(await stop()).toBe(0);
  expect(performance.now() - from).toBeLessThan(12_000);
  await response.text().catch(() => {});
  slow.destroy();
});
