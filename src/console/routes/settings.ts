/** The Settings room. */
import { Router, urlencoded, type Response } from 'express';
import type { Finding } from '../../app-contract.ts';
import { AppError } from '../../errors.ts';
import { signalOf } from '../asking.ts';
import { contextOf, field, type ConsoleDeps } from '../context.ts';
import { render } from '../html.ts';
import { checksPage, settingsPage } from '../pages/settings.ts';
import type { ChatLink, SettingsPart, SettingsValues, SettingsView } from '../pages/settings-view.ts';
import { DONE } from '../pages/sources.ts';
import { problemOf } from '../problems.ts';

const CHECKS_MS = 12_000;

export function settingsRoutes(deps: ConsoleDeps): Router {
  const { app } = deps;
  const router = Router();
  const form = urlencoded({ extended: true, limit: '100kb', parameterLimit: 2000 });

  router.get('/settings', async (req, res) => {
    const done = DONE.find((key) => key === field(req.query, 'done'));
    res.type('html').send(render(settingsPage(contextOf(res), { ...(await view()), ...(done ? { done } : {}) })));
  });

  router.get('/settings/checks', async (_req, res) => {
    res.type('html').send(render(checksPage(contextOf(res), await findings(deps, signalOf(res)))));
  });

  router.post('/settings/answering', form, (req, res) =>
    save(res, 'answering', async () => {
      await app.changeSetting('keepRate', Number(field(req.body, 'keepRate').replace(',', '.')) / 100);
      await app.changeSetting('questionsPerHour', Number(field(req.body, 'questionsPerHour')));
    }),
  );

  router.post('/settings/syncing', form, (req, res) =>
    save(res, 'syncing', async () => {
      await app.changeSetting('largestRemovalShare', Number(field(req.body, 'largestRemovalShare').replace(',', '.')) / 100);
    }),
  );

  router.post('/settings/model', form, (req, res) => save(res, 'meaning', () => app.useModel(field(req.body, 'model'))));

  router.post('/settings/hub', form, (req, res) =>
    save(res, 'meaning', () => app.changeSetting('modelHub', field(req.body, 'modelHub').trim() || 'off')),
  );

  router.post('/settings/network', form, (req, res) =>
    save(res, 'network', async () => {
      await app.changeSetting(
        'internalAddresses',
        field(req.body, 'internalAddresses')
          .split(/[\n,]/)
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      );
    }),
  );

  router.post('/settings/prices', form, (req, res) =>
    save(res, 'prices', async () => {
      const { prices, contextTokens } = pricesOf(req.body as Record<string, unknown>);
      await app.changeSetting('prices', prices);
      await app.changeSetting('contextTokens', contextTokens);
    }),
  );

  async function view(): Promise<SettingsView> {
    const [models, rows, settings, slack, teams] = await Promise.all([
      app.modelStatus(),
      app.listModels(),
      app.settings(),
      chatLink(deps.chat?.slack),
      chatLink(deps.chat?.teams),
    ]);
    return { models, rows, settings, ...(slack && teams ? { chat: { slack, teams } } : {}) };
  }

  async function chatLink(platform: { state(): Promise<object | undefined> } | undefined): Promise<ChatLink | undefined> {
    try {
      return platform && ((await platform.state()) ? 'connected' : 'none');
    } catch (error) {
      if (error instanceof AppError && error.code === 'chat.key') return 'unreadable';
      throw error;
    }
  }

  async function save(res: Response, part: SettingsPart, change: () => Promise<void>): Promise<void> {
    try {
      await change();
      res.redirect(303, '/settings?done=saved');
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const problem = problemOf(error, contextOf(res).words);
      res
        .status(problem.status)
        .type('html')
        .send(render(settingsPage(contextOf(res), { ...(await view()), problem: { part, message: problem.message } })));
    }
  }
  return router;
}

/** The doctor's findings, or null when they take too long to wait for. */
export async function findings(deps: ConsoleDeps, signal: AbortSignal): Promise<Finding[] | null> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CHECKS_MS)]);
  try {
    return await deps.app.doctor(limit);
  } catch (error) {
    if (limit.aborted) return null;
    throw error;
  }
}

/** Rows of the form as settings; a row without a model's name is left out. Wrong numbers are refused by the settings' own schema. */
function pricesOf(body: Record<string, unknown>): Pick<SettingsValues, 'prices' | 'contextTokens'> {
  const column = (name: string): string[] => [body[name]].flat().map((value) => (typeof value === 'string' ? value.trim() : ''));
  const [inputs, outputs, contexts] = [column('input'), column('output'), column('context')];
  const prices: SettingsValues['prices'] = {};
  const contextTokens: SettingsValues['contextTokens'] = {};
  for (const [i, model] of column('model').entries()) {
    if (model === '') continue;
    const number = (text: string | undefined): number => Number((text ?? '').replace(',', '.'));
    if (inputs[i] || outputs[i]) prices[model] = { input: number(inputs[i]), output: number(outputs[i]) };
    if (contexts[i]) contextTokens[model] = Number(contexts[i].replaceAll(/[\s.,]/g, ''));
  }
  return { prices, contextTokens };
}
