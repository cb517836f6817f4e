/** The Sources room. */
import { Router, urlencoded, type Response } from 'express';
import type { ConnectorView } from '../../app-contract.ts';
import { AppError } from '../../errors.ts';
import { withoutWords } from '../adding.ts';
import { confirmSeen } from '../confirming.ts';
import { contextOf, field, type ConsoleDeps } from '../context.ts';
import { ownPath, render } from '../html.ts';
import { credentialIn } from '../pages/credential-fields.ts';
import { sourcePage } from '../pages/source.ts';
import type { SourceView } from '../pages/source-view.ts';
import { DONE, removeSourcePage, sourcesPage, type Done } from '../pages/sources.ts';
import { inputProblem, notFound, problemOf } from '../problems.ts';

export function sourceRoutes(deps: ConsoleDeps): Router {
  const { app } = deps;
  const router = Router();
  const form = urlencoded({ extended: false, limit: '50kb', parameterLimit: 50 });
  const done = (query: unknown): { done?: (typeof DONE)[number] } => {
    const found = DONE.find((key) => key === field(query, 'done'));
    return found ? { done: found } : {};
  };
  const shownOr404 = async (id: string): Promise<NonNullable<Awaited<ReturnType<typeof app.showSource>>>> => {
    const shown = await app.showSource(id);
    if (!shown) throw notFound('source');
    return shown;
  };

  const connectorOf = async (kind: string): Promise<ConnectorView | undefined> => (await app.connectors()).find((c) => c.kind === kind);
  const show = async (res: Response, id: string, view: Omit<SourceView, 'connector'>, status = 200): Promise<void> => {
    const shown = await shownOr404(id);
    const connector = await connectorOf(shown.source.kind);
    const page = sourcePage(contextOf(res), shown, { ...view, ...(connector ? { connector } : {}) });
    res.status(status).type('html').send(render(page));
  };
  /** Changes one thing of a source; what is refused is said where it was given. */
  const change = async (
    res: Response,
    id: string,
    at: Omit<NonNullable<SourceView['problem']>, 'message'>,
    said: Done,
    carryOut: (id: string) => Promise<unknown>,
  ): Promise<void> => {
    await shownOr404(id);
    try {
      await carryOut(id);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { status, message } = problemOf(error, contextOf(res).words);
      return show(res, id, { offset: 0, problem: { ...at, message } }, status);
    }
    res.redirect(303, `/sources/${id}?done=${said}`);
  };

  router.get('/sources', async (req, res) => {
    res.type('html').send(render(sourcesPage(contextOf(res), { sources: await app.listSources(), ...done(req.query) })));
  });

  router.get('/sources/:id', async (req, res) => {
    const offset = Math.max(0, Number.parseInt(field(req.query, 'failures'), 10) || 0);
    await show(res, req.params.id, { offset, ...done(req.query) });
  });

  router.post('/sources/:id/schedule', form, async (req, res) => {
    const given = field(req.body, 'schedule').trim();
    const own = field(req.body, 'when') === 'own';
    await change(res, req.params.id as string, { part: 'schedule', given }, 'saved', async (id) => {
      if (own && given === '') throw inputProblem('schedule', contextOf(res).words.say('scheduleMissing'));
      await app.changeSource(id, { schedule: own ? given : null });
    });
  });

  router.post('/sources/:id/credential', form, async (req, res) => {
    const { source } = await shownOr404(req.params.id as string);
    const connector = await connectorOf(source.kind);
    const credential = credentialIn(connector, (name) => field(req.body, name)) ?? {};
    await change(res, source.id, { part: 'credential' }, 'credential', () => withoutWords(app.changeSource(source.id, { credential })));
  });

  for (const [action, paused] of [
    ['pause', true],
    ['resume', false],
  ] as const)
    router.post(`/sources/:id/${action}`, form, async (req, res) => {
      const { id } = await app.changeSource(req.params['id'] as string, { paused });
      res.redirect(303, `/sources/${id}?done=${action === 'pause' ? 'paused' : 'resumed'}`);
    });

  router.post('/sources/:id/confirm', form, async (req, res) => {
    const seen = Number(field(req.body, 'gone'));
    await change(res, req.params.id as string, { part: 'confirm' }, 'confirmed', (id) => confirmSeen(app, id, seen, contextOf(res).words));
  });

  router.get('/sources/:id/remove', async (req, res) => {
    res.type('html').send(render(removeSourcePage(contextOf(res), await shownOr404(req.params.id))));
  });

  router.post('/sources/:id/remove', form, async (req, res) => {
    await app.removeSource(req.params.id as string);
    res.redirect(303, '/sources?done=removed');
  });

  router.post('/sources/:id/sync', form, async (req, res) => {
    await app.requestSync(req.params.id as string);
    res.redirect(303, backTo(req.body));
  });

  router.post('/sources/:id/cancel', form, async (req, res) => {
    await app.cancelSync(req.params.id as string);
    res.redirect(303, backTo(req.body));
  });
  return router;
}

function backTo(body: unknown): string {
  return (ownPath(field(body, 'back')) ?? '/sources').split('?')[0]!;
}
