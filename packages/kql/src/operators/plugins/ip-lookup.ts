import { kindOf, type SyntaxNode } from '../../bind/kusto.ts';
import { resultColumns } from '../../bind/types.ts';
import { scalarWith, type ScalarFunction } from '../../functions/registry.ts';
import { columnOf, isHidden, type Expr, type Field, type JoinKind, type NamedExpr, type Rel } from '../../plan/plan.ts';
import { integer, sql, type Sql } from '../../sql.ts';
import { passAll, projectTo } from '../shared.ts';
import { aggregate } from '../summarize.ts';
import { columnArgument, constantArgument } from './arguments.ts';
import type { PluginBinder, PluginCall } from './plugin.ts';

/**
 * ipv4_lookup and ipv6_lookup. An address is in a network when both agree in the first bits, as many as the shorter of their prefixes
 * says. So each distinct address becomes the keys `length:bits` of all networks that it may be in, and a join on equal keys does the
 * looking up, however large the tables.
 */

interface Family {
  readonly bits: number;
  /** The address without its prefix as an unsigned integer; NULL when it is none. */
  readonly number: (text: Sql) => Sql;
  /** How much longer a prefix is than it says: an IPv4 address among IPv6 ones. */
  readonly extra: (text: Sql) => Sql;
}
const v4: Family = { bits: 32, number: (a) => sql`toUInt64(IPv4StringToNumOrNull(${a}))`, extra: () => sql`0` };
const v6: Family = {
  bits: 128,
  number: (a) => sql`reinterpretAsUInt128(reverse(IPv6StringToNumOrNull(${a})))`,
  extra: (a) => sql`if(position(${a}, ':') = 0, 96, 0)`,
};

const addressOf = (ip: Sql): Sql => sql`splitByChar('/', trimBoth(${ip}))[1]`;
/** The prefix of an address: all bits when it says none; NULL when it says nonsense. */
function prefixOf(ip: Sql, { bits, extra }: Family): Sql {
  const said = sql`splitByChar('/', trimBoth(${ip}))[2]`;
  const own = sql`toUInt8OrNull(${said}) + ${extra(addressOf(ip))}`;
  return sql`if(position(${ip}, '/') = 0, ${integer(bits)}, if(${own} <= ${integer(bits)}, ${own}, NULL))`;
}
const shifted = (number: Sql, length: Sql, bits: number): Sql =>
  sql`if(${length} = 0, 0, bitShiftRight(${number}, ${integer(bits)} - ${length}))`;
const key = (mark: Sql, length: Sql, number: Sql, bits: number): Sql =>
  sql`concat('"', ${mark}, toString(${length}), ':', toString(${shifted(number, length, bits)}), '"')`;
const array = (keys: Sql): Sql => sql`concat('[', arrayStringConcat(${keys}, ','), ']')`;

/** Keys of an address that looks for its networks: each network around it, and itself when it is a network. */
const sourceKeys = (family: Family): ScalarFunction =>
  scalarWith(
    '$ip_source_keys',
    ['string'],
    'dynamic',
    ([ip], call) => {
      const number = call.name(family.number(addressOf(ip!.sql)));
      const prefix = call.name(prefixOf(ip!.sql, family));
      const whole = integer(family.bits);
      const around = sql`arrayMap(l -> ${key(sql`'n'`, sql`l`, sql`assumeNotNull(${number})`, family.bits)}, range(0, toUInt16(assumeNotNull(${prefix})) + 1))`;
      const own = sql`if(${prefix} < ${whole}, [${key(sql`'p'`, sql`assumeNotNull(${prefix})`, sql`assumeNotNull(${number})`, family.bits)}], [])`;
      return sql`if(isNull(${number}) OR isNull(${prefix}), '[]', ${array(sql`arrayConcat(${around}, ${own})`)})`;
    },
    'never',
  );
/** Keys of a network: itself, and, when sources may be networks too, every wider one around it. */
const networkKeys = (family: Family): ScalarFunction =>
  scalarWith(
    '$ip_network_keys',
    ['string', 'bool'],
    'dynamic',
    ([ip, wide], call) => {
      const number = call.name(family.number(addressOf(ip!.sql)));
      const prefix = call.name(prefixOf(ip!.sql, family));
      const own = sql`[${key(sql`'n'`, sql`assumeNotNull(${prefix})`, sql`assumeNotNull(${number})`, family.bits)}]`;
      const around = sql`arrayMap(l -> ${key(sql`'p'`, sql`l`, sql`assumeNotNull(${number})`, family.bits)}, range(0, if(${wide!.sql}, toUInt16(assumeNotNull(${prefix})), 0)))`;
      return sql`if(isNull(${number}) OR isNull(${prefix}), '[]', ${array(sql`arrayConcat(${own}, ${around})`)})`;
    },
    'never',
  );
const masked = scalarWith('$is_network', ['string'], 'bool', ([ip]) => sql`position(${ip!.sql}, '/') > 0`, 'never');

/** One row for each key. */
export function unnested(input: Rel, keys: Expr, name: string, index: string): Rel {
  return {
    kind: 'unnest',
    input: { ...input, order: [] },
    items: [{ name, expr: keys }],
    index,
    keepNull: false,
    bags: 'bag',
    limit: undefined,
    fields: [...input.fields, { name, type: 'dynamic' }, { name: index, type: 'long' }],
    order: [],
  };
}

