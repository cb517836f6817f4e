/** Settings of a data folder, as an admin changed them before. */
import { createApp } from '../../src/app.ts';
import type { Settings } from '../../src/catalog/settings.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';

export async function changeSettings(dataDir: string, settings: Partial<Settings>): Promise<void> {
  const app = await createApp(readConfig({ DATA_DIR: dataDir, EMBEDDING_MODEL: 'none' }), { log: createLog('silent') });
  for (const [key, value] of Object.entries(settings)) await app.changeSetting(key as keyof Settings, value);
  await app.close();
}
