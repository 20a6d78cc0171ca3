import { z } from 'zod';
import {
  AdditionalInfo,
  DetectionTiming,
  RiskActivity,
  RiskDetail,
  IdentityRiskLevel,
  RiskState,
  RiskSubjectKind,
} from '../identity-protection.ts';
import { route } from '../route.ts';

export const RiskJudgement = z.enum(['dismiss', 'confirmCompromised', 'confirmSafe']);
export type RiskJudgement = z.infer<typeof RiskJudgement>;

export const RiskySubject = z.object({
  kind: RiskSubjectKind,
  id: z.string(),
  /** User principal name, or id of the application. */
  name: z.string(),
  displayName: z.string(),
  riskLevel: IdentityRiskLevel,
  riskState: RiskState,
  riskDetail: RiskDetail,
  updatedAt: z.iso.datetime(),
});
export type RiskySubject = z.infer<typeof RiskySubject>;

export const RiskDetection = z.object({
  id: z.uuid(),
  subjectKind: RiskSubjectKind,
  subjectId: z.string(),
  subjectName: z.string(),
  displayName: z.string(),
  riskEventType: z.string(),
  /** Of the type, for people. */
  name: z.string(),
  riskLevel: IdentityRiskLevel,
  riskState: RiskState,
  riskDetail: RiskDetail,
  timing: DetectionTiming,
  activity: RiskActivity,
  source: z.string(),
  ipAddress: z.string(),
  country: z.string(),
  city: z.string(),
  requestId: z.string(),
  activityAt: z.iso.datetime(),
  detectedAt: z.iso.datetime(),
  additionalInfo: AdditionalInfo,
});
export type RiskDetection = z.infer<typeof RiskDetection>;

export const RiskHistoryItem = z.object({
  id: z.uuid(),
  at: z.iso.datetime(),
  riskLevel: IdentityRiskLevel,
  riskState: RiskState,
  riskDetail: RiskDetail,
  initiatedBy: z.string(),
  /** Names of the detections that it is of. */
  detections: z.array(z.string()),
});
export type RiskHistoryItem = z.infer<typeof RiskHistoryItem>;

/** One sign-in with all that was detected in it. */
export const RiskySignIn = z.object({
  requestId: z.string(),
  userId: z.string(),
  userPrincipalName: z.string(),
  displayName: z.string(),
  at: z.iso.datetime(),
  ipAddress: z.string(),
  country: z.string(),
  city: z.string(),
  riskLevel: IdentityRiskLevel,
  riskState: RiskState,
  source: z.string(),
  detections: z.array(RiskDetection),
});
export type RiskySignIn = z.infer<typeof RiskySignIn>;

/** Whom mails go to beside those whose role says so, and from which level on. */
export const RiskNotifications = z.object({
  usersAtRisk: z.object({
    enabled: z.boolean(),
    level: z.enum(['low', 'medium', 'high']),
    addresses: z.array(z.email().max(254)).max(20),
  }),
  weeklyDigest: z.object({ enabled: z.boolean(), addresses: z.array(z.email().max(254)).max(20) }),
});
export type RiskNotifications = z.infer<typeof RiskNotifications>;

const one = z.string().min(1).max(320);
const search = z.string().max(200).default('');
const level = z.enum(['low', 'medium', 'high']).optional();
const read = { method: 'GET', permission: 'securityData.read' } as const;
const write = { method: 'POST', permission: 'alerts.manage', response: z.object({}) } as const;

export const identityProtectionRoutes = {
  listRiskySubjects: route({
    ...read,
    path: '/api/identity-protection/subjects',
    summary: 'Risky users or workload identities, the riskiest first; at most 500',
    query: z.object({ kind: RiskSubjectKind.default('user'), level, state: RiskState.optional(), search }),
    response: z.object({ subjects: z.array(RiskySubject) }),
  }),
  getRiskySubject: route({
    ...read,
    path: '/api/identity-protection/subjects/:kind/:id',
    summary: 'A risky user or workload identity with what was detected and how its risk came about',
    params: z.object({ kind: RiskSubjectKind, id: one }),
    response: z.object({
      subject: RiskySubject,
      detections: z.array(RiskDetection),
      history: z.array(RiskHistoryItem),
    }),
  }),
  judgeRiskySubjects: route({
    ...write,
    path: '/api/identity-protection/subjects/:kind/judge',
    summary: 'Dismiss the risk of users or workload identities, or confirm that they are compromised or safe',
    params: z.object({ kind: RiskSubjectKind }),
    body: z.object({ ids: z.array(one).min(1).max(60), judgement: RiskJudgement }),
  }),
  listRiskySignIns: route({
    ...read,
    path: '/api/identity-protection/sign-ins',
    summary: 'Sign-ins in which a risk was detected, the newest first; at most 500',
    query: z.object({ days: z.coerce.number().int().min(1).max(90).default(30), level, search }),
    response: z.object({ signIns: z.array(RiskySignIn) }),
  }),
  judgeRiskySignIns: route({
    ...write,
    path: '/api/identity-protection/sign-ins/judge',
    summary: 'Dismiss the risk of sign-ins, or confirm that they are compromised or safe',
    body: z.object({ requestIds: z.array(one).min(1).max(60), judgement: RiskJudgement }),
  }),
  listRiskDetections: route({
    ...read,
    path: '/api/identity-protection/detections',
    summary: 'Risk detections, the newest first; at most 500',
    query: z.object({
      kind: RiskSubjectKind.optional(),
      days: z.coerce.number().int().min(1).max(90).default(30),
      level,
      type: z.string().max(64).optional(),
      search,
    }),
    response: z.object({ detections: z.array(RiskDetection) }),
  }),
  getRiskNotifications: route({
    ...read,
    permission: 'systemSettings.read',
    path: '/api/identity-protection/notifications',
    summary: 'Who gets mails of users at risk and the weekly digest',
    response: RiskNotifications,
  }),
  setRiskNotifications: route({
    method: 'PUT',
    permission: 'systemSettings.manage',
    path: '/api/identity-protection/notifications',
    summary: 'Set who gets mails of users at risk and the weekly digest',
    body: RiskNotifications,
    response: RiskNotifications,
  }),
  checkLeakedCredentials: route({
    method: 'POST',
    permission: 'alerts.manage',
    path: '/api/identity-protection/leaked-credentials',
    summary: 'Hold credentials that were found elsewhere against the passwords in use; they are not kept',
    body: z.object({
      source: z.string().min(1).max(200),
      credentials: z
        .array(z.object({ userPrincipalName: z.string().max(320), password: z.string().min(1).max(256) }))
        .min(1)
        .max(100),
    }),
    response: z.object({ matched: z.int() }),
  }),
} as const;
