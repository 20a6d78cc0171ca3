import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import { child, elements, kindOf, nameOf, SymbolKind, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { KqlError } from '../errors.ts';
import { isHidden, type Field, type Rel } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';

/** The tables that `union`, `search` and `find` go over. */

/** One table, and what a source column calls it: '' when it has no name of its own. */
export interface Leg {
  readonly rel: Rel;
  readonly name: string;
  /** No row of it can take part: only its columns count. */
  readonly never?: boolean;
  /** A table without rows that nothing names: columns that only such tables have are left out too. */
  readonly empty?: boolean;
}

const isWildcard = (node: SyntaxNode): boolean =>
  kindOf(node) === 'NameReference' && /Wildcarded/.test(kindOf(child(node, 'Name')));
/** The `T*` of `T*` and of `database('own').T*`. */
function wildcardOf(node: SyntaxNode): SyntaxNode | undefined {
  const last = kindOf(node) === 'PathExpression' ? child(node, 'Selector') : node;
  return isWildcard(last) ? last : undefined;
}
const matcher = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, (c) => (c === '*' ? '.*' : `\\${c}`))}$`);
/** `['a b*']` and `a*` alike. */
const patternOf = (node: SyntaxNode): string => textOf(node).replace(/^\[\s*(["'])([\s\S]*)\1\s*\]$/, '$2');

/** Every table and view that the query may read here, views in front of tables of the same name. */
export function allLegs(env: Env, node: SyntaxNode, b: Binder, matches: (name: string) => boolean = () => true): Leg[] {
  const views = b.views(env).filter(matches);
  const hidden = new Set(views);
  const tables = [...b.tables.keys()].filter((name) => matches(name) && !hidden.has(name) && b.mayRead(name, env));
  return [
    ...tables.map((name) => ({
      rel: b.table(name, node),
      name,
      ...(b.tables.get(name)?.empty ? { never: true, empty: true } : {}),
    })),
    ...views.map((name) => ({ rel: b.view(name, env, node), name })),
  ];
}

/** The legs that a list of tables names. With `fuzzy`, what is not known is left out. */
export function legsOf(nodes: readonly SyntaxNode[], env: Env, b: Binder, fuzzy = false): Leg[] {
  return nodes.flatMap((node) => {
    if (fuzzy && !b.knows(head(node), env)) return [];
    const wildcard = wildcardOf(node);
    if (!wildcard) return leg(node, env, b, fuzzy);
    const pattern = matcher(patternOf(wildcard));
    const found = allLegs(env, node, b, (name) => pattern.test(name));
    if (!found.length && !fuzzy) return b.fail('InvalidArgument', `no table is called ${textOf(node)} here`, node);
    return found;
  });
}
/** With `fuzzy`, a function that is faulty in itself (its source lacks a column) is left out as an unknown table is. */
function leg(node: SyntaxNode, env: Env, b: Binder, fuzzy: boolean): Leg[] {
  try {
    return [{ rel: b.rel(node, env), name: legName(node, env, b) }];
  } catch (error) {
    if (fuzzy && error instanceof KqlError && error.code.startsWith('KS')) return [];
    throw error;
  }
}
/** What stands at the head of a pipe. */
const head = (node: SyntaxNode): SyntaxNode => {
  const kind = kindOf(node);
  return kind === 'PipeExpression' || kind === 'ParenthesizedExpression' ? head(child(node, 'Expression')) : node;
};

/** What a source column calls a table: its own name, the name of its view, or what `as` named it. */
export function legName(node: SyntaxNode, env: Env, b: Binder): string {
  switch (kindOf(node)) {
    case 'NameReference': {
      const name = nameOf(node);
      const place = b.tables.get(name)?.place;
      if (place && node.ReferencedSymbol?.Kind === SymbolKind.table) return place.shown;
      return node.ReferencedSymbol?.Kind === SymbolKind.table || b.isView(name, env) ? name : '';
    }
    case 'PathExpression':
      return legName(child(node, 'Selector'), env, b);
    case 'FunctionCallExpression': {
      const name = nameOf(child(node, 'Name'));
      if (name === 'table') return tableArgument(node);
      return b.isView(name, env) ? name : '';
    }
    case 'ParenthesizedExpression':
    case 'MaterializeExpression':
      return legName(child(node, 'Expression'), env, b);
    case 'PipeExpression': {
      const operator = child(node, 'Operator');
      if (kindOf(operator) === 'AsOperator') return nameOf(child(operator, 'Name'));
      return /^(Filter|Extend|Project|Take|Sort)/.test(kindOf(operator))
        ? legName(child(node, 'Expression'), env, b)
        : '';
    }
    default:
      return '';
  }
}
function tableArgument(call: SyntaxNode): string {
  const [first] = elements(child(call, 'ArgumentList'), 'Expressions');
  return typeof first?.LiteralValue === 'string' ? first.LiteralValue : '';
}

export const visible = (rel: Rel): readonly (Field & { readonly type: KqlType })[] =>
  rel.fields.filter((f): f is Field & { type: KqlType } => !isHidden(f) && f.type !== 'tuple');

/** A column of the whole, and the name that it has in the tables it comes from. */
export interface Slot {
  readonly name: string;
  readonly type: KqlType;
  readonly source: string;
}
/**
 * The columns of all tables together, as Kusto names them: one for each name and type; a name that has several types carries its type
 * as a suffix. `common` keeps those that every table has.
 */
export function slotsOf(legs: readonly Leg[], common: boolean): Slot[] {
  const types = new Map<string, Map<KqlType, number>>();
  for (const { rel } of legs)
    for (const f of visible(rel)) {
      const known = types.get(f.name) ?? new Map<KqlType, number>();
      known.set(f.type, (known.get(f.type) ?? 0) + 1);
      types.set(f.name, known);
    }
  const kept = [...types].map(([source, known]) => ({
    source,
    types: [...known].filter(([, count]) => !common || count === legs.length).map(([type]) => type),
  }));
  // A name that needs no suffix stays, whichever table it is of.
  const taken = new Set(kept.filter((k) => k.types.length === 1).map((k) => k.source));
  const unique = (name: string): string => {
    let free = name;
    for (let n = 1; taken.has(free); n++) free = `${name}${n}`;
    taken.add(free);
    return free;
  };
  return kept.flatMap(({ source, types: [first, ...others] }) =>
    first === undefined
      ? []
      : others.length === 0
        ? [{ name: source, type: first, source }]
        : [first, ...others].map((type) => ({ name: unique(`${source}_${type}`), type, source })),
  );
}
