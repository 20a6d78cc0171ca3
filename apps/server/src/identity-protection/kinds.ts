import type { DetectionTiming, RiskActivity, IdentityRiskLevel } from '@sallyport/contracts';

export interface DetectionKind {
  /** As people read it. */
  readonly name: string;
  readonly activity: RiskActivity;
  /** When Microsoft finds it; what is answered inside of a sign-in is told as `realtime` whenever that is sooner. */
  readonly timings: readonly DetectionTiming[];
  /** Of what does not say its own. */
  readonly level: IdentityRiskLevel;
}

const signin = (name: string, level: IdentityRiskLevel, ...timings: DetectionTiming[]): DetectionKind => ({
  name,
  activity: 'signin',
  timings,
  level,
});
const user = (name: string, level: IdentityRiskLevel, ...timings: DetectionTiming[]): DetectionKind => ({
  name,
  activity: 'user',
  timings,
  level,
});
const servicePrincipal = (name: string, level: IdentityRiskLevel): DetectionKind => ({
  name,
  activity: 'servicePrincipal',
  timings: ['offline'],
  level,
});

/** Every `riskEventType`. https://learn.microsoft.com/entra/id-protection/concept-identity-protection-risks */
export const detectionKinds = {
  riskyIPAddress: signin('Activity from anonymous IP address', 'low', 'offline'),
  generic: signin('Additional risk detected', 'medium', 'realtime', 'offline'),
  adminConfirmedUserCompromised: signin('Admin confirmed user compromised', 'high', 'offline'),
  anomalousToken: signin('Anomalous token', 'high', 'realtime', 'offline'),
  anonymizedIPAddress: signin('Anonymous IP address', 'medium', 'realtime'),
  unlikelyTravel: signin('Atypical travel', 'medium', 'offline'),
  impossibleTravel: signin('Impossible travel', 'medium', 'offline'),
  mcasImpossibleTravel: signin('Impossible travel of activities', 'medium', 'offline'),
  maliciousIPAddress: signin('Malicious IP address', 'medium', 'offline'),
  suspiciousIPAddress: signin('Suspicious IP address', 'low', 'offline'),
  malwareInfectedIPAddress: signin('Malware linked IP address', 'low', 'offline'),
  mcasFinSuspiciousFileAccess: signin('Mass access to sensitive files', 'medium', 'offline'),
  investigationsThreatIntelligence: signin('Threat intelligence', 'high', 'realtime', 'offline'),
  newCountry: signin('New country', 'medium', 'offline'),
  passwordSpray: signin('Password spray', 'high', 'realtime', 'offline'),
  suspiciousBrowser: signin('Suspicious browser', 'high', 'offline'),
  suspiciousInboxForwarding: signin('Suspicious inbox forwarding', 'medium', 'offline'),
  mcasSuspiciousInboxManipulationRules: signin('Suspicious inbox manipulation rules', 'medium', 'offline'),
  tokenIssuerAnomaly: signin('Token issuer anomaly', 'medium', 'offline'),
  unfamiliarFeatures: signin('Unfamiliar sign-in properties', 'low', 'realtime'),
  nationStateIP: signin('Verified threat actor IP', 'high', 'realtime'),
  anomalousUserActivity: user('Anomalous user activity', 'medium', 'offline'),
  attackerinTheMiddle: user('Attacker in the middle', 'high', 'offline'),
  leakedCredentials: user('Leaked credentials', 'high', 'offline'),
  attemptedPrtAccess: user('Possible attempt to access Primary Refresh Token', 'high', 'offline'),
  suspiciousAPITraffic: user('Suspicious API traffic', 'medium', 'offline'),
  suspiciousSendingPatterns: user('Suspicious sending patterns', 'medium', 'offline'),
  userReportedSuspiciousActivity: user('User reported suspicious activity', 'high', 'offline'),
  adminConfirmedServicePrincipalCompromised: servicePrincipal('Admin confirmed service principal compromised', 'high'),
  suspiciousSignins: servicePrincipal('Suspicious sign-ins', 'medium'),
  anomalousServicePrincipalActivity: servicePrincipal('Anomalous service principal activity', 'high'),
} as const satisfies Record<string, DetectionKind>;

export type RiskEventType = keyof typeof detectionKinds;
export const isRiskEventType = (name: string): name is RiskEventType => Object.hasOwn(detectionKinds, name);
