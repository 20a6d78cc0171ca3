import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import { resultColumns } from '../bind/types.ts';
import { child, childOrNone, elements, kindOf, nameOf, type SyntaxNode } from '../bind/kusto.ts';
import { aggregateFunctions, countFunction } from '../functions/index.ts';
import { binaryOperators } from '../functions/operators.ts';
import { reducePattern, reduceTerms } from '../functions/reduce.ts';
import { columnOf, literal, type AggregateItem, type Expr, type NamedExpr, type Rel } from '../plan/plan.ts';
import { parametersOf, passAll, projectTo, type OperatorBinder } from './shared.ts';
import { aggregate, numbered } from './summarize.ts';

/**
 * reduce: texts that are alike, by the paper that Kusto's own is built on (R. Vaarandi, "A Data Clustering Algorithm for Mining Patterns
 * From Event Logs"): a term at a place counts when more than a share of the rows have it there; rows with the same such terms are a group;
 * groups that are too small are `others`.
 */

interface Settings {
  readonly threshold: Expr;
  readonly characters: Expr;
}
function settingsOf(node: SyntaxNode, env: Env, b: Binder): Settings {
  const clause = childOrNone(node, 'With');
  const given = new Map(
    (clause ? elements(clause, 'Parameters') : []).map(
      (p) => [nameOf(child(p, 'Name')), child(p, 'Expression')] as const,
    ),
  );
  const threshold = given.get('threshold');
  const characters = given.get('characters');
  const share = threshold ? b.cast(b.expr(threshold, { env }), 'real', threshold) : literal('real', 0.1);
  if (share.kind === 'literal' && !(Number(share.value) >= 0 && Number(share.value) <= 1))
    return b.fail('InvalidArgument', 'the threshold lies between 0 and 1', threshold ?? node);
  const separators = characters ? b.expr(characters, { env }) : literal('string', '');
  if (separators.kind !== 'literal' || separators.type !== 'string')
    return b.fail('InvalidArgument', 'the characters must be a constant text', characters ?? node);
  return { threshold: share, characters: separators };
}

const column = (rel: Rel, name: string): Expr => columnOf(rel.fields.find((f) => f.name === name)!);

export const reduceBy: OperatorBinder = (node, given, env, b) => {
  const kind = parametersOf(node).text('kind');
  if (kind !== undefined && kind !== 'source')
    return b.fail('InvalidArgument', `reduce kind=${kind} is not known: it is source or nothing`, node);
  if (b.partitionBy.length)
    return b.fail('UnsupportedOperator', 'reduce inside partition or mv-apply is not supported', node);
  const input = numbered(given, b);
  const by = child(node, 'Expression');
  const value = b.cast(
    b.expr(kindOf(by) === 'SimpleNamedExpression' ? child(by, 'Expression') : by, { env, input }),
    'string',
    by,
  );
  const settings = settingsOf(node, env, b);
  const text = b.hidden('text');
  const texts = projectTo(input, [...passAll(input), { name: text, expr: value }], b);
  const more = (count: Expr): Expr => tooFew(count, total(texts, node, b), settings, node, b);
  const frequent: Expr = {
    kind: 'scalarQuery',
    rel: frequentTerms(texts, text, settings, more, node, b),
    type: 'dynamic',
  };
  const pattern = b.call(reducePattern, [column(texts, text), frequent, settings.characters], 'string', node);
  const tagged = projectTo(texts, [...passAll(texts), { name: '$$pattern', expr: pattern }], b);
  return kind === 'source' ? withPattern(tagged, more, node, b) : groups(tagged, text, more, node, b);
};

/** How many rows there are. */
function total(rel: Rel, node: SyntaxNode, b: Binder): Expr {
  const item: AggregateItem = { name: 'n', fn: countFunction, args: [], type: 'long', span: b.span(node) };
  const counted: Rel = {
    kind: 'aggregate',
    input: { ...rel, order: [] },
    keys: [],
    aggregates: [item],
    fields: [{ name: 'n', type: 'long' }],
    order: [],
  };
  return { kind: 'scalarQuery', rel: counted, type: 'long' };
}
/** Whether a count is no more than the share of all rows that makes a pattern. */
function tooFew(count: Expr, all: Expr, { threshold }: Settings, node: SyntaxNode, b: Binder): Expr {
  const times = binaryOperators.get('MultiplyExpression')!;
  const bound = b.call(times, [b.cast(all, 'real', node), threshold], 'real', node);
  return b.call(binaryOperators.get('LessThanOrEqualExpression')!, [b.cast(count, 'real', node), bound], 'bool', node);
}
const not = (e: Expr, node: SyntaxNode, b: Binder): Expr => b.builtIn('not', [e], 'bool', node, { env: b.root });
const filter = (input: Rel, predicate: Expr): Rel => ({
  kind: 'filter',
  input,
  predicate,
  fields: input.fields,
  order: input.order,
});

