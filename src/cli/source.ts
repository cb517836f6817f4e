import { Command } from 'commander';
import type { AddSourceInput } from '../app-contract.ts';
import { noSuchSource } from '../errors.ts';
import { CREDENTIAL_HELP, readCredential } from './credential.ts';
import { print, printJson, progressLine, table, withApp } from './run.ts';
import { changeCommands } from './source-change.ts';
import { lastSync, many, nextSync, notices, printKinds, printPreview, quoted, stateOf, statusView, view } from './source-view.ts';

interface AddOptions {
  name?: string;
  kind?: string;
  baseUrl?: string;
  readers: string;
  schedule?: string;
  credential?: string;
  preview?: true;
  json?: true;
}

/** `docent source add|list|show|kinds|change|credential|pause|resume|confirm|remove` */
export function sourceCommand(): Command {
  const source = new Command('source').description('add, list, show, change and remove sources');

  source
    .command('add')
    .argument('<location>', 'a folder, a .jsonl file, or the address of a site or a wiki')
    .description('add a source; "docent sync" indexes it, and a running server does so by its schedule')
    .option('--name <name>', 'what it is called; by default made from the location')
    .option(
      '--kind <kind>',
      'folder, site, git, mediawiki, dokuwiki, confluence or notion ("docent source kinds" tells more); by default told from the location',
    )
    .option('--base-url <url>', "the web address that a folder's files stand under")
    .option('--readers <list>', 'who may read it: public, everyone, group:NAME, person:EMAIL', 'everyone')
    .option('--schedule <cron>', 'when it is synced, such as "30 6 * * 1-5" or @hourly; by default daily at a quiet hour')
    .option('--credential <from>', CREDENTIAL_HELP)
    .option('--preview', 'show what it would bring, and add nothing')
    .option('--json', 'print JSON')
    .action(async (location: string, options: AddOptions) => {
      const { schedule, credential, preview, json, ...rest } = options;
      const input: AddSourceInput = {
        location,
        ...rest,
        ...(schedule === undefined || schedule === 'daily' ? {} : { schedule }),
        ...(credential === undefined ? {} : { credential: await readCredential(credential) }),
      };
      await withApp(async (app, signal) => {
        if (preview) {
          const found = await app.previewSource(input, {
            signal,
            onProgress: (documents) => progressLine(`${documents} documents listed…`),
          });
          progressLine('');
          if (json) printJson(found);
          else printPreview(found, input.schedule);
          return;
        }
        const added = await app.addSource(input);
        if (json) printJson(view(added));
        else print(`Added "${added.name}" (${added.kind}). Index it with: npx docent sync ${quoted(added.name)}`);
      });
    });

  source
    .command('list')
    .description('all sources')
    .option('--json', 'print JSON')
    .action(async (options: { json?: true }) => {
      await withApp(async (app) => {
        const all = await app.listSources();
        if (options.json) return printJson(all.map(statusView));
        if (all.length === 0) return print('No sources yet. Add one with: npx docent source add FOLDER|URL');
        const zone = app.timeZone;
        table([
          ['NAME', 'KIND', 'DOCUMENTS', 'PASSAGES', 'STATE', 'LAST SYNC', 'NEXT SYNC', 'LOCATION'],
          ...all.map((s) => [
            s.source.name,
            s.source.kind,
            String(s.documents),
            String(s.passages),
            stateOf(s),
            lastSync(s, zone),
            nextSync(s.source, zone, app.clock.now()),
            s.source.location,
          ]),
        ]);
        print(`Times are those of ${zone}.`);
        for (const s of all) for (const line of notices(s.source, zone)) print(`${s.source.name}: ${line}`);
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
        const { runs, failures, unread } = found;
        if (options.json) return printJson({ ...statusView(found), runs, failures, unread });
        const { source: shown } = found;
        const zone = app.timeZone;
        const hasCredential = shown.secretId === null ? '' : '   credential: kept, sealed';
        print(`${shown.name} (${shown.kind})  ${shown.location}`);
        print(`  readers: ${shown.readers.join(', ')}${shown.baseUrl ? `   base URL: ${shown.baseUrl}` : ''}${hasCredential}`);
        print(`  ${many(found.documents, 'document')}, ${many(found.passages, 'passage')}; last sync: ${lastSync(found, zone)}`);
        print(
          `  synced ${shown.schedule === null ? 'daily at a quiet hour' : `by "${shown.schedule}"`}; next sync: ${nextSync(shown, zone, app.clock.now())} (${zone})`,
        );
        for (const line of notices(shown, zone)) print(`  ${line}`);
        for (const failure of failures) print(`  not read: ${failure.externalId}: ${failure.reason}`);
        for (const document of unread) print(`  read in part: ${document.externalId}: ${document.unread}`);
      });
    });

  source
    .command('kinds')
    .description('the kinds of sources, and what each needs to be let in')
    .option('--json', 'print JSON')
    .action(async (options: { json?: true }) => {
      await withApp(async (app) => {
        const kinds = await app.connectors();
        if (options.json) printJson(kinds);
        else printKinds(kinds);
      });
    });

  for (const command of changeCommands()) source.addCommand(command);

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
