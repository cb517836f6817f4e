/** The environment is read once, checked, and told wrong with the way to mend it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ENTRIES, isLoopback, outsideUrl, readConfig, unusedVariables } from '../../src/config.ts';
import { selfSigned } from '../fakes/certificate.ts';

const APP = '11111111-aaaa-4aaa-8aaa-111111111111';
const TENANT = '22222222-bbbb-4bbb-8bbb-222222222222';

describe('readConfig', () => {
  test('an empty environment gives the embedded default on loopback', () => {
    expect(readConfig({})).toEqual({
      DATA_DIR: './data',
      PORT: 3000,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      DOCENT_ROLE: 'all',
      MicrosoftAppType: 'SingleTenant',
    });
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

  test.each([
    ['http://127.0.0.1:3000', undefined],
    ['http://localhost', undefined],
    ['http://[::1]:3000/', undefined],
    [undefined, undefined],
    ['https://docent.example.com', 'https://docent.example.com'],
    ['http://[2001:db8::1]:3000', 'http://[2001:db8::1]:3000'],
  ])('PUBLIC_URL=%s is reached from elsewhere: %s', (PUBLIC_URL, outside) => {
    expect(outsideUrl(readConfig({ PUBLIC_URL }))).toBe(outside);
  });

  test.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1'])('HOST=%s is this machine alone', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(readConfig({ HOST: host }).HOST).toBe(host);
  });
});

test('what is set but not used yet is named', () => {
  expect(unusedVariables({ OIDC_ISSUER: 'https://id.example', DOCENT_ROLE: 'web', MicrosoftAppId: '' })).toEqual(['OIDC_ISSUER']);
});

describe('Slack', () => {
  const bot = 'xoxb-1-2-made-up';
  const app = 'xapp-1-made-up';
  const signing = '0123456789abcdef0123456789abcdef';

  test('lists are arrays, in any spacing; e-mail addresses in lower case; the address of the API ends with a slash', () => {
    const config = readConfig({
      SLACK_BOT_TOKEN: bot,
      SLACK_APP_TOKEN: app,
      SLACK_ALLOWED_TEAMS: 'T0123, E0AB,\nT9X',
      SLACK_API_URL: 'http://127.0.0.1:9999/api',
      TRIAGE_CHANNEL: 'slack:C0123, slack:T01/C02 ,teams:19:abc@thread.tacv2',
      ADMIN_USERS: `Ana@Example.com,slack:T01/U02,teams:${TENANT.toUpperCase()}/${APP}`,
    } as never);
    expect(config).toMatchObject({
      SLACK_ALLOWED_TEAMS: ['T0123', 'E0AB', 'T9X'],
      SLACK_API_URL: 'http://127.0.0.1:9999/api/',
      TRIAGE_CHANNEL: ['slack:C0123', 'slack:T01/C02', 'teams:19:abc@thread.tacv2'],
      ADMIN_USERS: ['ana@example.com', 'slack:T01/U02', `teams:${TENANT}/${APP}`],
    });
  });

  test.each([
    [{ SLACK_BOT_TOKEN: app }, /SLACK_BOT_TOKEN: must begin with "xoxb-".*an app-level token \(SLACK_APP_TOKEN\)/],
    [{ SLACK_BOT_TOKEN: 'xoxp-1' }, /SLACK_BOT_TOKEN: .*a user's token/],
    [{ SLACK_BOT_TOKEN: 'xoxe.xoxb-1' }, /SLACK_BOT_TOKEN: .*turn off token rotation/],
    [{ SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: bot }, /SLACK_APP_TOKEN: must begin with "xapp-".*the bot token/],
    [{ SLACK_BOT_TOKEN: bot, SLACK_SIGNING_SECRET: bot }, /SLACK_SIGNING_SECRET: is no token: it stands under "Basic Information"/],
    [{ SLACK_BOT_TOKEN: bot, SLACK_SIGNING_SECRET: 'abc' }, /SLACK_SIGNING_SECRET: is 32 digits/],
    [{ SLACK_BOT_TOKEN: bot }, /SLACK_BOT_TOKEN: SLACK_APP_TOKEN must be set too \(Socket Mode\), or SLACK_SIGNING_SECRET/],
    [{ SLACK_APP_TOKEN: app }, /SLACK_APP_TOKEN: SLACK_BOT_TOKEN must be set too/],
    [{ SLACK_SIGNING_SECRET: signing }, /SLACK_SIGNING_SECRET: SLACK_BOT_TOKEN must be set too/],
    [{ SLACK_ALLOWED_TEAMS: 'T0123,acme' }, /SLACK_ALLOWED_TEAMS: "acme" is none; a workspace is T…/],
    [{ TRIAGE_CHANNEL: '#help' }, /TRIAGE_CHANNEL: "#help" is none; write slack:C/],
    [{ TRIAGE_CHANNEL: 'slack:D0123' }, /TRIAGE_CHANNEL: /],
    [{ ADMIN_USERS: 'slack:U01' }, /ADMIN_USERS: "slack:U01" is none; write an e-mail address, slack:T/],
    [{ ADMIN_USERS: 'teams:ana' }, /ADMIN_USERS: "teams:ana" is none; .*teams: with the ids/],
    [{ TRIAGE_CHANNEL: 'teams:General' }, /TRIAGE_CHANNEL: "teams:General" is none; .*teams:19:/],
    [{ TRIAGE_CHANNEL: 'teams:19:abc@thread.tacv2;messageid=17' }, /TRIAGE_CHANNEL: /],
  ])('%o is refused with the way to mend it', (env, said) => {
    expect(() => readConfig(env as Record<string, string>)).toThrow(said);
    expect(() => readConfig(env as Record<string, string>)).not.toThrow(/made-up/);
  });

  test.each([{}, { SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app }, { SLACK_BOT_TOKEN: bot, SLACK_SIGNING_SECRET: signing }])(
    '%o is taken',
    (env) => {
      expect(readConfig(env as Record<string, string>)).toMatchObject(env);
    },
  );
});

describe('Teams', () => {
  const MicrosoftAppPassword = 'made-up~secret.of-forty_characters~0123456';
  const app = { MicrosoftAppId: APP, MicrosoftAppTenantId: TENANT };
  const folder = mkdtempSync(join(tmpdir(), 'docent-config-'));
  const pem = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const whole = selfSigned();
  const good = pem('good.pem', whole.certificate + whole.key);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a whole registration is taken, ids in lower case, the certificate read from its file', () => {
    expect(readConfig({ ...app, MicrosoftAppId: APP.toUpperCase(), MicrosoftAppPassword })).toMatchObject({
      MicrosoftAppId: APP,
      MicrosoftAppType: 'SingleTenant',
      MicrosoftAppPassword,
    });
    expect(readConfig({ ...app, MicrosoftAppCertificate: good })).toMatchObject({ MicrosoftAppCertificate: whole.certificate + whole.key });
    expect(readConfig({ ...app, MicrosoftAppType: 'UserAssignedMSI' })).toMatchObject({ MicrosoftAppType: 'UserAssignedMSI' });
    expect(
      readConfig({ TEAMS_ALLOWED_TENANTS: `${APP}, ${TENANT}`, TEAMS_SERVICE_HOSTS: 'localhost:56150,*.BotFramework.com' }),
    ).toMatchObject({ TEAMS_ALLOWED_TENANTS: [APP, TENANT], TEAMS_SERVICE_HOSTS: ['localhost:56150', '*.botframework.com'] });
    expect(readConfig({ TEAMS_ALLOW_ANONYMOUS: 'true' })).toMatchObject({ TEAMS_ALLOW_ANONYMOUS: true });
  });

  test.each([
    [{ MicrosoftAppId: APP, MicrosoftAppPassword }, /MicrosoftAppId: MicrosoftAppTenantId must be set too/],
    [app, /MicrosoftAppId: MicrosoftAppPassword .* or MicrosoftAppCertificate .* must be set too/],
    [{ ...app, MicrosoftAppType: 'MultiTenant' }, /MicrosoftAppPassword .* must be set too/],
    [{ MicrosoftAppPassword }, /MicrosoftAppPassword: MicrosoftAppId must be set too/],
    [{ MicrosoftAppTenantId: TENANT }, /MicrosoftAppTenantId: MicrosoftAppId must be set too/],
    [{ MicrosoftAppId: '', MicrosoftAppPassword }, /MicrosoftAppPassword: MicrosoftAppId must be set too/],
    [{ ...app, MicrosoftAppPassword, MicrosoftAppCertificate: good }, /give one of the two/],
    [{ ...app, MicrosoftAppPassword, MicrosoftAppType: 'UserAssignedMSI' }, /MicrosoftAppPassword: a managed identity .* needs none/],
    [{ MicrosoftAppId: 'docent', MicrosoftAppTenantId: TENANT, MicrosoftAppPassword }, /MicrosoftAppId: is an id such as/],
    [{ ...app, MicrosoftAppPassword: APP }, /MicrosoftAppPassword: is the secret's ID, not the secret/],
    [
      { ...app, MicrosoftAppPassword, MicrosoftAppType: 'Single' },
      /MicrosoftAppType: must be SingleTenant, MultiTenant or UserAssignedMSI/,
    ],
    [{ TEAMS_ALLOWED_TENANTS: 'contoso.com' }, /TEAMS_ALLOWED_TENANTS: "contoso.com" is none/],
    [{ TEAMS_SERVICE_HOSTS: 'https://smba.trafficmanager.net' }, /TEAMS_SERVICE_HOSTS: .* without https/],
    [{ TEAMS_SERVICE_HOSTS: '*.com' }, /TEAMS_SERVICE_HOSTS: "\*\.com" is none/],
    [{ TEAMS_ALLOW_ANONYMOUS: 'yes' }, /TEAMS_ALLOW_ANONYMOUS: must be true or false/],
    [{ TEAMS_ALLOW_ANONYMOUS: 'true', HOST: '0.0.0.0', ADMIN_TOKEN: 'a-long-enough-token' }, /TEAMS_ALLOW_ANONYMOUS: .*HOST must be 127/],
    [{ TEAMS_ALLOW_ANONYMOUS: 'true', ...app, MicrosoftAppPassword }, /TEAMS_ALLOW_ANONYMOUS: .*not taken together with MicrosoftAppId/],
    [{ TEAMS_ALLOW_ANONYMOUS: 'true', PUBLIC_URL: 'https://docent.example.com' }, /TEAMS_ALLOW_ANONYMOUS: .*PUBLIC_URL must not be set/],
    [{ TEAMS_ALLOW_ANONYMOUS: 'true', MicrosoftAppPassword }, /MicrosoftAppPassword: MicrosoftAppId must be set too/],
  ])('%o is refused with the way to mend it', (env, said) => {
    expect(() => readConfig(env as Record<string, string>)).toThrow(said);
    expect(() => readConfig(env as Record<string, string>)).not.toThrow(/made-up/);
  });

  test.each([
    ['nowhere.pem', undefined, /cannot be read \(ENOENT\)/],
    ['no-key.pem', whole.certificate, /holds no private key/],
    ['no-certificate.pem', whole.key, /holds no certificate/],
    ['another.pem', whole.certificate + selfSigned().key, /not the certificate's own/],
    ['old.pem', ((old) => old.certificate + old.key)(selfSigned({ ended: true })), /has expired/],
    ['broken.pem', `${whole.certificate.replaceAll(/[a-z]{2}/g, 'aa')}${whole.key}`, /cannot be read/],
    ['sealed.pem', whole.certificate + whole.key.replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'), /passphrase.*openssl pkey/],
  ])('a certificate in %s is refused with the way to mend it, and never quoted', (name, text, said) => {
    const env = { ...app, MicrosoftAppCertificate: text === undefined ? join(folder, name) : pem(name, text) };
    expect(() => readConfig(env)).toThrow(said);
    expect(() => readConfig(env)).not.toThrow(/BEGIN PRIVATE KEY-----\n?[A-Za-z0-9]/);
  });
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

  test('all that is missing is told at once', () => {
    const told = () => readConfig({ DOCENT_ROLE: 'web', PUBLIC_URL: 'https://docent.example.com' });
    expect(told).toThrow(/ADMIN_TOKEN: people reach/);
    expect(told).toThrow(/so DATABASE_URL and QDRANT_URL and REDIS_URL and SECRET_KEY must be set too/);
  });

  test('a role that there is not, and an address of another kind', () => {
    expect(() => readConfig({ DOCENT_ROLE: 'master' })).toThrow('DOCENT_ROLE: must be all, web or worker');
    expect(() => readConfig({ ...shared, DATABASE_URL: 'mysql://a:secret@b/c' })).toThrow(/DATABASE_URL: must be a postgres address/);
    expect(() => readConfig({ ...shared, DATABASE_URL: 'mysql://a:secret@b/c' })).not.toThrow(/secret@/);
  });
});
