import type { Cell, Column } from '@sallyport/contracts';
import { describe, expect, it } from 'vitest';
import { parseRule, type AnalyticsRule } from '../rules/index.ts';
import { alertsOf, windowOf } from './alerts.ts';
import { ResultTable } from './table.ts';

const rule = (more = ''): AnalyticsRule =>
  parseRule(
    `id: r1
name: A rule
description: About it
kind: Scheduled
severity: Medium
query: SecurityEvent
queryFrequency: 1h
queryPeriod: 1h
tactics: [Execution]
relevantTechniques: [T1059.001, T1059]
entityMappings:
  - entityType: Host
    fieldMappings: [{ identifier: FullName, columnName: Computer }]
  - entityType: IP
    fieldMappings: [{ identifier: Address, columnName: Ips }]
${more}`,
    'r.yaml',
  ).rule!;
const columns: Column[] = [
  { name: 'TimeGenerated', type: 'datetime' },
  { name: 'Computer', type: 'string' },
  { name: 'Ips', type: 'dynamic' },
  { name: 'Level', type: 'string' },
];
const window = windowOf(rule(), new Date('2026-01-01T01:00:00Z'));
const now = new Date('2026-01-01T01:05:00Z');
const row = (minute: number, host: string, ips: readonly string[] = [], level = 'High'): Cell[] => [
  `2026-01-01T00:${String(minute).padStart(2, '0')}:00.0000000Z`,
  host,
  ips.length > 0 ? JSON.stringify(ips) : null,
  level,
];
const run = (r: AnalyticsRule, rows: readonly (readonly Cell[])[], of: readonly Column[] = columns) =>
  alertsOf(r, window, new ResultTable(of, rows), now);

describe('the alerts of a run', () => {
  it('are one for all rows, with times and entities from them', () => {
    const [alert, ...others] = run(rule(), [
      row(9, 'b.contoso.com', ['203.0.113.1', '203.0.113.2']),
      row(7, 'a.contoso.com'),
    ]);
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      name: 'A rule',
      startTime: new Date('2026-01-01T00:07:00Z'),
      endTime: new Date('2026-01-01T00:09:00Z'),
    });
    expect(alert?.entities.map((e) => e.name)).toEqual([
      'b.contoso.com',
      '203.0.113.1',
      '203.0.113.2',
      'a.contoso.com',
    ]);
    expect(alert?.row).toMatchObject({
      SystemAlertId: alert?.id,
      ProviderName: 'ASI Scheduled Alerts',
      Tactics: 'Execution',
      Techniques: '["T1059"]',
      SubTechniques: '["T1059.001"]',
      CompromisedEntity: 'b.contoso.com',
    });
    expect(JSON.parse(String(alert?.row?.['ExtendedProperties']))).toMatchObject({
      Query: 'SecurityEvent',
      'Query Period': '01:00:00',
      'Search Query Results Overall Count': '2',
    });
  });

  it('have the same ids for the same rows, in any order, and others for other rows or windows', () => {
    const rows = [row(1, 'a', ['x', 'y']), row(2, 'b')];
    const id = run(rule(), rows)[0]?.id;
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(run(rule(), [row(2, 'b'), row(1, 'a', ['y', 'x'])])[0]?.id).toBe(id);
    expect(run(rule(), rows.slice(1))[0]?.id).not.toBe(id);
    const later = alertsOf(
      rule(),
      windowOf(rule(), new Date('2026-01-01T02:00:00Z')),
      new ResultTable(columns, rows),
      now,
    );
    expect(later[0]?.id).not.toBe(id);
  });

  const perResult = rule('eventGroupingSettings: { aggregationKind: AlertPerResult }');
  it('are one for each row where the rule says so, equal rows too', () => {
    const alerts = run(perResult, [row(1, 'a.b'), row(1, 'a.b'), row(2, 'c.d')]);
    expect(new Set(alerts.map((a) => a.id)).size).toBe(3);
    expect(alerts.map((a) => a.entities.map((e) => e.name))).toEqual([['a.b'], ['a.b'], ['c.d']]);
  });
  it('are at most 150, of which the last tells of all', () => {
    const alerts = run(
      perResult,
      Array.from({ length: 151 }, (_, i) => row(i % 60, `h${i}.x`)),
    );
    expect(alerts).toHaveLength(150);
    expect(alerts.at(-1)?.entities).toHaveLength(151);
    expect(alerts.at(-2)?.entities).toHaveLength(1);
    expect(
      run(
        perResult,
        Array.from({ length: 150 }, (_, i) => row(i % 60, `h${i}.x`)),
      ).at(-1)?.entities,
    ).toHaveLength(1);
  });

  it.each([
    ['gt', 1, [false, false, true]],
    ['lt', 1, [true, false, false]],
    ['eq', 1, [false, true, false]],
    ['ne', 1, [true, false, true]],
  ] as const)('%s %d', (operator, threshold, fires) => {
    const r = rule(`triggerOperator: ${operator}\ntriggerThreshold: ${threshold}`);
    expect(
      [0, 1, 2].map(
        (n) =>
          run(
            r,
            Array.from({ length: n }, (_, i) => row(i, 'a')),
          ).length > 0,
      ),
    ).toEqual(fires);
  });

  it('tell of the window where the rows have no time', () => {
    const [alert] = run(rule(), [['7']], [{ name: 'n', type: 'long' }]);
    expect(alert).toMatchObject({ startTime: window.from, endTime: window.to });
  });
});

