/**
 * How long the page of an incident of 500 alerts takes in a real browser, over fixtures: `npm run build && node dev/measure-incident.ts`. Prints JSON, milliseconds; medians of
 * five rounds with a warm cache: until the graph is drawn, until a node's panel is open after a click, until a step is shown after a key.
 */
process.env['SALLYPORT_FIXTURES'] = '1';
const { preview } = await import('vite');
const { launchBrowser } = await import('../e2e/browser.ts');

const rounds = 5;
const server = await preview({
  configFile: new URL('../vite.config.ts', import.meta.url).pathname,
  preview: { port: 0, host: '127.0.0.1' },
});
const address = server.httpServer.address();
if (address === null || typeof address === 'string') throw new Error('no port');
const url = `http://127.0.0.1:${address.port}`;
const browser = await launchBrowser();
const page = await (
  await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
).newPage();
const median = (values: number[]): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);

const opened: number[] = [];
const chosen: number[] = [];
const stepped: number[] = [];
let nodes = 0;
for (let round = 0; round <= rounds; round++) {
  await page.goto(`${url}/incidents`);
  await page.waitForLoadState('networkidle');
  const before = performance.now();
  await page.goto(`${url}/incidents/500`);
  await page.locator('.react-flow__node').first().waitFor();
  const open = performance.now() - before;
  nodes = await page.locator('.react-flow__node').count();
  const clicked = performance.now();
  await page.locator('.react-flow__node').first().click();
  await page.getByRole('complementary').first().waitFor();
  const choose = performance.now() - clicked;
  await page.getByRole('slider', { name: 'Time of the story' }).focus();
  const pressed = performance.now();
  await page.keyboard.press('ArrowLeft');
  await page.waitForURL(/step=/);
  const step = performance.now() - pressed;
  // The first round warms caches.
  if (round === 0) continue;
  opened.push(open);
  chosen.push(choose);
  stepped.push(step);
}
console.log(
  JSON.stringify({ alerts: 500, nodes, opened: median(opened), chosen: median(chosen), stepped: median(stepped) }),
);
await browser.close();
await new Promise((resolve) => server.httpServer.close(resolve));
process.exit(0);
