/**
 * Sends what waits in the catalog's outbox: posts that nobody waits for. Whichever process has the platform's messenger
 * claims a message, draws it as things stand then, posts it once, and edits it from then on. A process may be killed
 * anywhere: what was noted before the post is looked for on the platform before it is posted again.
 */
import type { Catalog } from '../catalog/database.ts';
import {
  claimOutbox,
  dueOutbox,
  OUTBOX_LEASE_MS,
  outboxFailed,
  outboxSent,
  renewOutbox,
  type OutboxClaim,
  type OutboxMessage,
} from '../catalog/outbox.ts';
import { messagePosted } from '../catalog/messages.ts';
import { intendTicketMessage, readTicketMessage, type TicketMessage } from '../catalog/tickets.ts';
import { AppError, reasonOf } from '../errors.ts';
import type { Clock, Log } from '../types.ts';
import { drawnAsTaken } from './drawn-as-taken.ts';
import type { Messenger, Origin, Part, Place, View } from './messenger.ts';

/** A message of the outbox, ready to be drawn. */
export type Composed =
  | { place: Place; view: View; message: Omit<TicketMessage, 'part'>; firstPart: number }
  /** Seen by who asked alone: it cannot be found again, nor edited. */
  | { whisper: Origin; view: View };

export interface OutboxDeps {
  db: Catalog;
  clock: Clock;
  log: Log;
  /** Those of this process. */
  messengers: Messenger[];
  /** Undefined: there is nothing to say any more. */
  compose(message: OutboxMessage, messenger: Messenger): Promise<Composed | undefined>;
  /** 0 to 1, for pauses that do not come together; default: Math.random. */
  random?: () => number;
  /** Tests are killed at the steps. */
  atStep?: (step: 'claimed' | 'intended' | 'posted' | 'recorded') => void;
}

export interface Outbox {
  /** Something was put in. */
  wake(): void;
  /** Ends what is being sent, and takes up nothing more. */
  stop(): Promise<void>;
}

const LOOK_MS = 2_000;
const AT_ONCE = 4;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
/** Waiting mends none of these. */
const HOPELESS = new Set(['chat.refused', 'chat.message_gone']);

export function startOutbox(deps: OutboxDeps): Outbox {
  const stopping = new AbortController();
  let woken = Promise.withResolvers<void>();
  const work = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const again = woken.promise;
      try {
        await sendDue(deps, stopping.signal);
      } catch (error) {
        deps.log.warn({ reason: reasonOf(error) }, 'the outbox could not be read');
      }
      const pause = new AbortController();
      await Promise.race([again, deps.clock.sleep(LOOK_MS, AbortSignal.any([stopping.signal, pause.signal])).catch(() => {})]);
      pause.abort();
    }
  })();
  return {
    wake() {
      woken.resolve();
      woken = Promise.withResolvers();
    },
    async stop() {
      stopping.abort();
      await work;
    },
  };
}

/** Sends all that is due now. @returns how many messages were taken up */
export async function sendDue(deps: OutboxDeps, signal: AbortSignal): Promise<number> {
  const platforms = deps.messengers.map((messenger) => messenger.platform);
  let taken = 0;
  for (;;) {
    const ids = await dueOutbox(deps.db, platforms, deps.clock.now(), 4 * AT_ONCE);
    const before = taken;
    const lane = async (): Promise<void> => {
      for (let id = ids.shift(); id !== undefined && !signal.aborted; id = ids.shift()) {
        const claim = await claimOutbox(deps.db, id, deps.clock.now());
        if (!claim) continue;
        taken++;
        await sendClaimed(claim, deps);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    if (taken === before || signal.aborted) return taken;
  }
}

async function sendClaimed(claim: OutboxClaim, deps: OutboxDeps): Promise<void> {
  const { db, clock, log } = deps;
  const renewal = setInterval(() => void renewOutbox(db, claim, clock.now()).catch(() => {}), OUTBOX_LEASE_MS / 3);
  try {
    deps.atStep?.('claimed');
    await send(claim, deps);
    await outboxSent(db, claim, clock.now());
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'failed';
    const hopeless = HOPELESS.has(code);
    log.warn({ outboxId: claim.id, kind: claim.message.kind, code, attempts: claim.attempts + 1 }, 'a message could not be sent');
    const notBefore = hopeless ? undefined : clock.now() + pauseMs(error, claim.attempts, deps.random ?? Math.random);
    await outboxFailed(db, claim, { code, notBefore });
  } finally {
    clearInterval(renewal);
  }
}

/** Twice as long each time, half of it by chance; never shorter than the platform asks for. */
function pauseMs(error: unknown, attempts: number, random: () => number): number {
  const asked = (error as { retryAfterMs?: number }).retryAfterMs ?? 0;
  const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempts);
  return asked + most * (0.5 + random() / 2);
}

async function send(claim: OutboxClaim, deps: OutboxDeps): Promise<void> {
  const messenger = deps.messengers.find((one) => one.platform === claim.platform);
  if (!messenger) return;
  const composed = await deps.compose(claim.message, messenger);
  if (!composed) return;
  await drawnAsTaken((how) => bring(composed, messenger.draw(composed.view, how), claim, messenger, deps), deps.log);
}

async function bring(composed: Composed, parts: Part[], claim: OutboxClaim, messenger: Messenger, deps: OutboxDeps): Promise<void> {
  if ('whisper' in composed) {
    // Whoever was at it before ended in the middle: it may have been said, and cannot be looked for.
    if (claim.attempts > 0 && claim.problem === null) return;
    for (const part of parts) await whisper(composed.whisper, part, claim, messenger);
    return;
  }
  for (const [i, part] of parts.entries())
    await bringPart(composed.place, part, { ...composed.message, part: composed.firstPart + i }, messenger, deps);
}

/** Where nothing can be whispered any more, it is told in a direct message. */
async function whisper(origin: Origin, part: Part, claim: OutboxClaim, messenger: Messenger): Promise<void> {
  try {
    await messenger.whisper(origin, part);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'chat.gone') throw error;
    const { thread: _, ...place } = origin.place;
    await messenger.post({ ...place, kind: 'direct', channel: place.person }, part, claim.id);
  }
}

async function bringPart(place: Place, part: Part, message: TicketMessage, messenger: Messenger, deps: OutboxDeps): Promise<void> {
  const { db, clock } = deps;
  const noted = await readTicketMessage(db, message);
  // Somebody took it away on purpose.
  if (noted?.state === 'removed') return;
  let id = noted?.platformId ?? undefined;
  if (noted && id === undefined) {
    id = await messenger.find(place, noted.id, noted.createdAt);
    if (id !== undefined) await messagePosted(db, noted.id, id);
  }
  if (noted && id !== undefined) return editTo(place, id, part, messenger);
  const key = noted?.id ?? (await intendTicketMessage(db, message, clock.now()));
  deps.atStep?.('intended');
  id = await messenger.post(place, part, key);
  deps.atStep?.('posted');
  await messagePosted(db, key, id);
  deps.atStep?.('recorded');
}

async function editTo(place: Place, id: string, part: Part, messenger: Messenger): Promise<void> {
  try {
    await messenger.edit(place, id, part);
  } catch (cause) {
    // Deleted, or where Docent was sent away: it is not posted a second time for that.
    if (cause instanceof AppError && cause.code === 'chat.gone')
      throw new AppError({ code: 'chat.message_gone', message: 'a message that was to be edited is gone', cause });
    throw cause;
  }
}
