import { compile } from '@sallyport/kql';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lake } from '../lake.ts';

let bench: TestLake;

beforeAll(async () => {
  bench = await startTestLake();
});
afterAll(() => bench.stop());

const at = (minutes: number): string => new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();

async function ask(lake: Lake, query: string): Promise<unknown> {
  const { workspace, lookups } = lake;
  const compiled = compile(query, lake.kqlCatalogue(), { now: new Date(), database: workspace, lookups });
  return (await lake.query(compiled.sql)).rows;
}
const names = (list: readonly string[]): string => list.map((name) => `@'${name}'`).join(', ');
const identities = (lake: Lake, ...accounts: string[]): Promise<unknown> =>
  ask(lake, `datatable(a:string) [${names(accounts)}] | project tostring(identity_info(a).AccountDisplayName)`);
const devices = (lake: Lake, ...list: string[]): Promise<unknown> =>
  ask(lake, `datatable(d:string) [${names(list)}] | project tostring(device_info(d).DeviceId)`);

describe('identities and devices', () => {
  it('are unknown before there are rows about them, and no table is made for that', async () => {
    const { lake } = bench;
    expect(await identities(lake, 'anna@contoso.com', '')).toEqual([[''], ['']]);
    expect(await devices(lake, '10.0.0.1')).toEqual([['']]);
    expect(await lake.refreshEntities()).toMatchObject({ identities: 0, devices: 0 });
    const tables = await lake.query(`SELECT name FROM system.tables WHERE name IN ('IdentityInfo', 'DeviceInfo')`);
    expect(tables.rows).toEqual([]);
  });

  it('are those of the newest row, by every name that is theirs alone', async () => {
    const { lake } = bench;
    const anna = { AccountObjectId: 'aaaa-1', AccountUPN: 'Anna@contoso.com', AccountSID: 'S-1-5-21-1-2-3-1001' };
    await lake.insertRows('IdentityInfo', [
      { ...anna, TimeGenerated: at(0), AccountDisplayName: 'Anna Old', AccountName: 'anna' },
      {
        ...anna,
        TimeGenerated: at(9),
        AccountDisplayName: 'Anna "A" New',
        AccountName: 'anna',
        AccountDomain: 'contoso.com',
        IsAccountEnabled: true,
        AssignedRoles: ['Reader'],
      },
      {
        TimeGenerated: at(3),
        AccountSID: 'S-1-5-21-9',
        AccountName: 'root',
        AccountDomain: 'A',
        AccountDisplayName: 'Root of A',
      },
      {
        TimeGenerated: at(4),
        AccountSID: 'S-1-5-21-8',
        AccountName: 'root',
        AccountDomain: 'B',
        AccountDisplayName: 'Root of B',
      },
      { TimeGenerated: at(5), AccountDisplayName: 'Nobody' },
    ]);
    expect(await lake.refreshEntities()).toMatchObject({ changed: true, identities: 3 });
    expect(await lake.refreshEntities()).toMatchObject({ changed: false, identities: 3 });
    const ofAnna = ['ANNA@contoso.com', ' aaaa-1', 's-1-5-21-1-2-3-1001', 'contoso\\anna', 'contoso.com\\anna', 'anna'];
    expect(await identities(lake, ...ofAnna)).toEqual(ofAnna.map(() => ['Anna "A" New']));
    expect(await identities(lake, 'root', 'A\\root', 'b\\root', 'Nobody')).toEqual([
      [''],
      ['Root of A'],
      ['Root of B'],
      [''],
    ]);
    expect(
      await ask(
        lake,
        `print i = identity_info('anna') | project tobool(i.IsAccountEnabled), tostring(i.AssignedRoles[0]), i.Department`,
      ),
    ).toEqual([[true, 'Reader', '']]);
  });

  it('are those of devices by name and by the address that one had last', async () => {
    const { lake } = bench;
    const network = (DeviceId: string, minutes: number, MacAddress: string, ...addresses: string[]) => ({
      TimeGenerated: at(minutes),
      DeviceId,
      MacAddress,
      IPAddresses: addresses.map((IPAddress) => ({ IPAddress })),
    });
    await lake.insertRows('DeviceInfo', [
      { TimeGenerated: at(0), DeviceId: 'd1', DeviceName: 'WS1.contoso.com', OSPlatform: 'Windows11' },
      { TimeGenerated: at(0), DeviceId: 'd2', DeviceName: 'ws2.contoso.com' },
      { TimeGenerated: at(0), DeviceId: 'd3', DeviceName: 'ws2.other.org' },
    ]);
    await lake.insertRows('DeviceNetworkInfo', [
      network('d1', 0, 'm1', '10.0.0.9'),
      network('d1', 60, 'm1', '10.0.0.1', '172.17.0.1', 'fe80::1', '2001:DB8::1'),
      network('d1', 30, 'm9', '10.0.9.1'),
      network('d2', 61, 'm2', '10.0.0.2', '172.17.0.1'),
      // Went off with the address that another got two days later.
      network('d3', 0, 'm3', '10.0.0.3'),
      network('d2', 2880, 'm4', '10.0.0.3'),
    ]);
    expect(await lake.refreshEntities()).toMatchObject({ changed: true, identities: 3, devices: 3 });
    expect(await devices(lake, 'D1', 'ws1.CONTOSO.com', 'ws1', 'ws2', 'ws2.other.org')).toEqual([
      ['d1'],
      ['d1'],
      ['d1'],
      [''],
      ['d3'],
    ]);
    expect(await devices(lake, '10.0.0.1', '10.0.9.1', '2001:db8::1', '10.0.0.2', '10.0.0.3')).toEqual([
      ['d1'],
      ['d1'],
      ['d1'],
      ['d2'],
      ['d2'],
    ]);
    expect(await devices(lake, '10.0.0.9', '172.17.0.1', 'fe80::1', '127.0.0.1')).toEqual([[''], [''], [''], ['']]);
  });

  it('are there for a lake of another kind, and for one that connects again', async () => {
    const again = await bench.connect({ transport: 'body' });
    expect(await identities(again, 'anna')).toEqual([['Anna "A" New']]);
    expect(await again.refreshEntities()).toMatchObject({ changed: true, identities: 3, devices: 3 });
    await bench.lake.insertRows('IdentityInfo', [
      { TimeGenerated: at(1), AccountObjectId: 'b', AccountUPN: 'bo@contoso.com', AccountDisplayName: 'Bo' },
    ]);
    expect(await again.refreshEntities()).toMatchObject({ changed: true, identities: 4 });
    expect(await identities(bench.lake, 'bo@contoso.com')).toEqual([['Bo']]);
  });
});
