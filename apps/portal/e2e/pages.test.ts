import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { closePortal, whatIsShown } from './pages/portal.ts';
import { startShared, stopShared } from './pages/sallyport.ts';

/** Each page's own test, `pages/<name>.page.ts`, in a real Chromium, all on one Sallyport. One alone: `npx vitest run apps/portal/e2e/pages -t workbooks`. */
beforeAll(startShared, 180_000);
afterAll(async () => {
  await closePortal();
  await stopShared();
}, 60_000);

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(`${task.name}: the page shows\n${await whatIsShown()}`);
});

const suffix = '.page.ts';
for (const file of readdirSync(new URL('./pages', import.meta.url)).filter((one) => one.endsWith(suffix)))
  describe(`${basename(file, suffix)}`, async () => {
    await import(`./pages/${basename(file, suffix)}.page.ts`);
  });
