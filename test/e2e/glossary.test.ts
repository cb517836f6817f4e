/** The glossary in a real browser: terms from a file, looked at before they are kept, on a phone and without JavaScript. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFakeApp } from '../fakes/app.ts';
import { browserMissing, openBrowser } from '../fakes/browser.ts';
import { serveConsole } from '../fakes/serve-console.ts';

const missing = browserMissing();
const name = missing ? `the glossary in a browser (skipped: ${missing})` : 'the glossary in a browser';

describe.skipIf(missing !== undefined)(name, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  test.each([
    ['a wide window', { viewport: { width: 1280, height: 800 } }],
    ['a phone without JavaScript, in the dark', { viewport: { width: 360, height: 740 }, javaScriptEnabled: false, colorScheme: 'dark' }],
  ] as const)('a file is mended, looked at and taken, then a term is changed and removed: %s', async (_, how) => {
    const served = await serveConsole(createFakeApp());
    const context = await browser.newContext({ locale: 'en-GB', ...how });
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      const sticksOut = async (): Promise<number> =>
        'javaScriptEnabled' in how ? 0 : page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      const choose = (text: string): Promise<void> =>
        page.setInputFiles('input[type=file]', { name: 'terms.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
      await page.goto(`${served.url}/glossary`);
      await page.click('text=Import');
      await page.click('text=See what changes');
      expect(await page.textContent('[role=alert]')).toContain('Choose a file first.');

      await choose('term,synonyms,explanation\nannual leave,PTO; holidays,\nlaptop,,\n');
      await page.click('text=See what changes');
      expect(await page.textContent('table')).toContain('There is no synonym');
      expect(await page.getByRole('button', { name: /^Import/ }).count()).toBe(0);
      expect(await sticksOut()).toBe(0);
      await page.click('text=Choose another file');

      await choose('term,synonyms,explanation\nannual leave,PTO; holidays,\nlaptop,notebook,"Two,\nlines"\n');
      await page.click('text=See what changes');
      await page.getByRole('button', { name: 'Import 2 terms' }).click();
      expect(await page.textContent('[role=status]')).toBe('The file was imported.');
      expect(await page.textContent('.glossary-list')).toContain('Two, lines');

      await page.click('[aria-label="Change laptop"]');
      await page.fill('#f-synonyms', 'laptop');
      await page.getByRole('button', { name: 'Save' }).click();
      expect(await page.textContent('#p-field')).toContain('no synonym');
      await page.fill('#f-synonyms', 'computer');
      await page.getByRole('button', { name: 'Save' }).click();
      expect(await page.textContent('.glossary-list')).toContain('computer');

      await page.click('[aria-label="Change laptop"]');
      await page.click('text=Remove this term');
      await page.getByRole('button', { name: 'Remove laptop' }).click();
      expect(await page.textContent('.glossary-list')).not.toContain('laptop');
    } finally {
      await context.close();
      await served.close();
    }
  });
});
