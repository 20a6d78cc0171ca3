import type { Cell, Column } from '@sallyport/contracts';
import { isNumeric } from '../../../shared/cells.ts';

/** What is to be drawn: an answer, or as much of one as a picture can show. */
export interface Drawable {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  readonly kind: string;
  /** Of `render`'s `with (…)`. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface Point {
  readonly x: Date | number | string;
  readonly y: number;
  /** Of an anomaly chart: that this point is one. */
  readonly anomaly?: boolean;
}
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}
export interface Plot {
  readonly kind: 'line' | 'area' | 'bar' | 'column' | 'pie' | 'scatter' | 'card';
  readonly stacking: 'none' | 'stacked' | 'stacked100';
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
/** Kinds whose series stand on each other unless `kind=unstacked` says otherwise. */
const stacked = new Set(['stackedareachart', 'areachart', 'columnchart', 'barchart']);

/** More lines than this cannot be told apart. */
export const SERIES_MAX = 10;
/** More slices or bars than this are rest. */
export const CATEGORIES_MAX = 24;

const instant = /^\d{4}-\d{2}-\d{2}T/;

/** The values of an array in a dynamic cell, as `make-series` gives them; undefined for other cells. */
export function arrayOf(cell: Cell): readonly unknown[] | undefined {
  if (typeof cell !== 'string' || !cell.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(cell);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

interface Axis {
  readonly index: number;
  readonly kind: 'time' | 'number' | 'text';
  /** Its cells hold arrays. */
  readonly array: boolean;
}

/** What a column's values are, as its type and its first cell say. */
function axisOf({ columns, rows }: Drawable, index: number): Axis {
  const type = columns[index]?.type ?? 'string';
  if (type !== 'dynamic')
    return { index, kind: type === 'datetime' ? 'time' : isNumeric(type) ? 'number' : 'text', array: false };
  const first = rows.map((row) => arrayOf(row[index] ?? null)).find((array) => array !== undefined && array.length > 0);
  const value = first?.find((one) => one !== null);
  const kind =
    typeof value === 'number' ? 'number' : typeof value === 'string' && instant.test(value) ? 'time' : 'text';
  return { index, kind, array: first !== undefined };
}

const asX = (value: unknown, kind: Axis['kind']): Point['x'] | undefined => {
  if (value === null || value === undefined) return undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (kind === 'time') return new Date(text);
  return kind === 'number' ? Number(value) : text;
};

const listed = (text: string | undefined): readonly string[] => {
  const parts = (text ?? '').replaceAll(/^\[|\]$/g, '').split(',');
  return parts.map((one) => one.trim().replaceAll(/^['"]|['"]$/g, '')).filter((one) => one !== '');
};

/**
 * An answer as `render` wants it drawn. Source: Kusto, "render operator", defaults of the visualizations: the first datetime column (time
 * charts) or the first column is x, numeric columns are y, text columns split into series; arrays are drawn value by value. Undefined: nothing that
 * can be drawn.
 */
export function plotOf(drawn: Drawable): Plot | undefined {
  const kind = kinds[drawn.kind];
  if (!kind) return undefined;
  const { properties, columns, rows } = drawn;
  const axes = columns.map((_, index) => axisOf(drawn, index));
  const named = (name: string | undefined): number => columns.findIndex((column) => column.name === name);
  const x =
    axes[named(properties['xcolumn'])] ??
    (kind === 'pie' ? undefined : axes.find((axis) => axis.kind === 'time')) ??
    axes[
      kind === 'scatter' || kind === 'card'
        ? 0
        : Math.max(0, kind === 'line' ? 0 : axes.findIndex((axis) => axis.kind === 'text'))
    ];
  if (!x) return undefined;
  const anomalyNames = new Set(listed(properties['anomalycolumns']));
  const pick = (names: readonly string[]): Axis[] => names.flatMap((name) => axes[named(name)] ?? []);
  const wanted = pick(listed(properties['ycolumns']));
  const numbers = axes.filter(
    (axis) => axis.index !== x.index && axis.kind === 'number' && !anomalyNames.has(columns[axis.index]?.name ?? ''),
  );
  const ys =
    wanted.length > 0 ? wanted : kind === 'card' && numbers.length === 0 && x.kind === 'number' ? [x] : numbers;
  const flags = pick([...anomalyNames])[0];
  const given = pick(listed(properties['series']));
  const split =
    given.length > 0
      ? given
      : axes.filter((axis) => axis.index !== x.index && !ys.includes(axis) && axis.kind === 'text' && !axis.array);
  if (ys.length === 0) return undefined;
  const byName = new Map<string, Point[]>();
  const add = (name: string, point: Point): void => {
    const known = byName.get(name);
    if (known) known.push(point);
    else byName.set(name, [point]);
  };
  for (const row of rows) {
    const xs = x.array ? (arrayOf(row[x.index] ?? null) ?? []) : [row[x.index] ?? null];
    const marks = flags ? (arrayOf(row[flags.index] ?? null) ?? [row[flags.index] ?? null]) : [];
    const parts = split.map((axis) => String(row[axis.index] ?? ''));
    for (const y of ys) {
      const values = y.array ? (arrayOf(row[y.index] ?? null) ?? []) : undefined;
      const own = ys.length > 1 || split.length === 0 ? [columns[y.index]!.name] : [];
      const name = [...parts, ...own].filter((part) => part !== '').join(' · ') || '(empty)';
      xs.forEach((value, place) => {
        const at = asX(value, x.kind);
        const number = values ? values[place] : row[y.index];
        if (at === undefined || number === null || number === undefined || !Number.isFinite(Number(number))) return;
        const mark = marks[place];
        add(name, { x: at, y: Number(number), ...(mark !== undefined && Number(mark) !== 0 ? { anomaly: true } : {}) });
      });
    }
  }
  const order = (a: Point, b: Point): number => Number(a.x) - Number(b.x);
  const ordered = [...byName].map(([name, points]): Series => ({
    name,
    points: typeof points[0]?.x === 'string' ? points : points.toSorted(order),
  }));
  const total = (series: Series): number => series.points.reduce((sum, point) => sum + Math.abs(point.y), 0);
  const shown = ordered.toSorted((a, b) => total(b) - total(a)).slice(0, SERIES_MAX);
  const how = properties['kind'] ?? 'default';
  return {
    kind,
    stacking:
      !stacked.has(drawn.kind) || how === 'unstacked' ? 'none' : how === 'stacked100' ? 'stacked100' : 'stacked',
    title: properties['title'] ?? '',
    xTitle: properties['xtitle'] ?? columns[x.index]?.name ?? '',
    yTitle: properties['ytitle'] ?? (ys.length === 1 ? (columns[ys[0]!.index]?.name ?? '') : ''),
    series: shown,
    leftOut: ordered.length - shown.length,
  };
}
