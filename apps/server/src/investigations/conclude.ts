import type { Queryable } from '../platform/database/types.ts';
import type { RowObject } from '../platform/types.ts';
import { groupsOf, propose, wantedActions } from './actions.ts';
import type { Parts } from './join.ts';
import { settle, tellIncident } from './settle.ts';
import {
  batchesOf,
  engine,
  evidenceOf,
  investigationRow,
  isUnderWay,
  lockedInvestigation,
  logEntry,
  type EvidenceRow,
} from './store.ts';
import { isThreat } from './verdict.ts';

/**
 * Ends an investigation: proposes actions, writes its evidence to the lake, gives the incident its verdicts. `isOpen` is asked once more under the lock: alerts may have joined. Answers whether
 * there is more after all.
 */
export async function conclude(
  parts: Parts,
  id: string,
  isOpen: (tx: Queryable) => Promise<boolean>,
): Promise<{ readonly more: boolean }> {
  const { clock, database, outbox } = parts.platform;
  const playbooks = (await batchesOf(database, id))
    .flatMap((batch) => batch.playbooks)
    .flatMap((name) => parts.playbooks.get(name) ?? []);
  const wanted = wantedActions(id, [...new Set(playbooks)], await evidenceOf(database, id));
  const groups = await groupsOf(parts, wanted);
  const approvalRefused =
    wanted.length === 0 ? undefined : await parts.platform.work.refusal('approve an action without a person');
  const now = clock.now();
  return database.transaction(async (tx) => {
    const row = await lockedInvestigation(tx, id);
    if (!row || !isUnderWay(row.state)) return { more: false };
    if (await isOpen(tx)) return { more: true };
    const proposed = await propose(tx, { outbox }, row, { wanted, groups, now, approvalRefused });
    const evidence = await evidenceOf(tx, id);
    const untold = evidence.filter((one) => one.told !== toldOf(one));
    await outbox.write(
      'InvestigationEvidence_CL',
      untold.map((one) => lakeRow(one, id, row.incident_number)),
      tx,
    );
    await tx.execute(`UPDATE investigation_evidence SET told = verdict || ' ' || score WHERE investigation_id = $1`, [
      id,
    ]);
    await settle(tx, id, now, true);
    const ended = await investigationRow(tx, id);
    await logEntry(tx, id, { kind: 'ended', text: `Ended: ${ended?.state_reason ?? ''}` }, now);
    if (
      proposed > 0 ||
      untold.some(({ verdict, depth }) => isThreat(verdict) || (verdict === 'NoThreatsFound' && depth === 0))
    )
      await tellIncident(parts, tx, row, { by: engine, text: `Automated investigation: ${ended?.state_reason ?? ''}` });
    return { more: false };
  });
}

const toldOf = ({ verdict, score }: EvidenceRow): string => `${verdict} ${score}`;

const lakeRow = (row: EvidenceRow, id: string, incident: number): RowObject => ({
  InvestigationId: id,
  IncidentNumber: incident,
  EvidenceId: row.entity_id,
  EntityType: row.kind,
  EntityName: row.name,
  Identifiers: row.identifiers,
  Verdict: row.verdict,
  Score: row.score,
  Reasons: Object.values(row.points).map(({ text }) => text),
  FirstSeen: row.first_seen,
  LastSeen: row.last_seen,
  DeviceNames: row.devices,
  SourceTables: row.tables,
  RowCount: row.rows,
  Depth: row.depth,
});
