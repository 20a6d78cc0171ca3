import { SallyportError } from '@sallyport/contracts';
import type { Filter } from '../../../platform/odata/index.ts';

/** What a filter of equalities demands. Throws BadRequest for any other. */
export function equalities(filter: Filter | undefined): Readonly<Record<string, string>> {
  if (filter === undefined) return {};
  if (filter.kind === 'and') return { ...equalities(filter.left), ...equalities(filter.right) };
  if (filter.kind === 'compare' && filter.comparison === 'eq' && filter.literal.type === 'string')
    return { [filter.operand.path.join('/')]: filter.literal.value };
  throw new SallyportError('BadRequest', 'Invalid filter clause: only `eq` joined by `and` is supported here');
}
