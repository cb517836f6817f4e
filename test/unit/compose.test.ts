/** The compose files and the image, read as an operator's machine would read them. No engine runs here. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ENTRIES, readConfig } from '../../src/config.ts';

interface Service {
  image: string;
  build?: string;
  user?: string;
  environment?: Record<string, string>;
  command?: string[];
  ports?: string[];
  networks: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[]; interval: string; timeout: string; retries: number };
  deploy: { resources: { limits: { cpus: string; memory: string; pids: number } } };
  restart: string;
  read_only: boolean;
  cap_drop: string[];
  security_opt: string[];
  logging: { options: Record<string, string> };
  volumes?: string[];
  stop_grace_period: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const FILES = ['docker-compose.yml', 'docker-compose.balancer.yml'] as const;
const composed = (name: string) =>
  parse(read(name), { merge: true, customTags: [{ tag: '!reset', collection: 'seq', resolve: () => [] as never }] }) as {
    services: Record<string, Service>;
    networks: Record<string, { internal?: boolean }>;
    volumes: Record<string, unknown>;
  };
const { services, networks, volumes } = composed('docker-compose.yml');
const { balancer } = composed('docker-compose.balancer.yml').services;
const every = Object.entries({ ...services, balancer: balancer! });

/** A filled-in `.env`. */
const FILLED: Record<string, string> = {
  PUBLIC_URL: 'https://docent.example.com',
  SECRET_KEY: 'a1'.repeat(32),
  ADMIN_TOKEN: 'b2'.repeat(24),
  POSTGRES_PASSWORD: 'c3'.repeat(24),
  REDIS_PASSWORD: 'd4'.repeat(24),
  QDRANT_API_KEY: 'e5'.repeat(24),
};
const SECRET = /(PASSWORD|KEY|TOKEN|SECRET)$/;
/** Given by others to whoever uses them: not made here, and not needed to start. */
const GIVEN = ['OPENAI_API_KEY', 'SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN'];

/** `${NAME}`, `${NAME:-default}`, `${NAME:?message}`, `$$`, one within another, as the Compose specification has them. */
function interpolate(text: string, env: Record<string, string>, asked: (name: string, rest: string) => void = () => {}): string {
  let made = '';
  for (let i = 0; i < text.length;) {
    if (text.startsWith('$$', i)) {
      made += '$';
      i += 2;
    } else if (text.startsWith('${', i)) {
      let depth = 1;
      let end = i + 2;
      for (; depth > 0; end++) {
        if (text.startsWith('${', end)) depth++;
        else if (text[end] === '}') depth--;
      }
      const [, name = '', rest = ''] = /^(\w+)(.*)$/s.exec(text.slice(i + 2, end - 1))!;
      asked(name, rest);
      if (env[name]) made += env[name];
      else if (rest.startsWith(':-')) made += interpolate(rest.slice(2), env, asked);
      else throw new Error(`${name}: ${rest.slice(2)}`);
      i = end;
    } else made += text[i++];
  }
  return made;
}

