import { randomUUID } from 'node:crypto';
import { SallyportError, type Entity, type EntityKind } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import { alertRows, type WorkListener } from '../incidents/index.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import type { Workspace } from '../platform/workspaces/index.ts';
import { deviceGroups, levelsOf } from './automation.ts';
import type { Playbook, Playbooks } from './content.ts';
import { playbooksByEntities, startedBy } from './starts.ts';
import {
  addBatch,
  engine,
  evidenceOf,
  investigationOf,
  isUnderWay,
  lockedInvestigation,
  logEntry,
  saveEvidence,
  type InvestigationRow,
  type NewEvidence,
} from './store.ts';

export interface Parts {
  readonly platform: Pick<Platform, 'clock' | 'database' | 'workspaces' | 'outbox' | 'work' | 'log'>;
  readonly queries: Queries;
  readonly queriesOf: (workspace: Workspace) => Promise<Queries>;
  readonly playbooks: Playbooks;
}

/** Incidents that are looked at in one go, and alerts of each. */
const incidentsAtOnce = 20;
const alertsAtOnce = 100;
/** Further alerts of an incident are kept out: what a storm of them says, the first have said. */
const alertsMax = 500;
/** Things that an investigation asks about, however many its alerts name. */
export const subjectsMax = 60;
const hourMs = 3_600_000;

type AlertRow = Awaited<ReturnType<typeof alertRows>>[number];

const growing = new Set(['created', 'alertAdded', 'merged']);

/** Notes incidents that got alerts, in the transaction that takes their events. */
export const noteGrown: WorkListener = async (events, tx) => {
  const numbers = new Set(
    events.filter(({ subject, kind }) => subject === 'incident' && growing.has(kind)).map(({ number }) => number),
  );
  await tx.execute(
    `INSERT INTO investigation_queue (incident_number) SELECT n FROM unnest($1::int[]) AS x(n) WHERE EXISTS (SELECT 1 FROM incidents WHERE number = n)
     ON CONFLICT (incident_number) DO UPDATE SET asked = investigation_queue.asked + 1`,
    [[...numbers]],
  );
};

/** Looks at incidents that got alerts, and begins or goes on with their investigations. Answers how many alerts were judged. */
export async function takeGrown(parts: Parts): Promise<number> {
  const { database } = parts.platform;
  const waiting = await database.query<{ incident_number: number; asked: number }>(
    'SELECT incident_number, asked FROM investigation_queue ORDER BY incident_number LIMIT $1',
    [incidentsAtOnce],
  );
  let judged = 0;
  for (const { incident_number: number, asked } of waiting) {
    const alerts = await unjudged(database, number);
    judged += alerts.length;
    if (alerts.length > 0) await judge(parts, number, alerts);
    if (alerts.length < alertsAtOnce)
      await database.execute('DELETE FROM investigation_queue WHERE incident_number = $1 AND asked = $2', [
        number,
        asked,
      ]);
  }
  return judged;
}

const unjudged = (db: Queryable, number: number): Promise<AlertRow[]> =>
  alertRows(
    db,
    'a.incident_number = $1 AND NOT EXISTS (SELECT 1 FROM investigation_alerts j WHERE j.alert_id = a.id) ORDER BY a.start_time, a.id LIMIT $2',
    [number, alertsAtOnce],
  );

async function judge(parts: Parts, number: number, alerts: readonly AlertRow[]): Promise<void> {
  const { clock, database } = parts.platform;
  const telling = alerts.filter(({ severity }) => severity !== 'Informational');
  const started = await startedBy(parts.queries, parts.playbooks, telling, clock.now());
  const allowed = await withoutSilenced(parts, telling);
  const joining = telling.flatMap((alert): Joining[] => {
    const playbooks = allowed.has(alert.id) ? (started.get(alert.id) ?? []) : [];
    return playbooks.length > 0 ? [{ alert, playbooks }] : [];
  });
  await database.transaction(async (tx) => {
    await join(tx, number, joining, { by: engine, now: clock.now() });
    // Those that no playbook is for are not looked at again.
    await tx.execute(
      `INSERT INTO investigation_alerts (alert_id, joined_at) SELECT a.id, $2 FROM unnest($1::uuid[]) AS x(id) JOIN alerts a ON a.id = x.id ON CONFLICT DO NOTHING`,
      [alerts.map(({ id }) => id), clock.now()],
    );
  });
}

/** Ids of the alerts that may start one by themselves: not those whose devices are all of groups without automated response. */
async function withoutSilenced(parts: Parts, alerts: readonly AlertRow[]): Promise<ReadonlySet<string>> {
  const hostsOf = ({ entities }: AlertRow) => entities.filter(({ kind }) => kind === 'Host').map(({ name }) => name);
  const levels = await levelsOf(parts.platform.database);
  if (![...levels.values()].includes('noAutomatedResponse')) return new Set(alerts.map(({ id }) => id));
  const groups = await deviceGroups(parts, alerts.flatMap(hostsOf));
  const silenced = (host: string) => levels.get(groups.get(host.toLowerCase()) ?? '') === 'noAutomatedResponse';
  return new Set(
    alerts.filter((alert) => hostsOf(alert).length === 0 || !hostsOf(alert).every(silenced)).map(({ id }) => id),
  );
}

