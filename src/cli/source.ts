import { Command } from 'commander';
import type { SourceStatus } from '../app-contract.ts';
import { noSuchSource } from '../errors.ts';
import { print, printJson, table, withApp } from './run.ts';

/** `docent source add|list|show|remove` */
export function sourceCommand(): Command {
  const source = new Command('source').description('add, list, show and remove sources');

  source
    .command('add')
    .argument('<location>', 'a folder, a .jsonl file, or the address of a site')
    .description('add a source; "docent sync" indexes it')
    .option('--name <name>', 'what it is called; by default made from the location')
    .option('--kind <kind>', 'folder or site; by default told from the location')
    .option('--base-url <url>', "the web address that a folder's files stand under")
    .option('--readers <list>', 'who may read it: public, everyone, group:NAME, person:EMAIL', 'everyone')
    .option('--schedule <cron>', 'when it is to be synced (kept; scheduled syncs are not built yet)')
    .option('--json', 'print JSON')
    .action(
      async (
        location: string,
        options: { name?: string; kind?: string; baseUrl?: string; readers: string; schedule?: string; json?: true },
      ) => {
        await withApp(async (app) => {
          const added = await app.addSource({ location, ...options });
          if (options.json) printJson(view(added));
          else print(`Added "${added.name}" (${added.kind}). Index it with: npx docent sync ${quoted(added.name)}`);
        });
      },
    );

  source
    .command('list')
    .description('all sources')
    .option('--json', 'print JSON')
    .action(async (options: { json?: true }) => {
      await withApp(async (app) => {
        const all = await app.listSources();
        if (options.json) return printJson(all.map(statusView));
        if (all.length === 0) return print('No sources yet. Add one with: npx docent source add FOLDER|URL');
        table([
          ['NAME', 'KIND', 'DOCUMENTS', 'PASSAGES', 'LAST SYNC', 'LOCATION'],
          ...all.map((s) => [s.source.name, s.source.kind, String(s.documents), String(s.passages), lastSync(s), s.source.location]),
        ]);
      });
    });

  source
    .command('show')
    .argument('<name>')
    .description('one source, its last syncs and what could not be read')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { json?: true }) => {
      await withApp(async (app) => {
        const found = await app.showSource(name);
        if (!found)
          throw noSuchSource(
            name,
            (await app.listSources()).map((s) => s.source.name),
          );
        if (options.json) return printJson({ ...statusView(found), runs: found.runs, failures: found.failures });
        print(`${found.source.name} (${found.source.kind})  ${found.source.location}`);
        print(`  readers: ${found.source.readers.join(', ')}${found.source.baseUrl ? `   base URL: ${found.source.baseUrl}` : ''}`);
        print(`  ${found.documents} documents, ${found.passages} passages; last sync: ${lastSync(found)}`);
        for (const failure of found.failures) print(`  not read: ${failure.externalId}: ${failure.reason}`);
      });
    });

  source
    .command('remove')
    .argument('<name>')
    .description('remove a source and its documents')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { json?: true }) => {
      await withApp(async (app, signal) => {
        await app.removeSource(name);
        await app.workOnce(signal);
        if (options.json) printJson({ removed: name });
        else print(`Removed "${name}" and its documents.`);
      });
    });
  return source;
}

const view = (s: SourceStatus['source']) => ({
  id: s.id,
  name: s.name,
  kind: s.kind,
  location: s.location,
  baseUrl: s.baseUrl,
  readers: s.readers,
  schedule: s.schedule,
});
const statusView = (s: SourceStatus) => ({
  ...view(s.source),
  documents: s.documents,
  passages: s.passages,
  syncing: s.syncing,
  lastRun: s.lastRun,
});
const quoted = (name: string): string => (/^[\w.-]+$/.test(name) ? name : `"${name}"`);

function lastSync({ lastRun }: SourceStatus): string {
  if (!lastRun) return 'never';
  const when = new Date(lastRun.startedAt).toISOString().slice(0, 16).replace('T', ' ');
  return lastRun.state === 'done' ? when : `${when} (${lastRun.state})`;
}
