import { Button, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import { CopyRegular, EditRegular, SearchSquareRegular } from '@fluentui/react-icons';
import type { Rule, RuleRun } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { client } from '../../shared/api.ts';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Copyable } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { bytes, count, plural } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, RefusableSwitch, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { prose, visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { duration } from '../../shared/time.ts';
import { useNotify } from '../../shared/toast.tsx';
import { useWorkspaces } from '../../shared/workspaces.ts';
import { RuleTuning } from '../exceptions/RuleTuning.tsx';
import { costText, cpuText } from './cost.ts';
import { kindWords } from './kinds.ts';
import { ruleQuery, ruleTextQuery, useEnableRule } from './queries.ts';
import { RuleCondition } from './RuleCondition.tsx';
import { RuleCosts } from './RuleCosts.tsx';
import { RuleGaps } from './RuleGaps.tsx';
import { RuleSimulation } from './RuleSimulation.tsx';
import { RuleWorkspaces } from './RuleWorkspaces.tsx';
import { RuleVersions, UpdateBar } from './RuleVersions.tsx';
import { RunState } from './RunState.tsx';

const NARROW = '@media (max-width: 900px)';

const useStyles = makeStyles({
  root: {
    display: 'flex',
    gap: tokens.spacingHorizontalL,
    flexGrow: 1,
    minHeight: 0,
    [NARROW]: { flexDirection: 'column' },
  },
  main: { flexGrow: 1, minWidth: 0, minHeight: 0, display: 'flex', flexDirection: 'column' },
  scroll: { overflowY: 'auto', display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
  rail: { width: '320px', flexShrink: 0, overflowY: 'auto', [NARROW]: { width: 'auto' } },
  text: { whiteSpace: 'pre-wrap', maxWidth: '90ch' },
});

const route = getRouteApi('/frame/rules/$id');

const operators: Record<Rule['triggerOperator'], string> = {
  GreaterThan: 'more than',
  LessThan: 'fewer than',
  Equal: 'exactly',
  NotEqual: 'other than',
};

const runColumns: readonly GridColumn<RuleRun>[] = [
  { id: 'startedAt', header: 'Started', min: 112, cell: (run) => <RelativeTime at={run.startedAt} /> },
  { id: 'state', header: 'Result', min: 116, cell: (run) => <RunState state={run.state} /> },
  {
    id: 'window',
    header: 'Window',
    min: 364,
    drop: 2,
    cell: (run) => (
      <>
        <RelativeTime at={run.windowFrom} form="exact" /> – <RelativeTime at={run.windowTo} />
      </>
    ),
  },
  { id: 'elapsed', header: 'Took', min: 80, align: 'end', cell: (run) => duration(run.elapsedSeconds) },
  { id: 'rows', header: 'Rows', min: 80, align: 'end', cell: (run) => count(run.rows) },
  { id: 'alerts', header: 'Alerts', min: 72, align: 'end', cell: (run) => count(run.alerts) },
  {
    id: 'suppressed',
    header: 'Kept quiet',
    min: 88,
    align: 'end',
    cell: (run) => (run.suppressed > 0 ? count(run.suppressed) : ''),
  },
  {
    id: 'cost',
    header: 'Processor',
    min: 88,
    drop: 1,
    align: 'end',
    cell: (run) => (run.cost ? <span title={costText(run.cost)}>{cpuText(run.cost.cpuSeconds)}</span> : ''),
  },
  {
    id: 'read',
    header: 'Read',
    min: 88,
    drop: 3,
    align: 'end',
    cell: (run) => (run.cost ? bytes(run.cost.bytesRead) : ''),
  },
  { id: 'error', header: 'Error', min: 140, grow: 1, cell: (run) => (run.error === null ? '' : visible(run.error)) },
];

function Loaded({ rule }: { rule: Rule }): ReactElement {
  const styles = useStyles();
  const { tab = 'query' } = route.useSearch();
  const text = useQuery(ruleTextQuery(rule.id));
  const workspaces = useWorkspaces();
  const navigate = route.useNavigate();
  return (
    <div className={styles.root}>
      <div className={styles.main}>
        <Tabs
          value={tab}
          onChange={(value) => void navigate({ search: (before) => ({ ...before, tab: value }) })}
          tabs={[
            { id: 'query', label: 'Query' },
            { id: 'runs', label: 'Runs', count: rule.runs.length },
            { id: 'cost', label: 'Cost' },
            { id: 'simulation', label: 'Simulation' },
            { id: 'gaps', label: 'Gaps' },
            ...(workspaces.several ? [{ id: 'workspaces' as const, label: 'Workspaces' }] : []),
            { id: 'source', label: 'Source' },
            { id: 'versions', label: 'Versions' },
            { id: 'tuning', label: 'Tuning' },
          ]}
        />
        {text.data && <UpdateBar rule={text.data} />}
        <RuleCondition rule={rule} />
        {tab === 'versions' && <RuleVersions id={rule.id} />}
        {tab === 'simulation' && <RuleSimulation ask={{ ruleId: rule.id }} />}
        {tab === 'gaps' && <RuleGaps rule={rule} />}
        {tab === 'workspaces' && <RuleWorkspaces id={rule.id} name={visible(rule.name)} />}
        {tab === 'tuning' && <RuleTuning rule={rule} />}
        {tab === 'query' && (
          <div className={mergeClasses(styles.main, styles.scroll)}>
            <Text className={styles.text}>{prose(rule.description)}</Text>
            <CodeBlock text={rule.query} label="query" kql />
          </div>
        )}
        {tab === 'runs' && (
          <Grid
            label="Runs"
            rows={rule.runs}
            columns={runColumns}
            rowId={(run) => run.startedAt + run.windowFrom}
            empty={<EmptyState title="Not yet run">The first run comes within the rule’s period.</EmptyState>}
          />
        )}
        {tab === 'cost' && <RuleCosts rule={rule} />}
        {tab === 'source' && (
          <div className={mergeClasses(styles.main, styles.scroll)}>
            <CodeBlock text={rule.yaml} label="rule" />
          </div>
        )}
      </div>
      {tab !== 'runs' && tab !== 'workspaces' && (
        <aside className={styles.rail} aria-label="Properties">
          <Section title="Properties" card>
            <Facts
              facts={[
                ['Severity', <Severity key="s" severity={rule.severity} />],
                ['Tactics', rule.tactics.map((tactic) => words(visible(tactic))).join(', ') || undefined],
                ['Techniques', visible(rule.techniques.join(', ')) || undefined],
                ['Kind', kindWords[rule.kind]],
                [
                  'Runs',
                  rule.kind === 'NRT' || rule.kind === 'MicrosoftSecurityIncidentCreation'
                    ? 'near real time'
                    : `every ${duration(rule.queryFrequency)}`,
                ],
                ['Looks back', duration(rule.queryPeriod)],
                ['Alerts when', `${operators[rule.triggerOperator]} ${plural(rule.triggerThreshold, 'row')}`],
                ['Grouping', rule.eventGrouping === 'SingleAlert' ? 'one alert a run' : 'one alert a row'],
                [
                  'Quiet after an alert',
                  rule.suppression === 0
                    ? undefined
                    : `${duration(rule.suppression)}${rule.suppressionFields.length > 0 ? `, by ${visible(rule.suppressionFields.join(', '))}` : ''}`,
                ],
                [
                  'Cost today',
                  `${cpuText(rule.costToday.cpuSeconds)}${rule.cpuSecondsPerDayMax > 0 ? ` of ${cpuText(rule.cpuSecondsPerDayMax)}` : ''}`,
                ],
                ['Reads', visible(rule.tables.join(', '))],
                ['Alerts', count(rule.alertCount)],
                ['Last run', <RelativeTime key="l" at={rule.lastRunAt} />],
                ['Result', <RunState key="r" state={rule.lastRunState} />],
                ['Version', visible(rule.version)],
                ['Origin', rule.origin === 'shipped' ? 'shipped' : 'own'],
                ['File', visible(text.data?.path ?? '') || undefined],
                ['Id', <Copyable key="i" text={rule.id} label="rule id" length={28} />],
              ]}
            />
          </Section>
        </aside>
      )}
    </div>
  );
}

function RuleActions({ rule }: { rule: Rule }): ReactElement {
  const navigate = useNavigate();
  const why = useRefusal('updateRule', 'saveRule', 'deleteRule');
  const enable = useEnableRule(rule.id, visible(rule.name));
  const notify = useNotify();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => client.deleteRule({ params: { id: rule.id } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['rules'] });
      notify.done(`${visible(rule.name)} is deleted`);
      void navigate({ to: '/rules' });
    },
    onError: (error) => notify.failed('The rule was not deleted', error),
  });
  return (
    <>
      {rule.origin === 'own' && (
        <ConfirmAction
          why={why}
          label="Delete"
          title={`Delete the rule “${visible(rule.name)}”?`}
          disabled={remove.isPending}
          onConfirm={() => remove.mutate()}
        >
          It goes with its versions; its alerts stay. If it stands in the place of a shipped rule, that is used again.
        </ConfirmAction>
      )}

      <RefusableButton
        why={why}
        icon={<EditRegular />}
        onClick={() => void navigate({ to: '/rule-editor', search: { id: rule.id } })}
      >
        Edit
      </RefusableButton>
      <RefusableButton
        why={why}
        icon={<CopyRegular />}
        onClick={() => void navigate({ to: '/rule-editor', search: { id: rule.id, copy: 'yes' } })}
      >
        Copy
      </RefusableButton>

      <RefusableSwitch
        label={rule.enabled ? 'On' : 'Off'}
        checked={rule.enabled}
        why={why}
        disabled={enable.isPending}
        onChange={(_, data) => enable.mutate(data.checked)}
      />
      <Button
        icon={<SearchSquareRegular />}
        onClick={() =>
          void navigate({ to: '/hunting', search: { range: '24h' }, hash: `query=${encodeFragment(rule.query)}` })
        }
      >
        Run in hunting
      </Button>
    </>
  );
}

export function RulePage(): ReactElement {
  const { id } = route.useParams();
  const { data: rule, error, refetch } = useQuery(ruleQuery(id));
  return (
    <Page
      above={<TextLink to="/rules">Detections</TextLink>}
      title={rule ? visible(rule.name) : 'Rule'}
      actions={rule && <RuleActions rule={rule} />}
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!rule && !error && <Loading rows={12} label="Loading the rule" />}
      {rule && <Loaded rule={rule} />}
    </Page>
  );
}
