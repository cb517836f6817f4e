/** What was asked for real is explained: what was searched for, what was taken, and what it took. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explain, quote } from '../../src/chat/why.ts';
import { answerTo, never, openApp, type OpenedApp } from '../fakes/open-app.ts';

let opened: OpenedApp;
beforeAll(async () => {
  opened = await openApp();
  const wiki = join(opened.folder, 'wiki');
  mkdirSync(wiki);
  writeFileSync(
    join(wiki, 'leave.md'),
    '# Leave\n\nEveryone has thirty days of paid time off (PTO) a year.\n\nPaid time off is asked for in the portal.\n',
  );
  for (let i = 0; i < 8; i++)
    writeFileSync(
      join(wiki, `other${i}.md`),
      `# Topic ${i}\n\nThe ${['boiler', 'canteen', 'garden', 'archive', 'garage', 'cellar', 'roof', 'lift'][i]} is looked after by team ${i}.\n`,
    );
  await opened.app.addSource({ location: wiki, name: 'wiki' });
  await opened.app.syncNow([], { signal: never() });
});
afterAll(() => opened.close());

test('words of the documents that were searched beside are told, and the passages taken', async () => {
  const { db } = await opened.app.askDeps();
  const deps = { db, pageUrl: (id: string) => `http://docent.example/documents/${id}` };
  const answer = await answerTo(opened.app, 'Where do I ask for PTO?');
  expect(answer.status).toBe('quoted');
  const why = (await explain(answer.answerId, 'everyone', deps))!;
  expect(why.searchedFor.join(' ')).toMatch(/paid time off/i);
  expect(why.passages[0]).toMatchObject({ title: 'Leave', source: 'wiki', taken: true });
  expect(why).toMatchObject({ hiddenPassages: 0, modelCalls: 0, model: null, degraded: ['no-model'] });
  expect(why.sufficiency).toBeGreaterThan(0);
  expect(await quote(answer.answerId, 1, 'everyone', deps)).toMatchObject({ title: 'Leave', present: true });
  // Nothing of it is public.
  const forGuests = (await explain(answer.answerId, 'public', deps))!;
  expect(forGuests).toMatchObject({ searchedFor: [], passages: [], sentences: { shown: 0 } });
  expect(forGuests.hiddenPassages).toBeGreaterThan(0);
});

test('what was not found says what was left', async () => {
  const { db } = await opened.app.askDeps();
  const answer = await answerTo(opened.app, 'Who repairs the espresso machine of the lift?');
  const why = (await explain(answer.answerId, 'everyone', { db, pageUrl: String }))!;
  expect(why.status).toBe('unanswered');
  expect(why.passages.length).toBeGreaterThan(0);
  expect(why.passages.some((passage) => passage.taken)).toBe(false);
});
