/** Where conversations are reached, by several processes over one catalog. */
import { expect, test } from 'vitest';
import { createReferences } from '../../src/chat/references.ts';
import { overBothCatalogs } from '../servers/both-catalogs.ts';

const NOW = 1_763_721_720_000;
const THERE = { serviceUrl: 'https://smba.trafficmanager.net/emea/' };

overBothCatalogs((catalogs) => {
  /** Two processes: what one remembers the other does not. */
  async function twoProcesses() {
    let now = NOW;
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const db = await catalogs.open();
    const one = createReferences(db, clock);
    const other = createReferences(await catalogs.another(db), clock);
    await one.keep('teams', 'c:1', THERE);
    await other.forget('teams', 'c:1');
    return { one, other, pass: (ms: number) => void (now += ms) };
  }

  test('what another process forgot is kept again once it was looked for in vain', async () => {
    const { one, other } = await twoProcesses();
    expect(await one.find('teams', 'c:1')).toBeUndefined();
    await one.keep('teams', 'c:1', THERE);
    expect(await other.find('teams', 'c:1')).toEqual(THERE);
  });

  test('what another process forgot is kept again after a minute', async () => {
    const { one, other, pass } = await twoProcesses();
    pass(61_000);
    await one.keep('teams', 'c:1', THERE);
    expect(await other.find('teams', 'c:1')).toEqual(THERE);
  });

  test('who forgets it itself, and keeps it, has it', async () => {
    const { one, other } = await twoProcesses();
    await one.forget('teams', 'c:1');
    await one.keep('teams', 'c:1', THERE);
    expect(await other.find('teams', 'c:1')).toEqual(THERE);
  });
});
