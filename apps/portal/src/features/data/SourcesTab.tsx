import { makeStyles, tokens } from '@fluentui/react-components';
import { PlugDisconnectedRegular } from '@fluentui/react-icons';
import type { SourceHealth } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { OwnSources } from './OwnSources.tsx';
import { sourcesQuery } from './queries.ts';

/** Whether a source does its work: rows in the last day, and few errors beside them. */
export function sourceState(source: Pick<SourceHealth, 'rowsLastDay' | 'errorsLastDay' | 'lastRowAt'>): ReactElement {
  if (source.lastRowAt === null) return <Status tone="off">No rows yet</Status>;
  if (source.rowsLastDay === 0 && source.errorsLastDay === 0) return <Status tone="off">Silent for a day</Status>;
  if (source.errorsLastDay > 0) return <Status tone="bad">Errors</Status>;
  return <Status tone="good">Healthy</Status>;
}

const columns: readonly GridColumn<SourceHealth>[] = [
  {
    id: 'name',
    header: 'Source',
    min: 200,
    grow: 2,
    cell: (source) => (
      <TextLink to="/source-editor" search={{ source: source.id }} title="Look at it, or make it yours">
        {visible(source.name)}
      </TextLink>
    ),
  },
  {
    id: 'product',
    header: 'Product',
    min: 180,
    grow: 1,
    drop: 2,
    cell: (source) => visible(`${source.vendor} ${source.product}`),
  },
  {
    id: 'tables',
    header: 'Writes to',
    min: 180,
    grow: 1,
    drop: 1,
    cell: (source) => visible(source.tables.join(', ')),
  },
  { id: 'state', header: 'State', min: 152, cell: sourceState },
  { id: 'rows', header: 'Rows, last day', min: 128, align: 'end', cell: (source) => count(source.rowsLastDay) },
  { id: 'errors', header: 'Errors, last day', min: 128, align: 'end', cell: (source) => count(source.errorsLastDay) },
  { id: 'last', header: 'Last row', min: 112, cell: (source) => <RelativeTime at={source.lastRowAt} /> },
];

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, flexGrow: 1, minHeight: 0 },
});

export function SourcesTab(): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(sourcesQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading sources" />;
  return (
    <div className={styles.root}>
      <OwnSources />
      <Grid
        label="Sources"
        rows={data.sources}
        columns={columns}
        rowId={(source) => source.id}
        empty={<EmptyState icon={<PlugDisconnectedRegular />} title="No source has sent anything yet" />}
      />
    </div>
  );
}
