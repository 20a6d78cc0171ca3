import { describe, expect, it } from 'vitest';
import { dueWindows } from './due.ts';

const at = (text: string) => new Date(`2026-01-${text}:00Z`);
const hourly = { kind: 'Scheduled', queryFrequency: 3_600, queryPeriod: 7_200 } as const;

describe('due windows', () => {
  it('end five minutes ago, on the hour', () => {
    expect(dueWindows(hourly, at('02T09:00'), at('02T10:04')).windows).toEqual([]);
    expect(dueWindows(hourly, at('02T09:00'), at('02T10:05'))).toEqual({
      windows: [{ from: at('02T08:00'), to: at('02T10:00') }],
      scheduledTo: at('02T10:00'),
    });
  });
  it('begin with the newest when a rule is new', () => {
    expect(dueWindows(hourly, null, at('02T10:30')).windows).toEqual([{ from: at('02T08:00'), to: at('02T10:00') }]);
  });
  it('are made up for once each after a downtime', () => {
    const due = dueWindows(hourly, at('02T06:00'), at('02T10:30'));
    expect(due.windows.map((w) => w.to)).toEqual([at('02T07:00'), at('02T08:00'), at('02T09:00'), at('02T10:00')]);
    expect(due.skipped).toBeUndefined();
    expect(dueWindows(hourly, due.scheduledTo, at('02T10:30')).windows).toEqual([]);
  });
  it('are not made up for beyond a day or a hundred, and it says so', () => {
    const long = dueWindows(hourly, at('02T06:00'), at('09T10:30'));
    expect(long.windows).toHaveLength(23);
    expect(long.skipped).toMatch(/^149 windows between 2026-01-02T06:00:00.000Z and /);
    const often = dueWindows(
      { kind: 'Scheduled', queryFrequency: 300, queryPeriod: 300 },
      at('02T00:00'),
      at('02T23:00'),
    );
    expect(often.windows).toHaveLength(100);
    expect(often.windows.at(-1)?.to).toEqual(at('02T22:55'));
  });
  it('of a rule that runs each fortnight are not forgotten', () => {
    const rare = { kind: 'Scheduled', queryFrequency: 14 * 86_400, queryPeriod: 14 * 86_400 } as const;
    expect(dueWindows(rare, at('01T00:00'), new Date('2026-03-01T00:00:00Z')).windows).toHaveLength(1);
  });
  it('of an NRT rule are what arrived since, as one', () => {
    const nrt = { kind: 'NRT', queryFrequency: 60, queryPeriod: 60 } as const;
    expect(dueWindows(nrt, at('02T10:00'), at('02T10:03')).windows).toEqual([
      { from: at('02T10:00'), to: at('02T10:01') },
    ]);
    expect(dueWindows(nrt, at('02T07:00'), at('02T10:02')).windows).toEqual([
      { from: at('02T07:00'), to: at('02T10:00') },
    ]);
    expect(dueWindows(nrt, at('02T07:00'), at('05T10:02')).skipped).toContain('was not looked at');
  });
});
