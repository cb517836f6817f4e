/** Notes of what is still told in chat outlive the process, one by one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSettings } from '../../src/catalog/settings.ts';
import { dropSyncNote, keepSyncNote, listSyncNotes } from '../../src/catalog/sync-notes.ts';
import { openCatalog } from '../servers/test-catalog.ts';

test('notes are kept until they are dropped, and are no settings', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'docent-notes-'));
  const note = { sourceId: 's', person: 'U1', channel: 'D1', parent: '1.1', thread: '1.2', since: 1 };
  let db = await openCatalog(folder);
  const settings = await readSettings(db);
  await keepSyncNote(db, note, 1);
  await keepSyncNote(db, { ...note, thread: '1.3' }, 2);
  await db.destroy();
  db = await openCatalog(folder);
  expect(await listSyncNotes(db)).toEqual([note, { ...note, thread: '1.3' }]);
  expect(await readSettings(db)).toEqual(settings);
  await dropSyncNote(db, note);
  await dropSyncNote(db, { channel: 'D1', thread: '9.9' });
  expect(await listSyncNotes(db)).toEqual([{ ...note, thread: '1.3' }]);
  await db.destroy();
  rmSync(folder, { recursive: true, force: true });
});
