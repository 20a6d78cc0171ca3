import { MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import type { ResponseOf, routes } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Mono } from '../../shared/Copyable.tsx';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status, type Tone } from '../../shared/Status.tsx';
import { visible, words } from '../../shared/text.ts';
import { auditQuery } from './queries.ts';

type Entry = ResponseOf<(typeof routes)['listAudit']>['entries'][number];

const results: Record<Entry['result'], Tone> = { success: 'good', failure: 'bad', denied: 'off' };

const columns: readonly GridColumn<Entry>[] = [
  { id: 'sequence', header: 'No.', min: 72, align: 'end', cell: (entry) => entry.sequence },
  { id: 'at', header: 'When', min: 104, cell: (entry) => <RelativeTime at={entry.at} /> },
  { id: 'actor', header: 'Who', min: 200, grow: 1, cell: (entry) => visible(entry.actor) },
  { id: 'operation', header: 'Did', min: 180, grow: 1, cell: (entry) => visible(words(entry.operation)) },
  { id: 'target', header: 'To', min: 200, grow: 2, cell: (entry) => visible(entry.target) },
  {
    id: 'result',
    header: 'Result',
    min: 104,
    cell: (entry) => <Status tone={results[entry.result]}>{words(entry.result)}</Status>,
  },
  { id: 'address', header: 'From', min: 144, drop: 1, cell: (entry) => <Mono text={entry.ipAddress} /> },
];

/** Who did what; each row carries the hash of the one before it. */
export function AuditTab(props: {
  search: string | undefined;
  onSearch: (search: string | undefined) => void;
}): ReactElement {
  const { data, error, refetch } = useQuery(auditQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={12} label="Loading the audit log" />;
  const needle = props.search?.toLowerCase() ?? '';
  const rows = data.entries.filter((entry) =>
    `${entry.actor} ${entry.operation} ${entry.target} ${entry.ipAddress}`.toLowerCase().includes(needle),
  );
  return (
    <>
      <FilterBar
        filters={[]}
        search={<FilterSearch value={props.search} placeholder="Who, what, to what" onChange={props.onSearch} />}
        end={data.intact && <Status tone="good">The chain of hashes holds</Status>}
      />
      {!data.intact && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>The chain of hashes is broken</MessageBarTitle>A row was changed or taken out behind
            Sallyport’s back. Treat the database as tampered with.
          </MessageBarBody>
        </MessageBar>
      )}
      <Grid
        label="Audit log"
        rows={rows}
        columns={columns}
        rowId={(entry) => String(entry.sequence)}
        empty={<EmptyState title="No such entry among the newest" />}
      />
    </>
  );
}
