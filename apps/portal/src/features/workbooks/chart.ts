import type { QueryContent, QueryResult } from '@sallyport/contracts';

/** Microsoft's names of a workbook's charts, as those of `render`. */
const kinds: Readonly<Record<string, string>> = {
  areachart: 'areachart',
  barchart: 'columnchart',
  categoricalbar: 'columnchart',
  unstackedbar: 'columnchart',
  linechart: 'linechart',
  timechart: 'timechart',
  piechart: 'piechart',
  scatterchart: 'scatterchart',
};

export const isChart = (visualization: string): boolean =>
  visualization in kinds || visualization === 'map' || visualization === 'graph';

/** The result as if its query had ended with the `render` that the workbook means. */
export function chartOf(result: QueryResult, content: QueryContent, visualization: string): QueryResult {
  if (visualization === 'map') return mapOf(result, content);
  if (visualization === 'graph') return graphOf(result, content);
  const { xAxis, yAxis, group } = content.chartSettings ?? {};
  const properties: Record<string, string> = {
    ...(xAxis ? { xcolumn: xAxis } : {}),
    ...(yAxis && yAxis.length > 0 ? { ycolumns: yAxis.join(',') } : {}),
    ...(group ? { series: group } : {}),
  };
  return rendered(result, kinds[visualization] ?? visualization, {
    ...result.visualization?.properties,
    ...properties,
  });
}

const rendered = (result: QueryResult, kind: string, properties: Record<string, string>): QueryResult => ({
  ...result,
  visualization: { kind, properties },
});

/** Places by latitude and longitude. By country or by a resource of Azure they are not drawn: the rows are a grid then. */
function mapOf(result: QueryResult, { mapSettings }: QueryContent): QueryResult {
  const { latitude, longitude } = mapSettings ?? {};
  return rendered(result, 'scatterchart', {
    kind: 'map',
    ...(longitude ? { xcolumn: longitude } : {}),
    ...(latitude ? { ycolumns: latitude } : {}),
  });
}

/** Rows that name a source and a target are links; the others are nodes alone, which a graph of links leaves out. */
function graphOf(result: QueryResult, { graphSettings }: QueryContent): QueryResult {
  const at = (name: string | null | undefined): number => result.columns.findIndex((column) => column.name === name);
  const [source, target] = [at(graphSettings?.sourceIdField), at(graphSettings?.targetIdField)];
  if (source < 0 || target < 0) return rendered(result, 'table', {});
  const text = (row: QueryResult['rows'][number], index: number): string => String(row[index] ?? '');
  return rendered(
    {
      ...result,
      columns: [
        { name: 'source', type: 'string' },
        { name: 'target', type: 'string' },
      ],
      rows: result.rows.map((row) => [text(row, source), text(row, target)]),
    },
    'graph',
    {},
  );
}
