import type { SyntaxNode } from '../../bind/kusto.ts';
import { resultColumns } from '../../bind/types.ts';
import {
  columnOf,
  isHidden,
  literal,
  type Expr,
  type Field,
  type LiteralValue,
  type NamedExpr,
  type Rel,
} from '../../plan/plan.ts';
import type { KqlType } from '../../types.ts';
import { presentColumns, projectTo } from '../shared.ts';
import { columnArgument, constantArgument, numberArgument, valueArgument } from './arguments.ts';
import {
  closedPatterns,
  differences,
  fixedOf,
  seedAndExpand,
  TooManyPatterns,
  type Combination,
  type Pattern,
} from './mining.ts';
import type { PluginBinder, PluginCall } from './plugin.ts';

/**
 * autocluster, basket, diffpatterns, diffpatterns_text. The engine is asked twice: for the frequent values of each column, and for how
 * often their combinations come. Patterns of these are found here, and the answer stands in the query as its rows. Which of many
 * patterns the real plugins show is not documented; these follow what is.
 */

/** Least share of rows that a value must have to be looked at. */
const leastShare = 0.015;
const maxCombinations = 20_000;
const maxValues = 5_000;

interface Attribute {
  readonly name: string;
  readonly type: KqlType;
  /** The value as text: '' when it is null. */
  readonly text: Expr;
}
interface Mined {
  readonly attributes: readonly Attribute[];
  /** Frequent values of each attribute, as text. */
  readonly values: readonly (readonly string[])[];
  readonly rows: readonly Combination[];
}

const attributesOf = ({ b, input, node }: PluginCall, leaveOut: readonly string[]): Attribute[] =>
  input.fields
    .filter((f): f is Field & { type: KqlType } => !isHidden(f) && f.type !== 'tuple' && !leaveOut.includes(f.name))
    .map((f) => ({ name: f.name, type: f.type, text: b.cast(columnOf(f), 'string', node) }));

const optional = (node: SyntaxNode | undefined, call: PluginCall): SyntaxNode | undefined =>
  node && constantOrUndefined(node, call) !== '~' ? node : undefined;
/** `~` stands for the default of an argument. */
function constantOrUndefined(node: SyntaxNode, { b, env, input }: PluginCall): LiteralValue | undefined {
  const expr = b.expr(node, { env, input });
  return expr.kind === 'literal' ? expr.value : undefined;
}

/** Asks for frequent values and their combinations. `inSecond`: which rows are of the second set. */
function mine(
  call: PluginCall,
  attributes: readonly Attribute[],
  weight: Expr,
  inSecond: Expr,
  share = leastShare,
): Mined {
  const { b, input, node } = call;
  if (b.partitionBy.length)
    return b.fail('UnsupportedOperator', `evaluate ${call.name}() cannot stand inside partition or mv-apply`, node);
  const names = attributes.map((_, i) => `c${i}`);
  const items: NamedExpr[] = [
    { name: '_w', expr: b.cast(weight, 'real', node) },
    { name: '_o', expr: inSecond },
    ...attributes.map((a, i) => ({ name: names[i]!, expr: a.text })),
  ];
  const table = new Map([['T', projectTo({ ...input, order: [] }, items, b)]]);
  const what = `the patterns of ${call.name}()`;
  const frequent = b.written(
    `let _a = toscalar(T | summarize sumif(_w, not(_o))); let _b = toscalar(T | summarize sumif(_w, _o));
     T | mv-expand _i = pack_array(${names.map((_, i) => i).join(', ')}) to typeof(long), _v = pack_array(${names.join(', ')}) to typeof(string)
     | summarize _x = sumif(_w, not(_o)), _y = sumif(_w, _o) by _i, _v
     | where _x >= ${share} * _a and _x > 0 or _y >= ${share} * _b and _y > 0
     | project _i, _v`,
    table,
    new Map(),
    call.call,
  );
  const values: string[][] = attributes.map(() => []);
  for (const [i, v] of b.probe(frequent, maxValues, what, node)) values[Number(i)]!.push(String(v));
  const lists = new Map<string, Expr>(values.map((v, i) => [`f${i}`, literal('dynamic', JSON.stringify(v))]));
  const combined = b.written(
    `T | summarize _x = sumif(_w, not(_o)), _y = sumif(_w, _o) by ${names.map((n, i) => `k${i} = array_index_of(f${i}, ${n})`).join(', ')}`,
    table,
    lists,
    call.call,
  );
  const rows = b
    .probe(combined, maxCombinations, `${what}: too many combinations, project fewer columns`, node)
    .map((row): Combination => {
      const numbers = row.map(Number);
      return { codes: numbers.slice(0, names.length), weight: numbers.at(-2)!, other: numbers.at(-1)! };
    });
  return { attributes, values, rows };
}

/** Custom wildcards, each for the columns of its type. */
function wildcards(call: PluginCall, nodes: readonly SyntaxNode[]): Map<KqlType, Expr> {
  const found = new Map<KqlType, Expr>();
  for (const n of nodes) {
    const value = valueArgument(call, n);
    if (value.kind !== 'literal') return call.b.fail('InvalidArgument', 'a wildcard is a constant', n);
    if (value.value !== '~') found.set(value.type, value);
  }
  return found;
}

