/** The app package is what Microsoft's own schema takes, asks for the least, and holds icons of the sizes that Teams wants. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { TEAMS_PERMISSIONS, teamsEndpoint, teamsManifest, type TeamsAppOptions } from '../../bots/teams/manifest.ts';
import { problemsOfPackage, teamsPackage } from '../../bots/teams/package.ts';
import { consoleTeamsEn } from '../../src/strings/console-teams-en.ts';

const APP = '11111111-aaaa-4aaa-8aaa-111111111111';
const schema = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve('@microsoft/app-manifest/build/json-schemas/teams/v1.19/MicrosoftTeams.schema.json'),
    'utf8',
  ),
) as object;
// The schema's own `default`s are not of their types.
const takes = addFormats.default(new Ajv.default({ strict: false, allErrors: true })).compile(schema);
const manifest = (change: Partial<TeamsAppOptions> = {}) =>
  teamsManifest({ appId: APP, url: 'https://docent.example.com/', at: Date.UTC(2026, 10, 22, 2, 11), ...change });

describe('the manifest', () => {
  test.each([{}, { readChannels: true }, { name: 'Ask the people of the office now'.slice(0, 30) }])(
    'with %o is what Microsoft takes',
    (change) => {
      const made = manifest(change);
      takes(made);
      expect(takes.errors ?? []).toEqual([]);
    },
  );

  test("Microsoft's schema refuses what is not of it, so that the test above can fail", () => {
    expect(takes({ ...manifest(), surprise: 1 })).toBe(false);
    expect(takes({ ...manifest(), accentColor: 'green' })).toBe(false);
    expect(takes({ ...manifest(), name: { short: 'x'.repeat(31), full: 'x' } })).toBe(false);
  });

  test('reads no channel unless it is asked to, and says in its description what for', () => {
    expect(manifest()).not.toHaveProperty('authorization');
    expect(manifest().description.full).not.toContain('do not mention it');
    const reads = manifest({ readChannels: true });
    expect(reads.authorization!.permissions.resourceSpecific).toEqual([
      { name: 'ChannelMessage.Read.Group', type: 'Application' },
      { name: 'ChatMessage.Read.Chat', type: 'Application' },
    ]);
    expect(reads.description.full).toMatch(/reads messages that do not mention it.*not kept/);
  });

  test('is of one bot, in chats, groups and channels, with its search', () => {
    const { bots, composeExtensions, validDomains, webApplicationInfo } = manifest();
    expect(bots[0]).toMatchObject({ botId: APP, scopes: ['personal', 'team', 'groupChat'], supportsFiles: true });
    expect(composeExtensions[0]).toMatchObject({
      botId: APP,
      commands: [
        { id: 'search', type: 'query', initialRun: true, context: ['compose', 'commandBox'], parameters: [{ name: 'query' }] },
        { id: 'askAbout', type: 'action', context: ['message'], fetchTask: true },
      ],
    });
    expect([validDomains, webApplicationInfo.id]).toEqual([['docent.example.com'], APP]);
    expect(teamsEndpoint('https://docent.example.com/')).toBe('https://docent.example.com/api/messages');
  });

  test('a later one is a higher version of the same app', () => {
    const versions = [Date.UTC(2026, 10, 22, 2, 11), Date.UTC(2026, 10, 22, 14, 5), Date.UTC(2027, 0, 1)].map((at) => manifest({ at }));
    expect(versions.map(({ version }) => version)).toEqual(['1.20261122.211', '1.20261122.1405', '1.20270101.0']);
    expect(new Set(versions.map(({ id }) => id))).toEqual(new Set([APP]));
  });

  test.each([undefined, 'http://docent.example.com', 'docent.example.com'])('at %s is refused with the way to mend it', (url) => {
    expect(() => manifest({ url })).toThrow(/^url: .*https address.*--url.*PUBLIC_URL/);
  });

  test.each(['', ' ', 'x'.repeat(31)])('named "%s" is refused', (name) => {
    expect(() => manifest({ name })).toThrow(/^name: /);
  });
});

describe('the package', () => {
  test('holds the manifest and two icons of the right size, and is the same for the same manifest', () => {
    const zip = teamsPackage(manifest());
    expect(problemsOfPackage(zip)).toEqual([]);
    expect(Object.keys(unzipSync(zip))).toEqual(['manifest.json', 'color.png', 'outline.png']);
    expect(Buffer.from(teamsPackage(manifest())).equals(Buffer.from(zip))).toBe(true);
    expect(zip.length).toBeLessThan(10_000);
  });

  test('what Teams would refuse is named', () => {
    const good = unzipSync(teamsPackage(manifest()));
    const changed = (change: Record<string, Uint8Array>) => problemsOfPackage(zipSync({ ...good, ...change }));
    expect(changed({ 'color.png': good['outline.png']! })).toEqual(['color.png is no PNG of 192 × 192']);
    expect(changed({ 'manifest.json': strToU8('{') })).toEqual([expect.stringMatching(/^manifest\.json : /)]);
    expect(changed({ 'manifest.json': strToU8(JSON.stringify({ ...manifest(), version: 'one' })) })).toEqual([
      expect.stringMatching(/^manifest\.json version: /),
    ]);
    expect(changed({ 'notes.txt': strToU8('x') })).toEqual(['notes.txt does not belong there']);
    const { 'outline.png': _, ...rest } = good;
    expect(problemsOfPackage(zipSync(rest))).toEqual(['outline.png is missing']);
  });
});

test('docs/teams.md says what each permission is for, in the words of the console', () => {
  const docs = readFileSync(fileURLToPath(new URL('../../docs/teams.md', import.meta.url)), 'utf8');
  const told = new Map([...docs.matchAll(/^\| `([\w.]+)` \| (.+) \|$/gm)].map(([, name, why]) => [name, why]));
  for (const permission of TEAMS_PERMISSIONS) expect(told.get(permission)).toBe(consoleTeamsEn[`teamsPermission_${permission}`]);
});
