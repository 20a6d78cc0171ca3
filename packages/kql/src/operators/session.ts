import type { Binder } from '../bind/binder.ts';
import type { SyntaxNode } from '../bind/kusto.ts';
import { binaryOperators } from '../functions/operators.ts';
import { rowNumber, scalarFunctions } from '../functions/index.ts';
import { columnOf, literal, type Expr, type Rel } from '../plan/plan.ts';
import type { Scan, ScanMemory } from '../plan/scan.ts';

/**
 * row_window_session(x, from first, from neighbour, restart): the value of x at which the row's session began, as a scan of one step.
 * A session ends where x is null, too far from its first value, too far from the value before, or where `restart` is true.
 * https://learn.microsoft.com/kusto/query/row-window-session-function
 */
export function sessionStep(
  input: Rel,
  [value, fromFirst, fromNeighbour, restart]: readonly Expr[],
  partitionBy: readonly string[],
  node: SyntaxNode,
  b: Binder,
): { relation: Rel; start: Expr } {
  const type = value!.type === 'tuple' ? 'dynamic' : value!.type;
  const start = { name: b.hidden('window'), type } as const;
  const before = { name: b.hidden('window'), type } as const;
  const rank = b.hidden('rank');
  const none = literal(type, null);
  const items = [
    ...input.fields.map((f) => ({ name: f.name, expr: columnOf(f) })),
    ...[start, before].map((f) => ({ name: f.name, expr: none })),
  ];
  const fields = [...input.fields, start, before];
  const base: Rel = { kind: 'project', input, items, fields, order: input.order };
  const numbered: Rel = {
    kind: 'window',
    input: base,
    items: [{ name: rank, fn: rowNumber, args: [], type: 'long' }],
    partitionBy,
    fields: [...fields, { name: rank, type: 'long' }],
    order: input.order,
  };
  const memory = [start, before].map((f): ScanMemory => {
    return { name: b.hidden('memory'), step: 0, column: f.name, type, initial: none };
  });
  const [first, last] = memory.map((m): Expr => ({ kind: 'column', name: m.name, type }));
  const call = (name: string, args: readonly Expr[], result: 'bool' | typeof type): Expr =>
    b.call(binaryOperators.get(name) ?? scalarFunctions.get(name)!, args, result, node);
  const past = (from: Expr, distance: Expr): Expr =>
    call('GreaterThanOrEqualExpression', [value!, call('AddExpression', [from, distance], type)], 'bool');
  const known = (test: Expr): Expr => call('coalesce', [test, literal('bool', false)], 'bool');
  const begins = [
    call('isnull', [value!], 'bool'),
    call('isnull', [first!], 'bool'),
    known(past(first!, fromFirst!)),
    known(past(last!, fromNeighbour!)),
    ...(restart ? [known(b.cast(restart, 'bool', node))] : []),
  ].reduce((l, r) => call('OrExpression', [l, r], 'bool'));
  const position = b.hidden('position');
  const machine: Scan = {
    kind: 'scan',
    input: numbered,
    partitionBy,
    rank,
    steps: [
      {
        condition: literal('bool', true),
        output: 'all',
        values: [call('iff', [begins, value!, first!], type), value!],
      },
    ],
    assigned: [start, before],
    memory,
    matchId: undefined,
    position,
  };
  const relation: Rel = {
    ...machine,
    fields: [...numbered.fields, { name: position, type: 'long' }],
    order: [{ column: rank, descending: false, nullsFirst: true }],
  };
  return { relation, start: { kind: 'column', ...start } };
}
