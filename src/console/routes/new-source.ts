/** Adding a source in two steps: given and looked at, then added. The credential waits in memory between them. */
import { Router, urlencoded, type Request, type Response } from 'express';
import type { ConnectorView } from '../../app-contract.ts';
import { AppError } from '../../errors.ts';
import { addSource } from '../adding.ts';
import { contextOf, field, type ConsoleDeps } from '../context.ts';
import { createDrafts, type Draft } from '../drafts.ts';
import { render } from '../html.ts';
import { credentialIn } from '../pages/credential-fields.ts';
import { lookingPage, newSourcePage, previewPage, type NewSourceView, type SourceFields } from '../pages/new-source.ts';
import { inputProblem, problemOf } from '../problems.ts';

/** Most folders are looked at within this time: no page for a wait that nobody would see. */
const SOON_MS = 800;
const NAMES = ['location', 'kind', 'name', 'readers', 'baseUrl', 'schedule'] as const;
const EMPTY: SourceFields = { location: '', kind: '', name: '', readers: 'everyone', baseUrl: '', schedule: '' };
const GONE = '/sources/new?gone=1';

export function newSourceRoutes(deps: ConsoleDeps): Router {
  const { app } = deps;
  const router = Router();
  const form = urlencoded({ extended: false, limit: '50kb', parameterLimit: 100 });
  const drafts = createDrafts(app);

  const draftOf = (req: Request, res: Response, id = req.params['draft'] as string): Draft | undefined =>
    drafts.find(contextOf(res).session, id);
  const send = (res: Response, status: number, page: ReturnType<typeof newSourcePage>): void =>
    void res.status(status).type('html').send(render(page));

  router.get('/sources/new', async (req, res) => {
    const view = { values: EMPTY, ownTimes: false, connectors: await app.connectors(), gone: field(req.query, 'gone') === '1' };
    send(res, 200, newSourcePage(contextOf(res), view));
  });

  router.post('/sources', form, async (req, res) => {
    const context = contextOf(res);
    const given = (name: string): string => field(req.body, name);
    const values = Object.fromEntries(NAMES.map((name) => [name, given(name).trim()])) as unknown as SourceFields;
    const ownTimes = given('when') === 'own' || (given('when') === '' && values.schedule !== '');
    if (!ownTimes) values.schedule = '';
    const connectors = await app.connectors();
    const before = draftOf(req, res, given('draft'));
    const credential = credentialOf(connectors, values, given, before);
    const refuse = (problem: AppError): void =>
      send(
        res,
        400,
        newSourcePage(context, { values, ownTimes, connectors, ...draftView(before, values), problem: problemOf(problem, context.words) }),
      );
    if (values.location === '') return refuse(inputProblem('location', context.words.say('fieldRequired')));
    if (ownTimes && values.schedule === '') return refuse(inputProblem('schedule', context.words.say('scheduleMissing')));
    const filled = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
    const draft = drafts.begin(context.session, { location: values.location, ...filled, ...(credential ? { credential } : {}) });
    if (before) drafts.drop(before.id);
    await Promise.race([draft.looked, new Promise((resolve) => setTimeout(resolve, SOON_MS))]);
    res.redirect(303, `/sources/new/${draft.id}`);
  });

  router.get('/sources/new/:draft', async (req, res) => {
    const context = contextOf(res);
    const draft = draftOf(req, res);
    if (!draft) return res.redirect(303, GONE);
    const { state, input } = draft;
    if (state.phase === 'added') return res.redirect(303, `/sources/${state.sourceId}`);
    if (state.phase === 'looking')
      return send(res, 200, lookingPage(context, { draftId: draft.id, location: input.location, documents: state.documents }));
    if (state.phase === 'ready' && field(req.query, 'edit') !== '1') {
      const { preview } = state;
      return send(res, 200, previewPage(context, { draftId: draft.id, location: input.location, schedule: input.schedule ?? '', preview }));
    }
    const values: SourceFields = { ...EMPTY, ...Object.fromEntries(NAMES.map((name) => [name, input[name] ?? EMPTY[name]])) };
    const view: NewSourceView = {
      values,
      ownTimes: values.schedule !== '',
      connectors: await app.connectors(),
      ...draftView(draft, values),
    };
    if (state.phase !== 'refused') return send(res, 200, newSourcePage(context, view));
    const problem = problemOfDraft(deps, res, state.error);
    send(res, problem.status, newSourcePage(context, { ...view, problem }));
  });

  router.post('/sources/new/:draft/cancel', form, (req, res) => {
    const draft = draftOf(req, res);
    draft?.stop();
    res.redirect(303, draft ? `/sources/new/${draft.id}` : GONE);
  });

  router.post('/sources/new/:draft/add', form, async (req, res) => {
    const draft = draftOf(req, res);
    if (!draft) return res.redirect(303, GONE);
    if (draft.state.phase === 'added') return res.redirect(303, `/sources/${draft.state.sourceId}`);
    if (draft.state.phase !== 'ready') return res.redirect(303, `/sources/new/${draft.id}`);
    try {
      draft.adding ??= addSource(app, draft.input);
      const { id } = await draft.adding;
      draft.state = { phase: 'added', sourceId: id };
      const { credential: _forgotten, ...rest } = draft.input;
      draft.input = rest;
      res.redirect(303, `/sources/${id}`);
    } catch (error) {
      delete draft.adding;
      draft.state = { phase: 'refused', error };
      res.redirect(303, `/sources/new/${draft.id}`);
    }
  });
  return router;
}

/** What to say of an error; one that is not ours is logged by its name alone, as its text may hold what was given. */
function problemOfDraft({ app }: ConsoleDeps, res: Response, error: unknown): { status: number; field?: string; message: string } {
  const { words, requestId } = contextOf(res);
  const problem = problemOf(error, words);
  if (!(error instanceof AppError))
    app.log.error({ request: requestId, code: problem.code, reason: error instanceof Error ? error.name : typeof error }, 'request failed');
  // Of an address that cannot be read, the address is what can be mended here.
  const place = error instanceof AppError && /^(source|net)\./.test(error.code) ? { field: 'location' } : {};
  return { ...place, ...problem };
}

/** The credential of the chosen kind: what was typed, and for fields left empty what the draft before holds, for the same place. */
function credentialOf(
  connectors: ConnectorView[],
  values: SourceFields,
  given: (name: string) => string,
  before: Draft | undefined,
): Record<string, string> | undefined {
  const typed = credentialIn(
    connectors.find(({ kind }) => kind === values.kind),
    given,
  );
  const kept = before && samePlace(before, values) ? before.input.credential : undefined;
  return typed || kept ? { ...kept, ...typed } : undefined;
}

/** A password that was given for one host is never sent to another. */
function samePlace(before: Draft, { location, kind }: SourceFields): boolean {
  const host = (text: string): string => (URL.canParse(text) ? new URL(text).origin : text);
  return before.input.kind === kind && host(before.input.location) === host(location);
}

function draftView(draft: Draft | undefined, values: SourceFields): Pick<NewSourceView, 'draft'> {
  return draft ? { draft: { id: draft.id, hasCredential: draft.input.credential !== undefined && samePlace(draft, values) } } : {};
}
