import type { ResultTable } from '../../bind/statements.ts';
import { countFunction } from '../../functions/index.ts';
import type { WindowFunction } from '../../functions/registry.ts';
import {
  columnOf,
  isHidden,
  literal,
  type AggregateItem,
  type Expr,
  type NamedExpr,
  type Rel,
} from '../../plan/plan.ts';
import { integer, sql } from '../../sql.ts';
import { projectTo, passAll } from '../shared.ts';
import { aggregate } from '../summarize.ts';
import { constantArgument, named, numberArgument, valueArgument } from './arguments.ts';
import type { PluginBinder, PluginCall } from './plugin.ts';

/** Plugins about rows and schemas as they stand: rows_near, narrow, preview, schema_merge. */

/** Whether a row near this one fulfils the condition. */
const near = (before: number, after: number): WindowFunction => ({
  name: '$near',
  parameters: ['bool'],
  result: 'bool',
  build: ([condition]) => ({
    call: sql`max(ifNull(${condition!.sql}, false))`,
    frame: sql`ROWS BETWEEN ${integer(after)} PRECEDING AND ${integer(before)} FOLLOWING`,
  }),
});

/** `rows_near(Condition, NumRows [, RowsAfter])`: rows up to so many before, and after, one that fulfils the condition. */
export const rowsNear: PluginBinder = (call) => {
  const { b, env, input, node } = call;
  const args = named(call, ['Condition', 'NumRows', 'NumRowsAfter', 'RowsAfter']);
  if (!b.isSerialized(input))
    return b.fail('InvalidArgument', 'rows_near() needs ordered rows: sort them first, or say serialize', node);
  const condition = b.cast(b.expr(args.get('Condition')!, { env, input }), 'bool', node);
  const most = [0, 1_000_000] as const;
  const before = numberArgument(call, args.get('NumRows'), most) ?? 0;
  const after = numberArgument(call, args.get('NumRowsAfter') ?? args.get('RowsAfter'), most) ?? before;
  const name = b.hidden('near');
  const marked: Rel = {
    kind: 'window',
    input,
    items: [{ name, fn: near(before, after), args: [condition], type: 'bool' }],
    partitionBy: b.partitionBy,
    fields: [...input.fields, { name, type: 'bool' }],
    order: input.order,
  };
  const kept: Rel = {
    kind: 'filter',
    input: marked,
    predicate: { kind: 'column', name, type: 'bool' },
    fields: marked.fields,
    order: marked.order,
  };
  return b.serialized(projectTo({ ...kept, fields: input.fields }, passAll(input), b));
};

/** `narrow()`: one row for each cell, with the number of its row from 0, its column's name and its value as text. */
export const narrow: PluginBinder = (call) => {
  const { b, input, node } = call;
  if (b.partitionBy.length)
    return b.fail('UnsupportedOperator', 'evaluate narrow() cannot stand inside partition or mv-apply', node);
  const visible = input.fields.filter((f) => !isHidden(f));
  const table = projectTo(
    input,
    visible.map((f, i): NamedExpr => ({ name: `c${i}`, expr: columnOf(f) })),
    b,
  );
  const names = visible.map((f, i) => [`n${i}`, literal('string', f.name)] as const);
  const text = `T | serialize _row = row_number(0)
    | mv-expand _n = pack_array(${names.map(([n]) => n).join(', ')}) to typeof(string),
        _v = pack_array(${visible.map((_, i) => `tostring(c${i})`).join(', ')}) to typeof(string)
    | project Row = _row, Column = _n, Value = _v`;
  return b.written(text, new Map([['T', b.serialized(table)]]), new Map(names), node);
};

/** `schema_merge([PreserveOrder])` over rows as `getschema` gives them. */
export const schemaMerge: PluginBinder = (call) => {
  const { b, input, node } = call;
  const preserve = constantArgument(call, named(call, ['PreserveOrder']).get('PreserveOrder')) ?? true;
  const column = (name: string): Expr => {
    const field = input.fields.find((f) => f.name === name);
    if (field) return columnOf(field);
    return b.fail('InvalidArgument', `schema_merge() reads what getschema gives: the column ${name} is missing`, node);
  };
  const items: NamedExpr[] = [
    { name: '_n', expr: column('ColumnName') },
    { name: '_o', expr: column('ColumnOrdinal') },
    { name: '_y', expr: column('ColumnType') },
  ];
  const order = preserve
    ? '| extend _o = iff(_lo == _hi, _hi, -1), _y = iff(_lo == _hi, _y, "ERROR(columns are out of order)")'
    : '| extend _o = row_number(0)';
  const text = `T | summarize _lo = min(_o), _hi = max(_o), _types = make_set(_y), _n1 = count_distinct(_y),
      _number = countif(_y !in ('int', 'long', 'real', 'decimal')), _real = countif(_y == 'real'),
      _decimal = countif(_y == 'decimal') by _n
    | extend _y = case(_n1 == 1, tostring(_types[0]), _number > 0, 'ERROR(types cannot be merged)',
        _decimal > 0, 'decimal', _real > 0, 'real', 'long')
    | sort by _hi asc, _n asc ${order}
    | extend _d = case(_y == 'bool', 'System.SByte', _y == 'int', 'System.Int32', _y == 'long', 'System.Int64',
        _y == 'real', 'System.Double', _y == 'string', 'System.String', _y == 'datetime', 'System.DateTime',
        _y == 'timespan', 'System.TimeSpan', _y == 'guid', 'System.Guid', _y == 'decimal', 'System.Data.SqlTypes.SqlDecimal',
        _y == 'dynamic', 'System.Object', strcat('ERROR(unknown CSL type:', _y, ')'))
    | project ColumnName = _n, ColumnOrdinal = _o, DataType = _d, ColumnType = _y`;
  return b.written(text, new Map([['T', projectTo({ ...input, order: [] }, items, b)]]), new Map(), node);
};

/** `preview(NumberOfRows)`: some rows, and how many there are. */
export const previewTables = (call: PluginCall): ResultTable[] => {
  const { b, input, node } = call;
  const count = b.cast(valueArgument(call, call.args[0]), 'long', node);
  const total: AggregateItem = { name: 'Count', fn: countFunction, args: [], type: 'long', span: b.span(node) };
  return [
    { name: '', rel: { kind: 'limit', input, count, by: [], fields: input.fields, order: input.order } },
    { name: '', rel: aggregate(input, [], [total], b) },
  ];
};
export const preview: PluginBinder = ({ b, node }) =>
  b.fail('InvalidArgument', 'evaluate preview() gives two tables: it can only end a query', node);
