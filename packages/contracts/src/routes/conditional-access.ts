import { z } from 'zod';
import { route } from '../route.ts';

/** What the portal asks of Conditional Access and Microsoft Graph has no words for: effect on past sign-ins, gaps, and a draft's faults. */

const read = { permission: 'conditionalAccess.read' } as const;

/** Days of sign-ins that are looked at. */
const Days = z.coerce.number().int().min(1).max(30).default(7);
/** Sign-ins that are looked at in one measurement, the newest. */
export const signInsMeasuredMax = 20_000;
const Decisions = z.object({ allow: z.int(), block: z.int(), challenge: z.int() });

/** A sign-in that a policy would have blocked or asked for more. */
const Example = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  userPrincipalName: z.string(),
  application: z.string(),
  ipAddress: z.string(),
});

export const PolicyEffect = z.object({
  id: z.string(),
  displayName: z.string(),
  /** Sign-ins by result, in Graph's words; what did not occur is left out. */
  results: z.record(z.string(), z.int()),
  usersBlocked: z.int(),
  usersAsked: z.int(),
  /** At most ten. */
  examples: z.array(Example),
});
export type PolicyEffect = z.infer<typeof PolicyEffect>;

export const AccessEffect = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  signIns: z.int(),
  /** There were more sign-ins: only the newest 20,000 were looked at. */
  truncated: z.boolean(),
  policies: z.array(PolicyEffect),
  /** What is decided now, and what would be if what only reports were on. */
  now: Decisions,
  enforced: Decisions,
});
export type AccessEffect = z.infer<typeof AccessEffect>;

const Named = z.object({ id: z.string(), name: z.string() });
export const accessGapReasons = [
  'noPolicy',
  'excluded',
  'disabled',
  'reportOnly',
  'sessionControlsOnly',
  'conditional',
] as const;
export const AccessGap = z.object({
  reason: z.enum(accessGapReasons),
  /** The first hundred. */
  users: z.array(Named),
  userCount: z.int(),
  /** The first hundred. */
  applications: z.array(Named),
  applicationCount: z.int(),
  policies: z.array(Named),
  /** On which it depends, for `conditional`. */
  conditions: z.array(z.string()),
});
export type AccessGap = z.infer<typeof AccessGap>;

export const PolicyProblem = z.object({
  /** `conditions.users.includeUsers[0]`. */
  path: z.string(),
  message: z.string(),
  /** Of a filter: the characters, end exclusive. */
  start: z.int().optional(),
  end: z.int().optional(),
});
export type PolicyProblem = z.infer<typeof PolicyProblem>;

/** A policy in the form of Graph's `conditionalAccessPolicy`; it may be wrong. Without an id it is a new one. */
const Draft = z.record(z.string().max(128), z.unknown());

export const conditionalAccessRoutes = {
  getAccessEffect: route({
    ...read,
    method: 'GET',
    path: '/api/conditional-access/effect',
    summary: 'What each policy says to the sign-ins of the last days, and what those that only report would change',
    query: z.object({ days: Days }),
    response: AccessEffect,
  }),
  previewPolicy: route({
    ...read,
    method: 'POST',
    path: '/api/conditional-access/preview',
    summary: 'What a policy that is not saved would have changed for the sign-ins of the last days, were it on',
    body: z.object({ policy: Draft, days: Days }),
    response: AccessEffect,
  }),
  checkPolicy: route({
    ...read,
    method: 'POST',
    path: '/api/conditional-access/check',
    summary: 'What is wrong with a policy that is not saved, and whether it would lock out its author, were it on',
    body: z.object({ policy: Draft }),
    response: z.object({
      problems: z.array(PolicyProblem),
      /** The caller's next sign-in to Sallyport, as this one; null where the draft can't be decided on, or the caller is no person. */
      author: z
        .object({
          decision: z.enum(['allow', 'challenge', 'block']),
          /** What would still be demanded, in words. */
          required: z.array(z.string()),
          /** No policy holds for them. */
          emergencyAccess: z.boolean(),
        })
        .nullable(),
    }),
  }),
  listAccessGaps: route({
    ...read,
    method: 'GET',
    path: '/api/conditional-access/gaps',
    summary: 'People and applications of whom no enabled policy demands anything, and why; at most 500 gaps',
    response: z.object({
      gaps: z.array(AccessGap),
      people: z.int(),
      applications: z.int(),
      /** Pairs of a person and an application, and those without any demand. */
      pairs: z.int(),
      pairsWithoutDemand: z.int(),
      /** There are more people, applications or gaps than were looked at. */
      truncated: z.boolean(),
    }),
  }),
} as const;
