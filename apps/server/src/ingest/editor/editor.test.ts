import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, SourceFiles, StreamDraft } from '@sallyport/contracts';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, makeAdministrator, startTestServer, type TestServer } from '../../testing.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { openIngestCore } from '../core.ts';
import { loadSources, shippedSources } from '../sources/load.ts';
import { testSizes } from '../testing/core.ts';
import { OwnSources } from './own-sources.ts';

let test: TestServer;
let admin: Client;

beforeAll(async () => {
  test = await startTestServer({ settings: { collectHost: 'off', spoolSegmentAge: '50 ms' } });
  await test.server.domains.ingest.start();
  admin = test.browser();
  await makeAdministrator(test, admin);
}, 120_000);
afterAll(async () => {
  await test.server.domains.ingest.stop();
  await test.stop();
});

const transform = `source
| parse RawData with 'ACME ' Time:datetime ' ' User ' ' Action
| project TimeGenerated = Time, ProcessName = 'acme', SyslogMessage = strcat(User, ' ', Action)
`;
const accept = `RawData matches regex @'^ACME \\d{4}-\\S+ \\S+ \\S+$'`;
const sample = 'ACME 2026-01-01T00:00:00Z anna allow\nACME 2026-01-01T00:00:01Z bert deny\nACME what is this\n';
const draft = (change: Partial<StreamDraft> = {}): StreamDraft => ({
  format: 'lines',
  accept,
  flows: [{ table: 'Syslog', transform }],
  ...change,
});
const tryIt = (change: Partial<StreamDraft> = {}, text = sample) =>
  admin.tryDraft({ body: { draft: draft(change), sample: text } });

interface Shape {
  readonly id?: string;
  readonly stream?: string;
  readonly recognise?: string;
  readonly accept?: string;
  readonly table?: string;
  readonly kql?: string;
}
const folder = ({ id = 'acme-firewall', stream = 'Custom-AcmeText', ...rest }: Shape = {}): SourceFiles => ({
  'source.yml': `id: ${id}
name: Acme firewall
vendor: Acme
product: Firewall
priority: 50
streams:
  - name: ${stream}
    format: lines
    recognise:
      - line: ${JSON.stringify(rest.recognise ?? '^ACME ')}
    accept: ${JSON.stringify(rest.accept ?? accept)}
    flows:
      - { table: ${rest.table ?? 'Syslog'}, transform: syslog.kql }
`,
  'syslog.kql': rest.kql ?? transform,
  'fixtures/lines.log': sample,
});
const checked = async (files: SourceFiles, id = 'acme-firewall') =>
  admin.checkSource({ body: { id, files, record: ['fixtures/lines.log'] } });
const save = (
  files: SourceFiles,
  version: number | null,
  id = 'acme-firewall',
  more: { replaceShipped?: boolean } = {},
) => admin.saveOwnSource({ params: { id }, body: { files, version, note: 'test', ...more } });
const complaints = async (shape: Shape): Promise<string> => {
  const { problems, fixtures } = await checked(folder(shape), shape.id);
  return JSON.stringify([problems, fixtures]);
};
const send = async (stream: string, text: string) => {
  await test.server.domains.ingest.append(stream, Buffer.from(text));
  await test.server.domains.ingest.flush();
};
const rows = async (sql: string) => (await test.platform.lake.query(sql)).rows;

