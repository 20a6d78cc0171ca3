import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSources, shippedSources, type LoadedSources } from '../../sources/load.ts';
import { startTestIngest, type TestIngest } from '../../testing/core.ts';
import type { FileResult } from '../import.ts';
import { csvFormOf, csvListOf, csvSplitter } from './csv.ts';
import { isoOfPortalTime } from './times.ts';

let test: TestIngest;
beforeAll(async () => {
  // Few sources: what ships would make each import compile for seconds.
  const shipped = await loadSources(shippedSources);
  const sources: LoadedSources = { ...shipped, sources: shipped.sources.filter(({ id }) => id === 'generic-json') };
  test = await startTestIngest({ sources });
});
afterAll(() => test[Symbol.asyncDispose]());

let files = 0;
async function importText(name: string, text: string): Promise<FileResult> {
  const path = join(test.folder, `${files++}.tmp`);
  await writeFile(path, text);
  const { files: results } = await test.core.importer.importPath(path, { name });
  const [result] = results;
  if (result === undefined) throw new Error('no result');
  return result;
}
const select = (columns: string, table: string, { segmentIds }: FileResult) =>
  test.rows(`SELECT ${columns} FROM ${table} WHERE _SegmentId IN ('${segmentIds.join("','")}') ORDER BY 1`);

describe('a list', () => {
  it.each([
    [
      'networks.csv',
      '\u{feff}192.0.2.0/24\r\n198.51.100.0/24\r\n',
      ['{"Column1":"192.0.2.0\\/24"}', '{"Column1":"198.51.100.0\\/24"}'],
    ],
    ['processes.csv', 'Process\nAt.exe\nExecute\n', ['{"Process":"At.exe"}', '{"Process":"Execute"}']],
    ['pairs.tsv', '1\tone, a\n2\ttwo\n', ['{"Column1":"1","Column2":"one, a"}', '{"Column1":"2","Column2":"two"}']],
  ])('%s is kept as events, of which no line is lost', async (name, text, events) => {
    const result = await importText(name, text);
    expect(result).toMatchObject({ source: 'generic-json', rows: 2, unparsed: 0 });
    const kept = await select('Event', 'GenericEvents_CL', result);
    expect(kept.map(([event]) => JSON.parse(String(event)))).toEqual(events.map((event) => JSON.parse(event)));
  });

  it('is no text of another name, nor rows of many lengths', async () => {
    expect(await importText('notes.txt', 'a\nb\n')).toMatchObject({ source: null, unparsed: 2 });
    expect(csvListOf('a,b\nc\nd,e,f\ng,h,i,j\n', true)).toBeUndefined();
  });
});

describe('an export of a table', () => {
  it('as CSV of the portal gives its rows: zones in names, times as people write them, numbers as texts', async () => {
    const result = await importText(
      'query_data.csv',
      '\u{feff}TenantId,"TimeGenerated [UTC]",DeviceVendor,SourcePort,Message,Odd,Type\r\n' +
        'x,"2/4/2021, 11:57:45.162 PM",Acme,443,"two\r\nlines, ""quoted""",1,CommonSecurityLog\r\n' +
        'x,"12/13/2021, 12:00:00.000 AM",Acme,,,,CommonSecurityLog\r\n',
    );
    expect(result).toMatchObject({ source: 'CommonSecurityLog', rows: 2, unparsed: 0 });
    expect(result.message).toBe('columns that the table has not were left out: Odd');
    expect(await select('toString(TimeGenerated), SourcePort, Message', 'CommonSecurityLog', result)).toEqual([
      ['2021-02-04 23:57:45.1620000', 443, 'two\r\nlines, "quoted"'],
      ['2021-12-13 00:00:00.0000000', null, ''],
    ]);
  });

  it('tells by its numbers whether days come first', async () => {
    const row = (day: string) => ({ 'TimeGenerated [UTC]': `${day}/11/2021, 9:07:56.643 pm`, Type: 'Syslog' });
    const result = await importText('a.json', JSON.stringify([row('16'), row('5')]));
    expect(await select('toString(toDate(TimeGenerated))', 'Syslog', result)).toEqual([['2021-11-05'], ['2021-11-16']]);
  });

  it('makes the custom table that it names, and gives it columns that a later file brings', async () => {
    const one = await importText(
      'x.csv',
      'TimeGenerated,name_s,count_d,seen_t,Type\n2021-01-02T03:04:05Z,a,7,2021-01-01T00:00:00Z,Mine_CL\n',
    );
    expect(one).toMatchObject({ source: 'Mine_CL', rows: 1, unparsed: 0 });
    const two = await importText(
      'y.json',
      JSON.stringify([{ TimeGenerated: '2021-01-02', Type: 'Mine_CL', name_s: 'b', more_b: true, bag: { a: 1 } }]),
    );
    expect(two.message).toBeUndefined();
    expect(await select('name_s, count_d, toString(seen_t), more_b, bag', 'Mine_CL', one)).toEqual([
      ['a', 7, '2021-01-01 00:00:00.0000000', null, ''],
    ]);
    expect(await select('name_s, more_b, bag', 'Mine_CL', two)).toEqual([['b', true, '{"a":1}']]);
    const lake = test.lake.lake.catalogue.get('Mine_CL');
    expect(lake?.columns.map((c) => `${c.name} ${c.type}`)).toContain('seen_t datetime');
  });
});

