import { z } from 'zod';
import { AccessReviewSettings, ReviewResult } from '../access-review.ts';
import { route } from '../route.ts';
import { PrivilegedHolding } from './privileged-access.ts';

const at = z.iso.datetime();
const params = z.object({ id: z.guid() });

export const ReviewDecision = z.object({
  id: z.guid(),
  stage: z.int(),
  holding: PrivilegedHolding,
  recommendation: z.enum(['Approve', 'Deny']),
  /** What the recommendation goes by. */
  basis: z.string(),
  decision: z.enum(['NotReviewed', 'Approve', 'Deny', 'DontKnow']),
  justification: z.string(),
  reviewedBy: z.string().nullable(),
  reviewedAt: at.nullable(),
  /** What the end did with it; empty: nothing yet. */
  outcome: z.enum(['', 'kept', 'removed', 'failed', 'gone']),
});
export type ReviewDecision = z.infer<typeof ReviewDecision>;

export const ReviewRun = z.object({
  id: z.guid(),
  startedAt: at,
  /** From 1. */
  stage: z.int(),
  stageEndsAt: at,
  endedAt: at.nullable(),
  appliedAt: at.nullable(),
  decided: z.int(),
  total: z.int(),
});
export type ReviewRun = z.infer<typeof ReviewRun>;

export const AccessReview = z.object({
  id: z.guid(),
  settings: AccessReviewSettings,
  targetNames: z.array(z.string()),
  createdBy: z.string(),
  createdAt: at,
  nextAt: at.nullable(),
  /** Newest first. */
  runs: z.array(ReviewRun),
});
export type AccessReview = z.infer<typeof AccessReview>;

export const WaitingReview = z.object({
  reviewId: z.guid(),
  displayName: z.string(),
  stageEndsAt: at,
  justificationRequired: z.boolean(),
  decisions: z.array(ReviewDecision),
});
export type WaitingReview = z.infer<typeof WaitingReview>;

const manage = { permission: 'authorization.manage' } as const;

export const accessReviewRoutes = {
  listAccessReviews: route({
    method: 'GET',
    permission: 'authorization.read',
    path: '/api/privileged-access/reviews',
    summary: 'Reviews of privileged access',
    response: z.object({ reviews: z.array(AccessReview) }),
  }),
  getAccessReview: route({
    method: 'GET',
    permission: 'authorization.read',
    path: '/api/privileged-access/reviews/:id',
    summary: 'A review, with what was decided in its newest run',
    params,
    response: z.object({ review: AccessReview, decisions: z.array(ReviewDecision) }),
  }),
  createAccessReview: route({
    ...manage,
    method: 'POST',
    path: '/api/privileged-access/reviews',
    summary: 'Begin a review, or plan it',
    body: AccessReviewSettings,
    response: z.object({ review: AccessReview }),
  }),
  stopAccessReview: route({
    ...manage,
    method: 'POST',
    path: '/api/privileged-access/reviews/:id/stop',
    summary: 'End the run of a review now, with what is decided',
    params,
    response: z.object({}),
  }),
  applyAccessReview: route({
    ...manage,
    method: 'POST',
    path: '/api/privileged-access/reviews/:id/apply',
    summary: 'Apply what was decided in the run that ended last',
    params,
    response: z.object({ removed: z.int(), kept: z.int(), failed: z.int() }),
  }),
  remindAccessReview: route({
    ...manage,
    method: 'POST',
    path: '/api/privileged-access/reviews/:id/remind',
    summary: 'Mail those who have not decided yet in the run of a review',
    params,
    response: z.object({}),
  }),
  deleteAccessReview: route({
    ...manage,
    method: 'DELETE',
    path: '/api/privileged-access/reviews/:id',
    summary: 'Delete a review, and what was decided in it',
    params,
    response: z.object({}),
  }),
  listMyReviews: route({
    method: 'GET',
    permission: 'privilegedAccess.request',
    path: '/api/privileged-access/mine/reviews',
    summary: 'What one is to review',
    response: z.object({ reviews: z.array(WaitingReview) }),
  }),
  decideReviews: route({
    method: 'POST',
    permission: 'privilegedAccess.request',
    path: '/api/privileged-access/mine/reviews',
    summary: 'Decide on what one is to review; it may be changed while the stage lasts',
    body: z.object({
      decisionIds: z.array(z.guid()).min(1).max(200),
      result: ReviewResult,
      justification: z.string().max(2_048).default(''),
    }),
    response: z.object({ decided: z.int() }),
  }),
  exportPrivilegedAccess: route({
    method: 'GET',
    permission: 'authorization.read',
    path: '/api/privileged-access/export',
    summary: 'For auditors: each grant, by whom, why, when it ended, and what was done meanwhile',
    query: z.object({
      format: z.enum(['csv', 'json']).default('csv'),
      from: z.iso.datetime({ offset: true }).optional(),
      to: z.iso.datetime({ offset: true }).optional(),
    }),
    response: 'raw',
  }),
} as const;
