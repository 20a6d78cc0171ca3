import type { RowObject } from './outbox/types.ts';
import type { Lake } from '@sallyport/lake';
import type { AuditLog } from './audit/types.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/index.ts';
import type { Database } from './database/types.ts';
import type { Jobs } from './jobs/types.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { RowSink } from './outbox/types.ts';
import type { Sealing } from './sealing.ts';
import type { Tracing } from './tracing.ts';
import type { Work } from './work.ts';
import type { Workspaces } from './workspaces/index.ts';

/**
 * What every domain stands on. `createServer` makes one; `withEphemeralPlatform` makes one on throw-away engines for tests and replay.
 * A domain takes it as the first argument of its `create…` function and holds no global state.
 */
export interface Platform {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** State: people, sessions, rules' runs, incidents, audit. */
  readonly database: Database;
  /** Rows. Bound to the first workspace. */
  readonly lake: Lake;
  /** The first and the others. */
  readonly workspaces: Workspaces;
  /** Where acknowledged rows wait for the engine. */
  readonly spool: SpoolPlace;
  /** Rows of our own making on their way to the lake, exactly once, committed with the state they tell of. */
  readonly outbox: RowSink;
  readonly audit: AuditLog;
  /** Encrypts secrets before they go to the database. */
  readonly sealing: Sealing;
  readonly jobs: Jobs;
  /** What is done by itself, and as whom. */
  readonly work: Work;
}

export interface SpoolPlace {
  readonly folder: string;
  /** Group that must be able to read its files, when the embedded engine runs as another user than the server. */
  readonly groupId: number | undefined;
}

/** What a domain's `create…` function answers. `start` runs after all domains exist; `stop` in reverse order. */
export interface Domain<H> {
  readonly handlers: H;
  start?(): Promise<void>;
  stop?(): Promise<void>;
}

export type { RowObject };
