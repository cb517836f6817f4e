/** A real DokuWiki (Debian's package), served by PHP itself, with data and configuration in a temporary folder of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** With what DokuWiki's HTTP authentication and XML each stumble over. */
export const readerPassword = 'r:ight <1> & ü';

const program = '/usr/share/dokuwiki';

export interface WikiPage {
  id: string;
  /** DokuWiki's syntax; empty deletes the page. */
  text: string;
  user?: string;
}

export interface DokuwikiServer {
  /** Ends with `/`. */
  url: string;
  /** Its data: `pages`, `meta`, `attic`, … */
  data: string;
  /** Saves as the wiki's own editor does (attic, changelog); gives the ids as the wiki cleans them. */
  save(pages: WikiPage[]): Promise<string[]>;
  /** Writes files and changelogs itself, in milliseconds a hundred: pages that were there before. Ids must be clean. */
  put(pages: WikiPage[], time: Date): Promise<void>;
  /** `$conf` entries over those of before. */
  configure(settings: Record<string, string | number>): Promise<void>;
  /** The lines of `acl.auth.php`: page or `*`, `@GROUP` or user, level (0 nothing, 1 reading, 8 all an author needs). */
  allow(...lines: string[]): Promise<void>;
  setPassword(user: string, password: string): Promise<void>;
  /** As if they had lain for too long. */
  endSessions(): Promise<void>;
  /** No pages, and the configuration of the start. */
  reset(): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
}

export function dokuwikiIsInstalled(): boolean {
  return existsSync(path.join(program, 'doku.php')) && spawnSync('php', ['-v']).status === 0;
}

const saveScript = `<?php
define('DOKU_DISABLE_GZIP_OUTPUT', 1);
define('NOSESSION', 1);
$_SERVER['REMOTE_ADDR'] = '127.0.0.1';
require_once('${program}/inc/init.php');
$ids = array();
foreach (json_decode(stream_get_contents(STDIN), true) as $page) {
  $id = cleanID($page['id']);
  $_SERVER['REMOTE_USER'] = $page['user'] ?? '';
  saveWikiText($id, $page['text'], 'test');
  $ids[] = $id;
}
echo "\\n", json_encode($ids);
`;

