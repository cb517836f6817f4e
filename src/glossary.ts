/** The admin's glossary: listed, changed, and taken from and given out as CSV. */
import type { Catalog } from './catalog/database.ts';
import { listGlossary, readGlossaryEntry, removeGlossaryEntry, saveGlossary, type GlossaryEntry } from './catalog/glossary.ts';
import { AppError } from './errors.ts';
import {
  checkEntry,
  GLOSSARY_LIMITS,
  readGlossaryCsv,
  writeGlossaryCsv,
  type GlossaryInput,
  type GlossaryProblem,
  type RefusedRow,
} from './glossary-csv.ts';
import { lookupKey } from './own-words.ts';
import type { Clock } from './types.ts';

export type { GlossaryEntry } from './catalog/glossary.ts';
export type { GlossaryInput, GlossaryProblem, RefusedRow } from './glossary-csv.ts';

/** What a file would do. With a refused row nothing of it is taken. */
export interface GlossaryPlan {
  added: GlossaryInput[];
  changed: { before: GlossaryEntry; after: GlossaryInput }[];
  unchanged: number;
  refused: RefusedRow[];
}

export interface Glossary {
  /** By term. */
  list(): Promise<GlossaryEntry[]>;
  read(id: string): Promise<GlossaryEntry | undefined>;
  /** Adds an entry, or changes the one with the id. Throws `glossary.refused` with the problem, `glossary.not_found`, `glossary.exists`. */
  save(input: GlossaryInput, id?: string): Promise<void>;
  /** Throws `glossary.not_found`. */
  remove(id: string): Promise<void>;
  plan(csv: Uint8Array): Promise<GlossaryPlan>;
  /** Takes a file as planned, all of it or, when a row is refused, nothing. */
  take(csv: Uint8Array): Promise<GlossaryPlan>;
  /** UTF-8 CSV with a byte-order mark, so that spreadsheets read it rightly. */
  export(): Promise<string>;
}

/** What is said to programs; the console has words of its own. */
const MESSAGES: Record<GlossaryProblem, string> = {
  'not-utf8': 'the file is not UTF-8',
  'no-header': 'the first line must be term,synonyms,explanation',
  'too-many-rows': `more than ${GLOSSARY_LIMITS.rows} rows`,
  'broken-quotes': 'a quotation mark is not closed, or stands within a cell',
  'too-many-fields': 'more cells than the header names; a text with a comma needs quotation marks',
  'no-term': 'there is no term',
  'no-synonym': 'there is no synonym that differs from the term',
  'too-long': `a name is longer than ${GLOSSARY_LIMITS.name} characters, or the explanation than ${GLOSSARY_LIMITS.explanation}`,
  'too-many-synonyms': `more than ${GLOSSARY_LIMITS.synonyms} synonyms`,
  twice: 'the term stood in an earlier line already',
};

export const glossaryMessage = (problem: GlossaryProblem): string => MESSAGES[problem];

/** A refused entry; `problem` is for surfaces that have words of their own for it. */
function refusal(problem: GlossaryProblem): AppError & { problem: GlossaryProblem } {
  return Object.assign(new AppError({ code: 'glossary.refused', message: problem, publicMessage: `Not kept: ${MESSAGES[problem]}.` }), {
    problem,
  });
}

const noSuchEntry = (): AppError =>
  new AppError({ code: 'glossary.not_found', message: 'no such entry', publicMessage: 'There is no such entry in the glossary.' });

export function createGlossary({ db, clock }: { db: Catalog; clock: Clock }): Glossary {
  async function planned(csv: Uint8Array): Promise<GlossaryPlan & { writes: { entry: GlossaryInput; keys: string[] }[] }> {
    if (csv.length > GLOSSARY_LIMITS.bytes)
      throw new AppError({
        code: 'input.invalid',
        message: 'glossary file too large',
        publicMessage: `file: is larger than ${GLOSSARY_LIMITS.bytes / 1_000_000} MB`,
      });
    const { rows, refused } = readGlossaryCsv(csv);
    const there = new Map((await listGlossary(db)).map((entry) => [lookupKey(entry.term), entry]));
    const plan = { added: [] as GlossaryInput[], changed: [] as GlossaryPlan['changed'], unchanged: 0, refused, writes: [] as typeof rows };
    for (const row of rows) {
      const before = there.get(row.keys[0]!);
      if (before && sameEntry(before, row.entry)) {
        plan.unchanged++;
        continue;
      }
      plan.writes.push(row);
      if (before) plan.changed.push({ before, after: row.entry });
      else plan.added.push(row.entry);
    }
    const most = GLOSSARY_LIMITS.rows - there.size;
    if (plan.added.length > most) refused.push({ line: plan.writes.at(-1) ? rows.at(-1)!.line : 1, problem: 'too-many-rows', text: '' });
    return plan;
  }

  return {
    list: () => listGlossary(db),
    read: (id) => readGlossaryEntry(db, id),
    async save(input, id) {
      const checked = checkEntry(input);
      if ('problem' in checked) throw refusal(checked.problem);
      const all = await listGlossary(db);
      if (id !== undefined && !all.some((entry) => entry.id === id)) throw noSuchEntry();
      if (id === undefined && all.length >= GLOSSARY_LIMITS.rows) throw refusal('too-many-rows');
      if (all.some((entry) => entry.id !== id && lookupKey(entry.term) === checked.keys[0]))
        throw new AppError({
          code: 'glossary.exists',
          message: 'term taken',
          publicMessage: 'term: is in the glossary already; change that entry instead',
        });
      await saveGlossary(db, [{ ...checked.entry, keys: checked.keys }], clock.now(), id);
    },
    async remove(id) {
      if (!(await removeGlossaryEntry(db, id))) throw noSuchEntry();
    },
    async plan(csv) {
      const { writes: _, ...plan } = await planned(csv);
      return plan;
    },
    async take(csv) {
      const { writes, ...plan } = await planned(csv);
      if (plan.refused.length === 0 && writes.length > 0)
        await saveGlossary(
          db,
          writes.map(({ entry, keys }) => ({ ...entry, keys })),
          clock.now(),
        );
      return plan;
    },
    export: async () => writeGlossaryCsv(await listGlossary(db)),
  };
}

function sameEntry(a: GlossaryInput, b: GlossaryInput): boolean {
  return a.term === b.term && a.explanation === b.explanation && a.synonyms.join(';') === b.synonyms.join(';');
}
