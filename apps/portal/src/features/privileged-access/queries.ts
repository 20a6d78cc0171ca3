import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { useNotify } from '../../shared/toast.tsx';

const POLL_MS = 15_000;
const key = 'privileged-access';

export const assignmentsQuery = (kind?: 'eligible' | 'active') =>
  queryOptions({
    queryKey: [key, 'assignments', kind],
    queryFn: ({ signal }) =>
      client.listPrivilegedAssignments({ signal, query: { ...(kind ? { kind } : {}), history: false } }),
    refetchInterval: POLL_MS,
  });
export const policiesQuery = queryOptions({
  queryKey: [key, 'policies'],
  queryFn: ({ signal }) => client.listPrivilegedPolicies({ signal, query: {} }),
});
export const sessionsQuery = queryOptions({
  queryKey: [key, 'sessions'],
  queryFn: ({ signal }) => client.listPrivilegedSessions({ signal }),
  refetchInterval: POLL_MS,
});
export const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: [key, 'session', id],
    queryFn: ({ signal }) => client.getPrivilegedSession({ signal, params: { id } }),
    refetchInterval: POLL_MS,
  });
export const cloudsQuery = queryOptions({
  queryKey: [key, 'clouds'],
  queryFn: ({ signal }) => client.listCloudConnections({ signal }),
  refetchInterval: POLL_MS,
});
export const alertsQuery = queryOptions({
  queryKey: [key, 'alerts'],
  queryFn: ({ signal }) => client.listPrivilegedAlerts({ signal }),
  refetchInterval: POLL_MS,
});
export const reviewsQuery = queryOptions({
  queryKey: [key, 'reviews'],
  queryFn: ({ signal }) => client.listAccessReviews({ signal }),
  refetchInterval: POLL_MS,
});
export const reviewQuery = (id: string) =>
  queryOptions({
    queryKey: [key, 'review', id],
    queryFn: ({ signal }) => client.getAccessReview({ signal, params: { id } }),
    refetchInterval: POLL_MS,
  });
export const auditQuery = queryOptions({
  queryKey: [key, 'audit'],
  queryFn: ({ signal }) => client.listPrivilegedAudit({ signal, query: {} }),
});

/** Does something, says so, and looks again at all of privileged access. */
export function useDo<Input, Answer>(
  act: (input: Input) => Promise<Answer>,
  done: string | ((answer: Answer) => string),
  onDone?: () => void,
) {
  const queries = useQueryClient();
  const notify = useNotify();
  return useMutation({
    mutationFn: act,
    onSuccess: (answer) => {
      void queries.invalidateQueries({ queryKey: [key] });
      notify.done(typeof done === 'string' ? done : done(answer));
      onDone?.();
    },
  });
}
