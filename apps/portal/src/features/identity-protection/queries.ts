import type { RiskJudgement, RiskSubjectKind } from '@sallyport/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { plural } from '../../shared/numbers.ts';
import { useNotify } from '../../shared/toast.tsx';
import type { RiskSearch } from './index.ts';

const POLL_MS = 30_000;
const key = 'identity-protection';

const filterOf = ({ level, search }: RiskSearch) => ({ ...(level ? { level } : {}), search: search ?? '' });

export const subjectsQuery = (kind: RiskSubjectKind, search: RiskSearch) =>
  queryOptions({
    queryKey: [key, 'subjects', kind, search.level, search.state, search.search],
    queryFn: ({ signal }) =>
      client.listRiskySubjects({
        signal,
        query: { kind, ...filterOf(search), ...(search.state ? { state: search.state } : {}) },
      }),
    refetchInterval: POLL_MS,
  });
export const subjectQuery = (kind: RiskSubjectKind, id: string) =>
  queryOptions({
    queryKey: [key, 'subject', kind, id],
    queryFn: ({ signal }) => client.getRiskySubject({ signal, params: { kind, id } }),
    refetchInterval: POLL_MS,
  });
export const signInsQuery = (search: RiskSearch) =>
  queryOptions({
    queryKey: [key, 'sign-ins', search.level, search.search],
    queryFn: ({ signal }) => client.listRiskySignIns({ signal, query: filterOf(search) }),
    refetchInterval: POLL_MS,
  });
export const detectionsQuery = (search: RiskSearch) =>
  queryOptions({
    queryKey: [key, 'detections', search.level, search.search],
    queryFn: ({ signal }) => client.listRiskDetections({ signal, query: filterOf(search) }),
    refetchInterval: POLL_MS,
  });

const done: Readonly<Record<RiskJudgement, string>> = {
  dismiss: 'dismissed',
  confirmCompromised: 'confirmed as compromised',
  confirmSafe: 'confirmed as safe',
};

/** Says what people think of users, workload identities or sign-ins; tells how it went. */
export function useJudge(kind: RiskSubjectKind | 'sign-in') {
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: ({ ids, judgement }: { ids: readonly string[]; judgement: RiskJudgement }) =>
      kind === 'sign-in'
        ? client.judgeRiskySignIns({ body: { requestIds: [...ids], judgement } })
        : client.judgeRiskySubjects({ params: { kind }, body: { ids: [...ids], judgement } }),
    onSuccess: (_, { ids, judgement }) => {
      void queries.invalidateQueries({ queryKey: [key] });
      const what = kind === 'user' ? 'user' : kind === 'sign-in' ? 'sign-in' : 'workload identity';
      const many =
        kind === 'servicePrincipal' && ids.length !== 1
          ? `${ids.length} workload identities`
          : plural(ids.length, what);
      notify.done(`${many} ${done[judgement]}`);
    },
    onError: (error) => notify.failed('Nothing was changed', error),
  });
}