/** The values of a pattern, in the columns' own types. */
function cellsOf(call: PluginCall, mined: Mined, pattern: Pattern, wild: ReadonlyMap<KqlType, Expr>): Expr[] {
  return mined.attributes.map(({ type }, i) => {
    const code = pattern.codes[i]!;
    if (code < 0) return wild.get(type) ?? literal(type, null);
    const text = mined.values[i]![code]!;
    if (type === 'string') return literal('string', text);
    return text === '' ? literal(type, null) : call.b.cast(literal('string', text), type, call.call);
  });
}

/** The answer as rows of the query, under the names of the library. */
function answer(call: PluginCall, rows: readonly (readonly Expr[])[]): Rel {
  const columns = presentColumns(resultColumns(call.node), call.input, call.b);
  return { kind: 'values', rows, fields: columns, order: [] };
}
const long = (n: number): Expr => literal('long', BigInt(Math.round(n)));
const real = (n: number): Expr => literal('real', n);
const percent = (part: number, whole: number): number => (whole > 0 ? Math.round((1e4 * part) / whole) / 100 : 0);
const sum = (rows: readonly Combination[], of: 'weight' | 'other'): number => rows.reduce((n, r) => n + r[of], 0);

function bounded<T>(call: PluginCall, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TooManyPatterns)
      return call.b.fail('TooComplex', `${call.name}() finds too many patterns: project fewer columns`, call.node);
    throw error;
  }
}

const one: Expr = literal('long', 1n);
const never: Expr = literal('bool', false);

/** SegmentId, Count, Percent and the columns; most rows first. */
function segments(call: PluginCall, mined: Mined, patterns: readonly Pattern[], wild: ReadonlyMap<KqlType, Expr>): Rel {
  const whole = sum(mined.rows, 'weight');
  const { input } = call;
  const shown = input.fields.filter((f) => !isHidden(f));
  const rows = patterns.map((p, id) => {
    const cells = new Map(mined.attributes.map((a, i) => [a.name, cellsOf(call, mined, p, wild)[i]!] as const));
    const columns = shown.map((f) => cells.get(f.name) ?? literal(f.type === 'tuple' ? 'dynamic' : f.type, null));
    return [long(id), long(p.weight), real(percent(p.weight, whole)), ...columns];
  });
  return answer(call, rows);
}

/** `autocluster([SizeWeight [, WeightColumn [, NumSeeds [, CustomWildcard …]]]])`. */
export const autocluster: PluginBinder = (call) => {
  const [size, weight, seeds, ...custom] = call.args;
  const sizeWeight = numberArgument(call, optional(size, call), [0, 1]) ?? 0.5;
  const column = optional(weight, call) && columnArgument(call, weight);
  const numSeeds = numberArgument(call, optional(seeds, call), [1, 1_000]) ?? 25;
  const attributes = attributesOf(call, column ? [column.name] : []);
  const mined = mine(call, attributes, column ? columnOf(column) : one, never);
  const patterns = seedAndExpand(mined.rows, attributes.length, { sizeWeight, seeds: numSeeds });
  return segments(
    call,
    mined,
    patterns.toSorted((a, b) => b.weight - a.weight),
    wildcards(call, custom),
  );
};

/** `basket([Threshold [, WeightColumn [, MaxDimensions [, CustomWildcard …]]]])`. */
export const basket: PluginBinder = (call) => {
  const [least, weight, dimensions, ...custom] = call.args;
  // The page says from 0.015; content in use says less.
  const threshold = numberArgument(call, optional(least, call), [0.001, 1]) ?? 0.05;
  const column = optional(weight, call) && columnArgument(call, weight);
  const maxDimensions = numberArgument(call, optional(dimensions, call), [1, 100]) ?? 5;
  const attributes = attributesOf(call, column ? [column.name] : []);
  const mined = mine(call, attributes, column ? columnOf(column) : one, never, Math.min(threshold, leastShare));
  const enough = threshold * sum(mined.rows, 'weight') - 1e-9;
  const patterns = bounded(call, () =>
    closedPatterns(mined.rows, attributes.length, maxDimensions, (w) => w >= enough && w > 0),
  );
  return segments(
    call,
    mined,
    patterns.toSorted((a, b) => b.weight - a.weight),
    wildcards(call, custom),
  );
};

function apart(
  call: PluginCall,
  mined: Mined,
  options: { threshold: number; maxDimensions: number },
): { patterns: Pattern[]; first: number; second: number } {
  const first = sum(mined.rows, 'weight');
  const second = sum(mined.rows, 'other');
  const least = options.threshold - 1e-12;
  const patterns = bounded(call, () =>
    differences(
      closedPatterns(
        mined.rows,
        mined.attributes.length,
        options.maxDimensions,
        (w, o) => w / first >= least || o / second >= least,
      ),
      [first, second],
      options.threshold,
    ),
  );
  return { patterns, first, second };
}

