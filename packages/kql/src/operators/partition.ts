import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import { resultColumns, valueType } from '../bind/types.ts';
import { child, childOrNone, children, kindOf, nameOf, type SyntaxNode } from '../bind/kusto.ts';
import { literalOf } from '../functions/host.ts';
import { binaryOperators } from '../functions/operators.ts';
import { columnOf, isHidden, literal, type Expr, type NamedExpr, type Rel } from '../plan/plan.ts';
import { applySteps } from './expand.ts';
import { fieldOf, parametersOf, passAll, projectTo, typed, type OperatorBinder } from './shared.ts';
import { aggregate } from './summarize.ts';
import { stacked } from './union.ts';

/**
 * partition: a query for each value of a key. Steps without a table of their own run once, over rows that a hidden column keeps apart.
 * A query of its own (`{ … }`), and steps that name their part with `as`, run once for each value: the values are asked of the engine.
 */

/** Most values of a key in the legacy strategy: Kusto's own bound. */
const maxParts = 64;

export const partition: OperatorBinder = (node, input, env, b) => {
  const strategy = parametersOf(node).text('hint.strategy') ?? 'legacy';
  if (!['legacy', 'native', 'shuffle'].includes(strategy))
    return b.fail('InvalidArgument', `partition hint.strategy=${strategy} is not known`, node);
  if (childOrNone(node, 'Scope')) return b.fail('UnsupportedOperator', 'partition … in is not supported', node);
  const operand = child(node, 'Operand');
  const by = b.expr(child(node, 'ByExpression'), { env, input });
  if (kindOf(operand) === 'PartitionSubquery') {
    const steps = child(operand, 'Subquery');
    return namesItsPart(steps) ? eachPart(node, steps, by, input, env, b) : keptApart(node, steps, by, input, env, b);
  }
  if (strategy !== 'legacy')
    return b.fail('InvalidArgument', 'a query with a table of its own needs hint.strategy=legacy', operand);
  return eachValue(node, child(operand, 'Query'), by, input, env, b);
};

const namesItsPart = (node: SyntaxNode): boolean => kindOf(node) === 'AsOperator' || children(node).some(namesItsPart);

function keptApart(node: SyntaxNode, steps: SyntaxNode, by: Expr, input: Rel, env: Env, b: Binder): Rel {
  const key = b.hidden('part');
  const tagged = projectTo(input, [...passAll(input), { name: key, expr: by }], b);
  return shown(
    node,
    b.partitioned([key], () => applySteps(steps, tagged, env, b)),
    b,
  );
}

/** The visible columns, under the names that the library gives them where it knows them all. */
function shown(node: SyntaxNode, result: Rel, b: Binder): Rel {
  const visible = result.fields.filter((f) => !isHidden(f));
  const columns = resultColumns(node);
  const alike = columns.length === visible.length;
  const items = visible.map((f, i): NamedExpr => ({ name: alike ? columns[i]!.name : f.name, expr: columnOf(f) }));
  const outer = result.fields
    .filter((f) => b.partitionBy.includes(f.name))
    .map((f) => ({ name: f.name, expr: columnOf(f) }));
  const all = [...typed(items, columns, b, node), ...outer];
  return { kind: 'project', input: result, items: all, fields: all.map(fieldOf), order: [] };
}

/** The key's values, as constants. */
function valuesOf(node: SyntaxNode, by: Expr, input: Rel, b: Binder): Expr[] {
  if (b.partitionBy.length)
    return b.fail('UnsupportedOperator', 'this form of partition cannot stand inside mv-apply or partition', node);
  const distinct = { ...aggregate({ ...input, order: [] }, [{ name: 'key', expr: by }], [], b), order: [] };
  const rows = b.probe(distinct, maxParts, 'the values that partition goes over', child(node, 'ByExpression'));
  const type = valueType(by.type);
  return rows.map(([cell]) => literal(type, literalOf(type, cell)));
}
const together = (node: SyntaxNode, rels: readonly Rel[], b: Binder): Rel => {
  if (rels.length)
    return shown(
      node,
      stacked(
        rels.map((rel) => ({ rel, name: '' })),
        {},
        b,
      ),
      b,
    );
  return { kind: 'values', rows: [], fields: resultColumns(node), order: [] };
};

/** Steps over each part, which they may name. */
function eachPart(node: SyntaxNode, steps: SyntaxNode, by: Expr, input: Rel, env: Env, b: Binder): Rel {
  const parts = valuesOf(node, by, input, b).map((value) => {
    const isNull = value.kind === 'literal' && value.value === null;
    const predicate = isNull
      ? b.builtIn('isnull', [by], 'bool', node, { env })
      : b.call(binaryOperators.get('EqualExpression')!, [by, value], 'bool', node);
    const part: Rel = { kind: 'filter', input, predicate, fields: input.fields, order: input.order };
    return applySteps(steps, part, { names: new Map(), parent: env }, b);
  });
  return together(node, parts, b);
}

/** A query of its own for each value, which it reads as `toscalar(Key)`. */
function eachValue(node: SyntaxNode, query: SyntaxNode, by: Expr, input: Rel, env: Env, b: Binder): Rel {
  const byNode = child(node, 'ByExpression');
  if (kindOf(byNode) !== 'NameReference')
    return b.fail('InvalidArgument', 'partition by takes the name of a column here', byNode);
  const rels = valuesOf(node, by, input, b).map((value) =>
    b.withKey(nameOf(byNode), value, () => b.rel(query, { names: new Map(), parent: env })),
  );
  return together(node, rels, b);
}
