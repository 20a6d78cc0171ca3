import { expect, it } from 'vitest';
import { huntedTables } from './details.ts';

it('a hunt over everything looks in the tables that told of an entity, however many hold rows', () => {
  const many = Array.from({ length: 60 }, (_, i) => `Custom${i}_CL`);
  const tables = huntedTables(new Set([...many, 'SigninLogs', 'LAQueryLogs', 'EntityInventory_CL']), [
    'SigninLogs',
    'Gone_CL',
  ]);
  expect(tables[0]).toBe('SigninLogs');
  expect(tables).toHaveLength(40);
  expect(tables).not.toContain('Gone_CL');
  expect(huntedTables(new Set(['LAQueryLogs', 'EntityInventory_CL', 'B', 'A']), [])).toEqual(['A', 'B']);
});
