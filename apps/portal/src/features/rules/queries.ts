import type { Rule } from '@sallyport/contracts';
import { queryOptions, useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { useNotify } from '../../shared/toast.tsx';

const POLL_MS = 30_000;

export const rulesQuery = queryOptions({
  queryKey: ['rules'],
  queryFn: ({ signal }) => client.listRules({ signal }),
  refetchInterval: POLL_MS,
});

export const ruleQuery = (id: string) =>
  queryOptions({
    queryKey: ['rule', id],
    queryFn: ({ signal }) => client.getRule({ signal, params: { id } }),
    refetchInterval: POLL_MS,
  });

/** Switches a rule on or off, says so, and offers the way back. */
export function useEnableRule(id: string, name: string): UseMutationResult<Rule, unknown, boolean> {
  const queries = useQueryClient();
  const notify = useNotify();
  const mutation: UseMutationResult<Rule, unknown, boolean> = useMutation({
    mutationFn: (enabled: boolean) => client.updateRule({ params: { id }, body: { enabled } }),
    onSuccess: (rule: Rule, enabled: boolean) => {
      queries.setQueryData(ruleQuery(id).queryKey, rule);
      void queries.invalidateQueries({ queryKey: ['rules'] });
      notify.done(`${name} is ${enabled ? 'on' : 'off'}`, () => mutation.mutate(!enabled));
    },
    onError: (error) => notify.failed(`${name} was not changed`, error),
  });
  return mutation;
}
