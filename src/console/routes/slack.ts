/** Connecting Slack: the page with its steps, and what its forms ask for. */
import { Router, urlencoded, type Response } from 'express';
import type { SlackConsole, SlackMode } from '../../chat-contract.ts';
import { AppError } from '../../errors.ts';
import { signalOf } from '../asking.ts';
import { contextOf, field } from '../context.ts';
import { render } from '../html.ts';
import { slackPage } from '../pages/slack.ts';
import { slackChecksPage } from '../pages/slack-connection.ts';
import { SLACK_DONE, type SlackView } from '../pages/slack-view.ts';
import { problemOf } from '../problems.ts';

/** Slack is asked with a time limit of its own; this one is for all of its calls together. */
const SLACK_MS = 15_000;

export function slackRoutes(slack: SlackConsole): Router {
  const router = Router();
  const form = urlencoded({ extended: false, limit: '20kb' });
  const waiting = (res: Response): AbortSignal => AbortSignal.any([signalOf(res), AbortSignal.timeout(SLACK_MS)]);

  router.get('/settings/slack', async (req, res) => {
    const done = SLACK_DONE.find((key) => key === field(req.query, 'done'));
    res.type('html').send(render(slackPage(contextOf(res), { ...(await view(field(req.query, 'mode'))), ...(done ? { done } : {}) })));
  });

  router.get('/settings/slack/checks', async (_req, res) => {
    const limit = waiting(res);
    const check = await slack.check(limit).catch((error: unknown) => {
      if (limit.aborted) return 'slow' as const;
      throw error;
    });
    res.type('html').send(render(slackChecksPage(contextOf(res), check)));
  });

  router.post('/settings/slack/connect', form, async (req, res) => {
    const given = (name: string): string => field(req.body, name).trim();
    const mode = modeOf(given('mode'));
    await tried(res, 'connect', mode, async () => {
      const chosen = mode === 'socket' ? ('appToken' as const) : ('signingSecret' as const);
      if (given('botToken') !== '' && given(chosen) === '') throw missing(res, chosen);
      await slack.connect(
        {
          botToken: given('botToken'),
          [chosen]: given(chosen),
          allowedTeams: given('allowedTeams')
            .split(/[\s,]+/)
            .filter((team) => team !== ''),
        },
        waiting(res),
      );
      res.redirect(303, '/settings/slack?done=connected');
    });
  });

  router.post('/settings/slack/test', form, async (req, res) => {
    const to = field(req.body, 'to').trim();
    await tried(
      res,
      'test',
      undefined,
      async () => {
        await slack.sendTest(to, contextOf(res).words.language, waiting(res));
        res.redirect(303, '/settings/slack?done=sent');
      },
      { to },
    );
  });

  router.post('/settings/slack/disconnect', form, async (_req, res) => {
    await tried(res, 'disconnect', undefined, async () => {
      await slack.disconnect();
      res.redirect(303, '/settings/slack?done=disconnected');
    });
  });

  async function view(mode: string): Promise<SlackView> {
    const unreadable = (error: unknown): 'unreadable' => {
      if (error instanceof AppError && error.code === 'chat.key') return 'unreadable';
      throw error;
    };
    const [state, seen] = await Promise.all([slack.state().catch(unreadable), slack.seen()]);
    const chosen = modeOf(mode || (slack.requestUrl ? 'http' : 'socket'));
    return {
      state,
      seen,
      mode: chosen,
      chosen: mode !== '',
      requestUrl: slack.requestUrl,
      scopes: slack.scopes,
      createLink: slack.createLink(chosen),
      manifest: slack.manifest(chosen),
    };
  }

  /** A refusal is shown where the person was, with nothing of the secrets that were typed. */
  async function tried(
    res: Response,
    part: 'connect' | 'test' | 'disconnect',
    mode: SlackMode | undefined,
    work: () => Promise<void>,
    kept: { to?: string } = {},
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      const slow = error instanceof Error && error.name === 'TimeoutError';
      if (!(error instanceof AppError) && !slow) throw error;
      const { words } = contextOf(res);
      const problem = slow ? { status: 503, message: words.say('slackCheckSlow') } : problemOf(error, words);
      const shown: SlackView = {
        ...(await view(mode ?? '')),
        problem: { part, message: problem.message, ...('field' in problem && problem.field ? { field: problem.field } : {}) },
        ...kept,
      };
      res
        .status(problem.status)
        .type('html')
        .send(render(slackPage(contextOf(res), shown)));
    }
  }
  return router;
}

const modeOf = (given: string): SlackMode => (given === 'http' ? 'http' : 'socket');

function missing(res: Response, name: 'appToken' | 'signingSecret'): AppError {
  const message = contextOf(res).words.say(name === 'appToken' ? 'slackAppTokenHelp' : 'slackSigningSecretHelp');
  return new AppError({ code: 'input.invalid', message: `${name}: missing`, publicMessage: `${name}: ${message}` });
}
