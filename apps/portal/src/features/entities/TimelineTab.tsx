import { Button, makeStyles, MessageBar, MessageBarBody, tokens } from '@fluentui/react-components';
import { BookmarkRegular, HistoryRegular, PulseSquareRegular } from '@fluentui/react-icons';
import { TimelineKind, type EntityTimelineItem } from '@sallyport/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { SeverityIcon } from '../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { TextLink } from '../../shared/TextLink.tsx';
import { prose, visible, words } from '../../shared/text.ts';
import { Timeline } from '../../shared/Timeline.tsx';
import { TimeRange } from '../../shared/TimeRange.tsx';
import { inWorkspace } from '../../shared/workspaces.ts';
import { timelineQuery, type EntityPlace } from './queries.ts';

const useStyles = makeStyles({
  links: { display: 'flex', gap: tokens.spacingHorizontalM },
  kind: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

const icons = {
  Anomaly: <PulseSquareRegular />,
  Activity: <HistoryRegular />,
  Bookmark: <BookmarkRegular />,
} as const;

/** What happened with it, the newest first: alerts, anomalies, activities, bookmarks. */
export function TimelineTab(props: {
  place: EntityPlace;
  range: string;
  onRange: (range: string) => void;
  kinds: readonly TimelineKind[] | undefined;
  onKinds: (kinds: TimelineKind[] | undefined) => void;
}): ReactElement {
  const styles = useStyles();
  const kinds = props.kinds ?? TimelineKind.options;
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    timelineQuery(props.place, props.range, kinds),
  );
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  const problems = [...new Set(data?.pages.flatMap((page) => page.problems))];
  const body = (item: EntityTimelineItem): ReactElement => (
    <>
      <bdi>{prose(item.text)}</bdi>
      <div className={styles.links}>
        {item.incidentNumber !== null && (
          <TextLink
            to="/incidents/$number"
            params={{ number: String(item.incidentNumber) }}
            search={{ tab: 'alerts', alert: item.id }}
          >
            Incident {item.incidentNumber}
          </TextLink>
        )}
        {item.query !== '' && (
          <TextLink
            to="/hunting"
            search={{ range: 'all', ...inWorkspace(props.place.workspace) }}
            hash={`query=${encodeFragment(item.query)}`}
          >
            Show rows
          </TextLink>
        )}
      </div>
    </>
  );
  return (
    <>
      <FilterBar
        filters={[
          {
            id: 'kinds',
            label: 'Show',
            options: TimelineKind.options,
            values: props.kinds,
            onChange: (values) => props.onKinds(values as TimelineKind[] | undefined),
          },
        ]}
        end={<TimeRange value={props.range} onChange={props.onRange} />}
      />
      {problems.map((problem) => (
        <MessageBar key={problem} intent="warning">
          <MessageBarBody>Not all could be asked: {visible(problem)}</MessageBarBody>
        </MessageBar>
      ))}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={10} label="Loading the timeline" />}
      {data && items.length === 0 && (
        <EmptyState title="Nothing in this time">Choose a longer time, or other kinds.</EmptyState>
      )}
      {items.length > 0 && (
        <Timeline
          label="Timeline"
          items={items.map((item) => ({
            id: item.id,
            at: item.at,
            icon:
              item.kind === 'Alert' ? <SeverityIcon severity={item.severity ?? 'Informational'} /> : icons[item.kind],
            title: (
              <>
                <bdi>{visible(item.title)}</bdi> <span className={styles.kind}>{words(item.kind)}</span>
              </>
            ),
            body: body(item),
          }))}
        />
      )}
      {hasNextPage && (
        <Button size="small" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show earlier
        </Button>
      )}
    </>
  );
}
