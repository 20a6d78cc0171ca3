import { z } from 'zod';

/** Risk as Microsoft Entra ID Protection names it. https://learn.microsoft.com/graph/api/resources/riskdetection */

/** In Graph's order, which is none of height: see `heightOfRisk`. */
export const IdentityRiskLevel = z.enum(['low', 'medium', 'high', 'hidden', 'none']);
export type IdentityRiskLevel = z.infer<typeof IdentityRiskLevel>;

export const RiskState = z.enum(['none', 'confirmedSafe', 'remediated', 'dismissed', 'atRisk', 'confirmedCompromised']);
export type RiskState = z.infer<typeof RiskState>;

export const RiskDetail = z.enum([
  'none',
  'adminGeneratedTemporaryPassword',
  'userPerformedSecuredPasswordChange',
  'userPerformedSecuredPasswordReset',
  'adminConfirmedSigninSafe',
  'aiConfirmedSigninSafe',
  'userPassedMFADrivenByRiskBasedPolicy',
  'adminDismissedAllRiskForUser',
  'adminConfirmedSigninCompromised',
  'hidden',
  'adminConfirmedUserCompromised',
  'm365DAdminDismissedDetection',
  'adminConfirmedServicePrincipalCompromised',
  'adminDismissedAllRiskForServicePrincipal',
  'userChangedPasswordOnPremises',
  'adminDismissedRiskForSignIn',
  'adminConfirmedAccountSafe',
]);
export type RiskDetail = z.infer<typeof RiskDetail>;

export const DetectionTiming = z.enum(['notDefined', 'realtime', 'nearRealtime', 'offline']);
export type DetectionTiming = z.infer<typeof DetectionTiming>;

export const RiskActivity = z.enum(['signin', 'user', 'servicePrincipal']);
export type RiskActivity = z.infer<typeof RiskActivity>;

/** Keys of `additionalInfo` are Microsoft's where they have one; `Value` is a text or a number. */
export const AdditionalInfo = z.array(z.object({ Key: z.string(), Value: z.unknown() }));
export type AdditionalInfo = z.infer<typeof AdditionalInfo>;

const heights: Readonly<Record<IdentityRiskLevel, number>> = { none: 0, hidden: 0, low: 1, medium: 2, high: 3 };
/** 0: no risk that is told; 3: high. */
export const heightOfRisk = (level: IdentityRiskLevel): number => heights[level];
export const highestRisk = (levels: readonly IdentityRiskLevel[]): IdentityRiskLevel =>
  levels.reduce<IdentityRiskLevel>((most, level) => (heights[level] > heights[most] ? level : most), 'none');

export const RiskSubjectKind = z.enum(['user', 'servicePrincipal']);
export type RiskSubjectKind = z.infer<typeof RiskSubjectKind>;
