/** Backups of the catalog and the way back, while others read and write it; killed anywhere, it is the one or the other. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readBackup, writeBackup } from '../../src/catalog/backup.ts';
import { openCatalog } from '../../src/catalog/database.ts';
import { MIGRATIONS } from '../../src/catalog/migrations.ts';
import { restoreCatalog } from '../../src/catalog/restore.ts';
import { restoredMark } from '../../src/catalog/restored.ts';

vi.setConfig({ testTimeout: 60_000 });

const NAMES = MIGRATIONS.map(({ name }) => name);
const NOW = Date.UTC(2026, 10, 21, 12);
const options = () => ({ docent: '9.9.9', now: NOW, signal: new AbortController().signal });

let root: string;
let data: string;
let live: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'docent-backup-'));
  data = join(root, 'data');
  live = join(data, 'catalog.db');
  file = join(root, 'one.backup');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A catalog of which every passage's text is one word. */
async function makeCatalog(word: string, passages = 100): Promise<void> {
  await (await openCatalog(data)).destroy();
  const db = new DatabaseSync(live);
  db.exec(`begin; delete from passages; delete from sources; delete from runs;
    insert into sources (id, name, kind, location, readers_json, created_at, lease_owner, lease_until)
      values ('s', '${word}', 'folder', '/x', '[]', 1, 'somebody', 9e15);
    insert into runs (id, source_id, started_at, state) values ('r1', 's', 1, 'running'), ('r2', 's', 1, 'done');`);
  const insert = db.prepare(
    "insert into passages (id, document_id, ordinal, heading_path_json, text, text_hash) values (?, 'd', 1, '[]', ?, 'h')",
  );
  for (let i = 0; i < passages; i++) insert.run(`p${i}`, `${word} ${'x'.repeat(1000)}`);
  db.exec('commit');
  db.close();
}

