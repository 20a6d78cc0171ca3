import { Button, Dropdown, makeStyles, Option, Text, tokens } from '@fluentui/react-components';
import {
  ChatRegular,
  ChevronDownRegular,
  ChevronRightRegular,
  DataHistogramRegular,
  EditRegular,
  PulseRegular,
  TableSimpleRegular,
} from '@fluentui/react-icons';
import type { Incident } from '@sallyport/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react';
import { Facts } from '../../shared/Facts.tsx';
import { FilterBar } from '../../shared/FilterBar.tsx';
import { plural } from '../../shared/numbers.ts';
import { usePreferences } from '../../shared/preferences.ts';
import { SeverityIcon } from '../../shared/Severity.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { TextLink } from '../../shared/TextLink.tsx';
import { visible, words } from '../../shared/text.ts';
import { exact } from '../../shared/time.ts';
import { eventKinds, type IncidentSearch } from './index.ts';
import { eventsQuery, useStory } from './queries.ts';
import { TimeHistogram } from './TimeHistogram.tsx';
import { binsOf, spanOfEvents, timelineOf, type EventKind, type Span, type TimelineEvent } from './timeline.ts';

/** Pages of rows that come by themselves: more are asked for by a click. */
const PAGES_BY_THEMSELVES = 4;
const LINE = 48;
const ENTITIES_MAX = 200;

const kindNames: Readonly<Record<EventKind, string>> = {
  alert: 'Alert',
  row: 'Row',
  anomaly: 'Anomaly',
  activity: 'Activity',
  comment: 'Comment',
  change: 'Change',
};
const kindIcons: Readonly<Record<Exclude<EventKind, 'alert'>, ReactElement>> = {
  row: <TableSimpleRegular />,
  anomaly: <DataHistogramRegular />,
  activity: <PulseRegular />,
  comment: <ChatRegular />,
  change: <EditRegular />,
};

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, flexGrow: 1, minHeight: 0 },
  list: {
    flexGrow: 1,
    minHeight: '240px',
    overflowY: 'auto',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  inner: { position: 'relative', margin: 0, padding: 0, listStyleType: 'none' },
  item: {
    position: 'absolute',
    top: 0,
    left: 0,
    width: '100%',
    boxSizing: 'border-box',
    padding: `0 ${tokens.spacingHorizontalM}`,
  },
  day: {
    padding: `${tokens.spacingVerticalM} 0 ${tokens.spacingVerticalXS}`,
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
  },
  line: {
    display: 'grid',
    gridTemplateColumns: '72px 24px minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalXS} 0`,
  },
  time: {
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    color: tokens.colorNeutralForeground3,
    fontVariantNumeric: 'tabular-nums',
    textAlign: 'end',
  },
  icon: {
    display: 'flex',
    alignItems: 'center',
    height: tokens.lineHeightBase300,
    color: tokens.colorNeutralForeground3,
  },
  title: { overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' },
  text: {
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    overflowWrap: 'anywhere',
  },
  more: { minWidth: 'auto', paddingLeft: 0, fontWeight: tokens.fontWeightRegular },
  entity: { minWidth: '220px', maxWidth: '320px' },
  foot: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    color: tokens.colorNeutralForeground3,
  },
});

interface TabProps {
  readonly incident: Incident;
  readonly search: IncidentSearch;
  readonly onSet: (change: IncidentSearch) => void;
}