/** Every variable that a compose file asks for, with what follows its name. Comments ask for nothing. */
function asked(name: string): { name: string; rest: string }[] {
  const found: { name: string; rest: string }[] = [];
  const text = read(name).replaceAll(/^\s*#.*$/gm, '');
  interpolate(text, { ...FILLED, DATABASE_URL: '', REDIS_URL: '' }, (variable, rest) => found.push({ name: variable, rest }));
  return found;
}

describe.each(every)('the service %s', (name, service) => {
  const own = services[name] !== undefined && service.build !== undefined;

  test('has an image of a stated version', () => {
    const version = /:([^:@/]+)$/.exec(interpolate(service.image, {}))?.[1];
    expect(version, service.image).toMatch(/\d+\.\d+/);
    expect(service.image).not.toMatch(/latest/);
  });

  test('says whether it is well', () => {
    if (own) expect(read('Dockerfile')).toMatch(/^HEALTHCHECK .*\\\n\s+CMD \["node"/m);
    else
      expect(service.healthcheck).toMatchObject({ interval: expect.any(String), timeout: expect.any(String), retries: expect.any(Number) });
  });

  test('is limited in processors, memory, processes and logs', () => {
    const { cpus, memory, pids } = service.deploy.resources.limits;
    expect(Number(interpolate(cpus, {}))).toBeGreaterThan(0);
    expect(interpolate(memory, {})).toMatch(/^\d+[mg]$/);
    expect(pids).toBeGreaterThan(0);
    expect(service.logging.options).toMatchObject({ 'max-size': expect.any(String), 'max-file': expect.any(String) });
  });

  test('has no more rights than it needs, and comes back by itself', () => {
    expect(service).toMatchObject({
      restart: 'unless-stopped',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      stop_grace_period: expect.any(String),
    });
    // Caddy opens ports 80 and 443.
    if (name !== 'balancer') expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });
});

describe('what is reached from where', () => {
  test('only the web process is published, to this machine alone until told otherwise', () => {
    expect(Object.keys(services).filter((name) => services[name]!.ports !== undefined)).toEqual(['web']);
    expect(services['web']!.ports!.map((port) => interpolate(port, {}))).toEqual(['127.0.0.1:3000:3000']);
  });

  test('what holds the data reaches nothing but Docent', () => {
    expect(networks['inside']).toEqual({ internal: true });
    for (const name of ['postgres', 'redis', 'qdrant']) {
      expect(services[name]!.networks, name).toEqual(['inside']);
      for (const volume of services[name]!.volumes!) expect(Object.keys(volumes), name).toContain(volume.split(':')[0]);
    }
  });

  test('behind the balancer the web processes are published no more, and a person stays with one of them', () => {
    expect(composed('docker-compose.balancer.yml').services['web']!.ports).toEqual([]);
    expect(read('docker-compose.balancer.yml')).toMatch(/ports: !reset \[\]/);
    expect(read('deploy/Caddyfile')).toMatch(/lb_policy cookie/);
  });
});

describe('the settings', () => {
  test('no password has a default, and who lacks one is told how to make it', () => {
    for (const file of FILES)
      for (const { name, rest } of asked(file).filter((one) => SECRET.test(one.name) && !GIVEN.includes(one.name)))
        expect(rest, `${file}: ${name}`).toMatch(/^:\?.*openssl rand/);
    for (const given of GIVEN) expect(asked('docker-compose.yml').find(({ name }) => name === given)!.rest, given).toBe(':-');
    // A password that is written out would be none.
    for (const [name, service] of every)
      for (const [key, value] of Object.entries(service.environment ?? {}))
        if (SECRET.test(key) || key === 'REDISCLI_AUTH') expect(value, `${name}: ${key}`).toMatch(/^\$\{/);
  });

  test.each(Object.keys(FILLED))('without %s nothing starts', (missing) => {
    const env = { ...FILLED, [missing]: '' };
    const all = FILES.map(read)
      .join('\n')
      .replaceAll(/^\s*#.*$/gm, '');
    expect(() => interpolate(all, FILLED)).not.toThrow();
    expect(() => interpolate(all, env)).toThrow(missing);
  });

  test('the example names exactly what the compose files ask for', () => {
    const example = [...read('.env.compose.example').matchAll(/^#?([A-Za-z][A-Za-z_]*)=/gm)].map(([, name]) => name!);
    const wanted = new Set(FILES.flatMap(asked).map(({ name }) => name));
    expect(example.toSorted()).toEqual([...wanted].toSorted());
    // What must be filled in stands there open and empty.
    for (const name of Object.keys(FILLED)) expect(read('.env.compose.example')).toMatch(new RegExp(`^${name}=$`, 'm'));
  });

  test.each(['web', 'worker'])('Docent takes the environment of %s as it is', (role) => {
    const env = Object.fromEntries(
      Object.entries(services[role]!.environment!).map(([name, value]) => [name, interpolate(value, FILLED)] as const),
    );
    const image = Object.fromEntries(
      [...read('Dockerfile').matchAll(/^(?:ENV |\s+)([A-Z_]+)=(\S+)/gm)].map(([, name, value]) => [name!, value!]),
    );
    expect(Object.keys(env).filter((name) => !(name in ENTRIES))).toEqual([]);
    expect(readConfig({ ...image, ...env })).toMatchObject({
      DOCENT_ROLE: role,
      HOST: '0.0.0.0',
      PORT: 3000,
      DATA_DIR: '/data',
      DATABASE_URL: `postgres://docent:${FILLED['POSTGRES_PASSWORD']}@postgres:5432/docent`,
      REDIS_URL: `redis://:${FILLED['REDIS_PASSWORD']}@redis:6379`,
      QDRANT_URL: 'http://qdrant:6333',
    });
    // Every variable that there is can be set in `.env`, but for those that the image decides, and what is for a laptop alone.
    const decided = ['DATA_DIR', 'HOST', 'PORT', 'TEAMS_ALLOW_ANONYMOUS'];
    expect(Object.keys(ENTRIES).filter((name) => !(name in env) && !decided.includes(name))).toEqual([]);
  });

  test('servers that stand elsewhere take the place of those in the file', () => {
    const elsewhere = { DATABASE_URL: 'postgres://a:b@db/x', REDIS_URL: 'rediss://:p@r:6379', QDRANT_URL: 'https://q:6333' };
    for (const [name, url] of Object.entries(elsewhere))
      expect(interpolate(services['web']!.environment![name]!, { ...FILLED, ...elsewhere }), name).toBe(url);
  });
});

describe('the parts', () => {
  test('web and worker wait until all three are well', () => {
    for (const name of ['web', 'worker'])
      expect(services[name]!.depends_on).toEqual(
        Object.fromEntries(['postgres', 'redis', 'qdrant'].map((part) => [part, { condition: 'service_healthy' }])),
      );
  });

  test('Redis evicts nothing and keeps everything; its password is in no list of processes', () => {
    const command = services['redis']!.command!.join('\n');
    expect(command).toMatch(/^maxmemory-policy noeviction$/m);
    expect(command).toMatch(/^appendonly yes$/m);
    expect(interpolate(command, {})).toMatch(/^requirepass \$REDIS_PASSWORD$/m);
  });

  test('Qdrant is 1.16 or later, Postgres 17, Node 24', () => {
    const [, major, minor] = /v(\d+)\.(\d+)/.exec(services['qdrant']!.image)!;
    expect(Number(major) * 100 + Number(minor)).toBeGreaterThanOrEqual(116);
    expect(services['postgres']!.image).toMatch(/:17\.\d+/);
    expect(read('Dockerfile')).toMatch(/^ARG NODE_IMAGE=node:24\.\d+\.\d+-bookworm-slim$/m);
  });

  test("the image's version is the package's, and it holds what the builder is given", () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(services['web']!.image).toBe(`docent:\${DOCENT_VERSION:-${version}}`);
    const given = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path!);
    const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths]) => paths!.split(' '));
    expect(copied.toSorted()).toEqual(given.toSorted());
    for (const path of given) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });
});

const compose = [['docker', 'compose'], ['docker-compose']].find(([command, ...args]) => {
  const { status, stdout } = spawnSync(command!, [...args, 'version', '--short'], { encoding: 'utf8' });
  return status === 0 && !/^v?1\./.test(stdout);
});
const missing = compose ? '' : ' (not run: no "docker compose" 2 or later is here)';

describe.skipIf(!compose)(`as docker compose itself reads it${missing}`, () => {
  const config = (env: Record<string, string>, files: readonly string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'docent-compose-'));
    try {
      writeFileSync(
        join(folder, '.env'),
        Object.entries(env)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      );
      const [command, ...args] = compose!;
      const chosen = files.flatMap((file) => ['-f', join(ROOT, file)]);
      return spawnSync(command!, [...args, '--env-file', join(folder, '.env'), ...chosen, 'config', '--format', 'json'], {
        encoding: 'utf8',
        // Nothing of what this process has set.
        env: {
          PATH: process.env['PATH'],
          HOME: process.env['HOME'],
          ...(process.env['DOCKER_CONFIG'] ? { DOCKER_CONFIG: process.env['DOCKER_CONFIG'] } : {}),
        },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('a filled-in .env is taken', () => {
    const { status, stdout, stderr } = config(FILLED, ['docker-compose.yml']);
    expect(status, stderr).toBe(0);
    const made = JSON.parse(stdout) as { services: Record<string, { environment: Record<string, string>; ports?: unknown[] }> };
    expect(Object.keys(made.services).toSorted()).toEqual(['postgres', 'qdrant', 'redis', 'web', 'worker']);
    expect(made.services['worker']!.environment).toMatchObject({
      DOCENT_ROLE: 'worker',
      DATABASE_URL: `postgres://docent:${FILLED['POSTGRES_PASSWORD']}@postgres:5432/docent`,
    });
  });

  test('the balancer takes the place of the published port', () => {
    const { status, stdout, stderr } = config(FILLED, FILES);
    expect(status, stderr).toBe(0);
    const made = JSON.parse(stdout) as { services: Record<string, { ports?: unknown[] }> };
    expect(made.services['web']!.ports ?? []).toEqual([]);
    expect(made.services['balancer']!.ports).toHaveLength(2);
  });

  test.each(Object.keys(FILLED))('without %s it says so', (name) => {
    const { status, stderr } = config({ ...FILLED, [name]: '' }, ['docker-compose.yml']);
    expect(status).not.toBe(0);
    expect(stderr).toContain(name);
  });
});
