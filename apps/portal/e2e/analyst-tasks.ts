/**
 * Walks 20 tasks of an analyst in a real browser over the demo estate, and prints what each took as the table of docs/analyst-tasks.md: `npm run build && node
 * e2e/analyst-tasks.ts`. With SALLYPORT_URL, SALLYPORT_COOKIE and SALLYPORT_DATA it walks a Sallyport that runs already.
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@sallyport/contracts';
import { firstAdministrator, startSallyport, trustingFetch } from '@sallyport/testkit/running';
import type { Locator, Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';

interface Place {
  readonly url: string;
  readonly dataDir: string;
  readonly cookie: string;
  readonly stop: () => Promise<unknown>;
}

async function place(): Promise<Place> {
  const { SALLYPORT_URL: url, SALLYPORT_COOKIE: known, SALLYPORT_DATA: dataDir } = process.env;
  if (url && known && dataDir) return { url, cookie: known, dataDir, stop: async () => undefined };
  const running = await startSallyport({ args: ['--demo', '--collect-host', 'off'], readySeconds: 300 });
  let cookie = '';
  const own = running.newFetch();
  const call: typeof fetch = async (...request) => {
    const answer = await own(...request);
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    return answer;
  };
  await firstAdministrator({ ...running, newFetch: () => call });
  return { url: running.url, dataDir: running.dataDir, cookie, stop: () => running.stop() };
}

const at = await place();
const client = createClient({
  baseUrl: at.url,
  fetch: trustingFetch(join(at.dataDir, 'tls', 'ca.pem')),
  headers: () => ({ 'x-sallyport-csrf': '1', origin: at.url, cookie: at.cookie }),
});

/** The intruder's address in the demo. */
const INTRUDER = '192.0.2.66';
/** Alerts of the incident that tells of most, once the demo's intrusion is one, and the inventory knows its address. */
const ALERTS_LEAST = 15;
const WAIT_MS = 5_000;
const WAITS = 240;
/** For so many looks nothing has joined it, nor has it joined another. */
const QUIET_LOOKS = 6;
async function largest(): Promise<{ number: number; title: string }> {
  let before = '';
  let quiet = 0;
  for (let round = 0; round < WAITS; round++) {
    const [first] = (await client.listIncidents({ query: { sort: 'alertCount', status: 'New,Active', limit: 1 } }))
      .incidents;
    const known = await client.listEntities({ query: { search: INTRUDER, limit: 1 } });
    const now = `${first?.number} ${first?.title} ${first?.alertCount}`;
    quiet = now === before ? quiet + 1 : 0;
    before = now;
    if (first && first.alertCount >= ALERTS_LEAST && known.total > 0 && quiet >= QUIET_LOOKS) return first;
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
  throw new Error('the demo told of no intrusion');
}
const incident = await largest();

const browser = await launchBrowser();
const context = await browser.newContext({
  ignoreHTTPSErrors: true,
  viewport: { width: 1440, height: 900 },
  reducedMotion: 'reduce',
});
const [name = '', value = ''] = at.cookie.split('=');
await context.addCookies([{ name, value, url: at.url, secure: true, httpOnly: true }]);
const page = await context.newPage();
page.setDefaultTimeout(30_000);
await page.goto(at.url);
await page.getByRole('heading', { level: 1 }).waitFor();

/** What a person does: each act is counted. */
class Hand {
  readonly keys: string[] = [];
  clicks = 0;
  typed = 0;
  readonly page: Page = page;
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) {
      this.keys.push(key);
      await page.keyboard.press(key);
    }
  }
  async type(text: string): Promise<void> {
    this.typed += text.length;
    await page.keyboard.type(text);
  }
  async click(what: Locator): Promise<void> {
    this.clicks++;
    await what.click();
  }
  /** Waits until it is seen. */
  see(what: Locator): Promise<void> {
    return what.first().waitFor();
  }
}

