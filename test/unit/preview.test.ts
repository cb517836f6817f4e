/** Before the first sync: what a source holds, from a listing and a few documents; nothing is kept. */
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Connector, ConnectorContext, ListedDocument } from '../../src/connectors/connector.ts';
import { AppError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { previewSource } from '../../src/sync/preview.ts';
import type { Extractor } from '../../src/sync/extract.ts';
import { never } from '../fakes/open-app.ts';

const extractor: Extractor = {
  extract: async ({ bytes }) => ({
    title: 'A page',
    textFragments: false,
    blocks: [{ kind: 'paragraph', text: Buffer.from(bytes).toString() }],
  }),
  close: async () => {},
};

function connectorOf(listed: () => AsyncIterable<ListedDocument>, fetch: Connector['fetch']): Connector {
  return {
    kind: 'fake',
    capabilities: { incremental: false, seesDeletions: true, knowsReaders: false },
    blindSpots: ['What is behind the login.'],
    accepts: () => true,
    check: async () => {},
    list: listed,
    fetch,
  };
}

const context = (now = systemClock): ConnectorContext => ({
  outbound: {
    fetch: async () => ({ status: 200, headers: {}, setCookies: [], url: '', bytes: async () => new Uint8Array() }),
    close: async () => {},
  } as unknown as ConnectorContext['outbound'],
  clock: now,
  log: createLog('silent'),
  signal: never(),
});

async function* entries(count: number): AsyncIterable<ListedDocument> {
  for (let n = 0; n < count; n++) yield { externalId: `page-${n}` };
}

const document = (text: string) => ({ kind: 'document' as const, bytes: Buffer.from(text), format: 'text' as const, url: null });

test('counts everything, reads five from all parts of it, and reckons the rest', async () => {
  const fetched: string[] = [];
  const connector = connectorOf(
    () => entries(100),
    async (_, { externalId }, __, { outbound }) => (
      await outbound.fetch('https://x.example/'),
      fetched.push(externalId),
      document('Some words of a page.')
    ),
  );
  const heard: number[] = [];
  const preview = await previewSource({ location: 'fake:' }, { connector, extractor }, context(), (n) => heard.push(n));
  expect(preview).toMatchObject({
    documents: 100,
    more: false,
    requests: 5,
    blindSpots: ['What is behind the login.'],
    estimate: { passages: 100 },
  });
  expect(fetched).toEqual(['page-10', 'page-30', 'page-50', 'page-70', 'page-90']);
  expect(preview.samples[0]).toEqual({ externalId: 'page-10', title: 'A page', passages: 1 });
  expect(heard.at(-1)).toBe(100);
});

test('a document that cannot be read is shown with its reason, and does not count in the reckoning', async () => {
  const connector = connectorOf(
    async function* () {
      yield* entries(2);
      yield { externalId: 'scan.pdf', problem: 'it is a scan without text' };
    },
    async (_, { externalId }) => {
      if (externalId === 'page-1') throw new AppError({ code: 'document.login', message: 'x', publicMessage: 'it wants a login' });
      return document('Some words.');
    },
  );
  const { samples, estimate } = await previewSource({ location: 'fake:' }, { connector, extractor }, context());
  expect(samples).toEqual([
    { externalId: 'page-0', title: 'A page', passages: 1 },
    { externalId: 'page-1', problem: 'it wants a login' },
    { externalId: 'scan.pdf', problem: 'it is a scan without text' },
  ]);
  expect(estimate!.passages).toBe(3);
});

test('an enormous source is counted for a while only, and says so; an empty one is empty', async () => {
  let now = 0;
  const slow = { ...systemClock, now: () => (now += 100) };
  const connector = connectorOf(
    () => entries(1_000_000),
    async () => document('Words.'),
  );
  const preview = await previewSource({ location: 'fake:' }, { connector, extractor }, context(slow));
  expect(preview.more).toBe(true);
  expect(preview.documents).toBeLessThan(300);
  expect(preview).not.toHaveProperty('estimate');
  const empty = connectorOf(
    () => entries(0),
    async () => document(''),
  );
  expect(await previewSource({ location: 'fake:' }, { connector: empty, extractor }, context())).toMatchObject({
    documents: 0,
    samples: [],
  });
});

test("a listing that fails is the preview's error", async () => {
  const connector = connectorOf(
    async function* () {
      yield* entries(3);
      throw new AppError({ code: 'source.login', message: 'x', publicMessage: 'The wiki refuses the password.' });
    },
    async () => document(''),
  );
  await expect(previewSource({ location: 'fake:' }, { connector, extractor }, context())).rejects.toMatchObject({ code: 'source.login' });
});
