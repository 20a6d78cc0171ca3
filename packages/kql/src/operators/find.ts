import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import { resultColumns, typeOfNode } from '../bind/types.ts';
import { child, childOrNone, children, elements, kindOf, nameOf, type SyntaxNode } from '../bind/kusto.ts';
import { columnOf, literal, type NamedExpr, type Rel } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import { allLegs, legsOf, slotsOf, visible, type Leg, type Slot } from './legs.ts';
import { parametersOf, type SourceBinder } from './shared.ts';
import { isNever, termCondition } from './terms.ts';

/**
 * find: rows of tables that meet a condition, with the name of their table. `project-smart` (the default) shows the columns that the
 * condition names and those that all tables have, and packs the others; `project` shows what it names.
 */

/** The columns that the condition names, in their order, and whether it looks for terms in every column. */
function named(condition: SyntaxNode, known: ReadonlySet<string>): { names: string[]; anyColumn: boolean } {
  const names = new Set<string>();
  let anyColumn = false;
  const walk = (node: SyntaxNode, parent: string): void => {
    const kind = kindOf(node);
    if (kind === 'NameReference' && known.has(nameOf(node))) names.add(nameOf(node));
    const alone = /^(And|Or|Parenthesized|Find)/.test(parent);
    if (kind === 'StarExpression' || (alone && kind.endsWith('LiteralExpression'))) anyColumn = true;
    children(node).forEach((c) => walk(c, kind === 'List' || kind === 'SeparatedElement' ? parent : kind));
  };
  walk(condition, 'FindOperator');
  return { names: [...names], anyColumn };
}

interface Shown {
  readonly slots: readonly (Slot & { readonly cast?: KqlType })[];
  /** The column of the bag of all that is not shown. */
  readonly packed: string | undefined;
}

const packName = 'pack_';

function smart(legs: readonly Leg[], names: readonly string[]): Shown {
  const all = slotsOf(legs, false);
  const own = names.flatMap((name) => all.filter((s) => s.source === name));
  const common = slotsOf(legs, true).filter((s) => !names.includes(s.source));
  const slots = [...own, ...common];
  const shown = new Set(slots.map((s) => `${s.source}\0${s.type}`));
  const rest = legs.some(({ rel }) => visible(rel).some((f) => !shown.has(`${f.name}\0${f.type}`)));
  return { slots, packed: rest ? packName : undefined };
}

function projected(clause: SyntaxNode, legs: readonly Leg[], b: Binder): Shown {
  const all = slotsOf(legs, false);
  const slots: Shown['slots'][number][] = [];
  let packed: string | undefined;
  for (const node of elements(clause, 'Columns')) {
    if (kindOf(node) === 'PackExpression') {
      packed = packName;
      continue;
    }
    const typed = kindOf(node) === 'TypedColumnReference';
    const source = nameOf(typed ? child(node, 'Column') : node);
    const found = all.filter((s) => s.source === source);
    if (typed) {
      const cast = typeOfNode(child(node, 'Type'));
      const name = found.length > 1 ? `${source}_${cast}` : source;
      slots.push({ name, type: cast, source, cast });
    } else if (found.length > 1)
      b.fail('InvalidArgument', `${source} has several types: say which, ${source}: ${found[0]!.type}`, node);
    else slots.push({ name: source, type: found[0]?.type ?? 'dynamic', source });
  }
  return { slots, packed };
}

function rows(
  leg: Leg,
  { slots, packed }: Shown,
  sourceName: string,
  at: number,
  node: SyntaxNode,
  b: Binder,
): NamedExpr[] {
  const own = new Map(visible(leg.rel).map((f) => [f.name, f]));
  const used = new Set<string>();
  const items = slots.flatMap((s): NamedExpr[] => {
    const field = own.get(s.source);
    if (!field || (s.cast === undefined && field.type !== s.type)) return [];
    used.add(s.source);
    return [{ name: s.name, expr: s.cast ? b.cast(columnOf(field), s.cast, node) : columnOf(field) }];
  });
  const source: NamedExpr = { name: sourceName, expr: literal('string', leg.name || `find_arg${at}`) };
  if (packed === undefined) return [source, ...items];
  const rest = [...own.values()].filter((f) => !used.has(f.name));
  const pairs = rest.flatMap((f) => [literal('string', f.name), columnOf(f)]);
  const bag = rest.length ? b.builtIn('bag_pack', pairs, 'dynamic', node, { env: b.root }) : literal('dynamic', '{}');
  return [source, ...items, { name: packed, expr: bag }];
}

export const find: SourceBinder = (node, env, b) => {
  const clause = childOrNone(node, 'InClause');
  const candidates = clause ? legsOf(elements(clause, 'Expressions'), env, b) : allLegs(env, node, b);
  const condition = child(node, 'Condition');
  const types = new Map(slotsOf(candidates, false).map((s) => [s.source, s.type]));
  const { names, anyColumn } = named(condition, new Set(types.keys()));
  // A table without any of the columns that the condition reads takes no part.
  const legs = candidates.filter(
    ({ rel }) => anyColumn || names.length === 0 || visible(rel).some((f) => names.includes(f.name)),
  );
  if (legs.length === 0) return b.fail('InvalidArgument', 'no table has a column of this condition', condition);
  if (childOrNone(node, 'ProjectAway'))
    return b.fail('UnsupportedOperator', 'find … project-away is not supported', node);
  const project = childOrNone(node, 'Project');
  const shown = project && elements(project, 'Columns').length ? projected(project, legs, b) : smart(legs, names);
  const source = parametersOf(node).text('withsource') ?? resultColumns(node)[0]?.name ?? 'source_';
  const fields: Rel['fields'] = [
    { name: source, type: 'string' },
    ...shown.slots.map(({ name, type }) => ({ name, type })),
    ...(shown.packed === undefined ? [] : [{ name: shown.packed, type: 'dynamic' as const }]),
  ];
  // The library thinks that a column of one name and several types is common to all.
  for (const { name, type } of resultColumns(node))
    if (!fields.some((field) => field.name === name)) b.unseen.set(name, type);
  const inputs = legs.flatMap((leg, n) => {
    const kept = leg.never ? undefined : filtered(condition, leg.rel, types, env, b);
    return kept ? [{ rel: kept, items: rows({ ...leg, rel: kept }, shown, source, n, node, b) }] : [];
  });
  return inputs.length ? { kind: 'union', inputs, fields, order: [] } : { kind: 'values', rows: [], fields, order: [] };
};

function filtered(
  condition: SyntaxNode,
  input: Rel,
  absent: ReadonlyMap<string, KqlType>,
  env: Env,
  b: Binder,
): Rel | undefined {
  const predicate = termCondition(condition, { place: { env, input, absent }, caseSensitive: false, b });
  if (isNever(predicate)) return undefined;
  return { kind: 'filter', input, predicate, fields: input.fields, order: input.order };
}
