/** The console on a free port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { App } from '../../src/app-contract.ts';
import { createConsole, type ConsoleOptions } from '../../src/console/server.ts';

export interface Served {
  url: string;
  port: number;
  close(): Promise<void>;
}

/** @param port 0: any free one; a given one to come back where a server was before */
export async function serveConsole(app: App, port = 0, options: ConsoleOptions = {}): Promise<Served> {
  const server = createServer(createConsole(app, { sessionKey: 'a key for the tests alone', ...options }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
