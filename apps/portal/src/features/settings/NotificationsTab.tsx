import { Checkbox, Field, Input, makeStyles, Select, Text, Textarea, tokens } from '@fluentui/react-components';
import { AddRegular, SendRegular } from '@fluentui/react-icons';
import { Severity as SeverityEnum, SubscriptionEvent, type Severity, type Subscription } from '@sallyport/contracts';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ChooseSeveral } from '../../shared/choices.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Copyable } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { SecretDialog } from '../../shared/SecretDialog.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { byComma, visible, words } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';

const POLL_MS = 10_000;

const subscriptionsQuery = queryOptions({
  queryKey: ['subscriptions'],
  queryFn: ({ signal }) => client.listSubscriptions({ signal }),
  refetchInterval: POLL_MS,
});
const deliveriesQuery = (id: string) =>
  queryOptions({
    queryKey: ['deliveries', id],
    queryFn: async ({ signal }) => (await client.listDeliveries({ signal, params: { id } })).deliveries,
    refetchInterval: POLL_MS,
  });

const useStyles = makeStyles({
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  list: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
});

/** `incident.alertAdded` → `Incident: alert added`. */
const eventName = (event: string): string => {
  const [subject = '', what = ''] = event.split('.');
  return `${words(subject)}: ${words(what).toLowerCase()}`;
};

function State({ of }: { of: Subscription }): ReactElement {
  if (!of.enabled) return <Status tone="off">Off</Status>;
  if (of.lastError !== null) return <Status tone="bad">Failing</Status>;
  return of.lastSentAt === null ? <Status tone="waiting">Nothing yet</Status> : <Status tone="good">Good</Status>;
}

function SubscriptionDialog(props: { of: Subscription | undefined; mail: boolean; onClose: () => void }): ReactElement {
  const queries = useQueryClient();
  const { of } = props;
  const [name, setName] = useState(of?.name ?? '');
  const [kind, setKind] = useState<Subscription['kind']>(of?.kind ?? 'webhook');
  const [target, setTarget] = useState(of?.target ?? '');
  const [enabled, setEnabled] = useState(of?.enabled ?? true);
  const [events, setEvents] = useState<readonly SubscriptionEvent[]>(of?.events ?? []);
  const [severities, setSeverities] = useState<readonly Severity[]>(of?.severities ?? []);
  const [owners, setOwners] = useState(of?.owners.join(', ') ?? '');
  const [secret, setSecret] = useState<string>();
  const save = useMutation({
    mutationFn: async () => {
      const body = {
        name: name.trim(),
        kind,
        target: target.trim(),
        enabled,
        events: [...events],
        severities: [...severities],
        owners: byComma(owners),
      };
      if (of) {
        await client.updateSubscription({ params: { id: of.id }, body });
        return null;
      }
      return (await client.createSubscription({ body })).secret;
    },
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: subscriptionsQuery.queryKey });
      if (made === null) props.onClose();
      else setSecret(made);
    },
  });
  if (secret !== undefined)
    return (
      <SecretDialog title="The signing secret" onClose={props.onClose}>
        <Text>
          What is sent is signed with this secret, as Standard Webhooks has it. It is shown this once; give it to
          whoever checks the signatures.
        </Text>
        <Copyable text={secret} label="signing secret" />
      </SecretDialog>
    );
  return (
    <FormDialog
      title={of ? 'Change the subscription' : 'New subscription'}
      submit={of ? 'Save' : 'Subscribe'}
      ready={name.trim() !== '' && target.trim() !== ''}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      <Field label="Name" required>
        <Input value={name} maxLength={100} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label="By">
        <Select
          value={kind}
          disabled={of !== undefined}
          onChange={(_, data) => setKind(data.value === 'mail' ? 'mail' : 'webhook')}
        >
          <option value="webhook">Webhook</option>
          <option value="mail">Mail</option>
        </Select>
      </Field>
      {kind === 'mail' && !props.mail && (
        <Text role="note">
          No mail server is set up: the setting smtpUrl names one. Until then mails wait and are tried again.
        </Text>
      )}
      <Field
        label={kind === 'webhook' ? 'Address' : 'Mail addresses'}
        required
        hint={
          kind === 'webhook' ? 'https://…, at a host that the setting webhookHosts allows' : 'One a line, at most 50'
        }
      >
        {kind === 'webhook' ? (
          <Input value={target} maxLength={2_000} onChange={(_, data) => setTarget(data.value)} />
        ) : (
          <Textarea value={target} resize="vertical" onChange={(_, data) => setTarget(data.value)} />
        )}
      </Field>
      <ChooseSeveral
        label="When"
        hint="None chosen: whatever happens"
        none="Whatever happens"
        options={SubscriptionEvent.options}
        labelOf={eventName}
        values={events}
        onChange={setEvents}
      />
      <ChooseSeveral
        label="Incidents of these severities"
        hint="None chosen: of any"
        none="Any severity"
        options={SeverityEnum.options}
        values={severities}
        onChange={setSeverities}
      />
      <Field label="Of these owners" hint="Joined by commas; empty: of any">
        <Input value={owners} onChange={(_, data) => setOwners(data.value)} />
      </Field>
      <Checkbox label="Send" checked={enabled} onChange={(_, data) => setEnabled(data.checked === true)} />
    </FormDialog>
  );
}

