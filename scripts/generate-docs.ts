/** Writes `.env.example` and README's table of settings from `src/config.ts`; `--check` only tells whether they are up to date. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ENTRIES } from '../src/config.ts';

const file = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const entries = Object.entries(ENTRIES) as [string, { doc: string; default?: string; secret?: true }][];
const BEGIN = '<!-- settings: made by `npm run docs` from src/config.ts -->';
const END = '<!-- settings end -->';

const environment = [
  '# Docent reads these from the environment. All are optional. Made by `npm run docs` from src/config.ts.',
  ...entries.map(([name, e]) => `\n# ${e.doc}\n#${name}=${e.default ?? ''}`),
  '',
].join('\n');
const table = [
  '| Variable | Default | What it is for |',
  '|---|---|---|',
  ...entries.map(
    ([name, e]) => `| \`${name}\` | ${e.default === undefined ? '' : `\`${e.default}\``} | ${e.doc}${e.secret ? ' (secret)' : ''} |`,
  ),
].join('\n');

const readme = existsSync(file('README.md')) ? readFileSync(file('README.md'), 'utf8') : `${BEGIN}\n${END}\n`;
const [before, rest = ''] = readme.split(BEGIN);
const after = rest.slice(rest.indexOf(END) + END.length);
const wanted = { 'README.md': `${before}${BEGIN}\n${table}\n${END}${after}`, '.env.example': environment };

for (const [name, text] of Object.entries(wanted)) {
  const current = existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '';
  if (current === text) continue;
  if (process.argv.includes('--check')) {
    process.stderr.write(`${name} is not what src/config.ts says; run "npm run docs"\n`);
    process.exitCode = 1;
  } else writeFileSync(file(name), text);
}
