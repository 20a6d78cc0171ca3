/**
 * Photographs the built portal over fixtures, light and dark: `npm run build && npm run pictures [-- NAME...]`; AXE=1 also checks each page with axe. Pictures go to
 * PICTURES (default: the system's temporary folder). Prints what the browser complained of, content security policy included.
 */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

process.env['SALLYPORT_FIXTURES'] = '1';
const { preview } = await import('vite');
const { launchBrowser } = await import('../e2e/browser.ts');

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly width?: number;
  readonly height?: number;
  readonly act?: (page: Page) => Promise<void>;
}

const hash = (query: string): string => `#query=${Buffer.from(query).toString('base64url')}`;
const table =
  'SecurityEvent\n| where TimeGenerated > ago(1d)\n| where EventID in (4624, 4688)\n| project-reorder TimeGenerated, Computer';
const chart =
  'SecurityEvent\n| summarize Count = count() by bin(TimeGenerated, 1h), Computer\n| render timechart with (title="Events by computer")';
const wrong = 'SecurityEvent\n| where Nope == 1\n| take 10';
const runIt = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForTimeout(2_500);
};

const drawn = async (page: Page): Promise<void> => {
  await page.locator('.react-flow__node').first().waitFor({ timeout: 30_000 });
  await page.waitForTimeout(300);
};