function Panel(props: { of: Subscription; mail: boolean; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const why = useRefusal('updateSubscription', 'createSubscription', 'testSubscription', 'deleteSubscription');
  const queries = useQueryClient();
  const notify = useNotify();
  const { of } = props;
  const [editing, setEditing] = useState(false);
  const deliveries = useQuery(deliveriesQuery(of.id)).data ?? [];
  const test = useMutation({
    mutationFn: () => client.testSubscription({ params: { id: of.id } }),
    onSuccess: ({ sent, message }) =>
      sent ? notify.done('The test was taken') : notify.failed('The test was not taken', new Error(message)),
    onError: (error) => notify.failed('The test was not sent', error),
  });
  const remove = useMutation({
    mutationFn: () => client.deleteSubscription({ params: { id: of.id } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: subscriptionsQuery.queryKey });
      props.onClose();
    },
    onError: (error) => notify.failed('The subscription was not deleted', error),
  });
  return (
    <SidePanel
      label="Subscription"
      title={visible(of.name)}
      onClose={props.onClose}
      footer={
        <>
          <RefusableButton why={why} appearance="primary" onClick={() => setEditing(true)}>
            Edit
          </RefusableButton>
          <RefusableButton why={why} disabled={test.isPending} icon={<SendRegular />} onClick={() => test.mutate()}>
            Send a test
          </RefusableButton>
          <ConfirmAction
            why={why}
            label="Delete"
            title={`Delete the subscription “${visible(of.name)}”?`}
            disabled={remove.isPending}
            onConfirm={() => remove.mutate()}
          >
            What waits is not sent. Its secret is gone for good.
          </ConfirmAction>
        </>
      }
    >
      {editing && <SubscriptionDialog of={of} mail={props.mail} onClose={() => setEditing(false)} />}
      <Facts
        facts={[
          ['State', <State key="s" of={of} />],
          ['To', visible(of.target, { lines: true })],
          ['When', of.events.length === 0 ? 'Whatever happens' : of.events.map(eventName).join(', ')],
          ['Severities', of.severities.length === 0 ? 'Any' : of.severities.join(', ')],
          ['Owners', of.owners.length === 0 ? 'Any' : visible(of.owners.join(', '))],
          ['Last sent', <RelativeTime key="l" at={of.lastSentAt} />],
          ['Why it failed', of.lastError === null ? undefined : visible(of.lastError)],
        ]}
      />
      <Section title="Deliveries">
        <ul className={styles.list}>
          {deliveries.length === 0 && <li>None yet</li>}
          {deliveries.map((one) => (
            <li key={one.id}>
              <Status tone={one.state === 'sent' ? 'good' : one.state === 'failed' ? 'bad' : 'waiting'}>
                {eventName(one.event)}
              </Status>{' '}
              <RelativeTime at={one.createdAt} />
              {one.attempts > 1 ? `, tried ${one.attempts} times` : ''}
              {one.lastError === null ? '' : `: ${visible(one.lastError)}`}
            </li>
          ))}
        </ul>
      </Section>
    </SidePanel>
  );
}

const columns: readonly GridColumn<Subscription>[] = [
  { id: 'name', header: 'Name', min: 160, grow: 1, cell: (one) => visible(one.name) },
  { id: 'kind', header: 'By', min: 88, cell: (one) => (one.kind === 'mail' ? 'Mail' : 'Webhook') },
  { id: 'target', header: 'To', min: 200, grow: 2, cell: (one) => visible(one.target) },
  { id: 'state', header: 'State', min: 120, cell: (one) => <State of={one} /> },
  { id: 'waiting', header: 'Waiting', min: 80, align: 'end', cell: (one) => count(one.waiting) },
  { id: 'sent', header: 'Last sent', min: 112, cell: (one) => <RelativeTime at={one.lastSentAt} /> },
];

/** Webhooks and mails on what happens to incidents and cases. */
export function NotificationsTab(): ReactElement {
  const styles = useStyles();
  const why = useRefusal('updateSubscription', 'createSubscription', 'testSubscription', 'deleteSubscription');
  const { data, error, refetch } = useQuery(subscriptionsQuery);
  const [creating, setCreating] = useState(false);
  const [openId, setOpenId] = useState<string>();
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} label="Loading subscriptions" />;
  const open = data.subscriptions.find(({ id }) => id === openId);
  return (
    <>
      <FilterBar
        filters={[]}
        end={
          <RefusableButton why={why} size="small" icon={<AddRegular />} onClick={() => setCreating(true)}>
            New subscription
          </RefusableButton>
        }
      />
      {creating && <SubscriptionDialog of={undefined} mail={data.mail} onClose={() => setCreating(false)} />}
      <div className={styles.split}>
        <Grid
          label="Subscriptions"
          rows={data.subscriptions}
          columns={columns}
          rowId={({ id }) => id}
          openId={openId}
          onOpen={({ id }) => setOpenId(id)}
          onClose={() => setOpenId(undefined)}
          empty={
            <EmptyState icon={<SendRegular />} title="No subscriptions">
              Send what happens to incidents and cases to a chat, a ticket system or people’s mail.
            </EmptyState>
          }
        />
        {open && <Panel key={open.id} of={open} mail={data.mail} onClose={() => setOpenId(undefined)} />}
      </div>
    </>
  );
}
