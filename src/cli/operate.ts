import { Command } from 'commander';
import { duration, print, printJson, progressLine, vectorsLeft, vectorsWait, withApp } from './run.ts';

/** `docent doctor`: exit 1 when there is a problem. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check everything, and say how to mend what is wrong')
    .option('--json', 'print JSON')
    .action(async (options: { json?: true }) => {
      await withApp(async (app, signal) => {
        const findings = await app.doctor(signal);
        if (options.json) printJson({ ok: findings.every((f) => f.level !== 'problem'), findings });
        else
          for (const f of findings)
            print(`${{ ok: '  ok     ', warning: '  note   ', problem: '  PROBLEM' }[f.level]}  ${f.name}: ${f.message}`);
        if (findings.some((f) => f.level === 'problem')) process.exitCode = 1;
      });
    });
}

/** `docent reindex`: rebuilds the index from the catalog. */
export function reindexCommand(): Command {
  return new Command('reindex')
    .description('rebuild the index from the catalog')
    .option('--wait', 'until search by meaning knows every passage')
    .option('--json', 'print JSON')
    .action(async (options: { json?: true; wait?: true }) => {
      await withApp(async (app, signal) => {
        const result = await app.reindex({
          signal,
          vectors: vectorsWait(options.wait ?? false),
          onProgress: (done, total) => progressLine(`${done} of ${total} passages`),
        });
        progressLine('');
        if (options.json) printJson(result);
        else {
          print(`Rebuilt the index: ${result.documents} documents, ${result.passages} passages, in ${duration(result.ms)}.`);
          const left = await vectorsLeft(app);
          if (left) print(left);
        }
      });
    });
}
