/** A whole Docent over Qdrant: it answers, says so while its index is lost, and fills it again by itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { answerTo, never, openApp } from '../fakes/open-app.ts';
import { startFakeQdrant } from '../fakes/qdrant.ts';

it('answers over Qdrant, and recovers when that is emptied in the middle of work', async () => {
  const qdrant = await startFakeQdrant({ apiKey: 'key' });
  const { app, folder, close } = await openApp({ QDRANT_URL: qdrant.url, QDRANT_API_KEY: 'key' });
  try {
    const source = join(folder, 'handbook');
    mkdirSync(source);
    writeFileSync(join(source, 'travel.md'), '# Travel\n\nHotels cost at most 140 euros a night.\n');
    writeFileSync(join(source, 'leave.md'), '# Leave\n\nEverybody has 27 days of vacation a year.\n');
    const question = 'How many days of vacation do we have?';
    await app.addSource({ location: source, name: 'handbook' });
    const [summary] = await app.syncNow(['handbook'], { signal: never() });
    expect(summary).toMatchObject({ added: 2, failed: 0 });
    expect((await answerTo(app, question)).text).toContain('27 days');

    qdrant.empty();
    const lost = await answerTo(app, question).catch((error: unknown) => error);
    expect(lost).not.toMatchObject({ status: 'unanswered' });
    expect(JSON.stringify(lost)).not.toContain('27 days');
    await app.workOnce(never());
    expect((await answerTo(app, question)).text).toContain('27 days');

    // In the middle of a sync: what was written before goes, the rest is written anew.
    writeFileSync(join(source, 'lunch.md'), '# Lunch\n\nLunch is served at noon in the canteen.\n');
    qdrant.trouble({ on: /^PUT .*\/points$/, delayMs: 200, times: 1 });
    const before = qdrant.requests.length;
    const syncing = app.syncNow(['handbook'], { signal: never() });
    while (!qdrant.requests.slice(before).some(({ line }) => /^PUT .*\/points$/.test(line))) await sleep(2);
    qdrant.empty();
    await syncing;
    await app.workOnce(never());
    expect((await answerTo(app, question)).text).toContain('27 days');
    expect((await answerTo(app, 'When is lunch served?')).text).toContain('noon');
  } finally {
    await close();
    await qdrant.close();
  }
});
