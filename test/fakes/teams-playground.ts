/** Microsoft's Agents Playground, the one real client for Teams that needs no account: its server, started here, for a real browser. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../node_modules/@microsoft/m365agentsplayground/cli.js', import.meta.url));

/** Who and what there is in it. It gives its ids out as Teams does, but for the tenant's. */
const TENANT = '00000000-0000-0000-0000-000000000001';
export const HELP_DESK = '19:help-desk@thread.tacv2';
export const PERSONAL = 'a:ana-and-docent';
/** It wants five others. */
const OTHERS = ['Ben Okoro', 'Chen Wei', 'Dana Roth', 'Emil Berg', 'Fatima Aziz'];

function who(name: string, nth: number): string {
  const [givenName = '', surname = ''] = name.split(' ');
  const email = `${givenName.toLowerCase()}@example.com`;
  const id = `29:${givenName.toLowerCase()}`;
  return JSON.stringify({
    id,
    name,
    userPrincipleName: email,
    aadObjectId: `00000000-0000-0000-0000-00000000002${nth}`,
    givenName,
    surname,
    email,
  });
}

const CONFIG = `
version: "0.1.1"
tenantId: ${TENANT}
bot: { id: "28:docent", name: Docent }
currentUser: ${who('Ana Lima', 0)}
users:
${OTHERS.map((name, i) => `  - ${who(name, i + 1)}`).join('\n')}
personalChat: { id: "${PERSONAL}" }
groupChat: { id: "19:group@thread.v2", name: Project }
team:
  id: "19:general@thread.tacv2"
  name: The company
  aadGroupId: 00000000-0000-0000-0000-000000000031
  channels:
    - { id: "${HELP_DESK}", name: Help desk }
`;

export interface Playground {
  /** Its page. */
  url: string;
  close(): Promise<void>;
}

/** A port that nothing listens on: Docent has to know it before the playground, and the playground Docent's. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** @param endpoint Docent's `/api/messages` @throws Error when it does not come up, or on another port */
export async function startPlayground(endpoint: string, port: number): Promise<Playground> {
  const folder = mkdtempSync(join(tmpdir(), 'docent-playground-'));
  const config = join(folder, 'playground.yml');
  writeFileSync(config, CONFIG);
  const child = spawn(process.execPath, [CLI, '-e', endpoint, '-c', 'msteams', '-p', String(port), '--disable-telemetry'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      TEAMSAPPTESTER_BROWSER: 'none',
      M365_AGENTS_PLAYGROUND_CONFIG_PATH: config,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const said: string[] = [];
  const url = `http://localhost:${port}`;
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (line) => said.push(line));
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  // It says that it listens before it has read its configuration.
  const until = Date.now() + 30_000;
  while (
    !(await fetch(`${url}/_internal/v1/config`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode === null && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
    else {
      await close();
      throw new Error(`the playground did not come up: ${said.join(' / ')}`);
    }
  }
  return { url, close };
}
