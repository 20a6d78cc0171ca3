import type { QueryFault } from '@sallyport/contracts';
import { KqlError, type Kql } from '@sallyport/kql';

/** Most faults told of one query. */
const faultsMax = 50;

/**
 * What keeps a query from running here, found without running it: what Microsoft's binder refuses, and what it takes and our engine does not.
 * Columns that only the data knows count as there.
 */
export function faultsOf(kql: Kql, text: string, options: { now: Date; database: string }): QueryFault[] {
  try {
    kql.compile(text, { ...options, noData: true });
    return [];
  } catch (error) {
    if (!(error instanceof KqlError)) throw error;
    return [error, ...error.others]
      .slice(0, faultsMax)
      .map(({ code, message, span }) => ({ code, message, start: span.start, end: span.end }));
  }
}
