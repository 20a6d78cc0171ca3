import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '@sallyport/contracts';
import { formatDuration, loadRules, parseRule } from './index.ts';

const minimal = `id: r1
name: A rule
kind: Scheduled
severity: high
query: SecurityEvent
queryFrequency: 5m
queryPeriod: PT1H
`;

describe('durations', () => {
  it.each([
    ['5m', 300],
    ['1h', 3_600],
    ['14d', 1_209_600],
    ['PT5M', 300],
    ['P1D', 86_400],
    ['P1DT2H', 93_600],
    ['p1w', 604_800],
    ['00:05:00', 300],
    ['1.00:00:00', 86_400],
    ['5', undefined],
    ['P', undefined],
    ['PT', undefined],
    ['', undefined],
  ])('%s is %s s', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

  it('are written so that they are read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 7 }), (n) => {
        expect(parseDuration(formatDuration(n))).toBe(n);
      }),
    );
  });
});

describe('a rule', () => {
  it('is read with its defaults', () => {
    expect(parseRule(minimal, 'r.yaml')).toMatchObject({
      problems: [],
      rule: {
        severity: 'High',
        queryFrequency: 300,
        queryPeriod: 3_600,
        triggerOperator: 'GreaterThan',
        triggerThreshold: 0,
        eventGrouping: 'SingleAlert',
        enabled: true,
        createIncident: true,
        grouping: undefined,
        suppression: 0,
      },
    });
  });

  it('may spell fields and values as public rules do', () => {
    const text = `Id: r2
DisplayName: Another
Kind: Scheduled
Severity: Medium
Query: T
QueryFrequency: PT5M
QueryPeriod: PT6M
TriggerOperator: gt
TriggerThreshold: 3
Tactics: [Initial access, CommandandControl, Odd]
EventGroupSettings: { aggregationKind: AlertPerResult }
entityMappings:
  - entityType: Ip
    fieldMappings: [{ identifier: address, columnName: SrcIp }]
SuppressionEnabled: true
SuppressionDuration: 5h
someFieldOfTheFuture: { x: 1 }
customDetails: { Query: Column }
IncidentConfiguration:
  createIncident: true
  groupingConfiguration: { enabled: true, lookbackDuration: 3d, matchingMethod: selected, groupByEntities: [Host], groupByAlertDetails: , reopenClosedIncident: true }
`;
    expect(parseRule(text, 'r.yaml').rule).toMatchObject({
      id: 'r2',
      name: 'Another',
      triggerThreshold: 3,
      tactics: ['InitialAccess', 'CommandAndControl', 'Odd'],
      eventGrouping: 'AlertPerResult',
      entityMappings: [{ kind: 'IP', columns: [{ identifier: 'Address', column: 'SrcIp' }] }],
      suppression: 18_000,
      customDetails: { Query: 'Column' },
      grouping: {
        lookbackSeconds: 259_200,
        matchingMethod: 'Selected',
        entities: ['Host'],
        reopenClosedIncident: true,
      },
    });
  });

  it.each([
    [
      minimal.replace('severity: high', 'severity: Hight'),
      4,
      'severity: expected one of High, Medium, Low, Informational',
    ],
    [minimal.replace('5m', '5 minutes'), 6, 'queryFrequency: expected a duration'],
    [minimal.replace('PT1H', '1s'), 7, 'queryPeriod: expected a duration from PT1M to P90D'],
    [minimal.replace('queryFrequency: 5m\n', ''), 1, 'queryFrequency: required for a Scheduled rule'],
    [`${minimal}triggerThreshold: -1\n`, 8, 'triggerThreshold: '],
    [`${minimal}tactics: [\n`, 9, ''],
    [
      `${minimal}a: &a [x]\nb: [*a, *a]\nentityMappings:\n  - entityType: IP\n    fieldMappings:\n      - identifier: 7\n`,
      13,
      'entityMappings',
    ],
  ])('that is wrong says line and reason: %#', (text, line, message) => {
    const { rule, problems } = parseRule(text, 'r.yaml');
    expect(rule).toBeUndefined();
    expect(problems?.[0]).toMatchObject({ path: 'r.yaml', level: 'error', line });
    expect(problems?.[0]?.message).toContain(message);
  });

  it('warns of what it leaves out', () => {
    const { rule, problems } = parseRule(
      `${minimal}entityMappings:\n  - entityType: NetworkConnection\n    fieldMappings: [{ identifier: A, columnName: B }]\n  - entityType: IP\n    fieldMappings: [{ identifier: Adres, columnName: B }]\n`,
      'r.yaml',
    );
    expect(rule?.entityMappings).toEqual([]);
    expect(problems).toMatchObject([
      { level: 'warning', line: 9 },
      { level: 'warning', line: 11, message: 'IP has no identifier `Adres`; it is ignored' },
    ]);
  });

  it('is not what has no schedule', () => {
    expect(parseRule('id: x\nname: y\nquery: T\n', 'h.yaml').skipped).toContain('hunting query');
    expect(parseRule('- 1', 'h.yaml').skipped).toBe('not a YAML mapping');
  });

  it('never throws, whatever the text', () => {
    const line = fc.constantFrom(
      ...minimal.split('\n'),
      'entityMappings:',
      '  - ',
      'x: *y',
      '&a',
      '? ',
      '- - -',
      '!!binary x',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string()), { maxLength: 12 }), (lines) => {
        expect(parseRule(lines.join('\n'), 'x')).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });
});

describe('loading', () => {
  it('goes on past a bad rule, and names the second of one id', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rules-'));
    await mkdir(join(folder, 'a'));
    await writeFile(join(folder, 'a', 'rule.yaml'), minimal);
    await writeFile(join(folder, 'a', 'tests.yaml'), '- name: x');
    await writeFile(join(folder, 'b.yml'), minimal);
    await writeFile(join(folder, 'c.yaml'), ': : :');
    const { rules, problems, skipped } = await loadRules([folder]);
    await rm(folder, { recursive: true });
    expect(rules.map((rule) => rule.path)).toEqual([join(folder, 'a', 'rule.yaml')]);
    expect(problems.map((p) => p.code)).toEqual(['DuplicateId', 'InvalidYaml', 'InvalidYaml']);
    expect(skipped).toEqual([]);
  });

  const content = fileURLToPath(new URL('../../../../../../shared/suites/sentinel/content', import.meta.url));
  it.skipIf(!existsSync(content))(
    'reads the rules that people share (skipped without ../shared/suites/sentinel/content)',
    async () => {
      const { rules, problems, skipped } = await loadRules([content]);
      expect(rules.length).toBe(759);
      // Hunting queries marked as Scheduled, without severity or frequency.
      expect(new Set(problems.filter((p) => p.level === 'error').map((p) => p.path)).size).toBe(8);
      expect(skipped.length).toBe(786);
    },
  );
});
