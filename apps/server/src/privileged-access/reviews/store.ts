import { AccessReviewSettings, type ReviewResult } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';

export interface ReviewRow {
  readonly id: string;
  readonly display_name: string;
  readonly settings: unknown;
  readonly created_at: Date;
  readonly created_by_id: string;
  readonly created_by: string;
  readonly next_at: Date | null;
}
export interface RunRow {
  readonly id: string;
  readonly review_id: string;
  readonly started_at: Date;
  readonly stage: number;
  readonly stage_ends_at: Date;
  readonly ended_at: Date | null;
  readonly applied_at: Date | null;
}
export interface DecisionRow {
  readonly id: string;
  readonly run_id: string;
  readonly stage: number;
  readonly holding_id: string;
  readonly principal_id: string;
  readonly recommendation: 'Approve' | 'Deny';
  readonly basis: string;
  readonly decision: 'NotReviewed' | ReviewResult;
  readonly justification: string;
  readonly reviewed_by_id: string | null;
  readonly reviewed_by: string | null;
  readonly reviewed_at: Date | null;
  readonly outcome: '' | 'kept' | 'removed' | 'failed' | 'gone';
}

/** Stored ones have been parsed before. */
export const settingsOf = ({ settings }: Pick<ReviewRow, 'settings'>): AccessReviewSettings =>
  AccessReviewSettings.parse(settings);

/** More than a tenant keeps. */
export const reviewsMax = 200;
/** Of one review. */
export const reviewedMax = 2_000;

export const runs = {
  ofReview: (db: Queryable, reviewId: string) =>
    db.query<RunRow>('SELECT * FROM access_review_runs WHERE review_id = $1 ORDER BY started_at DESC LIMIT 50', [
      reviewId,
    ]),
  newest: (db: Queryable, reviewId: string) =>
    db.first<RunRow>('SELECT * FROM access_review_runs WHERE review_id = $1 ORDER BY started_at DESC LIMIT 1', [
      reviewId,
    ]),
};
export const decisions = {
  ofRun: (db: Queryable, runId: string) =>
    db.query<DecisionRow>('SELECT * FROM access_review_decisions WHERE run_id = $1 ORDER BY stage, id', [runId]),
};

/** What stands of each holding: its last stage that was decided on. */
export function standing(rows: readonly DecisionRow[]): DecisionRow[] {
  return [...Map.groupBy(rows, ({ holding_id: id }) => id).values()].flatMap((of) => {
    const decided = of.toSorted((a, b) => b.stage - a.stage);
    const last = decided.find(({ decision }) => decision !== 'NotReviewed') ?? decided[0];
    return last ? [last] : [];
  });
}
