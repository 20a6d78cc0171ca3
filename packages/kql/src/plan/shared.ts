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

/** A part of a plan with the relations in it replaced, those inside of them left to `to`. The part itself where nothing changes. */
export function withRels<T>(part: T, to: (rel: Rel) => Rel): T {
  const visit = <V>(value: V, outermost: boolean): V => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const items = value.map((v: unknown) => visit(v, false));
      return items.every((v, i) => v === value[i]) ? value : (items as V);
    }
    if (!outermost && isRel(value)) return to(value) as V;
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    const entries = Object.entries(value).map(([key, v]) => [key, notPlan.has(key) ? v : visit(v, false)] as const);
    return entries.every(([key, v]) => v === value[key as keyof typeof value])
      ? value
      : (Object.fromEntries(entries) as V);
  };
  return visit(part, true);
}
