import { createHash } from 'node:crypto';
import { SallyportError, type Entity, type ProposedAction, type ResponseActionKind } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform, RowObject } from '../platform/types.ts';
import { decide, defaultLevel, deviceGroups, isOnDevice, levelsOf } from './automation.ts';
import type { Playbook } from './content.ts';
import type { Parts } from './join.ts';
import { settle, tellIncident } from './settle.ts';
import { engine, entityOf, lockedInvestigation, logEntry, type EvidenceRow, type InvestigationRow } from './store.ts';
import { isThreat } from './verdict.ts';

/** Reference 01: an action that nobody decides on is rejected after seven days. */
const expiryMs = 7 * 86_400_000;
const actionsMax = 200;

/** What takes an action back, where something does. */
const inverses: Partial<Record<ResponseActionKind, string>> = {
  isolateDevice: 'releaseDevice',
  stopAndQuarantineFile: 'restoreFile',
  disableUser: 'enableUser',
  softDeleteEmail: 'moveToInbox',
  disableInboxRule: 'enableInboxRule',
  disableOAuthApp: 'enableOAuthApp',
  disableAccessKeys: 'enableAccessKeys',
  blockIndicator: 'allowIndicator',
};

export interface ActionRow {
  readonly id: string;
  readonly investigation_id: string;
  readonly kind: ResponseActionKind;
  readonly target: Entity;
  readonly parameters: Record<string, string>;
  readonly reason: string;
  readonly requested_by: string;
  readonly on_behalf_of: string | null;
  readonly state: ProposedAction['state'];
  readonly state_reason: string;
  readonly inverse: string | null;
  readonly idempotency_key: string;
  readonly proposed_at: Date;
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
  readonly expires_at: Date;
}

type Wanted = Pick<ActionRow, 'kind' | 'target' | 'parameters' | 'reason' | 'idempotency_key'> & {
  readonly evidence: EvidenceRow;
  readonly device: string | undefined;
};

/** What playbooks want done about evidence: once for each thing, and of files once for each device. Pure. */
export function wantedActions(
  id: string,
  playbooks: readonly Playbook[],
  evidence: readonly EvidenceRow[],
): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const row of evidence.filter(({ verdict }) => isThreat(verdict)))
    for (const { kind, on, from } of playbooks.flatMap(({ actions }) => actions)) {
      if (on !== row.kind || (from === 'Malicious' && row.verdict !== 'Malicious')) continue;
      const devices = isOnDevice(kind) ? (row.kind === 'Host' ? [row.name] : row.devices) : [undefined];
      for (const device of devices) {
        const idempotency_key = [id, kind, row.entity_id, device?.toLowerCase() ?? ''].join('/');
        const reasons = Object.values(row.points).map(({ text }) => text);
        wanted.set(idempotency_key, {
          kind,
          target: entityOf(row),
          parameters: device === undefined || row.kind === 'Host' ? {} : { DeviceName: device },
          reason: [...new Set(reasons)].slice(0, 5).join(' ').slice(0, 2_000),
          idempotency_key,
          evidence: row,
          device,
        });
      }
    }
  return [...wanted.values()].slice(0, actionsMax);
}

/** The groups of the devices that actions would be done on: asked before the transaction that proposes them. */
export const groupsOf = (parts: Parts, wanted: readonly Wanted[]): Promise<ReadonlyMap<string, string>> =>
  deviceGroups(
    parts,
    wanted.flatMap(({ device }) => (device === undefined ? [] : [device])),
  );

/** Proposes what is not proposed yet, each in the state that the level of its device's group gives it. Answers how many were new. */
export async function propose(
  tx: Queryable,
  { outbox }: Pick<Platform, 'outbox'>,
  investigation: InvestigationRow,
  {
    wanted,
    groups,
    now,
    approvalRefused,
  }: {
    readonly wanted: readonly Wanted[];
    readonly groups: ReadonlyMap<string, string>;
    readonly now: Date;
    /** Why nothing is approved without a person, whatever the levels say; undefined: it may be. */
    readonly approvalRefused: string | undefined;
  },
): Promise<number> {
  const levels = await levelsOf(tx);
  const rows = wanted.map(({ evidence, device, ...action }): ActionRow => {
    const group = (device === undefined ? undefined : groups.get(device.toLowerCase())) ?? '';
    const level = decide({
      kind: action.kind,
      verdict: evidence.verdict,
      level: levels.get(group) ?? defaultLevel,
      group,
      folder: evidence.kind === 'File' ? evidence.identifiers['Directory'] : undefined,
    });
    const { state, reason } =
      level.state === 'approved' && approvalRefused !== undefined
        ? ({ state: 'pendingApproval', reason: approvalRefused } as const)
        : level;
    return {
      ...action,
      id: uuidOf(action.idempotency_key),
      investigation_id: investigation.id,
      requested_by: engine,
      on_behalf_of: null,
      state,
      state_reason: reason,
      inverse: inverses[action.kind] ?? null,
      proposed_at: now,
      decided_by: state === 'approved' ? engine : null,
      decided_at: state === 'approved' ? now : null,
      expires_at: new Date(now.getTime() + expiryMs),
    };
  });
  const stored = await tx.query<ActionRow>(
    `INSERT INTO investigation_actions SELECT * FROM jsonb_populate_recordset(NULL::investigation_actions, $1::jsonb) ON CONFLICT DO NOTHING RETURNING *`,
    [JSON.stringify(rows, (_, part: unknown) => (typeof part === 'string' ? part.replaceAll('\0', '\u{FFFD}') : part))],
  );
  await outbox.write(
    'InvestigationActions_CL',
    stored.map((row) => lakeRow(row, investigation.incident_number)),
    tx,
  );
  return stored.length;
}

