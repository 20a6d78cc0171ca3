import { Button, Dropdown, makeStyles, Option, Text, tokens } from '@fluentui/react-components';
import { ArrowDownloadRegular, SearchSquareRegular } from '@fluentui/react-icons';
import type { Alert, Incident } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { toCsv } from '../../shared/csv.ts';
import { download } from '../../shared/download.ts';
import { plural } from '../../shared/numbers.ts';
import { QueryTable } from '../../shared/table/QueryTable.tsx';
import { RecordPanel } from '../../shared/RecordPanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { alertHunt } from './AlertsTab.tsx';
import { alertEventsQuery } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, flexGrow: 1, minHeight: '320px' },
  bar: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalS },
  choice: { minWidth: '320px', maxWidth: '100%' },
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  end: { marginLeft: 'auto', display: 'flex', gap: tokens.spacingHorizontalS },
});

function Rows({ alert }: { alert: Alert }): ReactElement {
  const styles = useStyles();
  const [open, setOpen] = useState<number>();
  const { data, error, refetch } = useQuery(alertEventsQuery(alert.systemAlertId));
  if (error) return <ErrorState error={error} title="The rows could not be read" onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={10} label="Reading the rows" />;
  if (data.rows.length === 0)
    return (
      <EmptyState title="The rows are gone">
        They were there when the rule ran; the retention of their table has passed since.
      </EmptyState>
    );
  const row = open === undefined ? undefined : data.rows[open];
  return (
    <>
      <div className={styles.bar}>
        <Text size={200}>{plural(data.rows.length, 'row')}</Text>
        <span className={styles.end}>
          <Button
            size="small"
            appearance="subtle"
            icon={<ArrowDownloadRegular />}
            onClick={() => download(`alert-${alert.systemAlertId}.csv`, 'text/csv', toCsv(data.columns, data.rows))}
          >
            Export CSV
          </Button>
        </span>
      </div>
      <div className={styles.split}>
        <QueryTable
          label="Rows behind the alert"
          columns={data.columns}
          rows={data.rows}
          open={open}
          onOpen={setOpen}
          onClose={() => setOpen(undefined)}
        />
        {row && <RecordPanel columns={data.columns} row={row} onClose={() => setOpen(undefined)} />}
      </div>
    </>
  );
}

/** The rows behind each alert, as its rule found them. */
export function RowsTab(props: {
  incident: Incident;
  alertId: string | undefined;
  onChoose: (id: string) => void;
}): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const alerts = props.incident.alerts.toSorted((a, b) => a.startTime.localeCompare(b.startTime));
  const alert = alerts.find(({ systemAlertId }) => systemAlertId === props.alertId) ?? alerts[0];
  if (!alert) return <EmptyState title="No alerts">There is nothing behind this incident yet.</EmptyState>;
  const label = (one: Alert): string => `${one.startTime.slice(0, 19).replace('T', ' ')}  ${visible(one.alertName)}`;
  return (
    <div className={styles.root}>
      <div className={styles.bar}>
        <Dropdown
          size="small"
          className={styles.choice}
          aria-label="Alert"
          value={label(alert)}
          selectedOptions={[alert.systemAlertId]}
          onOptionSelect={(_, data) => data.optionValue !== undefined && props.onChoose(data.optionValue)}
        >
          {alerts.map((one) => (
            <Option key={one.systemAlertId} value={one.systemAlertId} text={label(one)}>
              {label(one)}
            </Option>
          ))}
        </Dropdown>
        <Button
          size="small"
          appearance="subtle"
          icon={<SearchSquareRegular />}
          onClick={() => void navigate(alertHunt(alert))}
        >
          Show query
        </Button>
      </div>
      <Rows key={alert.systemAlertId} alert={alert} />
    </div>
  );
}
