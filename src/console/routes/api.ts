/** The API under `/api/v1`: JSON in, JSON out; errors are `{error: {code, message, field?}}`. */
import { randomUUID } from 'node:crypto';
import { json, Router, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { Answer } from '../../types.ts';
import { addSample, addSource, withoutWords } from '../adding.ts';
import { askIn, signalOf, writeTo } from '../asking.ts';
import { confirmSeen } from '../confirming.ts';
import { contextOf, field, type ConsoleDeps } from '../context.ts';
import { MAX_QUESTION } from '../pages/ask.ts';
import { inputProblem, notFound, problemOf } from '../problems.ts';
import { findings } from './settings.ts';

const BODY_LIMIT = 6 * MAX_QUESTION;
const HEARTBEAT_MS = 15_000;

const askBody = z.strictObject({
  text: z.string().max(MAX_QUESTION),
  threadId: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, - or _')
    .optional(),
  audience: z.enum(['asker', 'everyone']).optional(),
  email: z.email().max(320).optional(),
  eventKey: z.string().min(1).max(200).optional(),
});
const optionalText = z.string().trim().min(1).max(2000).optional();
/** By the names of the connector's fields, or as text that `--credential` takes. */
const credentialBody = z.union([z.string().min(1).max(20_000), z.record(z.string().max(100), z.string().max(20_000))], {
  error: 'must be a text, or an object of texts',
});
const sourceBody = z.strictObject({
  location: z.string().trim().min(1, 'must not be empty').max(2000),
  name: optionalText,
  kind: optionalText,
  baseUrl: optionalText,
  readers: optionalText,
  schedule: optionalText,
  credential: credentialBody.optional(),
});
const sourceChange = z
  .strictObject({ schedule: z.string().trim().min(1).max(200).nullable(), paused: z.boolean(), credential: credentialBody })
  .partial();
const confirmBody = z.strictObject({ gone: z.number().int().min(1) });
const feedbackBody = z.strictObject({
  answerId: z.string().min(1).max(200),
  verdict: z.enum(['up', 'down']),
  reason: z.string().max(200).optional(),
  comment: z.string().max(4000).optional(),
});
const settingsBody = z
  .strictObject({
    internalAddresses: z.unknown(),
    keepRate: z.unknown(),
    questionsPerHour: z.unknown(),
    workspaceQuestionsPerHour: z.unknown(),
    largestRemovalShare: z.unknown(),
    prices: z.unknown(),
    contextTokens: z.unknown(),
    embeddingModel: z.unknown(),
    modelHub: z.unknown(),
  })
  .partial();
const page = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  source: z.string().optional(),
  query: z.string().max(300).optional(),
});

