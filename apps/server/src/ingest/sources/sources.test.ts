import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '@sallyport/kql';
import { Catalogue } from '@sallyport/lake';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSources, type Source } from './load.ts';
import { recognise, sampleRecord } from './recognise.ts';
import { createStreams } from './streams.ts';

const good = `id: acme-firewall
name: Acme firewall
vendor: Acme
product: Firewall
streams:
  - name: Custom-AcmeText
    format: lines
    recognise:
      - line: '^acme: '
    accept: RawData startswith 'acme:'
    flows:
      - { table: Syslog, transform: syslog.kql }
`;

let root: string;
let catalogue: Catalogue;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-sources-'));
  catalogue = await Catalogue.load();
});
afterAll(() => rm(root, { recursive: true, force: true }));

let folders = 0;
/** Sources of a folder made of these files: `{ 'acme-firewall/source.yml': '…' }`. */
async function load(files: Record<string, string>) {
  const folder = join(root, String(folders++));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const loaded = await loadSources(folder);
  return { ...loaded, problems: loaded.problems.map((p) => ({ ...p, file: p.file.slice(folder.length + 1) })) };
}

const kql = 'source | project SyslogMessage = RawData';
const streamsOf = (loaded: Awaited<ReturnType<typeof load>>) =>
  createStreams({ loaded, catalogue: () => catalogue, compile, now: () => new Date('2026-01-01') });

describe('loading', () => {
  it('reads a source and its transforms', async () => {
    const { sources, problems } = await load({ 'acme-firewall/source.yml': good, 'acme-firewall/syslog.kql': kql });
    expect(problems).toEqual([]);
    expect(sources[0]?.streams[0]?.flows[0]).toMatchObject({ table: 'Syslog', transform: kql });
  });

  it('tells the file and the place of each fault, and loads the others', async () => {
    const { sources, problems } = await load({
      'acme-firewall/source.yml': good,
      'acme-firewall/syslog.kql': kql,
      'a-syntax/source.yml': 'id: [',
      'b-schema/source.yml': good
        .replace('acme-firewall', 'b-schema')
        .replace('format: lines', 'format: csv')
        .replace('^acme: ', '('),
      'c-name/source.yml': good,
      'd-file/source.yml': good.replace('acme-firewall', 'd-file').replace('AcmeText', 'OtherText'),
      'e-double/source.yml': good.replace('acme-firewall', 'e-double'),
      'e-double/syslog.kql': kql,
      'f-empty/README.md': '',
    });
    expect(sources.map((s) => s.id)).toEqual(['acme-firewall']);
    const places = problems.map(({ file, path }) => `${file}: ${path}`);
    expect(new Set(places)).toEqual(
      new Set([
        'a-syntax/source.yml: line 1, column 6',
        'b-schema/source.yml: streams.0.format',
        'b-schema/source.yml: streams.0.recognise.0.line',
        'c-name/source.yml: id',
        'd-file/syslog.kql: streams.0.flows.0.transform',
        'e-double/source.yml: streams',
        'f-empty/source.yml: ',
      ]),
    );
  });

  it('compiles transforms, and leaves out a flow that does not fit its table', async () => {
    const loaded = await load({
      'acme-firewall/source.yml': good.replace(
        '      - { table',
        '      - { table: Heartbeat, transform: bad.kql }\n      - { table',
      ),
      'acme-firewall/syslog.kql': kql,
      'acme-firewall/bad.kql': 'source | project NoSuchColumn = RawData',
    });
    const streams = streamsOf(loaded);
    expect(streams.problems()).toMatchObject([
      { path: 'Custom-AcmeText', message: 'Heartbeat has no column NoSuchColumn' },
    ]);
    expect(streams.statements('Custom-AcmeText', 'door').loads.map((s) => s.table)).toEqual(['Syslog', 'DCRLogErrors']);
  });

  it('refuses everything of a stream whose accept does not compile', async () => {
    const loaded = await load({
      'acme-firewall/source.yml': good.replace('RawData startswith', 'Nothing startswith'),
      'acme-firewall/syslog.kql': kql,
    });
    const streams = streamsOf(loaded);
    expect(streams.problems()).toMatchObject([{ message: expect.stringContaining('accept:') }]);
    expect(streams.statements('Custom-AcmeText', 'door').loads.map((s) => s.table)).toEqual(['DCRLogErrors']);
  });
});

describe('streams', () => {
  it('are those of sources and of tables, but not of tables that Sallyport alone writes', async () => {
    const streams = streamsOf(await load({ 'acme-firewall/source.yml': good, 'acme-firewall/syslog.kql': kql }));
    const names = [
      'Custom-AcmeText',
      'Microsoft-Syslog',
      'Microsoft-Nothing',
      'Custom-Syslog',
      'Microsoft-SecurityIncident',
      'Syslog',
    ];
    expect(names.map((name) => streams.has(name))).toEqual([true, true, false, false, false, false]);
    expect(streams.tablesOf('Custom-AcmeText')).toEqual(['Syslog']);
  });
});

describe('recognition', () => {
  const source = (id: string, recognisers: Source['streams'][number]['recognise']): Source => ({
    id,
    name: id,
    vendor: 'v',
    product: 'p',
    priority: 0,
    folder: id,
    streams: [{ name: `Custom-${id}`, format: 'lines', recognise: recognisers, accept: 'true', flows: [] }],
  });
  const sources = [
    source('paths', [{ json: ['a.b', 'c'] }]),
    source('flat', [{ json: ['event.id'] }]),
    source('lines', [{ line: /^LOG/u }, { line: /^log/u }]),
  ];
  const found = (lines: string[]) => recognise(sources, lines.map(sampleRecord))?.source.id;

  it.each([
    [['{"a":{"b":1},"c":null}'], 'paths'],
    [['{"a":{"b":1}}'], undefined],
    [['{"event.id":1}'], 'flat'],
    [['{"event":{"id":1}}'], 'flat'],
    [['# a comment', 'LOG 1', 'LOG 2'], 'lines'],
    [['# a comment', '# another', 'LOG 1'], undefined],
    [['log 1'], 'lines'],
    [[], undefined],
    [['{"a":'], undefined],
  ])('of %j is %s', (lines, id) => expect(found(lines)).toBe(id));
});
