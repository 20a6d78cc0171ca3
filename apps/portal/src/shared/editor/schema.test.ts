import { expect, test } from 'vitest';
import { engineSchema, inputParameters, splitTop } from './schema.ts';

test('parameters with defaults, tables and quotes', () => {
  expect(inputParameters("(x:long, T:(a:string, b:datetime), y:string='a,b')")).toEqual([
    { name: 'x', type: 'long', cslType: 'long' },
    {
      name: 'T',
      columns: [
        { name: 'a', type: 'string', cslType: 'string' },
        { name: 'b', type: 'datetime', cslType: 'datetime' },
      ],
    },
    { name: 'y', type: 'string', cslType: 'string', cslDefaultValue: "'a,b'" },
  ]);
  expect(inputParameters('(starttime:datetime=datetime(null))')).toEqual([
    { name: 'starttime', type: 'datetime', cslType: 'datetime', cslDefaultValue: 'datetime(null)' },
  ]);
  expect(inputParameters('()')).toEqual([]);
});

test('commas inside brackets and quotes do not split', () => {
  expect(splitTop('a, dynamic([1,2]), "x,y"')).toEqual(['a', 'dynamic([1,2])', '"x,y"']);
});

test('a body is braced once', () => {
  const schema = engineSchema({
    version: '1',
    tables: [],
    functions: [
      { name: 'F', parameters: '()', body: 'T | take 1' },
      { name: 'G', parameters: '()', body: '{ T }' },
    ],
  });
  expect(schema.database.functions.map(({ body }) => body)).toEqual(['{ T | take 1 }', '{ T }']);
});
