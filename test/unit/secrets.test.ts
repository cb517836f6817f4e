/** Credentials: sealed in the catalog, opened with the same key alone, and taken in the forms that people give them in. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/database.ts';
import type { CredentialNeed } from '../../src/connectors/connector.ts';
import { createSecrets, parseCredential } from '../../src/secrets.ts';
import { openCatalog } from '../servers/test-catalog.ts';

let folder: string;
let db: Catalog;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docent-secrets-'));
  db = await openCatalog(folder);
});
afterEach(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** As connectors call their fields; `__proto__`, which no JSON parser that is safe keeps, is none. */
const fieldNames = fc.string().filter((name) => name !== '__proto__');
const KEY = 'a key of at least sixteen characters';
const need: CredentialNeed = {
  fields: [
    { name: 'user', label: 'User', secret: false },
    { name: 'password', label: 'Password', secret: true },
  ],
  required: false,
  rights: 'A user that may read.',
};

test('what was sealed is opened again, and stands nowhere in clear', async () => {
  const secrets = createSecrets(db, KEY, () => 1);
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fieldNames, fc.string({ unit: 'binary' })), async (credential) => {
      expect(await secrets.open(await secrets.put(credential))).toEqual({ ...credential });
    }),
    { numRuns: 50 },
  );
  await secrets.put({ user: 'docent', password: 'correct-horse-battery' });
  for (const file of ['catalog.db', 'catalog.db-wal']) expect(readFileSync(join(folder, file)).includes('correct-horse')).toBe(false);
});

test('a credential is replaced in place; another key, another row and a changed text open nothing', async () => {
  const secrets = createSecrets(db, KEY, () => 1);
  const id = await secrets.put({ token: 'one' });
  expect(await secrets.put({ token: 'two' }, id)).toBe(id);
  expect(await secrets.open(id)).toEqual({ token: 'two' });
  await expect(createSecrets(db, `${KEY}!`, () => 1).open(id)).rejects.toMatchObject({ code: 'secret.key', publicMessage: /SECRET_KEY/ });
  const { sealed } = await db.selectFrom('secrets').select('sealed').where('id', '=', id).executeTakeFirstOrThrow();
  await db.insertInto('secrets').values({ id: 'other', sealed, created_at: 1, updated_at: 1 }).execute();
  await expect(secrets.open('other')).rejects.toMatchObject({ code: 'secret.key' });
  await db
    .updateTable('secrets')
    .set({ sealed: `${sealed.slice(0, -2)}AA` })
    .where('id', '=', id)
    .execute();
  await expect(secrets.open(id)).rejects.toMatchObject({ code: 'secret.key' });
  await expect(secrets.open('none')).rejects.toMatchObject({ code: 'secret.key' });
  await secrets.drop('other');
  expect(await db.selectFrom('secrets').select('id').execute()).toEqual([{ id }]);
});

test.each([
  ['docent@bot:p:a:ss', { user: 'docent@bot', password: 'p:a:ss' }],
  ['  docent:pass\n', { user: 'docent', password: 'pass' }],
  ['{"user":"a:b","password":"c"}', { user: 'a:b', password: 'c' }],
])('%j is taken', (text, credential) => expect(parseCredential(text, need, 'mediawiki')).toEqual(credential));

test.each([
  ['docent', /Password is missing.*may read/],
  [':', /User and Password/],
  ['{"user":"a","password":"secret1","extra":"x"}', /no field extra/],
  ['{"user":1}', /no JSON object/],
  ['{broken secret1', /no JSON object/],
])('%j is refused, and its values stay unsaid', (text, message) => {
  expect(() => parseCredential(text, need, 'mediawiki')).toThrow(message);
  try {
    parseCredential(text, need, 'mediawiki');
  } catch (error) {
    expect(String(error)).not.toContain('secret1');
  }
});

test('a kind that takes none says so', () => {
  expect(() => parseCredential('a:b', undefined, 'folder')).toThrow(/folder take none/);
});
