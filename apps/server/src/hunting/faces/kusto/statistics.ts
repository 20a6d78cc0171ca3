import type { Visualization } from '@sallyport/kql';
import type { OpenTable } from '../../queries.ts';

/** What a query took, in the shape that Kusto gives (and Log Analytics with names of its own). Called when the rows are over. */
export function queryStatistics(tables: readonly OpenTable[]) {
  const sum = (of: (table: OpenTable) => number) => tables.reduce((total, table) => total + of(table), 0);
  const rows = sum(({ statistics }) => statistics.rowsRead);
  return {
    ExecutionTime: sum(({ statistics }) => statistics.elapsedSeconds),
    resource_usage: {
      cpu: { user: '00:00:00', kernel: '00:00:00', 'total cpu': '00:00:00' },
      memory: { peak_per_node: 0 },
    },
    input_dataset_statistics: {
      rows: { total: rows, scanned: rows },
      bytes: { scanned: sum(({ statistics }) => statistics.bytesRead) },
    },
    dataset_statistics: tables.map((table) => ({ table_row_count: table.rows.count, table_size: table.rows.bytes })),
  };
}

type Value = string | number | boolean | null;
const isTrue = (text: string | undefined): boolean => text?.toLowerCase() === 'true';

/** What `render` asked for, in the words in which Kusto passes it to a client. https://learn.microsoft.com/kusto/query/render-operator */
export function visualizationOf(asked: Visualization | undefined): Readonly<Record<string, Value>> {
  const given = new Map(Object.entries(asked?.properties ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const text = (name: string): Value => given.get(name) ?? null;
  const number = (name: string): Value => {
    const value = given.get(name);
    return value === undefined || !Number.isFinite(Number(value)) ? 'NaN' : Number(value);
  };
  return {
    Visualization: asked?.kind ?? null,
    Title: text('title'),
    XColumn: text('xcolumn'),
    Series: text('series'),
    YColumns: text('ycolumns'),
    AnomalyColumns: text('anomalycolumns'),
    XTitle: text('xtitle'),
    YTitle: text('ytitle'),
    XAxis: text('xaxis'),
    YAxis: text('yaxis'),
    Legend: text('legend'),
    YSplit: text('ysplit'),
    Accumulate: isTrue(given.get('accumulate')),
    IsQuerySorted: false,
    Kind: text('kind'),
    Ymin: number('ymin'),
    Ymax: number('ymax'),
    Xmin: text('xmin'),
    Xmax: text('xmax'),
  };
}
