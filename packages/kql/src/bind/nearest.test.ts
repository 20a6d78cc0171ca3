import { expect, it } from 'vitest';
import { compile } from '../index.ts';
import { nearestName } from './nearest.ts';

const names = ['SecurityEvent', 'SigninLogs', 'Okta_CL', 'DeviceEvents', 'Syslog'];

it.each([
  ['SecurityEvents', 'SecurityEvent'],
  ['SiginLogs', 'SigninLogs'],
  ['signinlogs', 'SigninLogs'],
  ['Okta', 'Okta_CL'],
  ['Sysolg', 'Syslog'],
  ['MyVendorAudit_CL', undefined],
  ['x', undefined],
])('%s is meant as %s', (wanted, meant) => expect(nearestName(wanted, names)).toBe(meant));

it('a table that nobody knows is refused with the nearest one', () => {
  const tables = names.map((name) => ({ name, columns: [{ name: 'x', type: 'int' as const }] }));
  const text = () =>
    compile('SecurityEvents | take 1', { version: 'nearest', tables, functions: [] }, { now: new Date(0) });
  expect(text).toThrow('The nearest name is SecurityEvent.');
});
