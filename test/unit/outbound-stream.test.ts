import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createOutbound, type OutboundOptions, type StreamingOutbound } from '../../src/net/outbound.ts';
import type { StreamRequest } from '../../src/net/outbound-stream.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  if (server instanceof http.Server) cleanups.push(() => server.closeAllConnections());
  return (server.address() as AddressInfo).port;
}

function serve(handler: http.RequestListener): Promise<number> {
  return listen(http.createServer(handler));
}

function outbound(options: Partial<OutboundOptions> = {}): StreamingOutbound {
  const created = createOutbound({ allowInternal: () => ['127.0.0.1'], ...options });
  cleanups.push(() => created.close());
  return created;
}

/** A proxy for which every name means this machine, as a name server of its own would say. */
async function startProxy(answer?: number): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const note = (request: http.IncomingMessage): void =>
    void asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
  const proxy = http.createServer((request, response) => {
    note(request);
    if (answer !== undefined) return void response.writeHead(answer).end();
    const { port, pathname: path, host } = new URL(request.url!);
    const forward = http.get({ host: '127.0.0.1', port, path, headers: { host } }, (reply) => {
      response.writeHead(reply.statusCode!, reply.headers);
      reply.pipe(response);
    });
    forward.on('error', () => response.destroy());
  });
  proxy.on('connect', (request: http.IncomingMessage, client: net.Socket) => {
    note(request);
    client.on('error', () => {});
    client.end(`HTTP/1.1 ${answer ?? 502} no\r\n\r\n`);
  });
  return { url: `http://127.0.0.1:${await listen(proxy)}`, asked };
}

const request = (more: Partial<StreamRequest> = {}): StreamRequest => ({
  signal: new AbortController().signal,
  headersMs: 2000,
  idleMs: 2000,
  maxBytes: 1_000_000,
  ...more,
});

async function read(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts).toString();
}

test('a body is handed on while it still comes', async () => {
  let more = (): void => {};
  const port = await serve((_request, response) => {
    response.writeHead(200, { etag: '"a"' }).write('first ');
    more = () => void response.end('second');
  });
  const answer = await outbound().open(`http://127.0.0.1:${port}/f`, request());
  expect([answer.status, answer.headers.etag]).toEqual([200, '"a"']);
  const pieces = answer.pieces();
  expect(Buffer.from((await pieces.next()).value!).toString()).toBe('first ');
  more();
  expect(await read(pieces)).toBe('second');
});

