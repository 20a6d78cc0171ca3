import type { RuleKind } from '@sallyport/contracts';

/** The kinds of rules, for people. */
export const kindWords: Readonly<Record<RuleKind, string>> = {
  Scheduled: 'Scheduled',
  NRT: 'Near real time',
  MicrosoftSecurityIncidentCreation: 'Microsoft security',
  Fusion: 'Multistage (Fusion)',
  ThreatIntelligence: 'Threat intelligence',
  Anomaly: 'Anomaly',
};

/** Kinds that need no query of their author's. */
export const hasOwnQuery = (kind: string): boolean => kind !== 'Scheduled' && kind !== 'NRT';
