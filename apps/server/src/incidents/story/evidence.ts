import { SallyportError, type Evidence, type EvidenceChange } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/types.ts';
import type { Platform } from '../../platform/types.ts';
import { lockedIncident } from '../commands.ts';
import { insertActivities, publishIncidents } from '../store.ts';
import { conclusionsOf, type Conclusion } from '../conclusions.ts';
import {
  concludedVerdict,
  graver,
  isAsset,
  riskOf,
  rolesOf,
  stateOf,
  weight,
  type Closed,
  type Sightings,
} from './judge.ts';
import { closedAs, evidenceRows, findingsOf, incidentRow, type EvidenceRow, type Finding } from './read.ts';
import { idsOf } from './things.ts';

/** One entity as evidence: what its alerts say, above that what an investigation concluded, and above that what a person found. Pure. */
export function evidenceOf(
  row: EvidenceRow,
  finding: Finding | undefined,
  closed: Closed,
  conclusion?: Conclusion,
): Evidence {
  const { entity } = row;
  const seen: Sightings = { ...row, kind: entity.kind, name: entity.name };
  const concluded = graver(concludedVerdict(seen, closed), conclusion, closed);
  const verdict = finding?.verdict ?? concluded.verdict;
  const remediation = finding?.remediation ?? conclusion?.remediation ?? 'none';
  const said = finding !== undefined && finding.verdict !== null;
  return {
    entity,
    aliases: [...row.aliases],
    isAsset: isAsset(entity.kind),
    verdict,
    verdictReason: said ? finding.reason : concluded.reason,
    verdictBy: said ? finding.set_by : null,
    verdictAt: said ? finding.set_at.toISOString() : null,
    remediation,
    state: stateOf(verdict, remediation),
    roles: rolesOf(seen),
    firstSeenAt: row.firstAt.toISOString(),
    lastSeenAt: row.lastAt.toISOString(),
    alertCount: row.alerts,
    highestSeverity: row.severity,
    risk: riskOf(seen, verdict),
  };
}

/** The newest of what people found of it, under whichever of its names. */
export const findingOf = (row: EvidenceRow, findings: ReadonlyMap<string, Finding>): Finding | undefined =>
  idsOf(row)
    .flatMap((id) => findings.get(id) ?? [])
    .toSorted((a, b) => b.set_at.getTime() - a.set_at.getTime())[0];

/** The gravest of what was concluded of it. */
export const conclusionOf = (row: EvidenceRow, conclusions: ReadonlyMap<string, Conclusion>): Conclusion | undefined =>
  idsOf(row)
    .flatMap((id) => conclusions.get(id) ?? [])
    .toSorted((a, b) => weight[b.verdict] - weight[a.verdict])[0];

const noSuchEvidence = (number: number) =>
  new SallyportError('NotFound', `no alert of incident ${number} has this entity`);

async function oneEvidence(
  db: Queryable,
  number: number,
  entityId: string,
): Promise<{ evidence: Evidence; kept: Finding | undefined; ids: readonly string[] }> {
  const incident = await incidentRow(db, number);
  const {
    rows: [row],
  } = await evidenceRows(db, number, entityId);
  if (!row) throw noSuchEvidence(number);
  const kept = findingOf(row, await findingsOf(db, number));
  const concluded = conclusionOf(row, await conclusionsOf(db, number));
  return { evidence: evidenceOf(row, kept, closedAs(incident), concluded), kept, ids: idsOf(row) };
}

/**
 * Sets what a person found of an entity in an incident; the incident's log tells of it. Answers what changed in words, nothing when nothing did, and the evidence
 * as it is then. Throws NotFound, Conflict for a merged incident.
 */
export async function setVerdict(
  { clock, database, outbox }: Pick<Platform, 'clock' | 'database' | 'outbox'>,
  { number, entityId }: { readonly number: number; readonly entityId: string },
  change: EvidenceChange,
  by: string,
): Promise<{ evidence: Evidence; texts: readonly string[] }> {
  return database.transaction(async (tx) => {
    const incident = await lockedIncident(tx, number);
    if (incident.redirected_to !== null)
      throw new SallyportError('Conflict', `incident ${number} was merged into incident ${incident.redirected_to}`);
    const { evidence: before, kept, ids } = await oneEvidence(tx, number, entityId);
    const reason = change.reason ?? kept?.reason ?? '';
    const told = (name: string, from: string, to: string | undefined) =>
      to === undefined || to === from ? [] : [`${name}: ${from} → ${to}`];
    const texts = [
      ...told('Verdict', before.verdict, change.verdict),
      // To say oneself what was concluded is something said.
      ...(change.verdict !== undefined && change.verdict === before.verdict && before.verdictBy === null
        ? [`Verdict: ${change.verdict}, confirmed`]
        : []),
      ...told('Remediation', before.remediation, change.remediation),
      ...(kept !== undefined && change.reason !== undefined && change.reason !== kept.reason ? ['Reason changed'] : []),
    ];
    if (texts.length === 0) return { evidence: before, texts };
    const now = clock.now();
    await tx.execute(
      `INSERT INTO incident_evidence (incident_number, entity_id, verdict, remediation, reason, set_by, set_at) SELECT $1, id, $3, $4, $5, $6, $7 FROM unnest($2::text[]) AS x (id)
       ON CONFLICT (incident_number, entity_id) DO UPDATE SET verdict = excluded.verdict, remediation = excluded.remediation, reason = excluded.reason,
         set_by = excluded.set_by, set_at = excluded.set_at`,
      [
        number,
        ids,
        change.verdict ?? kept?.verdict ?? null,
        change.remediation ?? kept?.remediation ?? null,
        reason.replaceAll('\0', '\u{FFFD}'),
        by,
        now,
      ],
    );
    await tx.execute(
      'UPDATE incidents SET updated_at = $2, modified_by = $3, first_modified_at = coalesce(first_modified_at, $2) WHERE number = $1',
      [number, now, by],
    );
    const { kind, name } = before.entity;
    const text = `${kind} “${name.slice(0, 200)}”: ${texts.join('; ')}`;
    await insertActivities(tx, [{ incident: number, by, kind: 'changed', text }], now);
    await publishIncidents(tx, outbox, [number]);
    return { evidence: (await oneEvidence(tx, number, entityId)).evidence, texts };
  });
}
