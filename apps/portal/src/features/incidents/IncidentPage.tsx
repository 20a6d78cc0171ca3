import {
  Badge,
  Button,
  makeStyles,
  mergeClasses,
  MessageBar,
  MessageBarBody,
  Tab,
  TabList,
  tokens,
} from '@fluentui/react-components';
import { DocumentPdfRegular } from '@fluentui/react-icons';
import type { Incident } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, type ReactElement } from 'react';
import { Facts } from '../../shared/Facts.tsx';
import { usePageKey } from '../../shared/hooks.ts';
import { duration } from '../../shared/time.ts';
import { Page } from '../../shared/Page.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { InlineLink, TextLink } from '../../shared/TextLink.tsx';
import { visible, words } from '../../shared/text.ts';
import { ShownWorkspace, useWorkspaces } from '../../shared/workspaces.ts';
import { AlertsTab } from './AlertsTab.tsx';
import { isOpen, Tasks, tasksQuery } from '../casework/index.ts';
import { ChangeControls } from './ChangeControls.tsx';
import { CommentsTab } from './CommentsTab.tsx';
import { AssetsTab, EvidenceTab } from './EvidenceTab.tsx';
import { Owner, tacticList } from './IncidentState.tsx';
import { incidentTabs, type IncidentSearch } from './index.ts';
import { InvestigationTab } from './investigation/InvestigationTab.tsx';
import { ProcessesTab } from './ProcessesTab.tsx';
import { incidentQuery } from './queries.ts';
import { CasesOf } from './CasesOf.tsx';
import { Rearrange } from './Rearrange.tsx';
import { RowsTab } from './RowsTab.tsx';
import { ServiceLevel } from './ServiceLevel.tsx';
import { SimilarTab } from './SimilarTab.tsx';
import { StoryTab } from './story/StoryTab.tsx';
import { TimelineTab } from './TimelineTab.tsx';

const NARROW = '@media (max-width: 900px)';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, flexGrow: 1, minHeight: 0 },
  split: {
    display: 'flex',
    gap: tokens.spacingHorizontalL,
    flexGrow: 1,
    minHeight: 0,
    [NARROW]: { flexDirection: 'column', overflowY: 'auto' },
  },
  main: {
    flexGrow: 1,
    minWidth: 0,
    minHeight: 0,
    display: 'flex',
    flexDirection: 'column',
    [NARROW]: { flexShrink: 0 },
  },
  tabs: { flexShrink: 0, overflowX: 'auto' },
  body: { flexGrow: 1, minHeight: 0, display: 'flex', flexDirection: 'column' },
  scroll: { overflowY: 'auto', [NARROW]: { overflowY: 'visible' } },
  grid: { [NARROW]: { minHeight: '420px' } },
  rail: {
    width: '344px',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    flexShrink: 0,
    overflowY: 'auto',
    [NARROW]: { width: 'auto', overflowY: 'visible' },
  },
  count: { marginLeft: tokens.spacingHorizontalXS },
  badge: { whiteSpace: 'nowrap', maxWidth: '100%', overflow: 'hidden', flexShrink: 0 },
  badges: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXS },
});

const route = getRouteApi('/frame/incidents/$number');

const tabNames: Record<(typeof incidentTabs)[number], string> = {
  story: 'Attack story',
  alerts: 'Alerts',
  assets: 'Assets',
  evidence: 'Evidence',
  investigation: 'Investigation',
  processes: 'Processes',
  timeline: 'Timeline',
  rows: 'Rows',
  similar: 'Similar',
  tasks: 'Tasks',
  comments: 'Comments',
};
const isTab = (value: unknown): value is (typeof incidentTabs)[number] => incidentTabs.includes(value as never);
/** Tabs whose own grid scrolls. */
const fills = new Set(['alerts', 'assets', 'evidence', 'processes', 'timeline', 'rows']);
/** Tabs that need the width of the page. The story has the properties below its graph. */
const wide = new Set(['story', 'processes', 'timeline', 'rows']);

