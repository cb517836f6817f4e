import http from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { isAllowed, isInternal } from '../../src/net/internal-address.ts';
import { createOutbound, type Outbound, type OutboundOptions } from '../../src/net/outbound.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(handler: http.RequestListener, host = '127.0.0.1'): Promise<{ port: number; seen: http.IncomingMessage[] }> {
  const seen: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    seen.push(request);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

function outbound(options: Partial<OutboundOptions> = {}): Outbound {
  const created = createOutbound({ allowInternal: () => ['127.0.0.1'], ...options });
  cleanups.push(() => created.close());
  return created;
}

const text = async (response: { bytes(): Promise<Uint8Array> }): Promise<string> => Buffer.from(await response.bytes()).toString();

test('fetches from a server that was allowed, and gives status, headers and body', async () => {
  const { port } = await serve((_request, response) => response.writeHead(203, { 'x-a': 'b' }).end('hello'));
  const response = await outbound().fetch(`http://127.0.0.1:${port}/p`);
  expect([response.status, response.headers['x-a'], response.url, await text(response)]).toEqual([
    203,
    'b',
    `http://127.0.0.1:${port}/p`,
    'hello',
  ]);
});

test.each([
  'http://127.0.0.1:PORT/',
  'http://localhost:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f.1:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://[::1]:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://0.0.0.0:PORT/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[64:ff9b::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://10.0.0.1/',
])('refuses the internal address %s and says where to allow it', async (address) => {
  const { port, seen } = await serve((_request, response) => response.end('secret'));
  const failure = outbound({ allowInternal: () => [] }).fetch(address.replace('PORT', String(port)));
  await expect(failure).rejects.toMatchObject({
    code: 'outbound.internal',
    publicMessage: expect.stringContaining('Settings → Internal addresses') as string,
  });
  expect(seen).toHaveLength(0);
});

test('a name that resolves to a public address first and to an internal one later is refused when it connects', async () => {
  const { port, seen } = await serve((_request, response) => response.end('secret'));
  let asked = 0;
  const lookup = async (): Promise<{ address: string; family: number }[]> => [
    { address: asked++ === 0 ? '203.0.113.7' : '127.0.0.1', family: 4 },
  ];
  await lookup();
  await expect(outbound({ allowInternal: () => [], lookup }).fetch(`http://rebind.example:${port}/`)).rejects.toMatchObject({
    code: 'outbound.internal',
    publicMessage: expect.stringContaining('`rebind.example` resolves to an internal address, 127.0.0.1') as string,
  });
  expect(seen).toHaveLength(0);
});

test('one internal address among several refuses the name', async () => {
  const { port } = await serve((_request, response) => response.end('secret'));
  const lookup = async (): Promise<{ address: string; family: number }[]> => [
    { address: '93.184.216.34', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ];
  await expect(outbound({ allowInternal: () => [], lookup }).fetch(`http://mixed.example:${port}/`)).rejects.toMatchObject({
    code: 'outbound.internal',
  });
});

test('an internal host that an admin allowed by name answers, and only that one', async () => {
  const { port } = await serve((_request, response) => response.end('wiki'));
  const lookup = async (): Promise<{ address: string; family: number }[]> => [{ address: '127.0.0.1', family: 4 }];
  const guard = outbound({ allowInternal: () => [`wiki.corp:${port}`], lookup });
  expect(await text(await guard.fetch(`http://wiki.corp:${port}/`))).toBe('wiki');
  await expect(guard.fetch(`http://other.corp:${port}/`)).rejects.toMatchObject({ code: 'outbound.internal' });
});

test('a redirect to an internal address is refused', async () => {
  const inner = await serve((_request, response) => response.end('secret'), '0.0.0.0');
  const { port } = await serve((_request, response) => response.writeHead(302, { location: `http://127.0.0.2:${inner.port}/` }).end());
  await expect(outbound().fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'outbound.internal' });
  expect(inner.seen).toHaveLength(0);
});

test('redirects are followed, keep credentials on their origin and lose them on another', async () => {
  const other = await serve((_request, response) => response.end('there'));
  const { port, seen } = await serve((request, response) => {
    if (request.url === '/a') response.writeHead(301, { location: '/b' }).end();
    else response.writeHead(307, { location: `http://127.0.0.1:${other.port}/c` }).end();
  });
  const response = await outbound().fetch(`http://127.0.0.1:${port}/a`, {
    headers: { Authorization: 'Bearer x', cookie: 'a=b', 'x-api-key': 'k', accept: 'text/html' },
  });
  expect([await text(response), response.url]).toEqual(['there', `http://127.0.0.1:${other.port}/c`]);
  expect(seen.map((request) => request.headers.authorization)).toEqual(['Bearer x', 'Bearer x']);
  const { authorization, cookie, accept, 'x-api-key': key } = other.seen[0]!.headers;
  expect([authorization, cookie, key, accept]).toEqual([undefined, undefined, undefined, 'text/html']);
});

test('an endless chain of redirects ends', async () => {
  const { port, seen } = await serve((_request, response) => response.writeHead(302, { location: '/' }).end());
  await expect(outbound({ maxRedirects: 3 }).fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'outbound.redirects' });
  expect(seen).toHaveLength(4);
});

test.each([
  'file:///etc/passwd',
  'ftp://example.com/',
  'gopher://x/',
  'javascript:alert(1)',
  'not a url',
  'http://user:pw@example.com/',
  'http://example.com:22/',
  'http://example.com:6379/',
  'http://example.com:25/',
])('refuses %s before any connection', async (address) => {
  await expect(outbound().fetch(address)).rejects.toMatchObject({ code: 'outbound.address' });
});

