import { randomUUID } from 'node:crypto';
import { serviceLevelOf, type Handover, type HandoverFacts } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';
import { toSummary } from '../read.ts';
import { serviceLevels } from '../service-levels.ts';
import { toTask, type TaskRow } from '../tasks/store.ts';
import type { IncidentRow } from '../types.ts';

const openMax = 200;
const closedMax = 100;
const tasksMax = 100;
const changesMax = 5;
const notesMax = 50;
const changeCharsMax = 300;
const dayMs = 86_400_000;

const bySeverity = `array_position(ARRAY['High', 'Medium', 'Low', 'Informational'], severity)`;

/** What a shift hands over: what is open, what changed since, what is due within a day. */
export async function handoverFacts(db: Queryable, since: Date, now: Date): Promise<HandoverFacts> {
  const counts = await db.first<{ open: number; unassigned: number; opened: number; closed: number }>(
    `SELECT count(*) FILTER (WHERE status <> 'Closed')::int AS open, count(*) FILTER (WHERE status <> 'Closed' AND owner IS NULL)::int AS unassigned,
       count(*) FILTER (WHERE created_at >= $1)::int AS opened, count(*) FILTER (WHERE closed_at >= $1)::int AS closed
     FROM incidents WHERE redirected_to IS NULL`,
    [since],
  );
  const open = await db.query<IncidentRow>(
    `SELECT * FROM incidents WHERE redirected_to IS NULL AND status <> 'Closed' ORDER BY ${bySeverity}, created_at, number LIMIT $1`,
    [openMax],
  );
  const closed = await db.query<IncidentRow>(
    `SELECT * FROM incidents WHERE redirected_to IS NULL AND closed_at >= $1 ORDER BY ${bySeverity}, closed_at DESC, number LIMIT $2`,
    [since, closedMax],
  );
  const changes = Map.groupBy(
    await db.query<{ number: number; at: Date; by: string; text: string }>(
      `SELECT number, at, by, text FROM (
         SELECT incident_number AS number, at, by, left(text, $4) AS text, row_number() OVER (PARTITION BY incident_number ORDER BY id DESC) AS place
         FROM incident_activities WHERE incident_number = ANY($1) AND at >= $2 AND kind <> 'created') AS recent
       WHERE place <= $3 ORDER BY number, place`,
      [open.map(({ number }) => number), since, changesMax, changeCharsMax],
    ),
    ({ number }) => number,
  );
  const tasks = await db.query<TaskRow>(
    `SELECT * FROM tasks WHERE status IN ('New', 'InProgress') AND due_at < $1 ORDER BY due_at, id LIMIT $2`,
    [new Date(now.getTime() + dayMs), tasksMax],
  );
  const levels = await serviceLevels(db);
  const summaries = open.map(toSummary);
  return {
    since: since.toISOString(),
    until: now.toISOString(),
    counts: {
      open: counts?.open ?? 0,
      unassigned: counts?.unassigned ?? 0,
      opened: counts?.opened ?? 0,
      closed: counts?.closed ?? 0,
      breached: summaries.filter((one) => serviceLevelOf(one, levels, now)?.state === 'breached').length,
    },
    open: summaries.map((summary) => ({
      ...summary,
      changes: (changes.get(summary.number) ?? []).map(({ at, by, text }) => ({ at: at.toISOString(), by, text })),
    })),
    closed: closed.map(toSummary),
    tasks: tasks.map(toTask),
  };
}

interface HandoverRow {
  readonly id: string;
  readonly at: Date;
  readonly by: string;
  readonly recipients: string[];
  readonly since: Date;
  readonly text: string;
}
const toHandover = (row: HandoverRow): Handover => ({
  id: row.id,
  at: row.at.toISOString(),
  by: row.by,
  to: row.recipients,
  since: row.since.toISOString(),
  text: row.text,
});

export const listHandovers = async (db: Queryable): Promise<Handover[]> =>
  (await db.query<HandoverRow>('SELECT * FROM handovers ORDER BY at DESC, id LIMIT $1', [notesMax])).map(toHandover);

/** Keeps the note; `told` is called in the same transaction, to tell those it is for. */
export async function createHandover(
  { clock, database }: Pick<Platform, 'clock' | 'database'>,
  note: { readonly to: readonly string[]; readonly since: string; readonly text: string },
  by: string,
  told: (handover: Handover, tx: Queryable) => Promise<void>,
): Promise<Handover> {
  return database.transaction(async (tx) => {
    const row: HandoverRow = {
      id: randomUUID(),
      at: clock.now(),
      by,
      recipients: [...new Set(note.to)],
      since: new Date(note.since),
      text: note.text.replaceAll('\0', '\u{FFFD}'),
    };
    await tx.execute('INSERT INTO handovers (id, at, by, recipients, since, text) VALUES ($1, $2, $3, $4, $5, $6)', [
      row.id,
      row.at,
      row.by,
      row.recipients,
      row.since,
      row.text,
    ]);
    const handover = toHandover(row);
    await told(handover, tx);
    return handover;
  });
}