export interface Joining {
  readonly alert: AlertRow;
  readonly playbooks: readonly Playbook[];
}

/** Puts alerts into the investigation of their incident, which is begun or goes on. Alerts that are in one are left out. Answers its id; undefined when there was nothing to do. */
export async function join(
  tx: Queryable,
  number: number,
  joining: readonly Joining[],
  { by, now }: { readonly by: string; readonly now: Date },
): Promise<string | undefined> {
  if (joining.length === 0) return undefined;
  const { id, held } = await investigationFor(tx, number, by, now);
  const room = Math.max(0, alertsMax - held);
  const taken = new Set(
    (
      await tx.query<{ alert_id: string }>(
        `INSERT INTO investigation_alerts (alert_id, investigation_id, joined_at) SELECT x.id, $2, $3 FROM unnest($1::uuid[]) AS x(id)
         ON CONFLICT (alert_id) DO UPDATE SET investigation_id = $2 WHERE investigation_alerts.investigation_id IS NULL RETURNING alert_id`,
        [joining.slice(0, room).map(({ alert }) => alert.id), id, now],
      )
    ).map((row) => row.alert_id),
  );
  const joined = joining.filter(({ alert }) => taken.has(alert.id));
  if (joined.length === 0) return id;
  const asks = await askAbout(tx, id, joined, now);
  const names = [...new Set(joined.map(({ alert }) => `“${alert.name}”`))];
  await logEntry(
    tx,
    id,
    {
      kind: 'alert',
      text: `${joined.length === 1 ? 'An alert' : `${joined.length} alerts`} joined: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' and others' : ''}.`,
    },
    now,
  );
  // What a storm of alerts tells anew of what was looked at is nothing to run for.
  if (asks) await goOn(tx, id, now);
  return id;
}

async function investigationFor(
  tx: Queryable,
  number: number,
  by: string,
  now: Date,
): Promise<{ id: string; held: number }> {
  const known = await investigationOf(tx, number);
  if (!known) {
    // Another server may have begun it in between.
    await tx.execute(
      `INSERT INTO investigations (id, incident_number, state, started_by, started_at, updated_at) VALUES ($1, $2, 'queued', $3, $4, $4) ON CONFLICT DO NOTHING`,
      [randomUUID(), number, by, now],
    );
  } else if (known.incident_number !== number)
    await tx.execute('UPDATE investigations SET incident_number = $2 WHERE id = $1', [known.id, number]);
  const row = await tx.first<{ id: string }>('SELECT id FROM investigations WHERE incident_number = $1 FOR UPDATE', [
    number,
  ]);
  if (!row) throw new Error(`incident ${number} has no investigation`);
  const count = await tx.first<{ n: number }>(
    'SELECT count(*)::int AS n FROM investigation_alerts WHERE investigation_id = $1',
    [row.id],
  );
  return { id: row.id, held: count?.n ?? 0 };
}

/** Has it run again, unless it does. */
export async function goOn(tx: Queryable, id: string, now: Date): Promise<void> {
  const row = await lockedInvestigation(tx, id);
  if (!row) return;
  await tx.execute(
    `UPDATE investigations SET updated_at = $2, state = CASE WHEN $3 THEN state ELSE 'queued' END, run = run + CASE WHEN $3 THEN 0 ELSE 1 END,
       run_at = CASE WHEN $3 THEN run_at END, ended_at = NULL WHERE id = $1`,
    [id, now, isUnderWay(row.state)],
  );
}

