/** The Documents room. */
import { Router } from 'express';
import { contextOf, field, type ConsoleDeps } from '../context.ts';
import { render } from '../html.ts';
import { documentPage, partOfQuote } from '../pages/document.ts';
import { DOCUMENTS_PAGE, documentsPage } from '../pages/documents.ts';
import { notFound } from '../problems.ts';

/** Larger numbers are no integers to the catalog. */
const MOST_DOCUMENTS = 1_000_000_000;

export function documentRoutes(deps: ConsoleDeps): Router {
  const { app } = deps;
  const router = Router();

  router.get('/documents', async (req, res) => {
    const query = field(req.query, 'q').trim().slice(0, 300);
    const sourceId = field(req.query, 'source');
    const offset = Math.min(MOST_DOCUMENTS, Math.max(0, Number.parseInt(field(req.query, 'offset'), 10) || 0));
    const [listed, sources] = await Promise.all([
      app.listDocuments({ offset, limit: DOCUMENTS_PAGE, ...(query ? { query } : {}), ...(sourceId ? { sourceId } : {}) }),
      app.listSources(),
    ]);
    res.type('html').send(render(documentsPage(contextOf(res), { query, sourceId, offset, ...listed, sources })));
  });

  router.get('/documents/:id', async (req, res) => {
    const citation = field(req.query, 'citation');
    const passage = field(req.query, 'passage');
    const document = await app.showDocument(req.params.id, { ...(citation ? { citation } : {}), ...(passage ? { passage } : {}) });
    if (!document) throw notFound('document');
    const asked = Number.parseInt(field(req.query, 'part'), 10);
    const part = Number.isNaN(asked) ? partOfQuote(document) : asked - 1;
    const query = new URLSearchParams({ ...(citation ? { citation } : {}), ...(passage ? { passage } : {}) }).toString();
    res.type('html').send(render(await documentPage(contextOf(res), document, { part, query })));
  });
  return router;
}
