import type {
  AssetRisk,
  Classification,
  EntityKind,
  EvidenceRole,
  RemediationStatus,
  Severity,
  StoryState,
  Verdict,
} from '@sallyport/contracts';
import { classOfAddress } from '../entities/shared.ts';

/** What an incident's alerts say of one entity. */
export interface Sightings {
  readonly kind: EntityKind;
  readonly name: string;
  readonly alerts: number;
  readonly high: number;
  readonly medium: number;
  readonly tactics: readonly string[];
  readonly severity: Severity;
}

/** How the incident was closed; undefined while it is open. */
export type Closed = Classification | undefined;

const assets = new Set<EntityKind>([
  'Account',
  'Host',
  'Mailbox',
  'CloudApplication',
  'AzureResource',
  'SecurityGroup',
]);
export const isAsset = (kind: EntityKind): boolean => assets.has(kind);

export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: string;
}

const rank = { High: 3, Medium: 2, Low: 1, Informational: 0 } as const;

/**
 * What is concluded of a piece of evidence where no person has said it: how the incident was closed counts first, then what named malware is, then the severity of
 * the alerts. An asset is suspected only where an alert of high severity is about it, since every alert is on some device of one's own.
 */
export function concludedVerdict(of: Sightings, closed: Closed): Judgement {
  if (closed === 'FalsePositive' || closed === 'BenignPositive')
    return {
      verdict: 'NoThreatsFound',
      reason: `The incident was closed as a ${closed === 'FalsePositive' ? 'false' : 'benign'} positive.`,
    };
  if (of.kind === 'Malware') return { verdict: 'Malicious', reason: 'It is malware by name.' };
  if (of.kind === 'IP' && !['global', 'shared'].includes(classOfAddress(of.name)))
    return { verdict: 'Unknown', reason: 'An address of an inner network.' };
  const suspected = isAsset(of.kind) ? of.high > 0 : rank[of.severity] >= rank.Medium;
  if (!suspected) return { verdict: 'Unknown', reason: `No alert about it is above ${of.severity.toLowerCase()}.` };
  const why =
    of.high > 0 ? count(of.high, 'alert', 'of high severity') : count(of.medium, 'alert', 'of medium severity');
  return closed === 'TruePositive' && !isAsset(of.kind)
    ? { verdict: 'Malicious', reason: `${why}, and the incident was closed as a true positive.` }
    : { verdict: 'Suspicious', reason: `${why}.` };
}

/** How grave a verdict is. */
export const weight: Readonly<Record<Verdict, number>> = { Malicious: 3, Suspicious: 2, NoThreatsFound: 1, Unknown: 0 };

/** What was concluded otherwise counts where it is graver, and where nobody closed the incident as no attack: an investigation that found nothing clears nothing that alerts tell of. */
export const graver = (judged: Judgement, other: Judgement | undefined, closed: Closed): Judgement =>
  other === undefined ||
  closed === 'FalsePositive' ||
  closed === 'BenignPositive' ||
  weight[other.verdict] < weight[judged.verdict]
    ? judged
    : { verdict: other.verdict, reason: other.reason };

const count = (n: number, one: string, rest: string): string => `${n} ${one}${n === 1 ? '' : 's'} ${rest}`;

const done = new Set<RemediationStatus>(['remediated', 'prevented', 'blocked', 'partiallyRemediated']);

export function stateOf(verdict: Verdict, remediation: RemediationStatus): StoryState {
  if (done.has(remediation)) return 'contained';
  return ({ Malicious: 'known', Suspicious: 'suspected', NoThreatsFound: 'cleared', Unknown: 'seen' } as const)[
    verdict
  ];
}

type RoleRule = readonly [role: EvidenceRole, kinds: readonly EntityKind[], when: (of: Sightings) => boolean];
const during =
  (...tactics: string[]) =>
  ({ tactics: seen }: Sightings) =>
    tactics.some((tactic) => seen.includes(tactic));

/** Which parts of Graph's evidenceRole an entity has, by its kind and the tactics of its alerts. */
const roleRules: readonly RoleRule[] = [
  ['commandAndControl', ['IP', 'URL', 'DNS'], during('CommandAndControl')],
  ['source', ['IP', 'MailMessage'], during('InitialAccess', 'CredentialAccess', 'Reconnaissance')],
  ['destination', ['IP', 'URL'], during('Exfiltration')],
  [
    'attacked',
    ['Account', 'Mailbox', 'CloudApplication', 'AzureResource'],
    during('CredentialAccess', 'Impact', 'Collection'),
  ],
  ['compromised', ['Account', 'Host', 'Mailbox'], (of) => of.high > 0],
  [
    'edited',
    ['RegistryKey', 'RegistryValue', 'SecurityGroup'],
    during('Persistence', 'PrivilegeEscalation', 'DefenseEvasion'),
  ],
  [
    'suspicious',
    ['File', 'FileHash', 'Process', 'URL', 'DNS', 'MailMessage', 'MailCluster'],
    (of) => rank[of.severity] >= 2,
  ],
  ['suspicious', ['Malware'], () => true],
  ['scanned', ['SubmissionMail'], () => true],
];

export function rolesOf(of: Sightings): EvidenceRole[] {
  const roles = roleRules.flatMap(([role, kinds, when]) => (kinds.includes(of.kind) && when(of) ? [role] : []));
  return roles.length > 0 ? [...new Set(roles)] : ['contextual'];
}

/** Tactics late in an attack weigh more than its attempts. */
const grave = ['CredentialAccess', 'LateralMovement', 'Exfiltration', 'Impact', 'CommandAndControl'];

/** How much an incident says against one of the organisation's own things, with the reasons. */
export function riskOf(of: Sightings, verdict: Verdict): { level: AssetRisk; reasons: string[] } {
  if (verdict === 'NoThreatsFound') return { level: 'None', reasons: ['No threats were found.'] };
  const late = of.tactics.filter((tactic) => grave.includes(tactic));
  const reasons = [
    ...(verdict === 'Malicious' ? ['Found malicious or compromised.'] : []),
    ...(of.high > 0 ? [`${count(of.high, 'alert', 'of high severity')}.`] : []),
    ...(of.medium > 0 ? [`${count(of.medium, 'alert', 'of medium severity')}.`] : []),
    ...(late.length > 0 ? [`Part of ${late.map(spoken).join(', ')}.`] : []),
  ];
  const level: AssetRisk =
    verdict === 'Malicious' || of.high > 0
      ? 'High'
      : of.medium > 1 || (of.medium > 0 && late.length > 0)
        ? 'Medium'
        : of.severity === 'Informational'
          ? 'None'
          : 'Low';
  return { level, reasons: reasons.length > 0 ? reasons : ['Only alerts of low severity.'] };
}

const spoken = (tactic: string): string => tactic.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
