import { expect, test } from 'vitest';
import { figuresOf } from './figures.ts';

test('figures are read by the names of columns', () => {
  const [line] = figuresOf(
    {
      query: '',
      columns: [
        { name: 'Severity', type: 'string' },
        { name: 'Incidents', type: 'long' },
        { name: 'CloseP50', type: 'real' },
        { name: 'CloseP90', type: 'real' },
      ],
      rows: [['High', 4, 12.5, null]],
    },
    'Severity',
  );
  expect(line).toMatchObject({ key: 'High', incidents: 4, close: { p50: 12.5, p90: null }, falsePositiveShare: null });
});
