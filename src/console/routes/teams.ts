/** Connecting Teams: the page with its steps, what its forms ask for, and the app package. */
import { Router, urlencoded, type Response } from 'express';
import type { TeamsConsole } from '../../chat-contract.ts';
import { AppError } from '../../errors.ts';
import { signalOf } from '../asking.ts';
import { contextOf, field } from '../context.ts';
import { render } from '../html.ts';
import { teamsChecksPage } from '../pages/teams-connection.ts';
import { teamsPage } from '../pages/teams.ts';
import { TEAMS_DONE, TEAMS_PROOFS, type TeamsView } from '../pages/teams-view.ts';
import { problemOf } from '../problems.ts';

/** Microsoft is asked with a time limit of its own; this one is for all that is asked together. */
const TEAMS_MS = 15_000;

export function teamsRoutes(teams: TeamsConsole): Router {
  const router = Router();
  // A certificate and its key are some kilobytes.
  const form = urlencoded({ extended: false, limit: '50kb' });
  const waiting = (res: Response): AbortSignal => AbortSignal.any([signalOf(res), AbortSignal.timeout(TEAMS_MS)]);

  router.get('/settings/teams', async (req, res) => {
    const done = TEAMS_DONE.find((key) => key === field(req.query, 'done'));
    res.type('html').send(render(teamsPage(contextOf(res), { ...(await view(field(req.query, 'proof'))), ...(done ? { done } : {}) })));
  });

  router.get('/settings/teams/checks', async (_req, res) => {
    const limit = waiting(res);
    const check = await teams.check(limit).catch((error: unknown) => {
      if (limit.aborted) return 'slow' as const;
      throw error;
    });
    res.type('html').send(render(teamsChecksPage(contextOf(res), check)));
  });

  router.get('/settings/teams/package', async (req, res) => {
    await tried(res, 'package', '', async () => {
      const zip = await teams.package({ readChannels: field(req.query, 'read') === 'channels' });
      res.attachment('docent-teams.zip').type('application/zip').send(Buffer.from(zip));
    });
  });

  router.post('/settings/teams/connect', form, async (req, res) => {
    const given = (name: string): string => field(req.body, name).trim();
    const proof = proofOf(given('proof'));
    const typed = {
      appId: given('appId'),
      tenantId: given('tenantId'),
      allowedTenants: given('allowedTenants'),
      multi: given('multi') === 'yes',
    };
    await tried(
      res,
      'connect',
      proof,
      async () => {
        await teams.connect(
          {
            appId: typed.appId,
            tenantId: typed.tenantId,
            allowedTenants: typed.allowedTenants.split(/[\s,]+/).filter((tenant) => tenant !== ''),
            appType: proof === 'identity' ? 'UserAssignedMSI' : typed.multi ? 'MultiTenant' : 'SingleTenant',
            ...(proof === 'secret' ? { password: given('password') } : {}),
            ...(proof === 'certificate' ? { certificate: certificateOf(given('certificate')) } : {}),
          },
          waiting(res),
        );
        res.redirect(303, '/settings/teams?done=connected');
      },
      { typed },
    );
  });

  router.post('/settings/teams/disconnect', form, async (_req, res) => {
    await tried(res, 'disconnect', '', async () => {
      await teams.disconnect();
      res.redirect(303, '/settings/teams?done=disconnected');
    });
  });

  async function view(proof: string): Promise<TeamsView> {
    const unreadable = (error: unknown): 'unreadable' => {
      if (error instanceof AppError && error.code === 'chat.key') return 'unreadable';
      throw error;
    };
    const [state, seen] = await Promise.all([teams.state().catch(unreadable), teams.seen()]);
    const held = state === undefined || state === 'unreadable' ? '' : state.proof;
    const { endpoint, permissions } = teams;
    return { state, seen, proof: proofOf(proof || held), chosen: proof !== '', endpoint, permissions };
  }

  /** A refusal is shown where the person was, with nothing of the secrets that were typed. */
  async function tried(
    res: Response,
    part: 'connect' | 'package' | 'disconnect',
    proof: string,
    work: () => Promise<void>,
    kept: Pick<TeamsView, 'typed'> = {},
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      const slow = error instanceof Error && error.name === 'TimeoutError';
      if (!(error instanceof AppError) && !slow) throw error;
      const { words } = contextOf(res);
      const problem = slow ? { status: 503, message: words.say('teamsCheckSlow') } : problemOf(error, words);
      const shown: TeamsView = {
        ...(await view(proof)),
        problem: { part, message: problem.message, ...('field' in problem && problem.field ? { field: problem.field } : {}) },
        ...kept,
      };
      res
        .status(problem.status)
        .type('html')
        .send(render(teamsPage(contextOf(res), shown)));
    }
  }
  return router;
}

const proofOf = (given: string): (typeof TEAMS_PROOFS)[number] => TEAMS_PROOFS.find((proof) => proof === given) ?? 'secret';

/** A form sends lines as `\r\n`. */
const certificateOf = (given: string): string => given.replaceAll('\r\n', '\n');
