import type { Entity, EntityKind, InvestigationLogEntry, InvestigationState, Verdict } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import { verdictOf, type Points } from './verdict.ts';

/** Who does what no person does. */
export const engine = 'Sallyport';

export interface InvestigationRow {
  readonly id: string;
  readonly incident_number: number;
  readonly state: InvestigationState;
  readonly state_reason: string;
  readonly run: number;
  readonly started_by: string;
  readonly started_at: Date;
  readonly updated_at: Date;
  readonly run_at: Date | null;
  readonly ended_at: Date | null;
}

export const isUnderWay = (state: InvestigationState): boolean => state === 'queued' || state === 'running';

export const investigationRow = (db: Queryable, id: string): Promise<InvestigationRow | undefined> =>
  db.first<InvestigationRow>('SELECT * FROM investigations WHERE id = $1', [id]);

/** The same, held until the transaction ends: joins, ends and decisions wait for each other. */
export const lockedInvestigation = (tx: Queryable, id: string): Promise<InvestigationRow | undefined> =>
  tx.first<InvestigationRow>('SELECT * FROM investigations WHERE id = $1 FOR UPDATE', [id]);

/** That of an incident, or of one that went up in it. */
export const investigationOf = (db: Queryable, incident: number): Promise<InvestigationRow | undefined> =>
  db.first<InvestigationRow>(
    `SELECT i.* FROM investigations i JOIN incidents n ON n.number = i.incident_number
     WHERE n.number = $1 OR n.redirected_to = $1 ORDER BY (n.number = $1) DESC, i.started_at DESC LIMIT 1`,
    [incident],
  );

export interface BatchRow {
  readonly batch: number;
  readonly depth: number;
  readonly playbooks: readonly string[];
  readonly active_from: Date;
  readonly active_to: Date;
  readonly widened: boolean;
}
export const batchesOf = (db: Queryable, id: string): Promise<BatchRow[]> =>
  db.query<BatchRow>(
    'SELECT batch, depth, playbooks, active_from, active_to, widened FROM investigation_batches WHERE investigation_id = $1 ORDER BY batch',
    [id],
  );

export async function addBatch(
  tx: Queryable,
  id: string,
  { depth, playbooks, active_from, active_to }: Omit<BatchRow, 'batch' | 'widened'>,
): Promise<number> {
  const row = await tx.first<{ batch: number }>(
    `INSERT INTO investigation_batches (investigation_id, batch, depth, playbooks, active_from, active_to)
     SELECT $1, coalesce(max(batch), 0) + 1, $2, $3, $4, $5 FROM investigation_batches WHERE investigation_id = $1 RETURNING batch`,
    [id, depth, playbooks, active_from, active_to],
  );
  if (!row) throw new Error('a batch was not stored');
  return row.batch;
}

export interface EvidenceRow {
  readonly entity_id: string;
  readonly kind: EntityKind;
  readonly name: string;
  readonly identifiers: Record<string, string>;
  readonly strong: boolean;
  readonly verdict: Verdict;
  readonly score: number;
  readonly points: Points;
  readonly first_seen: Date | null;
  readonly last_seen: Date | null;
  readonly devices: readonly string[];
  readonly rows: number;
  readonly tables: readonly string[];
  readonly found_by: readonly number[];
  readonly depth: number;
  readonly batch: number | null;
  readonly widens: boolean;
  readonly told: string;
}
/** All that is kept of an investigation's evidence at most. */
export const evidenceMax = 2_000;

export const evidenceOf = (db: Queryable, id: string): Promise<EvidenceRow[]> =>
  db.query<EvidenceRow>(
    'SELECT * FROM investigation_evidence WHERE investigation_id = $1 ORDER BY score DESC, depth, kind, name, entity_id LIMIT $2',
    [id, evidenceMax],
  );

export const entityOf = ({ entity_id, kind, name, identifiers, strong }: EvidenceRow): Entity => ({
  id: entity_id,
  kind,
  name,
  identifiers,
  strong,
});

export type NewEvidence = Omit<EvidenceRow, 'verdict' | 'score' | 'told'>;

/** Stores pieces as they are now: their verdicts follow from their points. */
export async function saveEvidence(tx: Queryable, id: string, pieces: readonly NewEvidence[]): Promise<void> {
  if (pieces.length === 0) return;
  const rows = pieces.map((piece) => ({ ...piece, ...verdictOf(piece.points, piece.rows) }));
  await tx.execute(
    `INSERT INTO investigation_evidence (investigation_id, entity_id, kind, name, identifiers, strong, verdict, score, points, first_seen, last_seen, devices, rows, tables,
       found_by, depth, batch, widens)
     SELECT $1, x.* FROM jsonb_to_recordset($2::jsonb) AS x(entity_id text, kind text, name text, identifiers jsonb, strong boolean, verdict text, score int, points jsonb,
       first_seen timestamptz, last_seen timestamptz, devices text[], rows int, tables text[], found_by jsonb, depth int, batch int, widens boolean)
     ON CONFLICT (investigation_id, entity_id) DO UPDATE SET verdict = excluded.verdict, score = excluded.score, points = excluded.points, first_seen = excluded.first_seen,
       last_seen = excluded.last_seen, devices = excluded.devices, rows = excluded.rows, tables = excluded.tables, found_by = excluded.found_by, depth = excluded.depth,
       batch = excluded.batch, widens = excluded.widens`,
    [id, plain(rows)],
  );
}

/** JSON that PostgreSQL takes: it has no NUL. */
const plain = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? part.replaceAll('\0', '\u{FFFD}') : part));

export interface NewEntry {
  readonly kind: InvestigationLogEntry['kind'];
  readonly text: string;
  /** Of a step: it is logged once a batch. */
  readonly batch?: number;
  readonly playbook?: string;
  readonly step?: string;
  readonly rows?: number;
  readonly seconds?: number;
  readonly query?: string;
}
const textCharsMax = 2_000;
const queryCharsMax = 20_000;

/** Answers the entry's id; undefined where the step is logged already. */
export async function logEntry(tx: Queryable, id: string, entry: NewEntry, at: Date): Promise<number | undefined> {
  const clean = (text: string, max: number): string => text.replaceAll('\0', '\u{FFFD}').slice(0, max);
  const row = await tx.first<{ id: number }>(
    `INSERT INTO investigation_log (investigation_id, at, kind, text, batch, playbook, step, rows, seconds, query)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id`,
    [
      id,
      at,
      entry.kind,
      clean(entry.text, textCharsMax),
      entry.batch ?? null,
      entry.playbook ?? '',
      entry.step ?? '',
      entry.rows ?? null,
      entry.seconds ?? null,
      entry.query === undefined ? null : clean(entry.query, queryCharsMax),
    ],
  );
  return row?.id;
}
