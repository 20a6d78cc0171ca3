import { Button, makeStyles, MessageBar, MessageBarBody, Tab, TabList, Text, tokens } from '@fluentui/react-components';
import { ArrowDownloadRegular } from '@fluentui/react-icons';
import type { QueryResult } from '@sallyport/contracts';
import { lazy, Suspense, useMemo, useState, type ReactElement } from 'react';
import { toCsv } from '../../shared/csv.ts';
import { download } from '../../shared/download.ts';
import { bytes, count, plural } from '../../shared/numbers.ts';
import { QueryTable } from '../../shared/QueryTable.tsx';
import { RecordPanel } from '../../shared/RecordPanel.tsx';
import { EmptyState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { duration } from '../../shared/time.ts';
import { plotOf } from './series.ts';

const Chart = lazy(() => import('./Chart.tsx'));

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, gap: tokens.spacingVerticalXS },
  bar: { display: 'flex', alignItems: 'center', flexWrap: 'wrap', gap: tokens.spacingHorizontalM },
  facts: { color: tokens.colorNeutralForeground3 },
  end: { marginLeft: 'auto' },
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

/** The answer of a query: table, chart when `render` asked for one, details of a row, export. */
export function Results(props: {
  result: QueryResult;
  view: 'table' | 'chart' | undefined;
  onView: (view: 'table' | 'chart') => void;
}): ReactElement {
  const styles = useStyles();
  const { result } = props;
  const [open, setOpen] = useState<number>();
  const plot = useMemo(() => plotOf(result), [result]);
  const view = plot ? (props.view ?? 'chart') : 'table';
  const row = open === undefined ? undefined : result.rows[open];
  const { elapsedSeconds, rowsRead, bytesRead } = result.statistics;
  return (
    <div className={styles.root}>
      <div className={styles.bar}>
        {plot && (
          <TabList
            size="small"
            selectedValue={view}
            onTabSelect={(_, { value }) => props.onView(value === 'chart' ? 'chart' : 'table')}
          >
            <Tab value="chart">Chart</Tab>
            <Tab value="table">Table</Tab>
          </TabList>
        )}
        <Text size={200} role="status">
          {plural(result.rows.length, 'row')}
        </Text>
        <Text size={200} className={styles.facts}>
          {duration(elapsedSeconds)} · {count(rowsRead)} rows read · {bytes(bytesRead)}
        </Text>
        <Button
          className={styles.end}
          size="small"
          appearance="subtle"
          icon={<ArrowDownloadRegular />}
          disabled={result.rows.length === 0}
          onClick={() => download('query.csv', 'text/csv', toCsv(result.columns, result.rows))}
        >
          Export CSV
        </Button>
      </div>
      {result.partial && (
        <MessageBar intent="warning">
          <MessageBarBody>Not all of it: {visible(result.partial.reason)}.</MessageBarBody>
        </MessageBar>
      )}
      {view === 'chart' && plot ? (
        <Suspense fallback={<Loading rows={8} label="Drawing" />}>
          <Chart plot={plot} />
        </Suspense>
      ) : result.rows.length === 0 ? (
        <EmptyState title="No rows">
          The query ran, and nothing in the chosen time range matches it. Try a longer range.
        </EmptyState>
      ) : (
        <div className={styles.split}>
          <QueryTable
            label="Results"
            columns={result.columns}
            rows={result.rows}
            open={open}
            onOpen={setOpen}
            onClose={() => setOpen(undefined)}
          />
          {row && <RecordPanel columns={result.columns} row={row} onClose={() => setOpen(undefined)} />}
        </div>
      )}
    </div>
  );
}
