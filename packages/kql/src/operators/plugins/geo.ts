import { resultColumns } from '../../bind/types.ts';
import {
  capOf,
  distanceSql,
  inConstant,
  prepareBorder,
  prepareLines,
  prepareRegion,
} from '../../functions/geo/prepared.ts';
import { validPoint } from '../../functions/geo/sql.ts';
import { hostKey, type HostFunction } from '../../functions/host.ts';
import { scalarWith, type CallInfo, type ScalarFunction } from '../../functions/registry.ts';
import { columnOf, isHidden, type Expr, type Field, type NamedExpr, type Rel } from '../../plan/plan.ts';
import { join, real, sql, string, type Sql } from '../../sql.ts';
import { passAll, projectTo } from '../shared.ts';
import { columnArgument, constantArgument, named, numberArgument } from './arguments.ts';
import { joined, side, unnested } from './ip-lookup.ts';
import type { PluginBinder, PluginCall } from './plugin.ts';

/**
 * geo_polygon_lookup and geo_line_lookup. The lookup table is small: the engine is asked for its shapes, each becomes a test in the
 * query, and a row's matches are joined with the lookup table by the shapes' hashes. So the large table is read once.
 */

/** Most shapes of a lookup table, and most characters that their tests may take in the query's text. */
const maxShapes = 10_000;
const maxText = 3_000_000;

interface Shape {
  /** Names the shape, the same here as in the query. */
  readonly key: string;
  /** What the tests read; null of what is no shape, which matches nothing. */
  readonly prepared: string | null;
}
/** The distinct shapes of the lookup table. */
function shapesOf(call: PluginCall, table: Rel, field: Field, prepare: HostFunction): Shape[] {
  const { b, node } = call;
  const column = columnOf(field);
  const key = b.call(hostKey, [column], 'string', node);
  const fields = [
    { name: 'k', type: 'string' as const },
    { name: 'shape', type: field.type },
  ];
  const keys = [
    { name: 'k', expr: key },
    { name: 'shape', expr: column },
  ];
  const distinct: Rel = { kind: 'aggregate', input: table, keys, aggregates: [], fields, order: [] };
  const rows = b.probe(distinct, maxShapes, `the shapes that ${call.name}() looks up`, node);
  return rows.map(([k, shape]) => {
    const prepared = prepare.evaluate([typeof shape === 'string' ? shape : null]);
    return { key: String(k), prepared: typeof prepared === 'string' && prepared !== '' ? prepared : null };
  });
}

type Test = (prepared: string, lng: Sql, lat: Sql, info: CallInfo) => Sql;
/** Within a distance: only where the circle around the shape, made wider by it, has the place at all. */
const withinRadius =
  (radius: number): Test =>
  (prepared, lng, lat, info) => {
    const shape = { sql: string(prepared), type: 'dynamic' as const, nullable: false, literal: { value: prepared } };
    return sql`(${capOf(prepared, radius, lng, lat, info)} AND ifNull(${distanceSql(lng, lat, shape, info)} <= ${real(radius)}, false))`;
  };

/** The keys of the shapes that a place matches, as a dynamic array; one empty key when it matches none and `keep` is set. */
function matchesFunction(call: PluginCall, shapes: readonly Shape[], test: Test, keep: boolean): ScalarFunction {
  return scalarWith(
    `$${call.name}`,
    ['real', 'real'],
    'dynamic',
    ([x, y], info) => {
      const [lng, lat] = [x!.sql, y!.sql];
      const tests = shapes.flatMap(({ key, prepared }) =>
        prepared === null ? [] : [sql`if(${test(prepared, lng, lat, info)}, ${string(JSON.stringify(key))}, '')`],
      );
      if (tests.reduce((sum, t) => sum + t.text.length, 0) > maxText)
        info.fail('the shapes to look up have too many corners; simplify them first, or look up fewer');
      const none = keep ? sql`'[""]'` : sql`'[]'`;
      if (tests.length === 0) return none;
      const found = info.name(sql`arrayFilter(k -> k != '', [${join(tests)}])`);
      return sql`if(ifNull(${validPoint(lng, lat)}, false) AND notEmpty(${found}), concat('[', arrayStringConcat(${found}, ','), ']'), ${none})`;
    },
    'never',
  );
}

