/** What DOCX, PPTX and XLSX share: how parts point at parts (ECMA-376-2, 9.3), and who wrote the file. Runs in the extraction child. */
import type { ExtractedDocument } from '../../types.ts';
import { ownerFact, timeFact, titleFact } from './file-facts.ts';
import { readXml } from './xml.ts';
import { broken, type Zip } from './zip.ts';

export interface Relationship {
  id: string;
  /** The last word of the type's address: `slide`, `notesSlide`, `footnotes`, … */
  type: string;
  /** The name of the part, or the address of what is outside. */
  target: string;
  external: boolean;
}

/** Where a part points; none when it points nowhere. Part '' is the whole file. */
export async function readRelationships(zip: Zip, part: string): Promise<Relationship[]> {
  const slash = part.lastIndexOf('/') + 1;
  const name = `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`;
  const found: Relationship[] = [];
  if (!zip.has(name)) return found;
  await readXml(zip.read(name), {
    open(tag, get) {
      const [id, type, target] = [get('Id'), get('Type'), get('Target')];
      if (tag !== 'Relationship' || id === undefined || type === undefined || target === undefined) return;
      const external = get('TargetMode') === 'External';
      found.push({
        id,
        type: type.slice(type.lastIndexOf('/') + 1),
        target: external ? target : resolve(part.slice(0, slash), target),
        external,
      });
    },
  });
  return found;
}

/** The name of the document's main part. */
export async function mainPart(zip: Zip): Promise<string> {
  const main = (await readRelationships(zip, '')).find((relationship) => relationship.type === 'officeDocument');
  if (!main || !zip.has(main.target)) throw broken('it is no Office file, or it is damaged');
  return main.target;
}

/** Title, owner and date of the last change, as the file gives them. */
export async function readFacts(zip: Zip): Promise<Pick<ExtractedDocument, 'title' | 'owner' | 'changedAt'>> {
  const core = (await readRelationships(zip, '')).find((relationship) => relationship.type === 'core-properties');
  if (!core || !zip.has(core.target)) return {};
  const values = new Map<string, string>();
  let open = '';
  await readXml(zip.read(core.target), {
    open: (tag) => void (open = tag),
    close: () => void (open = ''),
    text: (text) => void (open !== '' && values.set(open, ((values.get(open) ?? '') + text).slice(0, 1000))),
  });
  const title = titleFact(values.get('title'));
  const owner = ownerFact(values.get('creator'));
  const changedAt = timeFact(values.get('modified')?.trim());
  return {
    ...(title === undefined ? {} : { title }),
    ...(owner === undefined ? {} : { owner }),
    ...(changedAt === undefined ? {} : { changedAt }),
  };
}

function resolve(folder: string, target: string): string {
  const path: string[] = [];
  for (const step of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (step === '..') path.pop();
    else if (step !== '' && step !== '.') path.push(step);
  }
  return path.join('/');
}

/** `3, 7 to 9 and 12`, of numbers in order. */
export function numberRanges(numbers: number[]): string {
  const ranges: string[] = [];
  for (let at = 0; at < numbers.length;) {
    let end = at;
    while (numbers[end + 1] === numbers[end]! + 1) end++;
    ranges.push(end === at ? String(numbers[at]) : `${numbers[at]} to ${numbers[end]}`);
    at = end + 1;
  }
  return ranges.length < 2 ? (ranges[0] ?? '') : `${ranges.slice(0, -1).join(', ')} and ${ranges.at(-1)}`;
}
