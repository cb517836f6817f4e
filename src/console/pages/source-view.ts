/** What a source's page is made from. */
import type { App, ConnectorView } from '../../app-contract.ts';
import type { Done } from './sources.ts';

export type ShownSource = NonNullable<Awaited<ReturnType<App['showSource']>>>;

/** Failures on one page. */
export const FAILURES_PAGE = 50;

export interface SourceView {
  offset: number;
  done?: Done;
  /** Its kind: whether it takes a credential. */
  connector?: ConnectorView;
  /** What was refused, where, and what was given there when it may be shown. */
  problem?: { part: 'schedule' | 'credential' | 'confirm'; message: string; given?: string };
}
