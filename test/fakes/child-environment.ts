/** What a child process of a test has beside its own variables: no models and keys of the shell's. */
import { fileURLToPath } from 'node:url';

/** Compiled code is kept as `bin/run.js` keeps it: a child starts in half the time. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/node', import.meta.url));

export const childEnvironment = (own: Record<string, string>): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  NODE_COMPILE_CACHE: COMPILED,
  ...own,
});
