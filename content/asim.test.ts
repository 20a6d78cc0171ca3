import { compile, type KqlCatalogue } from '@sallyport/kql';
import { Catalogue, loadAsim, loadFunctions, type AsimSchema, type ShippedFunction } from '@sallyport/lake';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const schemas = await loadAsim();
const functions = await loadFunctions();
const tables = await Catalogue.load();
let lake: TestLake;
let catalogue: KqlCatalogue;
beforeAll(async () => {
  lake = await startTestLake();
  catalogue = lake.lake.kqlCatalogue(functions);
});
afterAll(() => lake.stop());

const options = { now: new Date('2026-01-01T00:00:00Z') };
const parsers = (schema: AsimSchema): ShippedFunction[] => functions.filter((f) => f.name.startsWith(`vim${schema.schema}`));

/** What every schema has and a table may lack: https://learn.microsoft.com/azure/sentinel/normalization-common-fields */
const common = new Map([['EventUid', 'string']]);

describe.each(schemas)('ASIM $schema', (schema) => {
  it('parsers give columns of the schema, of its types', () => {
    const own = new Map(tables.get(schema.table)?.columns.map((c) => [c.name, c.type]));
    for (const { name } of parsers(schema)) {
      const { columns } = compile(`${name}()`, catalogue, options);
      const names = columns.map((c) => c.name);
      for (const { name: column, type } of columns)
        expect(`${name}: ${column} ${type}`).toBe(`${name}: ${column} ${own.get(column) ?? common.get(column)}`);
      expect([name, ...names]).toEqual(
        expect.arrayContaining([name, 'TimeGenerated', 'EventUid', 'EventVendor', 'EventProduct']),
      );
    }
  });

  it('its functions run, with a filter and without', { timeout: 120_000 }, async () => {
    for (const name of [...schema.filtering, ...schema.variants.flatMap((v) => v.filtering)].slice(0, 2)) {
      const from = 'starttime = datetime(2026-01-01), endtime = datetime(2026-01-02)';
      for (const call of [`${name}(${from})`, name]) {
        const { sql } = compile(`${call} | project TimeGenerated, EventUid, EventSchema, Dvc`, catalogue, options);
        expect((await lake.lake.query(sql)).rows).toEqual([]);
      }
    }
    for (const name of schema.plain) compile(`${name} | count`, catalogue, options);
  });
});

it('a row of a native table and one of another are seen as one schema', async () => {
  await lake.lake.insertRows('SigninLogs', [
    { TimeGenerated: '2026-01-01T10:00:00Z', UserPrincipalName: 'anna@contoso.com', ResultType: '50126', IPAddress: '10.0.0.1' },
  ]);
  await lake.lake.insertRows('ASimAuthenticationEventLogs', [
    { TimeGenerated: '2026-01-01T11:00:00Z', TargetUsername: 'bob', EventResult: 'Failure', EventType: 'Logon' },
  ]);
  const query = `_Im_Authentication(eventresult='Failure', eventtype_in=dynamic(['logon'])) | project User, SrcIpAddr, EventResultDetails | sort by User asc`;
  const { sql } = compile(query, catalogue, options);
  expect((await lake.lake.query(sql)).rows).toEqual([
    ['anna@contoso.com', '10.0.0.1', 'Incorrect password'],
    ['bob', '', ''],
  ]);
});