describe('what a rule says of its alerts', () => {
  const spoken = rule(`customDetails: { Hosts: Computer, Missing: Nothing }
alertDetailsOverride:
  alertDisplayNameFormat: "Seen on {{Computer}} ({{ Level }}, {{Nothing}})"
  alertSeverityColumnName: Level
  alertTacticsColumnName: Ips
  alertDynamicProperties: [{ alertProperty: ConfidenceScore, value: Level }, { alertProperty: SystemAlertId, value: Level }]`);
  it('comes from the first row', () => {
    const [alert] = run(spoken, [row(1, 'a', ['Credential Access', 'Impact'], 'low'), row(2, 'b')]);
    expect(alert).toMatchObject({
      name: 'Seen on a (low, )',
      severity: 'Low',
      tactics: ['CredentialAccess', 'Impact'],
      customDetails: { Hosts: ['a', 'b'] },
    });
    // No property may overwrite what identifies the alert, and a score is a number.
    expect(alert?.row).toMatchObject({ ConfidenceScore: null, SystemAlertId: alert?.id });
    const [scored] = run(spoken, [row(1, 'a', [], '0.8')]);
    expect(scored?.row).toMatchObject({ ConfidenceScore: '0.8' });
  });

  it('is bounded', () => {
    const long = 'ä'.repeat(3_000);
    const [alert] = run(
      spoken,
      Array.from({ length: 60 }, (_, i) => row(i, `${i}${long.slice(0, 20)}`)).concat([row(1, long)]),
    );
    expect(alert?.customDetails['Hosts']?.length).toBeLessThanOrEqual(50);
    expect(Buffer.byteLength(JSON.stringify(alert?.customDetails))).toBeLessThan(2_500);
    const [named] = run(spoken, [row(1, long)]);
    expect(Buffer.byteLength(named?.name ?? '')).toBeLessThanOrEqual(256);
    expect(named?.name.endsWith('ä…')).toBe(true);
  });

  it('never names more than 500 entities, shared among the mappings', () => {
    const [alert] = run(
      rule(),
      Array.from({ length: 900 }, (_, i) => row(i % 60, `h${i}.x`, [`203.0.${i % 250}.${i % 7}`])),
    );
    expect(alert?.entities.filter((e) => e.kind === 'Host')).toHaveLength(250);
    expect(alert!.entities.length).toBeLessThanOrEqual(500);
  });
});
