import { Command } from 'commander';
import { duration, print, printJson, progressLine, vectorsLeft, vectorsWait, withApp } from './run.ts';

/** `docent sync [name]`: exit 1 only when a listing failed. */
export function syncCommand(): Command {
  return new Command('sync')
    .argument('[name]', 'one source; all when left out')
    .description('index what changed')
    .option('--wait', 'until search by meaning knows every passage')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, options: { json?: true; wait?: true }) => {
      await withApp(async (app, signal) => {
        const summaries = await app.syncNow(name === undefined ? [] : [name], {
          signal,
          vectors: vectorsWait(options.wait ?? false),
          onProgress: (source, p) =>
            progressLine(
              `${source}: ${p.phase === 'listing' ? `listing… ${p.listed}` : `${p.done} done, ${p.failed} failed, ${p.left} left`}`,
            ),
        });
        progressLine('');
        if (options.json) printJson(summaries);
        else {
          if (summaries.length === 0) print('No sources yet. Add one with: npx docent source add FOLDER|URL');
          for (const s of summaries) {
            print(
              `${s.source}: ${s.listed} listed, ${s.added} added, ${s.changed} changed, ${s.removed} removed, ${s.unchanged} unchanged, ${s.failed} failed, in ${duration(s.ms)}`,
            );
            if (s.failed > 0)
              for (const f of (await app.showSource(s.source))?.failures.slice(0, 20) ?? [])
                print(`  not read: ${f.externalId}: ${f.reason}`);
            if (s.failed > 20) print(`  … and ${s.failed - 20} more: npx docent source show "${s.source}"`);
          }
          const left = await vectorsLeft(app);
          if (left) print(left);
        }
        for (const s of summaries) if (s.error) process.stderr.write(`docent: ${s.source}: ${s.error}\n`);
        // A refused removal leaves a complete listing behind; only a listing that broke is a failure.
        if (summaries.some((s) => s.error && !s.complete && s.listed === 0)) process.exitCode = 1;
      });
    });
}
