import { Button, Caption1, makeStyles, tokens } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, type ReactElement } from 'react';
import { FilterBar, FilterSearch } from '../../shared/FilterBar.tsx';
import { Page } from '../../shared/Page.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { visible } from '../../shared/text.ts';
import type { CoverageSearch, Measure } from './index.ts';
import { columnsOf, isShown } from './matrix.ts';
import { Matrix } from './Matrix.tsx';
import { coverageQuery } from './queries.ts';
import { TechniquePanel } from './TechniquePanel.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexGrow: 1, minHeight: 0, gap: tokens.spacingHorizontalM },
  notice: { color: tokens.colorNeutralForeground3, paddingTop: tokens.spacingVerticalS },
});

const route = getRouteApi('/frame/coverage');
const tabs: readonly { readonly id: Measure; readonly label: string }[] = [
  { id: 'coverage', label: 'Coverage' },
  { id: 'rules', label: 'Rules' },
  { id: 'data', label: 'Data' },
  { id: 'alerts', label: 'Alerts' },
];

/** ATT&CK by rules, by the data there is and by what has fired; what closes each gap. */
export function CoveragePage(): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(coverageQuery(Number(search.days ?? '30')));
  const columns = useMemo(() => (data ? columnsOf(data) : []), [data]);
  const shown = useMemo(
    () =>
      columns.map((column) => ({
        ...column,
        shown: column.cells.filter((cell) => isShown(cell, search.search, search.gaps === 'only')),
      })),
    [columns, search.search, search.gaps],
  );
  const set = (change: CoverageSearch, replace = false): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace });
  const techniques = new Map(columns.flatMap(({ cells }) => cells.map((cell) => [cell.technique.id, cell] as const)));
  const covered = [...techniques.values()].filter(({ state }) => state === 'covered').length;
  const selected = search.selected === undefined ? undefined : techniques.get(search.selected);
  return (
    <Page title="Coverage" count={data && `${covered} of ${techniques.size} techniques covered`}>
      <FilterBar
        search={
          <FilterSearch
            value={search.search}
            placeholder="Technique or number"
            onChange={(text) => set({ search: text }, true)}
          />
        }
        filters={[]}
        end={
          <>
            <Button
              size="small"
              appearance={search.gaps === 'only' ? 'primary' : 'secondary'}
              aria-pressed={search.gaps === 'only'}
              onClick={() => set({ gaps: search.gaps === 'only' ? undefined : 'only' })}
            >
              Only gaps
            </Button>
            {(['7', '30', '90'] as const).map((days) => (
              <Button
                key={days}
                size="small"
                appearance={(search.days ?? '30') === days ? 'primary' : 'secondary'}
                aria-pressed={(search.days ?? '30') === days}
                onClick={() => set({ days })}
              >
                {days} days
              </Button>
            ))}
          </>
        }
      />
      <Tabs tabs={tabs} value={search.measure ?? 'coverage'} onChange={(measure) => set({ measure })} />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={12} label="Computing coverage" />}
      {data && (
        <div className={styles.root}>
          {shown.every((column) => column.shown.length === 0) ? (
            <EmptyState title="No technique matches these filters" />
          ) : (
            <Matrix
              columns={shown}
              measure={search.measure ?? 'coverage'}
              selected={search.selected}
              onSelect={(id) => set({ selected: id })}
            />
          )}
          {selected && <TechniquePanel cell={selected} coverage={data} onClose={() => set({ selected: undefined })} />}
        </div>
      )}
      {data && <Caption1 className={styles.notice}>{visible(data.notice)}</Caption1>}
    </Page>
  );
}
