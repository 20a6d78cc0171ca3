import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { EntityLink } from '../../shared/EntityLink.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { plural } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SeverityIcon } from '../../shared/Severity.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { TextLink } from '../../shared/TextLink.tsx';
import { prose, visible, words } from '../../shared/text.ts';
import { ShownWorkspace, useWorkspaces } from '../../shared/workspaces.ts';
import { ChangeControls } from './ChangeControls.tsx';
import { tacticList } from './IncidentState.tsx';
import { incidentQuery } from './queries.ts';

const SHOWN_MAX = 8;

const useStyles = makeStyles({
  list: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXS,
  },
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, minWidth: 0 },
  grow: { flexGrow: 1, minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  text: { overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' },
});

/** An incident beside the queue: enough to decide whether to open it. */
export function IncidentPanel({ number, onClose }: { number: number; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const workspaces = useWorkspaces();
  const { data: incident, error, refetch } = useQuery(incidentQuery(number));
  const open = (): void => void navigate({ to: '/incidents/$number', params: { number: String(number) } });
  return (
    <SidePanel
      label={`Incident ${number}`}
      title={incident ? visible(incident.title) : `Incident ${number}`}
      onClose={onClose}
      footer={
        <Button appearance="primary" onClick={open}>
          Open incident
        </Button>
      }
    >
      {error && !incident && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!incident && !error && <Loading rows={8} />}
      {incident && (
        <ShownWorkspace value={incident.workspaceId}>
          <ChangeControls incident={incident} />
          {incident.description !== '' && <Text className={styles.text}>{prose(incident.description)}</Text>}
          <Facts
            facts={[
              ['Number', incident.number],
              ['Workspace', workspaces.several ? workspaces.nameOf(incident.workspaceId) : undefined],
              ['First activity', <RelativeTime key="f" at={incident.firstActivityAt} />],
              ['Last activity', <RelativeTime key="l" at={incident.lastActivityAt} />],
              ['Tactics', incident.tactics.length > 0 ? tacticList(incident.tactics) : undefined],
              ['Classification', incident.classification ? words(incident.classification) : undefined],
            ]}
          />
          <Section title={plural(incident.alerts.length, 'alert')}>
            <ul className={styles.list}>
              {incident.alerts.slice(0, SHOWN_MAX).map((alert) => (
                <li key={alert.systemAlertId} className={styles.line}>
                  <SeverityIcon severity={alert.severity} />
                  <TextLink
                    className={styles.grow}
                    to="/incidents/$number"
                    params={{ number: String(number) }}
                    search={{ tab: 'alerts', alert: alert.systemAlertId }}
                  >
                    {visible(alert.alertName)}
                  </TextLink>
                  <span className={styles.muted}>
                    <RelativeTime at={alert.endTime} />
                  </span>
                </li>
              ))}
              {incident.alerts.length > SHOWN_MAX && (
                <li className={styles.muted}>and {incident.alerts.length - SHOWN_MAX} more</li>
              )}
            </ul>
          </Section>
          <Section title={plural(incident.entities.length, 'entity', 'entities')}>
            <ul className={styles.list}>
              {incident.entities.slice(0, SHOWN_MAX).map((entity) => (
                <li key={entity.id} className={styles.line}>
                  <EntityLink entity={entity} />
                </li>
              ))}
              {incident.entities.length > SHOWN_MAX && (
                <li className={styles.muted}>and {incident.entities.length - SHOWN_MAX} more</li>
              )}
            </ul>
          </Section>
        </ShownWorkspace>
      )}
    </SidePanel>
  );
}
