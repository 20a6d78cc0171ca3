import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Catalogue, define } from './catalogue.ts';
import { KqlType, parseTableFile, type TableFile } from './file.ts';
import { writeTableFile } from './write.ts';

let shipped: Catalogue;
beforeAll(async () => {
  shipped = await Catalogue.load();
});

describe('the shipped tables', () => {
  test('are there, with the standard columns and a sort key that exists', () => {
    expect(shipped.tables.size).toBeGreaterThan(700);
    for (const name of [
      'SecurityEvent',
      'SigninLogs',
      'DeviceProcessEvents',
      'ASimDnsActivityLogs',
      'DCRLogErrors',
      'AWSCloudTrail',
    ])
      expect([...shipped.tables.keys()]).toContain(name);
    for (const { columns } of shipped.tables.values()) {
      const names = columns.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['TimeGenerated', 'TenantId', 'Type']));
      expect(names[0]).toBe('TimeGenerated');
    }
    expect(shipped.get('SecurityEvent')?.sortKey).toEqual(['EventID', 'Computer']);
  });

  const reference = new URL('../../../../../shared/reference/tables.json', import.meta.url);
  test.skipIf(!existsSync(reference))(
    'have the columns and types of the reference (skipped: no ../shared/reference)',
    () => {
      const tables = JSON.parse(readFileSync(reference, 'utf8')) as Record<string, Record<string, string>>;
      for (const [name, table] of shipped.tables) {
        const types = Object.fromEntries(table.columns.map((c) => [c.name, c.type]));
        // A few vendors' pages give TimeGenerated as text.
        expect({ name, types }).toMatchObject({ name, types: { ...tables[name], TimeGenerated: 'datetime' } });
      }
    },
  );

  test('give one version for the same tables, another for a changed column', () => {
    const table = define({ name: 'X', columns: { a: 'int' } });
    const one = new Catalogue([table]).version;
    expect(new Catalogue([define({ name: 'X', columns: { a: 'int' }, retentionDays: 5 })]).version).toBe(one);
    expect(new Catalogue([define({ name: 'X', columns: { a: 'long' } })]).version).not.toBe(one);
    const functions = [{ name: 'f', parameters: '()', body: '1' }];
    expect(shipped.kql(functions).version).not.toBe(shipped.kql().version);
  });
});

describe('a table file', () => {
  test('is read as it was written, and written as it was read', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
    const columnName = fc.oneof(name, fc.stringMatching(/^[A-Za-z][\w ().:#'"-]{0,20}$/));
    const file = fc.record(
      {
        name,
        description: fc.string(),
        retentionDays: fc.integer({ min: 1, max: 4_383 }),
        partitionBy: fc.constantFrom('month' as const, 'none' as const),
        columns: fc.dictionary(columnName, fc.constantFrom(...KqlType.options)),
      },
      { requiredKeys: ['name', 'columns'] },
    );
    fc.assert(
      fc.property(file, (table) => {
        const text = writeTableFile(table as TableFile);
        expect(parseTableFile(text, 'x.yml')).toEqual({ ...table, columns: { ...table.columns } });
        expect(writeTableFile(parseTableFile(text, 'x.yml'))).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['name: A\ncolumns:\n  x: int\n  y: number\n', /^a\.yml:4: columns\.y: /],
    ['name: A\nretention: 5\ncolumns:\n  x: int\n', /^a\.yml:\d: .*retention/],
    ['name: A\ncolumns:\n  x: [\n', /^a\.yml:\d: /],
    ['name: A b\ncolumns: {}\n', /^a\.yml:1: name: /],
    ['columns:\n  x: int\n', /^a\.yml:1: name: /],
    ['name: A\ncolumns:\n  x: int\n  x: long\n', /^a\.yml:4: /],
  ])('%j is refused with its place', (text, message) => {
    expect(() => parseTableFile(text, 'a.yml')).toThrow(message);
  });

  test('may be any YAML', () => {
    const text = '# c\nname: "A"\ndescription: >\n  two\n  lines\ncolumns: { x: int, "a b": string }\n';
    expect(parseTableFile(text, 'a.yml')).toEqual({
      name: 'A',
      description: 'two lines\n',
      columns: { x: 'int', 'a b': 'string' },
    });
  });

  test('that contradicts itself is refused', () => {
    expect(() => define({ name: 'A', columns: { TimeGenerated: 'string' } })).toThrow('TimeGenerated');
    expect(() => define({ name: 'A', columns: {}, sortKey: ['x'] })).toThrow('sortKey');
    expect(() => define({ name: 'A', columns: { _SegmentId: 'string' } })).toThrow('_SegmentId');
  });
});

describe('a folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-tables-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('whose file has another name than its table is refused', async () => {
    await writeFile(join(folder, 'B.yml'), 'name: A\ncolumns:\n  x: int\n');
    await expect(Catalogue.load(folder)).rejects.toThrow('B.yml:1: the table of this file is A');
  });
});
