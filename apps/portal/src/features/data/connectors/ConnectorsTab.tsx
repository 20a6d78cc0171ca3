import { makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, PlugConnectedRegular } from '@fluentui/react-icons';
import { connectorKinds, type Connector } from '@sallyport/contracts';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { FilterBar } from '../../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../../shared/Grid.tsx';
import { bytes, count } from '../../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../../shared/Refusable.tsx';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import type { DataSearch } from '../index.ts';
import { ConnectorDialog } from './ConnectorDialog.tsx';
import { ConnectorPanel } from './ConnectorPanel.tsx';
import { connectorState } from './state.tsx';

const POLL_MS = 5_000;

const connectorsQuery = queryOptions({
  queryKey: ['connectors'],
  queryFn: ({ signal }) => client.listConnectors({ signal }),
  refetchInterval: POLL_MS,
});

const useStyles = makeStyles({
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

const columns: readonly GridColumn<Connector>[] = [
  { id: 'name', header: 'Connector', min: 180, grow: 2, cell: (one) => visible(one.name) },
  { id: 'kind', header: 'Kind', min: 160, drop: 2, cell: (one) => connectorKinds[one.kind].label },
  { id: 'state', header: 'State', min: 128, cell: connectorState },
  { id: 'newest', header: 'Newest record', min: 120, cell: (one) => <RelativeTime at={one.newestAt} /> },
  { id: 'poll', header: 'Last poll', min: 112, drop: 1, cell: (one) => <RelativeTime at={one.lastPollAt} /> },
  { id: 'rows', header: 'Records', min: 112, align: 'end', cell: (one) => count(one.rows) },
  { id: 'bytes', header: 'Fetched', min: 104, align: 'end', drop: 3, cell: (one) => bytes(one.bytes) },
  { id: 'error', header: 'Error', min: 160, grow: 3, cell: (one) => visible(one.error ?? '') },
];

const route = getRouteApi('/frame/data');

/** What fetches logs, how it is doing, and how to make more. */
export function ConnectorsTab({ set }: { set: (change: DataSearch, replace?: boolean) => void }): ReactElement {
  const styles = useStyles();
  const why = useRefusal('createConnector', 'testConnector');
  const { selected } = route.useSearch();
  const { data, error, refetch } = useQuery(connectorsQuery);
  /** What the dialog is about: a new connector, or one to change. */
  const [writing, setWriting] = useState<'new' | Connector>();
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading connectors" />;
  const open = data.connectors.find(({ id }) => id === selected);
  const close = (): void => set({ selected: undefined });
  const make = (
    <RefusableButton
      why={why}
      appearance="primary"
      size="small"
      icon={<AddRegular />}
      onClick={() => setWriting('new')}
    >
      New connector
    </RefusableButton>
  );
  return (
    <>
      {data.connectors.length > 0 && <FilterBar filters={[]} end={make} />}
      <div className={styles.split}>
        <Grid
          label="Connectors"
          rows={data.connectors}
          columns={columns}
          rowId={(one) => one.id}
          openId={open?.id}
          onOpen={(one) => set({ selected: one.id }, open !== undefined)}
          onClose={close}
          empty={
            <EmptyState icon={<PlugConnectedRegular />} title="Nothing is fetched yet" action={make}>
              A connector fetches logs from where they lie: a bucket, an interface over HTTP, files of the machine, a
              mailbox for reported mail.
            </EmptyState>
          }
        />
        {open && <ConnectorPanel key={open.id} connector={open} onEdit={() => setWriting(open)} onClose={close} />}
      </div>
      {writing && (
        <ConnectorDialog
          connector={writing === 'new' ? undefined : writing}
          allowed={data.allowed}
          onClose={() => setWriting(undefined)}
        />
      )}
    </>
  );
}
