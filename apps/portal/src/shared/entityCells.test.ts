import { expect, it } from 'vitest';
import { entityOfCell } from './entityCells.ts';

it.each([
  ['UserPrincipalName', 'anna@contoso.com', 'Account'],
  ['AccountUpn', 'anna@contoso.com', 'Account'],
  ['TargetUsername', 'CONTOSO\\anna', 'Account'],
  ['Computer', 'pc01', 'Host'],
  ['DeviceName', 'pc01.contoso.com', 'Host'],
  ['IPAddress', '203.0.113.7', 'IP'],
  ['SrcIpAddr', '2001:db8::1', 'IP'],
  ['DestinationIP', '10.0.0.1', 'IP'],
  ['RemoteIP', 'not an address', undefined],
  ['SHA256', 'a'.repeat(64), 'FileHash'],
  ['SHA256', 'short', undefined],
  ['RemoteUrl', 'https://example.com/a', 'URL'],
  ['_ResourceId', '/subscriptions/a', 'AzureResource'],
  ['TimeGenerated', '2026-01-01', undefined],
  ['IpPort', '443', undefined],
  ['Computer', '-', undefined],
  ['EventID', 4624, undefined],
])('%s with %s names %s', (column, cell, kind) => {
  expect(entityOfCell(column, cell)).toBe(kind);
});
