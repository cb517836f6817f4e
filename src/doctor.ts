/** What is well and what is not, each with the way to mend it. */
import { statfsSync } from 'node:fs';
import type { Finding, VectorStatus } from './app-contract.ts';
import type { Catalog } from './catalog/database.ts';
import { catalogHealth } from './catalog/health.ts';
import { countsBySource } from './catalog/documents.ts';
import { listFailures, listRuns, listSources, type Source } from './catalog/sources.ts';
import { outsideUrl, type Config } from './config.ts';
import { publicMessageOf } from './errors.ts';
import { indexIsCurrent, orphansAmong, readIndexFacts } from './indexing.ts';
import type { LanguageModel } from './models/language-model.ts';
import type { Embedder } from './models/embedder.ts';
import { modelName } from './models/embedding.ts';
import type { SearchIndex } from './search/search-index.ts';

export interface DoctorDeps {
  config: Config;
  db: Catalog;
  index: SearchIndex;
  languageModel?: LanguageModel;
  embedder?: Embedder;
  /** Why a model that was asked for is not in use. */
  modelProblem?: string;
  embeddingProblem?: string;
  /** What an operator should know of a model that is not here yet. */
  embeddingNotes: string[];
  /** How far search by meaning is. */
  vectors?: VectorStatus;
  modelNotes: string[];
  /** @throws when it cannot be opened with this key */
  openCredential: (source: Source) => Promise<unknown>;
  queueFindings: () => Promise<Omit<Finding, 'name'>[]>;
  budget: { limitUsd: number | null; spentUsd: number };
  /** Of the connections to chat platforms. */
  chatFindings: () => Promise<Finding[]>;
}

const LITTLE_SPACE = 500 * 1024 * 1024;
const MODEL_MS = 20_000;

