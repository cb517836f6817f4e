import { Command, InvalidArgumentError, Option } from 'commander';
import { readConfig } from '../config.ts';
import { readEvalSet, type EvalSet } from '../eval/beir.ts';
import { evaluateAnswersOver } from '../eval/answers-over-app.ts';
import { evaluateRetrieval, type SearchMode } from '../eval/retrieval.ts';
import { createLog } from '../log.ts';
import type { WiredApp } from '../app.ts';
import { printJson, print, progressLine } from './run.ts';

/** `docent eval retrieval|answers DIR`, over a throw-away index of the set's corpus. */
export function evalCommand(): Command {
  const command = new Command('eval').description('measure on a labelled question set (BEIR folder)');

  command
    .command('retrieval')
    .argument('<dir>', 'folder with corpus.jsonl, queries.jsonl, qrels.tsv')
    .description('how well the right documents are found')
    .option('--limit <n>', 'questions at most', wholeNumber)
    .addOption(new Option('--search <mode>', 'what is searched by').choices(['words', 'meaning', 'both']).default('both'))
    .option('--json', 'print JSON')
    .action(async (folder: string, options: { limit?: number; search: SearchMode; json?: true }) => {
      const report = await over(folder, options.limit, options.search === 'words', (set, app, signal) =>
        evaluateRetrieval(set, app, options.search, signal, progressLine),
      );
      show(report, options.json);
    });

  command
    .command('answers')
    .argument('<dir>', 'folder with corpus.jsonl, queries.jsonl, qrels.tsv')
    .description('how often it answers, shows the gold sentence, and abstains')
    .option('--limit <n>', 'questions at most', wholeNumber)
    .addOption(new Option('--search <mode>', 'what is searched by').choices(['words', 'both']).default('both'))
    .option('--json', 'print JSON')
    .action(async (folder: string, options: { limit?: number; search: 'words' | 'both'; json?: true }) => {
      const report = await over(folder, options.limit, options.search === 'words', (set, app, signal) =>
        evaluateAnswersOver(set, app, signal, progressLine),
      );
      show(report, options.json);
    });
  return command;
}

async function over<T>(
  folder: string,
  limit: number | undefined,
  wordsOnly: boolean,
  work: (set: EvalSet, app: WiredApp, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const config = readConfig();
  const set = await readEvalSet(folder, limit);
  const { withEvalApp } = await import('../eval/with-eval-app.ts');
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  try {
    return await withEvalApp(
      set.corpusFile,
      { config, log: createLog('error'), signal: stop.signal, wordsOnly, onProgress: progressLine },
      (app) => work(set, app, stop.signal),
    );
  } finally {
    progressLine('');
  }
}

function show(report: object, json: true | undefined): void {
  if (json) return printJson(report);
  for (const [name, value] of Object.entries(report))
    print(`${name.padEnd(14)} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}
