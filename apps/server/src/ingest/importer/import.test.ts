import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadedSources } from '../sources/load.ts';
import { SourceFile } from '../sources/schema.ts';
import { startTestIngest, type TestIngest } from '../testing/core.ts';
import type { FileResult } from './import.ts';

let test: TestIngest;

/** Two small sources of the test's own: what ships would make each import compile for seconds. */
function sources(): LoadedSources {
  const source = (id: string, stream: object, transform: string) => {
    const parsed = SourceFile.parse({ id, name: id, vendor: 'Test', product: 'Test', streams: [stream] });
    const streams = parsed.streams.map((s) => ({
      ...s,
      flows: s.flows.map(({ table, transform: file }) => ({ table, file, transform })),
    }));
    return { ...parsed, folder: id, streams };
  };
  const flows = [{ table: 'Syslog', transform: 'a.kql' }];
  const project = 'project TimeGenerated = todatetime(At), SyslogMessage = Text';
  return {
    problems: [],
    sources: [
      source(
        'test-json',
        {
          name: 'Custom-TestJson',
          format: 'jsonObjects',
          recognise: [{ json: ['event.id'] }],
          accept: 'isnotempty(tostring(RawData.event.id))',
          flows,
        },
        `source\n| extend At = tostring(RawData.at), Text = tostring(RawData.event.id)\n| ${project}`,
      ),
      source(
        'test-lines',
        {
          name: 'Custom-TestLines',
          format: 'lines',
          recognise: [{ line: '^LOG ' }],
          accept: "RawData startswith 'LOG '",
          flows,
        },
        `source\n| extend At = '2026-01-01', Text = RawData\n| ${project}`,
      ),
      source(
        'test-joined',
        {
          name: 'Custom-TestJoined',
          format: 'lines',
          recognise: [{ line: '^ENTRY \\d+\\n' }],
          begins: '(^|\\n)ENTRY \\d+$',
          accept: "RawData startswith 'ENTRY '",
          flows,
        },
        `source\n| extend At = '2026-01-02', Text = RawData\n| ${project}`,
      ),
    ],
  };
}

beforeAll(async () => {
  test = await startTestIngest({ sources: sources() });
});
afterAll(() => test[Symbol.asyncDispose]());

let files = 0;
async function importBytes(bytes: Uint8Array | string, name = 'x.log'): Promise<FileResult> {
  const path = join(test.folder, `${files++}-${name}`);
  await writeFile(path, bytes);
  const {
    files: [result],
  } = await test.core.importer.importPath(path, { name });
  if (result === undefined) throw new Error('no result');
  return result;
}

/** Messages stored by a file, in order. */
const messages = async ({ segmentIds }: FileResult): Promise<unknown> =>
  (
    await test.rows(`SELECT SyslogMessage FROM Syslog WHERE _SegmentId IN ('${segmentIds.join("','")}') ORDER BY 1`)
  ).flat();
const refused = async ({ segmentIds }: FileResult): Promise<unknown> =>
  (
    await test.rows(`SELECT Message FROM DCRLogErrors WHERE _SegmentId IN ('${segmentIds.join("','")}') ORDER BY 1`)
  ).flat();

const event = (id: string) => JSON.stringify({ at: '2026-01-02T03:04:05Z', event: { id } });

