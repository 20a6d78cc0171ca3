import type { Compile } from '../sources/statements.ts';
import { engineType, sqlName, sqlString, type Lake, type LoadStatement, type TableDefinition } from '@sallyport/lake';
import { sqlIdentifier, type FunctionDefinition, type KqlCatalogue } from '@sallyport/kql';
import type { SourceStream } from '../sources/load.ts';
import { importMarks } from '../sources/lines.ts';
import { compileStream } from '../sources/statements.ts';

export interface ViewRow {
  /** The row is of an ASIM schema; otherwise it is the table's own columns, under the names that ASIM would have for them. */
  readonly asim: boolean;
  readonly cells: Readonly<Record<string, unknown>>;
}

/** Rows by the number of the record that they are of. */
export type View = ReadonlyMap<number, readonly ViewRow[]>;

/** A record, and the name of the file that it is of. */
export interface FileRecord {
  readonly text: string;
  readonly file: string;
}

export interface ViewOptions {
  readonly lake: Lake;
  readonly compile: Compile;
  readonly functions: readonly FunctionDefinition[];
  readonly now: Date;
}

/** The column in which a row tells its record: parsers of ASIM hand it on as EventUid. */
const itemId = { name: '_ItemId', type: 'string' } as const;

/** The records as the segment of an import, each with its number for a file name. */
const segment = (records: readonly FileRecord[]): string =>
  `(SELECT RawData FROM values('RawData String'${records
    .map(({ text, file }, n) => `, (${sqlString(`${importMarks.whole}${n} ${file}\t${text}`)})`)
    .join('')}))`;

const empty = (type: string): string => (type === 'String' ? `''` : `CAST(NULL, ${sqlString(type)})`);

/** The rows that a load would store, as a table of that name: what the flow leaves out is empty. */
function rowsOf(load: LoadStatement, table: TableDefinition, records: readonly FileRecord[]): string {
  const typeOf = (name: string): string => engineType(table.columns.find((c) => c.name === name)?.type ?? 'string');
  // The first of two united selects names the columns.
  const names = load.columns.map((c) => `${empty(typeOf(c))} AS ${sqlName(c)}`);
  const source = load.over === undefined ? segment(records) : `(${load.over.select(segment(records))})`;
  const given = `(SELECT ${[...names, `toUInt64(0) AS _part`].join(', ')} WHERE 0 UNION ALL ${load.select(source, 'conform')})`;
  const columns = table.columns.map((c) =>
    load.columns.includes(c.name) ? sqlName(c.name) : `${empty(engineType(c.type))} AS ${sqlName(c.name)}`,
  );
  return `(SELECT ${columns.join(', ')}, toString(_part) AS ${itemId.name}, now64(7, 'UTC') AS _IngestedAt, '' AS _SegmentId FROM ${given})`;
}

/** Stands in compiled SQL where the rows go. */
const placeholder = sqlIdentifier('rows of the view');

/**
 * The raw tables beside ASIM, which has no schema for a line of syslog that says nothing more: who wrote it where is all there is to compare. What agrees
 * only here is counted apart.
 */
const plain: Readonly<Record<string, string>> = {
  ThreatIntelIndicators: `ThreatIntelIndicators | project EventUid = _ItemId, TimeGenerated = coalesce(Modified, Created), EventVendor = SourceSystem`,
  Corelight_CL: `Corelight_CL | project EventUid = _ItemId, TimeGenerated, DvcHostname = Computer`,
  Syslog: `Syslog | project EventUid = _ItemId, TimeGenerated, DvcHostname = coalesce(HostName, Computer), ActingAppName = ProcessName, ActingProcessId = tostring(ProcessID)`,
  CommonSecurityLog: `CommonSecurityLog | project EventUid = _ItemId, TimeGenerated, EventVendor = DeviceVendor, EventProduct = DeviceProduct, DvcHostname = coalesce(DeviceName, Computer), DvcIpAddr = DeviceAddress, EventResult = EventOutcome, ActingAppName = ProcessName, ActingProcessId = tostring(ProcessID), User = SourceUserName, SrcUsername = SourceUserName, DstUsername = DestinationUserName, SrcIpAddr = SourceIP, SrcPortNumber = SourcePort, SrcHostname = SourceHostName, SrcMacAddr = SourceMACAddress, SrcNatIpAddr = SourceTranslatedAddress, SrcNatPortNumber = SourceTranslatedPort, SrcBytes = SentBytes, DstIpAddr = DestinationIP, DstPortNumber = DestinationPort, DstHostname = DestinationHostName, DstMacAddr = DestinationMACAddress, DstNatIpAddr = DestinationTranslatedAddress, DstNatPortNumber = DestinationTranslatedPort, DstBytes = ReceivedBytes, NetworkProtocol = Protocol, NetworkApplicationProtocol = ApplicationProtocol, TargetFileName = FileName, TargetFilePath = FilePath, TargetFileSize = FileSize, Hash = FileHash, Url = RequestURL, HttpRequestMethod = RequestMethod, HttpReferrer = RequestContext, HttpUserAgent = RequestClientApplication`,
};

