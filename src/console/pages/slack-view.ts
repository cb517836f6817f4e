/** What the Slack page shows. */
import type { SlackMode, SlackState } from '../../chat-contract.ts';

export const SLACK_DONE = ['connected', 'disconnected', 'sent'] as const;

export interface SlackView {
  /** Undefined: not connected; `unreadable`: sealed with another SECRET_KEY. */
  state: SlackState | 'unreadable' | undefined;
  /** When each kind of event came last. */
  seen: Record<string, number>;
  /** Chosen for the app that is made. */
  mode: SlackMode;
  /** The mode was chosen just now. */
  chosen: boolean;
  requestUrl: string | undefined;
  scopes: readonly string[];
  createLink: string;
  manifest: string;
  done?: (typeof SLACK_DONE)[number];
  problem?: { part: 'connect' | 'test' | 'disconnect'; field?: string; message: string };
  /** To whom a test message was to go. */
  to?: string;
}
