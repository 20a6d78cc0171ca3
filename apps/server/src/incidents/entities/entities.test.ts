import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entitiesColumn, entitiesThatFit, resolveEntities, type Kind, type MappedEntity } from './index.ts';

const one = (kind: Kind, identifiers: Record<string, string>) => resolveEntities([{ kind, identifiers }])[0];

describe('who an entity is', () => {
  it.each([
    ['Account', { FullName: String.raw`CONTOSO\Anna` }, String.raw`CONTOSO\Anna`, true],
    ['Account', { Name: 'anna@contoso.com' }, 'anna@contoso.com', true],
    ['Account', { Name: 'anna' }, 'anna', false],
    ['Account', { Name: 'anna', DnsDomain: 'contoso.com' }, 'anna@contoso.com', true],
    ['Account', { Sid: 'S-1-5-21-1-2-3-1001' }, 'S-1-5-21-1-2-3-1001', true],
    ['Account', { Sid: 'S-1-5-19' }, 'S-1-5-19', false],
    ['Account', { Name: 'x', NTDomain: 'NT SERVICE' }, String.raw`NT SERVICE\x`, false],
    ['Account', { AadUserId: '7' }, '7', true],
    ['Host', { FullName: 'pc01.contoso.com' }, 'pc01.contoso.com', true],
    ['Host', { HostName: String.raw`CONTOSO\PC01` }, String.raw`CONTOSO\PC01`, true],
    ['Host', { HostName: 'PC01' }, 'PC01', false],
    ['Host', { HostName: 'PC01', NTDomain: 'WORKGROUP' }, String.raw`WORKGROUP\PC01`, false],
    ['IP', { Address: '203.0.113.7' }, '203.0.113.7', true],
    ['IP', { Address: '::ffff:203.0.113.7' }, '203.0.113.7', true],
    ['IP', { Address: '10.0.0.4' }, '10.0.0.4', false],
    ['IP', { Address: '10.0.0.4', AddressScope: 'vnet1' }, '10.0.0.4', true],
    ['IP', { Address: '127.0.0.1' }, '127.0.0.1', false],
    ['File', { Name: String.raw`C:\Temp\x.exe` }, String.raw`C:\Temp\x.exe`, true],
    ['FileHash', { Algorithm: 'SHA256', Value: 'AB' }, 'AB', true],
    ['URL', { Url: 'https://a.example/x' }, 'https://a.example/x', true],
    ['URL', { Url: '/x' }, '/x', false],
    ['Malware', { Name: 'Emotet', Category: 'Trojan' }, 'Emotet', true],
    ['AzureResource', { ResourceId: '/subscriptions/1' }, '/subscriptions/1', true],
  ] as const)('%s %j is %s, strong: %s', (kind, identifiers, name, strong) => {
    expect(one(kind, identifiers)).toMatchObject({ name, strong });
  });

  it('drops generic account names, unless something else says who it is', () => {
    expect(one('Account', { Name: 'Administrator', NTDomain: 'CONTOSO' })).toBeUndefined();
    expect(one('Account', { FullName: String.raw`NT AUTHORITY\SYSTEM` })).toBeUndefined();
    expect(one('Account', { Name: '-' })).toBeUndefined();
    expect(one('Account', { Name: 'root', Sid: 'S-1-5-21-1-2-3-500' })).toMatchObject({
      strong: true,
      name: 'S-1-5-21-1-2-3-500',
    });
  });

  it('takes a local account and a process to be of the one host in the row', () => {
    const row = (account: Record<string, string>, host: Record<string, string>): MappedEntity[] => [
      { kind: 'Account', identifiers: account },
      { kind: 'Host', identifiers: host },
      { kind: 'Process', identifiers: { ProcessId: '7', CreationTimeUtc: 't' } },
    ];
    const strong = resolveEntities(row({ Name: 'bob', NTDomain: 'PC01' }, { HostName: 'pc01.contoso.com' }));
    expect(strong.map((e) => e.joinKeys[0])).toEqual([
      'account-local:bob|host-dns:pc01|contoso.com',
      'host-dns:pc01|contoso.com',
      'process:host-dns:pc01|contoso.com|7|t',
    ]);
    const weak = resolveEntities(row({ Name: 'bob', NTDomain: 'PC01' }, { HostName: 'PC01' }));
    expect(weak.every((e) => !e.strong)).toBe(true);
  });

  it('does not join on what everyone shares', () => {
    expect(one('IP', { Address: '8.8.8.8' })).toMatchObject({
      strong: true,
      joinKeys: [],
      discounted: expect.stringContaining('many') as string,
    });
    expect(one('File', { Name: 'cmd.exe', Directory: String.raw`C:\Windows\System32` })?.joinKeys).toEqual([]);
    expect(one('File', { Name: 'bash', Directory: '/usr/bin' })?.joinKeys).toEqual([]);
    expect(one('RegistryKey', { Hive: 'HKLM', Key: String.raw`Software\Run` })).toMatchObject({
      strong: true,
      joinKeys: [],
    });
  });

  it('knows a thing again by each of its names', () => {
    const byBoth = one('Account', { Name: 'anna', UPNSuffix: 'contoso.com', AadUserId: '7' });
    expect(byBoth?.keys).toEqual(expect.arrayContaining([...one('Account', { AadUserId: '7' })!.keys]));
    expect(byBoth?.keys).toEqual(expect.arrayContaining([...one('Account', { Name: 'ANNA@Contoso.com' })!.keys]));
    expect(one('Host', { HostName: 'A', DnsDomain: 'b.c' })!.id).toBe(one('Host', { FullName: 'a.B.C.' })!.id);
  });

  it('never throws on what logs bring, and its identifiers stay bounded', () => {
    const kinds: Kind[] = ['Account', 'Host', 'IP', 'File', 'URL', 'Process', 'RegistryKey', 'RegistryValue'];
    const names = ['Name', 'FullName', 'NTDomain', 'HostName', 'Address', 'Url', 'Directory', 'Key', 'Sid'];
    const entity = fc.record({
      kind: fc.constantFrom(...kinds),
      identifiers: fc.dictionary(fc.constantFrom(...names), fc.string({ unit: 'binary', maxLength: 60 })),
    });
    fc.assert(
      fc.property(fc.array(entity, { maxLength: 6 }), (entities) => {
        for (const resolved of resolveEntities(entities)) {
          expect(resolved.name.length).toBeGreaterThan(0);
          expect(resolved.joinKeys.length).toBeLessThanOrEqual(resolved.keys.length);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('the Entities column', () => {
  it('has Microsoft’s shape, with references', () => {
    const entities = resolveEntities([
      { kind: 'Account', identifiers: { FullName: String.raw`CONTOSO\anna` } },
      { kind: 'Host', identifiers: { HostName: 'pc01', DnsDomain: 'contoso.com' } },
      { kind: 'Process', identifiers: { ProcessId: '7', CommandLine: 'x' } },
    ]);
    expect(JSON.parse(entitiesColumn(entities))).toEqual([
      { $id: '1', HostName: 'pc01', DnsDomain: 'contoso.com', Type: 'host' },
      { $id: '2', Name: 'anna', NTDomain: 'CONTOSO', Type: 'account' },
      { $id: '3', ProcessId: '7', CommandLine: 'x', Host: { $ref: '1' }, Type: 'process' },
    ]);
  });

  it('stays within 64 KB', () => {
    const entities = resolveEntities(
      Array.from({ length: 100 }, (_, i) => ({
        kind: 'Process' as const,
        identifiers: { CommandLine: `${i}`.padEnd(2_000, 'x') },
      })),
    );
    expect(Buffer.byteLength(entitiesColumn(entitiesThatFit(entities)))).toBeLessThanOrEqual(64 * 1_024);
  });
});
