import { Dropdown, makeStyles, Option, tokens } from '@fluentui/react-components';
import { compareReports, type BenchItem, type BenchReport, type BenchRun } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useRef, type ReactElement } from 'react';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible } from '../../shared/text.ts';
import type { Shown, TestBenchSearch } from './index.ts';
import { ItemPanel } from './ItemPanel.tsx';
import { runQuery, runsQuery, useKeepRun } from './queries.ts';

const useStyles = makeStyles({
  choices: { display: 'flex', gap: tokens.spacingHorizontalM, flexWrap: 'wrap', alignItems: 'center' },
  root: { display: 'flex', flexGrow: 1, minHeight: 0, gap: tokens.spacingHorizontalM },
  hidden: { display: 'none' },
});

const route = getRouteApi('/frame/test-bench');
const columns: readonly GridColumn<BenchItem>[] = [
  { id: 'id', header: 'Item', min: 300, grow: 4, cell: (item) => visible(item.id) },
  { id: 'outcome', header: 'Outcome', min: 88, cell: (item) => item.outcome },
  { id: 'sources', header: 'Source', min: 160, grow: 1, cell: (item) => visible(item.sources.join(', ')) },
  { id: 'rows', header: 'Records', min: 80, align: 'end', cell: (item) => count(item.rows) },
  {
    id: 'fired',
    header: 'Rules that fired',
    min: 240,
    grow: 3,
    cell: (item) => visible(item.message ?? item.fired.map(({ name }) => name).join(', ')),
  },
];

const titleOf = (run: BenchRun): string => `${new Date(run.at).toLocaleString()}, ${run.savedBy}`;

/** Runs of the test bench: what rules hit, what they missed, where there was noise, and what changed since another run. */
export function TestBenchPage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const why = useRefusal('saveBenchRun');
  const file = useRef<HTMLInputElement>(null);
  const set = (change: TestBenchSearch): void => void navigate({ search: (before) => ({ ...before, ...change }) });
  const keep = useKeepRun((run) => set({ run, against: undefined, set: undefined, selected: undefined }));
  const runs = useQuery(runsQuery);
  const list = runs.data?.runs ?? [];
  const chosen = search.run ?? list[0]?.id;
  const report = useQuery(runQuery(chosen));
  const other = useQuery(runQuery(search.against));
  const error = runs.error ?? report.error ?? other.error;
  return (
    <Page
      title="Test bench"
      count={list.length > 0 ? `${list.length} runs` : undefined}
      actions={
        <>
          <input
            ref={file}
            type="file"
            accept=".json"
            className={styles.hidden}
            aria-label="A run of the test bench"
            onChange={(event) => {
              const [given] = event.target.files ?? [];
              if (given) keep.mutate(given);
              event.target.value = '';
            }}
          />
          <RefusableButton
            why={why}
            appearance="primary"
            disabled={keep.isPending}
            onClick={() => file.current?.click()}
          >
            Keep a run
          </RefusableButton>
        </>
      }
    >
      {error && <ErrorState error={error} onRetry={() => void runs.refetch()} />}
      {!runs.data && !error && <Loading rows={6} label="Loading runs" />}
      {runs.data && list.length === 0 && (
        <EmptyState title="No run is kept">
          Run `npx sallyport detect bench SET… --save run.json` where the recordings are, and keep its file here.
        </EmptyState>
      )}
      {list.length > 0 && (
        <div className={styles.choices}>
          <RunChoice label="Run" runs={list} value={chosen} onChange={(run) => set({ run, selected: undefined })} />
          <RunChoice label="Compare with" runs={list} value={search.against} onChange={(against) => set({ against })} />
        </div>
      )}
      {report.data && (
        <Sets
          report={report.data}
          baseline={search.against === undefined ? undefined : other.data}
          search={search}
          set={set}
        />
      )}
    </Page>
  );
}

function RunChoice(props: {
  label: string;
  runs: readonly BenchRun[];
  value: string | undefined;
  onChange: (id: string) => void;
}): ReactElement {
  const run = props.runs.find(({ id }) => id === props.value);
  return (
    <Dropdown
      aria-label={props.label}
      placeholder={props.label}
      value={run ? titleOf(run) : ''}
      selectedOptions={run ? [run.id] : []}
      onOptionSelect={(_, { optionValue }) => optionValue !== undefined && props.onChange(optionValue)}
    >
      {props.runs.map((one) => (
        <Option key={one.id} value={one.id}>
          {titleOf(one)}
        </Option>
      ))}
    </Dropdown>
  );
}

function Sets(props: {
  report: BenchReport;
  baseline: BenchReport | undefined;
  search: TestBenchSearch;
  set: (change: TestBenchSearch) => void;
}): ReactElement {
  const styles = useStyles();
  const { report, baseline, search, set } = props;
  const shownSet = report.sets.find(({ name }) => name === search.set) ?? report.sets[0];
  if (!shownSet) return <EmptyState title="The run has no set" />;
  const difference = baseline && compareReports(baseline, report).find(({ name }) => name === shownSet.name);
  const changed = new Set(
    difference
      ? [...difference.newlyHit, ...difference.newlyMissed, ...difference.newNoise, ...difference.noiseGone]
      : [],
  );
  const show: Shown = search.show ?? 'missed';
  const items = shownSet.items.filter((item) => (show === 'changed' ? changed.has(item.id) : item.outcome === show));
  const selected = shownSet.items.find(({ id }) => id === search.selected);
  return (
    <>
      <Tabs
        tabs={report.sets.map(({ name, hit, attacks }) => ({
          id: name,
          label: `${visible(name)}: ${hit} of ${attacks}`,
        }))}
        value={shownSet.name}
        onChange={(name) => set({ set: name, selected: undefined })}
      />
      <Tabs<Shown>
        tabs={[
          { id: 'missed', label: 'Missed', count: shownSet.missed.length },
          { id: 'noise', label: 'Noise', count: shownSet.noise.length },
          { id: 'hit', label: 'Hit', count: shownSet.hit },
          { id: 'quiet', label: 'Quiet', count: shownSet.quiet - shownSet.noise.length },
          ...(difference ? [{ id: 'changed' as const, label: 'Changed', count: changed.size }] : []),
        ]}
        value={show}
        onChange={(next) => set({ show: next, selected: undefined })}
      />
      <div className={styles.root}>
        <Grid
          label="Items"
          rows={items}
          columns={columns}
          rowId={(item) => item.id}
          onOpen={(item) => set({ selected: item.id })}
          empty={<EmptyState title={show === 'changed' ? 'Nothing changed' : 'None'} />}
        />
        {selected && <ItemPanel item={selected} onClose={() => set({ selected: undefined })} />}
      </div>
    </>
  );
}
