/** Pictures of `slackPage`, taken with the Chromium of this machine. */
import { writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';

/** Screenshots a page as PNG, as high as it is. @returns its size in bytes; @param width of the viewport, CSS pixels; @param scale device pixels of each */
export async function pictureOf(browser: Browser, html: string, file: string, width = 720, scale = 1.5): Promise<number> {
  const page = await browser.newPage({ viewport: { width, height: 200 }, deviceScaleFactor: scale });
  await page.setContent(html, { waitUntil: 'load' });
  const png = await page.locator('main').screenshot({ type: 'png' });
  await writeFile(file, png);
  await page.close();
  return png.length;
}
