/** Settings of a data folder, as an admin changed them before. */
import { createApp } from '../../src/app.ts';
import type { Settings } from '../../src/catalog/settings.ts';
import { createLog } from '../../src/log.ts';
import { testConfig } from './test-config.ts';

export async function changeSettings(dataDir: string, settings: Partial<Settings>): Promise<void> {
  const app = await createApp(await testConfig({ DATA_DIR: dataDir }), { log: createLog('silent') });
  for (const [key, value] of Object.entries(settings)) await app.changeSetting(key as keyof Settings, value);
  await app.close();
}
