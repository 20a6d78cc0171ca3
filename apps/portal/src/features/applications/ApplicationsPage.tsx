import { makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, AppsListDetailRegular } from '@fluentui/react-icons';
import type { ApplicationSummary } from '@sallyport/contracts';
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
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { ApplicationDialog } from './ApplicationDialog.tsx';
import { ApplicationPanel } from './ApplicationPanel.tsx';
import type { ApplicationsSearch } from './index.ts';
import { applicationsQuery } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

const route = getRouteApi('/frame/applications');

const columns: readonly GridColumn<ApplicationSummary>[] = [
  {
    id: 'state',
    header: 'State',
    min: 96,
    cell: ({ accountEnabled }) => (
      <Status tone={accountEnabled ? 'good' : 'off'}>{accountEnabled ? 'On' : 'Off'}</Status>
    ),
  },
  { id: 'name', header: 'Application', min: 180, grow: 2, cell: ({ displayName }) => visible(displayName) },
  {
    id: 'who',
    header: 'Who may use it',
    min: 140,
    drop: 1,
    cell: ({ appRoleAssignmentRequired }) => (appRoleAssignmentRequired ? 'Who is assigned' : 'Everyone'),
  },
  {
    id: 'ends',
    header: 'Secret ends',
    min: 120,
    cell: ({ credentialsEndDateTime: at }) => (at === null ? 'has none' : <RelativeTime at={at} />),
  },
];

/** Applications that people sign in to through Sallyport. */
export function ApplicationsPage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const why = useRefusal('createApplication', 'createSamlApplication', 'readSamlMetadata');
  const { data, error, refetch } = useQuery(applicationsQuery);
  const [creating, setCreating] = useState(false);
  const set = (change: ApplicationsSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const needle = search.search?.toLowerCase() ?? '';
  const rows = (data?.applications ?? []).filter(({ displayName, appId }) =>
    `${displayName} ${appId}`.toLowerCase().includes(needle),
  );
  return (
    <Page
      title="Applications"
      count={data && count(rows.length)}
      actions={
        <RefusableButton why={why} appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
          New application
        </RefusableButton>
      }
    >
      {creating && (
        <ApplicationDialog
          onClose={() => setCreating(false)}
          onDone={(id) => {
            setCreating(false);
            set({ selected: id });
          }}
        />
      )}
      <FilterBar
        filters={[]}
        search={
          <FilterSearch
            value={search.search}
            placeholder="Name or client ID"
            onChange={(text) => set({ search: text }, true)}
          />
        }
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading applications" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="Applications"
            rows={rows}
            columns={columns}
            rowId={({ id }) => id}
            openId={search.selected}
            onOpen={({ id }) => set({ selected: id }, search.selected !== undefined)}
            onClose={() => set({ selected: undefined })}
            empty={
              data.applications.length === 0 ? (
                <EmptyState icon={<AppsListDetailRegular />} title="No applications">
                  People sign in to your applications with their Sallyport account, under the same Conditional Access
                  policies. Register the first one.
                </EmptyState>
              ) : (
                <EmptyState title="No application matches this text" />
              )
            }
          />
          {search.selected !== undefined && (
            <ApplicationPanel key={search.selected} id={search.selected} onClose={() => set({ selected: undefined })} />
          )}
        </div>
      )}
    </Page>
  );
}
