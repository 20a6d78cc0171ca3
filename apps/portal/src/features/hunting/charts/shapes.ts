import type { Cell, Column } from '@sallyport/contracts';
import { isNumeric } from '../../../shared/cells.ts';
import type { Drawable } from './plot.ts';

/** What is read off an answer for pictures that are no plot over axes. Each answers undefined when the columns don't serve. */

const first = (columns: readonly Column[], fits: (column: Column, index: number) => boolean): number =>
  columns.findIndex(fits);
const numberAt = (cell: Cell | undefined): number | undefined => {
  const number = cell === null || cell === undefined ? Number.NaN : Number(cell);
  return Number.isFinite(number) ? number : undefined;
};

export interface Place {
  readonly longitude: number;
  readonly latitude: number;
  readonly size: number | undefined;
  readonly name: string;
}
const PLACES_MAX = 5_000;
const Longitude = /^(lon|lng|long|longitude|x)$|longitude$/i;
const Latitude = /^(lat|latitude|y)$|latitude$/i;

/** `scatterchart with (kind=map)`: longitude and latitude by name, else the first two numbers; or GeoJSON points. A further number is the size. */
export function placesOf({ columns, rows, properties }: Drawable): readonly Place[] | undefined {
  const numbers = columns.flatMap(({ type }, index) => (isNumeric(type) ? [index] : []));
  const named = (name: string | undefined, pattern: RegExp): number => {
    const given = first(columns, (column) => column.name === name);
    return given >= 0 ? given : first(columns, (column) => isNumeric(column.type) && pattern.test(column.name));
  };
  let longitude = named(properties['xcolumn'], Longitude);
  let latitude = named(properties['ycolumns'], Latitude);
  if (longitude < 0 || latitude < 0) [longitude = -1, latitude = -1] = numbers;
  const size = numbers.find((index) => index !== longitude && index !== latitude);
  const point = first(columns, ({ type }) => type === 'dynamic');
  const label = first(columns, ({ type }) => type === 'string');
  if ((longitude < 0 || latitude < 0) && point < 0) return undefined;
  const places = rows.slice(0, PLACES_MAX).flatMap((row): Place[] => {
    const found =
      longitude >= 0 && latitude >= 0
        ? [numberAt(row[longitude]), numberAt(row[latitude])]
        : geoPoint(row[point] ?? null);
    const [x, y] = found;
    if (x === undefined || y === undefined || Math.abs(x) > 180 || Math.abs(y) > 90) return [];
    return [
      {
        longitude: x,
        latitude: y,
        size: size === undefined ? undefined : numberAt(row[size]),
        name: label < 0 ? '' : String(row[label] ?? ''),
      },
    ];
  });
  return places.length > 0 ? places : undefined;
}

function geoPoint(cell: Cell): readonly (number | undefined)[] {
  try {
    const value: unknown = JSON.parse(String(cell));
    if (typeof value !== 'object' || value === null || !('coordinates' in value)) return [];
    const { coordinates } = value;
    return Array.isArray(coordinates) ? coordinates.slice(0, 2).map((one: unknown) => numberAt(Number(one))) : [];
  } catch {
    return [];
  }
}

export interface Branch {
  readonly name: string;
  readonly value?: number;
  readonly children?: readonly Branch[];
}
const LEAVES_MAX = 400;

/** `treemap`: text columns are the levels, outermost first, the first number the size. */
export function treeOf({ columns, rows }: Drawable): Branch | undefined {
  const value = first(columns, ({ type }) => isNumeric(type));
  const levels = columns.flatMap(({ type }, index) => (isNumeric(type) ? [] : [index])).slice(0, 4);
  if (value < 0 || levels.length === 0) return undefined;
  interface Node {
    readonly children: Map<string, Node>;
    value: number;
  }
  const root: Node = { children: new Map(), value: 0 };
  const largest = rows
    .map((row) => ({ row, size: numberAt(row[value]) ?? 0 }))
    .filter(({ size }) => size > 0)
    .toSorted((a, b) => b.size - a.size)
    .slice(0, LEAVES_MAX);
  for (const { row, size } of largest) {
    let node = root;
    for (const level of levels) {
      const name = String(row[level] ?? '');
      const next = node.children.get(name) ?? { children: new Map<string, Node>(), value: 0 };
      node.children.set(name, next);
      node = next;
    }
    node.value += size;
  }
  const branch = (name: string, node: Node): Branch =>
    node.children.size > 0
      ? { name, children: [...node.children].map(([child, next]) => branch(child, next)) }
      : { name, value: node.value };
  return root.children.size > 0 ? branch('', root) : undefined;
}

export interface Pivot {
  readonly rowTitle: string;
  readonly columnTitle: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Sums, by row and column. */
  readonly cells: ReadonlyMap<string, number>;
  readonly leftOut: number;
}
const [PIVOT_ROWS_MAX, PIVOT_COLUMNS_MAX] = [200, 40];
export const pivotKey = (row: string, column: string): string => JSON.stringify([row, column]);