/** A zip, as `zip` makes it; `declared` lies about the unpacked size. */
function zipOf(entries: readonly { name: string; bytes: Buffer; declared?: number }[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, declared } of entries) {
    const packed = deflateRawSync(bytes);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(8, 4);
    shared.writeUInt32LE(crc32(bytes), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(declared ?? bytes.length, 18);
    shared.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('504b0304', 'hex'), shared, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('504b01021400', 'hex'), shared, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('504b0506', 'hex');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

describe('a file', () => {
  it.each([
    ['JSON lines', `${event('a')}\n\n${event('b')}\n`],
    ['JSON lines with CRLF and a byte order mark', `\u{feff}${event('a')}\r\n${event('b')}\r\n`],
    ['a JSON array', `[${event('a')},\n ${event('b')}]`],
    [
      'an indented JSON array',
      JSON.stringify(
        [event('a'), event('b')].map((e) => JSON.parse(e) as unknown),
        undefined,
        2,
      ),
    ],
    ['objects one after another', `${event('a')}${event('b')}`],
    ['one object that wraps them', `{"meta":1,"Records":[${event('a')},${event('b')}]}`],
  ])('of %s is recognised and stored', async (_, text) => {
    const result = await importBytes(text);
    expect(result).toMatchObject({ source: 'test-json', rows: 2, unparsed: 0 });
    expect(await messages(result)).toEqual(['a', 'b']);
  });

  it('of UTF-16, as Windows tools write it, is read', async () => {
    const text = `\u{feff}LOG één\r\nLOG two\r\n`;
    const result = await importBytes(Buffer.from(text, 'utf16le'));
    expect(result).toMatchObject({ source: 'test-lines', rows: 2, unparsed: 0 });
    expect(await messages(result)).toEqual(['LOG two', 'LOG één']);
  });

  it('whose records have several lines is read record by record', async () => {
    const result = await importBytes('made by test\nENTRY 1\n"one"\nENTRY 2\ntwo\\\n');
    expect(result).toMatchObject({ source: 'test-joined', rows: 2, unparsed: 1 });
    expect(await messages(result)).toEqual(['ENTRY 1\n"one"', 'ENTRY 2\ntwo\\']);
  });

  it('packed with gzip is unpacked', async () => {
    expect(await importBytes(gzipSync('LOG a\nLOG b\n'), 'x.log.gz')).toMatchObject({ rows: 2, unparsed: 0 });
  });

  it('keeps lines that its stream does not accept', async () => {
    const result = await importBytes(`${event('a')}\n{"event":{"id":""}}\nnot json\n${event('b')}\n${event('c')}\n`);
    expect(result).toMatchObject({ source: 'test-json', rows: 3, unparsed: 2 });
    expect(await refused(result)).toEqual(['not json', '{"event":{"id":""}}']);
    const [row] = await test.rows(
      `SELECT InputStreamId, OperationName, CorrelationId FROM DCRLogErrors WHERE Message = 'not json'`,
    );
    expect(row).toEqual(['Custom-TestJson', 'Parse', 'x.log']);
  });

  it('keeps the members beside a number that the engine has no place for', async () => {
    const line = (id: string, value: string) =>
      `{"n":{"v":[${value}]},"at":"2026-01-02T03:04:05Z","event":{"id":"${id}"}}`;
    const hostile = [line('a', '1e999'), line('b', '-99999999999999999999'), line('c', '"\\ud800"'), line('d', '7')];
    const none = '{"event":{"id":"e"},"n":99999999999999999999';
    const result = await importBytes([...hostile, none].join('\n'));
    expect(await messages(result)).toEqual(['a', 'b', 'c', 'd']);
    expect(await refused(result)).toEqual([none]);
  });
  it('of an unknown format has all its lines kept as refused', async () => {
    const result = await importBytes('what is this\nand this\n');
    expect(result).toMatchObject({ source: null, rows: 0, unparsed: 2, message: 'no source recognises it' });
    expect(await refused(result)).toEqual(['and this', 'what is this']);
  });

  it('with a line that is too long keeps its beginning, as refused', async () => {
    const long = `LOG ${'x'.repeat(3 * 1024 * 1024)}`;
    const result = await importBytes(`LOG a\n${long}\nLOG b\n`);
    expect(result).toMatchObject({ rows: 2, unparsed: 1 });
    expect(await refused(result)).toEqual([long.slice(0, 32 * 1024)]);
  });

  it('with bytes that are not UTF-8 is stored with marks in their place', async () => {
    const result = await importBytes(
      Buffer.concat([Buffer.from('LOG a'), Buffer.from([0xff, 0xfe]), Buffer.from('b\nLOG c\n')]),
    );
    expect(result).toMatchObject({ rows: 2, unparsed: 0 });
    expect(await messages(result)).toEqual(['LOG a\ufffd\ufffdb', 'LOG c']);
  });

  it.each([
    ['d4c3b2a1020004000000', 'packet capture'],
    ['000102030405060708090a0b', 'binary'],
  ])('of bytes %s is named, and not made into rows', async (hex, message) => {
    const result = await importBytes(Buffer.from(hex, 'hex'));
    expect(result).toMatchObject({ source: null, rows: 0, unparsed: 0 });
    expect(result.message).toContain(message);
  });

  it('that is empty has no rows', async () => {
    expect(await importBytes('')).toMatchObject({ source: null, rows: 0, unparsed: 0 });
  });

  it('can be given its source', async () => {
    const path = join(test.folder, 'pinned.log');
    await writeFile(path, 'something\nLOG else\n');
    const {
      files: [result],
    } = await test.core.importer.importPath(path, { source: 'test-lines' });
    expect(result).toMatchObject({ source: 'test-lines', rows: 1, unparsed: 1 });
    await expect(test.core.importer.importPath(path, { source: 'nothing' })).rejects.toThrow('no source is named');
  });
});

describe('a file of JSON objects', () => {
  it('may hold the rows of a table, as its column Type says, or its columns alone', async () => {
    const row = { TimeGenerated: '2026-01-05T10:11:12Z', UserPrincipalName: 'anna@example.com', ResultType: '0' };
    const typed = await importBytes(
      lines([
        { ...row, Type: 'SigninLogs' },
        { ...row, Type: 'SigninLogs' },
      ]),
    );
    expect(typed).toMatchObject({ source: 'SigninLogs', rows: 2, unparsed: 0 });
    const told = { ...row, AppDisplayName: 'Portal', RiskLevel: 'none', FlaggedForReview: false };
    expect(await importBytes(JSON.stringify([told]))).toMatchObject({ source: 'SigninLogs', rows: 1 });
    // Sallyport's own tables are nobody's to write, and a few common names are no table.
    expect(await importBytes(lines([{ ...row, Type: 'SecurityIncident' }]))).toMatchObject({ source: null, rows: 0 });
    expect(await importBytes(lines([{ TimeGenerated: row.TimeGenerated }]))).toMatchObject({ source: null, rows: 0 });
  });

  it('may hold a batch of records on each line', async () => {
    const batch = (...ids: number[]) => ({ records: ids.map((id) => ({ at: '2026-01-05', event: { id } })) });
    const result = await importBytes(lines([batch(1, 2), batch(3), batch()]));
    expect(result).toMatchObject({ source: 'test-json', rows: 3, unparsed: 0 });
  });
});

const lines = (objects: readonly object[]): string => objects.map((o) => JSON.stringify(o)).join('\n');

describe('archives and folders', () => {
  it('reads the files of a zip, but no zip inside it', async () => {
    const inner = zipOf([{ name: 'c.log', bytes: Buffer.from('LOG c') }]);
    const zip = zipOf([
      { name: 'a.json', bytes: Buffer.from(event('a')) },
      { name: '__MACOSX/._a.json', bytes: Buffer.from([0, 1, 2]) },
      { name: 'd/b.log.gz', bytes: gzipSync('LOG b') },
      { name: 'inner.zip', bytes: inner },
    ]);
    const path = join(test.folder, 'z.zip');
    await writeFile(path, zip);
    const { files: results } = await test.core.importer.importPath(path);
    expect(results.map(({ file, source, rows, message }) => [file, source, rows, message])).toEqual([
      ['z.zip/a.json', 'test-json', 1, undefined],
      ['z.zip/d/b.log.gz', 'test-lines', 1, undefined],
      ['z.zip/inner.zip', null, 0, 'a zip inside a zip, which is not opened'],
    ]);
  });

  it('survives a zip that lies about its sizes, and one that is cut off', async () => {
    const lying = zipOf([{ name: 'a.log', bytes: Buffer.from('LOG a\n'.repeat(100_000)), declared: 10 }]);
    expect((await importBytes(lying, 'lying.zip')).message).toMatch(/too many bytes/);
    expect((await importBytes(lying.subarray(0, 100), 'cut.zip')).message).toMatch(/zip/);
  });

  it('reads a gzip that is cut off up to there', async () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `LOG ${i * 7_919}`).join('\n');
    const packed = gzipSync(text);
    const result = await importBytes(packed.subarray(0, packed.length / 2), 'cut.gz');
    expect(result.rows).toBeGreaterThan(0);
    expect(
      await test.rows(`SELECT count() FROM Syslog WHERE _SegmentId IN ('${result.segmentIds.join("','")}')`),
    ).toEqual([[result.rows]]);
  });

  it('counts each file of a folder by itself, and says which are about the others and not read', async () => {
    const folder = join(test.folder, 'folder');
    await mkdir(join(folder, 'sub'), { recursive: true });
    await writeFile(join(folder, 'README.md'), 'about');
    await writeFile(join(folder, 'a.log'), 'LOG 1\nLOG 2\nbad\n');
    // A log of Zeek, whatever its name means elsewhere.
    await writeFile(join(folder, 'sub', 'notice.log'), 'LOG 3\n');
    const { files: results, rows, range } = await test.core.importer.importPath(folder);
    expect(results.map(({ file, rows: stored, unparsed }) => [file, stored, unparsed])).toEqual([
      ['README.md', 0, 0],
      ['a.log', 2, 1],
      ['sub/notice.log', 1, 0],
    ]);
    expect(results[0]?.message).toMatch('about other files');
    expect(rows).toEqual({ Syslog: 3, DCRLogErrors: 1 });
    expect(range).toEqual({ from: new Date('2026-01-01'), to: new Date('2026-01-01') });
    expect(results[1]?.segmentIds).not.toEqual(results[2]?.segmentIds);
  });

  it('throws for a path that is not there', async () => {
    await expect(test.core.importer.importPath(join(test.folder, 'nowhere'))).rejects.toThrow('ENOENT');
  });
});

