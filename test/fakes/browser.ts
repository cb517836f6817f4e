/** A real Chromium for tests of the console. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PATH = '/usr/bin/chromium';

/** Why tests in a browser are skipped here; undefined where they run. With CI=true they always run, and fail where Chromium is missing. */
export function browserMissing(): string | undefined {
  // oxlint-disable-next-line node/no-process-env -- CI decides between skipping and failing
  if (existsSync(PATH) || process.env.CI === 'true') return undefined;
  return `${PATH} is not installed (apt-get install chromium)`;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PATH,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
