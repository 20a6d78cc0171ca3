import { Button, Field, Input, makeStyles, ProgressBar, Select, Text, tokens } from '@fluentui/react-components';
import { PlayRegular, StopRegular } from '@fluentui/react-icons';
import { firings, historyLimits, type FiringSettings, type RuleSimulation as Simulation } from '@sallyport/contracts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { bytes, count, plural } from '../../shared/numbers.ts';
import { EmptyState, ErrorState } from '../../shared/States.tsx';
import { duration, rangePresets, spanOf } from '../../shared/time.ts';
import { SimulationChart, type SimulatedWindow } from './SimulationChart.tsx';

const POLL_MS = 700;
const LAST = 'last';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    flexGrow: 1,
    minHeight: 0,
    overflowY: 'auto',
  },
  bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'end', gap: tokens.spacingHorizontalM },
  number: { width: '120px' },
});

/** The windows of a simulation as far as they are counted, with the alerts that these settings would make of them. */
function windowsOf(simulation: Simulation, settings: FiringSettings): SimulatedWindow[] {
  const first = Date.parse(simulation.firstTo);
  const windows = simulation.rows.map((rows, i) => ({ to: first + i * simulation.step * 1_000, rows }));
  return firings(settings, windows).map((fired, i) => ({ ...windows[i]!, ...fired }));
}

/** In words, for those who don't see the chart. */
function summaryOf(windows: readonly SimulatedWindow[]): string {
  const firing = windows.filter(({ alerts }) => alerts > 0).length;
  const alerts = windows.reduce((sum, one) => sum + one.alerts, 0);
  const kept = windows.filter(({ suppressed }) => suppressed).length;
  return `${plural(alerts, 'alert')} in ${count(firing)} of ${plural(windows.length, 'window')}${kept > 0 ? `; ${count(kept)} kept quiet by suppression` : ''}`;
}

/**
 * What a rule would have raised in past windows, without raising it. Other settings than the rule's (`settings`, of a form) are tried on the counts that
 * are there: only another query needs to be asked again.
 */
export function RuleSimulation(props: {
  /** A saved rule, or a draft's text. */
  ask: { readonly ruleId: string } | { readonly text: string };
  /** What a form says now. Without it a threshold can be tried here. */
  settings?: Partial<FiringSettings> | undefined;
}): ReactElement {
  const styles = useStyles();
  const [range, setRange] = useState(LAST);
  const [tried, setTried] = useState<number>();
  const start = useMutation({
    mutationFn: () => {
      const span = range === LAST ? undefined : spanOf(range, new Date());
      return client.simulateRule({ body: { ...props.ask, ...(span ? { span } : {}) } });
    },
  });
  const id = start.data?.id;
  const polled = useQuery({
    queryKey: ['simulation', id],
    queryFn: ({ signal }) => client.getRuleSimulation({ signal, params: { id: id ?? '' } }),
    enabled: start.data?.state === 'running',
    refetchInterval: ({ state }) => (state.data === undefined || state.data.state === 'running' ? POLL_MS : false),
    gcTime: 60_000,
  });
  const stop = useMutation({
    mutationFn: () => client.cancelRuleSimulation({ params: { id: id ?? '' } }),
    onSuccess: () => void polled.refetch(),
  });
  const simulation = polled.data ?? start.data;
  const isRunning = simulation?.state === 'running';
  const error = start.error ?? polled.error ?? stop.error;
  const settings: FiringSettings | undefined = simulation && {
    ...simulation.settings,
    ...props.settings,
    ...(props.settings === undefined && tried !== undefined ? { triggerThreshold: tried } : {}),
  };
  const windows = simulation && settings ? windowsOf(simulation, settings) : [];
  return (
    <section className={styles.root} aria-label="Simulation">
      <div className={styles.bar}>
        <Field label="Windows">
          <Select value={range} onChange={(_, { value }) => setRange(value)}>
            <option value={LAST}>the last {historyLimits.defaultWindows}</option>
            {rangePresets.map(([value, label]) => (
              <option key={value} value={value}>
                {label.toLowerCase()}
              </option>
            ))}
          </Select>
        </Field>
        {props.settings === undefined && settings && (
          <Field label="Threshold to try">
            <Input
              type="number"
              min={0}
              className={styles.number}
              value={String(settings.triggerThreshold)}
              onChange={(_, { value }) => setTried(Math.max(0, Math.round(Number(value) || 0)))}
            />
          </Field>
        )}
        <Button icon={<PlayRegular />} disabled={start.isPending || isRunning} onClick={() => start.mutate()}>
          Simulate
        </Button>
        {isRunning && (
          <Button icon={<StopRegular />} disabled={stop.isPending} onClick={() => stop.mutate()}>
            Stop
          </Button>
        )}
      </div>
      {(start.isPending || isRunning) && (
        <ProgressBar
          aria-label="The rule is simulated"
          {...(simulation && simulation.rows.length > 0 ? { value: simulation.rows.length / simulation.windows } : {})}
        />
      )}
      {error && <ErrorState error={error} title="It was not simulated" onRetry={() => start.mutate()} />}
      {simulation?.state === 'failed' && (
        <ErrorState error={new Error(simulation.error ?? '')} title="It was not simulated" />
      )}
      {!simulation && !error && !start.isPending && (
        <EmptyState title="Not yet simulated">
          Counts what the rule finds in past windows and shows what it would have raised. It raises nothing.
        </EmptyState>
      )}
      {simulation && settings && windows.length > 0 && (
        <>
          <Text weight="semibold" role="status">
            {summaryOf(windows)}
          </Text>
          <SimulationChart windows={windows} settings={settings} label={`Rows by window: ${summaryOf(windows)}`} />
          <Text size={200}>
            {isRunning ? `${count(windows.length)} of ${count(simulation.windows)} windows so far. ` : ''}
            {simulation.state === 'cancelled' ? 'Stopped. ' : ''}
            {plural(simulation.cost.queries, 'query', 'queries')}, {duration(simulation.cost.elapsedSeconds)},{' '}
            {plural(simulation.cost.rowsRead, 'row')} and {bytes(simulation.cost.bytesRead)} read
          </Text>
        </>
      )}
    </section>
  );
}
