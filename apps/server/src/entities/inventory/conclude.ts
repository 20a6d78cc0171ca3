import { kqlTime, withLets } from '../content/kql.ts';
import { lockInventory } from './merge.ts';
import { publish, publishMerged } from './publish.ts';
import { ask, limits, type Parts } from './refresh.ts';
import { systemPrincipal } from '../../platform/principal.ts';

/** Reference 04: entities are kept 180 days. */
const keptDays = 180;
/** Entities of one kind; those seen last stay. */
export const keptMax = 200_000;
const forgottenAtOnce = 5_000;

/** Works out criticality and risk of everything anew, by the queries of `content/entities/any`. Answers how many entities have either. */
export async function conclude(parts: Parts): Promise<{ critical: number; risky: number }> {
  const { clock, database, outbox } = parts.platform;
  const now = clock.now();
  const { criticality, risk } = parts.content;
  const told = async (query: string, who: string): Promise<string | undefined> =>
    (await ask(parts, withLets({ windowEnd: kqlTime(now) }, query), now, who))?.rows;
  const levels = await told(criticality.query, 'entities: criticality');
  const scores = await told(risk.query, 'entities: risk');
  return database.transaction(async (tx) => {
    await lockInventory(tx);
    // What could not be asked stays as it was.
    const critical =
      levels === undefined
        ? 0
        : await tx.execute(
            `WITH told AS (SELECT DISTINCT ON (id) id, level, left(reason, 500) AS reason FROM jsonb_to_recordset($1::jsonb) AS x(id text, level smallint, reason text) ORDER BY id, level DESC)
       UPDATE inventory i SET criticality_concluded = coalesce(t.level, 0), criticality_reason = coalesce(t.reason, ''), published_at = NULL
       FROM inventory o LEFT JOIN told t ON t.id = o.id
       WHERE o.id = i.id AND (o.criticality_concluded <> coalesce(t.level, 0) OR o.criticality_reason <> coalesce(t.reason, ''))`,
            [levels],
          );
    const risky =
      scores === undefined
        ? 0
        : await tx.execute(
            `WITH told AS (SELECT DISTINCT ON (id) id, score, reasons FROM jsonb_to_recordset($1::jsonb) AS x(id text, score smallint, reasons jsonb) ORDER BY id, score DESC)
       UPDATE inventory i SET risk_score = coalesce(t.score, 0), risk_reasons = coalesce(t.reasons, '[]'), published_at = CASE WHEN o.risk_score <> coalesce(t.score, 0) THEN NULL ELSE o.published_at END
       FROM inventory o LEFT JOIN told t ON t.id = o.id
       WHERE o.id = i.id AND (o.risk_score <> coalesce(t.score, 0) OR o.risk_reasons <> coalesce(t.reasons, '[]'))`,
            [scores],
          );
    await publish({ outbox }, tx, now);
    return { critical, risky };
  });
}

/** Writes a row of DeviceInfo for devices that logs alone show. Answers how many. */
export async function keepDevices({ platform, queries, content }: Parts): Promise<number> {
  const { clock, lake } = platform;
  const now = clock.now();
  const query = withLets({ windowEnd: kqlTime(now) }, content.devices.query);
  const compiled = queries.compile(query, { now, output: 'engine', as: systemPrincipal('entities') });
  const columns = compiled.columns.map(({ name }) => name);
  const tables = compiled.reads.map(({ table }) => table);
  const segmentId = `entities-devices-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  return lake.insertSelect(content.devices.table, columns, compiled.sql, { segmentId, tables, limits });
}

/** Forgets what has not been seen for 180 days, and of a kind that has too many those seen longest ago; not what a person said something of. Answers how many. */
export async function forget({ platform }: Parts): Promise<number> {
  const { clock, database, outbox } = platform;
  const now = clock.now();
  const before = new Date(now.getTime() - keptDays * 24 * 3_600_000);
  return database.transaction(async (tx) => {
    await lockInventory(tx);
    const gone = await tx.query<{ id: string }>(
      `DELETE FROM inventory WHERE id IN (
         SELECT id FROM (SELECT id, last_seen, row_number() OVER (PARTITION BY kind ORDER BY last_seen DESC) AS place FROM inventory
           WHERE criticality_set IS NULL AND owner IS NULL AND tags = '{}') kept
         WHERE last_seen < $1 OR place > $2 LIMIT $3)
       RETURNING id`,
      [before, keptMax, forgottenAtOnce],
    );
    await publishMerged(
      { outbox },
      tx,
      gone.map(({ id }) => ({ loser: id, survivor: '(gone)' })),
      now,
    );
    return gone.length;
  });
}
