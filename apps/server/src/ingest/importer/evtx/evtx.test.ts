import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { glob, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestIngest, type TestIngest } from '../../testing/core.ts';
import { evtxSplitter } from './evtx.ts';
import { missing, TestChunk, testLog, text, type TestElement } from './testing.ts';
import { valueText } from './values.ts';

function read(file: Uint8Array, pieces = 1): { events: unknown[]; broken: string[] } {
  const events: unknown[] = [];
  const broken: string[] = [];
  const splitter = evtxSplitter((record, isBroken) => {
    const line = Buffer.from(record).toString();
    if (isBroken) broken.push(line);
    else events.push(JSON.parse(line));
  });
  const size = Math.ceil(file.length / pieces);
  for (let at = 0; at < file.length; at += size) splitter.push(file.subarray(at, at + size));
  splitter.end();
  return { events, broken };
}

const value = (index: number) => ({ value: index, optional: true });
const data = (name: string, index: number): TestElement => ({
  name: 'Data',
  attributes: { Name: name },
  children: [value(index)],
});

/** Values: 0 Qualifiers, 1 EventID, 2 time, 3 user, 4 and 5 data, 6 data without a name. */
const template: TestElement = {
  name: 'Event',
  attributes: { xmlns: 'http://schemas.microsoft.com/win/2004/08/events/event' },
  children: [
    {
      name: 'System',
      children: [
        { name: 'Provider', attributes: { Name: 'Test & ', Guid: value(0) } },
        { name: 'EventID', attributes: { Qualifiers: value(0) }, children: [value(1)] },
        { name: 'TimeCreated', attributes: { SystemTime: value(2) } },
        { name: 'Correlation' },
        { name: 'Channel', children: ['Test/', { entity: 'amp' }, 'Operational'] },
        { name: 'Computer', children: ['pc1'] },
        { name: 'Security', attributes: { UserID: value(3) } },
      ],
    },
    { name: 'EventData', children: [data('first', 4), data('second', 5), { name: 'Data', children: [value(6)] }] },
  ],
};

const ticks = (time: string, more = 0n): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE((BigInt(Date.parse(time)) + 11_644_473_600_000n) * 10_000n + more);
  return bytes;
};
const values = (first: string) => [
  missing,
  { type: 0x06, bytes: Buffer.from([0x61, 0x10]) },
  { type: 0x11, bytes: ticks('2026-01-02T03:04:05.678Z', 9_012n) },
  { type: 0x13, bytes: Buffer.from('010100000000000512000000', 'hex') },
  text(first),
  text(''),
  { type: 0x81, bytes: Buffer.from('a\0b\0', 'utf16le') },
];

const event = (first: string) => ({
  System: {
    Provider: { Name: 'Test & ' },
    EventID: 4193,
    TimeCreated: { SystemTime: '2026-01-02T03:04:05.678901200Z' },
    Correlation: null,
    Channel: 'Test/&Operational',
    Computer: 'pc1',
    Security: { UserID: 'S-1-5-18' },
  },
  EventData: { first, second: '', Data: ['a', 'b'] },
});

/** Three events of one template. */
const threeEvents = (): TestChunk =>
  ['one', 'two', 'three'].reduce((chunk, first, i) => chunk.add(i + 1, template, values(first)), new TestChunk());
const all = ['one', 'two', 'three'].map(event);

