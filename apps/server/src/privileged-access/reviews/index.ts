import { randomUUID } from 'node:crypto';
import {
  SallyportError,
  type AccessReviewSettings,
  type ReviewRecurrence,
  type ReviewResult,
} from '@sallyport/contracts';
import { publicUrlOf } from '../../platform/config/index.ts';
import type { Queryable } from '../../platform/database/index.ts';
import type { Platform } from '../../platform/types.ts';
import { ourselves, recordActivity, type Activity } from '../activities.ts';
import { queueMails } from '../notify.ts';
import type { Requests } from '../requests.ts';
import { holdings } from '../store.ts';
import { nameOfTarget, principalsOf } from '../targets.ts';
import { targetOf, type Asker, type Author } from '../types.ts';
import {
  decisions,
  reviewsMax,
  runs,
  settingsOf,
  standing,
  type DecisionRow,
  type ReviewRow,
  type RunRow,
} from './store.ts';
import { holdingsUnder, recommend, reviewersOf } from './subjects.ts';

const dayMs = 86_400_000;
/** As much of a description as Microsoft's mails have. */
const describedMax = 256;
const months: Readonly<Record<Exclude<ReviewRecurrence, 'once' | 'weekly'>, number>> = {
  monthly: 1,
  quarterly: 3,
  semiannually: 6,
  annually: 12,
};
/** When the run after the one of `at` begins; undefined: there is none. */
export function nextRun(at: Date, recurrence: ReviewRecurrence): Date | undefined {
  if (recurrence === 'once') return undefined;
  const next = new Date(at);
  if (recurrence === 'weekly') next.setUTCDate(next.getUTCDate() + 7);
  else {
    const day = next.getUTCDate();
    next.setUTCDate(1);
    next.setUTCMonth(next.getUTCMonth() + months[recurrence]);
    // The 31st of a month that has 30 days is its last.
    const last = new Date(Date.UTC(next.getUTCFullYear(), next.getUTCMonth() + 1, 0)).getUTCDate();
    next.setUTCDate(Math.min(day, last));
  }
  return next;
}

export interface ReviewParts {
  readonly platform: Pick<Platform, 'database' | 'clock' | 'audit' | 'config'>;
  readonly requests: Requests;
}
export interface Applied {
  readonly removed: number;
  readonly kept: number;
  readonly failed: number;
}

