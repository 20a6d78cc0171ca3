import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { contosoLife } from './contoso.ts';
import { day, minute } from './calendar.ts';
import { batchBytesMax, syslogStream, windowsEventStream, type DemoBatch } from './sink.ts';
import {
  allBatches,
  collect,
  eventTexts,
  knownColumns,
  linesOf,
  rowsByTable,
  testEnd,
  testPeople,
  type ParsedRow,
} from './testing.ts';

const digest = (batches: readonly DemoBatch[]): string => {
  const hash = createHash('sha256');
  for (const b of batches) hash.update(b.stream).update('\0').update(b.payload);
  return hash.digest('hex');
};

describe('a week of Contoso', () => {
  let batches: DemoBatch[];
  let tables: Map<string, ParsedRow[]>;
  beforeAll(async () => {
    batches = await allBatches();
    tables = rowsByTable(batches);
  });

  test('the same seed and end give the same bytes, another seed others', async () => {
    expect(digest(await allBatches())).toBe(digest(batches));
    expect(digest(await allBatches({ days: 1, seed: 'other' }))).not.toBe(digest(await allBatches({ days: 1 })));
  });

  test('batches fit the door and come in the order of their first rows', () => {
    expect(Math.max(...batches.map((b) => b.payload.length))).toBeLessThanOrEqual(batchBytesMax);
    const starts = batches.map((b) => b.from);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  test('rows lie in the week and in time order within their table', () => {
    for (const [table, rows] of tables) {
      const times = rows.map((r) => Date.parse(String(r['TimeGenerated'])));
      expect({ table, times }).toEqual({ table, times: times.toSorted((a, b) => a - b) });
      expect(times[0]).toBeGreaterThanOrEqual(testEnd.getTime() - 7 * day);
      expect(times.at(-1)).toBeLessThan(testEnd.getTime());
    }
  });

  test('every column is known to the catalogue and has its type', () => {
    const known = knownColumns([...tables.keys()]);
    for (const [table, rows] of tables) {
      const columns = known.get(table);
      if (!columns) throw new Error(`the catalogue has no table \`${table}\``);
      const wrong = new Map<string, string>();
      for (const row of rows)
        for (const [name, value] of Object.entries(row))
          if (!fits(columns[name], value)) wrong.set(name, `${columns[name]}: ${JSON.stringify(value)}`);
      expect({ table, wrong: [...wrong] }).toEqual({ table, wrong: [] });
    }
  });

  test('raw streams are what their sources take', () => {
    const events = linesOf(batches, windowsEventStream).map(
      (line) =>
        JSON.parse(line) as { System: { EventID: number; Computer: string }; EventData?: object; UserData?: object },
    );
    expect(
      events.every((e) => e.System.Computer.endsWith('.contoso.com') && (e.EventData ?? e.UserData) !== undefined),
    ).toBe(true);
    const ids = new Set(events.map((e) => e.System.EventID));
    expect([1, 10, 104, 1102, 4104, 4624, 4697, 4720, 4728, 7045].filter((id) => !ids.has(id))).toEqual([]);
    expect(
      linesOf(batches, syslogStream).every((line) =>
        /^<\d+>1 \d{4}-\d\d-\d\dT\S+ \S+\.contoso\.com \S+ \d+ - - ./.test(line),
      ),
    ).toBe(true);
  });

  test('addresses and domains are those for documentation', () => {
    const text = batches.map((b) => b.payload.toString()).join('\n');
    const foreign = new Set(
      [...text.matchAll(/(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])/g)]
        .map((m) => m[1]!)
        .filter((ip) => !allowedIp.test(ip)),
    );
    // Versions of programs look like addresses.
    expect([...foreign].filter((ip) => !versions.has(ip))).toEqual([]);
    const hosts = new Set([...text.matchAll(/https?:\/\/([a-z0-9.-]+)/g)].map((m) => m[1]!));
    expect(
      [...hosts].filter(
        (h) =>
          !/(^|\.)(contoso\.com|fabrikam\.com|example\.(com|net|org)|example)$/.test(h) && !h.startsWith('192.0.2.'),
      ),
    ).toEqual([]);
    const mail = new Set(
      tables.get('EmailEvents')!.flatMap((r) => [String(r['SenderFromDomain']), String(r['RecipientDomain'])]),
    );
    expect(
      [...mail].filter((d) => !/(^|\.)(contoso\.com|fabrikam\.com|example\.(com|net|org)|example)$/.test(d)),
    ).toEqual([]);
  });

  test('a person, a device and their ids are the same everywhere', () => {
    const people = new Map(tables.get('IdentityInfo')!.map((r) => [r['AccountUPN'], r]));
    const devices = new Map(tables.get('DeviceInfo')!.map((r) => [r['DeviceName'], r]));
    const entraDevices = new Map(tables.get('DeviceInfo')!.map((r) => [r['AadDeviceId'], r]));
    for (const row of [...tables.get('SigninLogs')!, ...tables.get('AADNonInteractiveUserSignInLogs')!]) {
      expect(row['UserId']).toBe(people.get(row['UserPrincipalName'])?.['AccountObjectId']);
      const detail = (
        typeof row['DeviceDetail'] === 'string' ? JSON.parse(row['DeviceDetail']) : row['DeviceDetail']
      ) as { deviceId?: string };
      expect(!detail.deviceId || entraDevices.has(detail.deviceId)).toBe(true);
    }
    for (const table of ['DeviceProcessEvents', 'DeviceNetworkEvents', 'DeviceFileEvents', 'DeviceLogonEvents'])
      for (const row of tables.get(table)!) expect(row['DeviceId']).toBe(devices.get(row['DeviceName'])?.['DeviceId']);
    for (const row of tables.get('DeviceProcessEvents')!)
      expect(!people.has(row['AccountUpn']) || row['AccountSid'] === people.get(row['AccountUpn'])!['AccountSID']).toBe(
        true,
      );
    for (const row of tables.get('OfficeActivity')!) expect(people.has(row['UserId'])).toBe(true);
    for (const row of tables.get('SecurityEvent')!) expect(devices.has(row['Computer'])).toBe(true);
  });

  test('each id of a sign-in, mail or cloud call is used once', () => {
    for (const [table, column] of [
      ['SigninLogs', 'Id'],
      ['AWSCloudTrail', 'AwsEventId'],
      ['AuditLogs', 'Id'],
      ['OfficeActivity', 'OfficeId'],
    ] as const) {
      const ids = tables.get(table)!.map((r) => r[column]);
      expect({ table, ids: new Set(ids).size }).toEqual({ table, ids: ids.length });
    }
  });

  test('nights and weekends are quiet for people', () => {
    const perHour = (weekend: boolean, from: number, to: number) =>
      tables.get('SigninLogs')!.filter((r) => {
        const time = new Date(String(r['TimeGenerated']));
        return [0, 6].includes(time.getUTCDay()) === weekend && time.getUTCHours() >= from && time.getUTCHours() < to;
      }).length /
      (to - from);
    expect(perHour(false, 8, 15)).toBeGreaterThan(20 * perHour(false, 0, 3));
    expect(perHour(false, 8, 15)).toBeGreaterThan(20 * perHour(true, 8, 15));
  });
});

test('life after the end is the same in one piece and minute by minute, and goes on where history ends', async () => {
  const end = testEnd.getTime();
  const rowsOf = async (from: number, to: number) =>
    (await collect(contosoLife({ seed: 'test', people: testPeople, from: new Date(from), to: new Date(to) }))).flatMap(
      eventTexts,
    );
  const [from, to] = [end - 40 * minute, end + 20 * minute];
  const whole = new Set(await rowsOf(from, to));
  const parts: string[] = [];
  for (let at = from; at < to; at += 10 * minute) parts.push(...(await rowsOf(at, at + 10 * minute)));
  // Those that differ first, so that a failure names few rows.
  expect(parts.filter((row) => !whole.has(row)).slice(0, 3)).toEqual([]);
  expect(parts).toHaveLength(whole.size);
  const history = await allBatches({ story: false, days: 1 });
  const last = history.filter((b) => b.stream === 'Microsoft-DeviceNetworkEvents').at(-1)!;
  expect(whole.has(eventTexts(last).at(-1)!)).toBe(true);
});

test('120 people make 150,000 to 300,000 rows a week, in seconds of the processor', async () => {
  const started = process.threadCpuUsage();
  const rows = (await allBatches({ people: 120 })).reduce((sum, b) => sum + b.rows, 0);
  const { user, system } = process.threadCpuUsage(started);
  expect(rows).toBeGreaterThan(150_000);
  expect(rows).toBeLessThan(300_000);
  // Time of the processor in this thread, since other tests run beside this one. Alone it is 5 s.
  expect((user + system) / 1e6).toBeLessThan(20);
}, 120_000);

test('options out of range are refused', async () => {
  await expect(allBatches({ people: 3 })).rejects.toThrow('`people`');
  await expect(allBatches({ days: 0 })).rejects.toThrow('`days`');
  await expect(allBatches({ end: new Date(Number.NaN) })).rejects.toThrow('`end`');
});

const allowedIp = /^(192\.0\.2|198\.51\.100|203\.0\.113|192\.168\.\d+)\.\d+$|^10\.\d+\.\d+\.\d+$/;
const versions = new Set(['131.0.0.0', '130.0.0.0', '5.2.6.0']);

function fits(type: string | undefined, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'datetime':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
    case 'int':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
    case 'long':
      return Number.isSafeInteger(value);
    case 'real':
      return typeof value === 'number';
    case 'bool':
      return typeof value === 'boolean';
    case 'dynamic':
      return typeof value === 'object' && value !== null;
    default:
      return false;
  }
}
