import { DocumentBulletListRegular } from '@fluentui/react-icons';
import type { PrivilegedRequest } from '@sallyport/contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { Card, Cards } from './Card.tsx';
import { requestsQuery, useAccessChanged } from './queries.ts';
import { actionText, RequestState } from './RequestState.tsx';

/** What one has asked for, and what came of it. */
export function RequestsTab(): ReactElement {
  const { data, error, refetch } = useQuery(requestsQuery);
  const changed = useAccessChanged();
  const notify = useNotify();
  const cancel = useMutation({
    mutationFn: (id: string) => client.cancelPrivilegedRequest({ params: { id } }),
    onSuccess: () => {
      changed();
      notify.done('The request was taken back');
    },
    onError: (failure) => notify.failed('The request stays', failure),
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading" />;
  if (data.requests.length === 0)
    return (
      <EmptyState icon={<DocumentBulletListRegular />} title="No requests">
        What you ask for under My access, and what administrators assign to you, is listed here.
      </EmptyState>
    );
  return (
    <Cards label="My requests">
      {data.requests.map((request) => (
        <Card
          key={request.id}
          title={`${actionText(request)}: ${visible(request.targetName)}`}
          lines={[<Asked key="asked" request={request} />, ...decisionLines(request)]}
          state={<RequestState status={request.status} />}
          actions={
            request.canCancel && (
              <ConfirmAction
                label="Take back"
                title={`Take back the request for ${visible(request.targetName)}?`}
                disabled={cancel.isPending}
                onConfirm={() => cancel.mutate(request.id)}
              >
                Nobody is asked any more. It can be asked for again.
              </ConfirmAction>
            )
          }
        />
      ))}
    </Cards>
  );
}

export const Asked = ({ request }: { request: PrivilegedRequest }): ReactElement => (
  <>
    <RelativeTime at={request.createdAt} /> by <bdi>{visible(request.createdBy)}</bdi>
    {request.justification !== '' && <> · {visible(request.justification)}</>}
    {request.ticketNumber !== '' && <> · {visible(`${request.ticketSystem} ${request.ticketNumber}`)}</>}
  </>
);

/** Who decided how, and why. */
export const decisionLines = ({ steps }: PrivilegedRequest): ReactElement[] =>
  steps.flatMap((step) =>
    step.reviewedBy === null
      ? []
      : [
          <span key={step.id}>
            {step.reviewResult === 'Approve' ? 'Approved' : 'Denied'} by <bdi>{visible(step.reviewedBy)}</bdi>{' '}
            <RelativeTime at={step.reviewedAt} />
            {step.justification !== '' && <>: {visible(step.justification)}</>}
          </span>,
        ],
  );
