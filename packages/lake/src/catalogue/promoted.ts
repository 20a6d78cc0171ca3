import { sqlName, sqlString } from '../sql.ts';

/** A member of a dynamic column whose text the table keeps as a column of the engine, which KQL does not see; as packages/kql takes it. */
export interface PromotedPath {
  readonly column: string;
  /** Names, and indexes of arrays from 0. */
  readonly keys: readonly (string | number)[];
  /** The engine's column. */
  readonly stored: string;
}

/** What such columns' names begin with. */
export const promotedPrefix = '_path/';

const shape = /^([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*|\[\d{1,4}\]|\["[^"\\\]/]{1,100}"\]){1,8})$/;
const step = /\.(\w+)|\[(\d+)\]|\["([^"]+)"\]/g;

/** `Column.name[0]["other name"]`. Undefined when it is no such path. */
export function promotedPath(text: string): PromotedPath | undefined {
  const [, column, rest] = shape.exec(text) ?? [];
  if (column === undefined || rest === undefined) return undefined;
  const keys = [...rest.matchAll(step)].map(([, name, index, quoted]) =>
    index === undefined ? (name ?? quoted ?? '') : Number(index),
  );
  const said = keys.map((key) => (typeof key === 'number' ? `[${key}]` : key));
  return { column, keys, stored: promotedPrefix + [column, ...said].join('/') };
}

/** Its value: what `tostring()` of the path is compiled to. An index is one of an array: the engine would count a bag's members, too. */
function valueOf({ column, keys }: PromotedPath): string {
  const at = (until: number): string =>
    keys
      .slice(0, until)
      .map((key) => (typeof key === 'number' ? String(key + 1) : sqlString(key)))
      .join(', ');
  const arrays = keys.flatMap((key, i) => {
    if (typeof key !== 'number') return [];
    return i === 0 ? [`startsWith(${sqlName(column)}, '[')`] : [`JSONType(${sqlName(column)}, ${at(i)}) = 'Array'`];
  });
  const found = `JSONExtract(${sqlName(column)}, ${at(keys.length)}, 'String')`;
  return arrays.length ? `if(${arrays.join(' AND ')}, ${found}, '')` : found;
}

/** One column of CREATE TABLE or ADD COLUMN. Parts that were there before compute it when they are read, until they are merged. */
export const promotedDdl = (path: PromotedPath): string =>
  `${sqlName(path.stored)} String MATERIALIZED ${valueOf(path)} CODEC(ZSTD(1))`;