test('redirects are told, and a range goes along to another origin while a credential stays behind', async () => {
  let seen: http.IncomingHttpHeaders = {};
  const storage = await serve((asked, response) => {
    seen = asked.headers;
    response.writeHead(206, { 'content-range': 'bytes 3-5/6' }).end('def');
  });
  const port = await serve((_request, response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${storage}/x`, 'x-linked-etag': '"sum"' }).end(),
  );
  const headers = { range: 'bytes=3-', 'if-range': '"e"', authorization: 'Bearer secret' };
  const answer = await outbound().open(`http://127.0.0.1:${port}/f`, request({ headers }));
  expect(await read(answer.pieces())).toBe('def');
  expect(answer.hops).toMatchObject([{ status: 302, url: `http://127.0.0.1:${port}/f`, headers: { 'x-linked-etag': '"sum"' } }]);
  expect([seen.range, seen['if-range'], seen.authorization, seen['accept-encoding']]).toEqual(['bytes=3-', '"e"', undefined, 'identity']);
});

test('silence ends it: before the headers, and in the middle of a body', async () => {
  const port = await serve((asked, response) => void (asked.url === '/late' && response.writeHead(200).write('some')));
  const guard = outbound();
  await expect(guard.open(`http://127.0.0.1:${port}/never`, request({ headersMs: 150 }))).rejects.toMatchObject({
    code: 'outbound.timeout',
    retryable: true,
    publicMessage: `\`127.0.0.1:${port}\` did not answer for 0.15 s.`,
  });
  const answer = await guard.open(`http://127.0.0.1:${port}/late`, request({ idleMs: 150 }));
  await expect(read(answer.pieces())).rejects.toMatchObject({
    code: 'outbound.timeout',
    publicMessage: expect.stringContaining('sent nothing') as string,
  });
});

test('time that the reader takes is not the silence of the server', async () => {
  const port = await serve((_request, response) => response.end(Buffer.alloc(900_000)));
  const answer = await outbound().open(`http://127.0.0.1:${port}/`, request({ idleMs: 100 }));
  let size = 0;
  for await (const piece of answer.pieces()) {
    if (size === 0) await new Promise((resolve) => setTimeout(resolve, 400));
    size += piece.length;
  }
  expect(size).toBe(900_000);
});

test('a body over the limit, one that is cut, and one in an unasked encoding are errors', async () => {
  const port = await serve((asked, response) => {
    if (asked.url === '/zip') return void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    response.writeHead(200, { 'content-length': '5000' }).write(Buffer.alloc(3000), () => asked.url === '/cut' && response.destroy());
    if (asked.url === '/large') response.end(Buffer.alloc(2000));
  });
  const guard = outbound();
  const large = await guard.open(`http://127.0.0.1:${port}/large`, request({ maxBytes: 4000 }));
  await expect(read(large.pieces())).rejects.toMatchObject({ code: 'outbound.too_large' });
  const cut = await guard.open(`http://127.0.0.1:${port}/cut`, request());
  await expect(read(cut.pieces())).rejects.toMatchObject({ code: 'outbound.network', retryable: true });
  await expect(guard.open(`http://127.0.0.1:${port}/zip`, request())).rejects.toMatchObject({ code: 'outbound.network' });
});

test('the caller can stop it at any moment, with a reason of its own', async () => {
  const port = await serve((asked, response) => void (asked.url === '/body' && response.writeHead(200).write('x')));
  const guard = outbound();
  for (const at of ['/headers', '/body']) {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 80);
    const whole = guard.open(`http://127.0.0.1:${port}${at}`, request({ signal: stop.signal })).then((answer) => read(answer.pieces()));
    await expect(whole).rejects.toThrow('enough');
  }
});

test('through a proxy, which resolves the name itself and is told its password', async () => {
  const port = await serve((asked, response) => response.end(`for ${asked.headers.host}`));
  const proxy = await startProxy();
  const lookup = (): Promise<never> => Promise.reject(new Error('must not be looked up here'));
  const guard = outbound({ allowInternal: () => [], lookup, proxy: { http: proxy.url.replace('//', '//me:secret@') } });
  const answer = await guard.open(`http://hub.example:${port}/`, request());
  expect(await read(answer.pieces())).toBe(`for hub.example:${port}`);
  const fetched = await guard.fetch(`http://hub.example:${port}/`);
  expect(Buffer.from(await fetched.bytes()).toString()).toBe(`for hub.example:${port}`);
  await guard.open('https://hub.example/', request()).catch(() => {});
  const login = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  expect(proxy.asked[0]).toBe(`GET http://hub.example:${port}/ ${login}`);
  expect(proxy.asked.at(-1)).toBe(`CONNECT hub.example:443 ${login}`);
});

test.each(['127.0.0.1', 'localhost', 'wiki.localhost', '10.0.0.1', '[::1]', '169.254.169.254', '2130706433'])(
  'through a proxy the internal address %s is refused, on the first hop and on a redirect',
  async (host) => {
    const port = await serve((_request, response) => response.writeHead(302, { location: `http://${host}:9999/` }).end());
    const proxy = await startProxy();
    const guard = outbound({ allowInternal: () => [], proxy: { http: proxy.url } });
    await expect(guard.open(`http://${host}:${port}/`, request())).rejects.toMatchObject({ code: 'outbound.internal' });
    await expect(guard.fetch(`http://${host}:${port}/`)).rejects.toMatchObject({ code: 'outbound.internal' });
    expect(proxy.asked).toEqual([]);
    await expect(guard.open(`http://hub.example:${port}/`, request())).rejects.toMatchObject({ code: 'outbound.internal' });
    expect(proxy.asked).toEqual([`GET http://hub.example:${port}/`]);
  },
);

test('past the proxy goes what the environment names, guarded as ever', async () => {
  const port = await serve((_request, response) => response.end('direct'));
  const proxy = await startProxy();
  const lookup = (): Promise<{ address: string; family: number }[]> => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  const settings = { http: proxy.url, no: 'wiki.corp, other.corp' };
  const guard = outbound({ allowInternal: () => ['wiki.corp'], lookup, proxy: settings });
  expect(await read((await guard.open(`http://wiki.corp:${port}/`, request())).pieces())).toBe('direct');
  await expect(guard.open(`http://other.corp:${port}/`, request())).rejects.toMatchObject({ code: 'outbound.internal' });
  expect(proxy.asked).toEqual([]);
});

test('a proxy that refuses, or is not there, is named without its password', async () => {
  const wantsLogin = await startProxy(407);
  const forbids = await startProxy(403);
  const tell = async (url: string, scheme = 'https'): Promise<string> => {
    const guard = outbound({ proxy: { http: url.replace('//', '//me:secret@') } });
    return guard.open(`${scheme}://hub.example/`, request()).then(
      () => 'worked',
      (error: { publicMessage: string }) => error.publicMessage,
    );
  };
  expect(await tell(wantsLogin.url)).toBe(`The proxy \`${new URL(wantsLogin.url).host}\` wants a user name and password (407).`);
  expect(await tell(wantsLogin.url, 'http')).toBe(await tell(wantsLogin.url));
  expect(await tell(forbids.url)).toBe(
    `\`hub.example\` could not be reached through the proxy \`${new URL(forbids.url).host}\` (it answered 403).`,
  );
  expect(await tell('http://127.0.0.1:9')).toMatch(/^`hub\.example` could not be reached through the proxy `127\.0\.0\.1:9` \(.+\)\.$/);
});

test('a proxy that takes the connection and says nothing is given up in time', async () => {
  const port = await listen(net.createServer((socket) => socket.on('error', () => {}).resume()));
  const guard = outbound({ proxy: { http: `http://127.0.0.1:${port}` } });
  await expect(guard.open('http://hub.example/', request({ headersMs: 200 }))).rejects.toMatchObject({ code: 'outbound.timeout' });
});
