/** What a first sync would bring, before anything is kept: how many documents, how many passages, what stays unseen. */
import type { Connector, ConnectorContext, ListedDocument, SourceLocation } from '../connectors/connector.ts';
import { AppError, isAbort, publicMessageOf, reasonOf } from '../errors.ts';
import { estimateTokens } from '../models/tokens.ts';
import { chunk } from './chunk.ts';
import type { Extractor } from './extract.ts';

export interface Preview {
  /** Documents listed, and whether there are more than were counted. */
  documents: number;
  more: boolean;
  /** Some of them, as they would be read: a title and what it holds, or why it cannot be read. */
  samples: { externalId: string; title?: string; passages?: number; problem?: string }[];
  /** Of all documents, from the samples; absent when none could be read, or there are more documents than were counted. */
  estimate?: { passages: number; tokens: number };
  requests: number;
  blindSpots: readonly string[];
}

/** A person waits: so long is listed at most, and so many documents. */
const LISTING_MS = 20_000;
const MOST_DOCUMENTS = 50_000;
const SAMPLES = 5;

/**
 * @param onProgress documents listed so far
 * @throws AppError as the connector does when the source cannot be listed
 */
export async function previewSource(
  source: SourceLocation,
  { connector, extractor }: { connector: Connector; extractor: Extractor },
  context: ConnectorContext,
  onProgress?: (documents: number) => void,
): Promise<Preview> {
  let requests = 0;
  const { outbound, clock } = context;
  const counted = {
    ...context,
    outbound: { ...outbound, fetch: (url: string, init?: Parameters<typeof outbound.fetch>[1]) => (requests++, outbound.fetch(url, init)) },
  };
  const until = clock.now() + LISTING_MS;
  const listed: ListedDocument[] = [];
  let more = false;
  for await (const entry of connector.list(source, counted)) {
    context.signal.throwIfAborted();
    listed.push(entry);
    onProgress?.(listed.length);
    if (listed.length >= MOST_DOCUMENTS || clock.now() > until) {
      more = true;
      break;
    }
  }
  const samples: Preview['samples'] = [];
  let passages = 0;
  let tokens = 0;
  let read = 0;
  // From all parts of the listing: its beginning is often unlike the rest.
  const step = Math.max(1, Math.floor(listed.length / SAMPLES));
  for (let at = Math.floor(step / 2); at < listed.length && samples.length < SAMPLES; at += step) {
    const entry = listed[at]!;
    try {
      if (entry.problem) throw new AppError({ code: 'document.unreadable', message: entry.problem, publicMessage: entry.problem });
      const fetched = await connector.fetch(source, entry, undefined, counted);
      if (fetched.kind !== 'document') continue;
      const extracted = await extractor.extract({ bytes: fetched.bytes, format: fetched.format, name: entry.externalId }, context.signal);
      const drafts = chunk(extracted.blocks);
      read++;
      passages += drafts.length;
      tokens += drafts.reduce((sum, { text }) => sum + estimateTokens(text), 0);
      const title = fetched.titleWins ? fetched.title : (extracted.title ?? fetched.title);
      samples.push({ externalId: entry.externalId, passages: drafts.length, ...(title ? { title } : {}) });
    } catch (error) {
      if (isAbort(error) || context.signal.aborted) throw error;
      samples.push({ externalId: entry.externalId, problem: error instanceof AppError ? publicMessageOf(error) : reasonOf(error) });
    }
  }
  const all = (sum: number): number => Math.round((sum / read) * listed.length);
  return {
    documents: listed.length,
    more,
    samples,
    ...(read > 0 && !more ? { estimate: { passages: all(passages), tokens: all(tokens) } } : {}),
    requests,
    blindSpots: connector.blindSpots,
  };
}
