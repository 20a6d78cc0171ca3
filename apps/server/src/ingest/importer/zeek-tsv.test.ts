import { describe, expect, it } from 'vitest';
import { shippedSources, loadSources } from '../sources/load.ts';
import { recognise } from '../sources/recognise.ts';
import { framingsOf } from './kind.ts';
import { zeekTsvSplitter } from './zeek-tsv.ts';

const header = [
  '#separator \\x09',
  '#set_separator\t,',
  '#empty_field\t(empty)',
  '#unset_field\t-',
  '#path\tconn',
  '#open\t2026-01-01-00-00-00',
  '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tlocal_orig\ttunnel_parents\thistory',
  '#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tbool\tset[string]\tstring',
];
const row = '1767225600.125\tC1\t10.1.2.3\t50123\t203.0.113.80\t443\ttcp\t-\tT\t(empty)\tSh\\x09A';

function recordsOf(lines: readonly string[], size = 11): string[] {
  const records: string[] = [];
  const splitter = zeekTsvSplitter((record, broken) =>
    records.push((broken ? '!' : '') + Buffer.from(record).toString()),
  );
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
  splitter.end();
  return records;
}

describe('zeekTsvSplitter', () => {
  it('makes of each line the object that Zeek would write as JSON', () => {
    const [record = ''] = recordsOf([...header, row, '#close\t2026-01-01-01-00-00']);
    expect(JSON.parse(record)).toEqual({
      _path: 'conn',
      ts: 1767225600.125,
      uid: 'C1',
      'id.orig_h': '10.1.2.3',
      'id.orig_p': 50123,
      'id.resp_h': '203.0.113.80',
      'id.resp_p': 443,
      proto: 'tcp',
      local_orig: true,
      tunnel_parents: [],
      history: 'Sh\tA',
    });
  });

  it('splits sets, and leaves what is no number a text', () => {
    const lines = ['#separator \\x7c', '#set_separator|;', '#fields|a|b', '#types|set[count]|count', '1;2|x'];
    expect(recordsOf(lines)).toEqual(['{"a":[1,2],"b":"x"}']);
  });

  it('keeps lines that do not fit the header as broken, and goes on', () => {
    expect(recordsOf([...header, 'one\ttwo', row])).toEqual(['!one\ttwo', expect.stringContaining('"uid":"C1"')]);
    expect(recordsOf(['#separator \\x09', row])).toEqual([`!${row}`]);
  });

  it('takes a field by the name of an object’s own for nothing else', () => {
    expect(recordsOf(['#separator \\x09', '#fields\t__proto__\tx', '#types\tstring\tstring', 'a\tb'])).toEqual([
      '{"__proto__":"a","x":"b"}',
    ]);
  });

  it('is how a file with that header is cut, and what comes of it is recognised as Zeek’s', async () => {
    const [framing] = framingsOf(Buffer.from([...header, row, ''].join('\n')), true);
    const { sources } = await loadSources(shippedSources);
    expect(recognise(sources, framing?.sample ?? [])?.stream.name).toBe('Custom-ZeekJson');
  });
});
