/** `docent teams manifest`: the app package that an admin uploads to Teams. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { inputError } from '../errors.ts';
import { consoleTeamsEn } from '../strings/console-teams-en.ts';
import { print, printJson, withApp } from './run.ts';

interface Options {
  url?: string;
  out: string;
  name?: string;
  readChannels?: true;
  json?: true;
}

export function teamsCommand(): Command {
  const command = new Command('teams').description('connect Docent to Microsoft Teams');
  command
    .command('manifest')
    .description('write the app package that an admin uploads to Teams')
    .option('--url <address>', 'the public https address of Docent (default: PUBLIC_URL)')
    .option('--out <file>', 'where to write it', 'docent-teams.zip')
    .option('--name <name>', 'how Docent is called in Teams (default: Docent)')
    .option('--read-channels', 'ask for messages without a mention: for follow-up questions, and answers in channels that an admin chose')
    .option('--json', 'print the manifest as JSON')
    .action(async (options: Options) => {
      const config = readConfig();
      const appId = config.MicrosoftAppId ?? (await withApp(async (app) => (await app.chatConnections.teams())?.appId));
      const { teamsAppPackage } = await import('../connecting-teams.ts');
      const { manifest, zip } = teamsAppPackage({ ...options, appId, config });
      try {
        writeFileSync(options.out, zip);
      } catch (error) {
        throw inputError('out', `${options.out} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
      }
      if (options.json) return printJson({ file: options.out, bytes: zip.length, manifest });
      print(
        `${options.out} is Docent's app for Teams, version ${manifest.version}, with the bot ${manifest.id} at ${manifest.validDomains.join(', ')}.`,
      );
      const asked = manifest.authorization?.permissions.resourceSpecific ?? [];
      for (const { name } of asked) print(`  ${name}: ${consoleTeamsEn[`teamsPermission_${name}`]}`);
      print(
        `Upload it in the Teams admin center (https://admin.teams.microsoft.com) under "Teams apps", "Manage apps", "Upload new app"; a later one with "Upload file" of the app's own page. docs/teams.md walks through it.`,
      );
    });
  return command;
}