const shots: readonly Shot[] = [
  { name: 'setup', path: '/setup#token=abc' },
  {
    name: 'setup-method',
    path: '/setup#token=abc',
    act: async (page) => {
      await page.getByLabel('Your name').fill('Maria Lind');
      await page.getByLabel('User name').fill('maria.lind@contoso.com');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('tab', { name: 'Password and code' }).click();
      await page.waitForTimeout(300);
    },
  },
  { name: 'signin', path: '/signin' },
  { name: 'invitation', path: '/invitation#token=abc', act: (page) => page.waitForTimeout(800) },
  { name: 'people', path: '/people' },
  { name: 'security-devices', path: '/security-info?tab=devices' },
  { name: 'access-policies', path: '/conditional-access' },
  { name: 'access-policy', path: '/conditional-access?selected=60000000-0000-4000-8000-000000000003' },
  {
    name: 'access-templates',
    path: '/conditional-access',
    act: async (page) => {
      await page.getByRole('button', { name: 'New policy' }).click();
      await page.getByRole('menuitem', { name: 'From a template' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'access-on',
    path: '/conditional-access?selected=60000000-0000-4000-8000-000000000003',
    act: async (page) => {
      await page.getByRole('complementary', { name: 'Policy' }).getByRole('button', { name: 'State' }).click();
      await page.getByRole('menuitem', { name: 'On', exact: true }).click();
      await page.getByText('People blocked').last().waitFor();
    },
  },
  {
    name: 'access-editor',
    path: '/conditional-access/policies/60000000-0000-4000-8000-000000000004',
    height: 2_600,
  },
  {
    name: 'access-editor-effect',
    path: '/conditional-access/policies/60000000-0000-4000-8000-000000000002',
    act: async (page) => {
      await page.getByRole('tab', { name: 'What would it change' }).click();
      await page.getByText('People blocked').waitFor();
    },
  },
  {
    name: 'access-what-if',
    path: '/conditional-access?tab=what-if&user=50000000-0000-4000-8000-000000000003&app=5a96d9f1-02de-48ff-84f1-137a7cbb9134&ip=198.51.100.7&client=browser',
    act: (page) => page.getByRole('button', { name: 'Not for this client app' }).click(),
  },
  { name: 'access-coverage', path: '/conditional-access?tab=coverage&selected=0' },
  { name: 'access-locations', path: '/conditional-access?tab=locations&selected=60000000-0000-4000-8000-000000000050' },
  {
    name: 'access-location-new',
    path: '/conditional-access?tab=locations',
    act: async (page) => {
      await page.getByRole('button', { name: 'New location' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'access-strengths', path: '/conditional-access?tab=strengths&selected=60000000-0000-4000-8000-000000000060' },
  { name: 'access-contexts', path: '/conditional-access?tab=contexts' },
  { name: 'access-emergency', path: '/conditional-access?tab=emergency' },
  { name: 'sign-ins', path: '/sign-ins' },
  {
    name: 'sign-in-log',
    path: '/sign-ins?selected=60000000-0000-4000-8000-000000000402',
    act: (page) => page.getByRole('tab', { name: 'Conditional Access' }).click(),
  },
  { name: 'person', path: '/people?selected=50000000-0000-4000-8000-000000000002' },
  { name: 'security-info', path: '/security-info' },
  { name: 'security-info-sign-ins', path: '/security-info?tab=sign-ins' },
  { name: 'home', path: '/' },
  { name: 'incidents', path: '/incidents' },
  { name: 'incidents-selected', path: '/incidents?selected=42' },
  { name: 'incidents-390', path: '/incidents', width: 390, height: 844 },
  { name: 'incident', path: '/incidents/42', act: drawn },
  { name: 'assets', path: '/assets?selected=e1' },
  { name: 'entity', path: '/entities/e1' },
  { name: 'entity-timeline', path: '/entities/e1?tab=timeline' },
  { name: 'entity-insights', path: '/entities/e1?tab=insights' },
  { name: 'incident-alerts', path: '/incidents/42?tab=alerts&alert=10000000-0000-4000-8000-000000000005' },
  { name: 'incident-node', path: '/incidents/42?node=Host:WS-0147', act: drawn },
  { name: 'incident-step', path: '/incidents/42?step=4', act: drawn },
  { name: 'incident-large', path: '/incidents/500', act: drawn },
  { name: 'incident-assets', path: '/incidents/42?tab=assets' },
  { name: 'incident-processes', path: '/incidents/42?tab=processes&node=p3' },
  { name: 'incident-rows', path: '/incidents/42?tab=rows' },
  { name: 'incident-similar', path: '/incidents/42?tab=similar' },
  { name: 'incident-timeline', path: '/incidents/42?tab=timeline' },
  { name: 'incident-evidence', path: '/incidents/42?tab=evidence&entity=Process:1' },
  { name: 'incident-investigation', path: '/incidents/42?tab=investigation', height: 1_300 },
  { name: 'investigations', path: '/investigations' },
  { name: 'investigation-levels', path: '/investigations?tab=automation' },
  { name: 'cases', path: '/cases' },
  { name: 'case', path: '/cases/3' },
  { name: 'case-evidence', path: '/cases/3?tab=evidence' },
  { name: 'handover', path: '/handover' },
  { name: 'soc-metrics', path: '/soc-metrics' },
  { name: 'settings-work', path: '/settings?tab=work' },
  { name: 'settings-notifications', path: '/settings?tab=notifications' },
  { name: 'settings-groups', path: '/settings?tab=groups' },
  { name: 'incident-tasks', path: '/incidents/42?tab=tasks' },
  { name: 'incident-comments', path: '/incidents/42?tab=comments' },
  {
    name: 'incident-close',
    path: '/incidents/42',
    act: async (page) => {
      await page.getByRole('button', { name: 'Status: Active' }).click();
      await page.getByRole('menuitemradio', { name: 'Closed' }).click();
      await page.getByText('False positive').click();
      await page.waitForTimeout(500);
    },
  },
  { name: 'incident-390', path: '/incidents/42', width: 390, height: 844 },
  { name: 'hunting', path: `/hunting?range=24h${hash(table)}`, act: runIt },
  { name: 'hunting-chart', path: `/hunting?range=7d${hash(chart)}`, act: runIt },
  { name: 'hunting-error', path: `/hunting${hash(wrong)}`, act: runIt },
  { name: 'rules', path: '/rules' },
  { name: 'rule', path: '/rules/rule-2' },
  { name: 'rule-cost', path: '/rules/rule-1?tab=cost' },
  { name: 'rule-disabled', path: '/rules/rule-7' },
  { name: 'rule-resting', path: '/rules/rule-12?tab=runs' },
  { name: 'rule-runs', path: '/rules/rule-2?tab=runs' },
  { name: 'anomalies', path: '/anomalies?selected=a1' },
  { name: 'anomaly-rules', path: '/anomalies?tab=rules&selected=01107089-974a-5c2d-bf90-49ae3c4fa380', height: 1_300 },
  { name: 'coverage', path: '/coverage' },
  { name: 'coverage-technique', path: '/coverage?measure=rules&selected=T1059' },
  { name: 'test-bench', path: '/test-bench' },
  {
    name: 'test-bench-item',
    path: '/test-bench?against=00000000-0000-4000-8000-000000000302&show=changed&selected=b.jsonl',
  },
  { name: 'data', path: '/data' },
  {
    name: 'data-table',
    path: '/data?selected=CommonSecurityLog',
    height: 1_300,
    act: async (page) => {
      await page.getByRole('button', { name: 'Show the saving' }).click();
      await page.waitForTimeout(500);
    },
  },
  { name: 'data-table-tiers', path: '/data?selected=SecurityEvent', height: 1_300 },
  { name: 'data-holds', path: '/data?tab=holds' },
  { name: 'data-sources', path: '/data?tab=sources' },
  { name: 'data-source', path: '/data?tab=sources&selected=paloalto-panos' },
  { name: 'data-doors', path: '/data?tab=doors&selected=syslog-udp' },
  { name: 'data-connectors', path: '/data?tab=connectors&selected=00000000-0000-4000-8000-000000000202' },
  {
    name: 'data-connector-new',
    path: '/data?tab=connectors',
    act: async (page) => {
      await page.getByRole('button', { name: 'New connector' }).click();
      await page.getByRole('textbox', { name: /^Name/ }).fill('CloudTrail');
      await page.getByRole('textbox', { name: /^Bucket/ }).fill('contoso-org-trail');
      await page.getByRole('textbox', { name: /^Access key/ }).fill('AKIAEXAMPLE');
      await page.getByRole('button', { name: 'Test' }).click();
      await page.getByText('It works.').waitFor();
    },
  },
  { name: 'data-errors', path: '/data?tab=errors' },
  { name: 'data-upload', path: '/data?tab=upload' },
  {
    name: 'data-upload-choose',
    path: '/data?tab=upload',
    act: async (page) => {
      await page.getByRole('combobox', { name: 'Read as' }).click();
      await page.keyboard.type('sys');
      await page.waitForTimeout(400);
    },
  },
  { name: 'source-editor-empty', path: '/source-editor', act: (page) => page.waitForTimeout(1_500) },
  {
    name: 'source-editor',
    path: '/source-editor?source=acme-firewall',
    act: (page) => page.waitForTimeout(4_000),
  },
  {
    name: 'source-editor-complete',
    path: '/source-editor?source=acme-firewall',
    act: async (page) => {
      await page.waitForTimeout(2_500);
      await page.locator('[data-kql-editor] .view-lines').click();
      await page.keyboard.press('Control+End');
      await page.keyboard.type('| project Time');
      await page.keyboard.press('Control+Space');
      await page.waitForTimeout(1_500);
    },
  },
  {
    name: 'source-editor-recognise',
    path: '/source-editor?source=acme-firewall',
    act: async (page) => {
      await page.getByRole('tab', { name: 'Accept and recognise' }).click();
      await page.waitForTimeout(500);
    },
  },
  {
    name: 'source-editor-save',
    path: '/source-editor?source=acme-firewall',
    act: async (page) => {
      await page.waitForTimeout(1_000);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: 'Save and use' }).click();
      await page.waitForTimeout(800);
    },
  },
  {
    name: 'source-editor-versions',
    path: '/source-editor?source=acme-firewall',
    act: async (page) => {
      await page.waitForTimeout(1_000);
      await page.getByRole('button', { name: 'Versions' }).click();
      await page.waitForTimeout(800);
    },
  },
  { name: 'settings', path: '/settings' },
  { name: 'settings-sessions', path: '/settings?tab=sessions' },
  { name: 'settings-tokens', path: '/settings?tab=tokens' },
  { name: 'settings-audit', path: '/settings?tab=audit' },
  {
    name: 'palette',
    path: '/incidents',
    act: (page) => page.keyboard.press('Control+k').then(() => page.waitForTimeout(400)),
  },
  { name: 'gallery', path: '/gallery', height: 3_200 },
];

const wanted = process.argv.slice(2);
const themes = (process.env['THEMES'] ?? 'light,dark').split(',') as ('light' | 'dark')[];
const folder = process.env['PICTURES'] ?? join(tmpdir(), 'portal-pictures');
mkdirSync(folder, { recursive: true });

/** Prints what axe finds against WCAG 2.2 AA. */
async function complain(page: Page, name: string): Promise<void> {
  const { AxeBuilder } = await import('@axe-core/playwright');
  const { violations } = await new AxeBuilder({ page })
    // Fluent's focus keeper puts these around traps; focus that reaches them is sent on at once.
    .exclude('[data-tabster-dummy]')
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze();
  for (const { id, nodes } of violations)
    for (const node of nodes.slice(0, 3))
      console.log(
        `${name}: axe ${id}: ${node.html.slice(0, 200)} ${node.failureSummary?.replaceAll('\n', ' ').slice(0, 300) ?? ''}`,
      );
}

const server = await preview({
  configFile: join(import.meta.dirname, '../vite.config.ts'),
  preview: { port: 0, host: '127.0.0.1', strictPort: false },
  logLevel: 'error',
});
const address = server.httpServer.address();
const base = `http://localhost:${typeof address === 'object' ? address?.port : 0}`;
const browser = await launchBrowser();
try {
  for (const colorScheme of themes) {
    for (const shot of shots.filter(({ name }) => wanted.length === 0 || wanted.some((one) => name.startsWith(one)))) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width: shot.width ?? 1440, height: shot.height ?? 900 },
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning')
          console.log(`${shot.name} ${colorScheme}: ${message.text().slice(0, 400)}`);
      });
      page.on('pageerror', (error) => console.log(`${shot.name} ${colorScheme}: ${String(error.stack).slice(0, 600)}`));
      await page
        .goto(base + shot.path, { waitUntil: 'networkidle', timeout: 15_000 })
        .catch((error) => console.log(String(error)));
      await page.waitForTimeout(300);
      await shot.act?.(page).catch((error) => console.log(`${shot.name}: ${String(error).slice(0, 400)}`));
      if (process.env['AXE'] === '1') await complain(page, `${shot.name} ${colorScheme}`);
      await page.screenshot({ path: join(folder, `${shot.name}-${colorScheme}.png`) });
      await context.close();
    }
  }
} finally {
  await browser.close();
  await server.close();
}
console.log(folder);
process.exit(0);
