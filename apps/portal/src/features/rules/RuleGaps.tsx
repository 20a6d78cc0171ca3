import { Field, Input, makeStyles, Text, tokens } from '@fluentui/react-components';
import { HistoryRegular } from '@fluentui/react-icons';
import type { Rule, RuleBackfill, RuleGap } from '@sallyport/contracts';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count, plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status, type Tone } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';

const RUNNING_MS = 2_000;
const REST_MS = 60_000;

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    flexGrow: 1,
    minHeight: 0,
    overflowY: 'auto',
  },
  grid: { display: 'flex', minHeight: '140px' },
  form: { display: 'flex', flexWrap: 'wrap', alignItems: 'end', gap: tokens.spacingHorizontalM },
});

const historyQuery = (id: string) =>
  queryOptions({
    queryKey: ['rule', id, 'history'],
    queryFn: ({ signal }) => client.getRuleHistory({ signal, params: { id } }),
    refetchInterval: ({ state }) =>
      state.data?.backfills.some((one) => one.state === 'running') ? RUNNING_MS : REST_MS,
  });

const reasons: Record<RuleGap['reason'], string> = {
  downtime: 'Sallyport was not running',
  disabled: 'the rule was off',
  lake: 'the log engine was away',
  failed: 'the runs failed',
};
const states: Record<RuleBackfill['state'], [Tone, string]> = {
  running: ['working', 'Running'],
  done: ['good', 'Done'],
  cancelled: ['off', 'Stopped'],
};

/** Windows of a rule that were not run, why, and their back-fill. */
export function RuleGaps({ rule }: { rule: Rule }): ReactElement {
  const styles = useStyles();
  const notify = useNotify();
  const queries = useQueryClient();
  const refusal = useRefusal('startBackfill', 'stopBackfill');
  const why = rule.kind === 'NRT' ? 'Rules in near real time look at what arrives, and at no windows.' : refusal;
  const { data, error, refetch } = useQuery(historyQuery(rule.id));
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const changed = (): void => void queries.invalidateQueries({ queryKey: historyQuery(rule.id).queryKey });
  const fill = useMutation({
    mutationFn: (span: { after: string; upto: string }) =>
      client.startBackfill({ params: { id: rule.id }, body: { after: span.after, upto: span.upto } }),
    onSuccess: ({ windows }) => {
      changed();
      notify.done(`${plural(windows, 'window')} will be run behind all that is due`);
    },
    onError: (failure) => notify.failed('It is not back-filled', failure),
  });
  const stop = useMutation({
    mutationFn: (backfill: string) => client.stopBackfill({ params: { id: rule.id, backfill } }),
    onSuccess: changed,
    onError: (failure) => notify.failed('It was not stopped', failure),
  });
  const between = (after: string, upto: string): ReactElement => (
    <>
      <RelativeTime at={after} form="exact" /> – <RelativeTime at={upto} form="exact" />
    </>
  );
  const gapColumns: readonly GridColumn<RuleGap>[] = [
    { id: 'time', header: 'Windows that end', min: 340, cell: ({ after, upto }) => between(after, upto) },
    { id: 'windows', header: 'Windows', min: 80, align: 'end', cell: ({ windows }) => count(windows) },
    { id: 'reason', header: 'Not run since', min: 160, grow: 1, cell: ({ reason }) => reasons[reason] },
    {
      id: 'fill',
      header: 'Action',
      min: 120,
      cell: (gap) => (
        <RefusableButton why={why} size="small" disabled={fill.isPending} onClick={() => fill.mutate(gap)}>
          Back-fill
        </RefusableButton>
      ),
    },
  ];
  const fillColumns: readonly GridColumn<RuleBackfill>[] = [
    {
      id: 'state',
      header: 'State',
      min: 104,
      cell: ({ state }) => <Status tone={states[state][0]}>{states[state][1]}</Status>,
    },
    { id: 'time', header: 'Windows that end', min: 340, cell: ({ after, upto }) => between(after, upto) },
    {
      id: 'run',
      header: 'Run',
      min: 200,
      grow: 1,
      cell: ({ windows, run, known, failed }) =>
        `${count(run)} of ${count(windows)}${known > 0 ? `, ${count(known)} had been run` : ''}${failed > 0 ? `, ${count(failed)} failed` : ''}`,
    },
    { id: 'alerts', header: 'Alerts', min: 72, align: 'end', cell: ({ alerts }) => count(alerts) },
    { id: 'by', header: 'Asked by', min: 160, cell: ({ askedBy }) => visible(askedBy) },
    {
      id: 'stop',
      header: 'Action',
      min: 80,
      cell: ({ id, state }) =>
        state === 'running' && (
          <RefusableButton why={why} size="small" disabled={stop.isPending} onClick={() => stop.mutate(id)}>
            Stop
          </RefusableButton>
        ),
    },
  ];
  if (!data)
    return error ? (
      <ErrorState error={error} onRetry={() => void refetch()} />
    ) : (
      <Loading rows={6} label="Loading the gaps" />
    );
  const [after, upto] = [new Date(`${from}Z`), new Date(`${to}Z`)];
  return (
    <div className={styles.root}>
      <Section title="Windows that were not run">
        {data.gaps.length === 0 ? (
          <EmptyState title="No gap">Every window of the rule since it is here was run.</EmptyState>
        ) : (
          <div className={styles.grid}>
            <Grid label="Gaps" rows={data.gaps} columns={gapColumns} rowId={(gap) => gap.reason + gap.after} />
          </div>
        )}
      </Section>
      {rule.kind !== 'NRT' && (
        <Section title="Back-fill another time">
          <Text size={200}>
            Runs the windows that have not been run, of a rule that is new here for instance. What was raised is not
            raised again.
          </Text>
          <div className={styles.form}>
            <Field label="Windows that end after (UTC)">
              <Input
                type="datetime-local"
                disabled={why !== undefined}
                value={from}
                onChange={(_, { value }) => setFrom(value)}
              />
            </Field>
            <Field label="Up to (UTC)">
              <Input
                type="datetime-local"
                disabled={why !== undefined}
                value={to}
                onChange={(_, { value }) => setTo(value)}
              />
            </Field>
            <RefusableButton
              why={why}
              icon={<HistoryRegular />}
              disabled={!(after < upto) || fill.isPending}
              onClick={() => fill.mutate({ after: after.toISOString(), upto: upto.toISOString() })}
            >
              Back-fill
            </RefusableButton>
          </div>
        </Section>
      )}
      {data.backfills.length > 0 && (
        <Section title="Back-fills">
          <div className={styles.grid}>
            <Grid label="Back-fills" rows={data.backfills} columns={fillColumns} rowId={({ id }) => id} />
          </div>
        </Section>
      )}
    </div>
  );
}
