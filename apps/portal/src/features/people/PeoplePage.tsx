import { makeStyles, tokens } from '@fluentui/react-components';
import { PeopleRegular, PersonAddRegular } from '@fluentui/react-icons';
import type { DirectoryPerson } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible } from '../../shared/text.ts';
import { InviteDialog } from './InviteDialog.tsx';
import { PersonPanel } from './PersonPanel.tsx';
import { PersonState } from './PersonState.tsx';
import { directoryQuery } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

const route = getRouteApi('/frame/people');

const columns: readonly GridColumn<DirectoryPerson>[] = [
  { id: 'name', header: 'Name', min: 180, grow: 2, cell: ({ displayName }) => visible(displayName) },
  { id: 'upn', header: 'User name', min: 220, grow: 2, cell: ({ userPrincipalName }) => visible(userPrincipalName) },
  {
    id: 'roles',
    header: 'Roles',
    min: 160,
    grow: 1,
    cell: ({ roles }) => roles.map((one) => visible(one)).join(', ') || 'None',
  },
  {
    id: 'department',
    header: 'Department',
    min: 140,
    grow: 1,
    drop: 2,
    cell: ({ attributes }) => visible(attributes.department ?? ''),
  },
  { id: 'state', header: 'State', min: 164, cell: (person) => <PersonState person={person} /> },
  {
    id: 'last',
    header: 'Signed in',
    min: 112,
    drop: 1,
    cell: ({ lastSignInAt }) => lastSignInAt && <RelativeTime at={lastSignInAt} />,
  },
];

const tabs = [
  { id: 'all', label: 'All' },
  { id: 'enabled', label: 'Enabled' },
  { id: 'disabled', label: 'Disabled' },
  { id: 'deleted', label: 'Deleted' },
] as const;

/** Everybody who may sign in, and what is known of them. */
export function PeoplePage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const why = useRefusal('invitePerson');
  const { data, error, refetch } = useQuery(directoryQuery(search));
  const [inviting, setInviting] = useState(false);
  const select = (selected: string | undefined): void =>
    void navigate({ search: (before) => ({ ...before, selected }), replace: true });
  return (
    <Page
      title="People"
      count={data && count(data.total)}
      actions={
        <RefusableButton why={why} appearance="primary" icon={<PersonAddRegular />} onClick={() => setInviting(true)}>
          Invite
        </RefusableButton>
      }
    >
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
      <Tabs
        tabs={tabs}
        value={search.state ?? 'all'}
        onChange={(state) => void navigate({ search: (before) => ({ ...before, state, selected: undefined }) })}
      />
      <FilterBar
        filters={[]}
        search={
          <FilterSearch
            value={search.search}
            placeholder="Name, department or job title"
            onChange={(text) => void navigate({ search: (before) => ({ ...before, search: text }), replace: true })}
          />
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading people" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="People"
            rows={data.people}
            columns={columns}
            rowId={({ id }) => id}
            openId={search.selected}
            onOpen={({ id }) => select(id)}
            onClose={() => select(undefined)}
            empty={
              <EmptyState icon={<PeopleRegular />} title="Nobody here">
                No person fits this text and state.
              </EmptyState>
            }
          />
          {search.selected !== undefined && (
            <PersonPanel key={search.selected} id={search.selected} onClose={() => select(undefined)} />
          )}
        </div>
      )}
    </Page>
  );
}
