/** What is changed of a source that is there. */
import { Command } from 'commander';
import type { App } from '../app-contract.ts';
import { inputError } from '../errors.ts';
import { CREDENTIAL_HELP, readCredential } from './credential.ts';
import { print, printJson, withApp } from './run.ts';
import { many, nextSync, quoted, view } from './source-view.ts';

type Change = Parameters<App['changeSource']>[1];

/** `docent source change|credential|pause|resume|confirm` */
export function changeCommands(): Command[] {
  return [
    named('change', 'change its schedule or its credential')
      .option('--schedule <cron>', 'when it is synced, such as "30 6 * * 1-5" or @hourly; "daily" for daily at a quiet hour')
      .option('--credential <from>', `${CREDENTIAL_HELP}; it is tried before it replaces the old one`)
      .action(async (name: string, options: { schedule?: string; credential?: string; json?: true }) => {
        const { schedule, credential, json } = options;
        if (schedule === undefined && credential === undefined) throw inputError('change', 'say what: --schedule or --credential');
        await change(name, json, {
          ...(schedule === undefined ? {} : { schedule: schedule === 'daily' ? null : schedule }),
          ...(credential === undefined ? {} : { credential: await readCredential(credential) }),
        });
      }),
    named('credential', 'replace its credential')
      .requiredOption('--credential <from>', `${CREDENTIAL_HELP}; it is tried before it replaces the old one`)
      .action(async (name: string, options: { credential: string; json?: true }) => {
        await change(name, options.json, { credential: await readCredential(options.credential) });
      }),
    named('pause', 'leave it unsynced until it is resumed; its documents are still searched').action(
      (name: string, options: { json?: true }) => change(name, options.json, { paused: true }),
    ),
    named('resume', 'sync it by its schedule again').action((name: string, options: { json?: true }) =>
      change(name, options.json, { paused: false }),
    ),
    named('confirm', 'say that the documents which are missing there may be removed').action(
      async (name: string, options: { json?: true }) => {
        await withApp(async (app) => {
          await app.confirmRemovals(name);
          const { source } = (await app.showSource(name))!;
          if (options.json) return printJson(view(source));
          print(
            `Confirmed: ${many(source.doubt?.gone ?? 0, 'document')} of "${source.name}" will be removed by the next whole sync, if no more than these are missing then.`,
          );
          print(`A running server syncs it now; otherwise: npx docent sync ${quoted(source.name)}`);
        });
      },
    ),
  ];
}

function named(name: string, description: string): Command {
  return new Command(name).argument('<name>').description(description).option('--json', 'print JSON');
}

async function change(name: string, json: true | undefined, what: Change): Promise<void> {
  await withApp(async (app) => {
    const source = await app.changeSource(name, what);
    if (json) return printJson(view(source));
    const zone = app.timeZone;
    const said = [
      ...(what.credential === undefined ? [] : ['the credential works and is kept, sealed']),
      ...(what.paused === true ? ['paused'] : []),
      ...(what.paused === true ? [] : [`next sync: ${nextSync(source, zone, app.clock.now())} (${zone})`]),
    ];
    print(`"${source.name}": ${said.join('; ')}.`);
  });
}
