/** The index is disposable: deleted or broken, it is made anew from the catalog, and meanwhile no question is without a reply. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { createLog } from '../../src/log.ts';
import { answerTo, never, openApp } from '../fakes/open-app.ts';
import { testConfig } from '../fakes/test-config.ts';

const QUESTION = 'How long must a password be?';

test.each(['deleted', 'overwritten', 'cut in half'])('an index that was %s is made anew by the workers', async (what) => {
  const one = await openApp();
  onTestFinished(() => one.close());
  mkdirSync(join(one.folder, 'docs'));
  writeFileSync(
    join(one.folder, 'docs', 'it.md'),
    '# Passwords\n\nA password must be at least fourteen characters long.\n\n# Laptops\n\nA laptop is replaced after four years.\n',
  );
  await one.app.addSource({ location: join(one.folder, 'docs'), name: 'docs' });
  await one.app.syncNow([], { signal: never() });
  const before = await answerTo(one.app, QUESTION);
  expect(before.text).toContain('fourteen');
  await one.app.close();

  const file = join(one.folder, 'data', 'index.db');
  for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true });
  if (what === 'deleted') rmSync(file);
  else if (what === 'overwritten') writeFileSync(file, 'this is no database'.repeat(5_000));
  else {
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
  }

  const app = await createApp(await testConfig({ DATA_DIR: join(one.folder, 'data') }), { log: createLog('silent') });
  onTestFinished(() => app.close());
  expect(['failed', 'unanswered']).toContain((await answerTo(app, QUESTION)).status);
  await app.workOnce(never());
  expect((await answerTo(app, QUESTION)).text).toBe(before.text);
});
