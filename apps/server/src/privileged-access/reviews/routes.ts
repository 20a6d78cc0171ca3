import { SallyportError, type AccessReview, type accessReviewRoutes, type ReviewDecision } from '@sallyport/contracts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Handlers, RequestContext } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { holdingAnswers } from '../answers.ts';
import { askerOf, managerOf } from '../caller.ts';
import { csvOf, exportGrants } from '../export.ts';
import { holdings } from '../store.ts';
import { nameOrId } from '../targets.ts';
import type { Holding } from '../types.ts';
import type { Reviews } from './index.ts';
import { decisions, runs, settingsOf, type DecisionRow, type ReviewRow, type RunRow } from './store.ts';

const yearMs = 366 * 86_400_000;

export interface ReviewRouteParts {
  readonly platform: Pick<Platform, 'database' | 'clock'>;
  readonly reviews: Reviews;
}

export function accessReviewHandlers({
  platform: { database, clock },
  reviews,
}: ReviewRouteParts): Handlers<typeof accessReviewRoutes> {
  const asker = (context: RequestContext) => askerOf(database, context);
  const whoManages = (context: RequestContext) => managerOf(database, context);
  return {
    listAccessReviews: async () => {
      const answers: AccessReview[] = [];
      for (const row of await reviews.list()) answers.push(await reviewAnswer(database, row));
      return { reviews: answers };
    },
    getAccessReview: async (_context, { params }) => {
      const row = await reviews.reviewOf(params.id);
      const run = await runs.newest(database, row.id);
      const found = run ? await decisions.ofRun(database, run.id) : [];
      return { review: await reviewAnswer(database, row), decisions: await decisionAnswers(database, found) };
    },
    createAccessReview: async (context, { body }) => {
      const row = await reviews.create(body, await whoManages(context));
      context.audit({ target: `review ${row.display_name}` });
      return { review: await reviewAnswer(database, row) };
    },
    stopAccessReview: async (context, { params }) => {
      await reviews.stop(params.id, await whoManages(context));
      context.audit({ target: `review ${params.id}` });
      return {};
    },
    applyAccessReview: async (context, { params }) => {
      const applied = await reviews.apply(params.id, await whoManages(context));
      context.audit({ target: `review ${params.id}`, details: { ...applied } });
      return applied;
    },
    remindAccessReview: async (context, { params }) => {
      const by = await whoManages(context);
      const run = await runs.newest(database, (await reviews.reviewOf(params.id)).id);
      await reviews.remind(params.id, run?.id, by);
      context.audit({ target: `review ${params.id}` });
      return {};
    },
    deleteAccessReview: async (context, { params }) => {
      await reviews.remove(params.id, await whoManages(context));
      context.audit({ target: `review ${params.id}` });
      return {};
    },
    listMyReviews: async (context) => {
      const { personId } = await asker(context);
      if (personId === undefined) return { reviews: [] };
      const answers = [];
      for (const { review, run, rows } of await reviews.waitingFor(personId))
        answers.push({
          reviewId: review.id,
          displayName: review.display_name,
          stageEndsAt: run.stage_ends_at.toISOString(),
          justificationRequired: settingsOf(review).justificationRequired,
          decisions: await decisionAnswers(database, rows),
        });
      return { reviews: answers };
    },
    decideReviews: async (context, { body }) => {
      const by = await asker(context);
      if (by.personId === undefined) throw new SallyportError('BadRequest', 'this token is nobody’s');
      const own = { ...by, personId: by.personId };
      const decided = await reviews.decide(body.decisionIds, body.result, body.justification, own);
      context.audit({ target: 'review', details: { result: body.result, decided } });
      return { decided };
    },
    exportPrivilegedAccess: async (context, { query, reply }) => {
      const now = clock.now();
      const to = query.to === undefined ? now : new Date(query.to);
      const from = query.from === undefined ? new Date(to.getTime() - yearMs) : new Date(query.from);
      if (from >= to) throw new SallyportError('BadRequest', '`query.from`: before `to`', { target: 'query.from' });
      context.audit({ target: 'export of privileged access', details: { from, to, format: query.format } });
      const grants = await exportGrants(database, from, to, now);
      const name = `privileged-access-${to.toISOString().slice(0, 10)}.${query.format}`;
      void reply.header('content-disposition', `attachment; filename="${name}"`);
      return query.format === 'json'
        ? reply.type('application/json; charset=utf-8').send(JSON.stringify({ from, to, grants }))
        : reply.type('text/csv; charset=utf-8').send(csvOf(grants));
    },
  };
}

const runAnswer = (run: RunRow, rows: readonly DecisionRow[]) => {
  const own = rows.filter(({ run_id: id, stage }) => id === run.id && stage === run.stage);
  return {
    id: run.id,
    startedAt: run.started_at.toISOString(),
    stage: run.stage + 1,
    stageEndsAt: run.stage_ends_at.toISOString(),
    endedAt: run.ended_at?.toISOString() ?? null,
    appliedAt: run.applied_at?.toISOString() ?? null,
    decided: own.filter(({ decision }) => decision !== 'NotReviewed').length,
    total: own.length,
  };
};

async function reviewAnswer(db: Queryable, row: ReviewRow): Promise<AccessReview> {
  const settings = settingsOf(row);
  const ofReview = await runs.ofReview(db, row.id);
  const rows = await db.query<DecisionRow>('SELECT * FROM access_review_decisions WHERE run_id = ANY($1::uuid[])', [
    ofReview.map(({ id }) => id),
  ]);
  const targetNames: string[] = [];
  for (const target of settings.targets) targetNames.push(await nameOrId(target, db));
  return {
    id: row.id,
    settings,
    targetNames,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    nextAt: row.next_at?.toISOString() ?? null,
    runs: ofReview.map((run) => runAnswer(run, rows)),
  };
}

async function decisionAnswers(db: Queryable, rows: readonly DecisionRow[]): Promise<ReviewDecision[]> {
  const found: (readonly [DecisionRow, Holding])[] = [];
  for (const row of rows) {
    const holding = await holdings.byId(db, row.holding_id);
    if (holding) found.push([row, holding]);
  }
  const answers = await holdingAnswers(
    db,
    found.map(([, holding]) => holding),
  );
  return found.flatMap(([row], i) => {
    const holding = answers[i];
    return holding
      ? [
          {
            id: row.id,
            stage: row.stage + 1,
            holding,
            recommendation: row.recommendation,
            basis: row.basis,
            decision: row.decision,
            justification: row.justification,
            reviewedBy: row.reviewed_by,
            reviewedAt: row.reviewed_at?.toISOString() ?? null,
            outcome: row.outcome,
          },
        ]
      : [];
  });
}
