import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

/** Where pictures go: docs/pictures, when PICTURES=1 asks for them. */
export const picturesFolder =
  process.env['PICTURES'] === '1' ? fileURLToPath(new URL('../../../docs/pictures/', import.meta.url)) : undefined;

/** Photographs the page light and dark, when pictures are asked for. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (picturesFolder === undefined) return;
  mkdirSync(picturesFolder, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(picturesFolder, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.waitForTimeout(400);
}
