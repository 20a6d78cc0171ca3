import { makeStyles, tokens } from '@fluentui/react-components';
import { KeyMultipleRegular } from '@fluentui/react-icons';
import type { ApiToken } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { useNow } from '../../shared/hooks.ts';
import { count } from '../../shared/numbers.ts';
import { useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { isUnused, permissionLabel } from '../../shared/rights.ts';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { workspacesQuery } from '../../shared/workspaces.ts';
import { CreateToken } from './CreateToken.tsx';
import { tokensQuery } from './queries.ts';
import { TokenPanel } from './TokenPanel.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexGrow: 1, minHeight: 0, gap: tokens.spacingHorizontalM },
});

function state(token: ApiToken): ReactElement {
  if (token.revokedAt !== null) return <Status tone="off">Revoked</Status>;
  if (Date.parse(token.expiresAt) < Date.now()) return <Status tone="off">Expired</Status>;
  return <Status tone="good">Good</Status>;
}

export function TokensTab(props: {
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
}): ReactElement {
  const styles = useStyles();
  const why = useRefusal('revokeToken');
  const now = useNow();
  const queries = useQueryClient();
  const notify = useNotify();
  const { data, error, refetch } = useQuery(tokensQuery);
  const revoke = useMutation({
    mutationFn: (token: ApiToken) => client.revokeToken({ params: { id: token.id } }),
    onSuccess: async (_, token) => {
      await queries.invalidateQueries({ queryKey: ['tokens'] });
      notify.done(`${visible(token.name)} is revoked`);
    },
    onError: (failure, token) => notify.failed(`${visible(token.name)} was not revoked`, failure),
  });
  const workspaces = useQuery(workspacesQuery).data?.workspaces ?? [];
  const workspaceOf = ({ scopes, workspaceId }: ApiToken): string =>
    scopes.includes('data.ingest')
      ? visible((workspaces.find(({ id }) => id === workspaceId) ?? workspaces[0])?.name ?? '')
      : '';
  const columns: readonly GridColumn<ApiToken>[] = [
    { id: 'name', header: 'Name', min: 160, grow: 1, cell: (token) => visible(token.name) },
    { id: 'state', header: 'State', min: 112, cell: state },
    {
      id: 'scopes',
      header: 'May',
      min: 240,
      grow: 2,
      cell: (token) => token.scopes.map(permissionLabel).join(', '),
    },
    {
      id: 'unused',
      header: 'Unused',
      min: 72,
      align: 'end',
      cell: (token) => count(token.uses.filter((use) => isUnused(use, token.createdAt, now)).length),
    },
    ...(workspaces.length > 1
      ? [{ id: 'workspace', header: 'Logs go to', min: 128, grow: 1, cell: workspaceOf } as const]
      : []),
    { id: 'by', header: 'Made by', min: 160, grow: 1, drop: 3, cell: (token) => visible(token.createdBy) },
    { id: 'created', header: 'Made', min: 112, drop: 4, cell: (token) => <RelativeTime at={token.createdAt} /> },
    { id: 'used', header: 'Last used', min: 112, drop: 1, cell: (token) => <RelativeTime at={token.lastUsedAt} /> },
    { id: 'expires', header: 'Expires', min: 112, drop: 2, cell: (token) => <RelativeTime at={token.expiresAt} /> },
    {
      id: 'revoke',
      header: '',
      min: 96,
      align: 'end',
      cell: (token) =>
        token.revokedAt === null && (
          <ConfirmAction
            why={why}
            label="Revoke"
            title={`Revoke the token “${visible(token.name)}”?`}
            disabled={revoke.isPending}
            onConfirm={() => revoke.mutate(token)}
          >
            Whatever uses it is refused at once. It cannot be brought back; a new token can take its place.
          </ConfirmAction>
        ),
    },
  ];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading tokens" />;
  const open = data.tokens.find(({ id }) => id === props.selected);
  const close = (): void => props.onSelect(undefined);
  return (
    <>
      <FilterBar filters={[]} end={<CreateToken />} />
      <div className={styles.root}>
        <Grid
          label="API tokens"
          rows={data.tokens}
          columns={columns}
          rowId={(token) => token.id}
          openId={open?.id}
          onOpen={(token) => props.onSelect(token.id)}
          onClose={close}
          empty={
            <EmptyState icon={<KeyMultipleRegular />} title="No tokens">
              A token lets a program send logs or ask questions, with no more rights than you give it.
            </EmptyState>
          }
        />
        {open && <TokenPanel key={open.id} token={open} onClose={close} />}
      </div>
    </>
  );
}
