import type { Cell, QueryResult } from '@sallyport/contracts';
import { isNumeric } from '../../shared/cells.ts';

export interface Point {
  readonly x: Date | number | string;
  readonly y: number;
}
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}
export interface Plot {
  readonly kind: 'line' | 'area' | 'bar' | 'column' | 'pie' | 'scatter' | 'card';
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
  /** How many series are not drawn. */
  readonly leftOut: number;
}

const kinds: Record<string, Plot['kind']> = {
  timechart: 'line',
  linechart: 'line',
  areachart: 'area',
  stackedareachart: 'area',
  barchart: 'bar',
  columnchart: 'column',
  piechart: 'pie',
  scatterchart: 'scatter',
  anomalychart: 'line',
  card: 'card',
};

/** More lines than this cannot be told apart. */
export const SERIES_MAX = 10;
/** More slices or bars than this are rest. */
export const CATEGORIES_MAX = 24;

const asX = (cell: Cell, time: boolean, numeric: boolean): Point['x'] | undefined => {
  if (cell === null) return undefined;
  if (time) return new Date(String(cell));
  return numeric ? Number(cell) : String(cell);
};

/**
 * A result as `render` wants it drawn. Source: Kusto, "render operator", defaults of the visualizations: the first datetime column (time
 * charts) or the first column is x, numeric columns are y, a text column splits into series. Undefined: nothing that can be drawn.
 */
export function plotOf(result: QueryResult): Plot | undefined {
  const { visualization, columns, rows } = result;
  const kind = visualization && kinds[visualization.kind];
  if (!visualization || !kind) return undefined;
  const { properties } = visualization;
  const named = (name: string | undefined): number => columns.findIndex((column) => column.name === name);
  const isTime = (index: number): boolean => columns[index]?.type === 'datetime';
  const firstTime = columns.findIndex((_, index) => isTime(index));
  const given = named(properties['xcolumn']);
  const x = given >= 0 ? given : firstTime >= 0 && kind !== 'pie' ? firstTime : 0;
  const wanted = (properties['ycolumns'] ?? '')
    .split(',')
    .map((name) => named(name.trim()))
    .filter((index) => index >= 0);
  const numbers = columns.flatMap((column, index) => (index !== x && isNumeric(column.type) ? [index] : []));
  const ys = wanted.length > 0 ? wanted : numbers;
  const split =
    named(properties['series']) >= 0
      ? named(properties['series'])
      : columns.findIndex((column, index) => index !== x && !ys.includes(index) && column.type === 'string');
  if (ys.length === 0 && kind !== 'card') return undefined;
  const byName = new Map<string, Point[]>();
  for (const row of rows) {
    const at = asX(row[x] ?? null, isTime(x), isNumeric(columns[x]?.type ?? 'string'));
    if (at === undefined) continue;
    for (const y of ys) {
      const value = row[y] ?? null;
      if (value === null || !Number.isFinite(Number(value))) continue;
      const parts = [split >= 0 ? String(row[split] ?? '') : '', ys.length > 1 || split < 0 ? columns[y]!.name : ''];
      const name = parts.filter((part) => part !== '').join(' · ') || 'value';
      byName.set(name, [...(byName.get(name) ?? []), { x: at, y: Number(value) }]);
    }
  }
  const order = (a: Point, b: Point): number => Number(a.x) - Number(b.x);
  const ordered = [...byName].map(([name, points]): Series => ({
    name,
    points: typeof points[0]?.x === 'string' ? points : points.toSorted(order),
  }));
  const total = (series: Series): number => series.points.reduce((sum, point) => sum + Math.abs(point.y), 0);
  const shown = ordered.toSorted((a, b) => total(b) - total(a)).slice(0, SERIES_MAX);
  return {
    kind,
    title: properties['title'] ?? '',
    xTitle: properties['xtitle'] ?? columns[x]?.name ?? '',
    yTitle: properties['ytitle'] ?? (ys.length === 1 ? (columns[ys[0]!]?.name ?? '') : ''),
    series: shown,
    leftOut: ordered.length - shown.length,
  };
}
