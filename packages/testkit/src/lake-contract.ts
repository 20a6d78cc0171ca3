import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Column, Lake, LoadSegment, LoadStatement, SharedRows } from '@sallyport/lake';
import { startTestLake, type TestLake } from './lake.ts';

/** Every KQL type but the two that need care, by a custom table. */
export const contractColumns: readonly Column[] = [
  { name: 'S', type: 'string' },
  { name: 'B', type: 'bool' },
  { name: 'I', type: 'int' },
  { name: 'L', type: 'long' },
  { name: 'R', type: 'real' },
  { name: 'C', type: 'decimal' },
  { name: 'T', type: 'datetime' },
  { name: 'P', type: 'timespan' },
  { name: 'G', type: 'guid' },
  { name: 'D', type: 'dynamic' },
];

const names = contractColumns.map(({ name }) => name);
const copyAll = (table: string): LoadStatement => ({
  table,
  columns: names,
  select: (source) => `SELECT ${names.join(', ')} FROM ${source}`,
});

/** One JSON row and what is stored of it. */
const cases: readonly { readonly title: string; readonly json: string; readonly stored: readonly unknown[] }[] = [
  {
    title: 'each value in its own type',
    json: '{"S":"text","B":true,"I":5,"L":9007199254740993,"R":1.5,"C":"12.25","T":"2024-05-06T07:08:09.1234567Z","P":"1.02:03:04.5","G":"9D5B4B0E-3B8F-4A54-9C0E-0D3C3E0F7A11","D":{"a":[1,"x"]}}',
    stored: [
      'text',
      true,
      5,
      '9007199254740993',
      1.5,
      '12.25',
      '2024-05-06T07:08:09.1234567Z',
      937_845_000_000,
      '9d5b4b0e-3b8f-4a54-9c0e-0d3c3e0f7a11',
      '{"a":[1,"x"]}',
    ],
  },
  { title: 'nothing', json: '{}', stored: ['', null, null, null, null, null, null, null, null, ''] },
  {
    title: 'nulls',
    json: '{"S":null,"B":null,"I":null,"L":null,"R":null,"C":null,"T":null,"P":null,"G":null,"D":null}',
    stored: ['', null, null, null, null, null, null, null, null, ''],
  },
  {
    title: 'values of other types',
    json: '{"S":5,"B":"true","I":"7","L":"8","R":"2.5","C":3,"T":1714979289,"P":10,"D":"plain","Unknown":1}',
    stored: ['5', true, 7, '8', 2.5, '3', '2024-05-06T07:08:09.0000000Z', 10, null, '"plain"'],
  },
  {
    title: 'values that no conversion helps',
    json: '{"S":{"o":1},"B":"maybe","I":3000000000,"L":"x","R":"y","C":"z","T":"never","P":"?","G":"?","D":[1]}',
    stored: ['{"o":1}', null, null, null, null, null, null, null, null, '[1]'],
  },
  {
    title: 'text with quotes, line feeds and zero bytes',
    json: String.raw`{"S":"a\"b\\c\n\u0000'ÅΩ😀","D":"{\"k\":1}"}`,
    stored: ['a"b\\c\n\0\'ÅΩ😀', null, null, null, null, null, null, null, null, '{"k":1}'],
  },
];

/**
 * What every lake does alike, however it is reached: `file` (the engine reads the spool) and `body` (a remote engine gets the rows with the
 * request). Both must store the same rows.
 */
