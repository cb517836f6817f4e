/**
 * A host of repositories as GitHub and GitLab are to git: git's own http-backend behind their logins and refusals. Their words are
 * those that people report and that GitLab's source has; what git may not ask is a violation, which tests expect to be none.
 */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { runBackend, type FakeRepository } from './git.ts';

export interface HostedRepository {
  /** Undefined: there is none, as for a wiki that nobody has written. */
  repository: FakeRepository | undefined;
  private?: boolean;
}

export interface HostToken {
  /** Paths without `.git` that it may read; what it may not read is not there. */
  may: string[];
  /** The only user that it is taken with (deploy tokens, GitHub's installation tokens, GitLab's OAuth tokens). */
  user?: string;
  /** GitHub: single sign-on, or no permission for contents. GitLab: a guest. */
  lacks?: 'sso' | 'contents' | 'role';
}

export interface GitHost {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** By `owner/name`, `group/sub/name` or `owner/name.wiki`. */
  repositories: Map<string, HostedRepository>;
  tokens: Map<string, HostToken>;
  /** What stood there before is there now. */
  renamed: Map<string, string>;
  /** What stood there is on another host now, at this address. */
  elsewhere: Map<string, string>;
  /** Requests that are answered with 429 from now on, and the seconds that it asks to wait. */
  limited: { times: number; seconds: number };
  requests: { method: string; path: string; status: number; user: string; token: string }[];
  violations: string[];
  /** Before each answer. */
  onRequest: (request: http.IncomingMessage) => void;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

const words = {
  github: {
    none: 'Repository not found.\n',
    wrong: 'Invalid username or token. Password authentication is not supported for Git operations.\n',
    sso: "The 'acme' organization has enabled or enforced SAML SSO. To access this repository, visit https://github.com/orgs/acme/sso?authorization_request=AAA and try your request again.\n",
    contents: 'Write access to repository not granted.\n',
  },
  gitlab: {
    none: "The project you were looking for could not be found or you don't have permission to view it.\n",
    wrong:
      'HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you are required to use a token instead of a password. If a token was provided, it was either incorrect, expired, or improperly scoped.\n',
    role: 'You are not allowed to download code from this project.\n',
    noWiki: 'A repository for this wiki does not exist yet.\n',
  },
};

export async function startGitHost(kind: 'github' | 'gitlab'): Promise<GitHost> {
  const host: GitHost = {
    url: '',
    repositories: new Map(),
    tokens: new Map(),
    renamed: new Map(),
    elsewhere: new Map(),
    limited: { times: 0, seconds: 0 },
    requests: [],
    violations: [],
    onRequest: () => {},
    close: () => Promise.resolve(),
  };
  const listener = http.createServer((request, response) => {
    host.onRequest(request);
    const { pathname, search } = new URL(request.url!, 'http://x');
    const login = loginOf(request.headers.authorization);
    const [, name = '', git = '', service = ''] = /^\/(.+?)(\.git)?\/(info\/refs|git-upload-pack)$/.exec(pathname) ?? [];
    const violation = service === '' ? 'no address of git' : violationOf(request, service, search);
    if (violation !== undefined) host.violations.push(`${request.method} ${request.url}: ${violation}`);
    const own = violation === undefined ? answerTo(host, kind, decodeURIComponent(name), git !== '', service + search, login) : page;
    host.requests.push({
      method: request.method!,
      path: pathname,
      status: own?.status ?? 200,
      user: login?.user ?? '',
      token: login?.token ?? '',
    });
    if (own) {
      response.writeHead(own.status, { 'content-type': 'text/plain; charset=utf-8', ...own.headers });
      return void response.end(own.body);
    }
    const { bare } = host.repositories.get(decodeURIComponent(name))!.repository!;
    const root = path.dirname(path.dirname(bare));
    runBackend(root, `/${path.relative(root, bare)}/${service}`, request, response);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  host.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  host.close = () => {
    listener.closeAllConnections();
    return new Promise((resolve) => listener.close(() => resolve()));
  };
  return host;
}

const page: Answer = { status: 200, body: '<!doctype html><title>Sign in</title>', headers: { 'content-type': 'text/html' } };

function violationOf(request: http.IncomingMessage, service: string, search: string): string | undefined {
  if (!request.headers['user-agent']?.startsWith('git/')) return 'hosts answer browsers with pages';
  if (service === 'info/refs') {
    if (request.method !== 'GET') return 'info/refs is asked for with GET';
    return search === '?service=git-upload-pack' ? undefined : 'only git-upload-pack is read';
  }
  if (request.method !== 'POST' || search !== '') return 'git-upload-pack is posted to';
  return request.headers['content-type'] === 'application/x-git-upload-pack-request' ? undefined : 'the content type of a request';
}

/** Undefined where git answers. */
function answerTo(
  host: GitHost,
  kind: 'github' | 'gitlab',
  name: string,
  git: boolean,
  rest: string,
  login: { user: string; token: string } | undefined,
): Answer | undefined {
  if (host.limited.times > 0) {
    host.limited.times--;
    return { status: 429, body: 'Retry later\n', headers: { 'retry-after': String(host.limited.seconds) } };
  }
  const moved = host.renamed.get(name);
  if (moved !== undefined || (kind === 'gitlab' && !git))
    return { status: 301, body: '', headers: { location: `${host.url}/${moved ?? name}.git/${rest}` } };
  const away = host.elsewhere.get(name);
  if (away !== undefined) return { status: 301, body: '', headers: { location: `${away}/${rest}` } };
  const unknown: Answer = {
    status: 401,
    body: login === undefined ? words[kind].none : words[kind].wrong,
    headers: { 'www-authenticate': `Basic realm="${kind === 'github' ? 'GitHub' : 'GitLab'}"` },
  };
  const known = login && host.tokens.get(login.token);
  if (login !== undefined && (known === undefined || (known.user !== undefined && known.user !== login.user))) return unknown;
  const found = host.repositories.get(name);
  const open = found !== undefined && !found.private;
  const may = open || (found !== undefined && known?.may.includes(name.replace(/\.wiki$/, '')));
  if (!may) return login === undefined ? unknown : { status: 404, body: words[kind].none };
  if (known?.lacks === 'sso') return { status: 403, body: words.github.sso };
  if (known?.lacks === 'contents' && !open) return { status: 403, body: words.github.contents };
  if (known?.lacks === 'role' && !open) return { status: 403, body: words.gitlab.role };
  if (found.repository !== undefined) return undefined;
  if (kind === 'gitlab') return { status: 404, body: words.gitlab.noWiki };
  const refusal = `ERR access denied or repository not exported: /c/nw/${name}.git`;
  return {
    status: 200,
    body: `001e# service=git-upload-pack\n0000${(refusal.length + 4).toString(16).padStart(4, '0')}${refusal}`,
    headers: { 'content-type': 'application/x-git-upload-pack-advertisement' },
  };
}

function loginOf(header: string | undefined): { user: string; token: string } | undefined {
  if (header === undefined) return undefined;
  const [user = '', ...rest] = Buffer.from(/^Basic (.+)$/.exec(header)?.[1] ?? '', 'base64')
    .toString('utf8')
    .split(':');
  return { user, token: rest.join(':') };
}
