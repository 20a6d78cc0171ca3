import { z } from 'zod';
import { PrivilegedTarget } from './privileged-access.ts';

/** Access reviews of privileged access. https://learn.microsoft.com/graph/api/resources/accessreviewsv2-overview */

export const ReviewerKind = z.enum(['self', 'manager', 'owners', 'people']);
export type ReviewerKind = z.infer<typeof ReviewerKind>;

export const ReviewStage = z.object({
  reviewers: ReviewerKind,
  /** Ids of people, for `people`; who decides where somebody has no manager, or a group no owner. */
  people: z.array(z.guid()).max(50).default([]),
  durationDays: z.int().min(1).max(180).default(3),
});
export type ReviewStage = z.infer<typeof ReviewStage>;

export const ReviewRecurrence = z.enum(['once', 'weekly', 'monthly', 'quarterly', 'semiannually', 'annually']);
export type ReviewRecurrence = z.infer<typeof ReviewRecurrence>;

export const AccessReviewSettings = z.object({
  displayName: z.string().trim().min(1).max(200),
  descriptionForAdmins: z.string().max(5_000).default(''),
  /** Stands in their mails. */
  descriptionForReviewers: z.string().max(5_000).default(''),
  /** Whose holders are reviewed. */
  targets: z.array(PrivilegedTarget).min(1).max(50),
  kinds: z
    .array(z.enum(['eligible', 'active']))
    .min(1)
    .max(2)
    .default(['eligible', 'active']),
  /** Of all that hold it, only these. */
  principals: z
    .array(z.enum(['user', 'group', 'servicePrincipal']))
    .min(1)
    .max(3)
    .default(['user', 'group', 'servicePrincipal']),
  /** Those that were approved or not decided on go to the next. */
  stages: z.array(ReviewStage).min(1).max(3),
  recurrence: ReviewRecurrence.default('once'),
  /** Default: at once. */
  startsAt: z.iso.datetime({ offset: true }).optional(),
  justificationRequired: z.boolean().default(true),
  /** Mail reviewers that something waits for them. */
  mails: z.boolean().default(true),
  /** Apply what was decided when it ends. */
  autoApply: z.boolean().default(true),
  /** Of what nobody has decided on. */
  ifNotResponded: z.enum(['noChange', 'remove', 'approve', 'recommendation']).default('noChange'),
  /** Without any use for so many days, removal is recommended. */
  inactivityDays: z.int().min(1).max(365).default(30),
});
export type AccessReviewSettings = z.infer<typeof AccessReviewSettings>;

export const ReviewResult = z.enum(['Approve', 'Deny', 'DontKnow']);
export type ReviewResult = z.infer<typeof ReviewResult>;
