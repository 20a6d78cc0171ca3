import { readFileSync } from 'node:fs';
import { Catalogue } from '@sallyport/lake';
import { expect, test } from 'vitest';
import { loadAttack, type AttackMatrix } from './attack.ts';
import { coverageOf } from './coverage.ts';

const attack: AttackMatrix = {
  notice: '',
  modified: '',
  tactics: [{ id: 'TA0001', name: 'Initial Access' }],
  techniques: ['T1', 'T1.001', 'T2', 'T3', 'T4'].map((id) => ({
    id,
    name: id,
    tactics: ['TA0001'],
    parent: id.includes('.') ? 'T1' : undefined,
    components: [],
    tables: ['Syslog'],
  })),
};
const rule = (id: string, techniques: string[], table: string, enabled = true) => ({
  rule: { id, name: id, severity: 'Low' as const, techniques },
  of: 'rules' as const,
  enabled,
  tables: [table],
});

test('a technique is covered only by an enabled rule with data', () => {
  const coverage = coverageOf({
    days: 30,
    attack,
    rules: [
      rule('a', ['T1.001', 'T2'], 'SecurityEvent'),
      rule('b', ['T2'], 'Syslog'),
      rule('c', ['T3'], 'Syslog', false),
      rule('unknown', ['T99'], 'AuditLogs'),
    ],
    withData: new Set(['Syslog']),
    alerts: new Map([['T2', 4]]),
    sources: new Map([['SecurityEvent', [{ id: 'windows', name: 'Windows' }]]]),
  });
  expect(coverage.techniques.map(({ id, state, rules, alerts }) => [id, state, rules, alerts])).toEqual([
    ['T1', 'noRule', [], 0],
    ['T1.001', 'noData', ['a'], 0],
    ['T2', 'covered', ['a', 'b'], 4],
    ['T3', 'disabled', ['c'], 0],
    ['T4', 'noRule', [], 0],
  ]);
  expect(coverage.rules.map(({ id, hasData }) => [id, hasData])).toEqual([
    ['a', false],
    ['b', true],
    ['c', true],
  ]);
  expect(coverage.tables).toEqual([
    { name: 'SecurityEvent', hasData: false, sources: [{ id: 'windows', name: 'Windows' }] },
    { name: 'Syslog', hasData: true, sources: [] },
  ]);
});

test('the matrix that ships: tactics in order, parents that are there, tables that are ours', async () => {
  const { tactics, techniques } = await loadAttack();
  expect(tactics.map(({ name }) => name).slice(0, 3)).toEqual([
    'Reconnaissance',
    'Resource Development',
    'Initial Access',
  ]);
  const ids = new Set(techniques.map(({ id }) => id));
  expect(techniques.filter(({ parent }) => parent !== undefined && !ids.has(parent))).toEqual([]);
  expect(techniques.filter((one) => one.tactics.length === 0)).toEqual([]);
  const catalogue = await Catalogue.load();
  const tables = new Set(techniques.flatMap((one) => one.tables));
  expect([...tables].filter((table) => catalogue.get(table) === undefined)).toEqual([]);
  expect(readFileSync(new URL('../../../../../content/attack/NOTICE', import.meta.url), 'utf8')).toContain('MITRE');
});
