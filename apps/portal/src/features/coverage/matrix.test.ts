import type { Coverage, TechniqueCoverage } from '@sallyport/contracts';
import { expect, test } from 'vitest';
import { closesGap, columnsOf, heatOf, isShown } from './matrix.ts';

const technique = (id: string, more: Partial<TechniqueCoverage>): TechniqueCoverage => ({
  id,
  name: `name of ${id}`,
  tactics: ['TA1'],
  parent: id.includes('.') ? id.split('.')[0]! : null,
  components: [],
  rules: [],
  tables: [],
  alerts: 0,
  state: 'noRule',
  ...more,
});
const coverage: Coverage = {
  days: 30,
  notice: '',
  modified: '',
  tactics: [{ id: 'TA1', name: 'One' }],
  techniques: [
    technique('T1', { alerts: 3, tables: ['A'] }),
    technique('T1.001', { state: 'covered', rules: ['r'], alerts: 3, tables: ['A', 'B'] }),
    technique('T2', { state: 'noData', rules: ['s'], tables: ['B'] }),
    technique('T3', { state: 'disabled', rules: ['off'] }),
    technique('T4', { tables: ['A', 'B'] }),
  ],
  rules: [
    { id: 'r', name: 'R', of: 'rules', severity: 'Low', enabled: true, tables: ['A'], hasData: true },
    { id: 's', name: 'S', of: 'rules', severity: 'Low', enabled: true, tables: ['B'], hasData: false },
    { id: 'off', name: 'Off', of: 'rules', severity: 'Low', enabled: false, tables: ['A'], hasData: true },
  ],
  tables: [
    { name: 'A', hasData: true, sources: [] },
    { name: 'B', hasData: false, sources: [{ id: 'b', name: 'Bee' }] },
  ],
};
const cells = columnsOf(coverage)[0]!.cells;

test('a technique stands as its best sub-technique does', () => {
  expect(cells.map(({ technique: { id }, state, rules, alerts }) => [id, state, rules, alerts])).toEqual([
    ['T1', 'covered', 1, 3],
    ['T2', 'noData', 1, 0],
    ['T3', 'disabled', 0, 0],
    ['T4', 'noRule', 0, 0],
  ]);
  expect(columnsOf(coverage)[0]?.covered).toBe(1);
});

test('each measure has a text and a strength', () => {
  const [first, second] = cells;
  expect(heatOf(first!, 'coverage')).toEqual({ text: 'Covered', level: 4 });
  expect(heatOf(first!, 'data')).toEqual({ text: '1/2', level: 2 });
  expect(heatOf(first!, 'alerts')).toEqual({ text: '3', level: 1 });
  expect(heatOf(second!, 'rules')).toEqual({ text: '1', level: 1 });
});

test('search looks into sub-techniques; gaps leave out what is covered', () => {
  expect(cells.filter((cell) => isShown(cell, 'T1.001', false)).length).toBe(1);
  expect(cells.filter((cell) => isShown(cell, undefined, true)).map((cell) => cell.technique.id)).toEqual([
    'T2',
    'T3',
    'T4',
  ]);
});

test('what closes a gap: a source, a switch, a rule', () => {
  const closing = (id: string) =>
    closesGap(
      coverage.techniques.find((one) => one.id === id)!,
      coverage,
    );
  expect(closing('T1.001')).toEqual([]);
  expect(closing('T2')).toEqual([{ what: 'Connect a source of B: Bee', table: 'B' }]);
  expect(closing('T3')).toEqual([{ what: 'Switch on “Off”', rule: coverage.rules[2] }]);
  expect(closing('T4')).toEqual([{ what: 'Write or import a rule over A: the data is there' }]);
});