const isAsimTable = (name: string): boolean => /^ASim\w+Logs$/.test(name);
const isParser = (name: string): boolean => /^vim[A-Z]/.test(name);

interface Query {
  readonly sql: string;
  readonly columns: readonly string[];
  readonly asim: boolean;
}

/** What streams make of records, as ASIM shows it: tables of ASIM as they are, others through the parsers that read them, and their own columns. */
export class Viewer {
  readonly #options: ViewOptions;
  readonly #catalogue: KqlCatalogue;
  /** Statements that show a table's rows, compiled once. */
  readonly #queries = new Map<string, { readonly queries: readonly Query[]; readonly problems: readonly string[] }>();

  constructor(options: ViewOptions) {
    this.#options = options;
    const known = options.lake.kqlCatalogue(options.functions);
    this.#catalogue = {
      ...known,
      version: `${known.version} with ids`,
      tables: known.tables.map((t) => ({ ...t, columns: [...t.columns, itemId] })),
    };
  }

  async view(
    stream: SourceStream,
    records: readonly FileRecord[],
  ): Promise<{ readonly view: View; readonly problems: readonly string[] }> {
    const { lake, compile, now } = this.#options;
    const view = new Map<number, ViewRow[]>();
    const compiled = compileStream(stream, { compile, table: (name) => lake.catalogue.get(name), now: () => now });
    const problems = compiled.problems.map((p) => `${p.file ?? 'accept'}: ${p.message}`);
    for (const load of compiled.statements('import').loads) {
      const table = lake.catalogue.get(load.table);
      if (table === undefined || load.table === 'DCRLogErrors') continue;
      if (!load.parted) {
        problems.push(`${stream.name}: the rows of ${load.table} do not tell their record`);
        continue;
      }
      const rows = rowsOf(load, table, records);
      const shown = this.#queriesOf(table);
      problems.push(...shown.problems);
      for (const query of shown.queries)
        try {
          const sql = query.sql.replaceAll(placeholder.text, () => rows);
          for (const row of (await lake.query(sql, { operation: 'sources conform' })).rows) {
            const cells = Object.fromEntries(query.columns.map((name, i) => [name, row[i]]));
            const record = Number(cells[itemId.name] ?? cells['EventUid'] ?? Number.NaN);
            if (Number.isInteger(record)) view.set(record, [...(view.get(record) ?? []), { asim: query.asim, cells }]);
          }
        } catch (error) {
          problems.push(`${stream.name}, ${table.name}: ${messageOf(error)}`);
        }
    }
    return { view, problems };
  }

  #queriesOf(table: TableDefinition): { readonly queries: readonly Query[]; readonly problems: readonly string[] } {
    const known = this.#queries.get(table.name);
    if (known !== undefined) return known;
    const { lake, compile, now, functions } = this.#options;
    const word = new RegExp(`\\b${table.name}\\b`);
    const parsers = functions.filter((f) => isParser(f.name) && word.test(f.body)).map((f) => `${f.name}()`);
    const raw = plain[table.name];
    const texts = [
      ...(isAsimTable(table.name) ? [table.name] : parsers).map((text) => ({ text, asim: true })),
      ...(raw === undefined ? [] : [{ text: raw, asim: false }]),
    ];
    const [queries, problems]: [Query[], string[]] = [[], []];
    for (const { text, asim } of texts)
      try {
        const { sql, columns } = compile(text, this.#catalogue, {
          now,
          source: (t) => (t.name === table.name ? placeholder : undefined),
          database: lake.workspace,
          noData: true,
        });
        queries.push({ sql, columns: columns.map((c) => c.name), asim });
      } catch (error) {
        problems.push(`${text}: ${messageOf(error)}`);
      }
    const made = { queries, problems };
    this.#queries.set(table.name, made);
    return made;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 300) : String(error));
