import { expect, test } from 'vitest';
import { entitiesOfRow, entityOfColumn, proposedMappings } from './entity-columns.ts';
import type { Column } from './routes/hunting.ts';

const columns: Column[] = [
  { name: 'TimeGenerated', type: 'datetime' },
  { name: 'UserPrincipalName', type: 'string' },
  { name: 'DeviceName', type: 'string' },
  { name: 'SourceIP', type: 'string' },
  { name: 'SHA256', type: 'string' },
  { name: 'TargetUserName', type: 'string' },
  { name: 'EventCount', type: 'long' },
];

test('a column tells by its name what it holds', () => {
  const kindOf = (name: string) => entityOfColumn({ name, type: 'string' })?.kind;
  expect(['IPAddress', 'RemoteIP', 'SrcIpAddr', 'CallerIpAddress'].map(kindOf)).toEqual(['IP', 'IP', 'IP', 'IP']);
  expect(['Computer', 'DvcHostname', 'RemoteUrl', 'ProcessCommandLine', 'AccountSid'].map(kindOf)).toEqual([
    'Host',
    'Host',
    'URL',
    'Process',
    'Account',
  ]);
  expect(['Type', 'Description', 'IPAddressType', 'RelationshipType', 'UserAgent'].map(kindOf)).toEqual(
    Array.from({ length: 5 }),
  );
});

test('a row’s entities are named once, a hash with its algorithm', () => {
  const hash = 'a'.repeat(64);
  const row = ['2026-01-01T00:00:00Z', 'bob@contoso.com', '-', '198.51.100.7', hash, 'bob@contoso.com', 3];
  expect(entitiesOfRow(columns, row)).toEqual([
    { kind: 'Account', identifiers: { FullName: 'bob@contoso.com' } },
    { kind: 'IP', identifiers: { Address: '198.51.100.7' } },
    { kind: 'FileHash', identifiers: { Value: hash, Algorithm: 'SHA256' } },
  ]);
});

test('a rule’s mappings take each kind once', () => {
  expect(
    proposedMappings(columns).map(({ entityType, fieldMappings }) => [entityType, fieldMappings[0]?.columnName]),
  ).toEqual([
    ['Account', 'UserPrincipalName'],
    ['Host', 'DeviceName'],
    ['IP', 'SourceIP'],
  ]);
});