test('a redirect to another scheme is refused', async () => {
  const { port } = await serve((_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
  await expect(outbound().fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'outbound.address' });
});

test('an endless body is cut off at the limit', async () => {
  const { port } = await serve((_request, response) => {
    response.on('error', () => {});
    const write = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', write);
    write();
  });
  await expect(outbound({ maxBytes: 1_000_000 }).fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
    code: 'outbound.too_large',
    publicMessage: 'It is larger than 1 MB.',
  });
});

test('a small packed body that unpacks to a large one is cut off, and an honest one is unpacked', async () => {
  const bomb = zlib.gzipSync(Buffer.alloc(200_000_000), { level: 1 });
  const { port } = await serve((request, response) => {
    if (request.url === '/bomb') response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    else if (request.url === '/br') response.writeHead(200, { 'content-encoding': 'br' }).end(zlib.brotliCompressSync('hello br'));
    else if (request.url === '/broken') response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip');
    else response.writeHead(200, { 'content-encoding': 'gzip' }).end(zlib.gzipSync('hello'));
  });
  const guard = outbound({ maxBytes: 5_000_000 });
  const before = process.memoryUsage().rss;
  await expect(guard.fetch(`http://127.0.0.1:${port}/bomb`)).rejects.toMatchObject({ code: 'outbound.too_large' });
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  expect(await text(await guard.fetch(`http://127.0.0.1:${port}/`))).toBe('hello');
  expect(await text(await guard.fetch(`http://127.0.0.1:${port}/br`))).toBe('hello br');
  await expect(guard.fetch(`http://127.0.0.1:${port}/broken`)).rejects.toMatchObject({ code: 'outbound.network' });
});

test('a server that drips its headers or body, or never answers, is given up in time', async () => {
  const { port } = await serve((request, response) => {
    if (request.url === '/silent') return;
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 50);
    response.on('close', () => clearInterval(drip));
  });
  const raw = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 200 OK\r\n');
    const drip = setInterval(() => socket.write('x: y\r\n'), 50);
    socket.on('close', () => clearInterval(drip));
  });
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => raw.close());
  const guard = outbound({ timeoutMs: 600 });
  for (const address of [
    `http://127.0.0.1:${port}/silent`,
    `http://127.0.0.1:${port}/drip`,
    `http://127.0.0.1:${(raw.address() as AddressInfo).port}/`,
  ]) {
    const started = performance.now();
    await expect(guard.fetch(address)).rejects.toMatchObject({
      code: 'outbound.timeout',
      retryable: true,
      publicMessage: 'It did not answer within 0.6 s.',
    });
    expect(performance.now() - started).toBeLessThan(10_000);
  }
});

test('the caller can stop a request', async () => {
  const { port } = await serve(() => {});
  const controller = new AbortController();
  const pending = outbound().fetch(`http://127.0.0.1:${port}/`, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('stopped')), 50);
  await expect(pending).rejects.toThrow('stopped');
});

test('a server that is not there is named', async () => {
  const { port } = await serve(() => {});
  await cleanups.pop()!();
  await expect(outbound().fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'outbound.network', retryable: true });
  const lookup = (): Promise<never> => Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }));
  await expect(outbound({ lookup }).fetch('https://wiki.examle/')).rejects.toMatchObject({
    publicMessage: expect.stringContaining('There is no server named `wiki.examle`') as string,
  });
});

test('no form of a private IPv4 address counts as public', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const inner = fc.oneof(
    fc.tuple(fc.constant(10), octet, octet, octet),
    fc.tuple(fc.constant(127), octet, octet, octet),
    fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
    fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
    fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
    fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
    fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
    fc.tuple(fc.constant(0), octet, octet, octet),
  );
  fc.assert(
    fc.property(inner, (bytes) => {
      const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0'));
      const tail = `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`;
      for (const form of [
        bytes.join('.'),
        `::ffff:${tail}`,
        `::ffff:${bytes.join('.')}`,
        `64:ff9b::${tail}`,
        `2002:${tail}::1`,
        `::${tail}`,
      ])
        expect([form, isInternal(form)]).toEqual([form, true]);
    }),
  );
  for (const address of ['fd12::1', 'fe80::1', '::1', '::', 'ff02::1', 'fec0::1', '2001:db8::1', 'nonsense'])
    expect(isInternal(address)).toBe(true);
  for (const address of ['8.8.8.8', '2606:4700::1111', '64:ff9b::808:808', '::ffff:8.8.8.8']) expect(isInternal(address)).toBe(false);
});

test('what an admin allows is that and no more', () => {
  expect(isAllowed('wiki.corp', 80, '10.0.0.5', ['wiki.corp'])).toBe(true);
  expect(isAllowed('WIKI.corp.', 80, '10.0.0.5', ['wiki.corp'])).toBe(true);
  expect(isAllowed('a.corp', 80, '10.0.0.5', ['*.corp'])).toBe(true);
  expect(isAllowed('evilcorp', 80, '10.0.0.5', ['*.corp'])).toBe(false);
  expect(isAllowed('x', 80, '10.1.2.3', ['10.1.0.0/16'])).toBe(true);
  expect(isAllowed('x', 80, '10.2.2.3', ['10.1.0.0/16'])).toBe(false);
  expect(isAllowed('x', 81, '10.1.2.3', ['10.1.2.3:80'])).toBe(false);
  expect(isAllowed('x', 80, '::ffff:10.1.2.3', ['10.1.2.3'])).toBe(true);
  expect(isAllowed('x', 80, 'fd00::1', ['[fd00::1]:80', 'broken/entry', ''])).toBe(true);
  expect(isAllowed('wiki.corp', 80, '169.254.169.254', ['wiki.corp'])).toBe(false);
});
