import { SallyportError } from '@sallyport/contracts';
import type { FailureClass } from '../store.ts';

/**
 * Whether trying again can help. Permanent: the rule itself, or what it reads, is wrong until somebody changes it. All else, a query that took too long above all, may pass.
 * https://learn.microsoft.com/azure/sentinel/troubleshoot-analytics-rules
 */
export const classOf = (error: SallyportError): FailureClass => (permanent.has(error.code) ? 'permanent' : 'transient');

const permanent: ReadonlySet<SallyportError['code']> = new Set(['InvalidQuery', 'BadRequest', 'NotFound', 'Forbidden']);

/** What to do about a failure, for people. */
export function adviceOf(failure: FailureClass, error: string): string {
  if (failure === 'permanent')
    return /\bFailed to resolve (?:table|scalar|column)|not found|does not (?:refer|exist)|unknown/i.test(error)
      ? 'A table, column or function that the query names is not there. Bring its data, or change the query, then switch the rule on again.'
      : 'The query is wrong as it stands. Edit the rule so that its query runs, then switch it on again.';
  return /limit|longer|time|memory|rows/i.test(error)
    ? 'The query takes too much. Let it look back less, filter earlier, or run less often. It is tried again meanwhile, with growing pauses.'
    : 'It is tried again, with growing pauses. When it goes on, look whether the lake answers (System, Health).';
}
