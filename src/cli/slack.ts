/** `docent slack manifest`: what makes the app in a Slack workspace. */
import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { printJson } from './run.ts';

export function slackCommand(): Command {
  const command = new Command('slack').description('connect Docent to a Slack workspace');
  command
    .command('manifest')
    .description('print the manifest that makes the app in Slack')
    .option('--socket', 'for Socket Mode: Docent fetches events itself, and needs no public address')
    .option('--url <address>', 'the https address under which Slack reaches Docent (default: PUBLIC_URL)')
    .option('--json', 'the manifest alone')
    .action(async (options: { socket?: true; url?: string; json?: true }) => {
      const { slackAppManifest } = await import('../connecting.ts');
      const { manifest, link } = slackAppManifest({ ...options, config: readConfig() });
      printJson(manifest);
      if (options.json) return;
      process.stderr.write(
        `\nThis makes Docent's app in a Slack workspace. Open this link, or paste the JSON under "From a manifest" at https://api.slack.com/apps?new_app=1:\n${link}\n\nThen install the app in the workspace and give Docent its tokens, in the console under Settings, Slack, or in the environment. docs/slack.md walks through it.\n`,
      );
    });
  return command;
}
