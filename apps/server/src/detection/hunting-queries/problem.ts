import { SallyportError } from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import type { Problem } from '../rules/index.ts';
import type { ReadHuntingQuery } from './read.ts';

/** What keeps a hunting query from running over the tables that there are now. */
export function huntingQueryProblem(
  queries: Pick<Queries, 'compile'>,
  { query, path, line }: Pick<ReadHuntingQuery, 'query' | 'path' | 'line'>,
  now: Date,
): Problem | undefined {
  try {
    queries.compile(query, { now, noData: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    const at = Number(/^\d+/.exec(error.target ?? '')?.[0] ?? 0);
    const within = query.slice(0, at).split('\n').length;
    return { path, line, level: 'warning', code: 'InvalidQuery', message: `query, line ${within}: ${error.message}` };
  }
}
