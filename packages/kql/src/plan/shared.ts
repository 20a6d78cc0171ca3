import type { Rel } from './plan.ts';

const isRel = (value: object): value is Rel => 'kind' in value && 'fields' in value && 'order' in value;
const notPlan = new Set(['fn', 'table', 'fields', 'order', 'span', 'type']);

/** The relations that stand at more than one place of a plan. */
function readTwice(root: Rel): ReadonlySet<Rel> {
  const seen = new Set<Rel>();
  const twice = new Set<Rel>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      value.forEach(visit);
      return;
    }
    if (isRel(value)) {
      if (seen.has(value)) {
        twice.add(value);
        return;
      }
      seen.add(value);
    }
    for (const [key, inner] of Object.entries(value)) if (!notPlan.has(key)) visit(inner);
  };
  visit(root);
  return twice;
}

/** Groups, whatever was computed of them or chosen from them. */
function isGrouped(rel: Rel): boolean {
  if (rel.kind === 'aggregate') return rel.keys.length > 0;
  return (rel.kind === 'project' || rel.kind === 'filter' || rel.kind === 'limit') && isGrouped(rel.input);
}

/**
 * Tables that a query reads more than once (a `let` said twice) and that are better computed once: what `materialize()` stands around, and
 * groups, which are few beside the rows that they are made of. Other tables are written where they are read, so that each place filters
 * its own.
 */
export const sharedTables = (root: Rel): ReadonlySet<Rel> =>
  new Set([...readTwice(root)].filter((rel) => rel.once ?? isGrouped(rel)));