/** Alerts, their rows, anomalies, activities, comments and changes in one line downwards; filtered by kind, entity and time. */
export function TimelineTab({ incident, search, onSet }: TabProps): ReactElement {
  const styles = useStyles();
  const { data: story, error, refetch } = useStory(incident);
  const rows = useInfiniteQuery(eventsQuery(incident.number, incident.alertCount));
  const pages = rows.data?.pages.length ?? 0;
  const { hasNextPage, isFetching, fetchNextPage } = rows;
  useEffect(() => {
    if (pages > 0 && pages < PAGES_BY_THEMSELVES && hasNextPage && !isFetching) void fetchNextPage();
  }, [pages, hasNextPage, isFetching, fetchNextPage]);
  const all = useMemo(
    () => (story ? timelineOf(story, incident.activities, rows.data?.pages.flatMap(({ events }) => events) ?? []) : []),
    [story, incident.activities, rows.data],
  );
  const filtered = useMemo(() => {
    const one = story?.evidence.find(({ entity }) => entity.id === search.entity);
    const ids = new Set([search.entity, ...(one?.aliases ?? []).map(({ id }) => id)]);
    return all.filter(
      (event) =>
        (search.events === undefined || search.events.includes(event.kind)) &&
        (search.entity === undefined || event.entityIds.some((id) => ids.has(id))),
    );
  }, [all, story, search.events, search.entity]);
  const whole = useMemo(() => spanOfEvents(filtered), [filtered]);
  const zoom = useMemo(() => zoomOf(search.from, search.to), [search.from, search.to]);
  const span = zoom ?? whole;
  const bins = useMemo(() => (span ? binsOf(filtered, span) : []), [filtered, span]);
  const shown = useMemo(
    () =>
      zoom === undefined
        ? filtered
        : filtered.filter(({ at }) => Date.parse(at) >= zoom.from && Date.parse(at) < zoom.to),
    [filtered, zoom],
  );
  if (error && !story)
    return <ErrorState error={error} title="The timeline could not be read" onRetry={() => void refetch()} />;
  if (!story) return <Loading rows={12} label="Reading the timeline" />;
  const notes = rows.data?.pages.flatMap((page) => page.notes) ?? [];
  const entities = story.evidence.slice(0, ENTITIES_MAX);
  const chosen = entities.find(({ entity }) => entity.id === search.entity);
  return (
    <div className={styles.root}>
      <FilterBar
        filters={[
          {
            id: 'events',
            label: 'Kind',
            options: eventKinds,
            values: search.events,
            onChange: (values) => onSet({ events: values && eventKinds.filter((kind) => values.includes(kind)) }),
          },
        ]}
        search={
          <Dropdown
            size="small"
            className={styles.entity}
            aria-label="Entity"
            placeholder="Any entity"
            value={chosen ? visible(chosen.entity.name) : 'Any entity'}
            selectedOptions={[chosen?.entity.id ?? '']}
            onOptionSelect={(_, { optionValue }) => onSet({ entity: optionValue === '' ? undefined : optionValue })}
          >
            <Option value="" text="Any entity">
              Any entity
            </Option>
            {entities.map(({ entity }) => (
              <Option key={entity.id} value={entity.id} text={visible(entity.name)}>
                {`${words(entity.kind)}: ${visible(entity.name).slice(0, 80)}`}
              </Option>
            ))}
          </Dropdown>
        }
        end={
          <>
            <Text size={200}>{plural(shown.length, 'event')}</Text>
            {zoom && (
              <Button size="small" onClick={() => onSet({ from: undefined, to: undefined })}>
                Show all time
              </Button>
            )}
          </>
        }
      />
      <TimeHistogram
        bins={bins}
        onZoom={({ from, to }) =>
          onSet({ from: new Date(from).toISOString(), to: new Date(Math.ceil(to)).toISOString() })
        }
      />
      {shown.length === 0 ? (
        <EmptyState title="Nothing of that kind">No event of this incident fits the filters. Take one away.</EmptyState>
      ) : (
        <List number={incident.number} events={shown} />
      )}
      <div className={styles.foot}>
        {isFetching && <Text size={200}>Reading the rows behind the alerts…</Text>}
        {rows.error && (
          <ErrorState error={rows.error} title="The rows could not be read" onRetry={() => void rows.refetch()} />
        )}
        {hasNextPage && !isFetching && (
          <Button size="small" onClick={() => void fetchNextPage()}>
            Read rows behind further alerts
          </Button>
        )}
        {notes.length > 0 && (
          <Text size={200} title={visible(notes.join('\n'), { lines: true })}>
            {visible(notes[0] ?? '')} {notes.length > 1 ? `And ${plural(notes.length - 1, 'other note')}.` : ''}
          </Text>
        )}
      </div>
    </div>
  );
}