it('Windows: each event is seen once, by the schemas it is of', async () => {
  const at = { TimeGenerated: '2026-01-01T10:00:00Z', Computer: 'ws1.contoso.example', EventSourceName: 'Microsoft-Windows-Security-Auditing' };
  const actor = { SubjectUserName: 'anna', SubjectDomainName: 'CONTOSO', SubjectUserSid: 'S-1-5-21-1' };
  await lake.lake.insertRows('SecurityEvent', [
    { ...at, EventID: 4625, TargetUserName: 'bob', TargetDomainName: 'CONTOSO', LogonType: 10, SubStatus: '0xC000006A', IpAddress: '::ffff:10.0.0.9', EventData: '{}' },
    { ...at, ...actor, EventID: 4688, NewProcessName: 'C:\\Windows\\whoami.exe', NewProcessId: '0x10', CommandLine: 'whoami /all' },
    { ...at, ...actor, EventID: 4732, TargetUserName: 'Administrators', TargetDomainName: 'Builtin', MemberSid: 'S-1-5-21-9', EventData: '{}' },
    { ...at, ...actor, EventID: 1102, EventData: '{}' },
  ]);
  const device = { TimeGenerated: at.TimeGenerated, Timestamp: at.TimeGenerated, DeviceName: 'ws1', DeviceId: 'ws1' };
  const bySecurity = { EventSource: 'Microsoft-Windows-Security-Auditing' };
  await lake.lake.insertRows('DeviceProcessEvents', [
    { ...device, FileName: 'whoami.exe', AdditionalFields: bySecurity },
    { ...device, FileName: 'cmd.exe', AdditionalFields: { EventSource: 'Microsoft-Windows-Sysmon' } },
    { ...device, DeviceId: 'a'.repeat(40), FileName: 'net.exe' },
  ]);
  const rows = async (query: string): Promise<unknown> => (await lake.lake.query(compile(query, catalogue, options).sql)).rows;
  expect(
    await rows(`_Im_Authentication | where DvcHostname == 'ws1' | project EventResultDetails, EventSubType, TargetUsername, SrcIpAddr`),
  ).toEqual([['Incorrect password', 'RemoteInteractive', 'CONTOSO\\bob', '10.0.0.9']]);
  expect(
    await rows(`_Im_ProcessCreate | where DvcHostname == 'ws1' | project EventProduct, TargetProcessFilename, TargetProcessId | sort by EventProduct asc`),
  ).toEqual([
    ['M365 Defender for Endpoint', 'net.exe', ''],
    ['Security Events', 'whoami.exe', '16'],
    ['Sysmon', 'cmd.exe', ''],
  ]);
  expect(await rows(`_Im_UserManagement | where DvcHostname == 'ws1' | project EventType, GroupName, TargetUserId, ActorUsername`)).toEqual([
    ['UserAddedToGroup', 'Builtin\\Administrators', 'S-1-5-21-9', 'CONTOSO\\anna'],
  ]);
  expect(await rows(`_Im_AuditEvent | where DvcHostname == 'ws1' | project EventType, Object, ObjectType`)).toEqual([['Clear', 'Security', 'Event Log']]);
});

it('CrowdStrike: sign-ins to the console and detections, as the connector writes both', async () => {
  const at = { TimeGenerated: '2026-01-03T10:00:00Z', DeviceVendor: 'CrowdStrike', DeviceProduct: 'FalconHost' };
  await lake.lake.insertRows('CommonSecurityLog', [
    { ...at, DeviceEventClassID: 'userAuthenticate', Activity: 'userAuthenticate', DestinationUserName: 'eve@contoso.example', AdditionalExtensions: 'cat=AuthActivityAuditEvent;outcome=false' },
    { ...at, DeviceEventClassID: 'DetectionSummaryEvent', Activity: 'Known Malware', LogSeverity: '4', DestinationHostName: 'ws9', FileHash: 'a'.repeat(32) },
  ]);
  const rows = async (query: string): Promise<unknown> => (await lake.lake.query(compile(query, catalogue, options).sql)).rows;
  expect(await rows(`_Im_Authentication | where EventProduct == 'Falcon' | project EventResult, TargetUsername`)).toEqual([['Failure', 'eve@contoso.example']]);
  expect(await rows(`_Im_AlertEvent | where DvcHostname == 'ws9' | project AlertName, EventSeverity, FileMD5`)).toEqual([['Known Malware', 'High', 'a'.repeat(32)]]);
});
