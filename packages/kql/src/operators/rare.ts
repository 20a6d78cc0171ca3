import { typeOfNode } from '../bind/types.ts';
import { child, childOrNone, compoundText, elements, kindOf, nameOf, textOf, type SyntaxNode } from '../bind/kusto.ts';
import type { Binder } from '../bind/binder.ts';
import type { Env } from '../bind/env.ts';
import { bindStatement } from '../bind/statements.ts';
import { isHidden, literal } from '../plan/plan.ts';
import { parametersOf, type OperatorBinder, type SourceBinder } from './shared.ts';
import { stacked } from './union.ts';

/** assert-schema, consume, macro-expand, externaldata. */

/** The rows as they are, when their columns are the stated ones in their order; else the query is refused. */
export const assertSchema: OperatorBinder = (node, input, _env, b) => {
  const stated = elements(child(node, 'Schema'), 'Columns').map((c) => ({
    name: nameOf(child(c, 'Name')),
    type: typeOfNode(child(c, 'Type')),
  }));
  const own = input.fields.filter((f) => !isHidden(f));
  const text = (columns: readonly { readonly name: string; readonly type: string }[]): string =>
    columns.map((c) => `${c.name}:${c.type}`).join(', ');
  if (text(stated) !== text(own))
    return b.fail('InvalidArgument', `assert-schema: the columns are (${text(own)}), not (${text(stated)})`, node);
  return input;
};

/** Reads its input and gives none of it. */
export const consume: OperatorBinder = (_node, input) => ({
  kind: 'filter',
  input,
  predicate: literal('bool', false),
  fields: input.fields,
  order: input.order,
});

/** A query for each place of a group, one below the other. Each place must be this workspace. */
export const macroExpand: SourceBinder = (node, env, b) => {
  const group = entityGroup(child(node, 'EntityGroup'), env, b);
  const name = nameOf(child(child(node, 'ScopeReferenceName'), 'EntityGroupReferenceName'));
  const kind = parametersOf(node).text('kind') ?? 'outer';
  if (kind !== 'outer' && kind !== 'inner')
    return b.fail('InvalidArgument', `macro-expand kind=${kind} is not known`, node);
  const legs = group.map((entity) => {
    b.ownPlace(entity);
    b.alias(name);
    const scope: Env = { names: new Map(), parent: env };
    const tables = elements(node, 'StatementList').flatMap((s) => bindStatement(s, scope, b));
    const [table, ...more] = tables;
    if (!table || more.length)
      return b.fail('InvalidArgument', 'the query of macro-expand gives one table', child(node, 'StatementList'));
    return { rel: table.rel, name: '' };
  });
  if (legs.length === 0) return b.fail('InvalidArgument', 'the entity group is empty', node);
  return legs.length === 1 ? legs[0]!.rel : stacked(legs, { common: kind === 'inner' }, b);
};

/** The places of a group that is written out, or that a `let` names. */
function entityGroup(node: SyntaxNode, env: Env, b: Binder): SyntaxNode[] {
  if (kindOf(node) === 'EntityGroupExpression' || childOrNone(node, 'Entities')) return elements(node, 'Entities');
  for (let e: Env | undefined = env; e; e = e.parent) {
    const binding = e.names.get(nameOf(node));
    if (binding?.kind === 'text') return entityGroup(binding.node, binding.env, b);
  }
  return b.fail('InvalidArgument', `${nameOf(node)} is no entity group here`, node);
}

export const externalData: SourceBinder = (node, _env, b) => {
  const fields = elements(child(node, 'Schema'), 'Columns').map((c) => ({
    name: nameOf(child(c, 'Name')),
    type: typeOfNode(child(c, 'Type')),
  }));
  const addresses = elements(node, 'URIs').map((n) => {
    const text = compoundText(n);
    return text ?? b.fail('InvalidArgument', 'an address of externaldata is a constant text', n);
  });
  const clause = childOrNone(node, 'WithClause');
  const properties = Object.fromEntries(
    (clause ? elements(clause, 'Properties') : []).map((p) => {
      const value = child(p, 'Expression');
      return [
        nameOf(child(p, 'Name')).toLowerCase(),
        typeof value.LiteralValue === 'string' ? value.LiteralValue : textOf(value),
      ];
    }),
  );
  const format = properties['format']?.toLowerCase();
  const request = { kind: 'externaldata', addresses, columns: fields, format, properties } as const;
  return { kind: 'external', request, span: b.span(node), fields, order: [] };
};
