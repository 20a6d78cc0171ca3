import { BenchReport } from '@sallyport/contracts';
import { queryOptions, useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { useNotify } from '../../shared/toast.tsx';

export const runsQuery = queryOptions({
  queryKey: ['bench-runs'],
  queryFn: ({ signal }) => client.listBenchRuns({ signal }),
});

export const runQuery = (id: string | undefined) =>
  queryOptions({
    queryKey: ['bench-run', id],
    queryFn: ({ signal }) => client.getBenchRun({ signal, params: { id: id ?? '' } }),
    enabled: id !== undefined,
  });

/** Keeps a run that `detect bench --save` wrote. */
export function useKeepRun(onKept: (id: string) => void): UseMutationResult<string, unknown, File> {
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: async (file: File) => {
      const report = BenchReport.parse(JSON.parse(await file.text()));
      return (await client.saveBenchRun({ body: report })).id;
    },
    onSuccess: (id: string) => {
      void queries.invalidateQueries({ queryKey: ['bench-runs'] });
      onKept(id);
    },
    onError: (error) => notify.failed('The file was not kept: it is no run of the test bench', error),
  });
}