describe('event logs', () => {
  it('are read chunk by chunk, in whatever pieces they come', () => {
    const log = testLog(threeEvents().bytes, Buffer.alloc(65_536), threeEvents().bytes);
    for (const pieces of [1, 3, 1_000]) expect(read(log, pieces)).toEqual({ events: [...all, ...all], broken: [] });
  });

  it('keep attributes beside text, binary XML in values, and members of any name', () => {
    const root: TestElement = {
      name: 'Event',
      children: [
        { name: 'System', children: [{ name: 'EventID', attributes: { Qualifiers: value(0) }, children: [value(1)] }] },
        { name: 'UserData', children: [value(2)] },
        { name: 'EventData', children: [data('__proto__', 1), data('a', 1), data('a', 1)] },
      ],
    };
    const own: TestElement = { name: 'Own', attributes: { xmlns: 'x' }, children: [{ name: 'A', children: ['b'] }] };
    const plain = [
      { type: 0x08, bytes: Buffer.from([0, 0x40, 0, 0]) },
      { type: 0x06, bytes: Buffer.from([1, 0]) },
    ];
    // Names in a value are found by their place, so the value is made where it will stand.
    const probe = new TestChunk().add(1, root, [...plain, { type: 0x21, bytes: Buffer.alloc(1) }]);
    const at = probe.bytes.readUInt32LE(48) - 4 - 1 - 1;
    const chunk = new TestChunk();
    const { events, broken } = read(testLog(chunk.add(1, root, [...plain, chunk.valueAt(own, at)]).bytes));
    expect(broken).toEqual([]);
    expect(events).toEqual([
      {
        System: { EventID: { Qualifiers: '16384', '#text': 1 } },
        UserData: { Own: { A: 'b' } },
        EventData: JSON.parse('{"__proto__":"1","a":["1","1"]}') as unknown,
      },
    ]);
  });

  it('lose only the event that is damaged, and keep its bytes', () => {
    const chunk = threeEvents();
    const [, second = 0, third = 0] = chunk.records;
    chunk.bytes[second + 24] = 0xee;
    const { events, broken } = read(testLog(chunk.bytes));
    expect(events).toEqual([all[0], all[2]]);
    expect(broken).toEqual([expect.stringMatching(/^EVTX record at byte \d+: token 174 at \d+; base64 KioA/)]);
    expect(Buffer.from(broken[0]?.split('base64 ')[1] ?? '', 'base64')).toEqual(chunk.bytes.subarray(second, third));
  });

  it('are salvaged where sizes, signatures or the end are gone', () => {
    const sized = threeEvents();
    sized.bytes.writeUInt32LE(0xffffffff, (sized.records[1] ?? 0) + 4);
    expect(read(testLog(sized.bytes)).events).toEqual([all[0], all[2]]);
    expect(read(testLog(sized.bytes)).broken).toHaveLength(1);
    const unsigned = threeEvents();
    unsigned.bytes.fill(0xff, 0, 100);
    expect(read(testLog(unsigned.bytes)).events).toEqual(all);
    const lagging = threeEvents();
    lagging.bytes.writeUInt32LE(lagging.records[1] ?? 0, 48);
    expect(read(testLog(lagging.bytes)).events).toEqual(all);
    const cut = threeEvents();
    const log = testLog(cut.bytes).subarray(0, 4_096 + (cut.records[2] ?? 0) + 40);
    expect(read(log)).toEqual({ events: all.slice(0, 2), broken: [expect.stringContaining('cut off')] });
    expect(read(testLog(Buffer.alloc(65_536, 'x'))).broken).toEqual([expect.stringContaining('no signature')]);
    expect(read(testLog())).toEqual({ events: [], broken: [] });
  });

  it('take no more than a moment and no more than their due, whatever is in them', () => {
    const log = testLog(threeEvents().bytes);
    const used = 4_096 + threeEvents().bytes.readUInt32LE(48);
    const damage = fc.array(fc.tuple(fc.integer({ min: 4_096, max: used }), fc.nat(255)), {
      minLength: 1,
      maxLength: 12,
    });
    const limitMs = 3_000;
    fc.assert(
      fc.property(damage, (bytes) => {
        const damaged = Buffer.from(log);
        for (const [at, byte] of bytes) damaged[at] = byte;
        const startedAt = performance.now();
        const { events, broken } = read(damaged);
        expect(events.length + broken.length).toBeLessThan(100);
        expect(performance.now() - startedAt).toBeLessThan(limitMs);
      }),
      { numRuns: 500 },
    );
  }, 30_000);

  it('end at once when a template holds itself, or says a value without end', () => {
    const many: TestElement = { name: 'Event', children: Array.from({ length: 1_500 }, () => ({ value: 0 })) };
    const chunk = new TestChunk();
    for (let i = 0; i < 8; i++) chunk.add(i, many, [text('\0'.repeat(3_000))]);
    const startedAt = performance.now();
    const { broken, events } = read(testLog(chunk.bytes));
    expect(events.length + broken.length).toBe(8);
    expect(broken.at(-1)).toContain('too much text');
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    const own = threeEvents();
    const place = own.bytes.indexOf(0x0c, own.records[0]) + 10 + 24 + 4;
    // An instance of the template that it stands in.
    own.bytes[place] = 0x0c;
    own.bytes.writeUInt32LE(own.bytes.readUInt32LE(place - 28 - 4), place + 6);
    expect(read(testLog(own.bytes)).events).toEqual([]);
  });
});

