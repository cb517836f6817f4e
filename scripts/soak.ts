/** `npm run soak`: the tests that kill processes and Redis, at 150 random moments instead of a few, 500 answers of a model that invents, a real site followed by its links, and a real handbook over DokuWiki. Takes up to an hour. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TESTS = [
  'test/e2e/kill-while-writing.test.ts',
  'test/e2e/queue.test.ts',
  'test/e2e/inventing-model.test.ts',
  'test/e2e/slack-kill.test.ts',
  'test/e2e/teams-kill.test.ts',
  'test/unit/site-walk.test.ts',
  'test/contracts/dokuwiki.test.ts',
];
// oxlint-disable-next-line node/no-process-env
const env = { ...process.env, SOAK_ROUNDS: '150' };
const { status } = spawnSync(process.execPath, ['bin/run.js', '--tool', 'vitest', 'run', ...TESTS], { cwd: ROOT, stdio: 'inherit', env });
process.exit(status ?? 1);
