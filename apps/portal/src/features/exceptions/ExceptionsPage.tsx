import { makeStyles, tokens } from '@fluentui/react-components';
import { AddRegular, FilterDismissRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Grid } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Page } from '../../shared/Page.tsx';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { ExceptionDialog } from './ExceptionDialog.tsx';
import { ExceptionPanel } from './ExceptionPanel.tsx';
import { exceptionColumns, placeOf } from './ExceptionState.tsx';
import { exceptionScopes, exceptionStates, type ExceptionsSearch } from './index.ts';
import { exceptionsQuery } from './queries.ts';

const useStyles = makeStyles({
  root: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
});

const route = getRouteApi('/frame/exceptions');

export function ExceptionsPage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const why = useRefusal('createException', 'previewException');
  const { data, error, refetch } = useQuery(exceptionsQuery);
  const [creating, setCreating] = useState(false);
  const set = (change: ExceptionsSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const needle = search.search?.toLowerCase() ?? '';
  const rows = (data?.exceptions ?? []).filter(
    (one) =>
      (search.state?.includes(one.state) ?? true) &&
      (search.scope?.includes(one.scope) ?? true) &&
      [one.name, one.condition, one.owner, one.reason, placeOf(one)].some((text) =>
        text.toLowerCase().includes(needle),
      ),
  );
  return (
    <Page
      title="Exceptions"
      count={data && count(rows.length)}
      actions={
        <RefusableButton why={why} appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
          New exception
        </RefusableButton>
      }
    >
      {creating && <ExceptionDialog draft={{ scope: 'global', target: '' }} onClose={() => setCreating(false)} />}
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="Name, condition or owner"
            onChange={(text) => set({ search: text }, true)}
          />
        }
        filters={[
          {
            id: 'state',
            label: 'State',
            options: exceptionStates,
            values: search.state,
            onChange: (values) => set({ state: values as ExceptionsSearch['state'] }),
          },
          {
            id: 'scope',
            label: 'Applies to',
            options: exceptionScopes,
            values: search.scope,
            onChange: (values) => set({ scope: values as ExceptionsSearch['scope'] }),
          },
        ]}
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={8} label="Loading exceptions" />}
      {data && (
        <div className={styles.root}>
          <Grid
            label="Exceptions"
            rows={rows}
            columns={exceptionColumns}
            rowId={({ id }) => id}
            openId={search.selected}
            onOpen={({ id }) => set({ selected: id }, search.selected !== undefined)}
            onClose={() => set({ selected: undefined })}
            empty={
              data.exceptions.length === 0 ? (
                <EmptyState icon={<FilterDismissRegular />} title="No exceptions">
                  An exception keeps what is known to be harmless from raising alerts, without a change to the rule.
                  Rules’ pages propose some from closed incidents.
                </EmptyState>
              ) : (
                <EmptyState title="No exception matches these filters" />
              )
            }
          />
          {search.selected !== undefined && (
            <ExceptionPanel id={search.selected} onClose={() => set({ selected: undefined })} />
          )}
        </div>
      )}
    </Page>
  );
}
