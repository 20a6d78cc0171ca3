import type { Expr } from '../plan/plan.ts';
import { identifier, join, sql, string, type Sql } from '../sql.ts';
import type { Scope } from './expression.ts';

/**
 * Members of one dynamic column, read in one go: the engine parses the JSON anew for each call that extracts something, so texts of
 * several members are taken out together as a named tuple.
 */

/** From so many members on. */
const fewest = 3;
/** Keys that are sure to come back out of a type's text as they went in. */
const plainKey = /^[A-Za-z_][\w .:@#-]{0,100}$/;

/** `tostring(column.key)` as column and key. */
export function memberOf(expr: Expr): { column: string; key: string } | undefined {
  if (expr.kind !== 'call' || expr.fn.name !== '$path_text' || expr.args.length !== 2) return undefined;
  const [of, key] = expr.args;
  if (of?.kind !== 'column' || key?.kind !== 'literal' || typeof key.value !== 'string') return undefined;
  return plainKey.test(key.value) ? { column: of.name, key: key.value } : undefined;
}

/** The keys that expressions read of each column. */
function membersIn(exprs: Iterable<Expr>): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const visit = (expr: Expr): void => {
    const member = memberOf(expr);
    if (member) found.set(member.column, (found.get(member.column) ?? new Set()).add(member.key));
    else if (expr.kind === 'call' || expr.kind === 'rowTuple') expr.args.forEach(visit);
    else if (expr.kind === 'inQuery') visit(expr.value);
  };
  for (const expr of exprs) visit(expr);
  return found;
}

/** The scope for these expressions, in which members read together are elements of one tuple. */
export function sharingPaths(scope: Required<Omit<Scope, 'member'>>, exprs: readonly Expr[]): Scope {
  const tuples = new Map<string, { readonly tuple: Sql; readonly keys: readonly string[] }>();
  for (const [column, keys] of membersIn(exprs)) {
    if (keys.size < fewest) continue;
    const names = [...keys];
    const type = sql`Tuple(${join(names.map((k) => sql`${identifier(k)} String`))})`;
    const of = scope.column(column);
    // An array would give its elements by place.
    const tuple = scope.name(sql`JSONExtract(if(startsWith(${of}, '{'), ${of}, ''), ${string(type.text)})`);
    tuples.set(column, { tuple, keys: names });
  }
  if (!tuples.size) return scope;
  return {
    ...scope,
    member: ({ column, key }) => {
      const known = tuples.get(column);
      return known?.keys.includes(key) ? sql`tupleElement(${known.tuple}, ${string(key)})` : undefined;
    },
  };
}
