import { makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, ArrowImportRegular, TargetArrowRegular } from '@fluentui/react-icons';
import { RuleKind, Severity as SeverityEnum, type RuleSummary } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState, type ReactElement } from 'react';
import { FilterBar, FilterSearch, useColumns } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn, type Sort } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { duration } from '../../shared/time.ts';
import { costText, cpuText } from './cost.ts';
import { ImportDialog } from './ImportDialog.tsx';
import { ruleOrigins, ruleSorts, runStates, type RulesSearch } from './index.ts';
import { kindWords } from './kinds.ts';
import { rulesQuery } from './queries.ts';
import { RulesBulkBar } from './RulesBulkBar.tsx';
import { RulesCost } from './RulesCost.tsx';
import { RunState } from './RunState.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexGrow: 1, minHeight: 0 },
  error: { color: tokens.colorPaletteRedForeground1 },
});

const route = getRouteApi('/frame/rules');
const severities = SeverityEnum.options;

/** What the filter of origins calls a rule. */
const originsOf = ({ origin, updateAvailable }: RuleSummary): readonly (typeof ruleOrigins)[number][] =>
  origin === 'shipped' ? ['Shipped'] : updateAvailable ? ['Own', 'Update available'] : ['Own'];

/** The rules that pass the filters, in the order asked for; by name when none is. */
export function chosenRules(rules: readonly RuleSummary[], search: RulesSearch): readonly RuleSummary[] {
  const needle = search.search?.toLowerCase() ?? '';
  const found = rules.filter(
    (rule) =>
      (search.severity?.includes(rule.severity) ?? true) &&
      (search.kind?.includes(rule.kind) ?? true) &&
      (search.state?.includes(rule.lastRunState) ?? true) &&
      (search.origin?.some((one) => originsOf(rule).includes(one)) ?? true) &&
      (search.enabled?.includes(rule.enabled ? 'Enabled' : 'Disabled') ?? true) &&
      [rule.name, rule.id, ...rule.tactics, ...rule.techniques, ...rule.tables].some((text) =>
        text.toLowerCase().includes(needle),
      ),
  );
  const way = search.order === 'desc' ? -1 : 1;
  const compare: Record<(typeof ruleSorts)[number], (a: RuleSummary, b: RuleSummary) => number> = {
    name: (a, b) => a.name.localeCompare(b.name),
    severity: (a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity),
    lastRunAt: (a, b) => (a.lastRunAt ?? '').localeCompare(b.lastRunAt ?? ''),
    alertCount: (a, b) => a.alertCount - b.alertCount,
    cost: (a, b) => a.costToday.cpuSeconds - b.costToday.cpuSeconds,
  };
  const by = compare[search.sort ?? 'name'];
  return found.toSorted((a, b) => way * by(a, b) || a.name.localeCompare(b.name));
}

const columns: readonly GridColumn<RuleSummary>[] = [
  { id: 'severity', header: 'Severity', min: 132, sort: true, cell: (rule) => <Severity severity={rule.severity} /> },
  {
    id: 'name',
    header: 'Rule',
    min: 320,
    grow: 4,
    sort: true,
    cell: (rule) => (
      <TextLink
        to="/rules/$id"
        params={{ id: rule.id }}
        tabIndex={-1}
        title={visible(rule.name)}
        onClick={(event) => event.stopPropagation()}
      >
        {visible(rule.name)}
      </TextLink>
    ),
  },
  {
    id: 'enabled',
    header: 'State',
    min: 116,
    cell: (rule) =>
      rule.autoDisabled ? (
        <Status tone="bad">Off by itself</Status>
      ) : !rule.enabled ? (
        <Status tone="off">Off</Status>
      ) : rule.resting ? (
        <Status tone="waiting">Rests</Status>
      ) : (
        'On'
      ),
  },
  {
    id: 'origin',
    header: 'Origin',
    min: 124,
    drop: 3,
    cell: (rule) =>
      rule.updateAvailable ? (
        <Status tone="waiting">Update available</Status>
      ) : rule.origin === 'own' ? (
        'Own'
      ) : (
        'Shipped'
      ),
  },
  {
    id: 'tactics',
    header: 'Tactics',
    min: 140,
    grow: 1.5,
    drop: 2,
    cell: (rule) => rule.tactics.map((tactic) => words(visible(tactic))).join(', '),
  },
  { id: 'techniques', header: 'Techniques', min: 104, drop: 4, cell: (rule) => visible(rule.techniques.join(', ')) },
  { id: 'tables', header: 'Reads', min: 140, grow: 1, drop: 5, cell: (rule) => visible(rule.tables.join(', ')) },
  { id: 'type', header: 'Kind', min: 128, drop: 7, cell: (rule) => kindWords[rule.kind] },
  {
    id: 'kind',
    header: 'Runs',
    min: 104,
    drop: 6,
    cell: (rule) =>
      rule.kind === 'NRT' || rule.kind === 'MicrosoftSecurityIncidentCreation'
        ? 'Near real time'
        : `Every ${duration(rule.queryFrequency)}`,
  },
  { id: 'alertCount', header: 'Alerts', min: 72, align: 'end', sort: true, cell: (rule) => count(rule.alertCount) },
  {
    id: 'cost',
    header: 'Cost today',
    min: 88,
    align: 'end',
    drop: 1,
    sort: true,
    cell: (rule) => <span title={costText(rule.costToday)}>{cpuText(rule.costToday.cpuSeconds)}</span>,
  },
  { id: 'lastRunAt', header: 'Last run', min: 104, sort: true, cell: (rule) => <RelativeTime at={rule.lastRunAt} /> },
  { id: 'lastRunState', header: 'Result', min: 116, cell: (rule) => <RunState state={rule.lastRunState} /> },
];

