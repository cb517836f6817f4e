/** The blocks of a page, to the last of those in them. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { isOfOtherKind, unreadable, type Notion } from './notion-api.ts';
import type { NotionBlock } from './notion-markdown.ts';

/** Requests that one page may take: each asks for 100 blocks of one parent. Six minutes at Notion's pace. */
const MOST_REQUESTS = 1_000;
/** Notion's own pages nest less. */
const MOST_DEPTH = 30;

const blockSchema = z.looseObject({
  object: z.literal('block'),
  id: z.string(),
  type: z.string(),
  has_children: z.boolean().optional(),
  in_trash: z.boolean().optional(),
});
const dataSchema = z.record(z.string(), z.unknown());
const notesSchema = z.object({ children: z.object({ summary_block_id: z.string().optional(), notes_block_id: z.string().optional() }) });

/** Documents of their own, and buttons that make blocks. */
const notBelow = new Set(['child_page', 'child_database', 'template', 'unsupported']);

/**
 * Child pages and databases are named, not followed. A block that is not shared (a synced one of another page) or gone meanwhile
 * has nothing below it.
 * @throws AppError `document.too_large` past 1,000 requests or 30 levels
 */
export async function readBlocks(notion: Notion, pageId: string): Promise<NotionBlock[]> {
  let requests = 0;
  const below = async (id: string, depth: number): Promise<NotionBlock[]> => {
    if (depth > MOST_DEPTH) throw tooLarge(`its blocks stand in each other more than ${MOST_DEPTH} levels deep`);
    const blocks: NotionBlock[] = [];
    for await (const { results } of notion.list({ path: `/v1/blocks/${id}/children` })) {
      if (++requests > MOST_REQUESTS) throw tooLarge(`reading its blocks takes more than ${MOST_REQUESTS} requests`);
      for (const value of results) {
        const block = blockSchema.safeParse(value).data;
        if (!block) throw unreadable('it does not give blocks as it should');
        if (block.in_trash) continue;
        const data = dataSchema.safeParse(block[block.type]).data ?? {};
        const children: NotionBlock[] = [];
        for (const parent of parentsOf(block, data)) children.push(...(await belowIfShared(parent, depth + 1)));
        blocks.push({ id: block.id, type: block.type, data, children });
      }
    }
    return blocks;
  };
  const belowIfShared = async (id: string, depth: number): Promise<NotionBlock[]> => {
    try {
      return await below(id, depth);
    } catch (error) {
      if (isOfOtherKind(error)) return [];
      throw error;
    }
  };
  return below(pageId, 0);
}

/** Whose children stand in the block. Of meeting notes: the summary and what was noted, not the transcript. */
function parentsOf(block: z.infer<typeof blockSchema>, data: Record<string, unknown>): string[] {
  if (block.type === 'meeting_notes' || block.type === 'transcription') {
    const { summary_block_id: summary, notes_block_id: notes } = notesSchema.safeParse(data).data?.children ?? {};
    return [summary, notes].filter((id) => id !== undefined);
  }
  return block.has_children && !notBelow.has(block.type) ? [block.id] : [];
}

function tooLarge(why: string): AppError {
  return new AppError({ code: 'document.too_large', message: why, publicMessage: why });
}
