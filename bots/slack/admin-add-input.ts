/** The form of a new source as Slack sends it, and what a view keeps of it. */
import type { ViewOutput } from '@slack/bolt';
import { z } from 'zod';
import { EMPTY, MOST, type Given, type SourceValues } from '../source-form.ts';

/** The one value of a block, however the element holds it. */
export const givenIn =
  (values: ViewOutput['state']['values']): Given =>
  (block) => {
    const [element] = Object.values(values[block] ?? {});
    return element?.value ?? element?.selected_option?.value ?? undefined;
  };

/** `<https://x|x>`, as Slack writes links in some texts, is the address. */
export function plainLink(text: string): string {
  const link = /^<([^|>\s]+)(?:\|[^>]*)?>$/.exec(text)?.[1];
  return link === undefined ? text : link.replaceAll('&amp;', '&');
}

const kept = z.object({
  draft: z.string().max(100),
  values: z.object({
    location: z.string().max(MOST.location),
    kind: z.string().max(40),
    name: z.string().max(MOST.name),
    readers: z.enum(['everyone', 'public', 'own']),
    readersOwn: z.string().max(MOST.readersOwn),
    schedule: z.string().max(40),
    cron: z.string().max(MOST.cron),
  }),
});

/** What a view keeps: the draft's id, and what was given that is no secret. */
export function metadataOf(draft: string, values: SourceValues): string {
  const text = JSON.stringify({ draft, values });
  return text.length <= 3000 ? text : JSON.stringify({ draft, values: EMPTY });
}

export function readMetadata(text: string): { draft: string; values: SourceValues } | undefined {
  try {
    return kept.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
