import { Command } from 'commander';
import { readConfig } from '../config.ts';
import { inputError } from '../errors.ts';
import { cancellable, slowly } from './backup.ts';
import { duration, print, printJson, table } from './run.ts';

/** `docent move-catalog`: from the file in DATA_DIR to the Postgres of DATABASE_URL. */
export function moveCatalogCommand(): Command {
  return new Command('move-catalog')
    .description('copy the catalog from the file in DATA_DIR into the empty Postgres database of DATABASE_URL, while the server is stopped')
    .option('--json', 'print JSON')
    .action(async (options: { json?: true }) => {
      const config = readConfig();
      const url = config.DATABASE_URL;
      if (url === undefined) throw inputError('DATABASE_URL', 'set it to the Postgres database that the catalog is to move to');
      const { moveCatalog } = await import('../catalog/move.ts');
      const startedAt = Date.now();
      const tables = await cancellable((signal) =>
        moveCatalog(config.DATA_DIR, url, { signal, now: startedAt, onProgress: slowly('move-catalog') }),
      );
      const ms = Date.now() - startedAt;
      const rows = tables.reduce((n, one) => n + one.rows, 0);
      if (options.json) {
        printJson({ tables, rows, ms });
        return;
      }
      table([['table', 'rows', 'checksum'], ...tables.map((one) => [one.table, String(one.rows), one.checksum])]);
      print(`Moved ${rows} rows in ${duration(ms)}; counts and checksums are the same on both sides.`);
      print(`${config.DATA_DIR}/catalog.db stays as it was, and is no longer used while DATABASE_URL is set.`);
      print('Now fill the index that all processes share: docent reindex.');
    });
}
