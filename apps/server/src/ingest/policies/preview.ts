import { SallyportError, type PolicyPreview } from '@sallyport/contracts';
import { sqlName, type Lake, type TableDefinition } from '@sallyport/lake';
import { z } from 'zod';
import { compilePolicy, PolicyError } from './compiled.ts';
import type { IngestPolicy } from './policy.ts';
import type { Saving } from './savings.ts';

/** Rows of a busy table that are looked at: the newest. */
const rowsMax = 2_000_000;

const Row = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]);

/** Throws SallyportError BadRequest naming the part of the policy. */
export function checkPolicy(policy: IngestPolicy, table: TableDefinition, now: Date): void {
  try {
    compilePolicy(policy, table, table.columns, now);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new SallyportError('BadRequest', error.message, { target: `body.${error.part}` });
  }
}

/** Counts in the engine what the policy would drop of the last day's rows. Throws SallyportError BadRequest, and as queries do. */
export async function previewPolicy(
  lake: Lake,
  policy: IngestPolicy,
  table: TableDefinition,
  now: Date,
): Promise<PolicyPreview> {
  checkPolicy(policy, table, now);
  const { judged, key } = compilePolicy(policy, table, table.columns, now);
  const cells = table.columns.map((c) => sqlName(c.name)).join(', ');
  const arrived = `(SELECT ${cells} FROM ${sqlName(table.name)} WHERE _IngestedAt >= now64(7) - toIntervalDay(1) ORDER BY _IngestedAt DESC LIMIT ${rowsMax})`;
  const repeats = key === undefined ? '0' : `countIf(f AND s) - uniqExactIf(k, f AND s)`;
  const sql =
    `SELECT count() AS n, sum(b), countIf(NOT f) AS nf, sumIf(b, NOT f), countIf(f AND NOT s) AS ns, sumIf(b, f AND NOT s), toInt64(${repeats}) AS nd,` +
    ` if(n = nf + ns, 0, sumIf(b, f AND s) / (n - nf - ns) * nd) FROM (` +
    `SELECT ifNull(_Filter, false) AS f, ifNull(_Sample, false) AS s, byteSize(${cells}) AS b, ${key ?? '0'} AS k FROM (${judged(arrived)}))`;
  const answer = await lake.query(sql, { operation: 'preview', tables: [table.name], limits: { seconds: 60 } });
  const [rows, bytes, filtered, filteredBytes, sampled, sampledBytes, duplicates, duplicateBytes] = Row.parse(
    answer.rows[0],
  );
  const size = (await lake.tableInfo()).find(({ name }) => name === table.name);
  const bytesOnDisk = size === undefined || size.rows === 0 ? 0 : Math.round((size.bytesOnDisk * rows) / size.rows);
  const all: readonly Saving[] = [
    { reason: 'filter', rows: filtered, bytes: filteredBytes },
    { reason: 'sample', rows: sampled, bytes: sampledBytes },
    { reason: 'duplicate', rows: duplicates, bytes: Math.round(duplicateBytes) },
  ];
  const dropped = all.filter((saving) => saving.rows > 0);
  const share = bytes === 0 ? 0 : dropped.reduce((sum, saving) => sum + saving.bytes, 0) / bytes;
  return { rows, bytesOnDisk, dropped, bytesOnDiskSaved: Math.round(bytesOnDisk * share) };
}
