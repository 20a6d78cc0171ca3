import { CheckmarkCircleRegular } from '@fluentui/react-icons';
import { unusedAfterDays, type UnusedRight } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { permissionLabel } from '../../shared/rights.ts';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { unusedQuery } from './queries.ts';

const kinds: Readonly<Record<UnusedRight['principalType'], string>> = {
  user: 'Person',
  token: 'API token',
  servicePrincipal: 'Application',
};
const columns: readonly GridColumn<UnusedRight>[] = [
  { id: 'who', header: 'Who', min: 200, grow: 1, cell: ({ principalName }) => visible(principalName) },
  { id: 'kind', header: 'Kind', min: 104, cell: ({ principalType }) => kinds[principalType] },
  { id: 'right', header: 'Right', min: 200, grow: 1, cell: ({ permission }) => permissionLabel(permission) },
  { id: 'roles', header: 'By', min: 160, grow: 1, cell: ({ roles }) => roles.map((one) => visible(one)).join(', ') },
  { id: 'since', header: 'Held since', min: 112, drop: 1, cell: ({ heldSince }) => <RelativeTime at={heldSince} /> },
  {
    id: 'used',
    header: 'Last used',
    min: 112,
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'Never' : <RelativeTime at={lastUsedAt} />),
  },
];

/** Rights that nobody would miss. */
export function UnusedTab(): ReactElement {
  const { data, error, refetch } = useQuery(unusedQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading unused rights" />;
  return (
    <Grid
      label="Unused rights"
      rows={data.rights}
      columns={columns}
      rowId={({ principalId, permission }) => `${principalId} ${permission}`}
      empty={
        <EmptyState icon={<CheckmarkCircleRegular />} title="Nothing to remove">
          No right that somebody has held for {unusedAfterDays} days went unused in them. Uses are kept since{' '}
          <RelativeTime at={data.since} />.
        </EmptyState>
      }
    />
  );
}