/** A graph that does not fit begins in view, and is panned. */
async function nodeInView(): Promise<Locator> {
  const room = await page.locator('.react-flow').boundingBox();
  for (const node of await page.locator('.react-flow__node').all()) {
    const box = await node.boundingBox();
    if (!room || !box) continue;
    // Not beneath the buttons above it, either.
    const isWithin = box.y > room.y + 60 && box.y + box.height < room.y + room.height;
    if (isWithin && box.x > room.x && box.x + box.width < room.x + room.width) return node;
  }
  throw new Error('no node of the graph is in view');
}

const heading = (text: string | RegExp): Locator => page.getByRole('heading', { level: 1, name: text });
const tab = (text: string): Locator => page.getByRole('tab', { name: new RegExp(`^${text}`) });
const panel = page.getByRole('tabpanel');
const dialog = page.getByRole('dialog');
const results = page.getByRole('grid', { name: 'Results' });
const query =
  "SigninLogs\n| where ResultType == '0' and Location == 'PA'\n| project TimeGenerated, UserPrincipalName, IPAddress, Location";

const tasks: readonly (readonly [string, (hand: Hand) => Promise<void>])[] = [
  [
    'Go to the queue from anywhere',
    async (hand) => {
      await hand.press('Control+k');
      await hand.see(dialog);
      await hand.type('incid');
      await hand.press('Enter');
      await hand.see(page.getByRole('grid', { name: 'Incidents' }).getByRole('link'));
    },
  ],
  [
    'Look at an incident beside the queue',
    async (hand) => {
      await hand.press('j', 'Enter');
      await hand.see(page.getByRole('complementary').getByRole('heading', { level: 2 }));
    },
  ],
  [
    'Open one by its number',
    async (hand) => {
      await hand.press('f');
      await hand.type(`#${incident.number}`);
      await hand.press('Enter');
      await hand.see(heading(incident.title));
      await hand.see(page.locator('.react-flow__node'));
    },
  ],
  [
    'Take it up',
    async (hand) => {
      await hand.press('s');
      await hand.see(page.getByRole('button', { name: 'Status: Active' }));
    },
  ],
  [
    'Assign it to oneself',
    async (hand) => {
      await hand.press('a');
      await hand.see(dialog.getByRole('combobox'));
      await hand.type('admin@');
      await hand.see(page.getByRole('option'));
      await hand.press('Enter', 'Control+Enter');
      await hand.see(page.getByRole('button', { name: 'admin@contoso.com' }));
    },
  ],
  [
    'Step through the story from its beginning',
    async (hand) => {
      await hand.click(page.getByRole('slider', { name: 'Time of the story' }));
      await hand.press('Home', 'ArrowRight', 'ArrowRight', 'ArrowRight');
      await page.waitForURL(/step=3/);
    },
  ],
  [
    'See what is known of a node and what ties it',
    async (hand) => {
      await hand.press('End');
      await hand.click(await nodeInView());
      await hand.see(page.getByRole('complementary').getByText('Ties'));
    },
  ],
  [
    'Read the process tree with its command lines',
    async (hand) => {
      await hand.click(tab('Processes'));
      await hand.see(panel.getByText(/\.exe/));
    },
  ],
  [
    'Set a verdict on a piece of evidence',
    async (hand) => {
      await hand.click(tab('Evidence'));
      await hand.press('f');
      await hand.type(INTRUDER);
      await hand.click(page.getByRole('row').filter({ hasText: INTRUDER }));
      await hand.click(page.getByRole('button', { name: 'Set verdict' }));
      await hand.click(page.getByRole('menuitemradio', { name: 'Malicious' }));
      await hand.see(page.getByRole('row').filter({ hasText: INTRUDER }).getByText('Malicious'));
    },
  ],
  [
    'Read one timeline of alerts, rows and activities',
    async (hand) => {
      await hand.click(tab('Timeline'));
      await hand.see(panel.getByText(/\d+ events/));
      await hand.see(panel.getByText(/\d+ fields/));
    },
  ],
  [
    'Add a task',
    async (hand) => {
      await hand.click(tab('Tasks'));
      await hand.click(page.getByRole('textbox', { name: 'Task' }));
      await hand.type('Ask the owner');
      await hand.press('Enter');
      await hand.see(page.getByRole('checkbox', { name: 'Completed: Ask the owner' }));
    },
  ],
  [
    'Comment, naming somebody',
    async (hand) => {
      await hand.click(tab('Comments'));
      await hand.click(page.getByRole('textbox', { name: 'Add a comment' }));
      await hand.type('Sessions are revoked @adm');
      await hand.see(page.getByRole('option'));
      await hand.press('Enter', 'Control+Enter');
      await hand.see(panel.getByText('Sessions are revoked'));
    },
  ],
  [
    'Find an address by the search of everything',
    async (hand) => {
      await tab('Comments').focus();
      await hand.press('/');
      await hand.type('192.0.2.66');
      await hand.see(page.getByRole('option').filter({ hasText: 'IP' }));
      await hand.press('ArrowDown', 'Enter');
      await hand.see(heading('192.0.2.66'));
    },
  ],
  [
    'Read the insights about it',
    async (hand) => {
      await hand.click(tab('Insights'));
      await hand.see(panel.getByRole('table'));
    },
  ],
  [
    'Hunt for it with a ready query',
    async (hand) => {
      await hand.click(page.getByRole('button', { name: 'Go hunt' }));
      await hand.press('Enter');
      await hand.see(heading('Hunting'));
      await hand.see(page.getByText(/\d rows?$/));
    },
  ],
  [
    'Ask a query of one’s own',
    async (hand) => {
      await hand.click(page.locator('[data-kql-editor] .view-lines'));
      await hand.press('Control+a');
      hand.typed += query.length;
      await page.keyboard.insertText(query);
      await hand.press('Shift+Enter');
      await hand.see(results.getByText('192.0.2.66'));
    },
  ],
  [
    'From a cell to the person’s page',
    async (hand) => {
      await results.focus();
      await hand.press('ArrowRight', 'Shift+F10');
      await hand.click(page.getByRole('menuitem', { name: /page/i }));
      await hand.see(page.getByRole('tab', { name: 'Insights' }));
      await page.goBack();
      await hand.see(results.getByText('192.0.2.66'));
    },
  ],
  [
    'Put a row into an incident',
    async (hand) => {
      await results.focus();
      await hand.press('x');
      await hand.click(page.getByRole('button', { name: 'Add to incident' }));
      await hand.click(dialog.getByLabel('Name'));
      await hand.type('Sign-in from Panama');
      await hand.press('Enter');
      await hand.see(page.getByText(/put into incident/));
    },
  ],
  [
    'Make a rule of the query',
    async (hand) => {
      await hand.click(page.getByRole('button', { name: 'More' }));
      await hand.click(page.getByRole('menuitem', { name: /rule/i }));
      await hand.see(page.getByRole('textbox', { name: 'Name', exact: true }));
    },
  ],
  [
    'Close the incident as a true positive',
    async (hand) => {
      await page.goto(`${at.url}/incidents/${incident.number}`);
      await hand.see(page.locator('.react-flow__node'));
      await hand.press('s');
      await hand.see(dialog);
      await dialog.getByRole('radio').first().focus();
      await hand.press('Space', 'Enter');
      await hand.see(page.getByRole('button', { name: 'Status: Closed' }));
    },
  ],
];

console.log(`load ${loadavg()[0]?.toFixed(1)} on this machine\n`);
console.log('| task | keys | typed | clicks | seconds |\n| --- | --- | --- | --- | --- |');
let failed = 0;
for (const [task, walk] of tasks) {
  const hand = new Hand();
  const before = performance.now();
  const fault = await walk(hand).then(
    () => '',
    (error: unknown) => String(error).split('\n').slice(0, 4).join(' '),
  );
  if (fault !== '') failed++;
  const seconds = ((performance.now() - before) / 1_000).toFixed(1);
  console.log(
    `| ${task} | ${hand.keys.map((key) => `\`${key}\``).join(' ')} | ${hand.typed || ''} | ${hand.clicks || ''} | ${fault === '' ? seconds : fault} |`,
  );
}
await browser.close();
await at.stop();
process.exit(failed === 0 ? 0 : 1);
