import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** Resolves when nothing has changed in the page for a moment, or after three seconds of changes: rows that have just come lie over each other until they are measured. */
const quiet = (): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      observer.disconnect();
      resolve();
    };
    let timer = setTimeout(done, 150);
    const observer = new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(done, 150);
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
    setTimeout(done, 3_000);
  });

/** What WCAG 2.2 AA forbids on the page, in words. Fluent's focus sentinels are left out: they pass the focus on at once, which axe can't see. */
export async function barriersOf(page: Page): Promise<string[]> {
  // What fades in has too little contrast until it is there.
  await page.waitForFunction(
    () =>
      document
        .getAnimations()
        .every(({ playState, effect }) => playState !== 'running' || effect?.getComputedTiming().endTime === Infinity),
    undefined,
    { timeout: 10_000 },
  );
  await page.evaluate(quiet);
  const { violations } = await new AxeBuilder({ page })
    .exclude('[data-tabster-dummy]')
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    // In the page itself: a page of its own for the result is for frames of other origins, and there are none.
    .setLegacyMode()
    .analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`));
}
