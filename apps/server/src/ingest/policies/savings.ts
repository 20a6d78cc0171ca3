import type { Lake } from '@sallyport/lake';
import { z } from 'zod';
import { savingsTable } from './policy.ts';

/** Rows that were not stored, and what they would have taken uncompressed. */
export interface Saving {
  readonly reason: 'filter' | 'sample' | 'duplicate';
  readonly rows: number;
  readonly bytes: number;
}

const SavingRow = z.tuple([z.enum(['filter', 'sample', 'duplicate']), z.number(), z.number()]);
const TableRow = z.tuple([z.string(), z.number(), z.number()]);

async function sums(lake: Lake, where: string, params: Readonly<Record<string, unknown>>): Promise<Saving[]> {
  const { rows } = await lake.query(
    `SELECT Reason, sum(Rows), sum(Bytes) FROM ${savingsTable} WHERE ${where} GROUP BY Reason ORDER BY Reason`,
    { operation: 'data', tables: [savingsTable], params },
  );
  return rows.map((row) => {
    const [reason, count, bytes] = SavingRow.parse(row);
    return { reason, rows: count, bytes };
  });
}

/** What a segment did not store. */
export const savingsOf = (lake: Lake, segmentId: string): Promise<Saving[]> =>
  sums(lake, `_SegmentId = {id:String}`, { id: segmentId });

/** What a table did not store in the last days. */
export const savingsOfTable = (lake: Lake, table: string, days: number): Promise<Saving[]> =>
  sums(lake, `TableName = {table:String} AND TimeGenerated >= now64(7) - toIntervalDay({days:UInt16})`, {
    table,
    days,
  });

/** What tables did not store in the last day, by name. */
export async function savingsLastDay(lake: Lake): Promise<ReadonlyMap<string, Omit<Saving, 'reason'>>> {
  const { rows } = await lake.query(
    `SELECT TableName, sum(Rows), sum(Bytes) FROM ${savingsTable} WHERE TimeGenerated >= now64(7) - toIntervalDay(1) GROUP BY TableName`,
    { operation: 'data', tables: [savingsTable] },
  );
  return new Map(
    rows.map((row) => {
      const [table, count, bytes] = TableRow.parse(row);
      return [table, { rows: count, bytes }];
    }),
  );
}
