/** What stays of where a question came from, once nobody answers it any more. */
import type { Origin } from './messenger.ts';

/** Files keep their names; the addresses they were fetched from go: whoever has one reads the file. Platforms' ids stay. */
export function keptOrigin(origin: Origin): Origin {
  return origin.files ? { ...origin, files: origin.files.map(withoutAddress) } : origin;
}

/** @param file an id, or what is known of it as JSON */
function withoutAddress(file: string): string {
  if (!file.startsWith('{')) return file;
  try {
    const { url: _, ...rest } = JSON.parse(file) as Record<string, unknown>;
    return JSON.stringify(rest);
  } catch {
    return file;
  }
}
