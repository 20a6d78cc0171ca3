import type { Expr, Field, FieldType, Rel } from './plan.ts';

/** A step of `scan`. Its expressions read columns of the row, and what steps remember under the names of `memory`. */
export interface ScanStep {
  readonly condition: Expr;
  readonly output: 'all' | 'last' | 'none';
  /** One for each of the node's `assigned` columns: its value when a row meets the step. */
  readonly values: readonly Expr[];
}

/** What `step.column` reads: the column as it was when a row last met that step. */
export interface ScanMemory {
  readonly name: string;
  /** Of the step that remembers, from 0. */
  readonly step: number;
  readonly column: string;
  readonly type: FieldType;
  /** What it is before any row has met the step. */
  readonly initial: Expr;
}

/** A machine of steps over rows in their order. Gives one row for each row and step that it meets. */
export interface Scan {
  readonly kind: 'scan';
  readonly input: Rel;
  /** Columns whose values keep rows apart: each has a machine of its own. */
  readonly partitionBy: readonly string[];
  /** A column of the input that numbers its rows from 1 within each part. */
  readonly rank: string;
  readonly steps: readonly ScanStep[];
  /** Columns of the input whose values steps replace. */
  readonly assigned: readonly Field[];
  readonly memory: readonly ScanMemory[];
  /** The column of the number of the sequence, from 0. */
  readonly matchId: string | undefined;
  /** The column of the place among the rows that one row of the input gives. */
  readonly position: string;
}
