import type { MySignIn } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Mono } from '../../shared/Copyable.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { mySignInsQuery } from './queries.ts';

const columns: readonly GridColumn<MySignIn>[] = [
  { id: 'at', header: 'When', min: 112, cell: ({ at }) => <RelativeTime at={at} /> },
  {
    id: 'result',
    header: 'Result',
    min: 132,
    cell: ({ succeeded }) => <Status tone={succeeded ? 'good' : 'bad'}>{succeeded ? 'Signed in' : 'Refused'}</Status>,
  },
  { id: 'application', header: 'Application', min: 120, grow: 1, cell: ({ application }) => visible(application) },
  { id: 'methods', header: 'By', min: 180, grow: 1, cell: ({ methods }) => visible(methods.join(', ')) },
  { id: 'address', header: 'Address', min: 144, cell: ({ ipAddress }) => <Mono text={ipAddress} /> },
  { id: 'country', header: 'Country', min: 80, drop: 2, cell: ({ country }) => visible(country) },
  { id: 'agent', header: 'Browser', min: 200, grow: 2, drop: 1, cell: ({ userAgent }) => visible(userAgent) },
  { id: 'reason', header: 'Why not', min: 200, grow: 2, drop: 3, cell: ({ reason }) => visible(reason) },
];

/** Where and how somebody signed in, or tried to, under the caller's name. */
export function SignInsTab(): ReactElement {
  const { data, error, refetch } = useQuery(mySignInsQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading sign-ins" />;
  return (
    <Grid
      label="My sign-ins"
      rows={data.signIns}
      columns={columns}
      rowId={({ at, code, ipAddress }) => `${at} ${code} ${ipAddress}`}
      empty={<EmptyState title="No sign-ins within the last 30 days" />}
    />
  );
}
