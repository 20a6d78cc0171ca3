import type { Entity, EntityKind, Verdict } from '@sallyport/contracts';
import type { SecurityNamespace as Graph } from '@microsoft/microsoft-graph-types';
import type { AlertFinding } from '../../story/read.ts';

type Identifiers = Readonly<Record<string, string | undefined>>;
type Kept<T> = Omit<T, keyof Graph.AlertEvidence>;

const or = (value: string | undefined): string | null => value ?? null;
const numberOf = (value: string | undefined): number | null =>
  value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : null;
const listOf = (value: string | undefined): string[] => (value ?? '').split(/[,;]\s*/).filter((part) => part !== '');
const timeOf = (value: string | undefined): string | null => {
  const time = value === undefined ? NaN : Date.parse(value);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
};

const accountOf = (i: Identifiers): Graph.UserAccount => ({
  accountName: or(i['Name'] ?? i['FullName']),
  domainName: or(i['NTDomain'] ?? i['DnsDomain']),
  userSid: or(i['Sid']),
  azureAdUserId: or(i['AadUserId']),
  activeDirectoryObjectGuid: or(i['ObjectGuid']),
  userPrincipalName: i['Name'] && i['UPNSuffix'] ? `${i['Name']}@${i['UPNSuffix']}` : null,
  displayName: or(i['DisplayName']),
});
const senderOf = (address: string | undefined, name?: string, domain?: string): Graph.EmailSender => ({
  emailAddress: or(address),
  displayName: or(name),
  domainName: or(domain ?? address?.split('@')[1]),
});
const algorithms: Readonly<Record<string, Graph.FileHashAlgorithm>> = {
  md5: 'md5',
  sha1: 'sha1',
  sha256: 'sha256',
  sha256ac: 'sha256ac',
};

interface Made<T extends Graph.AlertEvidence = Graph.AlertEvidence> {
  readonly type: string;
  readonly own: Kept<T>;
}
const made = <T extends Graph.AlertEvidence>(type: string, own: Kept<T>): Made<T> => ({ type, own });