it('never fails and never loses count, whatever the bytes', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('LOG a', '\n', '\r\n', '[', '{', '}', ']', ',', '"', '\t', event('z'), '\u{feff}')
      .map((s) => Buffer.from(s)),
  );
  const inputs = fc.sample(
    fc.array(piece, { maxLength: 12 }).map((parts) => Buffer.concat(parts)),
    { numRuns: 60, seed: 7 },
  );
  const folder = join(test.folder, 'soup');
  await mkdir(folder);
  await Promise.all(inputs.map((bytes, i) => writeFile(join(folder, `${String(i).padStart(3, '0')}.bin`), bytes)));
  const { files: results, rows } = await test.core.importer.importPath(folder);
  expect(results).toHaveLength(inputs.length);
  const sum = (of: (r: FileResult) => number) => results.reduce((total, r) => total + of(r), 0);
  expect(sum((r) => r.rows)).toBe(rows['Syslog'] ?? 0);
  expect(sum((r) => r.unparsed)).toBe(rows['DCRLogErrors'] ?? 0);
  // Other framings have a test of their own; a file read by line must have each of its lines.
  const isByLine = ({ source, message = '' }: FileResult): boolean =>
    source === 'test-lines' || (source === null && ['', 'no source recognises it'].includes(message));
  const byLine = results.flatMap((r, i) => (isByLine(r) ? [[r, inputs[i]] as const] : []));
  const lines = (bytes: Buffer | undefined): number =>
    (bytes ?? Buffer.alloc(0))
      .toString('latin1')
      .replace(/^\xef\xbb\xbf/, '')
      .split('\n')
      .filter((line) => /[^ \t\r]/.test(line)).length;
  expect(byLine.map(([r]) => r.rows + r.unparsed)).toEqual(byLine.map(([, bytes]) => lines(bytes)));
  expect(byLine.length).toBeGreaterThan(3);
});

const shared = fileURLToPath(new URL('../../../../../../shared/data/', import.meta.url));
it.runIf(existsSync(shared))('passes over no file of the attack samples', async () => {
  // Without their source, each event is kept as refused: 277 files, 8,235 events.
  const { files: results } = await test.core.importer.importPath(join(shared, 'evtx-attack-samples'));
  expect(results.filter(({ message }) => message?.includes('about other files') !== true)).toHaveLength(277);
  expect(results.reduce((sum, r) => sum + r.unparsed, 0)).toBe(8_235);
});
if (!existsSync(shared)) console.warn('importer: ../shared/data is not there; the attack samples were skipped');
