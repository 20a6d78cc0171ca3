import type { EntityKind } from '@sallyport/contracts';
import type { z } from 'zod';

export type Kind = z.infer<typeof EntityKind>;

interface KindDefinition {
  /** `Type` in the Entities column of `SecurityAlert`. */
  readonly type: string;
  /** The identifiers that a rule may map, as Sentinel spells them. The first is what an entity of this kind is named by at least. */
  readonly identifiers: readonly string[];
}

/**
 * The entity kinds that a rule can map and their identifiers.
 * https://learn.microsoft.com/azure/sentinel/entities-reference
 */
export const kinds: Readonly<Record<Kind, KindDefinition>> = {
  Account: {
    type: 'account',
    identifiers: [
      'Name',
      'FullName',
      'NTDomain',
      'DnsDomain',
      'UPNSuffix',
      'Sid',
      'AadTenantId',
      'AadUserId',
      'PUID',
      'IsDomainJoined',
      'DisplayName',
      'ObjectGuid',
    ],
  },
  Host: {
    type: 'host',
    identifiers: [
      'HostName',
      'FullName',
      'DnsDomain',
      'NTDomain',
      'NetBiosName',
      'AzureID',
      'OMSAgentID',
      'OSFamily',
      'OSVersion',
      'IsDomainJoined',
    ],
  },
  IP: { type: 'ip', identifiers: ['Address', 'AddressScope'] },
  File: { type: 'file', identifiers: ['Name', 'Directory'] },
  FileHash: { type: 'filehash', identifiers: ['Value', 'Algorithm'] },
  Process: { type: 'process', identifiers: ['ProcessId', 'CommandLine', 'ElevationToken', 'CreationTimeUtc'] },
  RegistryKey: { type: 'registry-key', identifiers: ['Key', 'Hive'] },
  RegistryValue: { type: 'registry-value', identifiers: ['Name', 'Value', 'ValueType'] },
  URL: { type: 'url', identifiers: ['Url'] },
  DNS: { type: 'dns', identifiers: ['DomainName', 'IpAddress'] },
  Malware: { type: 'malware', identifiers: ['Name', 'Category'] },
  Mailbox: {
    type: 'mailbox',
    identifiers: ['MailboxPrimaryAddress', 'DisplayName', 'Upn', 'ExternalDirectoryObjectId', 'RiskLevel'],
  },
  MailMessage: {
    type: 'mail-message',
    identifiers: [
      'NetworkMessageId',
      'Recipient',
      'Sender',
      'Subject',
      'InternetMessageId',
      'SenderIP',
      'P1Sender',
      'P2Sender',
      'ReceivedDate',
      'DeliveryAction',
      'DeliveryLocation',
      'AntispamDirection',
      'Language',
      'ThreatDetectionMethods',
      'Threats',
      'Urls',
      'BodyFingerprintBin1',
      'BodyFingerprintBin2',
      'BodyFingerprintBin3',
      'BodyFingerprintBin4',
      'BodyFingerprintBin5',
      'P1SenderDisplayName',
      'P1SenderDomain',
      'P2SenderDisplayName',
      'P2SenderDomain',
    ],
  },
  MailCluster: {
    type: 'mail-cluster',
    identifiers: [
      'Query',
      'NetworkMessageIds',
      'Source',
      'Threats',
      'MailCount',
      'QueryTime',
      'ClusterSourceIdentifier',
    ],
  },
  SubmissionMail: {
    type: 'submission-mail',
    identifiers: [
      'NetworkMessageId',
      'Recipient',
      'SubmissionId',
      'Submitter',
      'Sender',
      'SenderIp',
      'Subject',
      'Timestamp',
      'SubmissionDate',
      'ReportType',
    ],
  },
  CloudApplication: { type: 'cloud-application', identifiers: ['Name', 'AppId', 'InstanceName'] },
  AzureResource: { type: 'azure-resource', identifiers: ['ResourceId'] },
  SecurityGroup: { type: 'security-group', identifiers: ['DistinguishedName', 'SID', 'ObjectGuid'] },
};

const byLowerName = new Map<string, Kind>(
  (Object.keys(kinds) as Kind[]).map((kind) => [kind.toLowerCase(), kind] as const),
);
// Spellings that public rules use for the same kinds.
byLowerName.set('dnsresolution', 'DNS');

/** The kind of that name in any case (`Ip`, `Url`), or undefined. */
export const kindOf = (name: string): Kind | undefined => byLowerName.get(name.trim().toLowerCase());

/** The identifier as Sentinel spells it, or undefined when the kind has none of that name in any case. */
export function identifierOf(kind: Kind, name: string): string | undefined {
  const lower = name.trim().toLowerCase();
  return kinds[kind].identifiers.find((identifier) => identifier.toLowerCase() === lower);
}
