import type { Investigation, ProposedAction } from '@sallyport/contracts';
import { queryOptions, useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { client } from '../../../shared/api.ts';
import { useNotify } from '../../../shared/toast.tsx';

const RUNNING_MS = 2_000;
const POLL_MS = 10_000;

export const isUnderWay = (investigation: Investigation | null | undefined): boolean =>
  investigation?.state === 'queued' || investigation?.state === 'running';

export const investigationQuery = (number: number) =>
  queryOptions({
    queryKey: ['investigation', number],
    queryFn: async ({ signal }) =>
      (await client.getIncidentInvestigation({ signal, params: { number } })).investigation,
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? RUNNING_MS : POLL_MS),
  });

/** Begins the investigation of an incident, or has it go on; ends one. */
export function useInvestigation(number: number): {
  /** Of all alerts, or of the one with this id. */
  start: UseMutationResult<Investigation, unknown, string | undefined>;
  stop: UseMutationResult<Investigation, unknown, string>;
} {
  const queries = useQueryClient();
  const notify = useNotify();
  const known = (investigation: Investigation): void =>
    void queries.setQueryData(investigationQuery(number).queryKey, investigation);
  const start = useMutation({
    mutationFn: (alertId: string | undefined) =>
      client.startInvestigation({ params: { number }, body: alertId === undefined ? {} : { alertId } }),
    onSuccess: (investigation: Investigation) => {
      known(investigation);
      void queries.invalidateQueries({ queryKey: ['incident', number] });
      notify.done('The investigation is begun');
    },
    onError: (error) => notify.failed('The investigation was not begun', error),
  });
  const stop = useMutation({
    mutationFn: (id: string) => client.stopInvestigation({ params: { id }, body: {} }),
    onSuccess: (investigation: Investigation) => {
      known(investigation);
      notify.done('The investigation was ended');
    },
    onError: (error) => notify.failed('The investigation was not ended', error),
  });
  return { start, stop };
}

/** Approves or rejects a proposed action. */
export function useDecide(
  number: number,
): UseMutationResult<ProposedAction, unknown, { id: string; decision: 'approve' | 'reject' }> {
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: ({ id, decision }: { id: string; decision: 'approve' | 'reject' }) =>
      client.decideAction({ params: { id }, body: { decision, comment: '' } }),
    onSuccess: (action: ProposedAction) => {
      for (const key of ['investigation', 'incident', 'incidentStory'])
        void queries.invalidateQueries({ queryKey: [key, number] });
      notify.done(action.state === 'approved' ? 'The action is approved' : 'The action is rejected');
    },
    onError: (error) => notify.failed('The action was not decided', error),
  });
}
