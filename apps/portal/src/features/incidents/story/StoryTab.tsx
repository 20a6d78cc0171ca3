import { Button, makeStyles, mergeClasses, Text, tokens } from '@fluentui/react-components';
import type { Incident, IncidentStory, StoryAlert } from '@sallyport/contracts';
import { lazy, Suspense, useCallback, useMemo, useState, type ReactElement } from 'react';
import { Grid, type GridColumn } from '../../../shared/Grid.tsx';
import { plural } from '../../../shared/numbers.ts';
import { usePreferences } from '../../../shared/preferences.ts';
import { Section } from '../../../shared/Section.tsx';
import { SeverityIcon } from '../../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../../shared/States.tsx';
import { prose, visible } from '../../../shared/text.ts';
import { exact } from '../../../shared/time.ts';
import type { IncidentSearch } from '../index.ts';
import { useStory } from '../queries.ts';
import { AttackPath } from './AttackPath.tsx';
import { graphOf, stepsOf } from './graph.ts';
import { NextSteps } from './NextSteps.tsx';
import { Player } from './Player.tsx';
import { StoryPane } from './StoryPane.tsx';

const GraphCanvas = lazy(() => import('./GraphCanvas.tsx'));

const NARROW = '@media (max-width: 900px)';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  work: { display: 'flex', gap: tokens.spacingHorizontalM, height: '520px', [NARROW]: { height: '420px' } },
  alerts: { width: '320px', flexShrink: 0, display: 'flex', [NARROW]: { display: 'none' } },
  canvas: {
    flexGrow: 1,
    minWidth: 0,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    overflow: 'hidden',
  },
  below: {
    display: 'flex',
    gap: tokens.spacingHorizontalM,
    alignItems: 'flex-start',
    [NARROW]: { flexDirection: 'column', alignItems: 'stretch' },
  },
  path: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, flexGrow: 1, minWidth: 0 },
  text: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', maxWidth: '90ch' },
  note: { color: tokens.colorNeutralForeground3 },
  now: { minHeight: tokens.lineHeightBase200, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
});

interface StoryTabProps {
  readonly incident: Incident;
  readonly search: IncidentSearch;
  readonly onSet: (change: IncidentSearch) => void;
  /** What stands beside the path and the next steps. */
  readonly properties: ReactElement;
}

/** What happened: entities and what ties them, played over time; the path over ATT&CK; what to do next. */
export function StoryTab(props: StoryTabProps): ReactElement {
  const styles = useStyles();
  const { incident } = props;
  const { data, error, refetch } = useStory(incident);
  return (
    <div className={styles.root}>
      {incident.description !== '' && (
        <Section title="What happened" card>
          <Text className={styles.text}>{prose(incident.description)}</Text>
        </Section>
      )}
      {error && <ErrorState error={error} title="The story could not be read" onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={14} label="Reading the story" />}
      {data && data.alerts.length === 0 && (
        <>
          <EmptyState title="No alerts">
            There is nothing to tell: this incident has no alerts. Link some to it.
          </EmptyState>
          {props.properties}
        </>
      )}
      {data && data.alerts.length > 0 && <Told {...props} story={data} />}
    </div>
  );
}

