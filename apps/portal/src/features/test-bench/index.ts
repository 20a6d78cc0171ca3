import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

export const outcomes = ['missed', 'noise', 'hit', 'quiet', 'changed'] as const;
export type Shown = (typeof outcomes)[number];

const Bench = z.object({
  run: textOf(36),
  against: textOf(36),
  set: textOf(500),
  show: oneOf(outcomes),
  selected: textOf(2_000),
});
export type TestBenchSearch = Partial<z.infer<typeof Bench>>;
export const testBenchSearch = (raw: Record<string, unknown>): TestBenchSearch => Bench.parse(raw);
