/** Waiting in tests for what somebody else does. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Enough for a loaded machine: what is waited for is there at once as a rule. */
const WAIT_MS = 20_000;
const LOOK_MS = 5;

/** Waits until `look` gives something that holds, and gives it; an error that says who waited for what after `ms`. */
export async function waitUntil<T>(
  who: string,
  look: () => T,
  what: string,
  ms = WAIT_MS,
): Promise<Exclude<T, undefined | null | false | 0 | ''>> {
  for (const ends = Date.now() + ms; ;) {
    const found = look();
    if (found) return found as Exclude<T, undefined | null | false | 0 | ''>;
    if (Date.now() > ends) throw new Error(`${who}: waited ${ms} ms in vain for ${what}`);
    await sleep(LOOK_MS);
  }
}
