/** The keys that the Bot Framework signs deliveries with, as its OpenID metadata publishes them. */
import { importJWK, type CryptoKey } from 'jose';
import { z } from 'zod';
import type { Clock, Log } from '../../src/types.ts';

export interface SigningKey {
  key: CryptoKey;
  /** Channels that it may speak for: `msteams`, … */
  endorsements: string[];
}

/** Microsoft asks bots to look at least once a day (Bot Framework, "Authentication", step 3). */
const FRESH_MS = 24 * 3600_000;
/** A key that is not known may be new; whoever makes up key ids shall not make us ask more often than this. */
const UNKNOWN_MS = 60_000;
const AFTER_FAILURE_MS = 2_000;
const TIMEOUT_MS = 5_000;

const metadata = z.object({ jwks_uri: z.url() });
const published = z.object({
  keys: z.array(
    z.object({
      kty: z.string(),
      kid: z.string().optional(),
      n: z.string().optional(),
      e: z.string().optional(),
      endorsements: z.array(z.string()).optional(),
    }),
  ),
});

/**
 * Keys by their id; asked for at most once a minute (every two seconds while Microsoft is away), by one request for all who
 * wait. Until they come the keys that were there are used on.
 */
export function createSigningKeys(deps: { openIdMetadata: string; clock: Clock; log: Log }): {
  /** @returns undefined for an id that is not published, or while nothing could be fetched yet */
  find(kid: string): Promise<SigningKey | undefined>;
} {
  const { openIdMetadata, clock, log } = deps;
  let held = new Map<string, SigningKey>();
  let fetchedAt = -Infinity;
  let notBefore = -Infinity;
  let fetching: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    try {
      const { jwks_uri } = metadata.parse(await getJson(openIdMetadata));
      held = await readKeys(await getJson(jwks_uri));
      fetchedAt = clock.now();
      notBefore = fetchedAt + UNKNOWN_MS;
    } catch (error) {
      notBefore = clock.now() + AFTER_FAILURE_MS;
      log.warn(
        { kind: error instanceof Error ? error.name : typeof error, known: held.size },
        "Microsoft's signing keys could not be fetched",
      );
    }
  }
  return {
    async find(kid) {
      const now = clock.now();
      const stale = now - fetchedAt > FRESH_MS || !held.has(kid);
      if (stale && now >= notBefore) fetching ??= refresh().finally(() => (fetching = undefined));
      if (fetching && !held.has(kid)) await fetching;
      return held.get(kid);
    },
  };
}

async function readKeys(body: unknown): Promise<Map<string, SigningKey>> {
  const found = new Map<string, SigningKey>();
  for (const { kty, kid, n, e, endorsements = [] } of published.parse(body).keys) {
    if (kty !== 'RSA' || !kid || !n || !e) continue;
    found.set(kid, { key: (await importJWK({ kty, n, e }, 'RS256')) as CryptoKey, endorsements });
  }
  return found;
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}
