/** A repository that a test commits to, and a server of it: git's own http-backend, or its mere files. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

export interface FakeRepository {
  /** The work tree. */
  folder: string;
  /** The bare repository that it pushes to. */
  bare: string;
  git(...args: string[]): string;
  write(file: string, text: string | Uint8Array): void;
  /** Commits everything and pushes; gives the commit. */
  commit(message?: string, author?: string): string;
  close(): void;
}

const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };

export function makeRepository(branch = 'main'): FakeRepository {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'docent-git-'));
  const folder = path.join(root, 'work');
  const bare = path.join(root, 'team', 'handbook.git');
  fs.mkdirSync(folder);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=Ann', '-c', 'user.email=ann@x.example', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
      .toString()
      .trim();
  execFileSync('git', ['init', '-q', '--bare', '-b', branch, bare], { env });
  for (const setting of ['uploadpack.allowFilter', 'uploadpack.allowAnySHA1InWant'])
    execFileSync('git', [`--git-dir=${bare}`, 'config', setting, 'true'], { env });
  git('init', '-q', '-b', branch);
  git('remote', 'add', 'origin', bare);
  return {
    folder,
    bare,
    git,
    write(file, text) {
      fs.mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
      fs.writeFileSync(path.join(folder, file), text);
    },
    commit(message = 'change', author = 'Ann') {
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', message, `--author=${author} <x@x.example>`);
      git('push', '-q', '--force', 'origin', `HEAD:${branch}`);
      return git('rev-parse', 'HEAD');
    },
    close: () => fs.rmSync(root, { recursive: true, force: true }),
  };
}

export interface GitServer {
  /** `http://127.0.0.1:PORT/team/handbook.git` */
  url: string;
  port: number;
  requests: { method: string; url: string; headers: http.IncomingHttpHeaders }[];
  /** Answers in the place of git, when it gives something. */
  instead: (request: http.IncomingMessage) => { status: number; headers?: Record<string, string>; body?: string } | undefined;
  close(): Promise<void>;
}

/** @param dumb serves the repository's files alone (run `git update-server-info` after each commit) */
export async function serveRepository(repository: FakeRepository, dumb = false): Promise<GitServer> {
  const root = path.dirname(path.dirname(repository.bare));
  const server: GitServer = { url: '', port: 0, requests: [], instead: () => undefined, close: () => Promise.resolve() };
  const listener = http.createServer((request, response) => {
    server.requests.push({ method: request.method!, url: request.url!, headers: request.headers });
    const own = server.instead(request);
    if (own) {
      response.writeHead(own.status, own.headers);
      response.end(own.body);
    } else if (dumb) {
      const file = path.join(root, new URL(request.url!, 'http://x').pathname);
      if (!fs.existsSync(file) || fs.statSync(file).isDirectory()) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': 'text/plain' });
      fs.createReadStream(file).pipe(response);
    } else runBackend(root, new URL(request.url!, 'http://x').pathname, request, response);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  server.port = (listener.address() as AddressInfo).port;
  server.url = `http://127.0.0.1:${server.port}/team/handbook.git`;
  server.close = () => {
    listener.closeAllConnections();
    return new Promise((resolve) => listener.close(() => resolve()));
  };
  return server;
}

let backend: string | undefined;

/** Lets git answer. `pathname` is below the root; the request's own may have another name for it. */
export function runBackend(root: string, pathname: string, request: http.IncomingMessage, response: http.ServerResponse): void {
  backend ??= path.join(execFileSync('git', ['--exec-path']).toString().trim(), 'git-http-backend');
  const url = new URL(request.url!, 'http://x');
  const header = (name: string): string => String(request.headers[name] ?? '');
  const cgi = spawn(backend, [], {
    env: {
      ...env,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: header('content-length'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  cgi.stdin.on('error', () => {});
  request.pipe(cgi.stdin);
  let head = Buffer.alloc(0);
  let begun = false;
  cgi.stdout.on('data', (piece: Buffer) => {
    if (begun) return void response.write(piece);
    head = Buffer.concat([head, piece]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    begun = true;
    const lines = head.subarray(0, end).toString().split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
    const status = Number(/^\d+/.exec(headers.Status ?? '200')?.[0]);
    delete headers.Status;
    response.writeHead(status, headers);
    response.write(head.subarray(end + 4));
  });
  cgi.stdout.on('end', () => response.end());
}