function Rail({ incident }: { incident: Incident }): ReactElement {
  const styles = useStyles();
  const workspaces = useWorkspaces();
  const span = (Date.parse(incident.lastActivityAt) - Date.parse(incident.firstActivityAt)) / 1000;
  return (
    <aside className={styles.rail} aria-label="Properties">
      <Section title="Properties" card>
        <Facts
          facts={[
            ['Owner', <Owner key="o" owner={incident.owner} />],
            ['Workspace', workspaces.several ? workspaces.nameOf(incident.workspaceId) : undefined],
            ['Service level', <ServiceLevel key="l" incident={incident} />],
            ['Cases', <CasesOf key="k" incident={incident} />],
            ['Classification', incident.classification ? words(incident.classification) : 'Not yet'],
            ['Determination', incident.determination ? words(incident.determination) : undefined],
            ['Reason', incident.classificationReason ? words(incident.classificationReason) : undefined],
            [
              'Comment',
              incident.classificationComment === ''
                ? undefined
                : visible(incident.classificationComment, { lines: true }),
            ],
            ['First activity', <RelativeTime key="f" at={incident.firstActivityAt} form="exact" />],
            ['Last activity', <RelativeTime key="l" at={incident.lastActivityAt} form="exact" />],
            ['Lasted', span > 0 ? duration(span) : undefined],
            ['Created', <RelativeTime key="c" at={incident.createdAt} form="exact" />],
            ['Updated', <RelativeTime key="u" at={incident.lastUpdatedAt} />],
            ['Tactics', incident.tactics.length > 0 ? tacticList(incident.tactics) : undefined],
            ['Confidence', incident.confidence === undefined ? undefined : `${incident.confidence} %`],
            [
              'Labels',
              incident.labels.length > 0 ? (
                <span className={styles.badges} key="b">
                  {incident.labels.map((label) => (
                    <Badge key={label} className={styles.badge} appearance="outline" color="informative">
                      {visible(label)}
                    </Badge>
                  ))}
                </span>
              ) : undefined,
            ],
          ]}
        />
      </Section>
      {incident.reasons && (
        <Section title="Why" card>
          <Facts
            facts={[
              ['Severity', incident.reasons.severity === '' ? undefined : visible(incident.reasons.severity)],
              [
                'Confidence',
                incident.reasons.confidence.length > 0 ? visible(incident.reasons.confidence.join(' ')) : undefined,
              ],
              [
                'Together by',
                incident.reasons.links.length > 0
                  ? visible(
                      incident.reasons.links
                        .slice(0, 6)
                        .map(({ text, alerts }) => `${text} (${alerts})`)
                        .join('; '),
                    )
                  : undefined,
              ],
            ]}
          />
        </Section>
      )}
    </aside>
  );
}