/** Runs every check; one that itself fails is a problem of that name. */
export async function examine(deps: DoctorDeps, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  const check = async (name: string, run: () => Promise<Omit<Finding, 'name'>>): Promise<void> => {
    try {
      findings.push({ name, ...(await run()) });
    } catch (error) {
      findings.push({ name, level: 'problem', message: publicMessageOf(error) });
    }
  };
  const ok = (message: string) => ({ level: 'ok' as const, message });
  const warning = (message: string) => ({ level: 'warning' as const, message });
  const problem = (message: string) => ({ level: 'problem' as const, message });

  await check('node', async () =>
    Number(process.versions.node.split('.')[0]) >= 24
      ? ok(process.version)
      : problem(`${process.version} is too old; start with "npm start", which brings Node 24.`),
  );
  await check('data folder', async () => {
    const { bavail, bsize } = statfsSync(deps.config.DATA_DIR);
    const free = bavail * bsize;
    return free < LITTLE_SPACE
      ? warning(`${deps.config.DATA_DIR} has ${Math.round(free / 1e6)} MB left; free some space or move DATA_DIR.`)
      : ok(`${deps.config.DATA_DIR}, ${Math.round(free / 1e9)} GB free`);
  });
  await check('catalog', async () => {
    const { damage, message } = await catalogHealth(deps.db);
    return damage === undefined
      ? ok(message)
      : problem(`the file is damaged: ${damage}. Stop Docent and put the newest file of ${deps.config.DATA_DIR}/copies in its place.`);
  });
  await check('sources', async () => {
    const sources = await listSources(deps.db);
    if (sources.length === 0) return warning('none yet; add one in the console or with "npx docent source add FOLDER|URL".');
    const counts = await countsBySource(deps.db);
    const bad: string[] = [];
    for (const source of sources) {
      const [run] = await listRuns(deps.db, source.id, 1);
      if (source.problem)
        bad.push(
          `"${source.name}" fails since ${new Date(source.problem.since).toISOString().slice(0, 16).replace('T', ' ')} UTC: ${source.problem.reason}`,
        );
      else if (source.doubt && source.doubt.confirmedAt === null)
        bad.push(
          `"${source.name}": ${source.doubt.gone} of ${source.doubt.known} documents are no longer listed; confirm with "docent source confirm", or mend the source`,
        );
      else if (run?.state === 'failed') bad.push(`"${source.name}": ${run.summary?.error ?? 'its last sync was cut short; sync it again'}`);
      else if (run && (run.summary?.failed ?? 0) > 0)
        bad.push(
          `"${source.name}": ${run.summary!.failed} documents could not be read, e.g. ${(await listFailures(deps.db, run.id, 1)).map((f) => `${f.externalId}: ${f.reason}`).join('')}`,
        );
    }
    return bad.length > 0
      ? warning(bad.join('; '))
      : ok(`${sources.length}, with ${[...counts.values()].reduce((n, c) => n + c.documents, 0)} documents`);
  });
  await check('credentials', async () => {
    const sealed = (await listSources(deps.db)).filter((source) => source.secretId !== null);
    const shut: string[] = [];
    for (const source of sealed) await deps.openCredential(source).catch(() => shut.push(`"${source.name}"`));
    return shut.length > 0
      ? problem(`those of ${shut.join(', ')} were sealed with another SECRET_KEY; set that key again, or give them anew.`)
      : ok(sealed.length === 0 ? 'no source needs one' : `${sealed.length} can be opened`);
  });
  for (const finding of await deps.queueFindings()) findings.push({ name: 'queue', ...finding });
  await check('index', async () => {
    if (!(await indexIsCurrent(deps)))
      return problem('it was made with another analyzer; it is rebuilt by the running server, or by "npx docent reindex".');
    const passages = [...(await countsBySource(deps.db)).values()].reduce((n, c) => n + c.passages, 0);
    const { missing, orphans } = await drift(deps, passages, signal);
    if (missing > 0) return problem(`${missing} of ${passages} passages are missing from it; run "npx docent reindex".`);
    return ok(
      `${deps.config.QDRANT_URL ? `Qdrant at ${new URL(deps.config.QDRANT_URL).host}: ` : ''}${passages} passages${orphans > 0 ? `, and ${orphans} points that no document has any more (never shown; the next sync takes them out)` : ''}`,
    );
  });
  await check('abstention', async () => {
    const { calibration, languages } = await readIndexFacts(deps.index);
    return languages.length > 0 && !calibration
      ? warning('not calibrated for this index; run a sync or "npx docent reindex".')
      : ok(languages.length > 0 ? `calibrated; documents in ${languages.slice(0, 5).join(', ')}` : 'nothing to calibrate yet');
  });
  await check('language model', async () => {
    if (deps.modelProblem) return problem(deps.modelProblem);
    const model = deps.languageModel;
    if (!model) return warning('none, so answers are verbatim quotes. Set OPENAI_API_KEY, or OPENAI_BASE_URL and CHAT_MODEL.');
    for await (const _ of model.chat(
      { messages: [{ role: 'user', content: 'Reply with the word ready.' }], maxTokens: 10, purpose: 'doctor' },
      AbortSignal.any([signal, AbortSignal.timeout(MODEL_MS)]),
    ))
      break;
    return ok(`${model.model} answers; context of ${model.contextTokens} tokens`);
  });
  await check('embedding model', async () => {
    const notes = deps.embeddingNotes.map((note) => ` ${note}`).join('');
    if (deps.embeddingProblem) return problem(deps.embeddingProblem);
    if (!deps.embedder) return warning(`none, so search is by words alone.${notes} "docent model list" shows what can be had.`);
    const [vector] = await deps.embedder.embed(['ready'], 'query', AbortSignal.any([signal, AbortSignal.timeout(MODEL_MS)]));
    const { passages = 0, embedded = 0, replaces } = deps.vectors ?? {};
    const far = embedded < passages ? `; ${embedded} of ${passages} passages so far, the running server does the rest` : '';
    const before = replaces === undefined ? '' : `; until then ${replaces} answers`;
    return ok(`${modelName(deps.embedder.model)} answers, ${vector!.length} dimensions${far}${before}.${notes}`);
  });
  for (const note of deps.modelNotes) findings.push({ name: 'models', level: 'warning', message: note });
  await check('budget', async () => {
    const { limitUsd, spentUsd } = deps.budget;
    if (limitUsd === null) return ok(`${spentUsd.toFixed(2)} US dollars this month, no limit set`);
    if (spentUsd >= limitUsd)
      return problem(
        `${spentUsd.toFixed(2)} of ${limitUsd} US dollars spent this month: answers are verbatim quotes until BUDGET_USD_MONTH is raised or the month ends.`,
      );
    return spentUsd >= 0.8 * limitUsd
      ? warning(`${spentUsd.toFixed(2)} of ${limitUsd} US dollars spent this month.`)
      : ok(`${spentUsd.toFixed(2)} of ${limitUsd} US dollars this month`);
  });
  findings.push(...(await deps.chatFindings()));
  await check('access', async () =>
    deps.config.ADMIN_TOKEN
      ? ok('the console asks for ADMIN_TOKEN')
      : outsideUrl(deps.config) !== undefined
        ? problem(
            `the console asks nobody for a password, and PUBLIC_URL says that people reach it under ${outsideUrl(deps.config)}: set ADMIN_TOKEN.`,
          )
        : ok('the console is open to this machine alone'),
  );
  return findings;
}

/** How far the index is from the catalog: passages it lacks, points it has too many. */
async function drift(deps: DoctorDeps, passages: number, signal: AbortSignal): Promise<{ missing: number; orphans: number }> {
  let points = 0;
  let orphans = 0;
  for (let after: string | undefined; ;) {
    signal.throwIfAborted();
    const ids = await deps.index.ids(after, 2000);
    if (ids.length === 0) break;
    points += ids.length;
    orphans += (await orphansAmong(ids, deps.db)).length;
    after = ids.at(-1)!;
  }
  return { missing: Math.max(0, passages - (points - orphans)), orphans };
}
