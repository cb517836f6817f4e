/** `npx docent …`: reads the command, prints for people or with --json for programs; 0 success, 2 wrong usage, 1 otherwise. */
import { Command, CommanderError } from 'commander';
import { AppError, isAbort, publicMessageOf } from '../errors.ts';
import { askCommand } from './ask.ts';
import { backupCommand, restoreCommand } from './backup.ts';
import { evalCommand } from './eval.ts';
import { modelCommand } from './model.ts';
import { moveCatalogCommand } from './move-catalog.ts';
import { doctorCommand, reindexCommand } from './operate.ts';
import { slackCommand } from './slack.ts';
import { sourceCommand } from './source.ts';
import { syncCommand } from './sync.ts';
import { teamsCommand } from './teams.ts';

// `docent ask … | head` has read enough: no reason to fail.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const program = new Command('docent').description("Ask the company's documents and get an answer that shows its sources.");
for (const command of [
  sourceCommand(),
  syncCommand(),
  askCommand(),
  evalCommand(),
  modelCommand(),
  doctorCommand(),
  reindexCommand(),
  backupCommand(),
  restoreCommand(),
  moveCatalogCommand(),
  slackCommand(),
  teamsCommand(),
])
  program.addCommand(command);
strict(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (isAbort(error)) {
    process.stderr.write('docent: stopped\n');
    process.exitCode = 1;
  } else {
    process.stderr.write(`docent: ${publicMessageOf(error)}\n`);
    if (!(error instanceof AppError)) process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = error instanceof AppError && ['input.invalid', 'config.invalid'].includes(error.code) ? 2 : 1;
  }
}

/** Wrong usage is one line on stderr, here and in every command below, and becomes exit code 2. */
function strict(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) =>
      write(
        `docent: ${text
          .replace(/^error: /, '')
          .trim()
          .replaceAll('\n', ' ')}; see "npx docent --help"\n`,
      ),
  });
  command.commands.forEach(strict);
}
