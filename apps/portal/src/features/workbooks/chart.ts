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

export const isChart = (visualization: string): boolean => visualization in kinds;

/** The result as if its query had ended with the `render` that the workbook means. */
export function chartOf(result: QueryResult, content: QueryContent, visualization: string): QueryResult {
  const { xAxis, yAxis, group } = content.chartSettings ?? {};
  const properties: Record<string, string> = {
    ...(xAxis ? { xcolumn: xAxis } : {}),
    ...(yAxis && yAxis.length > 0 ? { ycolumns: yAxis.join(',') } : {}),
    ...(group ? { series: group } : {}),
  };
  return {
    ...result,
    visualization: {
      kind: kinds[visualization] ?? visualization,
      properties: { ...result.visualization?.properties, ...properties },
    },
  };
}
