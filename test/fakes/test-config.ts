/** The configuration of an application over a folder; its catalog is where the tests' catalogs are. */
import { readConfig, type Config } from '../../src/config.ts';
import { testDatabase } from '../servers/test-catalog.ts';

/** @param env as process.env would be, DATA_DIR among it. Search is by words alone unless it names a model. */
export async function testConfig(env: Record<string, string>): Promise<Config> {
  const config = readConfig({ EMBEDDING_MODEL: 'none', ...env });
  const database = config.DATABASE_URL ?? (await testDatabase(config.DATA_DIR));
  // Not through the environment: who sets DATABASE_URL there has to share the index and the queue, too.
  return database === undefined ? config : { ...config, DATABASE_URL: database };
}
