import type { IncidentStory, StoryEvent } from '@sallyport/contracts';
import { describe, expect, it } from 'vitest';
import { binsOf, spanOfEvents, timelineOf } from './timeline.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const alert: IncidentStory['alerts'][number] = {
  id: 'a',
  name: 'Alert',
  ruleId: 'r',
  severity: 'High',
  status: 'New',
  tactics: [],
  techniques: ['T1003'],
  startTime: at(10),
  endTime: at(10),
  entityIds: ['e', 'gone'],
};
const row: StoryEvent = {
  id: 'row',
  at: at(10),
  kind: 'row',
  title: 'ProcessCreated',
  text: '',
  alertIds: ['a'],
  entityIds: ['e'],
  fields: [],
};

describe('the timeline', () => {
  it('lays all sources beside each other, in the order of time', () => {
    const events = timelineOf(
      { alerts: [alert], evidence: [] },
      [
        { at: at(30), by: 'anna', kind: 'comment', text: 'Looked at it' },
        { at: at(20), by: 'Sallyport', kind: 'created', text: 'Created' },
      ],
      [row, { ...row, id: 'odd', kind: 'anomaly', at: at(5) }],
    );
    expect(events.map(({ kind }) => kind)).toEqual(['anomaly', 'row', 'alert', 'change', 'comment']);
    expect(events.at(-1)?.by).toBe('anna');
  });

  it('counts each event of a span in one bin', () => {
    const events = [0, 1, 59, 60].map((minute) => ({
      at: at(minute),
      kind: minute === 1 ? ('alert' as const) : ('row' as const),
    }));
    const span = spanOfEvents(events)!;
    const bins = binsOf(events, span, 6);
    expect(bins.map(({ alerts, others }) => alerts + others)).toEqual([2, 0, 0, 0, 0, 2]);
    expect(bins[0]?.alerts).toBe(1);
    expect(spanOfEvents([])).toBeUndefined();
    expect(spanOfEvents([events[0]!])!.to - Date.parse(at(0))).toBe(60_000);
  });
});