export function createReviews({ platform, requests }: ReviewParts) {
  const { database, clock, audit, config } = platform;

  const record = (
    activity: Activity,
    review: Pick<ReviewRow, 'id' | 'display_name'>,
    by: Author,
    tx: Queryable,
    details = {},
  ) =>
    recordActivity(
      audit,
      activity,
      {
        target: { type: 'role', id: review.id, access: '', name: review.display_name },
        details: { reviewId: review.id, ...details },
      },
      by,
      tx,
    );

  /** Who decides on rows of a run's stage. */
  const askedOf = async (db: Queryable, review: ReviewRow, run: RunRow, rows: readonly DecisionRow[], now: Date) => {
    const stage = settingsOf(review).stages[run.stage];
    const ids = new Set<string>();
    for (const row of stage ? rows : []) {
      const holding = await holdings.byId(db, row.holding_id);
      if (stage && holding) for (const id of await reviewersOf(db, stage, holding, now)) ids.add(id);
    }
    return principalsOf([...ids], db);
  };

  const mail = async (
    tx: Queryable,
    review: ReviewRow,
    run: RunRow,
    rows: readonly DecisionRow[],
    now: Date,
    { key, subject }: { readonly key: string; readonly subject: string },
  ) => {
    const people = await askedOf(tx, review, run, rows, now);
    const to = [...people.values()].map(({ name }) => name).filter((name) => /.@./.test(name));
    const oneLine = (words: string) => words.replaceAll(/\p{Cc}+/gu, ' ');
    const title = oneLine(review.display_name);
    const { descriptionForReviewers } = settingsOf(review);
    const text = [
      `You are asked to review who holds what: ${title}`,
      ...(descriptionForReviewers === '' ? [] : [oneLine(descriptionForReviewers).slice(0, describedMax)]),
      '',
      `  Until: ${run.stage_ends_at.toISOString()}`,
      '',
      `${publicUrlOf(config)}/my-access?tab=reviews`,
      '',
    ].join('\n');
    await queueMails(tx, key, to, { subject: `PIM: ${subject}: ${title}`, text }, now);
  };
  const ask = async (tx: Queryable, review: ReviewRow, run: RunRow, rows: readonly DecisionRow[], now: Date) => {
    if (!settingsOf(review).mails) return;
    await mail(tx, review, run, rows, now, { key: `review ${run.id} ${run.stage}`, subject: 'review access' });
  };

  const insertDecision = (
    tx: Queryable,
    runId: string,
    stage: number,
    row: Pick<DecisionRow, 'holding_id' | 'principal_id' | 'recommendation' | 'basis'>,
  ) =>
    tx.execute(
      `INSERT INTO access_review_decisions (id, run_id, stage, holding_id, principal_id, recommendation, basis) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [randomUUID(), runId, stage, row.holding_id, row.principal_id, row.recommendation, row.basis],
    );

  const begin = async (tx: Queryable, review: ReviewRow, now: Date): Promise<void> => {
    const settings = settingsOf(review);
    const [first] = settings.stages;
    const run: RunRow = {
      id: randomUUID(),
      review_id: review.id,
      started_at: now,
      stage: 0,
      stage_ends_at: new Date(now.getTime() + (first?.durationDays ?? 1) * dayMs),
      ended_at: null,
      applied_at: null,
    };
    await tx.execute(
      'INSERT INTO access_review_runs (id, review_id, started_at, stage, stage_ends_at) VALUES ($1, $2, $3, 0, $4)',
      [run.id, review.id, now, run.stage_ends_at],
    );
    const since = new Date(now.getTime() - settings.inactivityDays * dayMs);
    for (const holding of await holdingsUnder(tx, settings, now))
      await insertDecision(tx, run.id, 0, {
        holding_id: holding.id,
        principal_id: holding.principal_id,
        ...(await recommend(tx, holding, since)),
      });
    const next = nextRun(review.next_at ?? now, settings.recurrence);
    await tx.execute('UPDATE access_reviews SET next_at = $2 WHERE id = $1', [review.id, next ?? null]);
    await ask(tx, review, run, await decisions.ofRun(tx, run.id), now);
  };

  /** To the next stage with what was not denied, or to the end. */
  const goOn = async (tx: Queryable, review: ReviewRow, run: RunRow, now: Date): Promise<void> => {
    const settings = settingsOf(review);
    const next = settings.stages[run.stage + 1];
    const rows = await decisions.ofRun(tx, run.id);
    const open = rows.filter(({ stage, decision }) => stage === run.stage && decision !== 'Deny');
    if (!next || open.length === 0) return end(tx, review, run, now);
    const changed: RunRow = {
      ...run,
      stage: run.stage + 1,
      stage_ends_at: new Date(now.getTime() + next.durationDays * dayMs),
    };
    await tx.execute('UPDATE access_review_runs SET stage = $2, stage_ends_at = $3 WHERE id = $1', [
      run.id,
      changed.stage,
      changed.stage_ends_at,
    ]);
    for (const row of open) await insertDecision(tx, run.id, changed.stage, row);
    await ask(tx, review, changed, open, now);
  };

  const end = async (tx: Queryable, review: ReviewRow, run: RunRow, now: Date): Promise<void> => {
    await tx.execute('UPDATE access_review_runs SET ended_at = $2 WHERE id = $1', [run.id, now]);
    await record('Access review ended', review, ourselves, tx, { runId: run.id });
  };

  const reviewOf = async (db: Queryable, id: string): Promise<ReviewRow> => {
    const row = await db.first<ReviewRow>('SELECT * FROM access_reviews WHERE id = $1', [id]);
    if (!row) throw new SallyportError('NotFound', 'there is no such review');
    return row;
  };

  /** Each removal by itself, as a request of its own: one that can't be done stands as failed, and the others are done. */
  const apply = async (review: ReviewRow, run: RunRow, by: Author): Promise<Applied> => {
    const settings = settingsOf(review);
    const asker: Asker = { ...by, personId: undefined, signedIn: undefined, manages: true, readsAll: true };
    const counts = { removed: 0, kept: 0, failed: 0 };
    for (const row of standing(await decisions.ofRun(database, run.id))) {
      if (row.outcome !== '') continue;
      const holding = await holdings.byId(database, row.holding_id);
      const outcome = await outcomeOf(row, settings, async () => {
        if (!holding || holding.removed_at !== null) return 'gone';
        await requests.submit(
          {
            kind: holding.kind,
            action: 'adminRemove',
            target: targetOf(holding),
            principalId: holding.principal_id,
            scopeId: holding.scope_id,
            justification: `access review ${review.display_name}`,
            ticketNumber: '',
            ticketSystem: '',
            startAt: undefined,
            expiration: undefined,
            validationOnly: false,
          },
          asker,
        );
        return 'removed';
      });
      if (outcome === 'removed' || outcome === 'kept' || outcome === 'failed') counts[outcome] += 1;
      await database.execute('UPDATE access_review_decisions SET outcome = $2 WHERE id = $1', [row.id, outcome]);
    }
    await database.transaction(async (tx) => {
      await tx.execute('UPDATE access_review_runs SET applied_at = $2 WHERE id = $1', [run.id, clock.now()]);
      await record('Apply access review', review, by, tx, { runId: run.id, ...counts });
    });
    return counts;
  };

  return {
    reviewOf: (id: string) => reviewOf(database, id),
    list: () =>
      database.query<ReviewRow>(`SELECT * FROM access_reviews ORDER BY created_at DESC, id LIMIT ${reviewsMax}`),

    create: async (settings: AccessReviewSettings, by: Author): Promise<ReviewRow> => {
      for (const target of settings.targets)
        if ((await nameOfTarget(target, database)) === undefined)
          throw new SallyportError('BadRequest', '`body.targets`: one of them is not there', {
            target: 'body.targets',
          });
      if (settings.stages.some(({ reviewers, people }) => reviewers === 'people' && people.length === 0))
        throw new SallyportError('BadRequest', '`body.stages`: who reviews is to be named', { target: 'body.stages' });
      return database.transaction(async (tx) => {
        const now = clock.now();
        await tx.execute('LOCK TABLE access_reviews IN SHARE ROW EXCLUSIVE MODE');
        const count = await tx.first<{ n: number }>('SELECT count(*)::int AS n FROM access_reviews');
        if ((count?.n ?? 0) >= reviewsMax)
          throw new SallyportError('Conflict', `there are ${reviewsMax} reviews already`);
        const start = settings.startsAt === undefined ? now : new Date(settings.startsAt);
        const row: ReviewRow = {
          id: randomUUID(),
          display_name: settings.displayName,
          settings,
          created_at: now,
          created_by_id: by.id,
          created_by: by.name,
          next_at: start > now ? start : now,
        };
        await tx.execute(
          'INSERT INTO access_reviews (id, display_name, settings, created_at, created_by_id, created_by, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
          [row.id, row.display_name, JSON.stringify(settings), now, row.created_by_id, row.created_by, row.next_at],
        );
        await record('Create access review', row, by, tx);
        if (start <= now) await begin(tx, row, now);
        return row;
      });
    },

    /** What waits for a person in the stages that are open. */
    waitingFor: async (personId: string) => {
      const open = await database.query<RunRow>(
        'SELECT * FROM access_review_runs WHERE ended_at IS NULL AND stage_ends_at > $1 ORDER BY stage_ends_at LIMIT 200',
        [clock.now()],
      );
      const found: { review: ReviewRow; run: RunRow; rows: DecisionRow[] }[] = [];
      for (const run of open) {
        const review = await reviewOf(database, run.review_id);
        const rows = await ownRows(database, review, run, personId);
        if (rows.length > 0) found.push({ review, run, rows });
      }
      return found;
    },

    /** Answers how many of the decisions are the person's to take, and were taken. */
    decide: (
      ids: readonly string[],
      result: ReviewResult | 'NotReviewed',
      justification: string,
      by: Asker & { readonly personId: string },
    ) =>
      database.transaction(async (tx) => {
        const now = clock.now();
        const open = await tx.query<RunRow>(
          `SELECT r.* FROM access_review_runs r WHERE r.ended_at IS NULL AND r.stage_ends_at > $2
             AND r.id IN (SELECT run_id FROM access_review_decisions WHERE id = ANY($1::uuid[])) FOR SHARE`,
          [ids, now],
        );
        let decided = 0;
        for (const run of open) {
          const review = await reviewOf(tx, run.review_id);
          const isBack = result === 'NotReviewed';
          if (settingsOf(review).justificationRequired && !isBack && justification.trim() === '')
            throw new SallyportError('BadRequest', '`body.justification`: the review asks for one', {
              target: 'body.justification',
            });
          for (const row of await ownRows(tx, review, run, by.personId)) {
            if (!ids.includes(row.id)) continue;
            await tx.execute(
              'UPDATE access_review_decisions SET decision = $2, justification = $3, reviewed_by_id = $4, reviewed_by = $5, reviewed_at = $6 WHERE id = $1',
              isBack
                ? [row.id, result, '', null, null, null]
                : [row.id, result, justification.trim(), by.personId, by.name, now],
            );
            decided += 1;
          }
          await record(decisionNames[result], review, by, tx, { count: decided, justification: justification.trim() });
        }
        return decided;
      }),

    /** Begins what is due, goes on to next stages, ends and applies. Answers how many runs changed. */
    advance: async (): Promise<number> => {
      const changed = await database.transaction(async (tx) => {
        const now = clock.now();
        const due = await tx.query<ReviewRow>(
          'SELECT * FROM access_reviews WHERE next_at <= $1 ORDER BY next_at LIMIT 20 FOR UPDATE SKIP LOCKED',
          [now],
        );
        for (const review of due) await begin(tx, review, now);
        const late = await tx.query<RunRow>(
          'SELECT * FROM access_review_runs WHERE ended_at IS NULL AND stage_ends_at <= $1 ORDER BY stage_ends_at LIMIT 20 FOR UPDATE SKIP LOCKED',
          [now],
        );
        for (const run of late) await goOn(tx, await reviewOf(tx, run.review_id), run, now);
        return due.length + late.length;
      });
      const ended = await database.query<RunRow>(
        'SELECT * FROM access_review_runs WHERE ended_at IS NOT NULL AND applied_at IS NULL ORDER BY ended_at LIMIT 20',
      );
      let applied = 0;
      for (const run of ended) {
        const review = await reviewOf(database, run.review_id);
        if (!settingsOf(review).autoApply) continue;
        await apply(review, run, ourselves);
        applied += 1;
      }
      return changed + applied;
    },

    stop: (id: string, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const review = await reviewOf(tx, id);
        const run = await tx.first<RunRow>(
          'SELECT * FROM access_review_runs WHERE review_id = $1 AND ended_at IS NULL ORDER BY started_at DESC LIMIT 1 FOR UPDATE',
          [id],
        );
        if (!run) throw new SallyportError('Conflict', 'the review does not run');
        await tx.execute('UPDATE access_review_runs SET ended_at = $2 WHERE id = $1', [run.id, clock.now()]);
        await record('Access review ended', review, by, tx, { runId: run.id });
      }),

    /** Whose decisions these are, now. */
    askedOf: (review: ReviewRow, run: RunRow, rows: readonly DecisionRow[]) =>
      askedOf(database, review, run, rows, clock.now()),

    /** Takes back what was decided in the stage that runs. Throws Conflict when the run is over. */
    reset: (id: string, runId: string, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const review = await reviewOf(tx, id);
        const run = await tx.first<RunRow>(
          'SELECT * FROM access_review_runs WHERE id = $1 AND review_id = $2 AND ended_at IS NULL FOR UPDATE',
          [runId, id],
        );
        if (!run) throw new SallyportError('Conflict', 'the review does not run');
        const count = await tx.execute(
          `UPDATE access_review_decisions SET decision = 'NotReviewed', justification = '', reviewed_by_id = NULL, reviewed_by = NULL, reviewed_at = NULL
           WHERE run_id = $1 AND stage = $2 AND decision <> 'NotReviewed'`,
          [run.id, run.stage],
        );
        await record('Reset decision', review, by, tx, { runId: run.id, count });
      }),

    /** Mails those who have not decided yet. Throws Conflict when the run is over. */
    remind: (id: string, runId: string | undefined, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const now = clock.now();
        const review = await reviewOf(tx, id);
        const run = (await runs.ofReview(tx, id)).find((one) => one.id === runId);
        if (!run || run.ended_at !== null) throw new SallyportError('Conflict', 'the review does not run');
        const open = (await decisions.ofRun(tx, run.id)).filter(
          ({ stage, decision }) => stage === run.stage && decision === 'NotReviewed',
        );
        const key = `reminder ${run.id} ${run.stage} ${now.toISOString()}`;
        await mail(tx, review, run, open, now, { key, subject: 'reminder to review access' });
        await record('Send reminder for access review', review, by, tx, { runId: run.id });
      }),

    /** `runId`: default, the run that ended last. */
    apply: async (id: string, by: Author, runId?: string): Promise<Applied> => {
      const review = await reviewOf(database, id);
      const run = (await runs.ofReview(database, id)).find(
        (one) => one.ended_at !== null && (runId === undefined || one.id === runId),
      );
      if (!run || run.applied_at !== null)
        throw new SallyportError('Conflict', 'there is no run that ended and is not applied');
      return apply(review, run, by);
    },

    remove: (id: string, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const review = await reviewOf(tx, id);
        await tx.execute('DELETE FROM access_reviews WHERE id = $1', [id]);
        await record('Delete access review', review, by, tx);
      }),
  };

  async function ownRows(db: Queryable, review: ReviewRow, run: RunRow, personId: string): Promise<DecisionRow[]> {
    const stage = settingsOf(review).stages[run.stage];
    if (!stage) return [];
    const now = clock.now();
    const found: DecisionRow[] = [];
    for (const row of await decisions.ofRun(db, run.id)) {
      if (row.stage !== run.stage) continue;
      const holding = await holdings.byId(db, row.holding_id);
      if (holding && (await reviewersOf(db, stage, holding, now)).has(personId)) found.push(row);
    }
    return found;
  }
}
export type Reviews = ReturnType<typeof createReviews>;

const decisionNames = {
  Approve: 'Approve decision',
  Deny: 'Deny decision',
  DontKnow: "Don't know decision",
  NotReviewed: 'Reset decision',
} as const;

async function outcomeOf(
  row: DecisionRow,
  { ifNotResponded }: AccessReviewSettings,
  remove: () => Promise<'removed' | 'gone'>,
): Promise<DecisionRow['outcome']> {
  const decided = row.decision === 'Approve' || row.decision === 'Deny';
  const removes = decided
    ? row.decision === 'Deny'
    : ifNotResponded === 'remove' || (ifNotResponded === 'recommendation' && row.recommendation === 'Deny');
  if (!removes) return 'kept';
  try {
    return await remove();
  } catch (error) {
    // The last administrator, or what somebody has removed meanwhile.
    if (error instanceof SallyportError && error.code !== 'InternalError' && error.code !== 'Unavailable')
      return 'failed';
    throw error;
  }
}
