import type { IngestPolicy } from '@sallyport/contracts';

export type { IngestPolicy };

/** The policies that are in force. */
export interface Policies {
  /** Another number when a policy has changed. */
  readonly version: number;
  of(table: string): IngestPolicy | undefined;
}

export const noPolicies: Policies = { version: 0, of: () => undefined };

/** Where what was dropped is counted. */
export const savingsTable = 'IngestionSavings_CL';

/** How many rows a row of a sampled table stands for, as Application Insights names it. */
export const itemCountColumn = { name: 'ItemCount', type: 'int' } as const;
