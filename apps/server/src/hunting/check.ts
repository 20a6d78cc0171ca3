import type { QueryFault } from '@sallyport/contracts';
import { KqlError, type Kql } from '@sallyport/kql';
import type { External } from './external/index.ts';

export interface Checker {
  readonly kql: Kql;
  readonly external: Pick<External, 'withoutRows'>;
}

/** Most faults told of one query. */
const faultsMax = 50;

/**
 * What keeps a query from running here, found without running it: what Microsoft's binder refuses, and what it takes and our engine does not.
 * Columns that only the data knows count as there.
 */
export function faultsOf(
  { kql, external }: Checker,
  text: string,
  options: { now: Date; database: string },
): QueryFault[] {
  const answers = external.withoutRows(text);
  try {
    kql.compile(text, { ...options, ...(answers ? { external: answers } : {}), noData: true });
    return [];
  } catch (error) {
    if (!(error instanceof KqlError)) throw error;
    return [error, ...error.others]
      .slice(0, faultsMax)
      .map(({ code, message, span }) => ({ code, message, start: span.start, end: span.end }));
  }
}
