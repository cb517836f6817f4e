/** What the Settings room shows, and where a part's problem stands. */
import type { App } from '../../app-contract.ts';
import { html, type Content } from '../html.ts';
import type { Words } from '../words.ts';
import type { Done } from './sources.ts';

export type ModelRow = Awaited<ReturnType<App['listModels']>>[number];
export type ModelStatus = Awaited<ReturnType<App['modelStatus']>>;
export type SettingsValues = Awaited<ReturnType<App['settings']>>;
export type SettingsPart = 'meaning' | 'answering' | 'syncing' | 'prices' | 'network';

export type ChatLink = 'connected' | 'none' | 'unreadable';

export interface SettingsView {
  models: ModelStatus;
  rows: ModelRow[];
  settings: SettingsValues;
  /** Absent: chat platforms cannot be connected here. */
  chat?: Record<'slack' | 'teams', ChatLink>;
  done?: Done;
  problem?: { part: SettingsPart; message: string };
}

export function problemOfPart(words: Words, view: SettingsView, part: SettingsPart): Content {
  return view.problem?.part === part
    ? html`<p class="field-problem" role="alert" id="problem-${part}">${words.say('saveProblem')} ${view.problem.message}</p>`
    : '';
}
