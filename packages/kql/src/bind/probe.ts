import type { Span } from '../errors.ts';
import type { Rel } from '../plan/plan.ts';
import type { ToldColumn } from './plugins.ts';

/** Questions to the engine before a query is compiled to its end. */

/** Rows of a probe: cells as the contracts' `Cell`. */
export type ProbeRows = readonly (readonly unknown[])[];
/** Answers a probe, or throws when it is not answered yet. */
export type AnswerProbe = (rel: Rel, maxRows: number, what: string, span: Span, now?: bigint) => ProbeRows;

/** The columns of a plugin have come to light: the library must analyse the text again with them. Caught in `compile.ts`. */
export class ColumnsKnown extends Error {
  readonly key: string;
  readonly columns: readonly ToldColumn[];
  constructor(key: string, columns: readonly ToldColumn[]) {
    super('the columns of a plugin have come to light');
    this.key = key;
    this.columns = columns;
  }
}
