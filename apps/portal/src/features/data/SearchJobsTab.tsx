import { makeStyles, tokens, Button } from '@fluentui/react-components';
import { HistoryRegular } from '@fluentui/react-icons';
import type { SearchJob } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { encodeFragment } from '../../shared/address.ts';
import { count } from '../../shared/numbers.ts';
import { usePreferences } from '../../shared/preferences.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { rangeLabel } from '../../shared/time.ts';
import { searchJobsQuery } from './queries.ts';
import { SearchJobDialog } from './SearchJobDialog.tsx';

const useStyles = makeStyles({ query: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 } });

function stateOf({ state, message }: SearchJob): ReactElement {
  if (state === 'running') return <Status tone="working">Running</Status>;
  if (state === 'failed') return <Status tone="bad">{visible(message ?? 'Failed')}</Status>;
  return <Status tone="good">{message === null ? 'Done' : visible(`Done: ${message}`)}</Status>;
}

/** Queries over all rows that are kept, those past their interactive time too, and the tables that they made. */
export function SearchJobsTab(): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const why = useRefusal('startSearchJob');
  const { zone } = usePreferences();
  const { data, error, refetch } = useQuery(searchJobsQuery);
  const [writing, setWriting] = useState(false);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={6} label="Loading search jobs" />;
  const look = (table: string): void =>
    void navigate({
      to: '/hunting',
      search: { range: 'all' },
      hash: `query=${encodeFragment(`${table}\n| take 100`)}`,
    });
  const columns: readonly GridColumn<SearchJob>[] = [
    { id: 'table', header: 'Table', min: 200, grow: 1, cell: (job) => visible(job.table) },
    { id: 'state', header: 'State', min: 144, grow: 1, cell: stateOf },
    {
      id: 'rows',
      header: 'Rows',
      min: 88,
      align: 'end',
      cell: (job) => (job.rows === null ? '' : count(job.rows)),
    },
    {
      id: 'query',
      header: 'Query',
      min: 200,
      grow: 3,
      drop: 1,
      cell: (job) => <span className={styles.query}>{visible(job.query.replaceAll(/\s+/g, ' '))}</span>,
    },
    {
      id: 'span',
      header: 'Over',
      min: 288,
      drop: 3,
      cell: (job) => rangeLabel(`${job.from}/${job.to}`, zone),
    },
    { id: 'by', header: 'By', min: 160, drop: 4, cell: (job) => visible(job.createdBy) },
    { id: 'at', header: 'Begun', min: 104, drop: 2, cell: (job) => <RelativeTime at={job.createdAt} /> },
    {
      id: 'see',
      header: '',
      min: 104,
      cell: (job) =>
        job.state === 'succeeded' && (
          <Button
            size="small"
            appearance="subtle"
            aria-label={`See rows of ${job.table}`}
            onClick={() => look(job.table)}
          >
            See rows
          </Button>
        ),
    },
  ];
  const make = (
    <RefusableButton
      why={why}
      appearance="primary"
      size="small"
      icon={<HistoryRegular />}
      onClick={() => setWriting(true)}
    >
      New search job
    </RefusableButton>
  );
  return (
    <>
      {data.jobs.length > 0 && <FilterBar filters={[]} end={make} />}
      <Grid
        label="Search jobs"
        rows={data.jobs}
        columns={columns}
        rowId={(job) => job.id}
        empty={
          <EmptyState icon={<HistoryRegular />} title="No search job yet" action={make}>
            Queries see rows of the interactive time. A search job reads those of the long-term tier too, and brings
            what it finds back as a table of its own, kept for 30 days.
          </EmptyState>
        }
      />
      {writing && <SearchJobDialog onClose={() => setWriting(false)} />}
    </>
  );
}
