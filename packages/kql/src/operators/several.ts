import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import type { ResultTable } from '../bind/statements.ts';
import { child, childOrNone, elements, kindOf, nameOf, type SyntaxNode } from '../bind/kusto.ts';
import { countFunction } from '../functions/index.ts';
import type { Rel } from '../plan/plan.ts';
import { applySteps } from './expand.ts';
import { tablesOfGraph } from './graph/make.ts';
import { evaluateSeveral } from './plugins/index.ts';
import { fieldNamed, type OperatorBinder } from './shared.ts';
import { aggregate } from './summarize.ts';

/** fork and facet: operators that end a query with several tables. */

/** The tables that an expression statement gives: one, but for `fork` and `facet`. */
export function severalTables(node: SyntaxNode, env: Env, b: Binder): ResultTable[] {
  if (kindOf(node) === 'PipeExpression') {
    const operator = child(node, 'Operator');
    const kind = kindOf(operator);
    if (kind === 'ForkOperator') return fork(operator, b.rel(child(node, 'Expression'), env), env, b);
    if (kind === 'GraphToTableOperator' && elements(operator, 'OutputClause').length > 1) {
      // Both tables have names for the statements that follow; the statement itself gives none.
      for (const { name, rel } of tablesOfGraph(operator, b.rel(child(node, 'Expression'), env), b))
        env.names.set(name, { kind: 'rel', rel });
      return [];
    }
    if (kind === 'EvaluateOperator') {
      const tables = evaluateSeveral(operator, () => b.rel(child(node, 'Expression'), env), env, b);
      if (tables) return tables;
    }
    if (kind === 'FacetOperator') return facet(operator, b.rel(child(node, 'Expression'), env), env, b);
  }
  return [table(nameGiven(node), () => b.rel(node, env), b)];
}

/** What `as` at the end of a pipe names the table. */
function nameGiven(node: SyntaxNode): string {
  if (kindOf(node) === 'ParenthesizedExpression') return nameGiven(child(node, 'Expression'));
  const operator = kindOf(node) === 'PipeExpression' ? child(node, 'Operator') : node;
  return kindOf(operator) === 'AsOperator' ? nameOf(child(operator, 'Name')) : '';
}

function table(name: string, bind: () => Rel, b: Binder): ResultTable {
  b.takeVisualization();
  const rel = bind();
  const visualization = b.takeVisualization();
  return { name, rel, ...(visualization ? { visualization } : {}) };
}

function fork(node: SyntaxNode, input: Rel, env: Env, b: Binder): ResultTable[] {
  return elements(node, 'Expressions').map((leg) => {
    const steps = child(leg, 'Expression');
    const name = childOrNone(leg, 'NameEquals');
    return table(name ? nameOf(child(name, 'Name')) : nameGiven(steps), () => applySteps(steps, input, env, b), b);
  });
}

/** First what `with` makes, then each column's values with the number of their rows. */
function facet(node: SyntaxNode, input: Rel, env: Env, b: Binder): ResultTable[] {
  const clause = childOrNone(node, 'WithClause');
  const whole = clause
    ? [table('', () => applySteps(childOrNone(clause, 'Expression') ?? child(clause, 'Operator'), input, env, b), b)]
    : [];
  const values = elements(node, 'Expressions').map((n) => {
    const key = fieldNamed(input, nameOf(n), n, b);
    const name = nameOf(n);
    const item = { name: `count_${name}`, fn: countFunction, args: [], type: 'long' as const, span: b.span(n) };
    return table(name, () => aggregate(input, [{ name, expr: key }], [item], b), b);
  });
  return [...whole, ...values];
}

/** Where a table is needed, several cannot stand. */
export const onlyAtTheEnd: OperatorBinder = (node, _input, _env, b) =>
  b.fail('InvalidArgument', 'fork and facet give several tables: they can only end a query', node);
