/** The Sources room. */
import { Router, urlencoded } from 'express';
import { AppError } from '../../errors.ts';
import { addSource } from '../adding.ts';
import { contextOf, field, type ConsoleDeps } from '../context.ts';
import { ownPath, render } from '../html.ts';
import { sourcePage } from '../pages/source.ts';
import { DONE, newSourcePage, removeSourcePage, sourcesPage, type SourceFields } from '../pages/sources.ts';
import { notFound, problemOf } from '../problems.ts';

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

  router.get('/sources', async (req, res) => {
    res.type('html').send(render(sourcesPage(contextOf(res), { sources: await app.listSources(), ...done(req.query) })));
  });

  router.get('/sources/new', (_req, res) => {
    res
      .type('html')
      .send(render(newSourcePage(contextOf(res), { values: { location: '', name: '', baseUrl: '', readers: 'everyone', schedule: '' } })));
  });

  router.post('/sources', form, async (req, res) => {
    const context = contextOf(res);
    const values = Object.fromEntries(
      ['location', 'name', 'baseUrl', 'readers', 'schedule'].map((name) => [name, field(req.body, name).trim()]),
    ) as SourceFields;
    const refuse = (status: number, problem: { field?: string; message: string }): void => {
      res
        .status(status)
        .type('html')
        .send(render(newSourcePage(context, { values, problem })));
    };
    if (values.location === '') return refuse(400, { field: 'location', message: context.words.say('fieldRequired') });
    try {
      const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
      const source = await addSource(app, { location: values.location, ...given });
      res.redirect(303, `/sources/${source.id}`);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const problem = problemOf(error, context.words);
      refuse(problem.status, { message: problem.message, ...(problem.field === undefined ? {} : { field: problem.field }) });
    }
  });

  router.get('/sources/:id', async (req, res) => {
    const offset = Math.max(0, Number.parseInt(field(req.query, 'failures'), 10) || 0);
    res.type('html').send(render(sourcePage(contextOf(res), await shownOr404(req.params.id), { offset, ...done(req.query) })));
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
