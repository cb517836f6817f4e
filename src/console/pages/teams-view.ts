/** What the Teams page shows. */
import type { TeamsProof, TeamsState } from '../../chat-contract.ts';

export const TEAMS_DONE = ['connected', 'disconnected'] as const;
/** How a bot that is registered now can prove who it is. */
export const TEAMS_PROOFS = ['secret', 'certificate', 'identity'] as const satisfies TeamsProof[];

export interface TeamsView {
  /** Undefined: not connected; `unreadable`: sealed with another SECRET_KEY. */
  state: TeamsState | 'unreadable' | undefined;
  /** When each kind of activity came last. */
  seen: Record<string, number>;
  proof: (typeof TEAMS_PROOFS)[number];
  /** The proof was chosen just now. */
  chosen: boolean;
  endpoint: string | undefined;
  permissions: readonly string[];
  done?: (typeof TEAMS_DONE)[number];
  problem?: { part: 'connect' | 'package' | 'disconnect'; field?: string; message: string };
  /** What was typed and is no secret, shown again beside a problem. */
  typed?: { appId: string; tenantId: string; allowedTenants: string; multi: boolean };
}