/** The word of all passages and how many there are; also that the file is whole. */
function wordIn(path: string): string {
  const db = new DatabaseSync(path, { timeout: 20_000 });
  try {
    expect(db.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
    const rows = db.prepare('select distinct substr(text, 1, 3) as word, count(*) as n from passages group by 1').all();
    expect(rows).toHaveLength(1);
    expect(db.prepare('select name from sources').get()).toEqual({ name: rows[0]!['word'] });
    return `${String(rows[0]!['word'])} ${String(rows[0]!['n'])}`;
  } finally {
    db.close();
  }
}

describe('a backup', () => {
  test("is whole, its owner's alone, and says whose it is", async () => {
    await makeCatalog('old');
    const made = await writeBackup(live, file, options());
    expect(made).toEqual({
      file,
      bytes: statSync(file).size,
      docent: '9.9.9',
      madeAt: NOW,
      sources: 1,
      documents: 0,
      passages: 100,
      answers: 0,
      secrets: 0,
      vectors: 0,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(wordIn(file)).toBe('old 100');
    expect(readdirSync(root).toSorted()).toEqual(['data', 'one.backup']);
    expect(readBackup(file, NAMES)).toMatchObject({ docent: '9.9.9', madeAt: NOW, passages: 100 });
  });

  test('is of one moment, and holds nobody up, while others write', async () => {
    await makeCatalog('old', 20_000);
    const writer = new DatabaseSync(live);
    let longest = 0;
    let written = 0;
    // Each write changes all that a reader may see, in one transaction.
    const writing = setInterval(() => {
      const at = performance.now();
      writer.exec(`begin immediate; insert into feedback (id, answer_id, verdict, created_at) values ('f${++written}', 'a', 'up', 1);
        insert into usage values ('d', 'p', 'm${written}', 1, 1, 1, 0); commit`);
      longest = Math.max(longest, performance.now() - at);
    }, 1);
    try {
      let seen = 0;
      await writeBackup(live, file, { ...options(), onProgress: () => seen++ });
      expect(seen).toBeGreaterThan(1);
    } finally {
      clearInterval(writing);
      writer.close();
    }
    expect(written).toBeGreaterThan(1);
    expect(longest).toBeLessThan(1_000);
    expect(wordIn(file)).toBe('old 20000');
    const copy = new DatabaseSync(file);
    const counted = copy.prepare('select (select count(*) from feedback) as a, (select count(*) from usage) as b').get()!;
    copy.close();
    expect(counted['a']).toBe(counted['b']);
  });

  test("overwrites nothing unless it is told to, and never Docent's own data", async () => {
    await makeCatalog('old');
    writeFileSync(file, 'precious');
    await expect(writeBackup(live, file, options())).rejects.toMatchObject({ code: 'backup.exists' });
    expect(readFileSync(file, 'utf8')).toBe('precious');
    await writeBackup(live, file, { ...options(), force: true });
    expect(wordIn(file)).toBe('old 100');
    symlinkSync(live, join(root, 'link'));
    writeFileSync(join(data, 'index.db.g0123'), '');
    for (const own of [live, join(root, 'link'), join(data, 'index.db.g0123'), root])
      await expect(writeBackup(live, own, { ...options(), force: true })).rejects.toMatchObject({ code: 'backup.target' });
    await expect(writeBackup(live, join(root, 'nowhere', 'x'), options())).rejects.toMatchObject({ code: 'backup.target' });
    await expect(writeBackup(join(root, 'no.db'), join(root, 'x'), options())).rejects.toMatchObject({ code: 'backup.nothing' });
    expect(wordIn(live)).toBe('old 100');
  });

  test('leaves nothing behind where it is cancelled, and takes away what one left that was killed long ago', async () => {
    await makeCatalog('old', 20_000);
    const [old, young] = [join(root, '.one.backup.0123456789ab.partial'), join(root, '.one.backup.ba9876543210.partial')];
    for (const left of [old, young]) writeFileSync(left, 'half');
    utimesSync(old, 1, 1);
    const stop = new AbortController();
    await expect(writeBackup(live, file, { ...options(), signal: stop.signal, onProgress: () => stop.abort() })).rejects.toThrow('aborted');
    expect(readdirSync(root).toSorted()).toEqual([young.slice(root.length + 1), 'data']);
  });
});

describe('restoring', () => {
  test('puts the backup in the place of what is there, without leases and runs under way, and keeps that', async () => {
    await makeCatalog('old');
    await writeBackup(live, file, options());
    await makeCatalog('new', 3000);
    const restored = await restoreCatalog(file, data, options());
    expect(wordIn(live)).toBe('old 100');
    expect(restored).toMatchObject({ passages: 100, docent: '9.9.9' });
    expect(wordIn(restored.copy!)).toBe('new 3000');
    const db = await openCatalog(data);
    expect(await db.selectFrom('sources').select(['lease_owner', 'lease_until']).execute()).toEqual([
      { lease_owner: null, lease_until: null },
    ]);
    expect(await db.selectFrom('runs').select(['id', 'state']).orderBy('id').execute()).toEqual([
      { id: 'r1', state: 'failed' },
      { id: 'r2', state: 'done' },
    ]);
    const mark = await restoredMark(db);
    expect(mark).not.toBe('');
    await db.destroy();
    // The way back from the way back.
    await restoreCatalog(restored.copy!, data, options());
    expect(wordIn(live)).toBe('new 3000');
    const again = await openCatalog(data);
    expect(await restoredMark(again)).not.toBe(mark);
    await again.destroy();
    expect(readdirSync(data).filter((name) => name.startsWith('restoring-'))).toEqual([]);
    expect(statSync(live).mode & 0o777).toBe(0o600);
  });

  test('goes through while others read and write: each reads the old or the new, and none fails', async () => {
    await makeCatalog('old', 20_000);
    await writeBackup(live, file, options());
    await makeCatalog('new', 10_000);
    const reader = new DatabaseSync(live);
    const read = reader.prepare('select substr(text, 1, 3) as word, count(*) as n from passages group by 1');
    const inSnapshot = new DatabaseSync(live);
    const readInSnapshot = inSnapshot.prepare('select substr(text, 1, 3) as word, count(*) as n from passages group by 1');
    inSnapshot.exec('begin');
    expect(readInSnapshot.get()).toEqual({ word: 'new', n: 10_000 });
    const writer = new DatabaseSync(live, { timeout: 20_000 });
    const write = writer.prepare("insert into usage values ('d', 'p', ?, 1, 1, 1, 0)");
    writer.exec('begin immediate');
    const held = setTimeout(() => writer.exec('commit'), 300);
    const seen = new Set<string>();
    let steps = 0;
    await restoreCatalog(file, data, {
      ...options(),
      onProgress: () => {
        steps++;
        const rows = read.all();
        expect(rows).toHaveLength(1);
        seen.add(`${String(rows[0]!['word'])} ${String(rows[0]!['n'])}`);
      },
    });
    clearTimeout(held);
    expect(steps).toBeGreaterThan(1);
    expect([...seen]).toEqual(['new 10000']);
    expect(readInSnapshot.get()).toEqual({ word: 'new', n: 10_000 });
    inSnapshot.exec('commit');
    expect(readInSnapshot.get()).toEqual({ word: 'old', n: 20_000 });
    expect(read.get()).toEqual({ word: 'old', n: 20_000 });
    write.run('after');
    expect(read.get()).toEqual({ word: 'old', n: 20_000 });
    for (const db of [reader, inSnapshot, writer]) db.close();
    expect(wordIn(live)).toBe('old 20000');
  });

  test('cancelled, it changes nothing', async () => {
    await makeCatalog('old', 20_000);
    await writeBackup(live, file, options());
    await makeCatalog('new');
    const stop = new AbortController();
    await expect(restoreCatalog(file, data, { ...options(), signal: stop.signal, onProgress: () => stop.abort() })).rejects.toThrow(
      'aborted',
    );
    expect(wordIn(live)).toBe('new 100');
    await restoreCatalog(file, data, options());
    expect(wordIn(live)).toBe('old 20000');
  });

  test(
    'killed (-9) anywhere, the catalog is the old one or the new one, and the next restoring goes through',
    { timeout: 240_000 },
    async () => {
      await makeCatalog('old', 6_000);
      await writeBackup(live, file, options());
      await makeCatalog('new', 6_000);
      const program = `
      import { restoreCatalog } from ${JSON.stringify(new URL('../../src/catalog/restore.ts', import.meta.url).href)};
      console.log('begins');
      await restoreCatalog(${JSON.stringify(file)}, ${JSON.stringify(data)}, { docent: 'x', now: 1, signal: new AbortController().signal });`;
      const run = async (afterMs?: number): Promise<number> => {
        const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const ended = new Promise((resolve) => child.on('close', resolve));
        await new Promise((resolve) => child.stdout.once('data', resolve));
        const at = performance.now();
        if (afterMs !== undefined) {
          await sleep(afterMs);
          child.kill('SIGKILL');
        }
        await ended;
        return performance.now() - at;
      };
      const ms = await run();
      expect(wordIn(live)).toBe('old 6000');
      const seen: string[] = [];
      for (let i = 1; i <= 6; i++) {
        await makeCatalog('new', 6_000);
        await run((ms * i) / 6);
        seen.push(wordIn(live));
      }
      expect(seen[0]).toBe('new 6000');
      for (const word of seen) expect(['new 6000', 'old 6000']).toContain(word);
      await restoreCatalog(file, data, options());
      expect(wordIn(live)).toBe('old 6000');
    },
  );

  test('takes over an empty folder, and a catalog that is broken', async () => {
    await makeCatalog('old');
    await writeBackup(live, file, options());
    rmSync(data, { recursive: true });
    mkdirSync(data);
    expect(await restoreCatalog(file, data, options())).not.toHaveProperty('copy');
    expect(wordIn(live)).toBe('old 100');
    const bytes = readFileSync(live);
    writeFileSync(live, bytes.fill(7, 50_000, bytes.length - 20_000));
    expect(await restoreCatalog(file, data, options())).toHaveProperty('copy');
    expect(wordIn(live)).toBe('old 100');
    writeFileSync(live, 'no database any more '.repeat(1000));
    const { copy } = await restoreCatalog(file, data, options());
    expect(readFileSync(copy!, 'utf8')).toContain('no database any more');
    expect(wordIn(live)).toBe('old 100');
  });

  test.each([
    ["is none of Docent's", 'restore.no_backup', () => writeFileSync(file, 'a letter to Ann')],
    [
      'is a database of another program',
      'restore.no_backup',
      () => {
        rmSync(file);
        const db = new DatabaseSync(file);
        db.exec('create table t (a)');
        db.close();
      },
    ],
    ['is the catalog', 'restore.no_backup', () => (file = live)],
    ['is a folder', 'restore.not_found', () => (file = root)],
    ['was cut short', 'restore.damaged', () => truncateSync(file, statSync(file).size - 50_000)],
    [
      'is damaged within',
      'restore.damaged',
      () => {
        const bytes = readFileSync(file);
        bytes.fill(7, 60_000, 90_000);
        writeFileSync(file, bytes);
      },
    ],
    [
      'was made by a newer Docent',
      'restore.newer',
      () => {
        const db = new DatabaseSync(file);
        db.exec("insert into migrations values ('9999_future', 1)");
        db.close();
      },
    ],
  ])('refuses a file that %s, in one line, and touches nothing', async (_, code, spoil) => {
    await makeCatalog('old', 1000);
    await writeBackup(live, file, options());
    spoil();
    const before = readFileSync(live);
    const error = await restoreCatalog(file, data, options()).catch((e: unknown) => e);
    expect(error).toMatchObject({ code });
    expect((error as { publicMessage: string }).publicMessage).toMatch(/^[^\n]+\.$/);
    expect(readFileSync(live).equals(before)).toBe(true);
    expect(existsSync(join(data, 'copies'))).toBe(false);
  });

  test('brings a backup of an earlier version up to date first', async () => {
    mkdirSync(data);
    const earlier = await openCatalog(data, MIGRATIONS.slice(0, 1));
    await earlier.destroy();
    await writeBackup(live, file, options());
    rmSync(data, { recursive: true });
    await makeCatalog('new');
    await restoreCatalog(file, data, options());
    const db = new DatabaseSync(live);
    expect(
      db
        .prepare('select name from migrations order by name')
        .all()
        .map((row) => row['name']),
    ).toEqual(NAMES.toSorted());
    expect(db.prepare('select count(*) as n from secrets').get()).toEqual({ n: 0 });
    db.close();
  });

  test('a backup that may only be read is restored', async () => {
    await makeCatalog('old');
    await writeBackup(live, file, options());
    const kept = join(root, 'readonly');
    mkdirSync(kept);
    copyFileSync(file, join(kept, 'b'));
    chmodSync(join(kept, 'b'), 0o400);
    chmodSync(kept, 0o500);
    await makeCatalog('new');
    await restoreCatalog(join(kept, 'b'), data, options());
    chmodSync(kept, 0o700);
    expect(wordIn(live)).toBe('old 100');
    expect(readdirSync(kept)).toEqual(['b']);
  });
});
