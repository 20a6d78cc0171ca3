import { randomUUID } from 'node:crypto';
import { SallyportError, type RiskSubjectKind } from '@sallyport/contracts';
import { storableJson } from '../platform/canonical-json.ts';
import type { Queryable } from '../platform/database/index.ts';
import { detectionKinds } from './kinds.ts';
import type { DetectionRow, HistoryRow, NewDetection, RiskSubject, SubjectRow } from './types.ts';

/** Of a subject, in what is answered and mailed. */
const listedMax = 500;

export const detections = {
  /** Those that were not told before. */
  insert: async (tx: Queryable, found: readonly NewDetection[], now: Date): Promise<DetectionRow[]> => {
    if (found.length === 0) return [];
    const rows = found.map((one) => ({
      id: randomUUID(),
      key: `${one.riskEventType}|${one.key}`.slice(0, 1_000),
      subject_kind: one.subject.kind,
      subject_id: one.subject.id,
      subject_name: one.subject.name,
      display_name: one.subject.displayName,
      risk_event_type: one.riskEventType,
      risk_state: one.riskState ?? 'atRisk',
      risk_level: one.riskLevel,
      risk_detail: one.riskDetail ?? 'none',
      timing: one.timing,
      activity: detectionKinds[one.riskEventType].activity,
      source: one.source,
      token_issuer_type: one.tokenIssuerType ?? 'AzureAD',
      ip_address: one.ipAddress,
      location: one.place,
      request_id: one.requestId,
      correlation_id: one.correlationId,
      activity_at: one.activityAt,
      detected_at: now,
      updated_at: now,
      additional_info: one.additionalInfo,
    }));
    return tx.query<DetectionRow>(
      `INSERT INTO risk_detections SELECT * FROM jsonb_populate_recordset(NULL::risk_detections, $1::jsonb) ON CONFLICT (key) DO NOTHING RETURNING *`,
      [JSON.stringify(storableJson(rows))],
    );
  },
  active: (db: Queryable, { kind, id }: Pick<RiskSubject, 'kind' | 'id'>) =>
    db.query<DetectionRow>(
      `SELECT * FROM risk_detections WHERE subject_kind = $1 AND subject_id = $2 AND risk_state IN ('atRisk', 'confirmedCompromised')
       ORDER BY detected_at DESC, id`,
      [kind, id],
    ),
  of: (db: Queryable, kind: RiskSubjectKind, id: string) =>
    db.query<DetectionRow>(
      'SELECT * FROM risk_detections WHERE subject_kind = $1 AND subject_id = $2 ORDER BY detected_at DESC, id LIMIT $3',
      [kind, id, listedMax],
    ),
  ofRequests: (db: Queryable, requestIds: readonly string[]) =>
    db.query<DetectionRow>(
      `SELECT * FROM risk_detections WHERE request_id = ANY($1) AND request_id <> '' ORDER BY detected_at DESC, id LIMIT $2`,
      [requestIds, listedMax],
    ),
  change: (
    tx: Queryable,
    ids: readonly string[],
    { risk_state: state, risk_detail: detail }: Pick<DetectionRow, 'risk_state' | 'risk_detail'>,
    now: Date,
  ) =>
    tx.query<DetectionRow>(
      'UPDATE risk_detections SET risk_state = $2, risk_detail = $3, updated_at = $4 WHERE id = ANY($1::uuid[]) RETURNING *',
      [ids, state, detail, now],
    ),
};

export const subjects = {
  /** Changes of one subject queue. */
  lock: (tx: Queryable, { kind, id }: Pick<RiskSubject, 'kind' | 'id'>) =>
    tx.execute('SELECT pg_advisory_xact_lock(hashtextextended($1, 100))', [`${kind}|${id}`]),
  byId: (db: Queryable, kind: RiskSubjectKind, id: string) =>
    db.first<SubjectRow>('SELECT * FROM risky_subjects WHERE kind = $1 AND id = $2', [kind, id]),
  /** Throws NotFound. */
  known: async (db: Queryable, kind: RiskSubjectKind, id: string): Promise<SubjectRow> => {
    const row = await subjects.byId(db, kind, id);
    if (row) return row;
    throw new SallyportError(
      'NotFound',
      `there is no risky ${kind === 'user' ? 'user' : 'service principal'} ${id.slice(0, 100)}`,
    );
  },
  save: async (tx: Queryable, row: SubjectRow): Promise<void> => {
    await tx.execute(
      `INSERT INTO risky_subjects (kind, id, name, display_name, risk_level, risk_state, risk_detail, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, display_name = excluded.display_name, risk_level = excluded.risk_level,
         risk_state = excluded.risk_state, risk_detail = excluded.risk_detail, updated_at = excluded.updated_at`,
      [row.kind, row.id, row.name, row.display_name, row.risk_level, row.risk_state, row.risk_detail, row.updated_at],
    );
  },
};

export const history = {
  add: async (tx: Queryable, row: SubjectRow, initiatedBy: string, activity: HistoryRow['activity']): Promise<void> => {
    await tx.execute(
      `INSERT INTO risk_history (id, kind, subject_id, at, risk_level, risk_state, risk_detail, initiated_by, activity) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        randomUUID(),
        row.kind,
        row.id,
        row.updated_at,
        row.risk_level,
        row.risk_state,
        row.risk_detail,
        initiatedBy,
        JSON.stringify(activity),
      ],
    );
  },
  of: (db: Queryable, kind: RiskSubjectKind, id: string) =>
    db.query<HistoryRow>(
      'SELECT * FROM risk_history WHERE kind = $1 AND subject_id = $2 ORDER BY at DESC, id LIMIT $3',
      [kind, id, listedMax],
    ),
};

/** Small things that jobs and settings remember. */
export const kept = {
  read: async (db: Queryable, name: string): Promise<unknown> =>
    (await db.first<{ value: unknown }>('SELECT value FROM identity_protection_state WHERE name = $1', [name]))?.value,
  write: (db: Queryable, name: string, value: unknown) =>
    db.execute(
      'INSERT INTO identity_protection_state (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      [name, JSON.stringify(value)],
    ),
};
