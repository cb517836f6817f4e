/** The environment is read once, checked, and told wrong with the way to mend it. */
import { describe, expect, test } from 'vitest';
import { ENTRIES, isLoopback, readConfig, unusedVariables } from '../../src/config.ts';

describe('readConfig', () => {
  test('an empty environment gives the embedded default on loopback', () => {
    expect(readConfig({})).toEqual({ DATA_DIR: './data', PORT: 3000, HOST: '127.0.0.1', LOG_LEVEL: 'info', DOCENT_ROLE: 'all' });
  });

  test('empty and blank values count as not set', () => {
    expect(readConfig({ PORT: '', HOST: ' ', OPENAI_API_KEY: '' })).toEqual(readConfig({}));
  });

  test('every entry says what it is for', () => {
    for (const [name, entry] of Object.entries(ENTRIES)) expect(entry.doc.length, name).toBeGreaterThan(15);
  });

  test.each([
    ['PORT', 'eighty'],
    ['PORT', '70000'],
    ['PORT', '1.5'],
    ['LOG_LEVEL', 'loud'],
    ['OPENAI_BASE_URL', 'localhost:11434'],
    ['PUBLIC_URL', 'ftp://x'],
    ['REDIS_URL', 'http://127.0.0.1:6379'],
    ['BUDGET_USD_MONTH', '-1'],
    ['SECRET_KEY', 'short'],
    ['ADMIN_TOKEN', 'short'],
  ])('%s=%s is refused by name', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'config.invalid', publicMessage: expect.stringContaining(`${name}: `) }),
    );
  });

  test('all that is wrong is told at once, and no secret with it', () => {
    const told = (() => {
      try {
        readConfig({ PORT: 'x', LOG_LEVEL: 'y', ADMIN_TOKEN: 'hunter2', SECRET_KEY: 'hunter3' });
      } catch (error) {
        return String((error as Error).message);
      }
      return '';
    })();
    for (const name of ['PORT', 'LOG_LEVEL', 'ADMIN_TOKEN', 'SECRET_KEY']) expect(told).toContain(`${name}: `);
    expect(told).not.toMatch(/hunter/);
  });

  test.each(['0.0.0.0', '::', '192.168.1.5', 'docent.example.com', '127.0.0.1.example.com'])('HOST=%s needs ADMIN_TOKEN', (HOST) => {
    expect(() => readConfig({ HOST })).toThrow(/ADMIN_TOKEN must be set/);
    expect(readConfig({ HOST, ADMIN_TOKEN: 'a-long-enough-token' }).HOST).toBe(HOST);
  });

  test.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1'])('HOST=%s is this machine alone', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(readConfig({ HOST: host }).HOST).toBe(host);
  });
});

test('what is set but not used yet is named', () => {
  expect(unusedVariables({ OIDC_ISSUER: 'https://id.example', DOCENT_ROLE: 'web', TRIAGE_CHANNEL: '' })).toEqual(['OIDC_ISSUER']);
});

describe('what runs together', () => {
  const shared = {
    DATABASE_URL: 'postgres://docent:pw@127.0.0.1/docent',
    QDRANT_URL: 'http://127.0.0.1:6333',
    REDIS_URL: 'redis://127.0.0.1:6379',
    SECRET_KEY: 'sixteen characters or more',
  };
  const without = (name: keyof typeof shared): Record<string, string> =>
    Object.fromEntries(Object.entries(shared).filter(([k]) => k !== name));

  test.each([
    {},
    { QDRANT_URL: shared.QDRANT_URL },
    { REDIS_URL: shared.REDIS_URL },
    shared,
    { ...shared, DOCENT_ROLE: 'web' },
    { ...shared, DOCENT_ROLE: 'worker' },
  ])('%o', (env) => {
    expect(readConfig(env)).toMatchObject({ DOCENT_ROLE: 'all', ...env });
  });

  test.each([
    ...(['web', 'worker'] as const).flatMap((DOCENT_ROLE) =>
      (['DATABASE_URL', 'QDRANT_URL', 'REDIS_URL', 'SECRET_KEY'] as const).map(
        (name) => [name, { ...without(name), DOCENT_ROLE }] as const,
      ),
    ),
    ['QDRANT_URL', without('QDRANT_URL')],
    ['REDIS_URL', without('REDIS_URL')],
    ['QDRANT_URL and REDIS_URL', { DATABASE_URL: shared.DATABASE_URL }],
  ] as const)('without %s it does not start: %o', (name, env) => {
    expect(() => readConfig(env as Record<string, string>)).toThrow(`so ${name} must be set too`);
  });

  test('a role that there is not, and an address of another kind', () => {
    expect(() => readConfig({ DOCENT_ROLE: 'master' })).toThrow('DOCENT_ROLE: must be all, web or worker');
    expect(() => readConfig({ ...shared, DATABASE_URL: 'mysql://a:secret@b/c' })).toThrow(/DATABASE_URL: must be a postgres address/);
    expect(() => readConfig({ ...shared, DATABASE_URL: 'mysql://a:secret@b/c' })).not.toThrow(/secret@/);
  });
});
