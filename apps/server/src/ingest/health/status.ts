import type { DoorHours } from './queries.ts';

/** What SentinelHealth says of a source or a door. */
export interface HealthStatus {
  readonly status: 'Success' | 'Failure';
  /** A code; empty for success. */
  readonly reason: string;
  readonly description: string;
}

/** Lines that no source can read: from so many on, and at this share of all, something is wrong with the source. */
const refusedRowsMin = 5;
const refusedShareMax = 0.05;
/** The same of calls to a door; a scanner's few are no news. */
const refusedCallsMin = 5;
const refusedCallsShareMax = 0.1;

const percent = (share: number): string => `${Math.round(share * 1_000) / 10} %`;

/** Of a stream, by what it brought lately. */
export function streamStatus({ rows, refused }: { readonly rows: number; readonly refused: number }): HealthStatus {
  const share = refused / (rows + refused);
  if (refused < refusedRowsMin || !(share > refusedShareMax))
    return { status: 'Success', reason: '', description: 'rows are stored' };
  const description = `${refused} of ${rows + refused} lines could not be read (${percent(share)}); they are in DCRLogErrors`;
  return { status: 'Failure', reason: 'LinesRefused', description };
}

/** Of a door, by what it did lately. */
export function doorStatus({ calls, rows, reasons }: Pick<DoorHours, 'calls' | 'rows' | 'reasons'>): HealthStatus {
  const of = (kind: string) => reasons.filter((reason) => reason.kind === kind && reason.count > 0);
  const sum = (some: readonly { readonly count: number }[]): number =>
    some.reduce((total, { count }) => total + count, 0);
  const dropped = of('dropped');
  if (dropped.length > 0)
    return {
      status: 'Failure',
      reason: 'DatagramsDropped',
      description: `${sum(dropped)} datagrams were lost (${dropped.map(({ reason, count }) => `${reason} ${count}`).join(', ')})`,
    };
  const refused = of('refused');
  const [most] = refused;
  const full = refused.find(({ reason }) => reason === 'SpoolFull');
  if (full !== undefined)
    return { status: 'Failure', reason: 'SpoolFull', description: `the spool had no room for ${full.count} calls` };
  // A connection may bring any number of lines: its refusals are set against what came at all.
  const all = sum(refused);
  if (
    most !== undefined &&
    all >= refusedCallsMin &&
    all / (all + Math.max(calls, Math.min(rows, 1))) > refusedCallsShareMax
  )
    return {
      status: 'Failure',
      reason: most.reason,
      description: `${all} calls or connections were refused (${refused.map(({ reason, count }) => `${reason} ${count}`).join(', ')})`,
    };
  return { status: 'Success', reason: '', description: 'calls are taken' };
}
