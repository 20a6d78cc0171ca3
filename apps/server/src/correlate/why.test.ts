import { expect, it } from 'vitest';
import { resolveEntities } from '../incidents/index.ts';
import { uuidOf } from './noise.ts';
import { falseJoins, missedJoins } from './why.ts';

const alert = (label: string, name: string) => ({
  id: uuidOf(name),
  ruleId: name,
  name,
  description: '',
  severity: 'Low' as const,
  tactics: [],
  techniques: [],
  startTime: new Date('2026-03-02T10:00:00Z'),
  endTime: new Date('2026-03-02T10:00:00Z'),
  entities: resolveEntities([]),
  customDetails: {},
  query: '',
  queryFrom: new Date(0),
  queryTo: new Date(0),
  createIncident: true,
  grouping: undefined,
  row: undefined,
  label,
});

it('what joins two stories is named once, with all the pairs that it costs, and so is what a story lacks', () => {
  const alerts = [alert('one', 'a'), alert('one', 'b'), alert('two', 'c'), alert('two', 'd'), alert('two', 'e')];
  const incidents = [1, 1, 1, 1, 2];
  const at = (index: number): number => incidents[index]!;
  const links = (a: number, b: number) => (a === 1 && b === 2 ? [{ key: 'ip:x', label: 'ip x' }] : []);
  expect(falseJoins(alerts, at, links)).toEqual([
    {
      by: 'ip x (ip:x)',
      joins: 1,
      pairs: 4,
      between: ['one', 'two'],
      example: [expect.stringContaining('b'), expect.stringContaining('c')],
    },
  ]);
  expect(missedJoins(alerts, at)).toEqual([{ story: 'two', alerts: [expect.stringContaining(' e ')] }]);
});
