/** What every connector must do, whatever it reads. Each driver is run through it in connector.test.ts. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connector, ConnectorContext, Fetched, ListedDocument, SourceLocation } from '../../src/connectors/connector.ts';
import { AppError } from '../../src/errors.ts';

/** A source that the suite may change. Documents are named `a`, `b`, …; their words are given. */
export interface ConnectorFixture {
  connector: Connector;
  source: SourceLocation;
  context: ConnectorContext;
  /** The external id of a document of that name. */
  idOf(name: string): string;
  write(name: string, words: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Makes the source unreadable as a whole: gone, refused, or broken. */
  breakListing(): Promise<void>;
  close(): Promise<void>;
}

export function connectorContract(name: string, kind: string, create: () => Promise<ConnectorFixture>): void {
  describe(`connector contract: ${name}`, () => {
    let fixture: ConnectorFixture;
    const list = async (signal?: AbortSignal): Promise<ListedDocument[]> => {
      const all: ListedDocument[] = [];
      for await (const listed of fixture.connector.list(fixture.source, { ...fixture.context, ...(signal ? { signal } : {}) }))
        all.push(listed);
      return all;
    };
    const fetch = (listed: ListedDocument, validators?: Record<string, string>): Promise<Fetched> =>
      fixture.connector.fetch(fixture.source, listed, validators, fixture.context);
    const wordsOf = (fetched: Fetched): string =>
      fetched.kind === 'document' ? Buffer.from(fetched.bytes).toString('utf8') : fetched.kind;

    beforeEach(async () => {
      fixture = await create();
      await fixture.write('a', 'Alpha words in the first document.');
      await fixture.write('b', 'Beta words in the second document.');
    });
    afterEach(() => fixture.close());

    test('says its kind and accepts its own location', () => {
      expect(fixture.connector.kind).toBe(kind);
      expect(fixture.connector.accepts(fixture.source.location)).toBe(true);
    });

    test('lists each document once, in the same order each time, and passes its check', async () => {
      await fixture.connector.check(fixture.source, fixture.context);
      const ids = (await list()).map((listed) => listed.externalId);
      expect(ids).toEqual([fixture.idOf('a'), fixture.idOf('b')]);
      expect((await list()).map((listed) => listed.externalId)).toEqual(ids);
    });

    test('fetches the bytes of what it lists', async () => {
      const [a] = await list();
      const fetched = await fetch(a!);
      expect(fetched.kind).toBe('document');
      expect(wordsOf(fetched)).toContain('Alpha words');
    });

    test('an unchanged document has the same version, or is unchanged by its validators, or has the same bytes', async () => {
      const [before] = await list();
      const first = await fetch(before!);
      const [after] = await list();
      // One that was too fresh to have a version may have it later.
      if (before!.version !== undefined) expect(after!.version).toBe(before!.version);
      const again = await fetch(after!, first.kind === 'document' ? first.validators : undefined);
      if (again.kind === 'document') expect(wordsOf(again)).toBe(wordsOf(first));
      else expect(again).toEqual({ kind: 'unchanged' });
    });

    test('a changed document is seen as changed, and its fetch gives the new words', async () => {
      const [before] = await list();
      const first = await fetch(before!);
      await fixture.write('a', 'Gamma words took the place of others.');
      const after = (await list()).find((listed) => listed.externalId === before!.externalId)!;
      if (after.version !== undefined) expect(after.version).not.toBe(before!.version);
      expect(wordsOf(await fetch(after, first.kind === 'document' ? first.validators : undefined))).toContain('Gamma words');
    });

    test('a removed document is no longer listed, and is gone when it is fetched all the same', async () => {
      const [a] = await list();
      await fixture.remove('a');
      expect((await list()).map((listed) => listed.externalId)).toEqual([fixture.idOf('b')]);
      expect(await fetch(a!)).toEqual({ kind: 'gone' });
    });

    test('lists what changed since its cursor, with what is gone, where it can', async () => {
      const { connector, source, context } = fixture;
      if (!connector.listChanges) return;
      let cursor: string | undefined;
      const keeping: ConnectorContext = { ...context, keepCursor: (at) => (cursor = at) };
      for await (const _listed of connector.list(source, keeping));
      expect(cursor).toBeTypeOf('string');
      const changes = async (): Promise<Map<string, ListedDocument>> => {
        const all = new Map<string, ListedDocument>();
        const from = cursor!;
        cursor = undefined;
        for await (const listed of connector.listChanges!(source, from, keeping)) all.set(listed.externalId, listed);
        expect(cursor).toBeTypeOf('string');
        return all;
      };
      await fixture.write('c', 'Delta words are new.');
      await fixture.remove('a');
      const first = await changes();
      expect(first.get(fixture.idOf('a'))).toMatchObject({ gone: true });
      const added = first.get(fixture.idOf('c'))!;
      expect(added.gone).toBeUndefined();
      expect(wordsOf(await fetch(added))).toContain('Delta words');
      await fixture.write('c', 'Epsilon words took their place.');
      const second = await changes();
      expect(second.get(fixture.idOf('c'))?.gone).toBeUndefined();
      expect(wordsOf(await fetch(second.get(fixture.idOf('c'))!))).toContain('Epsilon words');
    });

    test('a source that cannot be listed throws what a person may read, and never lists nothing', async () => {
      await fixture.breakListing();
      const failure = await list().then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(AppError);
      expect((failure as AppError).publicMessage).toBeTruthy();
      await expect(fixture.connector.check(fixture.source, fixture.context)).rejects.toBeInstanceOf(AppError);
    });

    test('stops when it is told to', async () => {
      const controller = new AbortController();
      controller.abort(new Error('stopped'));
      await expect(list(controller.signal)).rejects.toThrow('stopped');
    });
  });
}
