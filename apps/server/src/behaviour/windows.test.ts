import { expect, it } from 'vitest';
import { explanationKql } from './query.ts';
import { dueWindows, endsDay } from './windows.ts';

const at = (text: string): Date => new Date(`${text}Z`);
const spans = (...args: Parameters<typeof dueWindows>): string[] =>
  dueWindows(...args).map(({ from, to, grain, judged }) =>
    [from.toISOString().slice(5, 13), to.toISOString().slice(5, 13), grain, judged ? 'judged' : 'learned'].join(' '),
  );

it('an hour is due ten minutes after its end', () => {
  const done = at('2026-03-20T09:00:00');
  expect(spans(done, done, at('2026-03-20T10:09:59'), 9)).toEqual([]);
  expect(spans(done, done, at('2026-03-20T10:10:00'), 9)).toEqual(['03-20T09 03-20T10 hour judged']);
});

it('whole days come first while behind, then the hours of today', () => {
  expect(spans(at('2026-03-17T22:00:00'), at('2026-03-19T00:00:00'), at('2026-03-20T02:30:00'), 99)).toEqual([
    '03-17T22 03-17T23 hour learned',
    '03-17T23 03-18T00 hour learned',
    '03-18T00 03-19T00 day learned',
    '03-19T00 03-20T00 day judged',
    '03-20T00 03-20T01 hour judged',
    '03-20T01 03-20T02 hour judged',
  ]);
});

it('at most 30 days are made up for, and so many windows at once', () => {
  const [long, week] = [at('2025-01-01T00:00:00'), at('2026-03-13T00:00:00')];
  const all = dueWindows(long, week, at('2026-03-20T00:10:00'), 99);
  expect(all).toHaveLength(30);
  expect(all.filter(({ judged }) => judged)).toHaveLength(7);
  expect(dueWindows(long, week, at('2026-03-20T00:10:00'), 5)).toHaveLength(5);
});

it('a day that was learned by hours ends with its last one', () => {
  const [hour] = dueWindows(at('2026-03-19T23:00:00'), at('2026-03-19T00:00:00'), at('2026-03-20T00:10:00'), 9);
  expect(hour && endsDay(hour)).toBe(true);
  const [day] = dueWindows(at('2026-03-19T00:00:00'), at('2026-03-19T00:00:00'), at('2026-03-20T00:10:00'), 9);
  expect(day && endsDay(day)).toBe(false);
});

it('an explanation is KQL over columns, whatever its text', () => {
  expect(explanationKql("{User} isn't at {Place}, \\ as before")).toMatch(
    /^strcat\(\S+tostring\(User\).*, ' isn\\'t at ', \S+tostring\(Place\).*, ', \\\\ as before'\)$/,
  );
});