/** An entity of each kind as Graph's evidence. https://learn.microsoft.com/graph/api/resources/security-alertevidence */
const byKind: Readonly<Record<EntityKind, (i: Identifiers) => Made>> = {
  Account: (i) => made<Graph.UserEvidence>('userEvidence', { userAccount: accountOf(i) }),
  Host: (i) => {
    const hostName = i['HostName'] ?? i['NetBiosName'];
    return made<Graph.DeviceEvidence>('deviceEvidence', {
      hostName: or(hostName),
      deviceDnsName: i['DnsDomain'] && hostName ? `${hostName}.${i['DnsDomain']}` : or(i['FullName'] ?? hostName),
      dnsDomain: or(i['DnsDomain']),
      ntDomain: or(i['NTDomain']),
      azureAdDeviceId: or(i['AzureID']),
      mdeDeviceId: null,
      osPlatform: or(i['OSFamily']),
      version: or(i['OSVersion']),
      healthStatus: 'unknown',
      riskScore: 'none',
      defenderAvStatus: 'unknown',
    });
  },
  IP: (i) => made<Graph.IpEvidence>('ipEvidence', { ipAddress: or(i['Address']), countryLetterCode: null }),
  File: (i) =>
    made<Graph.FileEvidence>('fileEvidence', {
      detectionStatus: 'detected',
      mdeDeviceId: null,
      fileDetails: { fileName: or(i['Name']), filePath: or(i['Directory']) },
    }),
  FileHash: (i) =>
    made<Graph.FileHashEvidence>('fileHashEvidence', {
      algorithm: algorithms[(i['Algorithm'] ?? '').toLowerCase().replace('-', '')] ?? 'unknown',
      value: or(i['Value']),
    }),
  Process: (i) =>
    made<Graph.ProcessEvidence>('processEvidence', {
      processId: numberOf(i['ProcessId']),
      processCommandLine: or(i['CommandLine']),
      processCreationDateTime: timeOf(i['CreationTimeUtc']),
      detectionStatus: 'detected',
      mdeDeviceId: null,
    }),
  RegistryKey: (i) =>
    made<Graph.RegistryKeyEvidence>('registryKeyEvidence', { registryHive: or(i['Hive']), registryKey: or(i['Key']) }),
  RegistryValue: (i) =>
    made<Graph.RegistryValueEvidence>('registryValueEvidence', {
      registryValueName: or(i['Name']),
      registryValue: or(i['Value']),
      registryValueType: or(i['ValueType']),
    }),
  URL: (i) => made<Graph.UrlEvidence>('urlEvidence', { url: or(i['Url']) }),
  DNS: (i) =>
    made<Graph.DnsEvidence>('dnsEvidence', {
      domainName: or(i['DomainName']),
      ipAddresses: listOf(i['IpAddress']).map((ipAddress) => ({ ipAddress })),
    }),
  Malware: (i) => made<Graph.MalwareEvidence>('malwareEvidence', { name: or(i['Name']), category: or(i['Category']) }),
  Mailbox: (i) =>
    made<Graph.MailboxEvidence>('mailboxEvidence', {
      primaryAddress: or(i['MailboxPrimaryAddress']),
      displayName: or(i['DisplayName']),
      upn: or(i['Upn']),
      userAccount: { azureAdUserId: or(i['ExternalDirectoryObjectId']), userPrincipalName: or(i['Upn']) },
    }),
  MailMessage: (i) =>
    made<Graph.AnalyzedMessageEvidence>('analyzedMessageEvidence', {
      networkMessageId: or(i['NetworkMessageId']),
      internetMessageId: or(i['InternetMessageId']),
      subject: or(i['Subject']),
      language: or(i['Language']),
      senderIp: or(i['SenderIP']),
      recipientEmailAddress: or(i['Recipient']),
      antiSpamDirection: or(i['AntispamDirection']),
      deliveryAction: or(i['DeliveryAction']),
      deliveryLocation: or(i['DeliveryLocation']),
      receivedDateTime: timeOf(i['ReceivedDate']),
      threats: listOf(i['Threats']),
      threatDetectionMethods: listOf(i['ThreatDetectionMethods']),
      urls: listOf(i['Urls']),
      p1Sender: senderOf(i['P1Sender'] ?? i['Sender'], i['P1SenderDisplayName'], i['P1SenderDomain']),
      p2Sender: senderOf(i['P2Sender'] ?? i['Sender'], i['P2SenderDisplayName'], i['P2SenderDomain']),
    }),
  MailCluster: (i) =>
    made<Graph.MailClusterEvidence>('mailClusterEvidence', {
      clusterBy: or(i['ClusterSourceIdentifier']),
      query: or(i['Query']),
      emailCount: numberOf(i['MailCount']),
      networkMessageIds: listOf(i['NetworkMessageIds']),
    }),
  SubmissionMail: (i) =>
    made<Graph.SubmissionMailEvidence>('submissionMailEvidence', {
      networkMessageId: or(i['NetworkMessageId']),
      recipient: or(i['Recipient']),
      submissionId: or(i['SubmissionId']),
      submitter: or(i['Submitter']),
      sender: or(i['Sender']),
      senderIp: or(i['SenderIp']),
      subject: or(i['Subject']),
      submissionDateTime: timeOf(i['SubmissionDate']),
      reportType: or(i['ReportType']),
    }),
  CloudApplication: (i) =>
    made<Graph.CloudApplicationEvidence>('cloudApplicationEvidence', {
      displayName: or(i['Name']),
      appId: numberOf(i['AppId']),
      instanceName: or(i['InstanceName']),
    }),
  AzureResource: (i) => {
    const [, type] = /\/providers\/([^/]+\/[^/]+)\/[^/]+$/i.exec(i['ResourceId'] ?? '') ?? [];
    return made<Graph.AzureResourceEvidence>('azureResourceEvidence', {
      resourceId: or(i['ResourceId']),
      resourceName: or(i['ResourceId']?.split('/').at(-1)),
      resourceType: or(type),
    });
  },
  SecurityGroup: (i) =>
    made<Graph.SecurityGroupEvidence>('securityGroupEvidence', {
      distinguishedName: or(i['DistinguishedName']),
      sid: or(i['SID']),
      activeDirectoryObjectGuid: or(i['ObjectGuid']),
    }),
};

export type Evidence = Graph.AlertEvidence & { readonly '@odata.type': string };

const verdicts: Readonly<Record<Verdict, Graph.EvidenceVerdict>> = {
  Malicious: 'malicious',
  Suspicious: 'suspicious',
  NoThreatsFound: 'noThreatsFound',
  Unknown: 'unknown',
};

/** An alert's entity as Graph's evidence, with what was found of it. `createdDateTime` is the alert's. */
export function evidenceOf({ kind, identifiers }: Entity, createdDateTime: string, finding?: AlertFinding): Evidence {
  const { type, own } = byKind[kind](identifiers);
  return {
    '@odata.type': `#microsoft.graph.security.${type}`,
    createdDateTime,
    verdict: verdicts[finding?.verdict ?? 'Unknown'],
    remediationStatus: finding?.remediation ?? 'none',
    remediationStatusDetails: finding?.reason || null,
    roles: [],
    detailedRoles: [],
    tags: [],
    ...own,
  };
}
