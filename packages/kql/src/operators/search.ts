import type { Binder, Env, Place } from '../bind/binder.ts';
import { resultColumns } from '../bind/types.ts';
import { child, childOrNone, elements, kindOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import { binaryOperators } from '../functions/operators.ts';
import { columnOf, literal, type Expr, type NamedExpr, type Rel } from '../plan/plan.ts';
import { parametersOf, passAll, projectTo, type OperatorBinder, type SourceBinder } from './shared.ts';

/** search: a text alone is looked for as a term in every column. */

const call = (kind: string, args: readonly Expr[], node: SyntaxNode, b: Binder): Expr =>
  b.call(binaryOperators.get(kind)!, args, 'bool', node);

/** `a*`, `*a` and `*a*` say where the term may go on. */
function termTest(text: string, caseSensitive: boolean): { kind: string; needle: string } {
  const needle = text.replaceAll(/^\*+|\*+$/g, '');
  const before = text.startsWith('*');
  const after = text.endsWith('*');
  const name = before && after ? 'Contains' : before ? 'HasSuffix' : after ? 'HasPrefix' : 'Has';
  return { kind: `${name}${caseSensitive ? 'Cs' : ''}Expression`, needle };
}
function anyColumnHas(text: string, node: SyntaxNode, input: Rel, caseSensitive: boolean, b: Binder): Expr {
  const { kind, needle } = termTest(text, caseSensitive);
  if (needle === '') return literal('bool', true);
  const tests = input.fields
    .filter((f) => !f.name.startsWith('$$'))
    .map((f) => call(kind, [b.cast(columnOf(f), 'string', node), literal('string', needle)], node, b));
  return tests.length ? tests.reduce((l, r) => call('OrExpression', [l, r], node, b)) : literal('bool', false);
}

function condition(node: SyntaxNode, place: Place, input: Rel, caseSensitive: boolean, b: Binder): Expr {
  const kind = kindOf(node);
  const again = (n: SyntaxNode): Expr => condition(n, place, input, caseSensitive, b);
  switch (kind) {
    case 'StringLiteralExpression':
      return anyColumnHas(String(node.LiteralValue), node, input, caseSensitive, b);
    case 'ParenthesizedExpression':
      return again(child(node, 'Expression'));
    case 'AndExpression':
    case 'OrExpression':
      return call(kind, [again(child(node, 'Left')), again(child(node, 'Right'))], node, b);
    case 'SearchExpression': {
      const value = b.cast(b.expr(child(node, 'Left'), place), 'string', node);
      const right = child(node, 'Right');
      if (typeof right.LiteralValue !== 'string')
        return b.fail('UnsupportedExpression', 'search column:term needs a constant', node);
      const { kind: test, needle } = termTest(right.LiteralValue, caseSensitive);
      return needle === '' ? literal('bool', true) : call(test, [value, literal('string', needle)], node, b);
    }
    case 'StarExpression':
      return literal('bool', true);
    default:
      return b.expr(node, place);
  }
}

function filtered(node: SyntaxNode, input: Rel, env: Env, b: Binder): Rel {
  const caseSensitive = parametersOf(node).text('kind') === 'case_sensitive';
  const predicate = condition(child(node, 'Condition'), { env, input }, input, caseSensitive, b);
  return {
    kind: 'filter',
    input,
    predicate: b.cast(predicate, 'bool', node),
    fields: input.fields,
    order: input.order,
  };
}

export const search: OperatorBinder = (node, input, env, b) => {
  const rel = filtered(node, input, env, b);
  const table: NamedExpr = { name: '$table', expr: literal('string', tableName(input)) };
  const columns = passAll(rel);
  return projectTo(rel, columns.some((c) => c.name === '$table') ? columns : [table, ...columns], b);
};
/** The base table that a pipe reads, straight or through filters. */
const tableName = (rel: Rel): string =>
  rel.kind === 'read' ? rel.table.name : rel.kind === 'filter' ? tableName(rel.input) : 'search_arg0';

/** `search in (A, B) …`: the tables one below the other, with their names in `$table`. */
export const searchSource: SourceBinder = (node, env, b) => {
  const clause = childOrNone(node, 'InClause');
  if (!clause)
    return b.fail('UnsupportedOperator', 'search over all tables is not supported: name them with search in (…)', node);
  const columns = resultColumns(node);
  const inputs = elements(clause, 'Expressions').map((n) => {
    const rel = filtered(node, b.rel(n, env), env, b);
    const items = columns.flatMap((c): NamedExpr[] => {
      if (c.name === '$table') return [{ name: c.name, expr: literal('string', textOf(n)) }];
      const same =
        rel.fields.find((f) => f.name === c.name && f.type === c.type) ??
        rel.fields.find((f) => `${f.name}_${f.type}` === c.name);
      return same ? [{ name: c.name, expr: columnOf(same) }] : [];
    });
    return { rel, items };
  });
  return { kind: 'union', inputs, fields: columns, order: [] };
};
