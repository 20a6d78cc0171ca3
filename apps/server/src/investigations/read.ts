import {
  SallyportError,
  type Investigation,
  type InvestigationEvidence,
  type InvestigationLogEntry,
  type InvestigationSummary,
} from '@sallyport/contracts';
import { incidentWithin, type Sight } from '../incidents/index.ts';
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

/** Those of incidents all of whose alerts `sight` shows, the newest first. `states`: undefined for all. */
export async function listInvestigations(
  db: Queryable,
  playbooks: Playbooks,
  states: readonly string[] | undefined,
  sight: Sight,
): Promise<InvestigationSummary[]> {
  const values: unknown[] = [states ?? null, listMax];
  const within = incidentWithin(sight, (value) => `$${values.push(value)}`, 'i.incident_number', true);
  const rows = await summaries(
    db,
    `($1::text[] IS NULL OR i.state = ANY($1)) AND ${within} ORDER BY i.started_at DESC, i.id LIMIT $2`,
    values,
  );
  const all = rows.map((row) => toSummary(row, playbooks));
  // What was found, how often was asked and why it ended is about rows of everybody.
  return sight.scope.whole ? all : all.map((one) => ({ ...one, stateReason: '', ...uncounted }));
}
const uncounted = { malicious: 0, suspicious: 0, pendingActions: 0, queries: 0 };

/**
 * An investigation looks at everything: to those who see a part it tells what it thinks of what the incident's alerts name, and what it proposes about that.
 */
function ofPart(whole: Investigation): Investigation {
  const evidence = whole.evidence
    .filter(({ depth }) => depth === 0)
    .map((one): InvestigationEvidence => ({
      ...one,
      reasons: [],
      firstSeenAt: null,
      lastSeenAt: null,
      devices: [],
      rows: 0,
      foundBy: [],
    }));
  const named = new Set(evidence.map(({ entity }) => entity.id));
  const actions = whole.actions
    .filter(({ target }) => named.has(target.id))
    .map((action) => ({ ...action, parameters: {}, reason: '' }));
  return {
    ...whole,
    ...uncounted,
    stateReason: '',
    malicious: evidence.filter(({ verdict }) => verdict === 'Malicious').length,
    suspicious: evidence.filter(({ verdict }) => verdict === 'Suspicious').length,
    pendingActions: actions.filter(({ state }) => state === 'pendingApproval').length,
    evidence,
    evidenceCount: evidence.length,
    actions,
    log: [],
  };
}

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

/** Throws NotFound, also where `sight` does not show all of its incident. */
export async function getInvestigation(
  db: Queryable,
  playbooks: Playbooks,
  id: string,
  sight?: Sight,
): Promise<Investigation> {
  const values: unknown[] = [id];
  const within = sight ? incidentWithin(sight, (value) => `$${values.push(value)}`, 'i.incident_number', true) : 'true';
  const [row] = await summaries(db, `i.id = $1 AND ${within}`, values);
  if (!row) throw new SallyportError('NotFound', `there is no investigation ${id}`);
  const [evidence, actions, log] = await Promise.all([
    evidenceOf(db, id),
    db.query<ActionRow>(
      `SELECT * FROM investigation_actions WHERE investigation_id = $1 ORDER BY (state = 'pendingApproval') DESC, proposed_at, kind, id LIMIT $2`,
      [id, actionsShown],
    ),
    logOf(db, playbooks, id),
  ]);
  const whole: Investigation = {
    ...toSummary(row, playbooks),
    evidence: evidence.slice(0, evidenceShown).map(toEvidence),
    evidenceCount: evidence.length,
    actions: actions.map((action) => toAction(action, row.incident_number)),
    log,
  };
  return sight?.scope.whole === false ? ofPart(whole) : whole;
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
