import type { Rule } from '@sallyport/contracts';
import { queryOptions, useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { download } from '../../shared/download.ts';
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

export const ruleTextQuery = (id: string) =>
  queryOptions({
    queryKey: ['rule', id, 'text'],
    queryFn: ({ signal }) => client.getRuleText({ signal, params: { id } }),
  });

export const ruleVersionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['rule', id, 'versions'],
    queryFn: async ({ signal }) => (await client.listRuleVersions({ signal, params: { id } })).versions,
  });

/** Files of rules, each handed to the browser. */
export async function exportFiles(ids: readonly string[], format: 'yaml' | 'arm'): Promise<void> {
  const { files } = await client.exportRules({ body: { ids: [...ids], format } });
  // One file for the browser to save: YAML documents follow one another.
  const [first] = files;
  if (format === 'arm' || files.length === 1) download(first?.name ?? 'rules', 'text/plain', first?.text ?? '');
  else download('rules.yaml', 'text/yaml', files.map(({ text }) => text).join('\n---\n'));
}