/** A batch of what the alerts name. What was asked about already is asked again only where the alerts lie outside of the time that was looked at. Answers whether there is one. */
async function askAbout(tx: Queryable, id: string, joined: readonly Joining[], now: Date): Promise<boolean> {
  const times = joined.flatMap(({ alert }) => [alert.start_time.getTime(), alert.end_time.getTime()]);
  const active = { active_from: new Date(Math.min(...times)), active_to: new Date(Math.max(...times)) };
  const before = await tx.query<{ batch: number; active_from: Date; active_to: Date; playbooks: string[] }>(
    'SELECT batch, active_from, active_to, playbooks FROM investigation_batches WHERE investigation_id = $1',
    [id],
  );
  const playbooks = [...new Set(joined.flatMap(({ playbooks }) => playbooks.map((playbook) => playbook.id)))];
  const covered = new Set(
    before
      .filter(
        (batch) =>
          batch.active_from.getTime() - hourMs <= active.active_from.getTime() &&
          batch.active_to.getTime() + hourMs >= active.active_to.getTime() &&
          playbooks.every((playbook) => batch.playbooks.includes(playbook)),
      )
      .map(({ batch }) => batch),
  );
  const known = new Map((await evidenceOf(tx, id)).map((row) => [row.entity_id, row]));
  const subjects = [...known.values()].filter(({ batch }) => batch !== null).length;
  const named = new Map(joined.flatMap(({ alert }) => alert.entities).map((entity) => [entity.id, entity]));
  const open = [...named.values()].filter((entity) => {
    const batch = known.get(entity.id)?.batch;
    return batch === undefined || batch === null || !covered.has(batch);
  });
  const asked = open.slice(0, Math.max(0, subjectsMax - subjects));
  if (asked.length < open.length)
    await logEntry(
      tx,
      id,
      {
        kind: 'bound',
        text: `It asks about ${subjectsMax} things at most: ${open.length - asked.length} are left out.`,
      },
      now,
    );
  if (asked.length === 0) return false;
  const batch = await addBatch(tx, id, { depth: 0, playbooks, ...active });
  await saveEvidence(
    tx,
    id,
    asked.map((entity) => ({ ...(known.get(entity.id) ?? fresh(entity, 0)), depth: 0, batch })),
  );
  return true;
}

/** A thing of which nothing is known yet. */
export const fresh = (entity: Entity, depth: number): NewEvidence => ({
  entity_id: entity.id,
  kind: entity.kind,
  name: entity.name,
  identifiers: entity.identifiers,
  strong: entity.strong,
  points: {},
  first_seen: null,
  last_seen: null,
  devices: [],
  rows: 0,
  tables: [],
  found_by: [],
  depth,
  batch: null,
  widens: false,
});

/**
 * Begins an investigation for a person, of all alerts of an incident or of one: conditions of playbooks don't count, only what the alerts name. Where no alert is new, all are asked about anew.
 * Throws NotFound, and Conflict where no playbook is for what they name, or the incident was merged.
 */
export async function startByHand(
  { platform: { clock, database }, playbooks }: Parts,
  number: number,
  alertId: string | undefined,
  by: string,
): Promise<string> {
  const now = clock.now();
  return database.transaction(async (tx) => {
    const incident = await tx.first<{ redirected_to: number | null }>(
      'SELECT redirected_to FROM incidents WHERE number = $1',
      [number],
    );
    if (!incident) throw new SallyportError('NotFound', `there is no incident ${number}`);
    if (incident.redirected_to !== null)
      throw new SallyportError('Conflict', `incident ${number} was merged into incident ${incident.redirected_to}`);
    const alerts = await alertRows(
      tx,
      'a.incident_number = $1 AND ($2::uuid IS NULL OR a.id = $2) ORDER BY a.start_time, a.id LIMIT $3',
      [number, alertId ?? null, alertsMax],
    );
    if (alerts.length === 0)
      throw new SallyportError(
        'NotFound',
        alertId ? `alert ${alertId} is not in incident ${number}` : `incident ${number} has no alert`,
      );
    const joining = alerts.flatMap((alert): Joining[] => {
      const fitting = playbooksByEntities(playbooks, kindsOf(alert));
      return fitting.length > 0 ? [{ alert, playbooks: fitting }] : [];
    });
    if (joining.length === 0) throw new SallyportError('Conflict', 'no playbook is for what these alerts name');
    const before = await investigationOf(tx, number);
    const id = await join(tx, number, joining, { by, now });
    if (id === undefined) throw new Error('nothing joined');
    if (before && !isUnderWay(before.state) && (await stateOf(tx, id)) !== 'queued')
      await askAgain(tx, id, joining, now, by);
    return id;
  });
}

const kindsOf = ({ entities }: AlertRow): ReadonlySet<EntityKind> => new Set(entities.map(({ kind }) => kind));
const stateOf = async (tx: Queryable, id: string): Promise<InvestigationRow['state'] | undefined> =>
  (await tx.first<Pick<InvestigationRow, 'state'>>('SELECT state FROM investigations WHERE id = $1', [id]))?.state;

/** What was asked about is asked about anew, up to now: rows may have come since. */
async function askAgain(tx: Queryable, id: string, joining: readonly Joining[], now: Date, by: string): Promise<void> {
  const batch = await addBatch(tx, id, {
    depth: 0,
    playbooks: [...new Set(joining.flatMap(({ playbooks }) => playbooks.map((playbook) => playbook.id)))],
    active_from: new Date(Math.min(...joining.map(({ alert }) => alert.start_time.getTime()))),
    active_to: new Date(Math.max(...joining.map(({ alert }) => alert.end_time.getTime()))),
  });
  const asked = (await evidenceOf(tx, id)).filter((row) => row.depth === 0 && row.batch !== null);
  await saveEvidence(
    tx,
    id,
    asked.map((row) => ({ ...row, batch })),
  );
  await logEntry(tx, id, { kind: 'alert', text: `${by} asked for it again.` }, now);
  await goOn(tx, id, now);
}
