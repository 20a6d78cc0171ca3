import type { Queryable } from '../../platform/database/index.ts';
import type { Workspace } from '../../platform/workspaces/index.ts';
import { kqlText, kqlTime, withLets } from '../content/kql.ts';
import { lockInventory } from './merge.ts';
import { publish, publishMerged } from './publish.ts';
import { ask, limits, type Parts } from './refresh.ts';
import { systemPrincipal } from '../../platform/principal.ts';

/** Reference 04: entities are kept 180 days. */
const keptDays = 180;
/** Entities of one kind; those seen last stay. */
export const keptMax = 200_000;
const forgottenAtOnce = 5_000;

/** Sallyport's rows about all workspaces, which are in the first. */
const inFirst = ['SecurityAlert', 'SecurityIncident'];

/** What makes a query over the first workspace one of `workspace`: its own tables, and of Sallyport's rows those that tell of it. */
function asIn(
  { platform: { workspaces }, queries }: Parts,
  workspace: Workspace,
  query: string,
  now: Date,
): Record<string, string> {
  const others = workspaces.list().filter(({ id }) => id !== workspaces.first.id);
  if (others.length === 0) return {};
  const isFirst = workspace.id === workspaces.first.id;
  // Rows of the first may name no tenant.
  const own = isFirst ? `!in (${others.map(({ id }) => kqlText(id)).join(', ')})` : `== ${kqlText(workspace.id)}`;
  const lets = Object.fromEntries(inFirst.map((table) => [table, `${table} | where TenantId ${own}`]));
  if (isFirst) return lets;
  const { reads } = queries.compile(query, { now, noData: true, as: systemPrincipal('entities: risk') });
  for (const { table } of reads)
    if (!inFirst.includes(table) && table !== 'EntityInventory_CL')
      lets[table] = `workspace(${kqlText(workspace.id)}).${table}`;
  return lets;
}

/** Works out criticality and risk of everything anew, by the queries of `content/entities/any`; risk in each workspace. Answers how many entities have either. */
export async function conclude(parts: Parts): Promise<{ critical: number; risky: number }> {
  const { clock, database, outbox, workspaces } = parts.platform;
  const now = clock.now();
  const { criticality, risk } = parts.content;
  const lets = { windowEnd: kqlTime(now) };
  const levels = (await ask(parts, withLets(lets, criticality.query), now, 'entities: criticality'))?.rows;
  const scores: { readonly workspaceId: string | null; readonly rows: string }[] = [];
  for (const workspace of workspaces.list()) {
    const query = withLets({ ...lets, ...asIn(parts, workspace, withLets(lets, risk.query), now) }, risk.query);
    const told = await ask(parts, query, now, 'entities: risk');
    const workspaceId = workspace.id === workspaces.first.id ? null : workspace.id;
    if (told) scores.push({ workspaceId, rows: told.rows });
  }
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
    for (const { workspaceId, rows } of scores) await keepRisks(tx, workspaceId, rows);
    const risky = await tx.execute(
      `WITH told AS (SELECT DISTINCT ON (entity_id) entity_id AS id, score, reasons FROM inventory_risks ORDER BY entity_id, score DESC, workspace_id NULLS FIRST)
       UPDATE inventory i SET risk_score = coalesce(t.score, 0), risk_reasons = coalesce(t.reasons, '[]'), published_at = CASE WHEN o.risk_score <> coalesce(t.score, 0) THEN NULL ELSE o.published_at END
       FROM inventory o LEFT JOIN told t ON t.id = o.id
       WHERE o.id = i.id AND (o.risk_score <> coalesce(t.score, 0) OR o.risk_reasons <> coalesce(t.reasons, '[]'))`,
    );
    await publish({ outbox }, tx, now);
    return { critical, risky };
  });
}

/** Takes what was told of risks in a workspace (null: the first), and nothing else of it. */
async function keepRisks(tx: Queryable, workspaceId: string | null, rows: string): Promise<void> {
  const told = `(SELECT DISTINCT ON (id) id, score, reasons FROM jsonb_to_recordset($2::jsonb) AS x(id text, score smallint, reasons jsonb) ORDER BY id, score DESC)`;
  await tx.execute(
    `DELETE FROM inventory_risks r WHERE r.workspace_id IS NOT DISTINCT FROM $1 AND NOT EXISTS (SELECT 1 FROM ${told} t WHERE t.id = r.entity_id)`,
    [workspaceId, rows],
  );
  await tx.execute(
    `INSERT INTO inventory_risks AS r (entity_id, workspace_id, score, reasons)
     SELECT t.id, $1::uuid, t.score, t.reasons FROM ${told} t JOIN inventory i ON i.id = t.id
     ON CONFLICT (entity_id, workspace_id) DO UPDATE SET score = excluded.score, reasons = excluded.reasons
     WHERE (r.score, r.reasons) IS DISTINCT FROM (excluded.score, excluded.reasons)`,
    [workspaceId, rows],
  );
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
