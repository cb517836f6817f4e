/** `npm run check`: formatter, linter, types, and generated documents that are up to date. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const steps: [name: string, command: string, ...args: string[]][] = [
  ['formatter', 'oxfmt', '--check'],
  ['linter', 'oxlint'],
  ['types', 'tsc', '-p', '.'],
  ['generated documents', 'node', 'scripts/generate-docs.ts', '--check'],
];

for (const [name, command, ...args] of steps) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  process.stdout.write(`${status === 0 ? 'ok     ' : 'FAILED '} ${name}\n`);
  if (status !== 0) process.exitCode = 1;
}
