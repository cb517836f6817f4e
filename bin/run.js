/**
 * Runs a TypeScript file of Docent, or a tool of its node_modules, on Node 24, and installs what is missing first.
 * Plain JavaScript, because it also runs on the Node 20 that Debian's users have.
 * Usage: node bin/run.js FILE.ts … | node bin/run.js --tool NAME …
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.docent-installed');

/** Installs when the lockfile is not the one that was installed last. */
function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // Not `npm ci`: it refuses a lockfile that lacks optional packages of other systems, which some registries do not carry.
  process.stderr.write('Docent: installing what is missing, once (about half a minute)…\n');
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    process.stderr.write('Docent: "npm install" failed (see above). Check the connection to the npm registry, then try again.\n');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** Node 24: this one, or the one that the npm package `node` brought. */
function node24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const own = join(modules, 'node', 'bin', 'node');
  if (existsSync(own)) return own;
  process.stderr.write(`Docent needs Node 24; this is ${process.version}, and ${own} is missing. Remove node_modules and try again.\n`);
  process.exit(1);
}

export function run(args) {
  install();
  const node = node24();
  const [first, ...rest] = args;
  const environment = {
    // Compiled once: a command starts in half the time.
    NODE_COMPILE_CACHE: join(modules, '.cache', 'node'),
    ...process.env,
    PATH: `${dirname(node)}:${join(modules, '.bin')}:${process.env.PATH ?? ''}`,
  };
  const [file, ...parameters] = first === '--tool' ? [toolFile(rest[0]), ...rest.slice(1)] : [resolve(root, first), ...rest];
  const child = spawn(node, [file, ...parameters], { stdio: 'inherit', env: environment });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`Docent: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

/** The script behind a tool's name in its package.json. */
function toolFile(name) {
  const folder = join(modules, { tsc: 'typescript' }[name] ?? name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[name]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) run(process.argv.slice(2));
