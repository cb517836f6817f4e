/** Compares a listing with what the catalog knows: what to fetch, what to keep, what is gone. Pure. */
import type { ListedDocument } from '../connectors/connector.ts';
import type { KnownDocument } from '../catalog/documents.ts';

export interface SyncPlan {
  /** New, or perhaps changed: to be fetched, and decided by the hash of their content. */
  fetch: ListedDocument[];
  /** Equal by what the listing says of them; nothing is requested for them. */
  kept: number;
  /** In the catalog but no longer listed. */
  gone: KnownDocument[];
  /** Listed more than once; only the first counts. */
  repeated: number;
}

/** @param readerSet the source's reader set; a document under another one is written again */
export function planSync(known: Map<string, KnownDocument>, listed: ListedDocument[], readerSet: number): SyncPlan {
  const seen = new Set<string>();
  const plan: SyncPlan = { fetch: [], kept: 0, gone: [], repeated: 0 };
  for (const entry of listed) {
    if (seen.has(entry.externalId)) {
      plan.repeated++;
      continue;
    }
    seen.add(entry.externalId);
    const before = known.get(entry.externalId);
    const unchanged =
      before && !before.deleted && before.readerSet === readerSet && entry.version !== undefined && entry.version === before.listedVersion;
    if (unchanged) plan.kept++;
    else plan.fetch.push(entry);
  }
  for (const document of known.values()) if (!document.deleted && !seen.has(document.externalId)) plan.gone.push(document);
  return plan;
}

/** A listing that suddenly lacks more than this share of the documents is doubted: wikis hand out short lists when rights are lost. */
export const LARGEST_REMOVAL_SHARE = 0.5;
/** Below this many documents a share says little. */
const FEW_DOCUMENTS = 10;

/** Why the removals of a plan must not be carried out, or undefined when they may. */
export function doubtRemovals(known: number, listed: number, gone: number): string | undefined {
  if (gone === 0) return undefined;
  if (listed === 0)
    return `the listing is empty, so none of the ${known} known documents was removed; remove the source if it is meant to be empty`;
  if (known >= FEW_DOCUMENTS && gone / known > LARGEST_REMOVAL_SHARE) {
    return `the listing lacks ${gone} of ${known} known documents, more than ${LARGEST_REMOVAL_SHARE * 100} %, so none was removed; if that is right, remove the source and add it again`;
  }
  return undefined;
}
