import { expect, test } from 'vitest';
import { fromFile, toFile, toMarkdown } from './file.ts';

const id = '00000000-0000-4000-8000-000000000001';
const notebook = {
  name: 'Logons',
  description: '',
  range: '24h',
  cells: [
    { id, kind: 'markdown' as const, text: '## Who' },
    { id: id.replace(/1$/, '2'), kind: 'query' as const, text: 'print x = "```"', range: '' },
  ],
};

test('a file comes back as it was', () => {
  const back = fromFile('x.json', toFile(notebook));
  expect(back).toMatchObject({ name: 'Logons', cells: [{ text: '## Who' }, { text: 'print x = "```"' }] });
});

test('a notebook of Jupyter is taken', () => {
  const jupyter = JSON.stringify({
    nbformat: 4,
    cells: [
      { cell_type: 'markdown', source: ['# a\n', 'b'] },
      { cell_type: 'code', source: '%%kql\nSyslog' },
    ],
  });
  expect(fromFile('hunt.ipynb', jupyter)).toMatchObject({
    name: 'hunt',
    cells: [
      { kind: 'markdown', text: '# a\nb' },
      { kind: 'query', text: 'Syslog' },
    ],
  });
  expect(() => fromFile('x', '{}')).toThrow('neither');
});

test('what logs hold breaks no table and no fence', () => {
  const answers = new Map([
    [notebook.cells[1]!.id, { columns: [{ name: 'x', type: 'string' as const }], rows: [['a|b\n<img>']], total: 1 }],
  ]);
  const text = toMarkdown(notebook, answers);
  expect(text).toContain('````kusto\nprint x = "```"\n````');
  expect(text).toContain('a\\|b');
  expect(text).toContain('\\<img>');
});