describe('a draft', () => {
  it('shows rows, refused lines, and what recognises them today', async () => {
    const { preview, accept: faults, flows, untaken } = await tryIt();
    expect([faults, flows, untaken]).toEqual([[], [[]], []]);
    const [table] = preview.tables;
    expect(table).toMatchObject({ table: 'Syslog', records: [0, 1] });
    expect(table?.rows[1]).toEqual(['2026-01-01T00:00:01.0000000Z', 'acme', 'bert deny']);
    expect(preview.refused).toMatchObject([{ record: 2, text: 'ACME what is this' }]);
    const access = '203.0.113.9 - - [10/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.0"';
    expect((await tryIt({}, access)).recognisedBy).toMatchObject({ source: 'apache-httpd' });
  });

  it('tells faults at their places, and shows what the rest makes', async () => {
    const of = async (kql: string) => {
      const { flows } = await tryIt({ flows: [{ table: 'Syslog', transform: kql }] });
      return flows[0]!.map(({ start, end, message }) => [kql.slice(start, end), message]);
    };
    expect(await of('source | extend A = Nope | project SyslogMessage = A')).toMatchObject([
      ['Nope', expect.stringContaining('Nope')],
    ]);
    expect(await of('source | project TimeGenerated = now(), Wrong = RawData')).toEqual([
      ['Wrong', 'Syslog has no column Wrong'],
    ]);
    expect(await of('source | project ProcessID = RawData')).toEqual([
      ['ProcessID', expect.stringContaining('is int')],
    ]);
    expect(await of('SecurityEvent | project SyslogMessage = Account')).not.toEqual([]);
    expect(await of('source | mv-expand A = range(1, 100000) | project SyslogMessage = tostring(A)')).toEqual([
      ['mv-expand A = range(1, 100000)', expect.stringContaining('mv-expand')],
    ]);
    const broken = await tryIt({ accept: 'RawData has' });
    expect(broken.accept).not.toEqual([]);
    expect(broken.preview.tables[0]?.rows).toHaveLength(3);
  });

  it('joins lines to records, and prepares them for its flows', async () => {
    const joined = {
      begins: '(^|\\n)ACME \\S+$',
      accept: 'true',
      prepare: 'source | extend First = extract(@"^(\\S+ \\S+)", 1, RawData)',
      flows: [{ table: 'Syslog', transform: 'source | project SyslogMessage = First' }],
    };
    const text = 'ACME one\n  more of it\nACME two\n';
    const { preview, flows, columns, prepare, begins } = await tryIt(joined, text);
    expect([flows, prepare, begins, columns.map((c) => c.name)]).toEqual([[[]], [], null, ['RawData', 'First']]);
    expect(preview.tables[0]?.rows).toEqual([['ACME one'], ['ACME two']]);
    expect((await tryIt({ ...joined, begins: '(?=x)' }, text)).begins).toContain('RE2');
  });

  it('says which accepted records no flow takes', async () => {
    const { untaken } = await tryIt({
      flows: [{ table: 'Syslog', transform: transform.replace('source\n', "source | where RawData has 'anna'\n") }],
    });
    expect(untaken).toEqual([1]);
  });

  it('reads JSON however it is written, and takes any bytes', async () => {
    const json = {
      format: 'jsonObjects' as const,
      accept: 'isnotempty(RawData.a)',
      flows: [{ table: 'Syslog', transform: 'source | project SyslogMessage = tostring(RawData.a)' }],
    };
    expect((await tryIt(json, '[\n {"a": "x"},\n {"a": "y"}\n]')).preview.tables[0]?.rows).toEqual([['x'], ['y']]);
    const hostile = `'); DROP TABLE Syslog; -- \\ \u0000 \u202e \ud800 {} \${x} <script>`;
    const { preview } = await tryIt(
      { accept: 'true', flows: [{ table: 'Syslog', transform: 'source | project SyslogMessage = RawData' }] },
      hostile,
    );
    expect(preview.tables[0]?.rows).toEqual([[hostile.replace('\ud800', '\ufffd')]]);
  });
});

