import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import type { World } from './slack-state.ts';

export type Acknowledged = { ok: true; payload: unknown } | { ok: false; fault: string };

/** The app's Socket Mode connections. Each envelope goes to one of them, in turn, as Slack does. */
export interface Sockets {
  /** The address of a new connection, good once. */
  ticket(): string;
  count(): number;
  /** Whether the app ever connected; from then on what it misses is delivered again. */
  used(): boolean;
  send(envelope: Fields, waitMs: number, ended: AbortSignal): Promise<Acknowledged>;
  /** Asks connections to reconnect as Slack does every few hours; the first, or all. */
  disconnect(reason?: 'refresh_requested' | 'warning' | 'link_disabled', all?: boolean): void;
  /** Cuts connections without a word. */
  cut(): void;
  close(): void;
}

export function sockets(world: World, server: Server): Sockets {
  const tickets = new Set<string>();
  const open: WebSocket[] = [];
  const waiting = new Map<string, (outcome: Acknowledged) => void>();
  const wss = new WebSocketServer({ noServer: true });
  let turn = 0;
  let used = false;

  const hear = (data: string): void => {
    const message: unknown = JSON.parse(data);
    if (!isObject(message) || typeof message.envelope_id !== 'string')
      return void world.complaints.push('socket: message without envelope_id');
    const settle = waiting.get(message.envelope_id);
    if (!settle) world.complaints.push(`socket: acknowledgement of an unknown or late envelope ${message.envelope_id}`);
    settle?.({ ok: true, payload: message.payload });
  };

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const ticket = new URL(request.url ?? '/', world.origin).searchParams.get('ticket') ?? '';
    if (!tickets.delete(ticket)) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    wss.handleUpgrade(request, socket, head, (ws) => {
      open.push(ws);
      used = true;
      ws.on('message', (data) => hear(String(data)));
      ws.on('error', () => undefined);
      ws.on('close', () => {
        if (open.includes(ws)) open.splice(open.indexOf(ws), 1);
      });
      const debug = { host: 'applink-fake', build_number: 1, approximate_connection_time: 18_060 };
      ws.send(
        JSON.stringify({ type: 'hello', num_connections: open.length, debug_info: debug, connection_info: { app_id: world.app.id } }),
      );
      ws.ping('hello');
    });
  });
  const pings = setInterval(() => open.forEach((ws) => ws.ping('ping')), 5000);
  pings.unref();

  return {
    ticket() {
      const ticket = randomUUID();
      tickets.add(ticket);
      return `${world.origin.replace('http', 'ws')}/link/?ticket=${ticket}&app_id=${world.app.id}`;
    },
    count: () => open.length,
    used: () => used,
    send(envelope, waitMs, ended) {
      const ws = open[turn++ % Math.max(1, open.length)];
      if (!ws) return Promise.resolve({ ok: false, fault: 'connection_failed' });
      return new Promise((resolve) => {
        const id = String(envelope.envelope_id);
        const settle = (outcome: Acknowledged): void => {
          clearTimeout(timer);
          waiting.delete(id);
          ws.off('close', gone);
          ended.removeEventListener('abort', gone);
          resolve(outcome);
        };
        const gone = (): void => settle({ ok: false, fault: 'connection_failed' });
        const timer = setTimeout(() => settle({ ok: false, fault: 'http_timeout' }), waitMs);
        waiting.set(id, settle);
        ws.once('close', gone);
        ended.addEventListener('abort', gone, { once: true });
        ws.send(JSON.stringify(envelope));
      });
    },
    disconnect(reason = 'refresh_requested', all = false) {
      for (const ws of all ? [...open] : open.slice(0, 1)) {
        // It takes no more envelopes, though those under way may still be acknowledged.
        open.splice(open.indexOf(ws), 1);
        ws.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'applink-fake' } }));
      }
    },
    cut: () => [...open].forEach((ws) => ws.terminate()),
    close() {
      clearInterval(pings);
      for (const ws of wss.clients) ws.terminate();
      wss.close();
    },
  };
}
