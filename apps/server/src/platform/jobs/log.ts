import type { DLogger } from '@dbos-inc/dbos-sdk';
import type { Log } from '../log.ts';

/** DBOS's log as part of ours. What it calls info is about itself: debug to us. */
export function dbosLogger(log: Log): DLogger {
  const own = log.child({ part: 'jobs' });
  return {
    debug: (entry) => own.trace(String(entry)),
    info: (entry) => own.debug(String(entry)),
    warn: (entry) => own.warn(String(entry)),
    error: (entry, metadata) => own.error({ err: metadata?.error }, String(entry)),
  };
}
