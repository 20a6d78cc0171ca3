import type { InvestigationState, ProposedAction, RemediationStatus } from '@sallyport/contracts';
import { conclude as concludeOfIncident, type Conclusion } from '../incidents/index.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Parts } from './join.ts';
import { evidenceOf, isUnderWay, lockedInvestigation, type InvestigationRow } from './store.ts';
import { isThreat } from './verdict.ts';

interface Counts {
  readonly pending: number;
  readonly approved: number;
  readonly malicious: number;
  readonly suspicious: number;
  readonly seen: number;
  readonly asked: number;
  /** Steps that failed, were bound, or had no rows to look at. */
  readonly failed: number;
  readonly bound: number;
}

const plural = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;

/** What an investigation that asks nothing more is. Pure. */
export function endState(of: Counts): { readonly state: InvestigationState; readonly reason: string } {
  const threats = `${of.malicious} malicious and ${of.suspicious} suspicious`;
  const left = [
    ...(of.failed > 0 ? [`${plural(of.failed, 'step')} could not be asked`] : []),
    ...(of.bound > 0 ? ['a bound was reached'] : []),
  ].join('; ');
  const also = left === '' ? '' : ` Not all was looked at: ${left}.`;
  if (of.pending > 0)
    return { state: 'pendingApproval', reason: `${threats}; ${plural(of.pending, 'action')} to be decided on.${also}` };
  if (of.approved > 0)
    return {
      state: 'pendingResource',
      reason: `${threats}; ${plural(of.approved, 'approved action')} not carried out: no connector carries actions out yet.${also}`,
    };
  if (of.malicious + of.suspicious > 0)
    return { state: 'threatsFound', reason: `${threats}; no action is approved.${also}` };
  if (left !== '')
    return { state: 'partiallyInvestigated', reason: `Nothing was found, but not all was looked at: ${left}.` };
  if (of.asked === 0)
    return { state: 'partiallyInvestigated', reason: 'None of the tables that its playbooks read has rows.' };
  return {
    state: 'benign',
    reason: `${plural(of.asked, 'query').replace('querys', 'queries')} found no threat in ${plural(of.seen, 'thing')}.`,
  };
}

/** Sets the state that what was found and decided makes, unless it is still under way or a person ended it. */
export async function settle(tx: Queryable, id: string, now: Date, ends = false): Promise<void> {
  const row = await lockedInvestigation(tx, id);
  if (!row || row.state === 'terminatedByUser' || (isUnderWay(row.state) && !ends)) return;
  const counts = await tx.first<Counts>(
    `SELECT (SELECT count(*)::int FROM investigation_actions WHERE investigation_id = $1 AND state = 'pendingApproval') AS pending,
       (SELECT count(*)::int FROM investigation_actions WHERE investigation_id = $1 AND state = 'approved') AS approved,
       (SELECT count(*)::int FROM investigation_evidence WHERE investigation_id = $1 AND verdict = 'Malicious') AS malicious,
       (SELECT count(*)::int FROM investigation_evidence WHERE investigation_id = $1 AND verdict = 'Suspicious') AS suspicious,
       (SELECT count(*)::int FROM investigation_evidence WHERE investigation_id = $1) AS seen,
       (SELECT count(*)::int FROM investigation_log WHERE investigation_id = $1 AND kind = 'asked') AS asked,
       (SELECT count(*)::int FROM investigation_log WHERE investigation_id = $1 AND kind = 'failed') AS failed,
       (SELECT count(*)::int FROM investigation_log WHERE investigation_id = $1 AND kind = 'bound') AS bound`,
    [id],
  );
  if (!counts) return;
  const { state, reason } = endState(counts);
  await tx.execute(
    'UPDATE investigations SET state = $2, state_reason = $3, updated_at = $4, ended_at = coalesce(ended_at, $4) WHERE id = $1',
    [id, state, reason, now],
  );
}

const reasonsMax = 5;

type ActionState = ProposedAction['state'];
/** What the actions proposed on a thing have come to; nothing is carried out yet. */
function remediationOf(states: readonly ActionState[]): RemediationStatus {
  if (states.includes('pendingApproval')) return 'pendingApproval';
  if (states.includes('approved')) return 'unremediated';
  return states.includes('rejected') ? 'declined' : 'none';
}

/** Gives the incident what is concluded of its entities, and a line in its log. */
export async function tellIncident(
  { platform }: Parts,
  tx: Queryable,
  { id, incident_number }: InvestigationRow,
  told: { readonly by: string; readonly text: string },
): Promise<void> {
  const actions = await tx.query<{ id: string; states: readonly ActionState[] }>(
    `SELECT target ->> 'id' AS id, array_agg(DISTINCT state) AS states FROM investigation_actions WHERE investigation_id = $1 GROUP BY 1`,
    [id],
  );
  const remediations = new Map(actions.map((row) => [row.id, remediationOf(row.states)]));
  const conclusions = (await evidenceOf(tx, id))
    .filter(({ verdict, depth }) => isThreat(verdict) || (verdict === 'NoThreatsFound' && depth === 0))
    .map(({ entity_id, verdict, points }): Conclusion => {
      const reasons = [...new Set(Object.values(points).map(({ text }) => text))].slice(0, reasonsMax);
      const found = isThreat(verdict) ? reasons : ['no threats found.'];
      return {
        entityId: entity_id,
        verdict,
        reason: `Automated investigation: ${found.join(' ')}`,
        remediation: remediations.get(entity_id) ?? 'none',
      };
    });
  await concludeOfIncident(platform, tx, incident_number, { conclusions, ...told });
}
