import { Checkbox, Field, Input } from '@fluentui/react-components';
import { AlertSettings, type PrivilegedAlert } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { Card, Cards } from '../my-access/Card.tsx';
import { alertsQuery, useDo } from './queries.ts';
import { useTabStyles } from './styles.ts';

/** What is amiss with privileged access, and how it is mended. */
export function AlertsTab(): ReactElement {
  const styles = useTabStyles();
  const { data, error, refetch } = useQuery(alertsQuery);
  const why = useRefusal(
    'refreshPrivilegedAlerts',
    'dismissPrivilegedAlert',
    'fixPrivilegedAlertIncident',
    'setPrivilegedAlert',
  );
  const notify = useNotify();
  const scan = useDo(
    () => client.refreshPrivilegedAlerts(),
    ({ raised, cleared }) => `${raised} raised, ${cleared} cleared`,
  );
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={8} label="Loading" />;
  return (
    <div className={styles.stack}>
      <div className={styles.bar}>
        <span>
          Looked for <RelativeTime at={data.scannedAt} />
        </span>
        <RefusableButton
          size="small"
          why={why}
          disabled={scan.isPending}
          onClick={() =>
            scan.mutate(undefined, { onError: (failure) => notify.failed('It was not looked for', failure) })
          }
        >
          Look now
        </RefusableButton>
      </div>
      {data.alerts
        .toSorted((a, b) => Number(b.isActive) - Number(a.isActive))
        .map((alert) => (
          <Alert key={alert.id} alert={alert} />
        ))}
    </div>
  );
}

function Alert({ alert }: { alert: PrivilegedAlert }): ReactElement {
  const styles = useTabStyles();
  const why = useRefusal(
    'refreshPrivilegedAlerts',
    'dismissPrivilegedAlert',
    'fixPrivilegedAlertIncident',
    'setPrivilegedAlert',
  );
  const notify = useNotify();
  const [editing, setEditing] = useState(false);
  const dismiss = useDo(() => client.dismissPrivilegedAlert({ params: { alertId: alert.id } }), 'Taken as known');
  const fix = useDo((id: string) => client.fixPrivilegedAlertIncident({ params: { id } }), 'Mended');
  const live = alert.incidents.filter(({ clearedAt }) => clearedAt === null);
  const state = !alert.settings.isEnabled ? (
    <Status tone="off">Off</Status>
  ) : alert.isActive ? (
    <Status tone="bad">{plural(live.length, 'finding')}</Status>
  ) : (
    <Status tone="good">{live.length > 0 ? 'Known' : 'Nothing found'}</Status>
  );
  return (
    <Section
      card
      title={alert.displayName}
      actions={
        <>
          {alert.isActive && (
            <RefusableButton
              why={why}
              size="small"
              disabled={dismiss.isPending}
              onClick={() => dismiss.mutate(undefined)}
            >
              Dismiss
            </RefusableButton>
          )}
          <RefusableButton why={why} size="small" onClick={() => setEditing(true)}>
            Settings…
          </RefusableButton>
        </>
      }
    >
      <div className={styles.bar}>
        <Severity severity={alert.severity} />
        {state}
      </div>
      <span>{alert.description}</span>
      {live.length > 0 && <span>{alert.mitigation}</span>}
      <Cards label={alert.displayName}>
        {live.slice(0, 20).map((incident) => (
          <Card
            key={incident.id}
            title={<bdi>{visible(incident.subject)}</bdi>}
            lines={[visible(incident.text)]}
            state={<RelativeTime at={incident.raisedAt} />}
            actions={
              incident.canFix && (
                <ConfirmAction
                  why={why}
                  label="Mend"
                  title={`Mend what is amiss with ${visible(incident.subject)}?`}
                  disabled={fix.isPending}
                  onConfirm={() =>
                    fix.mutate(incident.id, { onError: (failure) => notify.failed('Nothing was mended', failure) })
                  }
                >
                  {alert.mitigation} It holds at once, and stands in the audit.
                </ConfirmAction>
              )
            }
          />
        ))}
      </Cards>
      {editing && <SettingsDialog alert={alert} onClose={() => setEditing(false)} />}
    </Section>
  );
}

const labels: Readonly<Record<keyof AlertSettings, string>> = {
  isEnabled: 'Look for it',
  days: 'Days without use',
  globalAdminCountThreshold: 'People, at least',
  percentageOfGlobalAdminsOutOfRolesThreshold: 'Per cent of all with a role, at least',
  sequentialActivationCounterThreshold: 'Activations, at least',
  timeIntervalHours: 'Within hours',
};

function SettingsDialog({ alert, onClose }: { alert: PrivilegedAlert; onClose: () => void }): ReactElement {
  const [settings, setSettings] = useState(alert.settings);
  const save = useDo(
    () => client.setPrivilegedAlert({ params: { alertId: alert.id }, body: settings }),
    'Settings changed',
    onClose,
  );
  return (
    <FormDialog
      title={alert.displayName}
      submit="Save"
      ready={AlertSettings.safeParse(settings).success}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <Checkbox
        label={labels.isEnabled}
        checked={settings.isEnabled}
        onChange={(_, { checked }) => setSettings({ ...settings, isEnabled: checked === true })}
      />
      {alert.uses.map((name) => (
        <Field key={name} label={labels[name]}>
          <Input
            type="number"
            value={String(settings[name])}
            onChange={(_, { value }) => setSettings({ ...settings, [name]: Number(value) })}
          />
        </Field>
      ))}
    </FormDialog>
  );
}