/** Users `reader` (group `staff`) and `writer` (group `editors`, password `writer`); remote access is on; all may read and write. */
export async function startDokuwiki(): Promise<DokuwikiServer> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'docent-dokuwiki-'));
  const conf = path.join(folder, 'conf');
  const data = path.join(folder, 'data');
  await fs.mkdir(conf);
  const sessions = path.join(folder, 'sessions');
  await fs.mkdir(sessions);
  for (const name of await fs.readdir('/etc/dokuwiki'))
    if (/\.(?:conf|php)$/.test(name) && !/^(?:acl|users)\.auth/.test(name))
      await fs.copyFile(path.join('/etc/dokuwiki', name), path.join(conf, name));
  const emptyData = async (): Promise<void> => {
    await fs.rm(data, { recursive: true, force: true });
    for (const part of 'pages meta attic media media_attic media_meta cache index locks tmp log'.split(' '))
      await fs.mkdir(path.join(data, part), { recursive: true });
  };
  await fs.writeFile(path.join(folder, 'prepend.php'), `<?php define('DOKU_CONF', '${conf}/');`);
  await fs.writeFile(path.join(folder, 'save.php'), saveScript);

  const settingsAtStart: Record<string, string | number> = {
    title: 'Handbook',
    savedir: data,
    useacl: 1,
    superuser: '@admin',
    remote: 1,
    remoteuser: '',
    updatecheck: 0,
  };
  let settings = settingsAtStart;
  const passwords = new Map<string, string>();
  const configure = async (changed: Record<string, string | number>): Promise<void> => {
    settings = { ...settings, ...changed };
    const lines = Object.entries(settings).map(([name, value]) => `$conf['${name}'] = ${JSON.stringify(value)};`);
    await fs.writeFile(path.join(conf, 'local.php'), `<?php\n${lines.join('\n')}\n`);
  };
  const guard = '# <?php exit()?>\n';
  const saveUsers = (): Promise<void> => {
    const groups: Record<string, string> = { reader: 'staff', writer: 'editors' };
    const lines = [...passwords].map(
      ([user, password]) =>
        `${user}:${createHash('md5').update(password).digest('hex')}:${user}:${user}@x.example:${groups[user] ?? 'user'}`,
    );
    return fs.writeFile(path.join(conf, 'users.auth.php'), `${guard}${lines.join('\n')}\n`);
  };
  const allow = (...lines: string[]): Promise<void> => fs.writeFile(path.join(conf, 'acl.auth.php'), `${guard}${lines.join('\n')}\n`);
  const setPassword = (user: string, password: string): Promise<void> => {
    passwords.set(user, password);
    return saveUsers();
  };
  const reset = async (): Promise<void> => {
    await emptyData();
    settings = settingsAtStart;
    await configure({});
    await setPassword('reader', readerPassword);
    await setPassword('writer', 'writer');
    await allow('* @ALL 8');
  };
  await reset();

  const options = ['-d', `auto_prepend_file=${folder}/prepend.php`, '-d', `session.save_path=${sessions}`];
  options.push('-d', 'opcache.enable_cli=1', '-d', 'opcache.revalidate_freq=0', '-d', 'display_errors=0', '-d', 'log_errors=0');
  const port = await freePort();
  // A group of its own: it forks.
  const server = spawn('php', [...options, '-S', `127.0.0.1:${port}`, '-t', program], {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, PHP_CLI_SERVER_WORKERS: '3' },
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}/`;
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) process.kill(-server.pid!);
    await ended;
  };
  const close = async (): Promise<void> => {
    await stop();
    await fs.rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; !(await answers(url)); tries++) {
    if (tries > 200 || server.exitCode !== null) {
      await close();
      throw new Error('DokuWiki did not start');
    }
    await sleep(25);
  }
  return {
    url,
    data,
    configure,
    allow,
    setPassword,
    reset,
    async endSessions() {
      for (const name of await fs.readdir(sessions)) await fs.rm(path.join(sessions, name));
    },
    put: (pages, time) => putPages(data, pages, Math.floor(time.getTime() / 1000)),
    save: (pages) => runPhp([...options, path.join(folder, 'save.php')], JSON.stringify(pages)),
    stop,
    close,
  };
}

async function putPages(data: string, pages: WikiPage[], seconds: number): Promise<void> {
  const lines: string[] = [];
  for (const { id, text, user } of pages) {
    const place = id.replaceAll(':', '/');
    const file = path.join(data, 'pages', `${place}.txt`);
    const history = path.join(data, 'meta', `${place}.changes`);
    const line = [seconds, '127.0.0.1', 'C', id, user ?? '', 'created', '', text.length].join('\t');
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.mkdir(path.dirname(history), { recursive: true });
    await fs.writeFile(file, text);
    await fs.utimes(file, seconds, seconds);
    await fs.writeFile(history, `${line}\n`);
    lines.push(`${line}\n`);
  }
  await fs.appendFile(path.join(data, 'meta', '_dokuwiki.changes'), lines.join(''));
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}lib/exe/xmlrpc.php`).then(
    (response) => response.arrayBuffer().then(() => true),
    () => false,
  );
}

function runPhp(args: string[], input: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('php', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let problems = '';
    child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (problems += piece.toString()));
    child.on('error', reject);
    child.on('exit', (code) => {
      const line = out.trim().split('\n').at(-1) ?? '';
      if (code === 0 && line.startsWith('[')) resolve(JSON.parse(line) as string[]);
      else reject(new Error(`saving failed: ${code} ${out} ${problems}`));
    });
    child.stdin.end(input);
  });
}
