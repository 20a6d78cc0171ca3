import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { PlayRegular, SearchSquareRegular } from '@fluentui/react-icons';
import type { Alert, Incident, InvestigationState } from '@sallyport/contracts';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import { Copyable } from '../../shared/Copyable.tsx';
import { EntityLink } from '../../shared/EntityLink.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { useNarrow } from '../../shared/hooks.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { Status } from '../../shared/Status.tsx';
import { TextLink } from '../../shared/TextLink.tsx';
import { prose, visible, words } from '../../shared/text.ts';
import { inWorkspace } from '../../shared/workspaces.ts';
import { states } from '../investigations/index.ts';
import { tacticList } from './IncidentState.tsx';
import { useInvestigation } from './investigation/queries.ts';

const useStyles = makeStyles({
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  list: { display: 'flex', flexDirection: 'column', alignItems: 'flex-start', gap: tokens.spacingVerticalXXS },
  text: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  card: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, minWidth: 0 },
});

/** Where in the workbench the rows of an alert are asked for anew. */
export const alertHunt = (alert: Alert) =>
  ({
    to: '/hunting',
    search: { range: `${alert.queryFrom}/${alert.queryTo}`, ...inWorkspace(alert.workspaceId) },
    hash: `query=${encodeFragment(alert.query)}`,
  }) as const;

const columns: readonly GridColumn<Alert>[] = [
  { id: 'severity', header: 'Severity', min: 124, cell: (alert) => <Severity severity={alert.severity} /> },
  { id: 'name', header: 'Alert', min: 220, grow: 3, cell: (alert) => visible(alert.alertName) },
  { id: 'tactics', header: 'Tactics', min: 120, grow: 1, drop: 2, cell: (alert) => tacticList(alert.tactics) },
  { id: 'techniques', header: 'Techniques', min: 112, drop: 3, cell: (alert) => visible(alert.techniques.join(', ')) },
  { id: 'start', header: 'First activity', min: 112, cell: (alert) => <RelativeTime at={alert.startTime} /> },
  { id: 'end', header: 'Last activity', min: 112, drop: 1, cell: (alert) => <RelativeTime at={alert.endTime} /> },
];

function Investigation({ state }: { state: InvestigationState }): ReactElement {
  const [name, tone] = states[state];
  return <Status tone={tone}>{name}</Status>;
}

/** Begins the automated investigation of an alert; greyed, with why, where it cannot. */
function Investigate({ alert }: { alert: Alert }): ReactElement {
  const refusal = useRefusal('startInvestigation');
  const { start } = useInvestigation(alert.incidentNumber);
  const why = alert.investigation ? 'It is investigated already: see the tab Investigation.' : refusal;
  return (
    <RefusableButton
      icon={<PlayRegular />}
      why={why}
      busy={start.isPending}
      onClick={() => start.mutate(alert.systemAlertId)}
    >
      Investigate
    </RefusableButton>
  );
}

function AlertPanel(props: {
  alert: Alert;
  onClose: () => void;
  onEvidence: () => void;
  onEntity: (id: string) => void;
}): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const { alert } = props;
  const details = Object.entries(alert.customDetails);
  return (
    <SidePanel
      label="Alert"
      title={visible(alert.alertName)}
      onClose={props.onClose}
      footer={
        <>
          <Button appearance="primary" onClick={props.onEvidence}>
            Rows behind it
          </Button>
          <Button icon={<SearchSquareRegular />} onClick={() => void navigate(alertHunt(alert))}>
            Show query
          </Button>
          <Investigate alert={alert} />
        </>
      }
    >
      {alert.description !== '' && <Text className={styles.text}>{prose(alert.description)}</Text>}
      <Facts
        facts={[
          ['Severity', <Severity key="s" severity={alert.severity} />],
          ['Status', words(alert.status)],
          [
            'Rule',
            <TextLink key="r" to="/rules/$id" params={{ id: alert.ruleId }}>
              {visible(alert.alertName)}
            </TextLink>,
          ],
          [
            'Investigation',
            alert.investigation ? <Investigation key="v" state={alert.investigation.state} /> : undefined,
          ],
          ['Tactics', alert.tactics.length > 0 ? tacticList(alert.tactics) : undefined],
          ['Techniques', alert.techniques.length > 0 ? visible(alert.techniques.join(', ')) : undefined],
          ['First activity', <RelativeTime key="f" at={alert.startTime} form="exact" />],
          ['Last activity', <RelativeTime key="l" at={alert.endTime} form="exact" />],
          ['Found', <RelativeTime key="c" at={alert.createdAt} form="exact" />],
          ['Alert id', <Copyable key="i" text={alert.systemAlertId} label="alert id" length={24} />],
        ]}
      />
      {details.length > 0 && (
        <Section title="Details">
          <Facts
            facts={details.map(([name, values]) => [
              visible(name),
              <Copyable key={name} text={values.join(', ')} label={name} length={160} />,
            ])}
          />
        </Section>
      )}
      <Section title="Entities">
        <div className={styles.list}>
          {alert.entities.map((entity) => (
            <EntityLink key={entity.id} entity={entity} onOpen={() => props.onEntity(entity.id)} />
          ))}
        </div>
      </Section>
      <Section title="Query">
        <CodeBlock text={alert.query} label="query" kql />
      </Section>
    </SidePanel>
  );
}

export function AlertsTab(props: {
  incident: Incident;
  openId: string | undefined;
  onOpen: (id: string | undefined) => void;
  onEvidence: (id: string) => void;
  onEntity: (id: string) => void;
}): ReactElement {
  const styles = useStyles();
  const narrow = useNarrow();
  const alerts = props.incident.alerts.toSorted((a, b) => a.startTime.localeCompare(b.startTime));
  const open = alerts.find((alert) => alert.systemAlertId === props.openId);
  return (
    <div className={styles.split}>
      {!(narrow && open) && (
        <Grid
          label="Alerts"
          rows={alerts}
          columns={columns}
          rowId={(alert) => alert.systemAlertId}
          openId={open?.systemAlertId}
          onOpen={(alert) => props.onOpen(alert.systemAlertId)}
          onClose={() => props.onOpen(undefined)}
          card={(alert) => (
            <div className={styles.card}>
              <Severity severity={alert.severity} />
              <Text weight="semibold" truncate wrap={false} block>
                {visible(alert.alertName)}
              </Text>
              <Text size={200}>
                <RelativeTime at={alert.startTime} />
              </Text>
            </div>
          )}
        />
      )}
      {open && (
        <AlertPanel
          key={open.systemAlertId}
          alert={open}
          onClose={() => props.onOpen(undefined)}
          onEvidence={() => props.onEvidence(open.systemAlertId)}
          onEntity={props.onEntity}
        />
      )}
    </div>
  );
}
