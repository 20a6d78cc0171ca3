import type { AutomationLevel, InvestigationState } from '@sallyport/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { useNotify } from '../../shared/toast.tsx';

const POLL_MS = 10_000;

export const investigationsQuery = (state: readonly InvestigationState[] | undefined) =>
  queryOptions({
    queryKey: ['investigations', state],
    queryFn: async ({ signal }) =>
      (await client.listInvestigations({ signal, query: state ? { state: state.join(',') } : {} })).investigations,
    refetchInterval: POLL_MS,
  });

export const playbooksQuery = queryOptions({
  queryKey: ['investigation-playbooks'],
  queryFn: async ({ signal }) => (await client.listInvestigationPlaybooks({ signal })).playbooks,
  staleTime: Number.POSITIVE_INFINITY,
});

export const groupsQuery = queryOptions({
  queryKey: ['device-group-automation'],
  queryFn: async ({ signal }) => (await client.listDeviceGroupAutomation({ signal })).groups,
});

/** Sets the automation level of a device group, and says so. */
export function useSetLevel() {
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: (change: { name: string; level: AutomationLevel }) => client.setDeviceGroupAutomation({ body: change }),
    onSuccess: ({ groups }) => {
      queries.setQueryData(groupsQuery.queryKey, groups);
      notify.done('The automation level is set');
    },
    onError: (error) => notify.failed('The automation level was not set', error),
  });
}
