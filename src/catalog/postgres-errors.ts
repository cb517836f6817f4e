/** What Postgres and its driver report, as an AppError that says how to mend it. */
import { AppError, reasonOf } from '../errors.ts';

/** Where a server is, without who logs in: `db.example.com:5432/docent`. */
export interface Place {
  address: string;
  database: string;
  user: string;
}

/** The connection is lost, or the server is on its way down or up: the same call may succeed in a moment. */
const LOST_STATES = /^(08...|57P0[1-4]|53300|25P03)$/;
const LOST_SYSTEM = /^(ECONN|EPIPE|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|ENOENT)/;
const LOST_WORDS =
  /connection terminated|connection ended|timeout exceeded when trying to connect|query read timeout|connection error and is not queryable|client was closed|connection timeout/i;
/** Two transactions in each other's way, or one that took too long: nothing was written. */
const AGAIN_STATES = /^(40001|40P01|55P03|57014)$/;
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO|CERT_|ALTNAME|SSL connections|ssl/;

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '');

/** Whether a connection that reported this can be used no more. */
export const isLost = (error: unknown): boolean =>
  LOST_STATES.test(codeOf(error)) || LOST_SYSTEM.test(codeOf(error)) || LOST_WORDS.test(reasonOf(error));

/** An error of a running query; what is not about the connection comes back as it is, with what it said of the data left out. */
export function queryError(cause: unknown): unknown {
  const code = codeOf(cause);
  // "Failing row contains (…)": texts of people, which no log is to have.
  if (cause instanceof Error)
    for (const name of ['detail', 'where', 'internalQuery']) if (name in cause) Reflect.set(cause, name, undefined);
  if (isLost(cause))
    return new AppError({
      code: 'catalog.unreachable',
      message: `the catalog's database cannot be reached: ${reasonOf(cause)}`,
      retryable: true,
      publicMessage: 'The database cannot be reached at the moment. Please try again shortly.',
      cause,
    });
  if (AGAIN_STATES.test(code))
    return new AppError({
      code: 'catalog.busy',
      message: `the catalog's database gave up a statement: ${reasonOf(cause)}`,
      retryable: true,
      publicMessage: 'The database is busy at the moment. Please try again shortly.',
      cause,
    });
  if (/^(53100|53200)$/.test(code))
    return new AppError({
      code: 'catalog.full',
      message: `the catalog's database has no room: ${reasonOf(cause)}`,
      retryable: true,
      publicMessage: 'The database has no room left. An administrator has to make some.',
      cause,
    });
  return cause;
}

/** An error of opening, each with its own way to mend it. */
export function openError(cause: unknown, { address, database, user }: Place): AppError {
  if (cause instanceof AppError && !['catalog.unreachable', 'catalog.busy', 'catalog.full'].includes(cause.code)) return cause;
  const origin = cause instanceof AppError ? (cause.cause ?? cause) : cause;
  const code = codeOf(origin);
  const reason = reasonOf(origin).replaceAll(/\s+/g, ' ');
  const at = `Postgres at ${address}`;
  const said = (kind: string, publicMessage: string, retryable = false): AppError =>
    new AppError({ code: kind, message: `${at}: ${reason}`, retryable, publicMessage, cause: origin });
  if (code === '28P01' || code === '28000' || /client password must be/.test(reason))
    return said(
      'catalog.refused',
      `${at} does not let ${user || 'nobody'} in (${reason}). Check the user and the password in DATABASE_URL, with special characters percent-encoded, and pg_hba.conf.`,
    );
  if (code === '3D000')
    return said(
      'catalog.no_database',
      `${at} has no database "${database}". Make it: create database ${database} encoding 'UTF8' template template0; or name another in DATABASE_URL.`,
    );
  if (code === '42501')
    return said(
      'catalog.rights',
      `${at}: ${user} may not do this in the database ${database} (${reason}). Make it the owner: alter database ${database} owner to ${user}.`,
    );
  if (code === '57P03') return said('catalog.unreachable', `${at} is not ready yet (${reason}). Start Docent when it is.`, true);
  if (code === '53300') return said('catalog.unreachable', `${at} has no connection left (${reason}). Raise its max_connections.`, true);
  if (UNTRUSTED.test(code) || UNTRUSTED.test(reason))
    return said(
      'catalog.untrusted',
      `The connection to ${at} cannot be secured as DATABASE_URL asks (${reason}). Give the authority's certificate with ?sslmode=verify-full&sslrootcert=FILE, or none with ?sslmode=disable inside a private network.`,
    );
  if (isLost(origin) || cause instanceof AppError)
    return said(
      'catalog.unreachable',
      `${at} cannot be reached (${reason}). Check the address in DATABASE_URL, and that the server runs.`,
      true,
    );
  return said('catalog.unusable', `The catalog on ${at} cannot be opened: ${reason}.`);
}