/** `pivotchart`: the first two columns that are no number across each other, the first number summed. */
export function pivotOf({ columns, rows }: Drawable): Pivot | undefined {
  const value = first(columns, ({ type }) => isNumeric(type));
  const [down, across] = columns.flatMap(({ type }, index) => (isNumeric(type) ? [] : [index]));
  if (down === undefined) return undefined;
  const cells = new Map<string, number>();
  const sums = { rows: new Map<string, number>(), columns: new Map<string, number>() };
  for (const row of rows) {
    const [a, b] = [String(row[down] ?? ''), across === undefined ? '' : String(row[across] ?? '')];
    const number = value < 0 ? 1 : (numberAt(row[value]) ?? 0);
    cells.set(pivotKey(a, b), (cells.get(pivotKey(a, b)) ?? 0) + number);
    sums.rows.set(a, (sums.rows.get(a) ?? 0) + number);
    sums.columns.set(b, (sums.columns.get(b) ?? 0) + number);
  }
  const largest = (all: ReadonlyMap<string, number>, most: number): string[] =>
    [...all]
      .toSorted(([, x], [, y]) => y - x)
      .slice(0, most)
      .map(([name]) => name);
  const shown = { rows: largest(sums.rows, PIVOT_ROWS_MAX), columns: largest(sums.columns, PIVOT_COLUMNS_MAX) };
  return {
    rowTitle: columns[down]?.name ?? '',
    columnTitle: across === undefined ? '' : (columns[across]?.name ?? ''),
    ...shown,
    cells,
    leftOut: sums.rows.size - shown.rows.length + sums.columns.size - shown.columns.length,
  };
}

export interface Bar {
  readonly name: string;
  readonly legend: string;
  readonly start: Date;
  readonly end: Date;
}
const BARS_MAX = 200;

/** `ladderchart`: the last two times are the ends of a bar, all other columns its name. `timepivot`: one time is enough, and a bar's name is its first column. */
export function barsOf({ columns, rows, kind }: Drawable): readonly Bar[] | undefined {
  const times = columns.flatMap(({ type }, index) => (type === 'datetime' ? [index] : []));
  const [from, to = from] = times.slice(-2);
  if (from === undefined || to === undefined) return undefined;
  const names = columns.flatMap((_, index) => (index === from || index === to ? [] : [index]));
  const bars = rows.slice(0, BARS_MAX).flatMap((row): Bar[] => {
    const [start, end] = [new Date(String(row[from] ?? '')), new Date(String(row[to] ?? ''))];
    if (Number.isNaN(start.getTime()) || Number.isNaN(end.getTime())) return [];
    const texts = names.map((index) => String(row[index] ?? ''));
    const name = (kind === 'timepivot' ? texts.slice(0, 1) : texts).join(' · ') || 'row';
    return [{ name, legend: texts.at(-1) ?? '', start: start < end ? start : end, end: start < end ? end : start }];
  });
  return bars.length > 0 ? bars : undefined;
}

export interface Net {
  readonly nodes: readonly { readonly id: string; readonly links: number }[];
  readonly links: readonly {
    readonly source: string;
    readonly target: string;
    readonly rows: number;
    readonly label: string;
  }[];
  readonly leftOut: number;
}
const [NODES_MAX, LINKS_MAX] = [150, 400];
const Source = /^(source|src|from|parent|sourcenodeid|sourceid)|^initiating|^source/i;
const Target = /^(target|dst|destination|to|child|targetnodeid|targetid)|^target|^dest/i;

/** A graph of rows that are edges: source and target by name, else the first two columns that hold texts. */
export function netOf({ columns, rows, properties }: Drawable): Net | undefined {
  const texts = columns.flatMap(({ type }, index) => (type === 'string' || type === 'guid' ? [index] : []));
  const named = (pattern: RegExp): number | undefined =>
    texts.find((index) => pattern.test(columns[index]?.name ?? ''));
  const given = (name: string | undefined): number | undefined => {
    const index = name === undefined ? -1 : first(columns, (column) => column.name === name);
    return index < 0 ? undefined : index;
  };
  const source = given(properties['source']) ?? named(Source) ?? texts[0];
  const target = given(properties['target']) ?? named(Target) ?? texts.find((index) => index !== source);
  if (source === undefined || target === undefined || source === target) return undefined;
  const label = texts.find((index) => index !== source && index !== target);
  const links = new Map<string, { source: string; target: string; rows: number; label: string }>();
  for (const row of rows) {
    const [a, b] = [String(row[source] ?? ''), String(row[target] ?? '')];
    if (a === '' || b === '') continue;
    const known = links.get(JSON.stringify([a, b]));
    if (known) known.rows++;
    else
      links.set(JSON.stringify([a, b]), {
        source: a,
        target: b,
        rows: 1,
        label: label === undefined ? '' : String(row[label] ?? ''),
      });
  }
  const degree = new Map<string, number>();
  for (const link of links.values())
    for (const end of [link.source, link.target]) degree.set(end, (degree.get(end) ?? 0) + 1);
  const ids = [...degree].toSorted(([, x], [, y]) => y - x).slice(0, NODES_MAX);
  const kept = new Set(ids.map(([id]) => id));
  const shown = [...links.values()].filter((one) => kept.has(one.source) && kept.has(one.target)).slice(0, LINKS_MAX);
  if (shown.length === 0) return undefined;
  return {
    nodes: ids.map(([id, count]) => ({ id, links: count })),
    links: shown,
    leftOut: links.size - shown.length,
  };
}
