import type { Expr } from '../plan/plan.ts';

/** Over a column and constants these never fail, and take about as long for one row as for another. */
const equal = '== != < <= > >= =~ !~ $in $in! $in~ $in~! $has_any $has_all isempty isnotempty isnull isnotnull';
const ofTexts = ['contains', 'has', 'hasprefix', 'hassuffix', 'startswith', 'endswith'];
const comparisons: ReadonlySet<string> = new Set([
  ...equal.split(' '),
  ...ofTexts.flatMap((name) => [name, `${name}_cs`]).flatMap((name) => [name, `!${name}`]),
]);
const logic: ReadonlySet<string> = new Set(['and', 'or', 'not']);

/** Whether a condition may be tried on rows that whoever asks must not know of. */
export function isHarmless(expr: Expr): boolean {
  if (expr.kind !== 'call') return false;
  if (logic.has(expr.fn.name)) return expr.args.every(isHarmless);
  return comparisons.has(expr.fn.name) && expr.args.every((arg) => isPlainColumn(arg) || isConstant(arg));
}

const isPlainColumn = (expr: Expr): boolean => expr.kind === 'column' && expr.type !== 'dynamic';

function isConstant(expr: Expr): boolean {
  if (expr.kind === 'literal') return true;
  return expr.kind === 'call' && expr.args.every(isConstant);
}
