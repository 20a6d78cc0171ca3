import {
  SallyportError,
  type Investigation,
  type InvestigationEvidence,
  type InvestigationLogEntry,
  type InvestigationSummary,
} from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import { toAction, type ActionRow } from './actions.ts';
import type { Playbooks } from './content.ts';
import { entityOf, evidenceOf, type EvidenceRow, type InvestigationRow } from './store.ts';

const listMax = 500;
const evidenceShown = 500;
const actionsShown = 500;
const logShown = 1_000;

interface SummaryRow extends InvestigationRow {
  readonly title: string;
  readonly alerts: number;
  readonly playbooks: readonly string[];
  readonly malicious: number;
  readonly suspicious: number;
  readonly pending: number;
  readonly queries: number;
}

const summaries = (db: Queryable, where: string, parameters: readonly unknown[]): Promise<SummaryRow[]> =>
  db.query<SummaryRow>(
    `SELECT i.*, n.title,
       (SELECT count(*)::int FROM investigation_alerts a WHERE a.investigation_id = i.id) AS alerts,
       (SELECT coalesce(array_agg(DISTINCT p), '{}') FROM investigation_batches b, unnest(b.playbooks) AS p WHERE b.investigation_id = i.id) AS playbooks,
       (SELECT count(*)::int FROM investigation_evidence e WHERE e.investigation_id = i.id AND verdict = 'Malicious') AS malicious,
       (SELECT count(*)::int FROM investigation_evidence e WHERE e.investigation_id = i.id AND verdict = 'Suspicious') AS suspicious,
       (SELECT count(*)::int FROM investigation_actions x WHERE x.investigation_id = i.id AND x.state = 'pendingApproval') AS pending,
       (SELECT count(*)::int FROM investigation_log l WHERE l.investigation_id = i.id AND l.kind IN ('asked', 'failed')) AS queries
     FROM investigations i JOIN incidents n ON n.number = i.incident_number WHERE ${where}`,
    parameters,
  );

const toSummary = (row: SummaryRow, playbooks: Playbooks): InvestigationSummary => ({
  id: row.id,
  incidentNumber: row.incident_number,
  incidentTitle: row.title,
  state: row.state,
  stateReason: row.state_reason,
  startedBy: row.started_by,
  startedAt: row.started_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
  alertCount: row.alerts,
  playbooks: row.playbooks.map((id) => playbooks.get(id)?.name ?? id),
  malicious: row.malicious,
  suspicious: row.suspicious,
  pendingActions: row.pending,
  queries: row.queries,
});

/** The newest first. `states`: undefined for all. */
export const listInvestigations = async (
  db: Queryable,
  playbooks: Playbooks,
  states: readonly string[] | undefined,
): Promise<InvestigationSummary[]> =>
  (
    await summaries(db, '($1::text[] IS NULL OR i.state = ANY($1)) ORDER BY i.started_at DESC, i.id LIMIT $2', [
      states ?? null,
      listMax,
    ])
  ).map((row) => toSummary(row, playbooks));

const toEvidence = (row: EvidenceRow): InvestigationEvidence => ({
  entity: entityOf(row),
  verdict: row.verdict,
  score: row.score,
  reasons: [...new Map(Object.values(row.points).map(({ text, score }) => [text, { text, score }])).values()].toSorted(
    (a, b) => b.score - a.score,
  ),
  firstSeenAt: row.first_seen?.toISOString() ?? null,
  lastSeenAt: row.last_seen?.toISOString() ?? null,
  devices: [...row.devices],
  rows: row.rows,
  foundBy: [...row.found_by],
  depth: row.depth,
});

/** Throws NotFound. */
export async function getInvestigation(db: Queryable, playbooks: Playbooks, id: string): Promise<Investigation> {
  const [row] = await summaries(db, 'i.id = $1', [id]);
  if (!row) throw new SallyportError('NotFound', `there is no investigation ${id}`);
  const [evidence, actions, log] = await Promise.all([
    evidenceOf(db, id),
    db.query<ActionRow>(
      `SELECT * FROM investigation_actions WHERE investigation_id = $1 ORDER BY (state = 'pendingApproval') DESC, proposed_at, kind, id LIMIT $2`,
      [id, actionsShown],
    ),
    logOf(db, playbooks, id),
  ]);
  return {
    ...toSummary(row, playbooks),
    evidence: evidence.slice(0, evidenceShown).map(toEvidence),
    evidenceCount: evidence.length,
    actions: actions.map((action) => toAction(action, row.incident_number)),
    log,
  };
}

async function logOf(db: Queryable, playbooks: Playbooks, id: string): Promise<InvestigationLogEntry[]> {
  const rows = await db.query<Omit<InvestigationLogEntry, 'at'> & { at: Date }>(
    `SELECT id, at, kind, text, playbook, step, rows, seconds, query FROM investigation_log WHERE investigation_id = $1 ORDER BY id DESC LIMIT $2`,
    [id, logShown],
  );
  return rows.toReversed().map((row) => {
    const playbook = playbooks.get(row.playbook);
    return {
      ...row,
      at: row.at.toISOString(),
      playbook: playbook?.name ?? row.playbook,
      step: playbook?.steps.find((step) => step.id === row.step)?.name ?? row.step,
    };
  });
}
