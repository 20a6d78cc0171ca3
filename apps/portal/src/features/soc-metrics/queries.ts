import { SallyportError, type Severity, type SocMetricName } from '@sallyport/contracts';
import { queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { spanOf } from '../../shared/time.ts';

const STALE_MS = 60_000;

/** Figures of incidents made in a range, as the server computes them. `names`: which of them; default: all. */
export const socMetricsQuery = (range: string, severity: Severity | undefined, names?: readonly SocMetricName[]) =>
  queryOptions({
    queryKey: ['socMetrics', range, severity, names],
    queryFn: async ({ signal }) => {
      const span = spanOf(range, new Date());
      if (!span) throw new SallyportError('BadRequest', 'this is no time range');
      const { metrics } = await client.getSocMetrics({
        signal,
        query: {
          ...span,
          ...(severity ? { severity } : {}),
          ...(names ? { names: names.join(',') } : {}),
        },
      });
      return metrics;
    },
    staleTime: STALE_MS,
    refetchInterval: STALE_MS,
  });
