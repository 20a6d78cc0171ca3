import { Secret, TOTP } from 'otpauth';
import type { BrowserContext, Page } from 'playwright-core';

export const password = 'correct horse battery staple';
const periodMs = 30_000;

/** The code that an authenticator app shows; `ahead`: the next one, since each is good once and the server takes one that is early. */
export const codeOf = (secret: string, ahead = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30, algorithm: 'SHA1' }).generate({
    timestamp: Date.now() + ahead * periodMs,
  });

/** Takes up an invitation in a browser, by a password and an authenticator. Answers the authenticator's secret. */
export async function takeUp(page: Page, link: string): Promise<string> {
  await page.goto(link);
  await page.getByRole('tab', { name: 'Password and code' }).click();
  const secret = (await page.getByRole('button', { name: 'Copy secret' }).locator('..').innerText()).trim();
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('textbox', { name: 'Code' }).fill(codeOf(secret));
  await page.getByRole('button', { name: 'Finish' }).click();
  await page.getByRole('heading', { level: 1, name: 'You are set up' }).waitFor();
  return secret;
}

/** Fills the form of the sign-in page and sends it; whether it is accepted is for the test to see. */
export async function signIn(page: Page, url: string, userPrincipalName: string, code: string): Promise<void> {
  await page.goto(`${url}/signin`);
  await page.getByRole('textbox', { name: 'User name' }).fill(userPrincipalName);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('textbox', { name: 'Code' }).fill(code);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** A page of somebody else's browser. */
export async function otherPage(context: BrowserContext): Promise<Page> {
  const browser = context.browser();
  if (!browser) throw new Error('the context has no browser');
  const other = await browser.newContext({ ignoreHTTPSErrors: true, reducedMotion: 'reduce' });
  const page = await other.newPage();
  page.setDefaultTimeout(30_000);
  return page;
}
