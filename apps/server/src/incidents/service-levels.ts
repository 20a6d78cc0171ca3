import { Severity, serviceLevelStages, type ServiceLevels, type ServiceLevelStage } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import { stageColumns } from './list-filter.ts';

interface LevelRow {
  readonly severity: Severity;
  readonly triage_minutes: number | null;
  readonly acknowledge_minutes: number | null;
  readonly close_minutes: number | null;
}

const targetColumns = {
  triage: 'triage_minutes',
  acknowledge: 'acknowledge_minutes',
  close: 'close_minutes',
} as const satisfies Record<ServiceLevelStage, keyof LevelRow>;
const none = { triage: null, acknowledge: null, close: null };

export async function serviceLevels(db: Queryable): Promise<ServiceLevels> {
  const rows = await db.query<LevelRow>('SELECT * FROM service_levels');
  const levels: ServiceLevels = { High: none, Medium: none, Low: none, Informational: none };
  for (const row of rows)
    levels[row.severity] = {
      triage: row.triage_minutes,
      acknowledge: row.acknowledge_minutes,
      close: row.close_minutes,
    };
  return levels;
}

export async function setServiceLevels(db: Queryable, levels: ServiceLevels): Promise<void> {
  for (const severity of Severity.options) {
    const { triage, acknowledge, close } = levels[severity];
    await db.execute(
      `INSERT INTO service_levels VALUES ($1, $2, $3, $4) ON CONFLICT (severity) DO UPDATE
       SET triage_minutes = excluded.triage_minutes, acknowledge_minutes = excluded.acknowledge_minutes, close_minutes = excluded.close_minutes`,
      [severity, triage, acknowledge, close],
    );
  }
}

/** Breaches older than this when they are first seen are told of no more: targets that were just made, or a server that was off for long. */
const tellWithinMs = 24 * 3_600_000;
const breachesMax = 1_000;

/** Makes an event of each breach that has come since; each stage of an incident is told once. Answers how many. */
export async function tellBreaches(tx: Queryable, now: Date): Promise<number> {
  let told = 0;
  for (const stage of serviceLevelStages)
    told += await tx.execute(
      `WITH due AS (
         SELECT i.number, i.title, i.created_at + l.${targetColumns[stage]} * interval '1 minute' AS due_at
         FROM incidents i JOIN service_levels l ON l.severity = i.severity
         WHERE i.status <> 'Closed' AND i.redirected_to IS NULL AND i.${stageColumns[stage]} IS NULL
           AND i.created_at + l.${targetColumns[stage]} * interval '1 minute' BETWEEN $1::timestamptz - $2::double precision * interval '1 millisecond' AND $1
           AND NOT EXISTS (SELECT 1 FROM service_level_breaches b WHERE b.incident_number = i.number AND b.stage = $3)
         ORDER BY i.number LIMIT $4
       ), noted AS (
         INSERT INTO service_level_breaches (incident_number, stage, due_at, told_at) SELECT number, $3, due_at, $1 FROM due
         ON CONFLICT DO NOTHING RETURNING incident_number
       )
       INSERT INTO work_events (subject, number, at, by, kind, text)
       SELECT 'incident', number, $1, 'Sallyport', 'serviceLevelBreached', $5 || title FROM due
       WHERE number IN (SELECT incident_number FROM noted)`,
      [now, tellWithinMs, stage, breachesMax, `${stageWords[stage]} is late: `],
    );
  return told;
}

const stageWords = { triage: 'Triage', acknowledge: 'Acknowledging', close: 'Closing' } as const;
