import { AddCircleRegular, CommentRegular, EditRegular, MergeRegular, ShieldErrorRegular } from '@fluentui/react-icons';
import type { Incident } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { plural } from '../../shared/numbers.ts';
import { Section } from '../../shared/Section.tsx';
import { SeverityIcon } from '../../shared/Severity.tsx';
import { TextLink } from '../../shared/TextLink.tsx';
import { visible } from '../../shared/text.ts';
import { Timeline, type TimelineItem } from '../../shared/Timeline.tsx';
import { tacticList } from './IncidentState.tsx';

const icons: Record<Incident['activities'][number]['kind'], ReactElement> = {
  created: <AddCircleRegular />,
  alertAdded: <ShieldErrorRegular />,
  changed: <EditRegular />,
  comment: <CommentRegular />,
  merged: <MergeRegular />,
};

/** What was seen (each alert at its first activity) and what was done about it, in one downward line. */
export function timelineOf(incident: Incident): readonly TimelineItem[] {
  const seen = incident.alerts.map((alert): TimelineItem => ({
    id: alert.systemAlertId,
    at: alert.startTime,
    icon: <SeverityIcon severity={alert.severity} />,
    title: (
      <TextLink
        to="/incidents/$number"
        params={{ number: String(incident.number) }}
        search={{ tab: 'alerts', alert: alert.systemAlertId }}
      >
        {visible(alert.alertName)}
      </TextLink>
    ),
    body: [
      tacticList(alert.tactics),
      visible(
        alert.entities
          .slice(0, 4)
          .map((entity) => entity.name)
          .join(', '),
      ),
      alert.entities.length > 4 ? plural(alert.entities.length - 4, 'other entity', 'other entities') : '',
    ]
      .filter((part) => part !== '')
      .join(' · '),
  }));
  const done = incident.activities.map((activity, index): TimelineItem => ({
    id: `activity-${index}`,
    at: activity.at,
    icon: icons[activity.kind],
    title: visible(activity.text, { lines: true }),
    body: visible(activity.by),
  }));
  return [...seen, ...done].toSorted((a, b) => a.at.localeCompare(b.at));
}

export const TimelineTab = ({ incident }: { incident: Incident }): ReactElement => (
  <Section title="Timeline" card>
    <Timeline label="Timeline of the incident" items={timelineOf(incident)} />
  </Section>
);
