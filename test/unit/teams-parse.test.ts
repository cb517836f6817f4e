/** What Teams delivers is data from anybody: it is read for what it means, in little time whatever it holds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { offerOf } from '../../bots/teams/actions.ts';
import { precisionIn } from '../../bots/teams/admin-command.ts';
import { isTeamsFile } from '../../bots/teams/files.ts';
import { filesOf, parseActivity, parseMessage, plainText, readFileIn } from '../../bots/teams/parse.ts';
import { keptOrigin } from '../../src/chat/kept-origin.ts';
import type { Origin } from '../../src/chat/messenger.ts';

const BOT = '28:bot';
const BEN = '29:ben';
const activity = (change: object) =>
  parseActivity({
    type: 'message',
    id: '17',
    from: { id: '29:ana' },
    recipient: { id: BOT },
    conversation: { id: '19:1@thread.tacv2;messageid=17', conversationType: 'channel', tenantId: 't' },
    serviceUrl: 'https://smba.trafficmanager.net/emea/',
    ...change,
  })!;
const mention = (text: string, id = BEN): object => ({ type: 'mention', text, mentioned: { id } });
/** The slowest of these took 44 s before; a busy machine needs some of it now. */
const SOON_MS = 1_500;
function soon<T>(work: () => T): T {
  const began = performance.now();
  const made = work();
  expect(performance.now() - began).toBeLessThan(SOON_MS);
  return made;
}

describe('what a person wrote', () => {
  test('the bot’s name goes, others’ stay, and entities are what they stand for', () => {
    const text = '<at>Docent</at>&nbsp;ask <at>Ben &amp; $&amp; Co</at> about &lt;b&gt;  <at id="0">Cleo</at> at 5 &amp;amp; 6';
    const entities = [mention('<at>Docent</at>', BOT), mention('<at>Ben &amp; $&amp; Co</at>'), mention('<at id="0">Cleo</at>')];
    expect(plainText(activity({ text, entities }))).toBe('ask @Ben & $& Co about <b> @Cleo at 5 &amp; 6');
  });

  test('a mention that nobody vouches for is its words; tags go', () => {
    expect(plainText(activity({ text: 'to <at>Ben</at>, <at >and </at> <attic>' }))).toBe('to Ben, and <attic>');
  });

  test.each([
    ['tags that do not end', { text: '<at '.repeat(50_000) }],
    ['closing tags that do not end', { text: '</at '.repeat(40_000) }],
    ['tags without names', { text: '<at>'.repeat(50_000) }],
    ['spaces in a tag', { text: `<at${' '.repeat(190_000)}` }],
    ['spaces', { text: `a${' '.repeat(190_000)}b` }],
    ['a mention of 300 KB', { text: 'x', entities: [mention('<at '.repeat(75_000))] }],
    [
      'thousands of mentions',
      { text: '<at>Ben</at>'.repeat(16_000), entities: Array.from({ length: 8_000 }, (_, i) => mention(`<at>Ben${i}</at>`)) },
    ],
  ])('%s do not hold up the process', (_, change) => {
    const it = activity(change);
    expect(soon(() => plainText(it)).length).toBeLessThanOrEqual(200_000);
  });

  test('what is said to be a mention and is none changes nothing', () => {
    const it = activity({ text: 'me@the-company.example', entities: Array.from({ length: 26 }, () => mention('@')) });
    expect(plainText(it)).toBe('me@the-company.example');
  });

  test('a mention with a long name still names somebody', () => {
    const entities = [mention(`<at>${'x'.repeat(600)}</at>`), mention('<at>Docent</at>', BOT)];
    const said = parseMessage(activity({ text: '<at>Docent</at> Who reports a breach?', entities }));
    expect(said).toMatchObject({ named: true, namesOthers: true, text: 'Who reports a breach?' });
  });

  const pieces = fc.array(fc.constantFrom('<at>', '</at>', '<at ', '>', '<', '@', 'Ben', ' ', '&amp;', '&lt;', '$&', '\u00a0', '火'), {
    maxLength: 60,
  });
  test('is never longer than what came', () => {
    fc.assert(
      fc.property(pieces, fc.array(pieces, { maxLength: 5 }), (text, named) => {
        const it = activity({ text: text.join(''), entities: named.map((one) => mention(one.join(''))) });
        expect(plainText(it).length).toBeLessThanOrEqual(text.join('').length);
      }),
    );
  });

  test.each(['x ', ' ', '9 '])('a command of many %o does not hold up the process', (piece) => {
    const rest = `x${piece.repeat(100_000)}!`;
    expect(soon(() => precisionIn(rest))).toEqual({ channel: rest.trim() });
  });
});