function zoomOf(from: string | undefined, to: string | undefined): Span | undefined {
  const span = { from: Date.parse(from ?? ''), to: Date.parse(to ?? '') };
  return span.from < span.to ? span : undefined;
}

function List({ number, events }: { number: number; events: readonly TimelineEvent[] }): ReactElement {
  const styles = useStyles();
  const { zone } = usePreferences();
  const scroller = useRef<HTMLDivElement>(null);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  // oxlint-disable-next-line react/incompatible-library -- the virtualiser is read anew on each render
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    getItemKey: (index) => events[index]?.id ?? index,
    overscan: 12,
  });
  const toggle = (id: string): void =>
    setOpened((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return (
    // What scrolls is reached by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={scroller} className={styles.list} tabIndex={0} role="region" aria-label="Timeline of the incident">
      <ol className={styles.inner} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const event = events[item.index];
          if (!event) return null;
          const full = exact(new Date(event.at), zone);
          const before = events[item.index - 1];
          const fresh = before === undefined || exact(new Date(before.at), zone).slice(0, 10) !== full.slice(0, 10);
          return (
            <li
              key={event.id}
              ref={virtual.measureElement}
              data-index={item.index}
              className={styles.item}
              aria-posinset={item.index + 1}
              aria-setsize={events.length}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {fresh && <div className={styles.day}>{full.slice(0, 10)}</div>}
              <div className={styles.line}>
                <time className={styles.time} dateTime={event.at} title={full}>
                  {full.slice(11, 19)}
                </time>
                <span
                  className={styles.icon}
                  role="img"
                  aria-label={kindNames[event.kind]}
                  title={kindNames[event.kind]}
                >
                  {event.kind === 'alert' ? (
                    <SeverityIcon severity={event.severity ?? 'Informational'} />
                  ) : (
                    kindIcons[event.kind]
                  )}
                </span>
                <Told number={number} event={event} isOpen={opened.has(event.id)} onToggle={() => toggle(event.id)} />
              </div>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Told(props: { number: number; event: TimelineEvent; isOpen: boolean; onToggle: () => void }): ReactElement {
  const styles = useStyles();
  const { event, isOpen } = props;
  const params = { number: String(props.number) };
  return (
    <div>
      <div className={styles.title}>
        {event.kind === 'alert' ? (
          <TextLink to="/incidents/$number" params={params} search={{ tab: 'alerts', alert: event.alertIds[0] }}>
            {visible(event.title)}
          </TextLink>
        ) : (
          visible(event.title, { lines: event.kind === 'comment' || event.kind === 'change' })
        )}
      </div>
      {event.by !== undefined && <div className={styles.text}>{visible(event.by)}</div>}
      {event.text !== '' && !isOpen && <div className={styles.text}>{visible(event.text)}</div>}
      {event.fields.length > 0 && (
        <Button
          size="small"
          appearance="transparent"
          className={styles.more}
          icon={isOpen ? <ChevronDownRegular /> : <ChevronRightRegular />}
          aria-expanded={isOpen}
          onClick={props.onToggle}
        >
          {isOpen ? 'Fewer fields' : plural(event.fields.length, 'field')}
        </Button>
      )}
      {isOpen && (
        <>
          <Facts facts={event.fields.map(({ name, value }) => [visible(name), visible(value)])} />
          <TextLink to="/incidents/$number" params={params} search={{ tab: 'rows', alert: event.alertIds[0] }}>
            All rows of the alert
          </TextLink>
        </>
      )}
    </div>
  );
}
