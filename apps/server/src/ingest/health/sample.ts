import { sqlName, sqlString, type Lake } from '@sallyport/lake';
import { z } from 'zod';
import type { Streams } from '../sources/streams.ts';

/** What a sample of a stream's rows in one table shows. */
export interface TableSample {
  readonly table: string;
  readonly rows: number;
  /** The share of rows in which there is something, of each column that has something in some. */
  readonly filled: Readonly<Record<string, number>>;
  /** Computers whose events come at another time than they say, those most off first. Seconds from event to arrival. */
  readonly hosts: readonly {
    readonly host: string;
    readonly rows: number;
    readonly lag: number;
    readonly spread: number;
  }[];
}

/** Rows of a stream and a table that are looked at. */
const rowsMax = 10_000;
const hostsMax = 20;
/** Below this a clock is right. */
const offSecondsMin = 60;

/** Columns that say whose event it is, the first of a table's counts. */
const hostColumns = ['Computer', 'DeviceName', 'DvcHostname', 'HostName', 'Dvc'];

const Filled = z.tuple([z.number(), z.array(z.number())]);
const Host = z.tuple([z.string(), z.number(), z.number(), z.number()]);

/** Looks at rows that came with these segments. `stream` says which tables and columns they fill. Two statements a table. */
export async function sampleStream(
  lake: Lake,
  streams: Streams,
  stream: string,
  segments: readonly string[],
): Promise<readonly TableSample[]> {
  if (segments.length === 0) return [];
  const columnsOf = new Map<string, readonly string[]>();
  for (const { table, columns } of streams.statements(stream, 'door').loads)
    if (table !== 'DCRLogErrors') columnsOf.set(table, [...(columnsOf.get(table) ?? []), ...columns]);
  const samples: TableSample[] = [];
  for (const [table, columns] of columnsOf) {
    const own = [...new Set(columns)].filter((name) => name !== 'TimeGenerated');
    const options = { operation: 'health', tables: [table] };
    const from = `FROM (SELECT * FROM ${sqlName(table)} WHERE _SegmentId IN (${segments.map(sqlString).join(', ')}) LIMIT ${rowsMax})`;
    const counts = own.map((name) => `countIf(toString(${sqlName(name)}) != '')`);
    const { rows } = await lake.query(
      `SELECT toUInt32(count()), [${counts.join(', ')}]::Array(UInt32) ${from}`,
      options,
    );
    const [all, filled] = Filled.parse(rows[0]);
    if (all === 0) continue;
    const host = hostColumns.find((name) => own.includes(name));
    samples.push({
      table,
      rows: all,
      filled: Object.fromEntries(
        own.flatMap((name, i) =>
          filled[i] === 0 ? [] : [[name, Math.round(((filled[i] ?? 0) / all) * 1_000) / 1_000]],
        ),
      ),
      hosts: host === undefined ? [] : await hostsOf(lake, host, from, options),
    });
  }
  return samples;
}

async function hostsOf(lake: Lake, host: string, from: string, options: { operation: string; tables: string[] }) {
  const { rows } = await lake.query(
    `SELECT host, toUInt32(count()), toFloat64(round(quantile(0.5)(lag))) AS median, toFloat64(round(quantile(0.9)(lag) - quantile(0.1)(lag)))
     FROM (SELECT toString(${sqlName(host)}) AS host, dateDiff('second', TimeGenerated, _IngestedAt) AS lag ${from})
     WHERE host != '' GROUP BY host HAVING abs(median) >= ${offSecondsMin} ORDER BY abs(median) DESC, host LIMIT ${hostsMax}`,
    options,
  );
  return rows.map((row) => {
    const [name, count, lag, spread] = Host.parse(row);
    return { host: name, rows: count, lag, spread };
  });
}