describe('records of a vendor', () => {
  it('in a file named after a table become its rows, as the Data Collector API would store them', async () => {
    const record = { createdAt: '2021-03-29T10:20:00.423Z', activityType: 27, data: { role: 'Admin' } };
    const result = await importText('in/SentinelOne_CL.json', JSON.stringify([record]));
    expect(result).toMatchObject({ source: 'SentinelOne_CL', rows: 1, unparsed: 0 });
    expect(result.message).toBeUndefined();
    // `data_s` is none of the shipped columns: the table was given it.
    expect(await select('toString(TimeGenerated), activityType_d, data_s', 'SentinelOne_CL', result)).toEqual([
      ['2021-03-29 10:20:00.4230000', 27, '{"role":"Admin"}'],
    ]);
  });

  it('of no known kind are kept as events, CSV and JSON alike; a table that is nobody’s to write as well', async () => {
    const csv = await importText(
      'ioc.csv',
      'Date,IoC,Kind\n4/12/2022,evil.example,domain\n4/13/2022,bad.example,domain\n',
    );
    expect(csv).toMatchObject({ source: 'generic-json', rows: 2, unparsed: 0 });
    expect(csv.message).toContain('GenericEvents_CL');
    expect((await select('Event', 'GenericEvents_CL', csv))[0]).toEqual([
      '{"Date":"4\\/12\\/2022","IoC":"evil.example","Kind":"domain"}'.replaceAll('\\/', '/'),
    ]);
    const forged = await importText(
      'forged.json',
      JSON.stringify([{ TimeGenerated: '2021-01-01', Type: 'SecurityIncident', Title: 'x' }]),
    );
    expect(forged).toMatchObject({ source: 'generic-json', rows: 1 });
  });
});

describe('CSV', () => {
  const records = (text: string, pieces: number): string[] => {
    const form = csvFormOf(text, true);
    if (form === undefined) throw new Error('no CSV');
    const seen: string[] = [];
    const splitter = csvSplitter(form)((record, broken) =>
      seen.push(`${broken ? '!' : ''}${Buffer.from(record).toString()}`),
    );
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += pieces) splitter.push(bytes.subarray(at, at + pieces));
    splitter.end();
    return seen;
  };

  it.each([1, 3, 1_000])('is cut at the ends of records, not inside quotes (in pieces of %i)', (pieces) => {
    const text = 'a;b\n1;"x\ny;z"\n2;é\n;\n3;a"b\n4;5;6\n5;"cut';
    expect(records(text, pieces)).toEqual([
      '{"a":"1","b":"x\\ny;z"}',
      '{"a":"2","b":"é"}',
      '{"a":"3","b":"a\\"b"}',
      '!4;5;6',
      '!5;"cut',
    ]);
  });

  it.each([
    'what is this\nand this\n',
    'Hello, world\nthis, is\n, prose, with, commas\nand, more\nlines\n',
    'a,a\n1,2\n',
    '1.2.3.4,x\n5.6.7.8,y\n',
  ])('is not seen in %j', (text) => expect(csvFormOf(text, true)).toBeUndefined());

  it('does not let a quote that never closes take the rest of the file', () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => `${i},some text of a row`);
    const lost = records(['a,b', ...rows.slice(0, 100), '"open,x', ...rows, ...rows.slice(100)].join('\n'), 65_536);
    const good = lost.filter((record) => !record.startsWith('!'));
    expect(good.length).toBeGreaterThan(60_000);
    expect(lost.length).toBe(1 + 60_000 + 60_000);
  });
});

it.each([
  ['12/7/2020, 10:40:12.774 AM', false, '2020-12-07T10:40:12.774Z'],
  ['12/7/2020, 12:00:00 AM', false, '2020-12-07T00:00:00.0Z'],
  ['16/11/2021, 9:07:56.643 pm', true, '2021-11-16T21:07:56.643Z'],
  ['4/12/2022', false, '2022-04-12T00:00:00.0Z'],
  ['13/13/2022', false, undefined],
  ['2022-01-01', false, undefined],
])('the time %s is read (days first: %s)', (text, dayFirst, iso) => {
  expect(isoOfPortalTime(text, dayFirst)).toBe(iso);
});