const isSort = (name: string): name is (typeof ruleSorts)[number] => (ruleSorts as readonly string[]).includes(name);

export function RulesPage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(rulesQuery);
  const rules = useMemo(() => chosenRules(data?.rules ?? [], search), [data, search]);
  const why = useRefusal('importRules', 'saveRule');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [importing, setImporting] = useState(false);
  const chosen = rules.filter(({ id }) => selected.has(id));
  const { shown, chooser } = useColumns('rules', columns);
  const set = (change: RulesSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const sort: Sort = { by: search.sort ?? 'name', order: search.order ?? 'asc' };
  return (
    <Page
      title="Detections"
      count={
        data && (rules.length === data.rules.length ? count(rules.length) : `${rules.length} of ${data.rules.length}`)
      }
      actions={
        <>
          <RefusableButton why={why} icon={<ArrowImportRegular />} onClick={() => setImporting(true)}>
            Import
          </RefusableButton>
          <RefusableButton
            why={why}
            appearance="primary"
            icon={<AddRegular />}
            onClick={() => void navigate({ to: '/rule-editor' })}
          >
            New rule
          </RefusableButton>
        </>
      }
    >
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="Name, technique or table"
            onChange={(text) => set({ search: text }, true)}
          />
        }
        filters={[
          {
            id: 'severity',
            label: 'Severity',
            options: severities,
            values: search.severity,
            onChange: (values) => set({ severity: values as RulesSearch['severity'] }),
          },
          {
            id: 'enabled',
            label: 'State',
            options: ['Enabled', 'Disabled'],
            values: search.enabled,
            onChange: (values) => set({ enabled: values as RulesSearch['enabled'] }),
          },
          {
            id: 'origin',
            label: 'Origin',
            options: ruleOrigins,
            values: search.origin,
            onChange: (values) => set({ origin: values as RulesSearch['origin'] }),
          },
          {
            id: 'kind',
            label: 'Kind',
            options: RuleKind.options,
            values: search.kind,
            onChange: (values) => set({ kind: values as RulesSearch['kind'] }),
          },
          {
            id: 'state',
            label: 'Result',
            options: runStates,
            values: search.state,
            onChange: (values) => set({ state: values as RulesSearch['state'] }),
          },
        ]}
        end={chooser}
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data && <RulesCost cost={data.cost} />}
      {!data && !error && <Loading rows={12} label="Loading rules" />}
      {chosen.length > 0 && <RulesBulkBar rules={chosen} onClear={() => setSelected(new Set())} />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="Rules"
            rows={rules}
            columns={shown}
            rowId={(rule) => rule.id}
            selected={selected}
            onSelect={setSelected}
            sort={sort}
            onSort={(next) => isSort(next.by) && set({ sort: next.by, order: next.order })}
            onOpen={(rule) => void navigate({ to: '/rules/$id', params: { id: rule.id } })}
            empty={
              data.rules.length === 0 ? (
                <EmptyState icon={<TargetArrowRegular />} title="No rules">
                  Write one, or import rules of Sentinel, Sigma or Defender.
                </EmptyState>
              ) : (
                <EmptyState title="No rule matches these filters" />
              )
            }
          />
        </div>
      )}
    </Page>
  );
}
