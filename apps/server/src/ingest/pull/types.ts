import type { ConnectorKind, ConnectorSettings } from '@sallyport/contracts';
import type { Clock } from '../../platform/clock.ts';
import type { Outbound, TokenCache } from '../../platform/outbound/index.ts';
import type { Arrival } from '../doors/arrivals.ts';
import type { Source } from '../sources/load.ts';

/** What a kind works with, beside its settings. */
export interface PullServices {
  readonly clock: Clock;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly outbound: Outbound;
  /** PEM of further authorities that servers' certificates may be by. */
  readonly authorities: readonly string[];
  readonly tokens: TokenCache;
  /** Folders of this machine that files may be read in. */
  readonly folders: readonly string[];
  /** Of this machine. */
  readonly computer: string;
  /** Sources by which lines are recognised. */
  readonly sources: () => readonly Source[];
}

export interface PollContext<K extends ConnectorKind = ConnectorKind> {
  readonly settings: ConnectorSettings<K>;
  readonly secrets: Readonly<Record<string, string>>;
  /** What the last page left; undefined at the start. Of an older version perhaps: the kind parses it. */
  readonly checkpoint: unknown;
  readonly createdAt: Date;
  readonly services: PullServices;
  /** A folder that is removed when the poll has ended. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Nothing is stored: what the source keeps for who reads it has to stay as it is. */
  readonly rehearsal: boolean;
  /** Which of these items were taken before. */
  readonly taken: (items: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** A file that was fetched: whole, as it came. */
export interface FetchedFile {
  readonly path: string;
  /** What rows call it. */
  readonly name: string;
}

/** Something that was taken, by a hash, and the time by which it may be forgotten. */
export interface Item {
  readonly item: string;
  readonly at: Date;
}

/** A bounded amount that is stored at once, and where reading goes on after it. */
export interface Page {
  readonly arrivals?: readonly Arrival[];
  readonly files?: readonly FetchedFile[];
  readonly bytes: number;
  /** Plain JSON. */
  readonly checkpoint: unknown;
  readonly items?: readonly Item[];
  /** Items of before can't come again. */
  readonly forgetBefore?: Date;
  readonly newestAt?: Date;
  /** There is nothing more at the moment. */
  readonly caughtUp: boolean;
  /** What was passed over, and why. */
  readonly note?: string;
}

/** How one kind of source is read. */
export interface Kind<K extends ConnectorKind> {
  /** Says which source it is: when it changes, reading begins anew. */
  identity(settings: ConnectorSettings<K>): string;
  /** Where secrets are sent: when it changes, they have to be given again. */
  destination(settings: ConnectorSettings<K>): string;
  /** Throws SallyportError BadRequest for what the schema can't see: a host or folder that is not allowed, a secret that is missing. */
  check(settings: ConnectorSettings<K>, secrets: Readonly<Record<string, string>>, services: PullServices): void;
  /**
   * Pages after the checkpoint, until there are no more. Each is asked for only when the one before is durable. Throws SallyportError with text that a
   * person can act upon; TooManyRequests with `retryAfterSeconds` where the source says so.
   */
  pages(context: PollContext<K>): AsyncGenerator<Page>;
}
