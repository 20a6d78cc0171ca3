import type { QueryResult } from '@sallyport/contracts';
import { chartKinds, type ChartKind } from './names.ts';
import { plotOf, type Drawable } from './plot.ts';
import { barsOf, netOf, pivotOf, placesOf, treeOf } from './shapes.ts';

const isKind = (kind: string): kind is ChartKind => chartKinds.some((one) => one === kind);

/** What `render` asks for, by our name; undefined for `table` and what nobody knows. */
export function kindOf(kind: string, properties: Readonly<Record<string, string>>): ChartKind | undefined {
  if (properties['kind'] === 'map') return 'map';
  return isKind(kind) ? kind : undefined;
}

/** Whether these rows can be drawn in this way. */
export function canDraw(kind: ChartKind, drawn: Drawable): boolean {
  switch (kind) {
    case 'map':
      return placesOf(drawn) !== undefined;
    case 'treemap':
      return treeOf(drawn) !== undefined;
    case 'pivotchart':
      return pivotOf(drawn) !== undefined;
    case 'ladderchart':
    case 'timepivot':
      return barsOf({ ...drawn, kind }) !== undefined;
    case 'graph':
      return netOf(drawn) !== undefined;
    case 'plotly':
      return drawn.rows.length > 0 && drawn.columns.length > 0 && String(drawn.rows[0]?.[0] ?? '').startsWith('{');
    default:
      return plotOf({ ...drawn, kind }) !== undefined;
  }
}

/** What an answer's `render` asks for, when it can be drawn. */
export function drawingOf({
  columns,
  rows,
  visualization,
}: Pick<QueryResult, 'columns' | 'rows' | 'visualization'>): { kind: ChartKind; drawn: Drawable } | undefined {
  const { kind: asked = '', properties = {} } = visualization ?? {};
  const kind = kindOf(asked, properties);
  const drawn = { columns, rows, kind: asked, properties };
  return kind && canDraw(kind, drawn) ? { kind, drawn } : undefined;
}
