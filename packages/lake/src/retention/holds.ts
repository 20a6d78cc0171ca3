import { z } from 'zod';
import { sqlString } from '../sql.ts';

/** Rows that nothing may delete until the hold ends. */
export const LegalHold = z.object({
  /** A UUID. */
  id: z.string(),
  name: z.string(),
  reason: z.string(),
  /** Tables by name; `*` for all there are and will be. */
  tables: z.array(z.string()).min(1),
  /** ISO 8601, of TimeGenerated: from, and up to but without. */
  from: z.string().optional(),
  to: z.string().optional(),
  /** KQL condition on a row. */
  filter: z.string().optional(),
  /** `filter` as SQL, by table. */
  conditions: z.record(z.string(), z.string()).default({}),
  createdBy: z.string(),
  createdAt: z.string(),
  /** When it ends by itself. */
  until: z.string().optional(),
  liftedBy: z.string().optional(),
  liftedAt: z.string().optional(),
});
export type LegalHold = z.infer<typeof LegalHold>;

/** What a hold of every table names. */
export const everyTable = '*';

/** Whether a hold keeps rows at a time. */
export const isActive = (hold: LegalHold, now: Date): boolean =>
  hold.liftedAt === undefined && (hold.until === undefined || Date.parse(hold.until) > now.getTime());

export const covers = (hold: LegalHold, table: string): boolean =>
  hold.tables.includes(everyTable) || hold.tables.includes(table);

const instant = (iso: string): string => `parseDateTime64BestEffort(${sqlString(iso)}, 7, 'UTC')`;

function conditionOf(hold: LegalHold, table: string): string {
  const filter = hold.conditions[table];
  const parts = [
    ...(hold.from === undefined ? [] : [`TimeGenerated >= ${instant(hold.from)}`]),
    ...(hold.to === undefined ? [] : [`TimeGenerated < ${instant(hold.to)}`]),
    ...(filter === undefined ? [] : [`ifNull((${filter}), false)`]),
  ];
  return parts.length === 0 ? 'true' : `(${parts.join(' AND ')})`;
}

/** SQL of a table's rows that holds keep: 'true' for all, undefined when none does. */
export function heldRows(table: string, holds: readonly LegalHold[], now: Date): string | undefined {
  const own = holds.filter((hold) => covers(hold, table) && isActive(hold, now));
  if (own.length === 0) return undefined;
  const conditions = [...new Set(own.map((hold) => conditionOf(hold, table)))].toSorted();
  return conditions.includes('true') ? 'true' : conditions.join(' OR ');
}
