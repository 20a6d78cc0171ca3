import { existsSync } from 'node:fs';
import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser } from 'playwright-core';

/** A Chromium of the machine's own, where there is one. */
const installed = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** A headless Chromium: CHROMIUM_PATH, one of the machine's, or the one from npm. */
export async function launchBrowser(): Promise<Browser> {
  const path = process.env['CHROMIUM_PATH'] ?? installed.find(existsSync) ?? (await chromium.executablePath());
  // Not the npm package's own arguments: they are for a function host, and switch web security off.
  return playwright.launch({
    executablePath: path,
    args: ['--no-sandbox', '--headless=shell', '--disable-gpu', '--hide-scrollbars', '--disable-dev-shm-usage'],
  });
}
