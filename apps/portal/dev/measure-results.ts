/**
 * How the table of results carries 500,000 rows in a real browser over a real server: `npm run build && node dev/measure-results.ts [rows]`. Prints JSON, milliseconds: from the
 * page's address until the first rows stand, until the last row stands after Ctrl+End, a page down (the median of 20), and the most that one frame took meanwhile.
 */
import { closePortal, openPortal } from '../e2e/pages/portal.ts';
import { startShared, stopShared } from '../e2e/pages/sallyport.ts';

const rows = Number(process.argv[2] ?? 500_000);
await startShared();
try {
  const { page, url } = await openPortal();
  const query = `range N from 1 to ${rows} step 1
| project TimeGenerated = datetime(2026-01-01) + N * 1s, N, User = strcat('user', N % 997, '@contoso.com'), IPAddress = strcat('198.51.', N % 250, '.', N % 199), Result = iff(N % 7 == 0, 'failure', 'success'), Detail = hash_sha256(tostring(N))`;
  const before = performance.now();
  await page.goto(`${url}/hunting?range=all&rows=500000#query=${Buffer.from(query).toString('base64url')}`);
  const grid = page.getByRole('grid', { name: 'Results' });
  await grid.getByText('user1@contoso.com').first().waitFor({ timeout: 120_000 });
  const first = performance.now() - before;
  await page.evaluate(() => {
    const seen = { longest: 0, last: performance.now() };
    Object.assign(globalThis, { frames: seen });
    const frame = (now: number): void => {
      seen.longest = Math.max(seen.longest, now - seen.last);
      seen.last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await grid.getByText('user1@contoso.com').first().click();
  const downs: number[] = [];
  for (let step = 0; step < 20; step++) {
    const pressed = performance.now();
    await page.keyboard.press('PageDown');
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    downs.push(performance.now() - pressed);
  }
  const pressed = performance.now();
  await page.keyboard.press('Control+End');
  await grid
    .getByText(`user${rows % 997}@contoso.com`)
    .last()
    .waitFor();
  const end = performance.now() - pressed;
  const longest = await page.evaluate(() => ('frames' in globalThis ? JSON.stringify(globalThis.frames) : '{}'));
  const nodes = await grid.locator('[role=row]').count();
  console.log(
    JSON.stringify({ rows, first: Math.round(first), end: Math.round(end), pageDown: Math.round(downs.toSorted((a, b) => a - b)[10] ?? 0), frames: longest, rowsInPage: nodes }), // prettier-ignore
  );
} finally {
  await closePortal();
  await stopShared();
}
process.exit(0);