function Told({ incident, search, onSet, story, properties }: StoryTabProps & { story: IncidentStory }): ReactElement {
  const styles = useStyles();
  const { zone } = usePreferences();
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(1);
  // While it plays the step is here; the address has where it was stopped.
  const [played, setPlayed] = useState<number>();
  const graph = useMemo(() => graphOf(story, opened), [story, opened]);
  const steps = useMemo(() => stepsOf(story.alerts), [story]);
  const step = Math.min(played ?? search.step ?? steps.length, steps.length);
  const isWhole = step >= steps.length;
  const current = steps[step - 1];
  const byId = useMemo(() => new Map(story.alerts.map((alert) => [alert.id, alert])), [story]);

  const goTo = (to: number): void => {
    const at = Math.max(0, Math.min(steps.length, to));
    setPlayed(at);
    if (!playing) onSet({ step: at >= steps.length ? undefined : at });
  };
  const setPlay = (on: boolean): void => {
    setPlaying(on);
    if (!on) {
      onSet({ step: isWhole ? undefined : step });
      setPlayed(undefined);
    }
  };
  const choose = useCallback((id: string | undefined) => onSet({ node: id, alert: undefined }), [onSet]);

  const chosenAlert = search.alert === undefined ? undefined : byId.get(search.alert);
  const told = useMemo(
    () => (isWhole ? [] : (current?.alertIds ?? []).flatMap((id) => byId.get(id) ?? [])),
    [isWhole, current, byId],
  );
  const lit = useMemo(() => {
    const alerts = chosenAlert ? [chosenAlert] : told;
    return new Set(alerts.flatMap((alert) => alert.entityIds).flatMap((id) => graph.nodeOf.get(id) ?? []));
  }, [chosenAlert, told, graph]);

  const columns: readonly GridColumn<StoryAlert>[] = [
    { id: 'severity', header: '', min: 36, cell: (alert) => <SeverityIcon severity={alert.severity} /> },
    { id: 'at', header: 'Time', min: 80, cell: (alert) => exact(new Date(alert.startTime), zone).slice(11, 19) },
    {
      id: 'name',
      header: plural(story.alerts.length, 'alert'),
      min: 120,
      grow: 1,
      cell: (alert) => <span title={visible(alert.name)}>{visible(alert.name)}</span>,
    },
  ];
  const chosenNode = graph.nodes.find(({ id }) => id === search.node);
  const chosenLink = graph.links.find(({ id }) => id === search.node);
  return (
    <>
      <Player
        steps={steps}
        step={step}
        onStep={goTo}
        playing={playing}
        onPlaying={setPlay}
        speed={speed}
        onSpeed={setSpeed}
      />
      <Text size={200} className={mergeClasses(styles.note, styles.now)} role="status" block>
        {isWhole
          ? `The whole story: ${plural(story.alerts.length, 'alert')}, ${plural(story.evidence.length, 'entity', 'entities')}.`
          : told
              .map((alert) => visible(alert.name))
              .slice(0, 3)
              .join(' · ') || 'Nothing has happened yet.'}
      </Text>
      <div className={styles.work}>
        <div className={styles.alerts}>
          <Grid
            label="Alerts of the story"
            rows={story.alerts}
            columns={columns}
            rowId={(alert) => alert.id}
            openId={chosenAlert?.id}
            onOpen={(alert) => onSet({ alert: alert.id, node: undefined })}
            onClose={() => onSet({ alert: undefined })}
          />
        </div>
        <div className={styles.canvas}>
          <Suspense fallback={<Loading rows={10} label="Loading the graph" />}>
            <GraphCanvas
              number={incident.number}
              graph={graph}
              chosen={chosenNode?.id ?? chosenLink?.id}
              onChoose={choose}
              until={isWhole ? undefined : (current?.at ?? '')}
              lit={lit}
            />
          </Suspense>
        </div>
        {(chosenNode ?? chosenLink) && (
          <StoryPane
            key={search.node}
            number={incident.number}
            story={story}
            graph={graph}
            node={chosenNode}
            link={chosenLink}
            onChoose={choose}
            onClose={() => choose(undefined)}
            onOpenGroup={(id) => {
              setOpened((before) => new Set([...before, id]));
              choose(undefined);
            }}
          />
        )}
      </div>
      {(opened.size > 0 || leftOut(story) !== '') && (
        <Text size={200} className={styles.note}>
          {leftOut(story)}
          {opened.size > 0 && (
            <Button size="small" appearance="transparent" onClick={() => setOpened(new Set())}>
              Gather {plural(opened.size, 'opened group')} again
            </Button>
          )}
        </Text>
      )}
      <div className={styles.below}>
        <div className={styles.path}>
          <AttackPath story={story} number={incident.number} />
          <NextSteps
            steps={story.nextSteps}
            workspaceId={incident.workspaceId}
            onEntity={(id) => onSet({ tab: 'evidence', entity: id })}
          />
        </div>
        {properties}
      </div>
    </>
  );
}

function leftOut({ leftOut: { alerts, evidence, edges } }: IncidentStory): string {
  const parts = [
    alerts > 0 ? plural(alerts, 'alert') : '',
    evidence > 0 ? plural(evidence, 'entity', 'entities') : '',
    edges > 0 ? plural(edges, 'tie') : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? `Not told here: ${parts.join(', ')}; hunting has all of them. ` : '';
}