function looked(call: PluginCall, table: Rel, key: Field, matches: Expr, keep: boolean, keyToo: boolean): Rel {
  const { b, input, node } = call;
  const found = unnested(input, matches, b.hidden('match'), b.hidden('row'));
  const at = found.fields.at(-2)!;
  const sourceName = (name: string): string => `geo_s_${name}`;
  const source: NamedExpr[] = [
    ...passAll(input).map((i) => ({ name: sourceName(i.name), expr: i.expr })),
    { name: 'geo_match', expr: b.cast(columnOf(at), 'string', node) },
  ];
  const lefts = projectTo({ ...found, order: [] }, source, b);
  const right = side(table, 'geo_l_', call);
  const rights = projectTo(
    right.rel,
    [
      ...passAll(right.rel),
      { name: 'geo_key', expr: b.call(hostKey, [fieldOf(right.rel, right.name(key.name))], 'string', node) },
    ],
    b,
  );
  const on: [Expr, Expr][] = [[fieldOf(lefts, 'geo_match'), fieldOf(rights, 'geo_key')]];
  const all = joined(lefts, rights, keep ? 'leftouter' : 'inner', on);
  const visible = [
    ...input.fields.filter((f) => !isHidden(f)).map((f) => fieldOf(all, sourceName(f.name))),
    ...table.fields.filter((f) => !isHidden(f) && (keyToo || f !== key)).map((f) => fieldOf(all, right.name(f.name))),
  ];
  const columns = resultColumns(node);
  if (columns.length !== visible.length)
    return b.fail('UnsupportedExpression', `the columns of evaluate ${call.name}() cannot be told apart`, node);
  return projectTo(
    all,
    visible.map((expr, i) => ({ name: columns[i]!.name, expr })),
    b,
  );
}
const fieldOf = (rel: Rel, name: string): Expr => columnOf(rel.fields.find((f) => f.name === name)!);

const plugin =
  (
    names: readonly string[],
    tests: (radius: number | undefined) => { prepare: HostFunction; test: Test },
  ): PluginBinder =>
  (call) => {
    const { b, env, node } = call;
    if (b.partitionBy.length)
      return b.fail('UnsupportedOperator', `evaluate ${call.name}() cannot stand inside partition or mv-apply`, node);
    const args = named(call, names);
    const [tableName, keyName, lngName, latName] = names as [string, string, string, string];
    const tableNode = args.get(tableName);
    if (!tableNode) return b.fail('InvalidArgument', `${call.name}() needs a lookup table`, node);
    const table = b.apart(() => b.rel(tableNode, env));
    const key = columnArgument({ ...call, input: table }, args.get(keyName));
    const [lng, lat] = [columnArgument(call, args.get(lngName)), columnArgument(call, args.get(latName))];
    const radius = numberArgument(call, args.get('radius'), [0, 25_000_000]);
    const keep = constantArgument(call, args.get('return_unmatched')) === true;
    const keyToo = constantArgument(call, args.get('return_lookup_key')) === true;
    const { prepare, test } = tests(radius);
    const fn = matchesFunction(call, shapesOf(call, table, key, prepare), test, keep);
    const places = [lng, lat].map((f) => b.cast(columnOf(f), 'real', node));
    return looked(call, table, key, b.call(fn, places, 'dynamic', node), keep, keyToo);
  };

const options = ['radius', 'return_unmatched', 'lookup_area_radius', 'return_lookup_key'];
/** `geo_polygon_lookup(LookupTable, LookupPolygonKey, SourceLongitude, SourceLatitude [, radius, …])`. */
export const geoPolygonLookup: PluginBinder = plugin(
  ['LookupTable', 'LookupPolygonKey', 'SourceLongitude', 'SourceLatitude', ...options],
  (radius) =>
    radius === undefined
      ? { prepare: prepareRegion, test: inConstant }
      : { prepare: prepareBorder, test: withinRadius(radius) },
);
/** `geo_line_lookup(LookupTable, LookupLineKey, SourceLongitude, SourceLatitude, radius [, …])`. */
export const geoLineLookup: PluginBinder = plugin(
  ['LookupTable', 'LookupLineKey', 'SourceLongitude', 'SourceLatitude', ...options],
  (radius) => ({ prepare: prepareLines, test: withinRadius(radius ?? 0) }),
);
