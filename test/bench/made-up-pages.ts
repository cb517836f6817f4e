import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a folder of pages for benches where the handbook of ../shared/data is missing. */
export function writeMadeUpPages(folder: string, pages: number): string {
  mkdirSync(folder);
  for (let i = 0; i < pages; i++)
    writeFileSync(
      join(folder, `page${i}.md`),
      `# Page ${i}\n\n${Array.from({ length: 6 }, (_, s) => `## Part ${s}\n\n${`Department ${i} keeps rule ${s} about desk ${i * 7 + s} in the archive of floor ${i % 9}. `.repeat(8)}`).join('\n\n')}\n`,
    );
  return folder;
}
