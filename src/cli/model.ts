import { Command } from 'commander';
import { print, printJson, progressLine, table, withApp } from './run.ts';

/** `docent model list|pull|use`: the embedding models for search by meaning. */
export function modelCommand(): Command {
  const command = new Command('model').description('the embedding models for search by meaning');

  command
    .command('list')
    .description('what is installed, what can be had, and what is in use')
    .option('--json', 'print JSON')
    .action(async (options: { json?: true }) => {
      await withApp(async (app) => {
        const models = await app.listModels();
        if (options.json) return printJson(models);
        table([
          ['MODEL', 'STATE', 'SIZE', 'LICENCE', 'LANGUAGES'],
          ...models.map((m) => [
            m.inUse ? `${m.name} *` : m.name,
            m.problem ? `broken: ${m.problem}` : m.state,
            `${Math.round(m.bytes / 1e6)} MB`,
            m.licence,
            m.languages.length > 6 ? `${m.languages.length} languages` : m.languages.join(', '),
          ]),
        ]);
        print(
          '* in use. "docent model pull NAME" downloads one, "docent model use NAME" chooses it, "docent model use none" searches by words alone.',
        );
      });
    });

  command
    .command('pull')
    .argument('<name>', 'a model that "docent model list" shows')
    .description('download a model, or check and mend one that is there')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { json?: true }) => {
      await withApp(async (app, signal) => {
        await app.pullModel(name, {
          signal,
          replace: true,
          onProgress: ({ bytes, totalBytes, retry }) =>
            progressLine(
              retry
                ? `${name}: ${retry.reason}; goes on in a moment`
                : `${name}: ${Math.round(bytes / 1e6)} of ${Math.round(totalBytes / 1e6)} MB`,
            ),
        });
        progressLine('');
        const model = (await app.listModels()).find((m) => m.name === name);
        if (options.json) printJson(model);
        else print(`${name} is installed and checked. ${model?.inUse ? 'It is in use.' : `"docent model use ${name}" chooses it.`}`);
      });
    });

  command
    .command('use')
    .argument('<name>', 'a model that "docent model list" shows, one of the endpoint, or none')
    .description('choose the model; its vectors are built beside the old ones, then take over')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { json?: true }) => {
      await withApp(async (app) => {
        await app.useModel(name);
        const { embeddingModel, awaited, vectors } = await app.modelStatus();
        if (options.json)
          return printJson({ model: name, inUse: embeddingModel, ...(awaited ? { awaited } : {}), ...(vectors ? { vectors } : {}) });
        if (name === 'none') print('Search is by words alone now.');
        else if (awaited) print(`${awaited} is chosen and is downloaded by the running server, or by "docent model pull ${awaited}".`);
        else
          print(
            `${name} is chosen. The running server builds its vectors beside the old ones and then swaps; "docent sync --wait" does it now.`,
          );
      });
    });
  return command;
}
