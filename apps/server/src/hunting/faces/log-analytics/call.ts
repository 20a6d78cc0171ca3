import type { RequestContext } from '../../../platform/http/index.ts';

/** One query of a client, alone or in a batch. */
export interface LogsCall {
  readonly query: string;
  readonly timespan?: string | null | undefined;
  /** A second one, in the address: both hold. */
  readonly addressTimespan?: string | undefined;
  readonly workspaces?: readonly string[] | null | undefined;
  readonly prefer: string | undefined;
  readonly client: string;
  readonly target: string;
  /** Only rows that this resource has sent. */
  readonly resource?: string;
}

/** An answer that is ready to go: text, or pieces. */
export type LogsAnswer = string | AsyncIterable<string | Buffer>;

export type RunLogsQuery = (context: RequestContext, workspaceId: string, call: LogsCall) => Promise<LogsAnswer>;
