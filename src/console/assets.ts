/** The console's style sheet, script and icon: read once, served under addresses that change with their content. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Router } from 'express';

const FILES = {
  style: ['console.css', 'text/css; charset=utf-8'],
  script: ['console.js', 'text/javascript; charset=utf-8'],
  icon: ['icon.svg', 'image/svg+xml'],
} as const;

export type AssetPaths = Record<keyof typeof FILES, string>;

/** The routes under `/assets` and the address of each file. */
export function createAssets(): { router: Router; paths: AssetPaths } {
  const router = Router();
  const paths = {} as AssetPaths;
  for (const [key, [name, type]] of Object.entries(FILES) as [keyof typeof FILES, (typeof FILES)[keyof typeof FILES]][]) {
    const body = readFileSync(new URL(`./assets/${name}`, import.meta.url));
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
    paths[key] = `/assets/${name}?v=${hash}`;
    router.get(`/${name}`, (req, res) => {
      // An old page may still ask for an old hash; only the right one may be kept for ever.
      res.set('Cache-Control', req.query.v === hash ? 'public, max-age=31536000, immutable' : 'no-cache');
      res.type(type).send(body);
    });
  }
  return { router, paths };
}
