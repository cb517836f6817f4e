/** A wiki's session for the length of a run: found out and signed in once, by the first who needs it. */
import { createHash } from 'node:crypto';
import type { Outbound } from '../net/outbound.ts';
import type { ConnectorContext, SourceLocation } from './connector.ts';

/** @param anew a listing asks the wiki what it is now; the fetches after it go on in its session */
export type OpenSession<S> = (source: SourceLocation, context: ConnectorContext, anew?: 'anew') => Promise<S>;

/** One session for each way out (a run has its own), location and credential. One that could not be opened is tried again. */
export function openedOnce<S>(open: (source: SourceLocation, context: ConnectorContext) => Promise<S>): OpenSession<S> {
  const opened = new WeakMap<Outbound, Map<string, Promise<S>>>();
  return async (source, context, anew) => {
    context.signal.throwIfAborted();
    const credential = Object.entries(source.credential ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = createHash('sha256')
      .update(JSON.stringify([source.location, credential]))
      .digest('hex');
    const known = opened.get(context.outbound) ?? new Map<string, Promise<S>>();
    opened.set(context.outbound, known);
    const session = (anew ? undefined : known.get(key)) ?? open(source, context);
    known.set(key, session);
    try {
      return await session;
    } catch (error) {
      if (known.get(key) === session) known.delete(key);
      throw error;
    }
  };
}
