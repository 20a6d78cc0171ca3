import { makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular } from '@fluentui/react-icons';
import type { LdapDirectory } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../../shared/api.ts';
import { ConfirmAction } from '../../../shared/ConfirmAction.tsx';
import { Facts } from '../../../shared/Facts.tsx';
import { FilterBar } from '../../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../../shared/Grid.tsx';
import { count } from '../../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../../shared/Refusable.tsx';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { SidePanel } from '../../../shared/SidePanel.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { Status } from '../../../shared/Status.tsx';
import { visible } from '../../../shared/text.ts';
import { useNotify } from '../../../shared/toast.tsx';
import { ldapQuery } from '../queries.ts';
import { LdapDialog } from './LdapDialog.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

const columns: readonly GridColumn<LdapDirectory>[] = [
  {
    id: 'state',
    header: 'State',
    min: 88,
    cell: ({ enabled, lastSync }) => {
      if (!enabled) return <Status tone="off">Off</Status>;
      return lastSync?.error ? <Status tone="bad">Trouble</Status> : <Status tone="good">On</Status>;
    },
  },
  { id: 'name', header: 'LDAP directory', min: 160, grow: 1, cell: ({ displayName }) => visible(displayName) },
  { id: 'host', header: 'Host', min: 200, grow: 2, cell: ({ settings: { host, port } }) => visible(`${host}:${port}`) },
  { id: 'domains', header: 'Domains', min: 140, grow: 1, drop: 2, cell: ({ domains }) => visible(domains.join(', ')) },
  { id: 'people', header: 'People', min: 72, align: 'end', drop: 1, cell: ({ people }) => count(people) },
  { id: 'groups', header: 'Groups', min: 72, align: 'end', drop: 1, cell: ({ groups }) => count(groups) },
  { id: 'last', header: 'Brought', min: 112, cell: ({ lastSync }) => <RelativeTime at={lastSync?.endedAt ?? null} /> },
];

/** LDAP directories that people sign in against, and are brought from. */
export function LdapDirectories(): ReactElement {
  const why = useRefusal('createLdapDirectory', 'testLdapDirectory');
  const styles = useStyles();
  const { data, error, refetch } = useQuery(ldapQuery);
  const [selected, setSelected] = useState<string>();
  const [editing, setEditing] = useState<LdapDirectory | 'new'>();
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading rows={2} label="Loading LDAP directories" />;
  const shown = data.directories.find(({ id }) => id === selected);
  return (
    <>
      <FilterBar
        filters={[]}
        end={
          <RefusableButton why={why} size="small" icon={<AddRegular />} onClick={() => setEditing('new')}>
            New LDAP directory
          </RefusableButton>
        }
      />
      {editing && (
        <LdapDialog directory={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      )}
      <div className={styles.root}>
        <Grid
          label="LDAP directories"
          rows={data.directories}
          columns={columns}
          rowId={({ id }) => id}
          openId={selected}
          onOpen={({ id }) => setSelected(id)}
          onClose={() => setSelected(undefined)}
          empty={
            <EmptyState title="No LDAP directories">
              People and groups of OpenLDAP or Active Directory can be brought here, and sign in with their password
              there.
            </EmptyState>
          }
        />
        {shown && (
          <DirectoryPanel
            key={shown.id}
            directory={shown}
            onEdit={() => setEditing(shown)}
            onClose={() => setSelected(undefined)}
          />
        )}
      </div>
    </>
  );
}

interface PanelProps {
  readonly directory: LdapDirectory;
  readonly onEdit: () => void;
  readonly onClose: () => void;
}

function DirectoryPanel(props: PanelProps): ReactElement {
  const { settings, lastSync: last, ...directory } = props.directory;
  return (
    <SidePanel
      label="LDAP directory"
      title={visible(directory.displayName)}
      onClose={props.onClose}
      footer={<Actions {...props} />}
    >
      <Facts
        facts={[
          ['Host', visible(`${settings.host}:${settings.port}`)],
          ['Encryption', settings.encryption === 'none' ? <Status tone="bad">None</Status> : settings.encryption],
          ['Asks as', visible(settings.bindDn) || 'nobody'],
          ['People', visible(`${settings.peopleFilter} below ${settings.peopleBase}`)],
          [
            'Groups',
            settings.groupsBase === ''
              ? 'not brought'
              : visible(`${settings.groupsFilter} below ${settings.groupsBase}`),
          ],
          ['Passwords', directory.signIn ? 'checked there' : 'not checked there'],
          ['Brought', directory.sync ? 'every ten minutes' : 'only when asked for'],
          ['Last run', last ? <RelativeTime key="last" at={last.endedAt} /> : 'never'],
          ['It did', last ? didOf(last) : undefined],
          ['Trouble', last?.error ? visible(last.error) : undefined],
          ...(last?.problems ?? []).map(({ dn, reason }) => [visible(dn), visible(reason)] as const),
        ]}
      />
    </SidePanel>
  );
}

const didOf = ({
  entries,
  added,
  changed,
  disabled,
  deleted,
  groups,
  skipped,
}: NonNullable<LdapDirectory['lastSync']>): string =>
  `${count(entries)} entries: ${count(added)} added, ${count(changed)} changed, ${count(disabled)} disabled, ${count(deleted)} deleted, ${count(skipped)} left out; ${count(groups)} groups`;

function Actions({ directory, onEdit, onClose }: PanelProps): ReactElement {
  const why = useRefusal('syncLdapDirectory', 'updateLdapDirectory', 'deleteLdapDirectory');
  const notify = useNotify();
  const queries = useQueryClient();
  const params = { id: directory.id };
  const name = visible(directory.displayName);
  const refresh = (): void => void queries.invalidateQueries({ queryKey: ldapQuery.queryKey });
  const bring = useMutation({
    mutationFn: (allowDeletions: boolean) => client.syncLdapDirectory({ params, body: { allowDeletions } }),
    onSuccess: (result) => {
      refresh();
      if (result.error === null) notify.done(`${name} is brought: ${didOf(result)}`);
      else notify.failed(`${name} was not brought whole`, new Error(result.error));
    },
    onError: (error) => notify.failed(`${name} was not brought`, error),
  });
  const remove = useMutation({
    mutationFn: () => client.deleteLdapDirectory({ params }),
    onSuccess: () => {
      refresh();
      notify.done(`${name} is removed`);
      onClose();
    },
    onError: (error) => notify.failed('It was not removed', error),
  });
  return (
    <>
      <RefusableButton why={why} size="small" disabled={bring.isPending} onClick={() => bring.mutate(false)}>
        {bring.isPending ? 'Bringing…' : 'Bring all now'}
      </RefusableButton>
      {(directory.lastSync?.heldBack ?? 0) > 0 && (
        <ConfirmAction
          why={why}
          label="Delete those gone"
          title={`Delete everybody who is no longer in “${name}”?`}
          disabled={bring.isPending}
          onConfirm={() => bring.mutate(true)}
        >
          {count(directory.lastSync?.heldBack ?? 0)} people and groups are no longer there. People can be restored for
          30 days.
        </ConfirmAction>
      )}
      <RefusableButton why={why} size="small" onClick={onEdit}>
        Change
      </RefusableButton>
      <ConfirmAction
        why={why}
        label="Remove"
        title={`Remove “${name}”?`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      >
        Its people and groups stay and are kept here from then on. Passwords there are good for nothing here any more.
      </ConfirmAction>
    </>
  );
}
