import { makeStyles, ProgressBar, Text, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { Bars } from '../../shared/Bars.tsx';
import { useSettled } from '../../shared/hooks.ts';
import { plural } from '../../shared/numbers.ts';
import { QueryTable } from '../../shared/table/QueryTable.tsx';
import { EmptyState, ErrorState } from '../../shared/States.tsx';

const HOUR_MS = 3_600_000;
const HOURS = 24;
const ROWS_MAX = 200;
const REST_MS = 800;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', flexGrow: 1, minHeight: 0, gap: tokens.spacingVerticalXS },
});

/** The rows that a query gives over the last day, and how they spread over its hours. Asked when the text rests. */
export function RulePreview({ query }: { query: string }): ReactElement {
  const styles = useStyles();
  const rested = useSettled(query, REST_MS).trim().replace(/;\s*$/, '');
  const [until] = useState(() => Math.ceil(Date.now() / HOUR_MS) * HOUR_MS);
  const timespan = { from: new Date(until - HOURS * HOUR_MS).toISOString(), to: new Date(until).toISOString() };
  const common = { retry: false, refetchOnWindowFocus: false, staleTime: Number.POSITIVE_INFINITY, gcTime: 60_000 };
  const rows = useQuery({
    queryKey: ['rulePreview', rested],
    queryFn: ({ signal }) => client.runQuery({ signal, body: { query: rested, timespan, maxRows: ROWS_MAX } }),
    enabled: rested !== '',
    ...common,
  });
  const timed = rows.data?.columns.some(({ name, type }) => name === 'TimeGenerated' && type === 'datetime') ?? false;
  const hours = useQuery({
    queryKey: ['rulePreview', rested, 'hours'],
    queryFn: async ({ signal }) => {
      const binned = `${rested}\n| summarize Rows = count() by Hour = bin(TimeGenerated, 1h)`;
      const { rows: found } = await client.runQuery({ signal, body: { query: binned, timespan, maxRows: 1_000 } });
      const byHour = new Map(found.map(([hour, n]) => [new Date(String(hour)).getTime(), Number(n)]));
      return Array.from({ length: HOURS }, (_, i) => byHour.get(until - (HOURS - i) * HOUR_MS) ?? 0);
    },
    enabled: timed,
    ...common,
  });
  return (
    <section className={styles.root} aria-label="Preview">
      {rows.isFetching && <ProgressBar aria-label="The query is running" />}
      {rows.error && !rows.isFetching && <ErrorState error={rows.error} title="No preview" kept="The rule is kept." />}
      {rows.data && !rows.error && (
        <>
          <Text size={200}>
            {rows.data.rows.length >= ROWS_MAX ? `The first ${ROWS_MAX} rows` : plural(rows.data.rows.length, 'row')} of
            the last {HOURS} hours
          </Text>
          {timed && hours.data && <Bars values={hours.data} label={`Rows by hour: ${hours.data.join(', ')}`} />}
          {rows.data.rows.length === 0 ? (
            <EmptyState title="It finds nothing in the last day" />
          ) : (
            <QueryTable columns={rows.data.columns} rows={rows.data.rows} label="Rows that it finds" />
          )}
        </>
      )}
    </section>
  );
}
