/** What machines ask: is it alive, is it ready, what does it count. */
import { Router } from 'express';
import type { App } from '../../app-contract.ts';

/** `/healthz` and `/readyz`: for anyone who can reach the port; they tell nothing else. */
export function healthRoutes(app: App): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => {
    res.type('text/plain').send('ok\n');
  });
  router.get('/readyz', async (_req, res) => {
    const ready = await app.ready().catch(() => false);
    res
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(ready ? 'ready\n' : 'not ready\n');
  });
  return router;
}

/** `/metrics`, behind the same door as the console. */
export function metricsRoutes(app: App): Router {
  const router = Router();
  router.get('/metrics', async (_req, res) => {
    res.set('Content-Type', 'text/plain; version=0.0.4; charset=utf-8').send(await app.metrics());
  });
  return router;
}
