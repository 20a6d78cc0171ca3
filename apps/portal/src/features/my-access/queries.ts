import type { PrivilegedHolding } from '@sallyport/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import { useNotify } from '../../shared/toast.tsx';

const POLL_MS = 5_000;
const key = 'my-access';

export const accessQuery = queryOptions({
  queryKey: [key, 'access'],
  queryFn: ({ signal }) => client.listMyAccess({ signal }),
  refetchInterval: POLL_MS,
});
export const requestsQuery = queryOptions({
  queryKey: [key, 'requests'],
  queryFn: ({ signal }) => client.listMyPrivilegedRequests({ signal }),
  refetchInterval: POLL_MS,
});
export const approvalsQuery = queryOptions({
  queryKey: [key, 'approvals'],
  queryFn: ({ signal }) => client.listApprovals({ signal }),
  refetchInterval: POLL_MS,
});
export const reviewsQuery = queryOptions({
  queryKey: [key, 'reviews'],
  queryFn: ({ signal }) => client.listMyReviews({ signal }),
  refetchInterval: POLL_MS,
});
export const delegationsQuery = queryOptions({
  queryKey: [key, 'delegations'],
  queryFn: ({ signal }) => client.listApprovalDelegations({ signal }),
});
export const groupsQuery = queryOptions({
  queryKey: [key, 'groups'],
  queryFn: ({ signal }) => client.listOwnedGroups({ signal }),
});
export const historyQuery = queryOptions({
  queryKey: [key, 'history'],
  queryFn: ({ signal }) => client.listMyPrivilegedAudit({ signal }),
  refetchInterval: POLL_MS,
});

/** What one may has changed: the frame shows it too. */
export function useAccessChanged(): () => void {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: [key] });
    void queries.invalidateQueries({ queryKey: ['me'] });
  };
}

type Asked = NonNullable<NonNullable<Parameters<typeof client.askForPrivilegedAccess>[0]>['body']>;

export function useAsk(onDone?: () => void) {
  const changed = useAccessChanged();
  const notify = useNotify();
  return useMutation({
    mutationFn: (body: Asked) => client.askForPrivilegedAccess({ body }),
    onSuccess: ({ request }) => {
      changed();
      const waits = request.status.startsWith('Pending');
      const titles: Partial<Record<Asked['action'], string>> = {
        selfActivate: request.status === 'Granted' ? 'Activation planned' : `${request.targetName} is active`,
        selfDeactivate: `${request.targetName} given up`,
      };
      notify.done(waits ? 'The request waits for a decision' : (titles[request.action] ?? 'Asked for'));
      onDone?.();
    },
  });
}

export const wishFor = (of: PrivilegedHolding, action: Asked['action']) => ({
  action,
  kind: action === 'selfActivate' || action === 'selfDeactivate' ? ('active' as const) : of.kind,
  target: of.target,
  scopeId: of.scopeId,
});
