/** A web site on loopback that a test changes while it runs. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakePage {
  body: string | Uint8Array;
  /** In the sitemap. */
  lastmod?: string;
  status?: number;
  headers?: Record<string, string>;
  /** Served, but not in the sitemap. */
  unlisted?: true;
}

export interface FakeSite {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** By path, `/a`. The sitemap is made from them unless one is among them. ETags are made from the bodies. */
  pages: Map<string, FakePage>;
  /** What is answered for a path that is none of them; 404 when it gives nothing. */
  unknown: (path: string) => FakePage | undefined;
  /** `METHOD path` of every request, in order. */
  requests: { path: string; headers: http.IncomingHttpHeaders; status: number }[];
  close(): Promise<void>;
}

export async function startSite(pages: Record<string, FakePage> = {}): Promise<FakeSite> {
  const site: FakeSite = {
    url: '',
    pages: new Map(Object.entries(pages)),
    unknown: () => undefined,
    requests: [],
    close: () => Promise.resolve(),
  };
  const server = http.createServer((request, response) => {
    const path = request.url ?? '/';
    const page =
      site.pages.get(path) ??
      (path === '/sitemap.xml'
        ? { body: sitemapOf(site), headers: { 'content-type': 'application/xml' } }
        : /^\/(?:robots\.txt|sitemap)/.test(path)
          ? undefined
          : site.unknown(path));
    const etag = page && page.status === undefined ? `"${Buffer.from(page.body).length}-${sum(page.body)}"` : undefined;
    const unchanged = etag !== undefined && request.headers['if-none-match'] === etag;
    const status = page ? (unchanged ? 304 : (page.status ?? 200)) : 404;
    site.requests.push({ path, headers: request.headers, status });
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...(etag === undefined ? {} : { etag }), ...page?.headers });
    response.end(unchanged || request.method === 'HEAD' ? undefined : (page?.body ?? '<h1>Not found</h1>'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  site.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  site.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return site;
}

/** A page as sites make them: with navigation and a footer around the words. */
export function pageOf(title: string, words: string): string {
  return `<!doctype html><html lang="en"><head><title>${title} | Site</title></head><body><nav><a href="/">Home</a></nav><main><h1>${title}</h1><p>${words}</p></main><footer>Imprint</footer></body></html>`;
}

export function sitemapOf(site: FakeSite): string {
  const urls = [...site.pages].filter(([path, page]) => !page.unlisted && !/\.(?:xml|txt|gz)$/.test(path));
  const lines = urls.map(
    ([path, page]) =>
      `<url><loc>${site.url}${path.replaceAll('&', '&amp;')}</loc>${page.lastmod === undefined ? '' : `<lastmod>${page.lastmod}</lastmod>`}</url>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${lines.join('\n')}\n</urlset>\n`;
}

function sum(body: string | Uint8Array): number {
  let total = 0;
  for (const byte of Buffer.from(body)) total = (total * 31 + byte) % 1_000_000_007;
  return total;
}
