/** `--credential`: where it may come from, and that what is refused is never repeated. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { readCredential } from '../../src/cli/credential.ts';

const SECRET = 'wm3-Sesame:opens';
const folder = mkdtempSync(join(tmpdir(), 'docent-credential-'));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return `file:${join(folder, name)}`;
};

describe('a credential', () => {
  test('comes from a variable or a file, without the line end that editors add', async () => {
    vi.stubEnv('WIKI_LOGIN', `bot:${SECRET} `);
    expect(await readCredential('env:WIKI_LOGIN')).toBe(`bot:${SECRET} `);
    expect(await readCredential(file('login', `bot:${SECRET}\r\n`))).toBe(`bot:${SECRET}`);
    expect(await readCredential(file('json', `{"user":"bot",\n"password":"${SECRET}"}\n`))).toBe(`{"user":"bot",\n"password":"${SECRET}"}`);
  });
  test.each([
    ['the credential itself', `bot:${SECRET}`, /never the credential itself/],
    ['one in the place of a name', `env:${SECRET}`, /give env:NAME/],
    ['another form', 'keychain:wiki', /give env:NAME/],
    ['no path', 'file:', /give env:NAME/],
    ['a variable that is not set', 'env:NO_SUCH_VARIABLE', /has no variable NO_SUCH_VARIABLE/],
    ['a file that is not there', `file:${join(folder, 'none')}`, /there is no file/],
    ['a folder', `file:${folder}`, /cannot be read/],
    ['an empty file', file('empty', '\n'), /holds nothing/],
    ['a file that is none of a credential', file('large', 'x'.repeat(30_000)), /too large/],
  ])('%s is refused, and not repeated', async (_, from, text) => {
    const refusal = readCredential(from);
    await expect(refusal).rejects.toMatchObject({ code: 'input.invalid', publicMessage: expect.stringMatching(text) });
    await refusal.catch((error: Error) => expect(error.message).not.toContain(SECRET));
  });
});
