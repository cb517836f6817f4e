/** A balancer as plain as one can be: each request to the next server in turn, streams passed on as they come, a server that does not answer left out. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Balancer {
  url: string;
  /** The servers from now on, by their addresses. */
  to(servers: string[]): void;
  close(): Promise<void>;
}

export async function startBalancer(): Promise<Balancer> {
  let servers: string[] = [];
  let turn = 0;

  function pass(from: IncomingMessage, answer: ServerResponse, body: Buffer, tried: number): void {
    const server = servers[turn++ % servers.length];
    if (server === undefined || tried >= servers.length) return void answer.writeHead(502).end('no server answers\n');
    const on = request(new URL(from.url!, server), { method: from.method, headers: from.headers, agent: false }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers);
      // Cut off behind us: cut off before us, so that nobody takes half an answer for a whole one.
      answered.on('error', () => answer.destroy());
      answered.on('aborted', () => answer.destroy());
      answered.pipe(answer);
    });
    on.on('error', () => (answer.headersSent ? answer.destroy() : pass(from, answer, body, tried + 1)));
    answer.on('close', () => on.destroy());
    on.end(body);
  }

  const server = createServer((from, answer) => {
    const parts: Buffer[] = [];
    from.on('data', (part: Buffer) => parts.push(part)).on('end', () => pass(from, answer, Buffer.concat(parts), 0));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    to: (list) => void (servers = list),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
