/** `docent teams manifest`, and what doctor says of Teams, as a person runs them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { problemsOfPackage } from '../../bots/teams/package.ts';
import { docentCommand, type Ran } from '../fakes/docent-command.ts';

const APP = '11111111-aaaa-4aaa-8aaa-111111111111';
const REGISTERED = {
  MicrosoftAppId: APP,
  MicrosoftAppTenantId: '22222222-bbbb-4bbb-8bbb-222222222222',
  MicrosoftAppPassword: 'made-up~secret-of-forty-characters~012345',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docent-teams-command-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const docent = (args: string[], env: Record<string, string> = {}): Promise<Ran> =>
  docentCommand(args, { cwd: folder, env: { DATA_DIR: join(folder, 'data'), EMBEDDING_MODEL: 'none', ...env } });

describe('docent teams manifest', () => {
  test('writes the package, says where it goes, and nothing of the secret', async () => {
    const { code, out, err } = await docent(['teams', 'manifest', '--name', 'Ask HR'], {
      ...REGISTERED,
      PUBLIC_URL: 'https://docent.example.com/',
    });
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^docent-teams\.zip is .* 11111111-aaaa.* at docent\.example\.com\.\n.*Upload new app.*docs\/teams\.md/s);
    expect(out).not.toMatch(/made-up|ChannelMessage/);
    const zip = readFileSync(join(folder, 'docent-teams.zip'));
    expect(problemsOfPackage(zip)).toEqual([]);
    expect(strFromU8(unzipSync(zip)['manifest.json']!)).toContain('"short": "Ask HR"');
    expect(zip.includes('made-up')).toBe(false);
  });

  test('with --read-channels it explains what it asks for; with --json it prints the manifest', async () => {
    const args = ['teams', 'manifest', '--read-channels', '--url', 'https://docent.example.com', '--out', 'app.zip'];
    const [said, json] = await Promise.all([docent(args, REGISTERED), docent([...args, '--json'], REGISTERED)]);
    expect(said.out).toMatch(/ {2}ChannelMessage\.Read\.Group: sees messages without a mention.*\n {2}ChatMessage\.Read\.Chat: /);
    expect(JSON.parse(json.out)).toMatchObject({
      file: 'app.zip',
      manifest: {
        id: APP,
        authorization: { permissions: { resourceSpecific: [{ name: 'ChannelMessage.Read.Group' }, { name: 'ChatMessage.Read.Chat' }] } },
      },
    });
  });

  test('what is missing is said in one line, and nothing is written', async () => {
    const [nobody, nowhere, plain, long, folderless] = await Promise.all([
      docent(['teams', 'manifest', '--url', 'https://docent.example.com']),
      docent(['teams', 'manifest'], REGISTERED),
      docent(['teams', 'manifest', '--url', 'http://docent.example.com'], REGISTERED),
      docent(['teams', 'manifest', '--url', 'https://docent.example.com', '--name', 'x'.repeat(31)], REGISTERED),
      docent(['teams', 'manifest', '--url', 'https://docent.example.com', '--out', 'no/such/app.zip'], REGISTERED),
    ]);
    expect([nobody.code, nobody.err]).toEqual([2, expect.stringMatching(/^docent: MicrosoftAppId: is not set.*docs\/teams\.md\)\n$/)]);
    for (const { code, err } of [nowhere, plain])
      expect([code, err]).toEqual([2, expect.stringMatching(/^docent: url: .*--url https.*\n$/)]);
    expect([long.code, long.err]).toEqual([2, expect.stringMatching(/^docent: name: .*30 characters\n$/)]);
    expect([folderless.code, folderless.err]).toEqual([2, 'docent: out: no/such/app.zip cannot be written (ENOENT)\n']);
    expect(() => readFileSync(join(folder, 'docent-teams.zip'))).toThrow(/ENOENT/);
  });
});

describe('docent doctor', () => {
  const ofTeams = async (env: Record<string, string>): Promise<{ level: string; message: string }[]> => {
    const { out } = await docent(['doctor', '--json'], env);
    expect(out).not.toContain('made-up');
    const { findings } = JSON.parse(out) as { findings: { name: string; level: string; message: string }[] };
    return findings.filter(({ name }) => name === 'teams').map(({ level, message }) => ({ level, message }));
  };

  test('says where Teams is connected when it is not', async () => {
    expect(await ofTeams({})).toEqual([{ level: 'ok', message: 'not connected; see docs/teams.md' }]);
  });

  test('says of the anonymous mode that it is for trying alone', async () => {
    expect(await ofTeams({ TEAMS_ALLOW_ANONYMOUS: 'true' })).toEqual([
      { level: 'warning', message: expect.stringMatching(/^TEAMS_ALLOW_ANONYMOUS is on/) },
      { level: 'ok', message: expect.stringMatching(/^no message has come yet/) },
    ]);
  });
});
