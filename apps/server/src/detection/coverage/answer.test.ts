import { AssignmentScope } from '@sallyport/contracts';
import { loadFunctions } from '@sallyport/lake';
import { expect, test } from 'vitest';
import { createHunting } from '../../hunting/index.ts';
import { withEphemeralPlatform } from '../../supervisor/ephemeral-platform.ts';
import { systemPrincipal } from '../../platform/principal.ts';
import { parseRule } from '../rules/index.ts';
import { createCoverage } from './index.ts';

const ruleOf = (id: string, technique: string, query: string) => {
  const text = `id: ${id}\nname: ${id}\nkind: Scheduled\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\nrelevantTechniques: [${technique}]\nquery: |\n  ${query}\n`;
  const { rule, problems } = parseRule(text, 'rule.yaml');
  if (!rule) throw new Error(problems?.[0]?.message ?? 'no rule');
  return rule;
};

test('coverage is what the tables and SecurityAlert say', { timeout: 300_000 }, async () => {
  await withEphemeralPlatform({}, async (platform) => {
    const { queries } = createHunting(platform, { functions: await loadFunctions() });
    const now = Date.now();
    const at = (daysAgo: number) => new Date(now - daysAgo * 86_400_000).toISOString();
    await platform.lake.insertRows('SecurityEvent', [{ TimeGenerated: at(1), EventID: 4688 }], { segmentId: 'a' });
    await platform.lake.insertRows('AWSCloudTrail', [{ TimeGenerated: at(40), EventName: 'X' }], { segmentId: 'b' });
    const alert = (id: string, daysAgo: number, severity: string) => ({
      TimeGenerated: at(daysAgo),
      SystemAlertId: id,
      AlertSeverity: severity,
      Techniques: '["T1059"]',
      SubTechniques: '["T1059.001"]',
    });
    // The first is told twice: its severity was changed.
    const alerts = [alert('1', 2, 'Low'), alert('1', 1, 'High'), alert('2', 1, 'Low'), alert('3', 40, 'Low')];
    await platform.lake.insertRows('SecurityAlert', alerts, { segmentId: 'c' });
    const rules = [
      ruleOf('shell', 'T1059.001', 'SecurityEvent | where EventID == 4688'),
      ruleOf('cloud', 'T1078.004', 'AWSCloudTrail | where EventName == "X"'),
    ];
    const answer = createCoverage({
      platform,
      queries,
      rules: () => new Map(rules.map((rule) => [rule.id, rule])),
      anomalies: () =>
        Promise.resolve([
          { id: 'odd', name: 'Odd', techniques: ['T1531'], tables: ['SecurityEvent'], enabled: true },
          { id: 'off', name: 'Off', techniques: ['T1485'], tables: ['SecurityEvent'], enabled: false },
        ]),
      sources: () => Promise.resolve(new Map([['AWSCloudTrail', [{ id: 'aws-cloudtrail', name: 'AWS CloudTrail' }]]])),
    });
    const coverage = await answer(30, systemPrincipal('test'));
    const of = (id: string) => {
      const found = coverage.techniques.find((technique) => technique.id === id);
      return [found?.state, found?.rules, found?.alerts];
    };
    expect(of('T1059.001')).toEqual(['covered', ['shell'], 2]);
    expect(of('T1059')).toEqual(['noRule', [], 2]);
    expect(of('T1078.004')).toEqual(['noData', ['cloud'], 0]);
    expect(of('T1531')).toEqual(['covered', ['odd'], 0]);
    expect(of('T1485')).toEqual(['disabled', ['off'], 0]);
    expect(coverage.rules.find(({ id }) => id === 'odd')).toMatchObject({ of: 'anomalies', severity: 'Informational' });
    expect(coverage.tables.find(({ name }) => name === 'AWSCloudTrail')).toEqual({
      name: 'AWSCloudTrail',
      hasData: false,
      sources: [{ id: 'aws-cloudtrail', name: 'AWS CloudTrail' }],
    });
    // Who sees one table is told of its rows and of no alert.
    const scope = AssignmentScope.parse({ tables: ['SecurityEvent'] });
    const part = await answer(60, { name: 'karl', grants: [{ permissions: new Set(['securityData.read']), scope }] });
    const states = ['T1059.001', 'T1078.004'].map((id) => part.techniques.find((technique) => technique.id === id));
    expect(states.map((one) => [one?.state, one?.alerts])).toEqual([
      ['covered', 0],
      ['noData', 0],
    ]);
    expect((await answer(60, systemPrincipal('test'))).techniques.find(({ id }) => id === 'T1078.004')?.state).toBe(
      'covered',
    );
  });
});
