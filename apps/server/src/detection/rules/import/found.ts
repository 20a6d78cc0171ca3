import type { Problem } from '../parse.ts';
import type { AnalyticsRule } from '../rule.ts';
import type { Json } from './arm-expressions.ts';

/** A rule found in a file of another form, as the fields of Sentinel's YAML. */
export interface FoundRule {
  readonly fields: { readonly [name: string]: Json };
  /** A text by which its place in the file is found. */
  readonly at: string;
  readonly warnings: readonly string[];
}

export interface FoundProblem {
  readonly at: string;
  readonly message: string;
}

/** A rule, or of Sigma a text with several, ready to be kept. */
export interface ReadRule {
  /** What it is kept by. */
  readonly id: string;
  readonly form: 'sentinel' | 'arm' | 'defender' | 'sigma';
  readonly path: string;
  readonly line: number;
  /** As it will be kept. */
  readonly text: string;
  readonly rules: readonly AnalyticsRule[];
  readonly warnings: readonly Problem[];
}
