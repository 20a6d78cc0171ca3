import { makeStyles, tokens } from '@fluentui/react-components';
import type { IncidentSummary, ResponseOf, entityRoutes } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { TextLink } from '../../shared/TextLink.tsx';
import { visible, words } from '../../shared/text.ts';
import { entityIncidentsQuery, type EntityPlace } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, flexGrow: 1, minHeight: 0 },
  grid: { display: 'flex', minHeight: '220px', maxHeight: '420px' },
});

type AlertRow = ResponseOf<typeof entityRoutes.getEntityIncidents>['alerts'][number];

const incidentColumns: readonly GridColumn<IncidentSummary>[] = [
  { id: 'number', header: 'No.', min: 56, cell: ({ number }) => number },
  { id: 'severity', header: 'Severity', min: 132, cell: ({ severity }) => <Severity severity={severity} /> },
  {
    id: 'title',
    header: 'Incident',
    min: 240,
    grow: 3,
    cell: ({ number, title }) => (
      <TextLink to="/incidents/$number" params={{ number: String(number) }}>
        {visible(title)}
      </TextLink>
    ),
  },
  { id: 'status', header: 'Status', min: 92, cell: ({ status }) => status },
  { id: 'alerts', header: 'Alerts', min: 68, align: 'end', cell: ({ alertCount }) => count(alertCount) },
  { id: 'last', header: 'Last activity', min: 112, cell: ({ lastActivityAt }) => <RelativeTime at={lastActivityAt} /> },
];
const alertColumns: readonly GridColumn<AlertRow>[] = [
  { id: 'severity', header: 'Severity', min: 132, cell: ({ severity }) => <Severity severity={severity} /> },
  {
    id: 'name',
    header: 'Alert',
    min: 240,
    grow: 3,
    cell: ({ id, name, incidentNumber }) =>
      incidentNumber === null ? (
        visible(name)
      ) : (
        <TextLink
          to="/incidents/$number"
          params={{ number: String(incidentNumber) }}
          search={{ tab: 'alerts', alert: id }}
        >
          {visible(name)}
        </TextLink>
      ),
  },
  { id: 'status', header: 'Status', min: 110, cell: ({ status }) => words(status) },
  { id: 'incident', header: 'Incident', min: 80, align: 'end', cell: ({ incidentNumber }) => incidentNumber ?? '' },
  { id: 'when', header: 'When', min: 112, cell: ({ startTime }) => <RelativeTime at={startTime} /> },
];

export function IncidentsTab({ place }: { place: EntityPlace }): ReactElement {
  const styles = useStyles();
  const { data, error, refetch } = useQuery(entityIncidentsQuery(place));
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading incidents" />;
  if (data.alerts.length === 0)
    return <EmptyState title="No alerts with it">No rule has alerted of anything that it takes part in.</EmptyState>;
  return (
    <div className={styles.root}>
      {data.incidents.length > 0 && (
        <Section title={`Incidents (${data.incidents.length})`}>
          <div className={styles.grid}>
            <Grid
              label="Incidents with it"
              rows={data.incidents}
              columns={incidentColumns}
              rowId={({ number }) => String(number)}
            />
          </div>
        </Section>
      )}
      <Section title={`Alerts (${data.alerts.length})`}>
        <div className={styles.grid}>
          <Grid label="Alerts with it" rows={data.alerts} columns={alertColumns} rowId={(alert) => alert.id} />
        </div>
      </Section>
    </div>
  );
}
