/** Plain text and JSONL rows to blocks. Runs in the extraction child. */
import { AppError } from '../../errors.ts';
import type { Block, ExtractedDocument } from '../../types.ts';
import { aliasesOf, timeOf } from './front-matter.ts';
import { extractMarkdown } from './markdown.ts';

/** Paragraphs are what blank lines set apart; each keeps the blank lines behind it, so that joined they are the text. */
export function extractPlain(text: string): ExtractedDocument {
  const blocks: Block[] = [];
  const body = text.replace(/^(?:[ \t]*\n)+/, '');
  let start = 0;
  for (const gap of body.matchAll(/\n(?:[ \t]*\n)+/g)) {
    const end = gap.index + gap[0].length;
    blocks.push({ kind: 'paragraph', text: body.slice(start, end) });
    start = end;
  }
  if (start < body.length) blocks.push({ kind: 'paragraph', text: body.slice(start) });
  return { textFragments: false, blocks };
}

/** One line `{_id, title?, text, url?, owner?, updated?}`; its text is read as Markdown. */
export function extractRow(line: string): ExtractedDocument {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw new AppError({ code: 'document.broken', message: 'broken JSON', publicMessage: 'its line is no JSON', cause: error });
  }
  const fields = typeof row === 'object' && row !== null ? (row as Record<string, unknown>) : {};
  if (typeof fields.text !== 'string') {
    throw new AppError({ code: 'document.broken', message: 'no text field', publicMessage: 'its line has no "text"' });
  }
  const document = extractMarkdown(fields.text.replaceAll(/\r\n?/g, '\n'));
  if (typeof fields.title === 'string' && fields.title.trim() !== '') document.title = fields.title.trim();
  if (typeof fields.url === 'string' && /^https?:\/\//i.test(fields.url) && URL.canParse(fields.url)) document.url = fields.url;
  if (typeof fields.owner === 'string' && fields.owner.trim() !== '') document.owner = fields.owner.trim();
  const aliases = aliasesOf(fields);
  if (aliases.length > 0) document.aliases = aliases;
  const changedAt = typeof fields.updated === 'number' ? fields.updated : timeOf(fields.updated);
  if (changedAt !== undefined && Number.isFinite(changedAt)) document.changedAt = changedAt;
  return document;
}