export function describeLakeContract(transport: 'file' | 'body'): void {
  describe(`a lake whose segments go by ${transport}`, () => {
    let test_: TestLake;
    let lake: Lake;

    beforeAll(async () => {
      test_ = await startTestLake();
      lake = await test_.connect({ transport, workspace: `contract_${transport}` });
    });
    afterAll(() => test_.stop());

    const segment = async (text: string, more: Partial<LoadSegment> = {}): Promise<LoadSegment> => {
      const id = randomUUID();
      const path = join(test_.spoolDir, id);
      await writeFile(path, text, { mode: 0o644 });
      return { id, path, reader: { kind: 'json', columns: contractColumns }, retry: false, ...more };
    };
    const table = async (): Promise<string> => {
      const name = `T${randomUUID().replaceAll('-', '')}_CL`;
      await lake.createTable({ name, columns: contractColumns });
      return name;
    };
    const stored = async (name: string): Promise<readonly (readonly unknown[])[]> => {
      const select = names.map((n) => (n === 'L' || n === 'C' ? `toString(${n}) AS ${n}` : n));
      return (await lake.query(`SELECT ${select.join(', ')} FROM ${name} ORDER BY _IngestedAt, S`)).rows;
    };

    test.each(cases)('stores $title', async ({ json, stored: expected }) => {
      const name = await table();
      const result = await lake.load(await segment(`${json}\n`), [copyAll(name)]);
      expect(result).toEqual({ rows: { [name]: 1 }, rejectedPayloads: 0 });
      expect(await stored(name)).toEqual([expected]);
    });

    test('one bad value makes null, and leaves the other rows as they are', async () => {
      const name = await table();
      await lake.load(await segment('{"S":"a","I":1}\n{"S":"b","I":"x"}\n{"S":"c","I":3}\n'), [copyAll(name)]);
      const result = await lake.query(`SELECT S, I FROM ${name} ORDER BY S`);
      expect(result.rows).toEqual([
        ['a', 1],
        ['b', null],
        ['c', 3],
      ]);
    });

    test('one segment fills several tables', async () => {
      const [one, two] = [await table(), await table()];
      const reader = { kind: 'lines' } as const;
      const result = await lake.load(await segment('alpha 1\n\nbeta 2\r\n', { reader }), [
        { table: one, columns: ['S'], select: (source) => `SELECT RawData FROM ${source}` },
        {
          table: two,
          columns: ['I', 'S'],
          select: (source) =>
            `SELECT toInt32OrNull(extract(RawData, '[0-9]+')), splitByChar(' ', RawData)[1] FROM ${source} WHERE startsWith(RawData, 'b')`,
        },
      ]);
      expect(result.rows).toEqual({ [one]: 2, [two]: 1 });
      expect((await lake.query(`SELECT I, S FROM ${two}`)).rows).toEqual([[2, 'beta']]);
    });

    test('statements over shared rows read the same rows, and leave nothing behind', async () => {
      const [one, two] = [await table(), await table()];
      const over: SharedRows = {
        columns: [
          { name: 'Word', type: 'string' },
          { name: 'Random', type: 'long' },
        ],
        select: (source) => `SELECT splitByChar(' ', RawData)[1] AS Word, toInt64(rand()) AS Random FROM ${source}`,
      };
      const statements = [one, two].map((name): LoadStatement => ({
        table: name,
        columns: ['S', 'L'],
        select: (source) => `SELECT Word, Random FROM ${source} WHERE Word != 'gamma'`,
        over,
      }));
      const reader = { kind: 'lines' } as const;
      const result = await lake.load(await segment('alpha 1\nbeta 2\ngamma 3\n', { reader }), statements);
      expect(result.rows).toEqual({ [one]: 2, [two]: 2 });
      const words = (name: string) => lake.query(`SELECT groupArray(S) FROM (SELECT S FROM ${name} ORDER BY S)`);
      expect((await words(one)).rows).toEqual([[['alpha', 'beta']]]);
      expect((await words(two)).rows).toEqual([[['alpha', 'beta']]]);
      expect((await lake.query(`SELECT count() FROM system.tables WHERE database LIKE '% segments'`)).rows).toEqual([
        [0],
      ]);
    });

    test('JSON objects whole, in lines, with commas, in an array', async () => {
      const name = await table();
      const reader = { kind: 'jsonObjects' } as const;
      const statement: LoadStatement = {
        table: name,
        columns: ['S'],
        select: (source) => `SELECT JSONExtractString(RawData, 'k') FROM ${source}`,
      };
      await lake.load(await segment('{"k":"a"}\n{"k":\n"b"}\n', { reader }), [statement]);
      await lake.load(await segment('{"k":"c"},{"k":"d"}', { reader }), [statement]);
      await lake.load(await segment('[{"k":"e"},\n{"k":"f"}]', { reader }), [statement]);
      expect((await lake.query(`SELECT groupArray(S) FROM (SELECT S FROM ${name} ORDER BY S)`)).rows).toEqual([
        [['a', 'b', 'c', 'd', 'e', 'f']],
      ]);
    });

    test('a malformed payload is set apart, and the others are stored', async () => {
      const [name, errors] = [await table(), await table()];
      const payloads = ['{"S":"a"}\n{"S":"b"}', '{"S":"c"', '{"S":"d"}', 'not json', '{"S":"e"}'];
      let offset = 0;
      const ranges = payloads.map((payload) => {
        const range = { offset, length: payload.length };
        offset += payload.length + 1;
        return range;
      });
      const bad = await segment(`${payloads.join('\n')}\n`, { payloads: () => Promise.resolve(ranges) });
      const result = await lake.load(bad, [
        copyAll(name),
        {
          table: errors,
          columns: ['S', 'D'],
          reads: 'rejected',
          select: (source) => `SELECT trim(BOTH '\\n' FROM RawData), toJSONString(ErrorMessage) FROM ${source}`,
        },
      ]);
      expect(result).toEqual({ rows: { [name]: 4, [errors]: 2 }, rejectedPayloads: 2 });
      expect(new Set((await stored(name)).map(([s]) => s))).toEqual(new Set(['a', 'b', 'd', 'e']));
      expect((await lake.query(`SELECT S FROM ${errors} ORDER BY S`)).rows).toEqual([['not json'], ['{"S":"c"']]);
    });

    test('a segment loaded again with `retry` is stored once', async () => {
      const name = await table();
      const text = Array.from({ length: 1_000 }, (_, i) => `{"S":"${i}","I":${i}}`).join('\n');
      const first = await segment(text);
      await lake.load(first, [copyAll(name)]);
      await lake.load({ ...first, retry: true }, [copyAll(name)]);
      await lake.load({ ...first, retry: true }, [copyAll(name)]);
      expect((await lake.query(`SELECT count(), uniqExact(I) FROM ${name}`)).rows).toEqual([[1_000, 1_000]]);
    });

    test('a load that fails leaves no row behind', async () => {
      const name = await table();
      const text = Array.from({ length: 200_000 }, (_, i) => `{"I":${i}}`).join('\n');
      const failing: LoadStatement = {
        table: name,
        columns: ['I'],
        select: (source) => `SELECT I + throwIf(I = 199999, 'the transform gives up') FROM ${source}`,
      };
      await expect(lake.load(await segment(text), [copyAll(name), failing])).rejects.toMatchObject({
        code: 'InvalidQuery',
      });
      expect((await lake.query(`SELECT count() FROM ${name}`)).rows).toEqual([[0]]);
    });

    test('insertRows stores objects once a segment id, in the types of the table', async () => {
      const name = await table();
      const id = randomUUID();
      const rows = [{ S: 'x', T: new Date(Date.UTC(2024, 0, 1)), D: { a: 1 }, L: 2n ** 60n, P: 25 }];
      await lake.insertRows(name, rows, { segmentId: id });
      await lake.insertRows(name, rows, { segmentId: id, retry: true });
      const result = await lake.query(`SELECT S, T, D, toString(L), P, Type FROM ${name}`);
      expect(result.rows).toEqual([['x', '2024-01-01T00:00:00.0000000Z', '{"a":1}', String(2n ** 60n), 25, name]]);
    });

    test('a row with every column of a wide table', async () => {
      const { columns } = lake.catalogue.get('SecurityEvent')!;
      const row = Object.fromEntries(columns.map((c) => [c.name, c.type === 'string' ? 'x' : null]));
      await lake.insertRows('SecurityEvent', [row]);
      expect((await lake.query('SELECT count(), any(AccountName) FROM SecurityEvent')).rows).toEqual([[1, 'x']]);
    });

    test('limits: time and memory fail, rows and bytes cut and say so', async () => {
      await expect(
        lake.query('SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1', {
          limits: { seconds: 0.3 },
        }),
      ).rejects.toMatchObject({ code: 'QueryLimitExceeded' });
      await expect(
        lake.query('SELECT groupArray(number) FROM numbers(100000000)', { limits: { memoryBytes: 20_000_000 } }),
      ).rejects.toMatchObject({ code: 'QueryLimitExceeded' });
      const rows = await lake.query('SELECT number FROM numbers(100000)', { limits: { rows: 10 } });
      expect(rows.rows).toHaveLength(10);
      expect(rows.partial?.reason).toContain('10 rows');
      const bytes = await lake.query('SELECT number FROM numbers(10000)', { limits: { bytes: 40_000 } });
      expect(bytes.partial?.reason).toContain('40000 bytes');
      const exact = await lake.query('SELECT number FROM numbers(10)', { limits: { rows: 10 } });
      expect(exact.partial).toBeUndefined();
      // 2 GB, of which no more than the limit is ever held here.
      const large = await lake.query("SELECT repeat('x', 1000) FROM numbers(2000000)", {
        limits: { bytes: 5_000_000 },
      });
      expect(large.rows.length).toBeGreaterThan(4_500);
      expect(large.rows.length).toBeLessThan(5_000);
      expect(large.statistics.rowsRead).toBeGreaterThan(5_000);
      expect(large.partial?.reason).toContain('5000000 bytes');
    });

    test('a query can be cancelled by its signal and by its id', async () => {
      const endless = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1';
      await expect(lake.query(endless, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
        name: 'TimeoutError',
      });
      const queryId = randomUUID();
      const running = lake.query(endless, { queryId }).catch((error: unknown) => error);
      await new Promise((settle) => setTimeout(settle, 200));
      await lake.kill(queryId);
      expect(await running).toMatchObject({ code: 'QueryLimitExceeded' });
    });

    test('a query has no right to write, to set, or to reach outside', async () => {
      const name = await table();
      for (const sql of [
        `DROP TABLE ${name}`,
        `INSERT INTO ${name} (S) VALUES ('x')`,
        'SET max_threads = 1',
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        `SELECT * FROM file('${test_.spoolDir}/x', 'LineAsString')`,
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        'SELECT 1; SELECT 2',
        "SELECT 1 INTO OUTFILE '/tmp/x'",
      ])
        expect({ sql, error: await lake.query(sql).catch((error: unknown) => error) }).toMatchObject({
          sql,
          error: { code: 'InvalidQuery' },
        });
    });

    test('parameters, settings at the end, a stream of rows', async () => {
      const result = await lake.query(
        "SELECT {x:String} AS x, getSetting('max_block_size') SETTINGS max_block_size = 7",
        {
          params: { x: "it's {here}" },
        },
      );
      expect(result.rows).toEqual([["it's {here}", 7]]);
      const stream = await lake.stream('SELECT number, toString(number) FROM numbers(300000)');
      let lines = 0;
      for await (const chunk of stream as AsyncIterable<Buffer>) lines += chunk.toString().split('\n').length - 1;
      expect(lines).toBe(300_000);
    });

    test('a table of the catalogue is there when it is first read', async () => {
      expect((await lake.query('SELECT count() FROM DeviceProcessEvents')).rows).toEqual([[0]]);
      const [row] = (await lake.query('SELECT count() FROM AuditLogs', { tables: ['AuditLogs'] })).rows;
      expect(row).toEqual([0]);
      await expect(lake.query('SELECT count() FROM NoSuchTable')).rejects.toMatchObject({ code: 'InvalidQuery' });
    });

    test('tableInfo tells rows, size and times', async () => {
      const name = await table();
      await lake.load(await segment('{"S":"a"}\n{"S":"b"}'), [
        {
          table: name,
          columns: ['TimeGenerated'],
          select: (source) => `SELECT toDateTime64('2001-02-03 04:05:06', 7, 'UTC') FROM ${source}`,
        },
      ]);
      const info = (await lake.tableInfo()).find((t) => t.name === name);
      expect(info).toMatchObject({
        custom: true,
        rows: 2,
        retentionDays: 90,
        firstRowAt: '2001-02-03T04:05:06.0000000Z',
      });
      expect(info?.bytesOnDisk).toBeGreaterThan(0);
    });
  });
}
