import { join } from 'node:path';
import { trustingFetch } from '@sallyport/testkit/running';
import type { createClient } from '@sallyport/contracts';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { barriersOf } from '../axe.ts';
import { launchBrowser } from '../browser.ts';
import { takePicture } from '../pictures.ts';
import { clientOf, sharedSallyport } from './sallyport.ts';

export interface Portal {
  /** A page of a real Chromium, signed in as the administrator. */
  readonly page: Page;
  readonly url: string;
  /** The same administrator's client, to make what a page is to show. */
  readonly client: ReturnType<typeof createClient>;
  /** Errors of the console and scripts so far. A test of a page ends with none. */
  readonly complaints: readonly string[];
  /** Goes to a path of the portal and waits for its heading. */
  goto(path: string): Promise<void>;
  /** What WCAG 2.2 AA forbids, in words. */
  barriers(): Promise<string[]>;
  /** Photographs the page into docs/pictures, light and dark, when PICTURES=1. */
  picture(name: string): Promise<void>;
}

/** Opens the portal of the Sallyport that the tests of pages share. Call it in `beforeAll`; the page of the file before is closed, since an open page keeps asking. */
export async function openPortal(viewport = { width: 1440, height: 900 }): Promise<Portal> {
  const { url, dataDir, cookie } = sharedSallyport();
  await opened?.context.close();
  const browser = opened?.browser ?? (await launchBrowser({ trust: dataDir }));
  // The browser trusts the server; calls of `page.request` are not made by it.
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport, reducedMotion: 'reduce' });
  const complaints: string[] = [];
  opened = { browser, context, complaints };
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url, secure: true, httpOnly: true }]);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const client = clientOf(url, trustingFetch(join(dataDir, 'tls', 'ca.pem')), cookie);
  return {
    page,
    url,
    client,
    complaints,
    goto: async (path) => {
      await page.goto(`${url}${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
    },
    barriers: () => barriersOf(page),
    picture: (name) => takePicture(page, name),
  };
}

let opened: { readonly browser: Browser; readonly context: BrowserContext; readonly complaints: string[] } | undefined;

const SHOWN_LINES_MAX = 80;

/** What the page shows, as its accessibility tree has it, and what it complained of: for the log of a test that failed. */
export async function whatIsShown(): Promise<string> {
  const page = opened?.context.pages()[0];
  if (!opened || !page) return 'no page is open';
  // Not the frame around it, which is the same everywhere.
  const shown = (await page.locator('main').count()) > 0 ? 'main, [role=complementary], [role=dialog]' : 'body';
  const parts = await page.locator(shown).all();
  const tree = (await Promise.all(parts.map((part) => part.ariaSnapshot({ timeout: 5_000 })))).join('\n');
  return [page.url(), ...opened.complaints, ...tree.split('\n').slice(0, SHOWN_LINES_MAX)].join('\n');
}

/** After the last page's test. */
export async function closePortal(): Promise<void> {
  await opened?.browser.close();
  opened = undefined;
}
