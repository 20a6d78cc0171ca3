import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { correlateStories } from './stories.ts';

const rule = (path: string): string => fileURLToPath(new URL(`../../../../content/rules/${path}`, import.meta.url));

it('alerts of one story are in one incident, others are not, in whatever order they come', async () => {
  const report = await correlateStories({
    people: 60,
    days: 0,
    tales: 3,
    noise: 60,
    orders: 1,
    rules: [
      'credential-access/adversary-in-the-middle-sign-in',
      'credential-access/stolen-token-used',
      'credential-access/process-dump-command',
      'defense-evasion/aws-logging-disabled',
      'defense-evasion/event-log-cleared',
      'defense-evasion/inbox-rule-hides-mail',
      'discovery/aws-permission-refused-often',
      'collection/mass-file-download',
      'execution/suspicious-powershell',
      'impact/recovery-disabled',
      'impact/aws-objects-deleted',
      'initial-access/phishing-link-clicked',
      'persistence/aws-identity-created-by-hand',
    ].map(rule),
  });
  expect(report.stories.map(({ alerts, rules }) => alerts >= 4 && rules >= 3)).toEqual([true, true, true]);
  expect(report.figures.precision).toBeGreaterThan(0.8);
  expect(report.figures.recall).toBeGreaterThan(0.9);
  expect(report.orders.map(({ same }) => same)).toEqual([true]);
  expect(report.figures.recall).toBeGreaterThan(report.baselines.eachRuleAlone.recall);
}, 600_000);
