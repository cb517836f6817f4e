/** PPTX to blocks: a heading for each slide, its texts, tables and notes. Runs in the extraction child. */
import type { Block, ExtractedDocument } from '../../types.ts';
import { tableBlocks } from './docx.ts';
import { mainPart, numberRanges, readFacts, readRelationships } from './office.ts';
import { readDiagram, readSlide, type SlideItem } from './pptx-slide.ts';
import { readXml } from './xml.ts';
import { openZip, type Zip } from './zip.ts';

/** What each slide of a deck repeats. */
const repeated = new Set(['dt', 'ftr', 'hdr', 'sldNum', 'sldImg']);

/**
 * Every block of slide 3 has the anchor `slide=3`; a slide without a title is headed `Slide 3`, notes are headed `Notes`.
 * Hidden slides, and slides of pictures alone, are named as unread.
 * @throws AppError `document.*`
 */
export async function extractPptx(bytes: Uint8Array, alive?: () => unknown): Promise<ExtractedDocument> {
  const zip = await openZip(bytes, alive);
  const part = await mainPart(zip);
  const targets = new Map((await readRelationships(zip, part)).map((relationship) => [relationship.id, relationship.target]));
  const order: string[] = [];
  await readXml(zip.read(part), { open: (tag, get) => void (tag === 'sldId' && order.push(get('r:id') ?? '')) });
  const blocks: Block[] = [];
  const hidden: number[] = [];
  const pictures: number[] = [];
  for (const [i, id] of order.entries()) {
    const target = targets.get(id);
    if (target === undefined || !zip.has(target)) continue;
    const slide = await readSlide(zip, target);
    if (slide.hidden) hidden.push(i + 1);
    else {
      const found = await slideBlocks(zip, target, i + 1, slide.items);
      if (found.length === 0 && slide.items.some((item) => item.kind === 'picture')) pictures.push(i + 1);
      blocks.push(...found);
    }
  }
  const named = (numbers: number[], one: string, many: string): string[] =>
    numbers.length === 0 ? [] : [numbers.length === 1 ? `slide ${numbers[0]} ${one}` : `slides ${numberRanges(numbers)} ${many}`];
  const unread = [
    ...named(hidden, 'is hidden', 'are hidden'),
    ...named(pictures, 'is a picture without text', 'are pictures without text'),
  ];
  return { textFragments: false, ...(await readFacts(zip)), ...(unread.length === 0 ? {} : { unread: unread.join('; ') }), blocks };
}

async function slideBlocks(zip: Zip, part: string, number: number, items: SlideItem[]): Promise<Block[]> {
  const relationships = await readRelationships(zip, part);
  const isTitle = (item: SlideItem): boolean => item.kind === 'text' && (item.placeholder === 'title' || item.placeholder === 'ctrTitle');
  const title = items
    .filter(isTitle)
    .map((item) => (item.kind === 'text' ? item.lines.map((line) => line.text).join(' ') : ''))
    .join(' ')
    .replaceAll(/\s+/g, ' ');
  const body: Block[] = [];
  for (const item of items) {
    if (isTitle(item) || item.kind === 'picture') continue;
    if (item.kind === 'table') body.push(...tableBlocks(item));
    else if (item.kind === 'text') body.push(...textBlocks(item));
    else {
      const target = relationships.find((relationship) => relationship.id === item.relationship)?.target;
      const lines = target !== undefined && zip.has(target) ? await readDiagram(zip, target) : [];
      if (lines.length > 0) body.push({ kind: 'list', text: `${lines.map((line) => `- ${line}`).join('\n')}\n\n` });
    }
  }
  const notes = relationships.find((relationship) => relationship.type === 'notesSlide' && zip.has(relationship.target));
  const said = notes
    ? (await readSlide(zip, notes.target)).items.flatMap((item) =>
        item.kind === 'text' && item.placeholder === 'body'
          ? item.lines.map((line): Block => ({ kind: 'paragraph', text: `${line.text}\n\n` }))
          : [],
      )
    : [];
  if (title === '' && body.length === 0 && said.length === 0) return [];
  const anchor = `slide=${number}`;
  const all: Block[] = [
    { kind: 'heading', depth: 1, text: `${title === '' ? `Slide ${number}` : title}\n\n` },
    ...body,
    ...(said.length === 0 ? [] : [{ kind: 'heading' as const, depth: 2, text: 'Notes\n\n' }, ...said]),
  ];
  return all.map((block) => ({ ...block, anchor }));
}

function textBlocks(item: SlideItem & { kind: 'text' }): Block[] {
  if (item.placeholder !== undefined && repeated.has(item.placeholder)) return [];
  const inList = item.lines.length > 1 && item.placeholder === 'body';
  const blocks: Block[] = [];
  let list: string[] = [];
  const endList = (): void => {
    if (list.length > 0) blocks.push({ kind: 'list', text: `${list.join('\n')}\n\n` });
    list = [];
  };
  for (const { text, level, bullet } of item.lines) {
    if (bullet ?? inList) list.push(`${'  '.repeat(level)}- ${text.replaceAll(/\s*\n\s*/g, ' ')}`);
    else {
      endList();
      blocks.push({ kind: 'paragraph', text: `${text}\n\n` });
    }
  }
  endList();
  return blocks;
}
