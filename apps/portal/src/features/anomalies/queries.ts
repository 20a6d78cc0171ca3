import type { AnomalyStatus, AnomalyTemplate } from '@sallyport/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { useNotify } from '../../shared/toast.tsx';

const POLL_MS = 60_000;

export const anomaliesQuery = (filter: {
  readonly days: number;
  readonly status: AnomalyStatus;
  readonly templateId: string | undefined;
  readonly search: string;
}) =>
  queryOptions({
    queryKey: ['anomalies', filter],
    queryFn: ({ signal }) => {
      const { templateId, ...rest } = filter;
      return client.listAnomalies({ signal, query: { ...rest, ...(templateId ? { templateId } : {}) } });
    },
    refetchInterval: POLL_MS,
  });

export const templatesQuery = queryOptions({
  queryKey: ['anomaly-templates'],
  queryFn: ({ signal }) => client.listAnomalyTemplates({ signal }),
  refetchInterval: POLL_MS,
});

type Values = Readonly<Record<string, number>>;

/** Sets a rule, flies one beside production, or ends the flight; says so. */
export function useAnomalyRule(template: AnomalyTemplate) {
  const queries = useQueryClient();
  const notify = useNotify();
  const saved = (what: string) => () => {
    void queries.invalidateQueries({ queryKey: ['anomaly-templates'] });
    notify.done(what);
  };
  const { id, name } = template;
  const set = useMutation({
    mutationFn: (change: { status: AnomalyStatus; enabled: boolean; values: Values }) =>
      client.setAnomalyRule({
        params: { id, status: change.status },
        body: { enabled: change.enabled, values: { ...change.values } },
      }),
    onSuccess: saved(`${name} is changed`),
    onError: (error) => notify.failed(`${name} was not changed`, error),
  });
  const end = useMutation({
    mutationFn: (promote: boolean) => client.endAnomalyFlight({ params: { id }, body: { promote } }),
    onSuccess: saved(`The flight of ${name} has ended`),
    onError: (error) => notify.failed('The flight was not ended', error),
  });
  const preview = useMutation({
    mutationFn: (values: Values) =>
      client.previewAnomalyRule({ params: { id }, body: { values: { ...values }, days: 7 } }),
  });
  return { set, end, preview };
}