describe('files of a message', () => {
  const download = (content: object, name = 'plan.docx') => ({
    contentType: 'application/vnd.microsoft.teams.file.download.info',
    name,
    content,
  });

  test('are those that were sent: neither what is quoted, nor cards, nor the message as HTML', () => {
    const attachments = [
      { contentType: 'messageReference', content: '{"messageId":"1"}' },
      { contentType: 'text/html', content: '<p>' },
      { contentType: 'application/vnd.microsoft.card.adaptive', content: {} },
      { contentType: 'reference', name: 'x' },
      download({ downloadUrl: 'https://a.sharepoint.com/x?tempauth=1', fileType: 'docx' }),
      { contentType: 'image/*', contentUrl: 'https://smba.trafficmanager.net/v3/attachments/1/views/original' },
    ];
    expect(filesOf(activity({ attachments }))).toEqual([
      { name: 'plan.docx', type: 'docx', url: 'https://a.sharepoint.com/x?tempauth=1' },
      { name: '', type: 'image/*', url: 'https://smba.trafficmanager.net/v3/attachments/1/views/original' },
    ]);
  });

  test('names and addresses are kept within bounds, and the message is read all the same', () => {
    const long = 'x'.repeat(5_000);
    const attachments = [
      download({ downloadUrl: `https://a.sharepoint.com/${long}` }, long),
      { contentType: 'image/png', contentUrl: `data:${long}` },
    ];
    const it = activity({ text: 'Why?', attachments });
    expect(filesOf(it)).toEqual([{ name: 'x'.repeat(300) }, { name: '', type: 'image/png' }]);
    expect(parseMessage(it)).toMatchObject({ kind: 'written', text: 'Why?' });
  });

  test('keep their names, and not their addresses, once their question is answered', () => {
    const place = { platform: 'teams', workspace: 't', channel: 'c', kind: 'direct', person: 'p' } as const;
    const origin: Origin = {
      place,
      via: 'direct',
      files: [JSON.stringify({ name: 'a.md', type: 'md', url: 'https://x/?tempauth=1' }), 'F0SLACK', '{'],
    };
    const kept = keptOrigin(origin);
    expect(kept).toEqual({ ...origin, files: ['{"name":"a.md","type":"md"}', 'F0SLACK', '{'] });
    expect(readFileIn(kept.files![0]!)).toEqual({ name: 'a.md', type: 'md' });
    expect(keptOrigin({ place, via: 'direct' })).toEqual({ place, via: 'direct' });
  });

  const hosts = ['smba.trafficmanager.net', '*.example.com', '127.0.0.1:4000', 'localhost', '10.0.0.7:80'];
  test.each([
    ['https://company.sharepoint.com/a.txt?tempauth=1', true],
    ['https://company-my.sharepoint.com/a.txt', true],
    ['https://company.sharepoint.us/a.txt', true],
    ['http://127.0.0.1:4000/files/1', true],
    ['https://localhost/files/1', true],
    ['http://company.sharepoint.com/a.txt', false],
    ['https://company.sharepoint.com:8443/a.txt', false],
    ['https://me:too@company.sharepoint.com/a.txt', false],
    ['https://sharepoint.com.example.com/a.txt', false],
    ['https://smba.trafficmanager.net/a.txt', false],
    ['http://smba.trafficmanager.net/a.txt', false],
    ['http://10.0.0.7/a.txt', false],
    ['http://127.0.0.1:4001/files/1', false],
    ['ftp://127.0.0.1:4000/files/1', false],
    ['no address', false],
  ])('%s is fetched: %s', (address, is) => {
    expect(isTeamsFile(address, hosts)).toBe(is);
  });
});

test('an offer that a card cannot carry is none', () => {
  const at = { workspace: 't', channel: 'c', message: 'm' };
  expect(JSON.parse(offerOf(at, 'x'.repeat(8_000))!)).toEqual({ at, text: 'x'.repeat(8_000) });
  expect(offerOf(at, 'x'.repeat(8_001))).toBeUndefined();
});
