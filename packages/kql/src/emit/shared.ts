import type { Rel } from '../plan/plan.ts';
import { sharedTables } from '../plan/shared.ts';
import type { Sql } from '../sql.ts';

/**
 * The tables that a query reads more than once and that are computed once, while it is written. The engine computes a `WITH … AS MATERIALIZED` once (`enable_materialized_cte`; checked: random values agree at all places).
 */
export class SharedRels {
  readonly #chosen: ReadonlySet<Rel>;
  readonly #needed = new Map<Rel, Set<string>>();
  /** In the order in which they must stand. */
  readonly tables: { readonly name: Sql; readonly select: Sql }[] = [];
  readonly names = new Map<Rel, Sql>();

  constructor(root: Rel) {
    this.#chosen = sharedTables(root);
  }

  get any(): boolean {
    return this.#chosen.size > 0;
  }
  has(rel: Rel): boolean {
    return this.#chosen.has(rel);
  }
  /** Notes what a place reads of a shared table. */
  note(rel: Rel, columns: Iterable<string>): void {
    const all = this.#needed.get(rel) ?? new Set<string>();
    for (const column of columns) all.add(column);
    this.#needed.set(rel, all);
  }
  /** What all places together read of it. */
  needed(rel: Rel): ReadonlySet<string> {
    return this.#needed.get(rel) ?? new Set();
  }
}
