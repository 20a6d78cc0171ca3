import type { Incident, IncidentStory, Severity, StoryEvent } from '@sallyport/contracts';
import type { eventKinds } from './index.ts';

export type EventKind = (typeof eventKinds)[number];

/** One thing on an incident's timeline, whatever it came from. */
export interface TimelineEvent {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly kind: EventKind;
  readonly title: string;
  readonly text: string;
  readonly by?: string;
  readonly severity?: Severity;
  /** Of an alert, or of the alerts behind which a row stands. */
  readonly alertIds: readonly string[];
  readonly entityIds: readonly string[];
  readonly fields: StoryEvent['fields'];
}

const by = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const kindOrder: readonly EventKind[] = ['row', 'activity', 'anomaly', 'alert', 'change', 'comment'];

/** Everything in the order of time; of the same time, what was seen before what was concluded of it and what was done. */
export function timelineOf(
  story: Pick<IncidentStory, 'alerts' | 'evidence'>,
  activities: Incident['activities'],
  events: readonly StoryEvent[],
): TimelineEvent[] {
  const names = new Map(story.evidence.map(({ entity }) => [entity.id, entity.name]));
  const alerts = story.alerts.map((alert): TimelineEvent => {
    const all = alert.entityIds.flatMap((id) => names.get(id) ?? []);
    return {
      id: alert.id,
      at: alert.startTime,
      kind: 'alert',
      title: alert.name,
      text: [...alert.techniques, ...all.slice(0, 5), ...(all.length > 5 ? [`${all.length - 5} more`] : [])].join(
        ' · ',
      ),
      severity: alert.severity,
      alertIds: [alert.id],
      entityIds: alert.entityIds,
      fields: [],
    };
  });
  const done = activities.map((activity, index): TimelineEvent => ({
    id: `log:${index}`,
    at: activity.at,
    kind: activity.kind === 'comment' ? 'comment' : 'change',
    title: activity.text,
    text: '',
    by: activity.by,
    alertIds: [],
    entityIds: [],
    fields: [],
  }));
  return [...alerts, ...done, ...events].toSorted(
    (a, b) => by(a.at, b.at) || kindOrder.indexOf(a.kind) - kindOrder.indexOf(b.kind) || by(a.id, b.id),
  );
}

export interface Span {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}
export interface Bin extends Span {
  readonly alerts: number;
  readonly others: number;
}

/** The whole span of some events, at least a minute. Undefined when there are none. */
export function spanOfEvents(events: readonly { readonly at: string }[]): Span | undefined {
  const times = events.map(({ at }) => Date.parse(at));
  if (times.length === 0) return undefined;
  const from = times.reduce((least, time) => Math.min(least, time));
  const to = times.reduce((most, time) => Math.max(most, time));
  return { from, to: Math.max(to + 1, from + 60_000) };
}

/** How many events each of `count` equal parts of a span has. */
export function binsOf(
  events: readonly { readonly at: string; readonly kind: EventKind }[],
  span: Span,
  count = 48,
): Bin[] {
  const width = (span.to - span.from) / count;
  const bins = Array.from({ length: count }, (_, index) => ({
    from: span.from + index * width,
    to: span.from + (index + 1) * width,
    alerts: 0,
    others: 0,
  }));
  for (const { at, kind } of events) {
    const bin = bins[Math.floor((Date.parse(at) - span.from) / width)];
    if (!bin) continue;
    if (kind === 'alert') bin.alerts += 1;
    else bin.others += 1;
  }
  return bins;
}
