import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { chromium as playwright, type Browser } from 'playwright-core';

/** A Chromium of the machine's own, where there is one. */
const installed = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * A headless Chromium: CHROMIUM_PATH, one of the machine's, or the one from npm. `trust` is an installation's data folder: its certificate counts
 * as good, as if a person had put its authority into the browser's store. Passkeys need that; ignoring certificate errors is not enough.
 */
export async function launchBrowser(options: { trust?: string } = {}): Promise<Browser> {
  const path =
    process.env['CHROMIUM_PATH'] ?? installed.find((one) => existsSync(one)) ?? (await chromium.executablePath());
  const trusted =
    options.trust === undefined ? [] : [`--ignore-certificate-errors-spki-list=${keyHash(options.trust)}`];
  // Not the npm package's own arguments: they are for a function host, and switch web security off.
  return playwright.launch({
    executablePath: path,
    args: [
      '--no-sandbox',
      '--headless=shell',
      '--disable-gpu',
      '--hide-scrollbars',
      '--disable-dev-shm-usage',
      ...trusted,
    ],
  });
}

const keyHash = (dataDir: string): string => {
  const { publicKey } = new X509Certificate(readFileSync(join(dataDir, 'tls', 'server.pem')));
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
};