describe('a source made here', () => {
  it('is saved with fixtures, used at once, kept in versions, switched off, exported and removed', async () => {
    const first = await checked(folder());
    expect([first.problems, first.fixtures]).toEqual([[], []]);
    expect(await errorOf(save(folder(), null))).toMatchObject({ code: 'BadRequest', target: 'fixtures/lines.log' });
    expect(await save(first.files, null)).toMatchObject({ version: 1, enabled: true, replacesShipped: false });
    await send('Custom-AcmeText', 'ACME 2026-01-01T00:00:00Z carl allow\nACME no\n');
    expect(await rows(`SELECT SyslogMessage FROM Syslog WHERE ProcessName = 'acme'`)).toEqual([['carl allow']]);
    const upload = await admin.createUpload({
      query: { name: 'x.log' },
      body: new Uint8Array(Buffer.from(sample)).buffer,
    });
    expect(upload.files).toMatchObject([{ source: 'acme-firewall', stream: 'Custom-AcmeText' }]);

    const changed = { ...first.files, 'syslog.kql': transform.replace("'acme'", "'acme2'") };
    const refused = await errorOf(save(changed, 1));
    expect(refused).toMatchObject({ code: 'BadRequest' });
    const report = await admin.checkSource({ body: { id: 'acme-firewall', files: changed } });
    expect(report.fixtures).toMatchObject([{ fixture: 'fixtures/lines.log', differences: [{ table: 'Syslog' }] }]);
    expect(report.fixtures[0]?.differences[0]?.missing).toHaveLength(2);
    const again = await checked(changed);
    expect(await save(again.files, 1)).toMatchObject({ version: 2 });
    expect(await errorOf(save(again.files, 1))).toMatchObject({ code: 'Conflict' });
    await send('Custom-AcmeText', 'ACME 2026-01-01T00:00:00Z dora allow\n');
    expect(await rows(`SELECT SyslogMessage FROM Syslog WHERE ProcessName = 'acme2'`)).toEqual([['dora allow']]);

    const params = { id: 'acme-firewall' };
    expect(await admin.revertOwnSource({ params, body: { version: 1 } })).toMatchObject({ version: 3 });
    const { versions } = await admin.listOwnSourceVersions({ params });
    expect(versions.map(({ version, note, savedBy }) => [version, note, savedBy])).toEqual([
      [3, 'back to version 1', 'anna@contoso.com'],
      [2, 'test', 'anna@contoso.com'],
      [1, 'test', 'anna@contoso.com'],
    ]);
    const files = unzipSync(await exported('acme-firewall'));
    expect(Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, strFromU8(bytes)]))).toEqual(
      Object.fromEntries(Object.entries(first.files).map(([path, text]) => [`acme-firewall/${path}`, text])),
    );
    await admin.setOwnSource({ params, body: { enabled: false } });
    expect(test.server.domains.ingest.streams.has('Custom-AcmeText')).toBe(false);
    await admin.setOwnSource({ params, body: { enabled: true } });
    expect(test.server.domains.ingest.streams.has('Custom-AcmeText')).toBe(true);
    await admin.deleteOwnSource({ params });
    expect(test.server.domains.ingest.streams.has('Custom-AcmeText')).toBe(false);
    expect((await admin.listOwnSources()).sources).toEqual([]);
    const audited = (await test.platform.audit.newest(50)).map((entry) => `${entry.operation} ${entry.target}`);
    for (const one of ['saveOwnSource', 'revertOwnSource', 'setOwnSource', 'deleteOwnSource'])
      expect(audited).toContain(`${one} source acme-firewall`);
  });

  it('takes nothing from what ships, unless it is somebody’s version of that', async () => {
    const all = { ...folder({ id: 'all-mine', stream: 'Custom-AllMine', recognise: '.', accept: 'true' }) };
    await save((await checked(all, 'all-mine')).files, null, 'all-mine');
    const access = `${'203.0.113.9 - - [10/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8.0"\n'.repeat(3)}`;
    const upload = await admin.createUpload({
      query: { name: 'x.log' },
      body: new Uint8Array(Buffer.from(access)).buffer,
    });
    expect(upload.files).toMatchObject([{ source: 'apache-httpd' }]);
    await admin.deleteOwnSource({ params: { id: 'all-mine' } });

    expect(await complaints({ id: 'double', stream: 'Custom-NginxAccess' })).toContain('declared twice');
    const { files } = await admin.getSourceFiles({ params: { id: 'linux-dpkg' } });
    expect(await errorOf(save(files, null, 'linux-dpkg'))).toMatchObject({ code: 'Conflict' });
    const mine = { ...files, 'source.yml': files['source.yml']!.replace(/^name: .*$/m, 'name: Mine') };
    expect(await save(mine, null, 'linux-dpkg', { replaceShipped: true })).toMatchObject({
      replacesShipped: true,
      shippedChanged: false,
    });
    expect(test.server.domains.ingest.streams.sources.filter((s) => s.id === 'linux-dpkg').map((s) => s.name)).toEqual([
      'Mine',
    ]);
    await test.platform.database.execute(`UPDATE own_sources SET based_on_hash = 'what shipped before'`);
    expect((await admin.listOwnSources()).sources).toMatchObject([{ id: 'linux-dpkg', shippedChanged: true }]);
    await admin.deleteOwnSource({ params: { id: 'linux-dpkg' } });
    expect(test.server.domains.ingest.streams.sources.find((s) => s.id === 'linux-dpkg')?.name).not.toBe('Mine');
  });

  it.each(['linux-packages', 'mysql', 'nginx'])('may be what ships, with its fixtures: %s', async (id) => {
    const { files } = await admin.getSourceFiles({ params: { id } });
    const { problems, fixtures } = await admin.checkSource({ body: { id, files } });
    expect([problems, fixtures]).toEqual([[], []]);
  });

  it('reads nothing but its own row, and writes no table of ours', async () => {
    expect(
      await complaints({ kql: "source | extend X = toscalar(externaldata(a:string)['https://x.example'])" }),
    ).toContain('own row');
    expect(await complaints({ kql: 'SecurityEvent | project SyslogMessage = Account' })).toContain('begins with');
    expect(await complaints({ kql: 'source | join (source) on RawData' })).toContain('one row of each row');
    expect(await complaints({ kql: 'source | where RawData in (database("x").Syslog)' })).not.toBe('[[],[]]');
    expect(await complaints({ accept: 'true) | mv-expand A = range(1, 10) | where (true' })).toContain(
      'streams.0.accept',
    );
    expect(await complaints({ table: 'SentinelAudit', kql: 'source | project TimeGenerated = now()' })).toContain(
      'Sallyport alone',
    );
    expect(await complaints({ recognise: '^(a+)+(?=b)' })).toContain('RE2');
    expect(await complaints({ recognise: '(.{90}x?){10}' })).toContain('too large');
    const slow = folder();
    slow['source.yml'] = slow['source.yml']!.replace('    accept:', "    begins: '^(?=a)'\n    accept:");
    expect(JSON.stringify((await checked(slow)).problems)).toContain('streams.0.begins');
    const prepared: SourceFiles = { ...folder(), 'prepare.kql': 'source | join (source) on RawData' };
    prepared['source.yml'] = prepared['source.yml']!.replace('    accept:', '    prepare: prepare.kql\n    accept:');
    expect(JSON.stringify((await checked(prepared)).problems)).toContain('prepare.kql');
    // A recogniser that would take an ordinary engine for ever.
    const { files } = await checked(folder({ id: 'slow', stream: 'Custom-Slow', recognise: '^(A+)+$|^ACME' }), 'slow');
    await save(files, null, 'slow');
    const body = new Uint8Array(Buffer.from(`${'A'.repeat(4_000)}!\n`)).buffer;
    const upload = await admin.createUpload({ query: { name: 'x.log' }, body });
    expect(upload.files[0]?.source).not.toBe('slow');
    await admin.deleteOwnSource({ params: { id: 'slow' } });
  });

  it(
    'that takes too much holds up nobody: its lines are kept, and after a while it is left alone',
    { timeout: 60_000 },
    async () => {
      const kql = `source | extend N = toint(extract(@'n=(\\d+)', 1, RawData)) | project SyslogMessage = tostring(array_length(array_sort_desc(range(0, N, 1))))`;
      const greedy = {
        ...folder({ id: 'greedy', stream: 'Custom-Greedy', accept: 'true', kql }),
        'fixtures/lines.log': 'ACME n=2\n',
      };
      await save((await checked(greedy, 'greedy')).files, null, 'greedy');
      for (let turn = 0; turn < 3; turn++) {
        await send('Custom-Greedy', `ACME n=1000000 turn ${turn}\n`.repeat(200));
        await send('Microsoft-Syslog', JSON.stringify([{ SyslogMessage: `beside ${turn}`, ProcessName: 'beside' }]));
      }
      expect(await rows(`SELECT count() FROM Syslog WHERE ProcessName = 'beside'`)).toEqual([[3]]);
      expect(
        await rows(
          `SELECT Message, OperationName, count() FROM DCRLogErrors WHERE InputStreamId = 'Custom-Greedy' GROUP BY ALL ORDER BY 1`,
        ),
      ).toEqual([0, 1, 2].map((turn) => [`ACME n=1000000 turn ${turn}`, 'Transform', 200]));
      const [info] = (await admin.listOwnSources()).sources;
      expect(Date.parse(info?.suspendedUntil ?? '')).toBeGreaterThan(Date.now());
      await send('Custom-Greedy', 'ACME n=3\n');
      expect(await rows(`SELECT count() FROM DCRLogErrors WHERE InputStreamId = 'Custom-Greedy'`)).toEqual([[601]]);
      await admin.deleteOwnSource({ params: { id: 'greedy' } });
    },
  );

  it('is in use on another server too', async () => {
    const spool = await mkdtemp(join(tmpdir(), 'editor-spool-'));
    const shipped = await loadSources(shippedSources);
    const { platform } = test;
    const core = await openIngestCore(
      { ...platform, metrics: createMetrics(), spool: { folder: spool, groupId: undefined } },
      shipped,
      testSizes,
    );
    try {
      const other = new OwnSources({ platform, core: () => core, shipped });
      core.streams.use(await other.enabled());
      expect(core.streams.has('Custom-AcmeText')).toBe(false);
      await save((await checked(folder())).files, null);
      await other.refresh();
      expect(core.streams.has('Custom-AcmeText')).toBe(true);
      await admin.deleteOwnSource({ params: { id: 'acme-firewall' } });
    } finally {
      await core[Symbol.asyncDispose]();
      await rm(spool, { recursive: true, force: true });
    }
  });
});

/** The zip as bytes: the client reads text. */
async function exported(id: string): Promise<Uint8Array> {
  const { OwnSources: Made } = await import('./own-sources.ts');
  const shipped = await loadSources(shippedSources);
  const own = new Made({
    platform: test.platform,
    core: () => {
      throw new Error('not needed');
    },
    shipped,
  });
  return own.export(id);
}
