import { z } from 'zod';
import { withStandardColumns, type Column, type TableDefinition } from './catalogue/catalogue.ts';
import { KqlType } from './catalogue/file.ts';
import { tablePlans } from './retention/storage.ts';

/** What users changed of tables, kept in the workspace itself. Of a shipped table `columns` are those that were added to it. */
export const registry = '_sallyport_tables';

export const Entry = z.object({
  custom: z.boolean(),
  /** All of a custom table; those added to a shipped one. */
  columns: z.record(z.string(), KqlType).default({}),
  plan: z.enum(tablePlans).default('Analytics'),
  /** Default: all of `retentionDays`. */
  interactiveDays: z.int().min(1).optional(),
  retentionDays: z.int().min(1),
  /** Members of dynamics that are kept as columns, besides those that ship. */
  promoted: z.array(z.string()).default([]),
  dropped: z.literal(true).optional(),
});
export type Entry = z.infer<typeof Entry>;

/** A shipped column counts more than one that was added before it shipped. */
export const withAdded = ({ columns, custom }: TableDefinition, added: readonly Column[]): readonly Column[] =>
  withStandardColumns([...columns, ...added.filter(({ name }) => !columns.some((c) => c.name === name))], custom);

export const toRecord = (columns: readonly Column[]): Record<string, KqlType> =>
  Object.fromEntries(columns.map(({ name, type }) => [name, type]));

export const fromRecord = (columns: Readonly<Record<string, KqlType>>): Column[] =>
  Object.entries(columns).map(([name, type]) => ({ name, type }));
