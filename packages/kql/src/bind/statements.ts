import { literal, type Rel } from '../plan/plan.ts';
import type { Visualization } from '../types.ts';
import type { Binder } from './binder.ts';
import type { Access, Env } from './env.ts';
import { severalTables } from '../operators/several.ts';
import { child, childOrNone, elements, kindOf, nameOf, SymbolKind, textOf, type SyntaxNode } from './kusto.ts';
import { bindPattern } from './patterns.ts';
import { typeOfNode } from './types.ts';

/** What a query is made of: `let`, `set`, `declare`, `restrict`, `alias`, and expressions, each of which gives result tables. */

/** One table of the answer. */
export interface ResultTable {
  /** What `as` or `fork` named it; '' when nothing did. */
  readonly name: string;
  readonly rel: Rel;
  readonly visualization?: Visualization;
}

/** The names as they are now: a later `let` of the same name does not reach back. */
const snapshot = (env: Env): Env => ({
  names: new Map(env.names),
  parent: env.parent,
  ...(env.access ? { access: env.access } : {}),
});

/** Takes one statement in. Answers the tables that it gives. Throws KqlError. */
export function bindStatement(node: SyntaxNode, env: Env, b: Binder): ResultTable[] {
  switch (kindOf(node)) {
    case 'LetStatement': {
      const expression = child(node, 'Expression');
      env.names.set(nameOf(child(node, 'Name')), {
        kind: 'text',
        node: expression,
        env: snapshot(env),
        ...(isView(expression) ? { view: true } : {}),
      });
      return [];
    }
    case 'ExpressionStatement':
      return severalTables(child(node, 'Expression'), env, b);
    case 'SetOptionStatement':
      setOption(node, env, b);
      return [];
    case 'QueryParametersStatement':
      for (const p of elements(node, 'Parameters')) queryParameter(p, env, b);
      return [];
    case 'RestrictStatement':
      restrict(node, env, b);
      return [];
    case 'PatternStatement':
      bindPattern(node, env, b);
      return [];
    case 'AliasStatement':
      b.ownPlace(child(node, 'Expression'));
      b.alias(nameOf(child(node, 'Name')));
      return [];
    default:
      return b.fail('UnsupportedExpression', `this statement is not supported: ${kindOf(node)}`, node);
  }
}

/** `view () { … }`: takes part in wildcards, `search` and `find`, and has a name for `withsource`. */
const isView = (node: SyntaxNode): boolean =>
  kindOf(node) === 'FunctionDeclaration' && childOrNone(node, 'ViewKeyword') !== undefined;

function queryParameter(node: SyntaxNode, env: Env, b: Binder): void {
  const declared = child(node, 'NameAndType');
  const name = nameOf(child(declared, 'Name'));
  const given = b.parameter(name, typeOfNode(child(declared, 'Type')), node);
  if (given) {
    env.names.set(name, { kind: 'expr', expr: given });
    return;
  }
  const value = childOrNone(node, 'DefaultValue');
  if (!value) b.fail('InvalidArgument', `the query parameter ${name} has no value: give it one, or a default`, node);
  env.names.set(name, { kind: 'text', node: child(value, 'Value'), env: snapshot(env) });
}

// ——— set ———

/** `set` options that change which rows come. All others are about effort, caching or format. */
function setOption(node: SyntaxNode, env: Env, b: Binder): void {
  const name = nameOf(child(node, 'Name')).toLowerCase();
  const clause = childOrNone(node, 'ValueClause');
  const value = clause && childOrNone(clause, 'Expression');
  switch (name) {
    case 'query_now': {
      const at = value && b.expr(value, { env });
      const moment = at?.kind === 'literal' && at.type === 'string' ? b.cast(at, 'datetime', node) : at;
      if (moment?.kind !== 'literal' || typeof moment.value !== 'bigint')
        return b.fail('InvalidArgument', 'query_now needs a constant datetime: set query_now=datetime(…)', node);
      b.now = moment.value;
      return;
    }
    case 'query_datetimescope_column':
    case 'query_datetimescope_from':
    case 'query_datetimescope_to': {
      const bound = value && b.expr(value, { env });
      if (!bound) return b.fail('InvalidArgument', `${name} needs a value`, node);
      b.datetimeScope.set(name.slice('query_datetimescope_'.length), bound);
      return;
    }
    case 'query_take_max_records':
    case 'truncationmaxrecords': {
      if (name === 'truncationmaxrecords') return;
      const most = value && b.expr(value, { env });
      if (most?.kind !== 'literal' || typeof most.value !== 'bigint')
        return b.fail('InvalidArgument', `${name} needs a number`, node);
      b.maxRecords = literal('long', most.value);
      return;
    }
    case 'query_bin_auto_size':
    case 'query_bin_auto_at':
      if (!value) return b.fail('InvalidArgument', `${name} needs a value`, node);
      b.options.set(name, b.expr(value, { env }));
      return;
    case 'query_language':
      if (value && !/^["']?k[qu]l|kusto["']?$/i.test(textOf(value)))
        b.fail('InvalidArgument', 'queries are written in KQL here', node);
      return;
    default:
  }
}

// ——— restrict access to ———

/** From here on only the named tables, views and functions can be read. What stands before keeps what it could read. */
function restrict(node: SyntaxNode, env: Env, b: Binder): void {
  const access: Access = { tables: new Set(), functions: new Set() };
  const kept = new Set<string>();
  const bounded = env.access;
  for (const n of elements(node, 'Expressions')) {
    const inDatabase = kindOf(n) === 'PathExpression';
    if (inDatabase) b.ownPlace(child(n, 'Expression'));
    const last = inDatabase ? child(n, 'Selector') : n;
    const name = textOf(last).replace(/^\[\s*(["'])([\s\S]*)\1\s*\]$/, '$2');
    const pattern = new RegExp(
      `^${name
        .split('*')
        .map((p) => p.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
    );
    const before = kept.size + access.tables.size + access.functions.size;
    if (!inDatabase) for (const let_ of env.names.keys()) if (pattern.test(let_)) kept.add(let_);
    // A bare `*` is every `let`; tables take `database().*`.
    if (inDatabase || name !== '*') {
      const may = (set: keyof Access, entry: string): boolean =>
        pattern.test(entry) && !kept.has(entry) && (bounded?.[set].has(entry) ?? true);
      for (const table of b.tables.keys()) if (may('tables', table)) access.tables.add(table);
      for (const fn of b.functionNames) if (may('functions', fn)) access.functions.add(fn);
    }
    if (before === kept.size + access.tables.size + access.functions.size && !name.includes('*'))
      b.fail('InvalidArgument', `${textOf(n)} is no table, view or function here`, n);
  }
  for (const [name, binding] of env.names) if (!kept.has(name) && isTabular(binding)) env.names.delete(name);
  env.access = access;
}
/** Whether a name stands for rows: scalars stay visible. */
function isTabular(binding: Env['names'] extends Map<string, infer B> ? B : never): boolean {
  if (binding.kind !== 'text') return binding.kind === 'rel';
  const { node } = binding;
  if (kindOf(node) !== 'FunctionDeclaration') return node.ResultType?.Kind === SymbolKind.table;
  const body = childOrNone(child(node, 'Body'), 'Expression');
  return !body || body.ResultType?.Kind === SymbolKind.table;
}
