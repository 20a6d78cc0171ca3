import type { SourceDetail } from '@sallyport/contracts';
import { sqlString, type Lake } from '@sallyport/lake';
import { z } from 'zod';

const driftMax = 100;

const Row = z.tuple([
  z.string(),
  z.string(),
  z.enum(['newField', 'unreadField', 'emptyColumn']),
  z.string(),
  z.number(),
]);

/**
 * What changed in the shape of streams' rows, by the hourly samples in SentinelHealth of the last 14 days: fields that nothing reads (`newField`: first seen in
 * the last day, of a stream that is older), and columns that half of the rows filled in most samples, and none in the newest.
 */
export async function driftOf(lake: Lake, streams: readonly string[], now: Date): Promise<SourceDetail['drift']> {
  const at = `toDateTime64(${sqlString(now.toISOString().replace('T', ' ').replace('Z', ''))}, 3, 'UTC')`;
  const samples = `(SELECT SentinelResourceId AS stream, TimeGenerated AS at, ExtendedProperties AS p FROM SentinelHealth
    WHERE OperationName = 'Schema sample' AND SentinelResourceId IN (${streams.map(sqlString).join(', ')}) AND TimeGenerated > ${at} - INTERVAL 14 DAY)`;
  const unread = `
    SELECT stream, '' AS table, if(first > ${at} - INTERVAL 1 DAY AND began < ${at} - INTERVAL 1 DAY, 'newField', 'unreadField') AS kind, name, first AS since
    FROM (SELECT stream, name, min(at) AS first, max(at) AS last FROM ${samples} ARRAY JOIN JSONExtract(p, 'UnreadFields', 'Array(String)') AS name GROUP BY stream, name) AS f
    INNER JOIN (SELECT stream, min(at) AS began, max(at) AS newest FROM ${samples} WHERE JSONHas(p, 'UnreadFields') GROUP BY stream) AS s USING (stream)
    WHERE last = newest`;
  const empty = `
    SELECT stream, table, 'emptyColumn' AS kind, name, last AS since
    FROM (SELECT stream, JSONExtractString(p, 'DestinationTable') AS table, pair.1 AS name, max(at) AS last, countIf(pair.2 >= 0.5) AS often
          FROM ${samples} ARRAY JOIN JSONExtractKeysAndValues(p, 'Filled', 'Float64') AS pair GROUP BY stream, table, name) AS f
    INNER JOIN (SELECT stream, JSONExtractString(p, 'DestinationTable') AS table, max(at) AS newest, count() AS taken,
            argMax(JSONExtractInt(p, 'Rows'), at) AS rows FROM ${samples} WHERE JSONHas(p, 'Filled') GROUP BY stream, table) AS s USING (stream, table)
    WHERE last < newest AND often * 2 > taken AND rows >= 20`;
  const { rows } = await lake.query(
    `SELECT stream, table, kind, name, toFloat64(toUnixTimestamp64Milli(CAST(since AS DateTime64(3, 'UTC')))) FROM (${unread} UNION ALL ${empty})
     ORDER BY kind, since DESC, stream, name LIMIT ${driftMax}`,
    { operation: 'health', tables: ['SentinelHealth'] },
  );
  return rows.map((row) => {
    const [stream, table, kind, name, since] = Row.parse(row);
    return { stream, table, kind, name, at: new Date(since).toISOString() };
  });
}
