/** The Glossary room, and the glossary's part of the API. */
import { json, raw, Router, urlencoded, type Response } from 'express';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { contextOf, field, type ConsoleDeps } from '../context.ts';
import { render } from '../html.ts';
import { glossaryPlanPage, importGlossaryPage, PROBLEM_WORDS } from '../pages/glossary-import.ts';
import {
  GLOSSARY_DONE,
  GLOSSARY_PAGE,
  glossaryEntryPage,
  glossaryPage,
  noGlossaryEntryPage,
  removeGlossaryPage,
  type GlossaryFields,
} from '../pages/glossary.ts';
import { inputProblem, notFound, problemOf } from '../problems.ts';

const FILE_BYTES = 1_000_000;
/** A little more is read, so that a file that is too large is told so, and a form's encoding fits. */
const UPLOAD = '8mb';

export function glossaryRoutes({ app }: ConsoleDeps): Router {
  const { glossary } = app;
  const router = Router();
  const form = urlencoded({ extended: false, limit: '50kb', parameterLimit: 20 });

  router.get('/glossary', async (req, res) => {
    const query = field(req.query, 'q').trim();
    const offset = Math.max(0, Number.parseInt(field(req.query, 'offset'), 10) || 0);
    const wanted = query.toLowerCase();
    const entries = (await glossary.list()).filter((entry) =>
      [entry.term, ...entry.synonyms].some((name) => name.toLowerCase().includes(wanted)),
    );
    const done = GLOSSARY_DONE[field(req.query, 'done')];
    const view = {
      query,
      offset,
      total: entries.length,
      entries: entries.slice(offset, offset + GLOSSARY_PAGE),
      ...(done ? { done } : {}),
    };
    res.type('html').send(render(glossaryPage(contextOf(res), view)));
  });

  router.get('/glossary/new', (_req, res) => {
    res.type('html').send(render(glossaryEntryPage(contextOf(res), { values: { term: '', synonyms: '', explanation: '' } })));
  });

  router.post('/glossary', form, (req, res) => save(res, fieldsOf(req.body)));

  router.get('/glossary/export', async (_req, res) => sendCsv(res, await glossary.export()));

  router.get('/glossary/import', (_req, res) => void res.type('html').send(render(importGlossaryPage(contextOf(res)))));

  router.post('/glossary/import', raw({ type: 'multipart/form-data', limit: UPLOAD }), async (req, res) => {
    const context = contextOf(res);
    const file = await fileOf(req.body, req.headers['content-type']);
    const problem = file === undefined || file.length === 0 ? 'glossaryNoFile' : file.length > FILE_BYTES ? 'glossaryTooLarge' : undefined;
    if (problem !== undefined)
      return void res
        .status(400)
        .type('html')
        .send(render(importGlossaryPage(context, problem)));
    const plan = await glossary.plan(file!);
    res
      .status(plan.refused.length > 0 ? 422 : 200)
      .type('html')
      .send(render(glossaryPlanPage(context, plan, Buffer.from(file!).toString('utf8'))));
  });

  router.post('/glossary/import/take', urlencoded({ extended: false, limit: UPLOAD, parameterLimit: 5 }), async (req, res) => {
    const csv = field(req.body, 'csv');
    const plan = await glossary.take(Buffer.from(csv, 'utf8'));
    // What was refused meanwhile (the glossary has changed) is shown, and nothing was kept.
    if (plan.refused.length > 0)
      return void res
        .status(422)
        .type('html')
        .send(render(glossaryPlanPage(contextOf(res), plan, csv)));
    res.redirect(303, '/glossary?done=taken');
  });

  router.get('/glossary/:id', async (req, res) => {
    const entry = await glossary.read(req.params.id);
    if (!entry) return missing(res);
    const values = { term: entry.term, synonyms: entry.synonyms.join('; '), explanation: entry.explanation };
    res.type('html').send(render(glossaryEntryPage(contextOf(res), { id: entry.id, values })));
  });

  router.post('/glossary/:id', form, (req, res) => save(res, fieldsOf(req.body), req.params.id as string));

  router.get('/glossary/:id/remove', async (req, res) => {
    const entry = await glossary.read(req.params.id);
    if (!entry) return missing(res);
    res.type('html').send(render(removeGlossaryPage(contextOf(res), entry)));
  });

  router.post('/glossary/:id/remove', form, async (req, res) => {
    try {
      await glossary.remove(req.params.id as string);
    } catch (error) {
      if (error instanceof AppError && error.code === 'glossary.not_found') return missing(res);
      throw error;
    }
    res.redirect(303, '/glossary?done=removed');
  });

  async function save(res: Response, values: GlossaryFields, id?: string): Promise<void> {
    const context = contextOf(res);
    try {
      await glossary.save({ ...values, synonyms: values.synonyms.split(/[;；\n]/) }, id);
      res.redirect(303, '/glossary?done=saved');
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'glossary.not_found') return missing(res);
      const kind = (error as { problem?: keyof typeof PROBLEM_WORDS }).problem;
      const own = kind ? PROBLEM_WORDS[kind] : error.code === 'glossary.exists' ? ('glossaryTaken' as const) : undefined;
      const problem = problemOf(error, context.words);
      res
        .status(problem.status)
        .type('html')
        .send(
          render(
            glossaryEntryPage(context, {
              ...(id === undefined ? {} : { id }),
              values,
              problem: {
                field: kind === 'no-synonym' || kind === 'too-many-synonyms' ? 'synonyms' : 'term',
                message: own ? context.words.say(own) : problem.message,
              },
            }),
          ),
        );
    }
  }
  return router;
}

