/** Connections to Postgres: bounded in number and in time, and a lost one is an error of its query alone. */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { isLost, queryError, type Place } from './postgres-errors.ts';
import { storableText } from './storable-text.ts';

export interface PoolOptions {
  /** Connections at most. */
  size: number;
  /** How long a statement may take, in ms; 0: as long as it does. The server ends it. */
  statementMs: number;
  /** How much later a server that is gone without a word is given up, in ms. */
  silenceMs: number;
}

/**
 * Ten a process: 50 people asking at once wait for each other by milliseconds, since no transaction awaits anything else,
 * and eight processes stay below the 100 connections that a Postgres allows as it comes.
 */
export const POOL: PoolOptions = { size: 10, statementMs: 120_000, silenceMs: 10_000 };
/** To connect, or for a connection of the pool to become free: as long as SQLite waits for another writer. */
const CONNECT_MS = 10_000;
/** A connection unused for so long is closed. */
const IDLE_MS = 60_000;
/** A process that stands still in the middle of a transaction holds up the others no longer than this. */
const IDLE_IN_TRANSACTION_MS = 60_000;
const KEEPALIVE_MS = 10_000;

/** Values as the catalog's types have them: counts and times are numbers, bytes a plain array of their own. */
const PARSERS = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, Number],
  [pg.types.builtins.NUMERIC, Number],
  [pg.types.builtins.BYTEA, (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex'))],
]);
const types = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && PARSERS.get(id)) || pg.types.getTypeParser(id, format as 'text')) as typeof pg.types.getTypeParser,
};

/** A pool as Kysely's dialect takes it. Errors of queries are AppErrors where the connection is to blame. */
export function openPool(url: string, { size, statementMs, silenceMs }: PoolOptions): PostgresPool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: IDLE_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    ...(statementMs > 0 ? { statement_timeout: statementMs, query_timeout: statementMs + silenceMs } : {}),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    fallback_application_name: 'docent',
    types,
  });
  // A connection that is lost while nobody uses it is replaced by the next use; unheard, it would end the process.
  pool.on('error', () => {});
  // The pool listens to a connection only while it is idle.
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    async connect() {
      try {
        return clientOf(await pool.connect());
      } catch (error) {
        throw queryError(error);
      }
    },
    end: () => pool.end(),
    options: pool.options,
  };
}

function clientOf(client: pg.PoolClient): PostgresPoolClient {
  let lost = false;
  let lostError: unknown;
  return {
    // A statement that was given up may still run on its connection.
    release: () => client.release(lost),
    async query(text: string, values: readonly unknown[]) {
      // The rollback of what was given up would wait behind it, for as long again; letting go of the connection is one.
      if (lost) throw queryError(lostError);
      try {
        return await client.query(text, values.map(storable));
      } catch (error) {
        if (isLost(error)) [lost, lostError] = [true, error];
        throw queryError(error);
      }
    },
  } as unknown as PostgresPoolClient;
}

const storable = (value: unknown): unknown => (typeof value === 'string' ? storableText(value) : value);

/** Where an address leads, for messages: never its password. */
export function placeOf(url: string): Place {
  const { host, port, database, user } = new pg.Client({ connectionString: url });
  return { address: host.startsWith('/') ? host : `${host}:${port}`, database: database ?? '', user: user ?? '' };
}
