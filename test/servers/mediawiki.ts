/** A real MediaWiki from Debian's packages on loopback: php-fpm and nginx over SQLite in a folder of its own. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const run = promisify(execFile);
const home = '/usr/share/mediawiki';
const fpm = ['/usr/sbin/php-fpm8.2', '/usr/sbin/php-fpm8.4', '/usr/sbin/php-fpm8.3'].find((file) => existsSync(file));
const nginx = '/usr/sbin/nginx';

/** Whether the packages are there; `.ci/run` installs them. */
export const hasMediawiki = existsSync(`${home}/api.php`) && fpm !== undefined && existsSync(nginx);

export const botUser = 'Admin@docent';
export const botPassword = 'docentdocentdocentdocentdocent12';

export interface Mediawiki {
  /** `http://127.0.0.1:PORT`; pages are at `/wiki/TITLE`, scripts at `/w/`. */
  url: string;
  api: string;
  /** Everything as after the installation (the page "Main Page" alone), and these settings in LocalSettings.php's words. */
  reset(settings?: Record<string, unknown>): Promise<void>;
  /** Settings from now on, instead of those before; `private: true` lets only signed-in people read, `unreadable`
   * are titles that nobody may, and `robots: true` gives all the right to large answers. */
  set(settings: Record<string, unknown>): Promise<void>;
  /** An action of the API as a person who may do everything; a POST. Throws what the API calls an error. */
  act(action: string, parameters: Record<string, string>): Promise<Record<string, unknown>>;
  /** The page's id. */
  edit(title: string, text: string): Promise<number>;
  remove(title: string): Promise<void>;
  move(from: string, to: string, options?: { redirect?: boolean }): Promise<void>;
  /** The jobs that edits leave behind: a template's edit reaches the pages that use it. */
  runJobs(): Promise<void>;
  /** Many pages at once, as an import leaves them: each a revision by Admin of that time, without a recent change. */
  importTexts(texts: Map<string, string>, time?: Date): Promise<void>;
  /** Everybody is signed out. */
  forgetSessions(): Promise<void>;
  close(): Promise<void>;
}

