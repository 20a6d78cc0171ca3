import type { Sql } from '../sql.ts';
import { everyRewrite, type Lookups } from '../types.ts';
import type { Scope } from './expression.ts';

class MoreThanTheRow extends Error {}

/** What `emit` writes over one row; undefined where it depends on more: the moment, another query, a column that `column` does not know. */
export function ofTheRow(
  column: (name: string) => Sql | undefined,
  emit: (scope: Scope) => Sql,
  lookups?: Lookups,
): string | undefined {
  const refuse = (): never => {
    throw new MoreThanTheRow();
  };
  try {
    return emit({
      column: (name) => column(name) ?? refuse(),
      query: refuse,
      now: refuse,
      lookups,
      zone: undefined,
      rewrites: everyRewrite,
    }).text;
  } catch (error) {
    if (error instanceof MoreThanTheRow) return undefined;
    throw error;
  }
}