export function apiRoutes(deps: ConsoleDeps): Router {
  const { app } = deps;
  const router = Router();
  router.use(requireJson, json({ limit: BODY_LIMIT, strict: true }));

  router.post('/ask', async (req, res) => {
    const body = check(askBody, req.body);
    // A name that anyone who reaches the port may give opens nothing: who holds the token vouches for it.
    if (body.email !== undefined && app.config.ADMIN_TOKEN === undefined)
      throw inputProblem('email', "needs ADMIN_TOKEN to be set: without it anyone who reaches this port could ask under another's name");
    const input = { ...definedOf(body), text: body.text, platform: 'console' as const, threadId: body.threadId ?? randomUUID() };
    const signal = signalOf(res);
    const accept = req.headers.accept ?? '';
    if (/\btext\/event-stream\b/.test(accept)) return streamEvents(res, askIn(input, deps, signal), 'sse');
    if (/\bapplication\/x-ndjson\b/.test(accept)) return streamEvents(res, askIn(input, deps, signal), 'ndjson');
    let answer: Answer | undefined;
    for await (const event of askIn(input, deps, signal)) if (event.type === 'final') answer = event.answer;
    if (res.destroyed) return;
    if (!answer) throw new AppError({ code: 'answer.cut_short', message: 'asking ended without an answer', retryable: true });
    res.json(answer);
  });

  async function streamEvents(res: Response, events: AsyncIterable<{ type: string }>, form: 'sse' | 'ndjson'): Promise<void> {
    const write = (event: { type: string }): Promise<void> =>
      writeTo(res, form === 'sse' ? `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n` : `${JSON.stringify(event)}\n`);
    const begin = (): void => {
      if (!res.headersSent)
        res.status(200).set({
          'Content-Type': form === 'sse' ? 'text/event-stream; charset=utf-8' : 'application/x-ndjson; charset=utf-8',
          'X-Accel-Buffering': 'no',
        });
    };
    const heartbeat =
      form === 'sse'
        ? setInterval(() => {
            begin();
            res.write(': still here\n\n');
          }, HEARTBEAT_MS)
        : undefined;
    try {
      for await (const event of events) {
        begin();
        await write(event);
      }
    } catch (error) {
      // Before the first event the error can still be the answer itself.
      if (!res.headersSent) throw error;
      const { code, message } = problemOf(error, contextOf(res).words);
      await write({ type: 'error', error: { code, message } } as { type: string });
    } finally {
      clearInterval(heartbeat);
    }
    res.end();
  }

  router.get('/threads/:id', async (req, res) => {
    const turns = await app.thread(req.params.id);
    if (turns.length === 0) throw notFound('thread');
    res.json({ threadId: req.params.id, turns });
  });

  router.get('/sources', async (_req, res) => void res.json({ sources: await app.listSources() }));
  router.post('/sources', async (req, res) => {
    const body = check(sourceBody, req.body);
    res.status(201).json(await addSource(app, { ...definedOf(body), location: body.location }));
  });
  router.get('/connectors', async (_req, res) => void res.json({ connectors: await app.connectors() }));
  router.post('/sources/preview', async (req, res) => {
    const body = check(sourceBody, req.body);
    const preview = app.previewSource({ ...definedOf(body), location: body.location }, { signal: signalOf(res) });
    res.json(await withoutWords(preview));
  });
  router.get('/sources/:id', async (req, res) => void res.json(await sourceOf(req.params.id)));
  router.patch('/sources/:id', async (req, res) => {
    const body = check(sourceChange, req.body);
    await sourceOf(req.params.id);
    await withoutWords(app.changeSource(req.params.id, definedOf(body) as Parameters<typeof app.changeSource>[1]));
    res.json(await sourceOf(req.params.id));
  });
  router.post('/sources/:id/confirm', async (req, res) => {
    await confirmSeen(app, req.params.id, check(confirmBody, req.body).gone, contextOf(res).words);
    res.status(202).json(await sourceOf(req.params.id));
  });
  router.delete('/sources/:id', async (req, res) => {
    await sourceOf(req.params.id);
    await app.removeSource(req.params.id);
    res.status(204).end();
  });
  router.post('/sources/:id/sync', async (req, res) => {
    await sourceOf(req.params.id);
    await app.requestSync(req.params.id);
    res.status(202).json(await sourceOf(req.params.id));
  });
  router.post('/sources/:id/cancel', async (req, res) => {
    await sourceOf(req.params.id);
    await app.cancelSync(req.params.id);
    res.status(202).json(await sourceOf(req.params.id));
  });
  router.post('/sample', async (_req, res) => void res.status(201).json(await addSample(app)));

  async function sourceOf(id: string): Promise<object> {
    const shown = await app.showSource(id);
    if (!shown) throw notFound('source');
    return shown;
  }

  router.get('/documents', async (req, res) => {
    const { source, query, offset, limit } = check(page, req.query);
    res.json({
      offset,
      limit,
      ...(await app.listDocuments({ offset, limit, ...(source ? { sourceId: source } : {}), ...(query ? { query } : {}) })),
    });
  });
  router.get('/documents/:id', async (req, res) => {
    const [citation, passage] = [field(req.query, 'citation'), field(req.query, 'passage')];
    const document = await app.showDocument(req.params.id, { ...(citation ? { citation } : {}), ...(passage ? { passage } : {}) });
    if (!document) throw notFound('document');
    res.json(document);
  });

  router.post('/feedback', async (req, res) => {
    await app.giveFeedback(definedOf(check(feedbackBody, req.body)) as z.infer<typeof feedbackBody> & { reason: string });
    res.status(204).end();
  });

  router.get('/settings', async (_req, res) => void res.json(await app.settings()));
  router.patch('/settings', async (req, res) => {
    const body = check(settingsBody, req.body);
    for (const key of [
      'internalAddresses',
      'keepRate',
      'questionsPerHour',
      'workspaceQuestionsPerHour',
      'largestRemovalShare',
      'prices',
      'contextTokens',
      'embeddingModel',
      'modelHub',
    ] as const)
      if (key in body) await app.changeSetting(key, body[key]);
    res.json(await app.settings());
  });

  router.get('/status', async (req, res) => {
    const [ready, models, sources] = await Promise.all([app.ready(), app.modelStatus(), app.listSources()]);
    res.json({
      ready,
      models,
      sources: sources.length,
      documents: sources.reduce((sum, s) => sum + s.documents, 0),
      passages: sources.reduce((sum, s) => sum + s.passages, 0),
      syncing: sources.filter((s) => s.syncing).length,
      ...(field(req.query, 'checks') === '1' ? { findings: await findings(deps, signalOf(res)) } : {}),
    });
  });

  router.use((_req, _res, next) => next(notFound('route')));
  return router;
}

/** A body must be JSON and say so: that keeps other sites' forms out, too. */
export function requireJson(req: Request, _res: Response, next: NextFunction): void {
  const has = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  if (req.method === 'GET' || req.method === 'HEAD' || !has || req.is('application/json')) return next();
  next(
    new AppError({ code: 'request.content_type', message: 'not JSON', publicMessage: 'Send JSON, with Content-Type: application/json.' }),
  );
}

/** The input in its schema's shape, or an error that names the first wrong field. */
function check<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') throw inputProblem(String(issue.keys[0]), 'is not a field that is known here');
  throw inputProblem(issue.path.join('.') || 'body', issue.message);
}

/** Without absent values, which optional properties may not hold. */
function definedOf<T extends object>(input: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as { [K in keyof T]: NonNullable<T[K]> };
}
