import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { EntityDetails } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { EntityIcon } from '../../shared/EntityLink.tsx';
import { Page } from '../../shared/Page.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { Tabs } from '../../shared/Tabs.tsx';
import { elide, visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { ShownWorkspace } from '../../shared/workspaces.ts';
import { WorkspaceSwitch } from '../../shared/WorkspaceSwitch.tsx';
import { EntityActions } from './EntityActions.tsx';
import { EntityRail } from './EntityRail.tsx';
import { CriticalityLabel, Risk } from './EntityState.tsx';
import { IncidentsTab } from './IncidentsTab.tsx';
import { type EntitySearch } from './index.ts';
import { InsightsTab } from './InsightsTab.tsx';
import { OverviewTab } from './OverviewTab.tsx';
import { entityQuery } from './queries.ts';
import { TimelineTab } from './TimelineTab.tsx';

const NARROW = '@media (max-width: 900px)';
const useStyles = makeStyles({
  root: {
    display: 'flex',
    gap: tokens.spacingHorizontalL,
    flexGrow: 1,
    minHeight: 0,
    [NARROW]: { flexDirection: 'column', overflowY: 'auto' },
  },
  main: { flexGrow: 1, minWidth: 0, minHeight: 0, display: 'flex', flexDirection: 'column' },
  body: {
    flexGrow: 1,
    minHeight: 0,
    display: 'flex',
    flexDirection: 'column',
    overflowY: 'auto',
    [NARROW]: { overflowY: 'visible' },
  },
  beside: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalM, flexWrap: 'wrap' },
});

const route = getRouteApi('/frame/entities/$id');
const TITLE_MAX = 120;
const RANGE_DEFAULT = '7d';

function Loaded({ entity }: { entity: EntityDetails }): ReactElement {
  const styles = useStyles();
  const { tab = 'overview', range = RANGE_DEFAULT, kinds, workspace } = route.useSearch();
  const place = { id: entity.id, workspace };
  const navigate = route.useNavigate();
  const set = (change: EntitySearch): void => void navigate({ search: (before) => ({ ...before, ...change }) });
  const onRange = (next: string): void => set({ range: next === RANGE_DEFAULT ? undefined : next });
  return (
    <div className={styles.root}>
      <div className={styles.main}>
        <Tabs
          tabs={[
            { id: 'overview', label: 'Overview' },
            { id: 'timeline', label: 'Timeline' },
            { id: 'insights', label: 'Insights' },
            { id: 'incidents', label: 'Incidents and alerts', count: entity.alerts },
          ]}
          value={tab}
          onChange={(next) => set({ tab: next })}
        />
        <div className={mergeClasses(styles.body)} role="tabpanel" aria-label={words(tab)}>
          {tab === 'overview' && <OverviewTab entity={entity} onTab={(next) => set({ tab: next })} />}
          {tab === 'timeline' && (
            <TimelineTab
              place={place}
              range={range}
              onRange={onRange}
              kinds={kinds}
              onKinds={(next) => set({ kinds: next })}
            />
          )}
          {tab === 'insights' && <InsightsTab place={place} range={range} onRange={onRange} />}
          {tab === 'incidents' && <IncidentsTab place={place} />}
        </div>
      </div>
      <EntityRail entity={entity} />
    </div>
  );
}

/** One account, device, address, …: who it is, how much it matters, and what happened with it. */
export function EntityPage(): ReactElement {
  const styles = useStyles();
  const { id } = route.useParams();
  const { workspace } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: entity, error, refetch } = useQuery(entityQuery({ id, workspace }));
  return (
    <ShownWorkspace value={workspace}>
      <Page
        above={<TextLink to="/assets">Assets</TextLink>}
        title={entity ? visible(elide(entity.name, TITLE_MAX)) : 'Entity'}
        beside={
          entity && (
            <span className={styles.beside}>
              <EntityIcon kind={entity.kind} />
              {words(entity.kind)}
              {entity.riskLevel !== 'None' && <Risk level={entity.riskLevel} score={entity.riskScore} />}
              {entity.criticality !== null && <CriticalityLabel criticality={entity.criticality} />}
            </span>
          )
        }
        actions={
          <>
            <WorkspaceSwitch
              size="medium"
              value={workspace}
              onChange={(next) => void navigate({ search: (before) => ({ ...before, workspace: next }) })}
            />
            {entity && <EntityActions key={entity.id} entity={entity} />}
          </>
        }
      >
        {error && <ErrorState error={error} title="The entity could not be loaded" onRetry={() => void refetch()} />}
        {!entity && !error && <Loading rows={12} label="Loading the entity" />}
        {entity && <Loaded entity={entity} />}
      </Page>
    </ShownWorkspace>
  );
}
