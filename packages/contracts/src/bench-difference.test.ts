import { expect, test } from 'vitest';
import { compareReports, isWorse } from './bench-difference.ts';
import type { BenchItem, BenchReport } from './routes/test-bench.ts';

const report = (outcomes: Readonly<Record<string, BenchItem['outcome']>>): BenchReport => {
  const items = Object.entries(outcomes).map(([id, outcome]): BenchItem => ({
    id,
    outcome,
    expect: outcome === 'hit' || outcome === 'missed' ? 'attack' : 'quiet',
    sources: [],
    rows: 1,
    unparsed: 0,
    fired: [],
  }));
  const set = { name: 's', form: 'attacks', files: items.length, unlabelled: 0, attacks: 0, hit: 0, missed: [] };
  const rest = { quiet: 0, noise: [], alerts: 0, days: 0, alertsPerDay: 0, items };
  return { at: '2026-01-01T00:00:00.000Z', rules: 1, sets: [{ ...set, ...rest }], problems: [], seconds: 1 };
};

test('what turned, what came and what went', () => {
  const [difference] = compareReports(
    report({ a: 'missed', b: 'hit', c: 'quiet', d: 'noise', e: 'hit', gone: 'hit' }),
    report({ a: 'hit', b: 'missed', c: 'noise', d: 'quiet', e: 'hit', more: 'missed' }),
  );
  expect(difference).toEqual({
    name: 's',
    newlyHit: ['a'],
    newlyMissed: ['b'],
    newNoise: ['c'],
    noiseGone: ['d'],
    added: ['more'],
    removed: ['gone'],
  });
});

test('only what was right and is wrong makes a run worse', () => {
  const worse = (before: BenchReport, after: BenchReport) => compareReports(before, after).some(isWorse);
  expect(worse(report({ a: 'missed', d: 'noise' }), report({ a: 'hit', d: 'quiet', e: 'missed' }))).toBe(false);
  expect(worse(report({ a: 'hit' }), report({ a: 'missed' }))).toBe(true);
  expect(worse(report({ a: 'quiet' }), report({ a: 'noise' }))).toBe(true);
});
