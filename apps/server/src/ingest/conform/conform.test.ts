import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '@sallyport/kql';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSources } from '../sources/load.ts';
import { inZone, same } from './compare.ts';
import { conformSources } from './index.ts';
import type { SuiteFile } from './suite.ts';
import { recordZones, suiteZone } from './zone.ts';

const source = `id: acme-firewall
name: Acme firewall
vendor: Acme
product: Firewall
streams:
  - name: Custom-AcmeText
    format: lines
    recognise:
      - line: '^acme '
    flows:
      - { table: Syslog, transform: syslog.kql }
`;
const transform = `source
| parse RawData with 'acme ' Time:datetime ' ' User ' ' Address
| where isnotempty(User)
| project TimeGenerated = Time, HostIP = Address, SyslogMessage = User, ProcessName = 'acmed'`;
const parser = {
  name: 'vimNetworkSessionAcme',
  parameters: '(disabled:bool=false)',
  body: `Syslog | where not(disabled)
    | project EventUid = _ItemId, TimeGenerated, EventVendor = 'Acme', SrcIpAddr = HostIP, SrcUsername = SyslogMessage`,
};

let folder: string;
let lake: TestLake;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-conform-'));
  lake = await startTestLake();
  await mkdir(join(folder, 'sources', 'acme-firewall'), { recursive: true });
  await mkdir(join(folder, 'suite', 'acme'), { recursive: true });
  await writeFile(join(folder, 'sources', 'acme-firewall', 'source.yml'), source);
  await writeFile(join(folder, 'sources', 'acme-firewall', 'syslog.kql'), transform);
});
afterAll(async () => {
  await lake.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('sources against the fields that another product finds', () => {
  it('tells what agrees, what is missing and what is wrong, record by record', async () => {
    const lines = [
      'acme 2026-01-01T00:00:00Z anna 10.0.0.1',
      'acme not a line of theirs',
      'acme 2026-01-01T00:00:05Z bob 10.0.0.2',
    ];
    const log = join(folder, 'suite', 'acme', 'test.log');
    await writeFile(log, `${lines.join('\n')}\n`);
    const offsets = lines.map((_, i) => lines.slice(0, i).reduce((sum, line) => sum + line.length + 1, 0));
    await writeFile(
      `${log}-expected.json`,
      JSON.stringify([
        {
          'log.offset': offsets[0],
          '@timestamp': '2026-01-01T00:00:00.000Z',
          'source.ip': '10.0.0.1',
          'user.name': 'ANNA',
          'process.name': 'acmed',
        },
        // The name is of a table of the agent: the line does not hold it.
        { 'log.offset': offsets[1], 'user.name': 'nobody', 'host.name': 'gateway.fabrikam.test' },
        {
          'log.offset': offsets[2],
          '@timestamp': '2026-01-01T02:00:05.000Z',
          'source.ip': '10.0.0.9',
          'observer.vendor': 'acme',
          'unknown.field': 1,
        },
      ]),
    );
    const { sources } = await loadSources(join(folder, 'sources'));
    const options = { lake: lake.lake, compile, functions: [parser], sources, now: new Date('2026-02-01') };
    const report = await conformSources(join(folder, 'suite'), options);
    expect(report.worst[0]?.problems).toEqual([]);
    expect(report).toMatchObject({
      events: 3,
      fields: 8,
      agree: 5,
      agreeInAsim: 4,
      agreeInTable: 1,
      missing: 1,
      wrong: 2,
      untold: 1,
    });
    const zoned = await conformSources(join(folder, 'suite'), { ...options, zone: '-02:00' });
    expect(zoned).toMatchObject({ agree: 6, missing: 1, wrong: 1, zone: '-02:00' });
    expect(report.zone).toBeUndefined();
    expect(report.worst[0]).toMatchObject({
      set: 'acme',
      streams: ['Custom-AcmeText'],
      faults: [
        { field: 'user.name', kind: 'missing', count: 1 },
        { field: '@timestamp', kind: 'wrong', count: 1 },
        { field: 'source.ip', kind: 'wrong', count: 1, example: '"10.0.0.9", ours ["10.0.0.2"]' },
      ],
    });
  });

  it.each([
    ['user', 'anna', 'CONTOSO\\Anna', true],
    ['user', 'anna', 'bob@contoso.com', false],
    ['user', 'anna@fabrikam.com', 'anna@contoso.com', false],
    ['host', 'web01', 'web01.contoso.com', true],
    ['host', 'web01.fabrikam.com', 'web01.contoso.com', false],
    ['address', '2001:DB8:0:0::1', '2001:db8::1', true],
    ['result', 'failure', 'Failure', true],
    ['path', 'cmd.exe', 'C:\\Windows\\cmd.exe', true],
    ['path', 'launchd[1] (quicklook[21498])', 'launchd', true],
    ['path', '/tmp/cmd.exe', 'C:\\Windows\\cmd.exe', false],
    ['url', '/a?b=1', 'https://x.test/a?b=1', true],
    ['url', '/a?b=1', 'https://x.test/a', false],
    ['url', 'https://y.test/a', 'https://x.test/a', false],
    ['time', '2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00Z', true],
    ['number', 80, '80', true],
    ['product', 'Cisco', 'Cisco Systems', true],
    ['product', 'Cisco', '-', false],
  ] as const)('as %s, %j and %j', (as, expected, ours, equal) => expect(same(as, expected, ours)).toBe(equal));

  it('reads times without a zone as the record says, else its file, else most files', () => {
    const file = (path: string, ...zones: readonly (string | undefined)[]): SuiteFile => ({
      set: 'acme',
      path,
      records: zones.map((zone) => ({ text: '', expected: zone === undefined ? {} : { 'event.timezone': zone } })),
    });
    const files = [file('a', '-02:00'), file('b', '+05:30', '+05:30', '+05:30'), file('c', '-02:00', 'UTC', undefined)];
    expect(suiteZone(files)).toBe('-02:00');
    const ownZone: SuiteFile = {
      set: 'acme',
      path: 'g',
      records: [{ text: 'acme 2026-01-01T00:00:00-04:00 x', expected: { 'event.timezone': '-04:00' } }],
    };
    expect(suiteZone([ownZone, ownZone, file('a', '-02:00')])).toBe('-02:00');
    expect(suiteZone([file('d', 'UTC', 'CEST', undefined)])).toBeUndefined();
    expect(recordZones(file('e', '+01:00', '+01:00', '-05:00', 'UTC', 'PST', undefined), '-02:00')).toEqual([
      '+01:00',
      '+01:00',
      '-05:00',
      undefined,
      '+01:00',
      '+01:00',
    ]);
    expect(recordZones(file('f', undefined, 'CEST'), '-02:00')).toEqual(['-02:00', '-02:00']);
  });

  it.each([
    ['2026-01-01T02:00:05.000Z', '2026-01-01T00:00:05.000Z'],
    ['2026-01-01T00:00:05.000-02:00', '2026-01-01T00:00:05.000Z'],
  ])('reads %s, of -02:00, as it stands in the line', (time, line) => expect(inZone(time, '-02:00')).toBe(line));
});
