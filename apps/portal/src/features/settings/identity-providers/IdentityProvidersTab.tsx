import { makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, PersonKeyRegular } from '@fluentui/react-icons';
import type { IdentityProvider } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { ConfirmAction } from '../../../shared/ConfirmAction.tsx';
import { Copyable } from '../../../shared/Copyable.tsx';
import { Facts } from '../../../shared/Facts.tsx';
import { FilterBar } from '../../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../../shared/Grid.tsx';
import { count } from '../../../shared/numbers.ts';
import { RefusableButton, RefusableSwitch, useRefusal } from '../../../shared/Refusable.tsx';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { SidePanel } from '../../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { Status } from '../../../shared/Status.tsx';
import { visible } from '../../../shared/text.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { providersQuery } from '../queries.ts';
import { LdapDirectories } from './LdapDirectories.tsx';
import { ProviderDialog } from './ProviderDialog.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

const columns: readonly GridColumn<IdentityProvider>[] = [
  {
    id: 'state',
    header: 'State',
    min: 88,
    cell: ({ enabled }) => <Status tone={enabled ? 'good' : 'off'}>{enabled ? 'On' : 'Off'}</Status>,
  },
  { id: 'name', header: 'Identity provider', min: 160, grow: 1, cell: ({ displayName }) => visible(displayName) },
  { id: 'issuer', header: 'Issuer', min: 200, grow: 2, cell: ({ settings }) => visible(settings.issuer) },
  { id: 'domains', header: 'Domains', min: 140, grow: 1, drop: 2, cell: ({ domains }) => visible(domains.join(', ')) },
  { id: 'people', header: 'People', min: 72, align: 'end', drop: 1, cell: ({ people }) => count(people) },
  { id: 'last', header: 'Last sign-in', min: 112, cell: ({ lastSignInAt }) => <RelativeTime at={lastSignInAt} /> },
];

/** Identity providers elsewhere, by which people sign in here. */
export function IdentityProvidersTab(): ReactElement {
  const styles = useStyles();
  const why = useRefusal('createIdentityProvider', 'testIdentityProvider');
  const { data, error, refetch } = useQuery(providersQuery);
  const [selected, setSelected] = useState<string>();
  const [editing, setEditing] = useState<IdentityProvider | 'new'>();
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={4} label="Loading identity providers" />;
  const shown = data.providers.find(({ id }) => id === selected);
  return (
    <>
      <FilterBar
        filters={[]}
        end={
          <RefusableButton why={why} size="small" icon={<AddRegular />} onClick={() => setEditing('new')}>
            New identity provider
          </RefusableButton>
        }
      />
      {editing && (
        <ProviderDialog
          provider={editing === 'new' ? undefined : editing}
          onClose={(id) => {
            setEditing(undefined);
            if (id !== undefined) setSelected(id);
          }}
        />
      )}
      <div className={styles.root}>
        <Grid
          label="Identity providers"
          rows={data.providers}
          columns={columns}
          rowId={({ id }) => id}
          openId={selected}
          onOpen={({ id }) => setSelected(id)}
          onClose={() => setSelected(undefined)}
          empty={
            <EmptyState icon={<PersonKeyRegular />} title="No identity providers">
              People sign in with passkeys and passwords kept here. Add Entra ID, Okta, Keycloak or another OpenID
              provider, and they sign in by it, under the same Conditional Access policies.
            </EmptyState>
          }
        />
        {shown && (
          <ProviderPanel
            key={shown.id}
            provider={shown}
            onEdit={() => setEditing(shown)}
            onClose={() => setSelected(undefined)}
          />
        )}
      </div>
      <LdapDirectories />
    </>
  );
}

function ProviderPanel(props: { provider: IdentityProvider; onEdit: () => void; onClose: () => void }): ReactElement {
  const { provider } = props;
  const { settings } = provider;
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  return (
    <SidePanel
      label="Identity provider"
      title={visible(provider.displayName)}
      onClose={props.onClose}
      footer={<Actions {...props} />}
    >
      <Facts
        facts={[
          ['Redirect URI', <Copyable key="uri" text={provider.redirectUri} label="the redirect URI" />],
          ['Issuer', <Copyable key="issuer" text={settings.issuer} label="the issuer" />],
          ['Client ID', <Copyable key="client" text={settings.clientId} label="the client ID" />],
          ['Client secret', provider.hasSecret ? 'kept sealed' : 'none'],
          ['Domains', visible(provider.domains.join(', ')) || 'none'],
          ['Scopes', visible(settings.scopes.join(' '))],
          ['User name', `the claim ${visible(settings.claims.userPrincipalName)}`],
          [
            'Several factors',
            visible([...settings.multiFactor.amr, ...settings.multiFactor.acr].join(', ')) || 'never',
          ],
          ['Refuses one factor', yes(provider.requireMultiFactor)],
          ['Makes people', yes(provider.createPeople)],
          ['Takes over people', yes(provider.linkPeople)],
          ['Groups mapped', provider.groups.length === 0 ? undefined : count(provider.groups.length)],
          ['Roles', provider.roles.map(({ value, role }) => `${visible(value)}: ${role}`).join(', ') || undefined],
          ['People', count(provider.people)],
          ['Changed', <RelativeTime key="changed" at={provider.modifiedAt} />],
        ]}
      />
    </SidePanel>
  );
}

function Actions(props: { provider: IdentityProvider; onEdit: () => void; onClose: () => void }): ReactElement {
  const why = useRefusal('updateIdentityProvider', 'deleteIdentityProvider');
  const { provider } = props;
  const notify = useNotify();
  const queries = useQueryClient();
  const name = visible(provider.displayName);
  const refresh = (): void => void queries.invalidateQueries({ queryKey: providersQuery.queryKey });
  const change = useMutation({
    mutationFn: (enabled: boolean) => {
      const { id: _id, hasSecret: _secret, redirectUri: _uri, people: _people, lastSignInAt: _last, createdAt: _made, modifiedAt: _at, ...body } = provider; // prettier-ignore
      return client.updateIdentityProvider({ params: { id: provider.id }, body: { ...body, enabled } });
    },
    onSuccess: refresh,
    onError: (error) => notify.failed('It was not changed', error),
  });
  const remove = useMutation({
    mutationFn: () => client.deleteIdentityProvider({ params: { id: provider.id } }),
    onSuccess: () => {
      refresh();
      notify.done(`${name} is removed`);
      props.onClose();
    },
    onError: (error) => notify.failed('It was not removed', error),
  });
  return (
    <>
      <RefusableSwitch
        why={why}
        label={provider.enabled ? 'On' : 'Off'}
        checked={provider.enabled}
        disabled={change.isPending}
        onChange={(_, { checked }) => change.mutate(checked)}
      />
      <RefusableButton why={why} size="small" onClick={props.onEdit}>
        Change
      </RefusableButton>
      <ConfirmAction
        why={why}
        label="Remove"
        title={`Remove “${name}”?`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        Nobody can sign in by it any more. The people whom it made stay, and who is whom there is forgotten.
      </ConfirmAction>
    </>
  );
}