export async function startMediawiki(): Promise<Mediawiki> {
  const root = await fs.mkdtemp(path.join(os.tmpdir(), 'docent-mw-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const paths = {
    local: path.join(root, 'LocalSettings.php'),
    settings: path.join(root, 'settings.json'),
    data: path.join(root, 'data'),
    template: path.join(root, 'template'),
    socket: path.join(root, 'fpm.sock'),
  };
  const php = (script: string, ...args: string[]): Promise<{ stdout: string }> =>
    run('php', [`maintenance/${script}.php`, ...args], { cwd: home, env: { ...process.env, MW_CONFIG_FILE: paths.local } });

  const installer = ['--confpath', root, '--dbtype', 'sqlite', '--dbpath', paths.data, '--dbname', 'wiki', '--scriptpath', '/w'];
  const env = { ...process.env, MW_CONFIG_FILE: path.join(root, 'none.php') };
  const who = ['--server', url, '--pass', 'not-of-use-2-anyone', 'Handbook', 'Admin'];
  await run('php', ['maintenance/install.php', ...installer, ...who], { cwd: home, env });
  await fs.appendFile(paths.local, moreSettings(paths.settings, root));
  await fs.writeFile(paths.settings, '{}');
  await php('createBotPassword', '--appid', 'docent', '--grants', 'basic', 'Admin', botPassword);
  await php('runJobs');
  await fs.cp(paths.data, paths.template, { recursive: true });

  await fs.writeFile(path.join(root, 'fpm.conf'), fpmConfig(root, paths.socket, paths.local));
  await fs.writeFile(path.join(root, 'nginx.conf'), nginxConfig(root, port, paths.socket));
  const asRoot = process.getuid?.() === 0;
  const children = [
    spawnBound(fpm!, ['-F', '-y', path.join(root, 'fpm.conf'), ...(asRoot ? ['-R'] : [])]),
    spawnBound(nginx, ['-p', root, '-c', path.join(root, 'nginx.conf'), '-e', path.join(root, 'nginx-error.log')]),
  ];

  const wiki: Mediawiki = {
    url,
    api: `${url}/w/api.php`,
    async reset(settings = {}) {
      for (const file of await fs.readdir(paths.data)) await fs.rm(path.join(paths.data, file), { recursive: true, force: true });
      await fs.cp(paths.template, paths.data, { recursive: true });
      await wiki.set(settings);
    },
    set: (settings) => fs.writeFile(paths.settings, JSON.stringify(settings)),
    async act(action, parameters) {
      const body = new URLSearchParams({ action, token: '+\\', format: 'json', formatversion: '2', ...parameters });
      const response = await fetch(wiki.api, { method: 'POST', headers: { 'x-test-writer': 'yes' }, body });
      const answer = (await response.json()) as Record<string, unknown>;
      if (answer['error']) throw new Error(`${action}: ${JSON.stringify(answer['error'])}`);
      return answer;
    },
    edit: async (title, text) => ((await wiki.act('edit', { title, text }))['edit'] as { pageid: number }).pageid,
    remove: async (title) => void (await wiki.act('delete', { title })),
    move: async (from, to, { redirect = true } = {}) =>
      void (await wiki.act('move', { from, to, ...(redirect ? {} : { noredirect: '1' }) })),
    runJobs: async () => void (await php('runJobs')),
    async importTexts(texts, time = new Date()) {
      const file = path.join(root, 'import.json');
      await fs.writeFile(file, JSON.stringify([...texts]));
      await fs.writeFile(path.join(root, 'import.php'), importer);
      await run('php', [path.join(root, 'import.php'), file, time.toISOString()], {
        cwd: home,
        env: { ...process.env, MW_CONFIG_FILE: paths.local, MW_INSTALL_PATH: home },
        maxBuffer: 1e8,
      });
    },
    async forgetSessions() {
      await fs.copyFile(path.join(paths.template, 'wikicache.sqlite'), path.join(paths.data, 'wikicache.sqlite'));
    },
    async close() {
      await Promise.all(children.map((child) => ended(child)));
      await fs.rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  try {
    await answering(`${wiki.api}?action=query&meta=siteinfo&format=json`, children);
  } catch (error) {
    await wiki.close();
    throw error;
  }
  return wiki;
}

const writerGroups = [
  'edit',
  'createpage',
  'delete',
  'undelete',
  'move',
  'suppressredirect',
  'import',
  'deleterevision',
  'protect',
  'read',
];

/** PHP; the tests' own writer is known by a header, so that it can write where nobody else may read. */
function moreSettings(settings: string, root: string): string {
  return `
$wgArticlePath = '/wiki/$1';
$wgMainCacheType = CACHE_NONE;
$wgParserCacheType = CACHE_DB;
$wgMessageCacheType = CACHE_NONE;
$wgJobRunRate = 0;
$wgRateLimits = [];
$wgCacheDirectory = '${root}/cache';
$wgLocalisationCacheConf['store'] = 'array';
$wgDebugLogFile = '';
# Nothing here outlives the test.
foreach ([&$wgObjectCaches[CACHE_DB], &$wgJobTypeConf['default'], &$wgLocalisationCacheConf['storeServer']] as &$store) {
  if (isset($store['server'])) $store['server']['variables']['synchronous'] = 'OFF';
}
unset($store);
$wgDBservers = [[
  'type' => 'sqlite', 'dbname' => 'wiki', 'tablePrefix' => '', 'dbDirectory' => $wgSQLiteDataDir, 'load' => 1,
  'variables' => ['synchronous' => 'OFF'], 'flags' => DBO_DEFAULT, 'trxMode' => 'IMMEDIATE',
]];
foreach (json_decode(file_get_contents('${settings}'), true) ?: [] as $name => $value) {
  if ($name === 'private') $wgGroupPermissions['*']['read'] = !$value;
  elseif ($name === 'robots') $wgGroupPermissions['*']['apihighlimits'] = $value;
  elseif ($name === 'unreadable') $wgHooks['getUserPermissionsErrors'][] = function ($title, $user, $action, &$result) use ($value) {
    if ($action !== 'read' || !in_array($title->getPrefixedText(), $value)) return true;
    $result = ['badaccess-group0'];
    return false;
  };
  else $GLOBALS[$name] = $value;
}
if (($_SERVER['HTTP_X_TEST_WRITER'] ?? '') === 'yes') {
  foreach (${JSON.stringify(writerGroups)} as $right) $wgGroupPermissions['*'][$right] = true;
}
`;
}

/** Pages and revisions alone, in one transaction, as an import leaves them: no recent changes, no links; edits of so many would take minutes. */
const importer = `<?php
require_once getenv('MW_INSTALL_PATH') . '/maintenance/Maintenance.php';
use MediaWiki\\MediaWikiServices;
use MediaWiki\\Revision\\MutableRevisionRecord;
use MediaWiki\\Revision\\SlotRecord;
class DocentImport extends Maintenance {
  public function __construct() { parent::__construct(); $this->addArg('file', 'JSON of [title, text]'); $this->addArg('time', 'ISO'); }
  public function execute() {
    $services = MediaWikiServices::getInstance();
    $store = $services->getRevisionStore();
    $user = User::newFromName('Admin');
    $db = wfGetDB(DB_PRIMARY);
    $db->startAtomic(__METHOD__);
    foreach (json_decode(file_get_contents($this->getArg(0)), true) as [$name, $text]) {
      $title = Title::newFromText($name);
      if (!$title) $this->fatalError("no title: $name");
      $page = $services->getWikiPageFactory()->newFromTitle($title);
      $page->loadPageData('fromdbmaster');
      $before = $page->getLatest();
      $id = $page->getId() ?: $page->insertOn($db);
      $title->resetArticleID($id);
      $revision = new MutableRevisionRecord($title);
      $revision->setPageId($id);
      if ($before) $revision->setParentId($before);
      $revision->setContent(SlotRecord::MAIN, new WikitextContent($text));
      $revision->setUser($user);
      $revision->setTimestamp(wfTimestamp(TS_MW, $this->getArg(1)));
      $revision->setComment(CommentStoreComment::newUnsavedComment('import'));
      if (!$page->updateRevisionOn($db, $store->insertRevisionOn($revision, $db), $before)) $this->fatalError("not saved: $name");
    }
    $db->endAtomic(__METHOD__);
  }
}
$maintClass = DocentImport::class;
require_once RUN_MAINTENANCE_IF_MAIN;
`;

/** Without `fastcgi_finish_request` an answer ends when all its writing is done, so the next request sees it. */
function fpmConfig(root: string, socket: string, local: string): string {
  const asRoot = process.getuid?.() === 0 ? 'user = root\ngroup = root\n' : '';
  return `[global]
error_log = ${root}/fpm.log
daemonize = no
[wiki]
${asRoot}listen = ${socket}
pm = static
pm.max_children = 2
php_admin_value[disable_functions] = fastcgi_finish_request
env[MW_CONFIG_FILE] = ${local}
php_admin_value[opcache.memory_consumption] = 128
php_admin_value[opcache.validate_timestamps] = 0
php_admin_value[opcache.max_accelerated_files] = 20000
php_admin_value[opcache.interned_strings_buffer] = 32
php_admin_value[realpath_cache_size] = 4M
php_admin_value[error_log] = ${root}/php.log
`;
}

function nginxConfig(root: string, port: number, socket: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${root}/${kind};`).join('\n  ');
  return `${process.getuid?.() === 0 ? 'user root;\n' : ''}daemon off;
worker_processes 1;
pid ${root}/nginx.pid;
error_log ${root}/nginx-error.log;
events { worker_connections 64; }
http {
  ${temporary}
  access_log off;
  include /etc/nginx/mime.types;
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 20m;
    location ~ ^/w/(?<script>index|api|rest|load)\\.php(?<rest>/.*)?$ {
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME ${home}/$script.php;
      fastcgi_param PATH_INFO $rest;
      fastcgi_buffers 16 64k;
      fastcgi_pass unix:${socket};
    }
    location ~ ^/(wiki/|$) {
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME ${home}/index.php;
      fastcgi_param SCRIPT_NAME /w/index.php;
      fastcgi_buffers 16 64k;
      fastcgi_pass unix:${socket};
    }
  }
}
`;
}

async function answering(url: string, children: ChildProcess[]): Promise<void> {
  let last: unknown;
  for (let attempt = 0; attempt < 200; attempt++) {
    if (children.some((child) => child.exitCode !== null)) throw new Error('php-fpm or nginx did not start', { cause: last });
    try {
      const response = await fetch(url);
      if (response.ok) return;
      last = `${response.status} ${(await response.text()).slice(0, 500)}`;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the wiki does not answer', { cause: last });
}

/** A process that ends when its input does: with `stdin.end()`, and with this process, however that ends. */
function spawnBound(command: string, args: string[]): ChildProcess {
  const script = '"$@" <&- & child=$!; read -r _; kill "$child"; wait "$child"';
  return spawn('sh', ['-c', script, 'sh', command, ...args], { stdio: ['pipe', 'ignore', 'ignore'] });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.stdin!.end();
  await exit;
}
