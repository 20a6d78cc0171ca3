import { Badge, makeStyles, tokens } from '@fluentui/react-components';
import type { Session } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Mono } from '../../shared/Copyable.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { sessionsQuery } from './queries.ts';

const useStyles = makeStyles({
  browser: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, minWidth: 0 },
  agent: { overflow: 'hidden', textOverflow: 'ellipsis' },
});

/** Where one is signed in. */
export function SessionsTab(): ReactElement {
  const styles = useStyles();
  const queries = useQueryClient();
  const notify = useNotify();
  const { data, error, refetch } = useQuery(sessionsQuery);
  const revoke = useMutation({
    mutationFn: (session: Session) => client.revokeSession({ params: { id: session.id } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['sessions'] });
      notify.done('The session has ended');
    },
    onError: (failure) => notify.failed('The session was not ended', failure),
  });
  const columns: readonly GridColumn<Session>[] = [
    {
      id: 'agent',
      header: 'Browser',
      min: 280,
      grow: 3,
      cell: (session) => (
        <span className={styles.browser}>
          <span className={styles.agent}>{visible(session.userAgent)}</span>
          {session.current && (
            <Badge appearance="tint" color="brand">
              This one
            </Badge>
          )}
        </span>
      ),
    },
    { id: 'address', header: 'Address', min: 144, cell: (session) => <Mono text={session.ipAddress} /> },
    { id: 'created', header: 'Signed in', min: 112, cell: (session) => <RelativeTime at={session.createdAt} /> },
    { id: 'seen', header: 'Last seen', min: 112, cell: (session) => <RelativeTime at={session.lastSeenAt} /> },
    { id: 'expires', header: 'Ends', min: 112, cell: (session) => <RelativeTime at={session.expiresAt} /> },
    {
      id: 'revoke',
      header: '',
      min: 104,
      align: 'end',
      cell: (session) =>
        !session.current && (
          <ConfirmAction
            label="End it"
            title="End this session?"
            disabled={revoke.isPending}
            onConfirm={() => revoke.mutate(session)}
          >
            The browser at {visible(session.ipAddress)} is signed out at once. Whoever uses it can sign in again.
          </ConfirmAction>
        ),
    },
  ];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} label="Loading sessions" />;
  return <Grid label="Sessions" rows={data.sessions} columns={columns} rowId={(session) => session.id} />;
}