/** The same id for the same proposal. */
function uuidOf(key: string): string {
  const hex = createHash('sha256').update(key).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const lakeRow = (row: ActionRow, incident: number): RowObject => ({
  ActionId: row.id,
  InvestigationId: row.investigation_id,
  IncidentNumber: incident,
  ActionKind: row.kind,
  EntityType: row.target.kind,
  EntityName: row.target.name,
  EvidenceId: row.target.id,
  Parameters: row.parameters,
  Reason: row.reason,
  RequestedBy: row.requested_by,
  State: row.state,
  StateReason: row.state_reason,
  DecidedBy: row.decided_by ?? '',
  IdempotencyKey: row.idempotency_key,
});

export const toAction = (row: ActionRow, incident: number): ProposedAction => ({
  id: row.id,
  kind: row.kind,
  target: row.target,
  parameters: row.parameters,
  reason: row.reason,
  requestedBy: row.requested_by,
  onBehalfOf: row.on_behalf_of,
  incident,
  state: row.state,
  stateReason: row.state_reason,
  inverse: row.inverse,
  idempotencyKey: row.idempotency_key,
  proposedAt: row.proposed_at.toISOString(),
  decidedBy: row.decided_by,
  decidedAt: row.decided_at?.toISOString() ?? null,
  expiresAt: row.expires_at.toISOString(),
});

export interface Decision {
  readonly decision: 'approve' | 'reject';
  readonly comment: string;
}

/**
 * Approves or rejects an action that waits. The same decision again changes nothing. Answers the action as it is then, and whether it changed. Throws NotFound, and Conflict for an action that was
 * decided otherwise, skipped, or has waited too long.
 */
export async function decideAction(
  parts: Parts,
  actionId: string,
  { decision, comment }: Decision,
  by: string,
): Promise<{ action: ProposedAction; changed: boolean }> {
  const { clock, database } = parts.platform;
  return database.transaction(async (tx) => {
    const known = await tx.first<{ investigation_id: string }>(
      'SELECT investigation_id FROM investigation_actions WHERE id = $1',
      [actionId],
    );
    const investigation = known && (await lockedInvestigation(tx, known.investigation_id));
    const row =
      investigation &&
      (await tx.first<ActionRow>('SELECT * FROM investigation_actions WHERE id = $1 FOR UPDATE', [actionId]));
    if (!row) throw new SallyportError('NotFound', `there is no action ${actionId}`);
    const state = decision === 'approve' ? 'approved' : 'rejected';
    if (row.state === state) return { action: toAction(row, investigation.incident_number), changed: false };
    if (row.state !== 'pendingApproval')
      throw new SallyportError('Conflict', `this action was ${row.state} before: ${row.state_reason}`);
    const now = clock.now();
    if (row.expires_at <= now)
      throw new SallyportError('Conflict', 'this action has waited for longer than seven days');
    const reason = comment === '' ? `${decision === 'approve' ? 'Approved' : 'Rejected'} by ${by}.` : comment;
    const decided = await setState(parts, tx, investigation, row, { state, reason, by, now });
    return { action: toAction(decided, investigation.incident_number), changed: true };
  });
}

async function setState(
  parts: Parts,
  tx: Queryable,
  investigation: InvestigationRow,
  row: ActionRow,
  { state, reason, by, now }: { state: 'approved' | 'rejected'; reason: string; by: string; now: Date },
): Promise<ActionRow> {
  const decided = await tx.first<ActionRow>(
    'UPDATE investigation_actions SET state = $2, state_reason = $3, decided_by = $4, decided_at = $5 WHERE id = $1 RETURNING *',
    [row.id, state, reason.replaceAll('\0', '\u{FFFD}'), by, now],
  );
  if (!decided) throw new Error('a locked action is gone');
  const { outbox } = parts.platform;
  await outbox.write('InvestigationActions_CL', [lakeRow(decided, investigation.incident_number)], tx);
  const text = `${row.kind} on “${row.target.name.slice(0, 200)}” ${state} by ${by}`;
  await logEntry(tx, row.investigation_id, { kind: 'decided', text: `${text}.` }, now);
  await settle(tx, row.investigation_id, now);
  await tellIncident(parts, tx, investigation, { by, text: `Investigation: ${text}` });
  return decided;
}

/** Rejects what has waited for too long. Answers how many. */
export async function expireActions(parts: Parts): Promise<number> {
  const { clock, database } = parts.platform;
  const now = clock.now();
  const due = await database.query<{ id: string; investigation_id: string }>(
    `SELECT id, investigation_id FROM investigation_actions WHERE state = 'pendingApproval' AND expires_at <= $1 ORDER BY expires_at LIMIT 100`,
    [now],
  );
  for (const { id, investigation_id } of due)
    await database.transaction(async (tx) => {
      const investigation = await lockedInvestigation(tx, investigation_id);
      const row = await tx.first<ActionRow>(
        `SELECT * FROM investigation_actions WHERE id = $1 AND state = 'pendingApproval' FOR UPDATE`,
        [id],
      );
      if (investigation && row)
        await setState(parts, tx, investigation, row, {
          state: 'rejected',
          reason: 'Nobody decided within seven days.',
          by: engine,
          now,
        });
    });
  return due.length;
}