/** The terms, each with its place, that enough rows have: one list. */
function frequentTerms(
  texts: Rel,
  text: string,
  settings: Settings,
  few: (count: Expr) => Expr,
  node: SyntaxNode,
  b: Binder,
): Rel {
  const terms: NamedExpr = {
    name: 'term',
    expr: b.call(reduceTerms, [column(texts, text), settings.characters], 'dynamic', node),
  };
  const listed: Rel = {
    kind: 'project',
    input: texts,
    items: [terms],
    fields: [{ name: 'term', type: 'dynamic' }],
    order: [],
  };
  const each: Rel = {
    kind: 'unnest',
    input: listed,
    items: [{ name: 'term', expr: column(listed, 'term') }],
    index: '$$place',
    keepNull: false,
    bags: 'bag',
    limit: undefined,
    fields: [
      { name: 'term', type: 'dynamic' },
      { name: '$$place', type: 'long' },
    ],
    order: [],
  };
  const span = b.span(node);
  const counted = aggregate(
    each,
    [{ name: 'term', expr: b.cast(column(each, 'term'), 'string', node) }],
    [{ name: 'n', fn: countFunction, args: [], type: 'long', span }],
    b,
  );
  const kept = filter({ ...counted, order: [] }, not(few(column(counted, 'n')), node, b));
  const fn = aggregateFunctions.get('make_set')!;
  return {
    kind: 'aggregate',
    input: kept,
    keys: [],
    aggregates: [{ name: 'list', fn, args: [column(kept, 'term')], type: 'dynamic', span }],
    fields: [{ name: 'list', type: 'dynamic' }],
    order: [],
  };
}

const others = literal('string', 'others');

/** Each row with its pattern. */
function withPattern(tagged: Rel, few: (count: Expr) => Expr, node: SyntaxNode, b: Binder): Rel {
  const counts = aggregate(
    { ...tagged, order: [] },
    [{ name: 'p', expr: column(tagged, '$$pattern') }],
    [{ name: 'n', fn: countFunction, args: [], type: 'long', span: b.span(node) }],
    b,
  );
  const large = filter(counts, not(few(column(counts, 'n')), node, b));
  const list: Rel = {
    kind: 'project',
    input: large,
    items: [{ name: 'p', expr: column(large, 'p') }],
    fields: [{ name: 'p', type: 'string' }],
    order: [],
  };
  const own = column(tagged, '$$pattern');
  const isLarge: Expr = {
    kind: 'inQuery',
    value: own,
    rel: list,
    caseInsensitive: false,
    negated: false,
    type: 'bool',
  };
  const shown = b.builtIn(
    'iff',
    [
      b.builtIn('$and', [isLarge, b.builtIn('isnotempty', [own], 'bool', node, { env: b.root })], 'bool', node, {
        env: b.root,
      }),
      own,
      others,
    ],
    'string',
    node,
    { env: b.root },
  );
  return projectTo(tagged, [...passAll(tagged), { name: 'Pattern', expr: shown }], b);
}

/** The groups, the largest first, and what is in none of them last. */
function groups(tagged: Rel, text: string, few: (count: Expr) => Expr, node: SyntaxNode, b: Binder): Rel {
  const [pattern, count, representative] = resultColumns(node).map((c) => c.name);
  if (!pattern || !count || !representative) return b.fail('UnsupportedExpression', 'reduce gives three columns', node);
  const span = b.span(node);
  const row = tagged.order[0];
  const first: AggregateItem = row
    ? {
        name: 'r',
        fn: aggregateFunctions.get('$arg_min')!,
        args: [column(tagged, row.column), column(tagged, text)],
        type: 'tuple',
        span,
      }
    : { name: 'r', fn: aggregateFunctions.get('take_any')!, args: [column(tagged, text)], type: 'string', span };
  const counted = aggregate(
    { ...tagged, order: [] },
    [{ name: 'p', expr: column(tagged, '$$pattern') }],
    [{ name: 'n', fn: countFunction, args: [], type: 'long', span }, first],
    b,
  );
  const env = { env: b.root };
  const rep: Expr = row ? { kind: 'element', tuple: 'r', index: 1, type: 'string' } : column(counted, 'r');
  const isSmall = b.call(
    binaryOperators.get('OrExpression')!,
    [few(column(counted, 'n')), b.builtIn('isempty', [column(counted, 'p')], 'bool', node, env)],
    'bool',
    node,
  );
  const judged = projectTo(
    { ...counted, order: [] },
    [
      { name: 'p', expr: column(counted, 'p') },
      { name: 'n', expr: column(counted, 'n') },
      { name: 'r', expr: rep },
      { name: 'small', expr: isSmall },
    ],
    b,
  );
  const small = column(judged, 'small');
  const named: NamedExpr[] = [
    { name: 'p', expr: b.builtIn('iff', [small, others, column(judged, 'p')], 'string', node, env) },
    { name: 'n', expr: column(judged, 'n') },
    { name: 'r', expr: b.builtIn('iff', [small, literal('string', ''), column(judged, 'r')], 'string', node, env) },
    { name: 's', expr: b.builtIn('iff', [small, literal('long', 1n), literal('long', 0n)], 'long', node, env) },
  ];
  const told: Rel = {
    kind: 'project',
    input: judged,
    items: named,
    fields: named.map((i) => ({ name: i.name, type: i.expr.type })),
    order: [],
  };
  const sum = aggregateFunctions.get('sum')!;
  const merged = aggregate(
    told,
    [
      { name: pattern, expr: column(told, 'p') },
      { name: representative, expr: column(told, 'r') },
      { name: '$$small', expr: column(told, 's') },
    ],
    [{ name: count, fn: sum, args: [column(told, 'n')], type: 'long', span }],
    b,
  );
  const items = [pattern, count, representative, '$$small'].map((name) => ({ name, expr: column(merged, name) }));
  return {
    kind: 'project',
    input: merged,
    items,
    fields: items.map((i) => ({ name: i.name, type: i.expr.type })),
    order: [
      { column: '$$small', descending: false, nullsFirst: true },
      { column: count, descending: true, nullsFirst: false },
      { column: pattern, descending: false, nullsFirst: true },
    ],
  };
}