describe('values', () => {
  it.each<[number, string, string | string[]]>([
    [0x03, 'ff', '-1'],
    [0x04, 'ff', '255'],
    [0x05, 'feff', '-2'],
    [0x07, 'fdffffff', '-3'],
    [0x08, 'ffffffff', '4294967295'],
    [0x09, 'ffffffffffffffff', '-1'],
    [0x0a, 'ffffffffffffffff', '18446744073709551615'],
    [0x0b, '0000c03f', '1.5'],
    [0x0c, '000000000000f83f', '1.5'],
    [0x0d, '01000000', 'true'],
    [0x0e, '00abff', '00ABFF'],
    [0x0f, '25968454785494499aba3e3b0328c30d', '{54849625-5478-4994-9ABA-3E3B0328C30D}'],
    [0x10, '1000000000000000', '0x10'],
    [0x11, '0000000000000000', '1601-01-01T00:00:00.000000000Z'],
    [0x11, 'ffffffffffffffff', '18446744073709551615'],
    [0x12, 'ea0701000500020003000400050006000', '2026-01-02T03:04:05.006Z'],
    [0x13, '010500000000000515000000010000000200000003000000f4010000', 'S-1-5-21-1-2-3-500'],
    [0x14, '10140000', '0x1410'],
    [0x15, 'e703000000000000', '0x3e7'],
    [0x02, '41800000', 'A€'],
    [0x88, '0100000002000000', ['1', '2']],
    [0x42, '0aff', '0AFF'],
  ])('of type 0x%s', (type, bytes, expected) => {
    expect(valueText(type, Buffer.from(bytes, 'hex'))).toEqual(expected);
  });

  it('that are too short are told', () => {
    expect(() => valueText(0x0f, Buffer.alloc(3))).toThrow('3 bytes are no value of type 0xf');
    expect(() => valueText(0x13, Buffer.from([1, 200]))).toThrow('no value');
  });
});

describe('an import', () => {
  let ingest: TestIngest;
  beforeAll(async () => {
    ingest = await startTestIngest();
  }, 60_000);
  afterAll(() => ingest[Symbol.asyncDispose]());

  it('takes a log like any file, and keeps its damaged events as refused', async () => {
    const chunk = threeEvents();
    chunk.bytes[(chunk.records[1] ?? 0) + 24] = 0xee;
    await writeFile(join(ingest.folder, 'app.evtx'), testLog(chunk.bytes));
    await writeFile(join(ingest.folder, 'sys.evtx.gz'), gzipSync(testLog(threeEvents().bytes)));
    const { files } = await ingest.core.importer.importPath(ingest.folder);
    expect(files.map(({ file, source, rows, unparsed }) => ({ file, source, rows, unparsed }))).toEqual([
      { file: 'app.evtx', source: 'microsoft-windows-event', rows: 2, unparsed: 1 },
      { file: 'sys.evtx.gz', source: 'microsoft-windows-event', rows: 3, unparsed: 0 },
    ]);
    const rows = await ingest.rows('SELECT EventID, Channel, Computer FROM WindowsEvent LIMIT 1');
    expect(rows).toEqual([[4193, 'Test/&Operational', 'pc1']]);
    expect(await ingest.rows('SELECT substring(Message, 1, 11) FROM DCRLogErrors')).toEqual([['EVTX record']]);
  }, 60_000);
});

const suite = fileURLToPath(new URL('../../../../../../../shared/suites/sigma', import.meta.url));
if (!existsSync(suite)) console.warn(`${suite} is not there: comparison of event logs skipped`);

interface SuiteEvent {
  readonly System: Readonly<Record<string, unknown>>;
  readonly EventData: Readonly<Record<string, unknown>>;
}

/** The suite’s converter fills hexadecimal numbers up with zeros; Windows, and agents on it, do not. */
const asWindows = (one: SuiteEvent): unknown =>
  JSON.parse(JSON.stringify(one).replaceAll(/"0x0*([0-9a-f]+)"/g, '"0x$1"'));

describe.skipIf(!existsSync(suite))('event logs of the Sigma project', () => {
  it('give the events that its own converter gave', async () => {
    const expected = new Map<string, unknown>();
    const key = ({ System }: SuiteEvent): string =>
      JSON.stringify([System['Computer'], System['Channel'], System['EventRecordID']]);
    for await (const path of glob(join(suite, 'regression/**/*.jsonl')))
      for (const line of (await readFile(path, 'utf8')).split('\n').filter((l) => l.trim() !== '')) {
        const one = JSON.parse(line) as SuiteEvent;
        expected.set(`${basename(path, '.jsonl')} ${key(one)}`, asWindows(one));
      }
    const logs = readdirSync(join(suite, 'regression-evtx'));
    expect(logs.length).toBeGreaterThanOrEqual(40);
    for (const name of logs) {
      const { events, broken } = read(readFileSync(join(suite, 'regression-evtx', name)), 7);
      expect(broken).toEqual([]);
      expect(events.length).toBeGreaterThan(0);
      for (const one of events as SuiteEvent[])
        expect(one).toEqual(expected.get(`${basename(name, '.evtx')} ${key(one)}`));
    }
  });
});
