import { expect, test } from 'vitest';
import { loadFunctions } from '@sallyport/lake';
import { createHunting } from '../../hunting/index.ts';
import { createIncidents } from '../../incidents/index.ts';
import { withEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { parseRule, type AnalyticsRule } from '../rules/index.ts';
import { tryRules } from './index.ts';

const rule = (id: string, kind: string, query: string): AnalyticsRule => {
  const text = `id: ${id}\nname: ${id}\nkind: ${kind}\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1d\ntriggerOperator: gt\ntriggerThreshold: 0\nquery: |\n  ${query}\n`;
  const { rule: parsed, problems } = parseRule(text, `${id}.yaml`);
  if (!parsed) throw new Error(JSON.stringify(problems));
  return parsed;
};

test('rules run over rows that are made for them', { timeout: 300_000 }, async () => {
  await withEphemeralPlatform({}, async (platform) => {
    const { queries } = createHunting(platform, { functions: await loadFunctions() });
    const incidents = createIncidents(platform, { queries });
    const trial = await tryRules({ platform, queries, incidents }, [
      rule('equal', 'Scheduled', "SecurityEvent | where EventID == 4720 and TargetUserName =~ 'svc'"),
      rule(
        'counts',
        'Scheduled',
        "SigninLogs | where ResultType == '50126' | summarize n = count() by UserPrincipalName | where n > 3",
      ),
      rule(
        'arrives',
        'NRT',
        "AuditLogs | where tostring(TargetResources[0].type) == 'User' and OperationName has 'Delete'",
      ),
      rule('never', 'Scheduled', 'SecurityEvent | where 1 == 2'),
      rule('unknown', 'Scheduled', 'NoSuchTable | where x == 1'),
      // The row is no expression.
      rule('breaks', 'Scheduled', "Syslog | where ProcessName == '(' and SyslogMessage matches regex ProcessName"),
    ]);
    expect(trial).toMatchObject({ rules: 6, withRows: 3, withAlerts: 3 });
    expect(trial.failed.map(({ path, code }) => [path, code])).toEqual([
      ['unknown.yaml', 'permanent'],
      ['breaks.yaml', 'permanent'],
    ]);
  });
});