/** `diffpatterns(SplitColumn, A, B [, WeightColumn [, Threshold [, MaxDimensions [, CustomWildcard …]]]])`. */
export const diffpatterns: PluginBinder = (call) => {
  const { b, input, node } = call;
  const [split, a, second, weight, least, dimensions, ...custom] = call.args;
  const column = columnArgument(call, split);
  const sets = [a, second].map((n) => String(constantArgument(call, n) ?? ''));
  const text = b.cast(columnOf(column), 'string', node);
  const weights = optional(weight, call) && columnArgument(call, weight);
  const threshold = numberArgument(call, optional(least, call), [leastShare, 1]) ?? 0.05;
  const maxDimensions = numberArgument(call, optional(dimensions, call), [1, 100]) ?? 100;
  const both: Rel = b.written(
    'T | where _split in (_a, _b) | extend _second = _split == _b',
    new Map([['T', projectTo({ ...input, order: [] }, withSplit(call, text), b)]]),
    new Map(sets.map((s, i) => [i === 0 ? '_a' : '_b', literal('string', s)])),
    call.call,
  );
  const inner: PluginCall = { ...call, input: both };
  const leaveOut = [column.name, '_split', '_second', ...(weights ? [weights.name] : [])];
  const attributes = attributesOf(inner, leaveOut);
  const flag: Expr = { kind: 'column', name: '_second', type: 'bool' };
  const mined = mine(inner, attributes, weights ? columnOf(weights) : one, flag);
  const found = apart(inner, mined, { threshold, maxDimensions });
  const wild = wildcards(call, custom);
  const shown = input.fields.filter((f) => !isHidden(f));
  const rows = found.patterns.map((p, id) => {
    const cells = new Map(attributes.map((at, i) => [at.name, cellsOf(call, mined, p, wild)[i]!] as const));
    const [pa, pb] = [percent(p.weight, found.first), percent(p.other, found.second)];
    const columns = shown.map((f) => cells.get(f.name) ?? literal(f.type === 'tuple' ? 'dynamic' : f.type, null));
    const difference = Math.round(100 * Math.abs(pa - pb)) / 100;
    return [long(id), long(p.weight), long(p.other), real(pa), real(pb), real(difference), ...columns];
  });
  return answer(call, rows);
};
function withSplit({ input }: PluginCall, text: Expr): NamedExpr[] {
  const own = input.fields.filter((f) => !isHidden(f)).map((f): NamedExpr => ({ name: f.name, expr: columnOf(f) }));
  return [...own, { name: '_split', expr: text }];
}

/** `diffpatterns_text(TextColumn, BooleanCondition [, MinTokens [, Threshold [, MaxTokens]]])`: a text's tokens, each in its place. */
export const diffpatternsText: PluginBinder = (call) => {
  const { b, env, input, node } = call;
  const [column, condition, least, share, most] = call.args;
  const field = columnArgument(call, column);
  const test = b.cast(b.expr(condition!, { env, input }), 'bool', node);
  const minTokens = numberArgument(call, optional(least, call), [0, 200]) ?? 1;
  const threshold = numberArgument(call, optional(share, call), [leastShare, 1]) ?? 0.05;
  const maxTokens = numberArgument(call, optional(most, call), [1, 20]) ?? 20;
  const items: NamedExpr[] = [
    { name: '_text', expr: b.cast(columnOf(field), 'string', node) },
    { name: '_false', expr: b.builtIn('not', [test], 'bool', node, { env }) },
  ];
  const places = Array.from({ length: maxTokens }, (_, i) => i);
  const cut = b.written(
    `T | extend _tokens = split(trim(@'\\s+', replace_regex(_text, @'\\s+', ' ')), ' ')
     | project _false = coalesce(_false, true), ${places.map((i) => `t${i} = tostring(_tokens[${i}])`).join(', ')}, more = iff(array_length(_tokens) > ${maxTokens}, '1', '')`,
    new Map([['T', projectTo({ ...input, order: [] }, items, b)]]),
    new Map(),
    call.call,
  );
  const inner: PluginCall = { ...call, input: cut };
  const attributes = attributesOf(inner, ['_false', 'more']);
  const mined = mine(inner, attributes, one, { kind: 'column', name: '_false', type: 'bool' });
  // A place past the end of a text is no token.
  const rows = mined.rows.map((r) => ({
    ...r,
    codes: r.codes.map((code, i) => (code >= 0 && mined.values[i]![code] === '' ? -1 : code)),
  }));
  const found = apart(inner, { ...mined, rows }, { threshold, maxDimensions: maxTokens });
  const shown = found.patterns.filter((p) => fixedOf(p.codes) >= Math.max(minTokens, 1));
  const values = shown.map((p) => {
    const last = p.codes.findLastIndex((code) => code >= 0);
    const words = p.codes.slice(0, last + 1).map((code, i) => (code >= 0 ? mined.values[i]![code]! : '*'));
    const [t, f] = [percent(p.weight, found.first), percent(p.other, found.second)];
    return [long(p.weight), long(p.other), real(t), real(f), literal('string', words.join(' '))];
  });
  return answer(call, values);
};
