import { CloudRegular } from '@fluentui/react-icons';
import { cloudProviders, type CloudConnection } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { Copyable } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { Card, Cards } from '../my-access/Card.tsx';
import { CloudDialog } from './CloudDialog.tsx';
import { fieldsOf } from './cloudFields.ts';
import { CloudIdentityDialog, CloudRoleDialog } from './CloudPartDialogs.tsx';
import type { TabProps } from './index.ts';
import { cloudsQuery, useDo } from './queries.ts';
import { useTabStyles } from './styles.ts';

const State = ({ of: { failingSince, lastSuccessAt, pending } }: { of: CloudConnection }): ReactElement =>
  failingSince !== null ? (
    <Status tone="bad">Failing</Status>
  ) : pending > 0 ? (
    <Status tone="working">{plural(pending, 'change')} under way</Status>
  ) : lastSuccessAt === null ? (
    <Status tone="off">Not used yet</Status>
  ) : (
    <Status tone="good">Up to date</Status>
  );

const columns: readonly GridColumn<CloudConnection>[] = [
  { id: 'name', header: 'Connection', min: 180, grow: 2, cell: ({ name }) => visible(name) },
  { id: 'cloud', header: 'Cloud', min: 120, cell: ({ settings }) => cloudProviders[settings.provider].name },
  { id: 'state', header: 'State', min: 150, cell: (row) => <State of={row} /> },
  { id: 'roles', header: 'Roles', min: 80, cell: ({ roles }) => roles.length },
  { id: 'people', header: 'Known there', min: 110, drop: 1, cell: ({ identities }) => identities.length },
  { id: 'done', header: 'Last change', min: 120, drop: 2, cell: (row) => <RelativeTime at={row.lastSuccessAt} /> },
];

/** Clouds in which roles are given and taken away. */
export function CloudsTab({ search, set }: TabProps): ReactElement {
  const styles = useTabStyles();
  const { data, error, refetch } = useQuery(cloudsQuery);
  const why = useRefusal('createCloudConnection');
  const [connecting, setConnecting] = useState(false);
  const open = data?.connections.find(({ id }) => id === search.selected);
  const close = (): void => set({ selected: undefined });
  return (
    <>
      <FilterBar
        filters={[]}
        end={
          <RefusableButton appearance="primary" why={why} onClick={() => setConnecting(true)}>
            Connect…
          </RefusableButton>
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={6} label="Loading" />}
      {data && (
        <div className={styles.split}>
          <Grid
            label="Clouds"
            rows={data.connections}
            columns={columns}
            rowId={({ id }) => id}
            openId={open?.id}
            onOpen={({ id }) => set({ selected: id })}
            onClose={close}
            empty={
              <EmptyState icon={<CloudRegular />} title="No cloud is connected">
                Connect one to let people activate its roles here: each is written there when it begins, and taken away
                at its end.
              </EmptyState>
            }
          />
          {open && <CloudPanel of={open} onClose={close} />}
        </div>
      )}
      {connecting && <CloudDialog onClose={() => setConnecting(false)} />}
    </>
  );
}

type Dialog = 'change' | 'role' | 'identity';

function CloudPanel({ of, onClose }: { of: CloudConnection; onClose: () => void }): ReactElement {
  const why = useRefusal(
    'updateCloudConnection',
    'removeCloudConnection',
    'addCloudRole',
    'removeCloudRole',
    'listCloudRoleDefinitions',
    'setCloudIdentity',
  );
  const notify = useNotify();
  const [dialog, setDialog] = useState<Dialog>();
  const facts = cloudProviders[of.settings.provider];
  const failed = (what: string) => ({ onError: (error: unknown) => notify.failed(what, error) });
  const params = { id: of.id };
  const remove = useDo(() => client.removeCloudConnection({ params }), 'Removed', onClose);
  const removeRole = useDo((roleId: string) => client.removeCloudRole({ params: { ...params, roleId } }), 'Removed');
  const forget = useDo(
    (principal: string) => client.setCloudIdentity({ params, body: { principal, externalId: '' } }),
    'Removed',
  );
  const name = visible(of.name);
  return (
    <SidePanel
      label="Cloud"
      title={name}
      onClose={onClose}
      footer={
        <>
          <RefusableButton why={why} appearance="primary" onClick={() => setDialog('change')}>
            Change…
          </RefusableButton>
          <ConfirmAction
            why={why}
            label="Remove"
            title={`Remove the connection ${name}?`}
            disabled={remove.isPending}
            onConfirm={() => remove.mutate(undefined, failed('It was not removed'))}
          >
            Its secret is forgotten. What was held by it stays in the history; what is still held stands against it.
          </ConfirmAction>
        </>
      }
    >
      <Facts
        facts={[
          ['State', <State key="state" of={of} />],
          ['It says', of.lastError === null ? undefined : visible(of.lastError)],
          [
            'Since',
            of.failingSince === null ? undefined : <RelativeTime key="since" at={of.failingSince} form="exact" />,
          ],
          ...Object.entries(of.settings).flatMap(([key, value]) => {
            const field = fieldsOf[of.settings.provider].find((one) => one.key === key);
            return field ? [[field.label, visible(value)] as const] : [];
          }),
          ['By', <bdi key="by">{visible(of.createdBy)}</bdi>],
        ]}
      />
      <Section
        title={`Roles (${of.roles.length})`}
        actions={
          <RefusableButton why={why} size="small" onClick={() => setDialog('role')}>
            Add role…
          </RefusableButton>
        }
      >
        <Cards label="Roles">
          {of.roles.map((role) => (
            <Card
              key={role.id}
              title={visible(role.name)}
              lines={[
                <Copyable key="scope" text={role.scope} label="scope" />,
                <Copyable key="id" text={role.roleId} label="role id" />,
              ]}
              actions={
                <ConfirmAction
                  why={why}
                  label="Remove"
                  title={`Remove ${visible(role.name)}?`}
                  disabled={removeRole.isPending}
                  onConfirm={() => removeRole.mutate(role.id, failed('It was not removed'))}
                >
                  It can be assigned no more. Who holds it stands against it.
                </ConfirmAction>
              }
            />
          ))}
        </Cards>
      </Section>
      <Section
        title={`Known there (${of.identities.length})`}
        actions={
          <RefusableButton why={why} size="small" onClick={() => setDialog('identity')}>
            Add…
          </RefusableButton>
        }
      >
        <Cards label="Known there">
          {of.identities.map(({ principalId, name: who, externalId }) => (
            <Card
              key={principalId}
              title={<bdi>{visible(who)}</bdi>}
              lines={[<Copyable key="id" text={externalId} label="id" />]}
              actions={
                <ConfirmAction
                  why={why}
                  label="Remove"
                  title={`Forget who ${visible(who)} is in ${name}?`}
                  disabled={forget.isPending}
                  onConfirm={() => forget.mutate(principalId, failed('Nothing was changed'))}
                >
                  Roles that they hold there are taken away within a moment. {facts.principal.label} can be given again.
                </ConfirmAction>
              }
            />
          ))}
        </Cards>
      </Section>
      {dialog === 'change' && <CloudDialog of={of} onClose={() => setDialog(undefined)} />}
      {dialog === 'role' && <CloudRoleDialog of={of} onClose={() => setDialog(undefined)} />}
      {dialog === 'identity' && <CloudIdentityDialog of={of} onClose={() => setDialog(undefined)} />}
    </SidePanel>
  );
}
