import { describe, expect, it } from 'vitest';
import { parseRule } from '../rules/index.ts';
import { allWindows, segmentsIn, windowsWithNews } from './windows.ts';

const rule = (frequency: string, period: string) =>
  parseRule(`id: r\nname: n\nseverity: Low\nquery: T\nqueryFrequency: ${frequency}\nqueryPeriod: ${period}`, 'r').rule!;
const bin = (minute: number, ...segments: string[]) => ({ at: minute * 60, segments });
const ends = (windows: readonly { to: Date }[]) => windows.map((w) => w.to.getTime() / 60_000);

describe('windows with news', () => {
  it('are those whose newest part has rows, each once', () => {
    expect(ends(windowsWithNews(rule('1h', '1d'), [bin(0), bin(59), bin(60), bin(600)]))).toEqual([60, 120, 660]);
  });
  it('leave out what a rule never looks at', () => {
    expect(ends(windowsWithNews(rule('1h', '10m'), [bin(30), bin(55)]))).toEqual([60]);
  });
  it('cover a minute that two windows share', () => {
    expect(ends(windowsWithNews(rule('90s', '90s'), [bin(1)]))).toEqual([1.5, 3]);
  });
});

it('all windows of a time are those that cover it, the newest if too many', () => {
  const range = { from: new Date(30 * 60_000), to: new Date(150 * 60_000) };
  expect(ends(allWindows(rule('1h', '1h'), range, 100))).toEqual([60, 120, 180]);
  expect(ends(allWindows(rule('1h', '1h'), range, 2))).toEqual([120, 180]);
});

it('segments of a time are those of its minutes', () => {
  const bins = [bin(0, 'a'), bin(5, 'b', 'c'), bin(9, 'd')];
  expect([...segmentsIn(bins, new Date(5 * 60_000 + 30_000), new Date(8 * 60_000))]).toEqual(['b', 'c']);
  expect([...segmentsIn(bins, new Date(0), new Date(9 * 60_000))]).toEqual(['a', 'b', 'c', 'd']);
  expect([...segmentsIn([], new Date(0), new Date(1))]).toEqual([]);
});
