import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

export const measures = ['coverage', 'rules', 'data', 'alerts'] as const;
export type Measure = (typeof measures)[number];

const Matrix = z.object({
  measure: oneOf(measures),
  days: oneOf(['7', '30', '90']),
  search: textOf(200),
  gaps: oneOf(['only']),
  selected: textOf(16),
});
export type CoverageSearch = Partial<z.infer<typeof Matrix>>;
export const coverageSearch = (raw: Record<string, unknown>): CoverageSearch => Matrix.parse(raw);
