import { writeFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { compile } from '@sallyport/kql';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadSources, shippedSources } from './load.ts';
import { compileStream } from './statements.ts';

let bench: TestLake;
beforeAll(async () => {
  bench = await startTestLake();
});
afterAll(() => bench.stop());

async function load(streamName: string, record: string): Promise<void> {
  const { lake, spoolDir } = bench;
  const { sources } = await loadSources(shippedSources);
  const stream = sources.flatMap((source) => source.streams).find(({ name }) => name === streamName);
  const table = (name: string) => lake.catalogue.get(name);
  const compiled = compileStream(stream!, { compile, table, now: () => new Date('2026-01-10T00:00:00Z') });
  const path = join(spoolDir, streamName);
  await writeFile(path, record);
  await chmod(path, 0o644);
  await lake.load({ id: streamName, path, reader: { kind: 'lines' }, retry: false }, compiled.statements('door').loads);
}

it('rows say whose their addresses and accounts are, when they are stored', async () => {
  const { lake } = bench;
  const TimeGenerated = '2026-01-01T00:00:00Z';
  await lake.insertRows('IdentityInfo', [
    { TimeGenerated, AccountObjectId: 'object-1', AccountSID: 'S-1-5-21-7-8-9-1001', AccountUPN: 'anna@contoso.com' },
  ]);
  await lake.insertRows('DeviceInfo', [{ TimeGenerated, DeviceId: 'd1', DeviceName: 'ws1.contoso.com' }]);
  await lake.insertRows('DeviceNetworkInfo', [
    { TimeGenerated, DeviceId: 'd1', MacAddress: 'm', IPAddresses: [{ IPAddress: '10.0.0.5' }] },
  ]);
  await lake.refreshEntities();
  await load(
    'Custom-PfSenseFilterlog',
    '<134>Mar  3 2025 10:00:00 fw1 filterlog[77]: 5,,,1000000103,igb1,match,block,in,4,0x0,,64,1234,0,DF,6,tcp,60,203.0.113.9,10.0.0.5,50000,443,0,S,123,,64240,,mss',
  );
  const sessions = await lake.query(
    'SELECT SrcHostname, SrcDvcId, SrcDvcIdType, DstHostname, DstDvcId, DstDvcIdType FROM ASimNetworkSessionLogs',
  );
  expect(sessions.rows).toEqual([['', '', '', 'ws1.contoso.com', 'd1', 'MDEid']]);
  await load(
    'Custom-WindowsEventJson',
    JSON.stringify({
      System: {
        Provider: { Name: 'Microsoft-Windows-Security-Auditing' },
        EventID: 4648,
        Channel: 'Security',
        Computer: 'DC1',
        TimeCreated: { SystemTime: '2026-01-02T00:00:00Z' },
      },
      EventData: { SubjectUserSid: 'S-1-5-21-7-8-9-1001', SubjectUserName: 'anna', IpAddress: '::ffff:10.0.0.5' },
    }),
  );
  const logons = await lake.query(
    'SELECT InitiatingProcessAccountUpn, InitiatingProcessAccountObjectId, RemoteIP FROM DeviceLogonEvents',
  );
  expect(logons.rows).toEqual([['anna@contoso.com', 'object-1', '10.0.0.5']]);
});
