/** Notes of what is still told in chat outlive the process, one by one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSettings } from '../../src/catalog/settings.ts';
import { createSyncNotes } from '../../src/chat/sync-notes.ts';
import { systemClock } from '../../src/clock.ts';
import { openCatalog } from '../servers/test-catalog.ts';

test('notes are kept until they are dropped, and are no settings', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'docent-notes-'));
  const note = { sourceId: 's', person: 'U1', channel: 'D1', parent: '1.1', thread: '1.2', since: 1 };
  let db = await openCatalog(folder);
  const settings = await readSettings(db);
  await createSyncNotes(db, systemClock).keep(note);
  await createSyncNotes(db, systemClock).keep({ ...note, thread: '1.3' });
  await db.destroy();
  db = await openCatalog(folder);
  const notes = createSyncNotes(db, systemClock);
  expect((await notes.list('slack')).toSorted((a, b) => a.thread.localeCompare(b.thread))).toEqual([note, { ...note, thread: '1.3' }]);
  // Slack and Teams do not take up each other's; what was kept before there was Teams is Slack's.
  const ofTeams = { ...note, platform: 'teams', channel: 'a:1', serviceUrl: 'https://smba.trafficmanager.net/emea/' } as const;
  await notes.keep(ofTeams);
  expect(await notes.list('teams')).toEqual([ofTeams]);
  expect(await notes.list('slack')).toHaveLength(2);
  expect(await readSettings(db)).toEqual(settings);
  expect(await Promise.all([notes.drop(note), notes.drop(note), notes.drop({ ...note, thread: '9.9' })])).toEqual([true, false, false]);
  expect(await notes.list('slack')).toEqual([{ ...note, thread: '1.3' }]);
  await db.destroy();
  rmSync(folder, { recursive: true, force: true });
});
