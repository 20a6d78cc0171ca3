import {
  SallyportError,
  socMetricNames,
  type SocMetric,
  type SocMetricName,
  type socMetricRoutes,
} from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import { requireCaller, type Handlers } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { socMetricQuery } from './queries.ts';

const rowsMax = 400;
/** Rows of incidents that were made in the span and changed later count too. */
const spanMaxMs = 400 * 86_400_000;

export function socMetricHandlers(
  { clock }: Pick<Platform, 'clock'>,
  queries: Queries,
): Handlers<typeof socMetricRoutes> {
  return {
    getSocMetrics: async (context, { query }) => {
      const span = { from: new Date(query.from), to: new Date(query.to) };
      if (!(span.from < span.to) || span.to.getTime() - span.from.getTime() > spanMaxMs)
        throw new SallyportError('BadRequest', 'a span of at most 400 days, `from` before `to`', {
          target: 'query.from',
        });
      const asked = query.names?.split(',') ?? [];
      const names = socMetricNames.filter((name) => query.names === undefined || asked.includes(name));
      const metrics: Partial<Record<SocMetricName, SocMetric>> = {};
      const now = clock.now();
      for (const name of names) {
        const text = socMetricQuery(name, span, query.severity);
        const { columns, rows } = await queries.run({
          query: text,
          // From when the first of them can have been written.
          timespan: { from: span.from, to: new Date(Math.max(now.getTime(), span.to.getTime()) + 60_000) },
          now,
          maxRows: rowsMax,
          as: requireCaller(context),
          operation: 'hunting',
          signal: context.signal,
        });
        metrics[name] = { query: text, columns, rows };
      }
      return { metrics };
    },
  };
}