interface Side {
  readonly rel: Rel;
  readonly name: (field: string) => string;
}
/** The columns of a table under names of their own, so that two tables can be joined whatever theirs are. */
export function side(rel: Rel, prefix: string, call: PluginCall): Side {
  const name = (field: string): string => prefix + field;
  const items = passAll(rel).map((i): NamedExpr => ({ name: name(i.name), expr: i.expr }));
  return { rel: projectTo({ ...rel, order: [] }, items, call.b), name };
}

export function joined(left: Rel, right: Rel, joinKind: JoinKind, on: readonly (readonly [Expr, Expr])[]): Rel {
  const visible = (rel: Rel): Field[] => rel.fields.filter((f) => !isHidden(f));
  const outputs = [
    ...visible(left).map((f) => ({ name: f.name, side: 'left' as const, column: f.name })),
    ...visible(right).map((f) => ({ name: f.name, side: 'right' as const, column: f.name })),
  ];
  return {
    kind: 'join',
    left,
    right,
    joinKind,
    on: on.map(([l, r]) => ({ left: l, right: r })),
    outputs,
    fields: [...visible(left), ...visible(right)],
    order: [],
  };
}

const isTrue = (node: SyntaxNode): boolean => /BooleanLiteral/.test(kindOf(node));

/** `ipv4_lookup(LookupTable, SourceKey, LookupKey [, ExtraKey …] [, return_unmatched])`. */
const lookup =
  (family: Family): PluginBinder =>
  (call) => {
    const { b, env, node } = call;
    if (b.partitionBy.length)
      return b.fail('UnsupportedOperator', `evaluate ${call.name}() cannot stand inside partition or mv-apply`, node);
    const positional: SyntaxNode[] = [];
    let unmatched = false;
    for (const arg of call.args) {
      const value =
        kindOf(arg) === 'SimpleNamedExpression' ? (arg as unknown as { Expression: SyntaxNode }).Expression : arg;
      if (value !== arg || isTrue(arg)) unmatched = constantArgument(call, value) === true;
      else positional.push(arg);
    }
    const [tableNode, sourceNode, lookupNode, ...extra] = positional;
    const table = b.apart(() => b.rel(tableNode!, env));
    const inTable = { ...call, input: table };
    const source = columnArgument(call, sourceNode);
    const network = columnArgument(inTable, lookupNode);
    const commons = extra.map((e) => [columnArgument(call, e), columnArgument(inTable, e)] as const);
    return matched(call, { family, table, source, network, commons, unmatched });
  };

interface Lookup {
  readonly family: Family;
  readonly table: Rel;
  readonly source: Field;
  readonly network: Field;
  readonly commons: readonly (readonly [Field, Field])[];
  readonly unmatched: boolean;
}
function matched(call: PluginCall, { family, table, source, network, commons, unmatched }: Lookup): Rel {
  const { b, input, node } = call;
  const left = side(input, 'ip_s_', call);
  const right = side(table, 'ip_l_', call);
  const column = (rel: Rel, name: string): Expr => columnOf(rel.fields.find((f) => f.name === name)!);
  const text = (rel: Rel, name: string): Expr => b.cast(column(rel, name), 'string', node);

  // Distinct addresses → keys.
  const ip = 'ip_address';
  const distinct = aggregate(left.rel, [{ name: ip, expr: text(left.rel, left.name(source.name)) }], [], b);
  const address: Expr = { kind: 'column', name: ip, type: 'string' };
  const looking = unnested(distinct, b.call(sourceKeys(family), [address], 'dynamic', node), 'ip_key', b.hidden('row'));
  const some: Rel = {
    kind: 'filter',
    input: distinct,
    predicate: b.call(masked, [address], 'bool', node),
    fields: distinct.fields,
    order: [],
  };
  const networks: Rel = {
    kind: 'aggregate',
    input: some,
    keys: [],
    aggregates: [{ name: 'ip_any', fn: anyFunction, args: [address], type: 'bool', span: b.span(node) }],
    fields: [{ name: 'ip_any', type: 'bool' }],
    order: [],
  };
  const wide: Expr = { kind: 'scalarQuery', rel: networks, type: 'bool' };
  const keys = b.call(networkKeys(family), [text(right.rel, right.name(network.name)), wide], 'dynamic', node);
  const found = unnested(right.rel, keys, 'ip_network_key', b.hidden('row'));
  const pairs = joined(looking, found, 'inner', [[column(looking, 'ip_key'), column(found, 'ip_network_key')]]);
  const on: [Expr, Expr][] = [
    [text(left.rel, left.name(source.name)), address],
    ...commons.map(([l, r]): [Expr, Expr] => [column(left.rel, left.name(l.name)), column(pairs, right.name(r.name))]),
  ];
  const all = joined(left.rel, pairs, unmatched ? 'leftouter' : 'inner', on);
  const shared = new Set(commons.map(([, r]) => r.name));
  const sources = input.fields.filter((f) => !isHidden(f)).map((f) => column(all, left.name(f.name)));
  const lookups = table.fields
    .filter((f) => !isHidden(f) && !shared.has(f.name))
    .map((f) => column(all, right.name(f.name)));
  const ordered = family === v6 ? [...lookups, ...sources] : [...sources, ...lookups];
  const columns = resultColumns(node);
  return projectTo(
    all,
    ordered.map((expr, i): NamedExpr => ({ name: columns[i]!.name, expr })),
    b,
  );
}
const anyFunction = {
  name: '$any_row',
  parameters: ['any'] as const,
  result: 'bool' as const,
  nulls: 'never' as const,
  build: () => sql`count() > 0`,
};

export const ipv4Lookup: PluginBinder = lookup(v4);
export const ipv6Lookup: PluginBinder = lookup(v6);
