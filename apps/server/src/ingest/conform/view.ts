import type { Compile } from '../sources/statements.ts';
import { engineType, sqlName, sqlString, type Lake, type LoadStatement, type TableDefinition } from '@sallyport/lake';
import { sqlIdentifier, type FunctionDefinition, type KqlCatalogue } from '@sallyport/kql';
import type { SourceStream } from '../sources/load.ts';
import { compileStream, importMarks } from '../sources/statements.ts';

/** Rows of the ASIM view, by the number of the record that they are of: column to value. */
export type View = ReadonlyMap<number, readonly Readonly<Record<string, unknown>>[]>;

export interface ViewOptions {
  readonly lake: Lake;
  readonly compile: Compile;
  readonly functions: readonly FunctionDefinition[];
  readonly now: Date;
}

/** The column in which a row tells its record: parsers of ASIM hand it on as EventUid. */
const itemId = { name: '_ItemId', type: 'string' } as const;

/** The records as the segment of an import, each with its number for a file name. */
const segment = (records: readonly string[]): string =>
  `(SELECT RawData FROM values('RawData String'${records
    .map((text, n) => `, (${sqlString(`${importMarks.whole}${n} record\t${text}`)})`)
    .join('')}))`;

const empty = (type: string): string => (type === 'String' ? `''` : `CAST(NULL, ${sqlString(type)})`);

/** The rows that a load would store, as a table of that name: what the flow leaves out is empty. */
function rowsOf(load: LoadStatement, table: TableDefinition, records: readonly string[]): string {
  const typeOf = (name: string): string => engineType(table.columns.find((c) => c.name === name)?.type ?? 'string');
  // The first of two united selects names the columns.
  const names = load.columns.map((c) => `${empty(typeOf(c))} AS ${sqlName(c)}`);
  const given = `(SELECT ${[...names, `toUInt64(0) AS _part`].join(', ')} WHERE 0 UNION ALL ${load.select(segment(records))})`;
  const columns = table.columns.map((c) =>
    load.columns.includes(c.name) ? sqlName(c.name) : `${empty(engineType(c.type))} AS ${sqlName(c.name)}`,
  );
  return `(SELECT ${columns.join(', ')}, toString(_part) AS ${itemId.name}, now64(7, 'UTC') AS _IngestedAt, '' AS _SegmentId FROM ${given})`;
}

/** Stands in compiled SQL where the rows go. */
const placeholder = sqlIdentifier('rows of the view');

/** ASIM has no schema for a line of syslog that says nothing more: who wrote it where is all there is to compare. */
const plain: Readonly<Record<string, string>> = {
  ThreatIntelIndicators: `ThreatIntelIndicators | project EventUid = _ItemId, TimeGenerated = coalesce(Modified, Created), EventVendor = SourceSystem`,
  Syslog: `Syslog | project EventUid = _ItemId, TimeGenerated, DvcHostname = coalesce(HostName, Computer), ActingAppName = ProcessName, ActingProcessId = tostring(ProcessID)`,
  CommonSecurityLog: `CommonSecurityLog | project EventUid = _ItemId, TimeGenerated, EventVendor = DeviceVendor, EventProduct = DeviceProduct, DvcHostname = coalesce(DeviceName, Computer), DvcIpAddr = DeviceAddress, ActingAppName = ProcessName, ActingProcessId = tostring(ProcessID), User = SourceUserName, TargetFileName = FileName, TargetFilePath = FilePath, TargetFileSize = FileSize, Hash = FileHash, HttpUserAgent = RequestClientApplication`,
};

const isAsimTable = (name: string): boolean => /^ASim\w+Logs$/.test(name);
const isParser = (name: string): boolean => /^vim[A-Z]/.test(name);

/** What the stream makes of the records, as ASIM shows it: tables of ASIM as they are, others through the parsers that read them. */
export async function viewOf(
  stream: SourceStream,
  records: readonly string[],
  { lake, compile, functions, now }: ViewOptions,
): Promise<{ readonly view: View; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const view = new Map<number, Record<string, unknown>[]>();
  const known = lake.kqlCatalogue(functions);
  const catalogue: KqlCatalogue = {
    ...known,
    version: `${known.version} with ids`,
    tables: known.tables.map((t) => ({ ...t, columns: [...t.columns, itemId] })),
  };
  const compiled = compileStream(stream, { compile, table: (name) => lake.catalogue.get(name), now: () => now });
  problems.push(...compiled.problems.map((p) => `${p.file ?? 'accept'}: ${p.message}`));
  for (const load of compiled.statements('import').loads) {
    const table = lake.catalogue.get(load.table);
    if (table === undefined || load.table === 'DCRLogErrors') continue;
    if (!load.parted) {
      problems.push(`${stream.name}: the rows of ${load.table} do not tell their record`);
      continue;
    }
    const rows = rowsOf(load, table, records);
    const queries = isAsimTable(table.name)
      ? [table.name]
      : [
          ...parsersOf(table.name, functions).map((name) => `${name}()`),
          ...(plain[table.name] ? [plain[table.name]!] : []),
        ];
    for (const query of queries)
      try {
        const source = (t: { readonly name: string }) => (t.name === table.name ? placeholder : undefined);
        const { sql: text, columns } = compile(query, catalogue, {
          now,
          source,
          database: lake.workspace,
          noData: true,
        });
        const sql = text.replaceAll(placeholder.text, () => rows);
        for (const row of (await lake.query(sql, { operation: 'sources conform' })).rows) {
          const cells = Object.fromEntries(columns.map((c, i) => [c.name, row[i]]));
          const record = Number(cells['EventUid'] || cells[itemId.name] || Number.NaN);
          if (Number.isInteger(record)) view.set(record, [...(view.get(record) ?? []), cells]);
        }
      } catch (error) {
        problems.push(`${query}: ${error instanceof Error ? error.message.slice(0, 300) : String(error)}`);
      }
  }
  return { view, problems };

  function parsersOf(tableName: string, all: readonly FunctionDefinition[]): string[] {
    const word = new RegExp(`\\b${tableName}\\b`);
    return all.filter((f) => isParser(f.name) && word.test(f.body)).map((f) => f.name);
  }
}
