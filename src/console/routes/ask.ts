/** The Ask room: its pages, the question, the thumbs, the sample. */
import { randomUUID } from 'node:crypto';
import { Router, urlencoded, type Response } from 'express';
import type { SourceStatus } from '../../app-contract.ts';
import { addSample } from '../adding.ts';
import { askIn, emptyTurn, grow, searchedBy, signalOf, turnOf, writeTo } from '../asking.ts';
import { contextOf, field, wantsJson, type ConsoleDeps } from '../context.ts';
import { render } from '../html.ts';
import { askPage, conversationTitle, MAX_QUESTION } from '../pages/ask.ts';
import { REASONS } from '../pages/feedback.ts';
import { renderTurn, type TurnView } from '../pages/turn.ts';
import { inputProblem, notFound, problemOf } from '../problems.ts';

/** A form writes a Chinese character in nine bytes. */
const FORM_LIMIT = 10 * MAX_QUESTION;
const MAX_COMMENT = 4000;

export function askRoutes(deps: ConsoleDeps): Router {
  const { app } = deps;
  const router = Router();
  const form = urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: 50 });

  router.get('/', async (req, res) => {
    const sources = await app.listSources();
    const searchable = field(req.query, 'now') === '1' ? sources.some((s) => s.documents > 0) : await isSearchable(deps, sources);
    const suggestions = searchable ? await suggestionsFor(deps, sources, contextOf(res).words.language) : [];
    res.type('html').send(
      render(
        askPage(contextOf(res), {
          threadId: null,
          turns: [],
          sources,
          suggestions,
          draft: field(req.query, 'q').slice(0, MAX_QUESTION),
          searchable,
        }),
      ),
    );
  });

  router.get('/t/:id', async (req, res) => {
    const threadId = req.params.id;
    const [turns, sources, searched] = await Promise.all([app.thread(threadId), app.listSources(), searchedBy(app)]);
    const context = contextOf(res);
    if (turns.length === 0) throw notFound('thread');
    const thanks = Number(field(req.query, 'thanks'));
    const views = turns.map((turn, i) => ({
      ...turnOf({ index: i + 1, threadId, question: turn.question, searched }, turn.answer, turn.pending),
      thanked: thanks === i + 1,
    }));
    res.type('html').send(render(askPage(context, { threadId, turns: views, sources, suggestions: [], draft: '', searchable: true })));
  });

  router.post('/ask', form, async (req, res) => {
    const question = field(req.body, 'question');
    if (question.length > MAX_QUESTION) throw Object.assign(new Error('question too long'), { type: 'entity.too.large', status: 413 });
    const threadId = threadIdOf(field(req.body, 'thread')) ?? randomUUID();
    const key = field(req.body, 'key');
    // Whoever lost the connection asks once more by the same key, and gets the one answer.
    const eventKey = /^[\w-]{16,64}$/.test(key) ? `console:${key}` : undefined;
    if (wantsJson(req)) await stream(res, { question, threadId, ...(eventKey ? { eventKey } : {}) });
    else {
      // Without JavaScript the browser waits and is sent to the finished conversation.
      for await (const _ of askIn({ text: question, platform: 'console', threadId }, deps, signalOf(res)));
      const turns = await app.thread(threadId);
      if (!res.destroyed) res.redirect(303, `/t/${threadId}#t${turns.length}`);
    }
  });

  async function stream(res: Response, asked: { question: string; threadId: string; eventKey?: string }): Promise<void> {
    const { words } = contextOf(res);
    const { question, threadId, eventKey } = asked;
    const signal = signalOf(res);
    const [turns, searched] = await Promise.all([app.thread(threadId), searchedBy(app)]);
    const before = eventKey === undefined ? turns : turns.filter((one) => one.eventKey !== eventKey);
    let turn: TurnView = emptyTurn({ index: before.length + 1, threadId, question, searched });
    res.status(200).type('application/x-ndjson').set('X-Accel-Buffering', 'no');
    const send = (event: Record<string, unknown>): Promise<void> => writeTo(res, `${JSON.stringify(event)}\n`);
    await send({
      type: 'start',
      threadId,
      path: `/t/${threadId}`,
      title: `${conversationTitle(words, before.length > 0 ? before[0]!.question : question)} · ${words.say('product')}`,
    });
    try {
      for await (const event of askIn({ text: question, platform: 'console', threadId, ...(eventKey ? { eventKey } : {}) }, deps, signal)) {
        const before = turn;
        turn = grow(turn, event);
        await send({ type: 'turn', html: render(renderTurn(words, turn)), say: spoken(before, turn) });
      }
      if (!signal.aborted) await send({ type: 'end', answered: turn.answer !== null });
    } catch (error) {
      app.log.error({ request: contextOf(res).requestId, reason: error instanceof Error ? error.message : 'unknown' }, 'asking failed');
      await send({ type: 'problem', message: problemOf(error, words).message });
    }
    res.end();
  }

  router.post('/feedback', form, async (req, res) => {
    const verdict = field(req.body, 'verdict');
    if (verdict !== 'up' && verdict !== 'down') throw inputProblem('verdict', 'must be up or down');
    const reason = REASONS.find((r) => r === field(req.body, 'reason'));
    const comment = field(req.body, 'comment').trim().slice(0, MAX_COMMENT);
    await app.giveFeedback({
      answerId: field(req.body, 'answer'),
      verdict,
      ...(reason ? { reason } : {}),
      ...(comment ? { comment } : {}),
    });
    const threadId = threadIdOf(field(req.body, 'thread'));
    const turn = Number.parseInt(field(req.body, 'turn'), 10) || 1;
    if (wantsJson(req)) res.status(204).end();
    else res.redirect(303, threadId ? `/t/${threadId}?thanks=${turn}#t${turn}` : '/');
  });

  router.post('/sample', form, async (_req, res) => {
    await addSample(app);
    res.redirect(303, '/');
  });
  return router;
}

/** What a screen reader is told of the step: only what is new. */
function spoken(before: TurnView, now: TurnView): string {
  if (now.sentences.length > before.sentences.length)
    return now.sentences
      .slice(before.sentences.length)
      .map((s) => s.text)
      .join(' ');
  if (now.answer && before.sentences.length === 0) return now.answer.text;
  return '';
}

/** Names of threads are made by us; anything that could not be one begins a new thread. */
function threadIdOf(text: string): string | undefined {
  return /^[\w-]{1,64}$/.test(text) ? text : undefined;
}

/** Whether there is something to ask: a source whose first reading has ended. */
async function isSearchable(deps: ConsoleDeps, sources: SourceStatus[]): Promise<boolean> {
  if (sources.some((s) => s.documents > 0 && !s.syncing)) return true;
  for (const { source, documents } of sources) {
    if (documents === 0) continue;
    const shown = await deps.app.showSource(source.id);
    if (shown?.runs.some((run) => run.state !== 'running')) return true;
  }
  return false;
}

/** Questions to begin with, while the sample is among the sources; those in the reader's language first. */
async function suggestionsFor(deps: ConsoleDeps, sources: SourceStatus[], language: string): Promise<{ text: string; language: string }[]> {
  if (!sources.some(isSample)) return [];
  const questions = await deps.app.sampleQuestions();
  return questions.toSorted((a, b) => Number(b.language === language) - Number(a.language === language)).slice(0, 6);
}

function isSample(status: SourceStatus): boolean {
  return /[/\\]sample([/\\]|$)/.test(status.source.location);
}
