import { createHash, randomUUID } from 'node:crypto';
import { serviceLevelOf, type Handover, type HandoverFacts } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';
import { ofParentWithin } from '../parent.ts';
import { toSummary } from '../read.ts';
import { serviceLevels } from '../service-levels.ts';
import { toTask, type TaskRow } from '../tasks/store.ts';
import type { IncidentRow } from '../types.ts';
import { bindingOnce, incidentWithin, shownOf, type Sight } from '../within.ts';

const openMax = 200;
const closedMax = 100;
const tasksMax = 100;
const changesMax = 5;
const notesMax = 50;
const changeCharsMax = 300;
const dayMs = 86_400_000;

const bySeverity = `array_position(ARRAY['High', 'Medium', 'Low', 'Informational'], severity)`;

/** What a shift hands over, as much of it as `sight` shows: what is open, what changed since, what is due within a day. */
export async function handoverFacts(db: Queryable, since: Date, now: Date, sight: Sight): Promise<HandoverFacts> {
  /** A statement over incidents that are seen; `$1` is what it is given. */
  const seen = <T extends object>(
    given: unknown,
    statement: (within: string, bind: (value: unknown) => string) => string,
  ) => {
    // prettier-ignore
    const values: unknown[] = [given];
    const bind = bindingOnce((value) => `$${values.push(value)}`);
    return db.query<T>(statement(`redirected_to IS NULL AND ${incidentWithin(sight, bind, 'incidents.number')}`, bind), values); // prettier-ignore
  };
  const [counts] = await seen<{ open: number; unassigned: number; opened: number; closed: number }>(
    since,
    (within) =>
      `SELECT count(*) FILTER (WHERE status <> 'Closed')::int AS open, count(*) FILTER (WHERE status <> 'Closed' AND owner IS NULL)::int AS unassigned,
         count(*) FILTER (WHERE created_at >= $1)::int AS opened, count(*) FILTER (WHERE closed_at >= $1)::int AS closed
       FROM incidents WHERE ${within}`,
  );
  const open = await shownOf(
    db,
    sight,
    await seen<IncidentRow>(
      openMax,
      (within) =>
        `SELECT * FROM incidents WHERE status <> 'Closed' AND ${within} ORDER BY ${bySeverity}, created_at, number LIMIT $1`,
    ),
  );
  const closed = await shownOf(
    db,
    sight,
    await seen<IncidentRow>(
      since,
      (within, bind) =>
        `SELECT * FROM incidents WHERE closed_at >= $1 AND ${within} ORDER BY ${bySeverity}, closed_at DESC, number LIMIT ${bind(closedMax)}`,
    ),
  );
  // What was done with an incident tells of all of its alerts.
  const whole = open.filter(({ outside = 0 }) => outside === 0);
  const changes = Map.groupBy(
    await db.query<{ number: number; at: Date; by: string; text: string }>(
      `SELECT number, at, by, text FROM (
         SELECT incident_number AS number, at, by, left(text, $4) AS text, row_number() OVER (PARTITION BY incident_number ORDER BY id DESC) AS place
         FROM incident_activities WHERE incident_number = ANY($1) AND at >= $2 AND kind <> 'created') AS recent
       WHERE place <= $3 ORDER BY number, place`,
      [whole.map(({ number }) => number), since, changesMax, changeCharsMax],
    ),
    ({ number }) => number,
  );
  const due: unknown[] = [new Date(now.getTime() + dayMs), tasksMax];
  const tasks = await db.query<TaskRow>(
    `SELECT * FROM tasks t WHERE status IN ('New', 'InProgress') AND due_at < $1 AND ${ofParentWithin(sight, (value) => `$${due.push(value)}`)}
     ORDER BY due_at, id LIMIT $2`,
    due,
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

/** Of whoever sees everything it is empty. */
const seenBy = ({ scope }: Sight): string => (scope.whole ? '' : createHash('sha256').update(scope.key).digest('hex'));

/** The newest notes. Who sees a part of the data reads those of people who saw the same part: what others wrote tells of more. */
export const listHandovers = async (db: Queryable, sight: Sight): Promise<Handover[]> =>
  (
    await db.query<HandoverRow>('SELECT * FROM handovers WHERE $2 OR seen = $3 ORDER BY at DESC, id LIMIT $1', [
      notesMax,
      sight.scope.whole,
      seenBy(sight),
    ])
  ).map(toHandover);

/** Keeps the note, with what its author sees; `told` is called in the same transaction, to tell those it is for. */
export async function createHandover(
  { clock, database }: Pick<Platform, 'clock' | 'database'>,
  note: { readonly to: readonly string[]; readonly since: string; readonly text: string },
  by: string,
  sight: Sight,
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
    await tx.execute(
      'INSERT INTO handovers (id, at, by, recipients, since, text, seen) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [row.id, row.at, row.by, row.recipients, row.since, row.text, seenBy(sight)],
    );
    const handover = toHandover(row);
    await told(handover, tx);
    return handover;
  });
}