const entryBody = z.strictObject({
  term: z.string().max(1000),
  synonyms: z.array(z.string().max(1000)).max(100),
  explanation: z.string().max(5000).default(''),
});
const importBody = z.strictObject({ csv: z.string().max(2 * FILE_BYTES), preview: z.boolean().default(false) });

/** `/api/v1/glossary`: the list, one entry, CSV in and out. */
export function glossaryApi({ app }: ConsoleDeps): Router {
  const { glossary } = app;
  const router = Router();
  router.get('/', async (_req, res) => void res.json({ entries: await glossary.list() }));
  router.get('/export', async (_req, res) => sendCsv(res, await glossary.export()));
  router.post('/', json({ limit: '100kb' }), async (req, res) => {
    await glossary.save(check(entryBody, req.body));
    res.status(201).json({ entries: await glossary.list() });
  });
  router.post('/import', json({ limit: UPLOAD }), async (req, res) => {
    const { csv, preview } = check(importBody, req.body);
    const bytes = Buffer.from(csv, 'utf8');
    const plan = preview ? await glossary.plan(bytes) : await glossary.take(bytes);
    res.status(!preview && plan.refused.length > 0 ? 422 : 200).json(plan);
  });
  router.put('/:id', json({ limit: '100kb' }), async (req, res) => {
    await glossary.save(check(entryBody, req.body), req.params.id as string);
    res.json(await glossary.read(req.params.id as string));
  });
  router.delete('/:id', async (req, res) => {
    await glossary.remove(req.params.id);
    res.status(204).end();
  });
  router.use((_req, _res, next) => next(notFound('route')));
  return router;
}

function check<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw inputProblem(issue.path.join('.') || 'body', issue.message);
}

function fieldsOf(body: unknown): GlossaryFields {
  return {
    term: field(body, 'term').slice(0, 1000),
    synonyms: field(body, 'synonyms').slice(0, 10_000),
    explanation: field(body, 'explanation').slice(0, 5000),
  };
}

/** The file of a form with one; undefined when there is none, or when the form is broken. */
async function fileOf(body: unknown, type: string | undefined): Promise<Uint8Array | undefined> {
  if (!Buffer.isBuffer(body) || type === undefined) return undefined;
  try {
    const file = (await new globalThis.Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()).get('file');
    return file instanceof File ? new Uint8Array(await file.arrayBuffer()) : undefined;
  } catch {
    return undefined;
  }
}

function sendCsv(res: Response, csv: string): void {
  res.type('text/csv').set('Content-Disposition', 'attachment; filename="glossary.csv"').send(csv);
}

function missing(res: Response): void {
  res
    .status(404)
    .type('html')
    .send(render(noGlossaryEntryPage(contextOf(res))));
}