function Loaded({ incident }: { incident: Incident }): ReactElement {
  const styles = useStyles();
  const search = route.useSearch();
  const { tab = 'story', alert, entity } = search;
  const navigate = route.useNavigate();
  const set = useCallback(
    // Playing and zooming are no pages to go back to.
    (change: IncidentSearch): void =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace: 'step' in change || 'from' in change }),
    [navigate],
  );
  const hasPanel =
    wide.has(tab) ||
    (tab === 'alerts' && alert !== undefined) ||
    ((tab === 'assets' || tab === 'evidence') && entity !== undefined);
  const comments = incident.activities.filter((activity) => activity.kind === 'comment').length;
  const counts: Partial<Record<string, number>> = {
    alerts: incident.alerts.length,
    evidence: incident.entities.length,
    comments,
    tasks: useQuery(tasksQuery({ kind: 'incident', number: incident.number })).data?.filter(isOpen).length ?? 0,
  };
  usePageKey('c', () => set({ tab: 'comments' }));
  return (
    <div className={styles.root}>
      <TabList
        className={styles.tabs}
        selectedValue={tab}
        onTabSelect={(_, { value }) => isTab(value) && set({ tab: value, node: undefined })}
      >
        {incidentTabs.map((name) => (
          <Tab key={name} value={name}>
            {tabNames[name]}
            {(counts[name] ?? 0) > 0 && (
              <Badge className={styles.count} size="small" appearance="tint" color="informative">
                {counts[name]}
              </Badge>
            )}
          </Tab>
        ))}
      </TabList>
      <div className={styles.split}>
        <div className={styles.main}>
          <div
            className={mergeClasses(styles.body, fills.has(tab) ? styles.grid : styles.scroll)}
            role="tabpanel"
            aria-label={tabNames[tab]}
          >
            {tab === 'story' && (
              <StoryTab incident={incident} search={search} onSet={set} properties={<Rail incident={incident} />} />
            )}
            {tab === 'alerts' && (
              <AlertsTab
                incident={incident}
                openId={alert}
                onOpen={(id) => set({ alert: id })}
                onEvidence={(id) => set({ tab: 'rows', alert: id })}
                onEntity={(id) => set({ tab: 'evidence', entity: id })}
              />
            )}
            {tab === 'assets' && <AssetsTab incident={incident} search={search} onSet={set} />}
            {tab === 'evidence' && <EvidenceTab incident={incident} search={search} onSet={set} />}
            {tab === 'processes' && <ProcessesTab incident={incident} search={search} onSet={set} />}
            {tab === 'investigation' && <InvestigationTab incident={incident} />}
            {tab === 'timeline' && <TimelineTab incident={incident} search={search} onSet={set} />}
            {tab === 'rows' && <RowsTab incident={incident} alertId={alert} onChoose={(id) => set({ alert: id })} />}
            {tab === 'similar' && <SimilarTab incident={incident} />}
            {tab === 'tasks' && <Tasks parent={{ kind: 'incident', number: incident.number }} />}
            {tab === 'comments' && <CommentsTab incident={incident} />}
          </div>
        </div>
        {!hasPanel && <Rail incident={incident} />}
      </div>
    </div>
  );
}

export function IncidentPage(): ReactElement {
  const { number } = route.useParams();
  const valid = /^[1-9]\d{0,8}$/.test(number);
  const { data: incident, error, refetch } = useQuery({ ...incidentQuery(Number(number)), enabled: valid });
  const into = incident?.mergedInto ?? null;
  const above = <TextLink to="/incidents">Incidents</TextLink>;
  if (!valid)
    return (
      <Page title={`Incident ${number}`} above={above}>
        <EmptyState title="An incident is known by its number" />
      </Page>
    );
  return (
    <Page
      above={above}
      title={incident ? visible(incident.title) : `Incident ${number}`}
      count={incident ? `No. ${incident.number}` : undefined}
      actions={
        incident && (
          <>
            <Button
              as="a"
              size="small"
              appearance="subtle"
              icon={<DocumentPdfRegular />}
              href={`/api/incidents/${incident.number}/pdf`}
              download={`incident-${incident.number}.pdf`}
            >
              PDF
            </Button>
            <ChangeControls incident={incident} />
            <Rearrange incident={incident} />
          </>
        )
      }
    >
      {error && (
        <ErrorState
          error={error}
          title={incident ? 'The incident could not be renewed' : 'The incident could not be loaded'}
          {...(incident ? { kept: 'What is shown is as it was before.' } : {})}
          onRetry={() => void refetch()}
        />
      )}
      {!incident && !error && <Loading rows={12} label="Loading the incident" />}
      {incident?.leftOut !== undefined && (
        <MessageBar intent="info">
          <MessageBarBody>{visible(incident.leftOut)}.</MessageBarBody>
        </MessageBar>
      )}
      {into !== null && (
        <MessageBar intent="info">
          <MessageBarBody>
            This incident was merged into{' '}
            <InlineLink to="/incidents/$number" params={{ number: String(into) }}>
              incident {into}
            </InlineLink>
            , which has its alerts and entities now.
          </MessageBarBody>
        </MessageBar>
      )}
      {incident && (
        <ShownWorkspace value={incident.workspaceId}>
          <Loaded incident={incident} />
        </ShownWorkspace>
      )}
    </Page>
  );
}
