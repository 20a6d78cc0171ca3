import { describe, expect, it } from 'vitest';
import { dependsOn } from './depends.ts';
import type { KqlCatalogue, TableSchema } from './types.ts';

const table: TableSchema = {
  name: 'T',
  columns: [
    { name: 'A', type: 'string' },
    { name: 'TenantId', type: 'string' },
  ],
};
const lookups = (database: string) => ({
  ipLocation: { networks: 'common.networks', places: 'common.places' },
  entities: {
    identityKeys: `${database}.k`,
    identities: `${database}.i`,
    deviceKeys: `${database}.d`,
    devices: `${database}.e`,
  },
});
const catalogue = (name: string, more: Partial<TableSchema> = {}): KqlCatalogue => ({
  version: '1',
  names: [name],
  tables: [{ ...table, ...more }],
  functions: [
    { name: 'whose', parameters: '()', body: 'T | where isnotempty(TenantId)' },
    { name: 'who', parameters: '(a:string)', body: 'identity_info(a)' },
  ],
});
const same = (text: string): boolean =>
  dependsOn(text, catalogue('main'), lookups('main')).fingerprint ===
  dependsOn(text, catalogue('branch', { empty: true }), lookups('branch')).fingerprint;

describe('what a query depends on', () => {
  it.each(["T | where A == 'x'", 'T | summarize count() by A'])('is the same in each workspace: %s', (text) => {
    expect(same(text)).toBe(true);
  });
  it.each([
    'T | where TenantId == "x"',
    'whose()',
    'T | where isnotnull(who(A))',
    'T | extend i = identity_info(A)',
    'workspace("main").T',
    'T | project *',
    'T | extend row = pack_all()',
    'search "x"',
    'union T*',
  ])('is another where the query asks where it is: %s', (text) => {
    expect(same(text)).toBe(false);
  });
  it('is another for other columns', () => {
    const one = dependsOn('T | count', catalogue('main')).fingerprint;
    const columns = [...table.columns, { name: 'B', type: 'long' as const }];
    expect(dependsOn('T | count', catalogue('main', { columns })).fingerprint).not.toBe(one);
  });
});
