import type { PrivilegedAuditEntry } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { encodeFragment } from '../../shared/address.ts';
import { auditQuery } from './queries.ts';
import { useTabStyles } from './styles.ts';

const columns: readonly GridColumn<PrivilegedAuditEntry>[] = [
  { id: 'at', header: 'When', min: 120, cell: ({ at }) => <RelativeTime at={at} /> },
  { id: 'activity', header: 'Activity', min: 260, grow: 3, cell: ({ activity }) => activity },
  { id: 'target', header: 'What', min: 200, grow: 2, cell: ({ target }) => <bdi>{visible(target)}</bdi> },
  { id: 'by', header: 'By', min: 150, grow: 1, drop: 1, cell: ({ actor }) => <bdi>{visible(actor)}</bdi> },
];
const query = `AuditLogs\n| where LoggedByService == "PIM"\n| sort by TimeGenerated desc`;

/** What was done in privileged access; it stays when access is over. */
export function AuditTab(): ReactElement {
  const styles = useTabStyles();
  const { data, error, refetch } = useQuery(auditQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={12} label="Loading" />;
  return (
    <>
      <div className={styles.bar}>
        <TextLink to="/hunting" search={{ range: '30d' }} hash={`query=${encodeFragment(query)}`}>
          Show query
        </TextLink>
      </div>
      <Grid
        label="Audit"
        rows={data.entries}
        columns={columns}
        rowId={({ at, activity, target }) => `${at} ${activity} ${target}`}
        empty={<EmptyState title="Nothing was done yet" />}
      />
    </>
  );
}
