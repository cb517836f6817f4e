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

/**
 * @param readerSetOf the reader set that an entry is to have; a document under another one is written again
 * @param whole everything was listed: what is known and not listed is gone. Otherwise only what the listing calls gone is.
 */
export function planSync(
  known: Map<string, KnownDocument>,
  listed: ListedDocument[],
  readerSetOf: (entry: ListedDocument) => number,
  whole = true,
): SyncPlan {
  const seen = new Set<string>();
  const plan: SyncPlan = { fetch: [], kept: 0, gone: [], repeated: 0 };
  for (const entry of listed) {
    if (seen.has(entry.externalId)) {
      plan.repeated++;
      continue;
    }
    seen.add(entry.externalId);
    const before = known.get(entry.externalId);
    if (entry.gone) {
      if (before && !before.deleted) plan.gone.push(before);
      continue;
    }
    const unchanged =
      before &&
      !before.deleted &&
      before.readerSet === readerSetOf(entry) &&
      entry.version !== undefined &&
      entry.version === before.listedVersion;
    if (unchanged) plan.kept++;
    else plan.fetch.push(entry);
  }
  if (whole) for (const document of known.values()) if (!document.deleted && !seen.has(document.externalId)) plan.gone.push(document);
  return plan;
}

/** Below this many documents a share says little. */
const FEW_DOCUMENTS = 10;

/**
 * Why the removals of a plan must not be carried out without an admin's word, or undefined when they may. Wikis hand out
 * short lists when rights are lost.
 * @param counts documents known before, listed now, and to be removed
 * @param share the largest share (0 to 1) of the known documents that one run may remove
 * @param confirmed as many were confirmed by an admin
 */
export function doubtRemovals(
  { known, listed, gone }: { known: number; listed: number; gone: number },
  share: number,
  confirmed = 0,
): string | undefined {
  if (gone === 0 || gone <= confirmed) return undefined;
  const mend = 'if that is right, confirm it on the page of the source in the console, or with "docent source confirm"';
  if (listed === 0) return `the listing is empty, so none of the ${known} known documents was removed; ${mend}`;
  if (known >= FEW_DOCUMENTS && gone / known > share)
    return `the listing lacks ${gone} of ${known} known documents, more than ${Math.round(share * 100)} %, so none was removed; ${mend}`;
  return undefined;
}
