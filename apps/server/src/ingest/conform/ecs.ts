/**
 * What fields of the Elastic Common Schema are called in ASIM, for comparing our view of a line with what another product's parser made of it.
 * ECS: https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html
 * ASIM: https://learn.microsoft.com/azure/sentinel/normalization-schema-network and its siblings.
 */
export interface FieldMap {
  /** Dotted name in ECS. */
  readonly ecs: string;
  /** Columns that may hold it; which one depends on the schema that the event has. */
  readonly asim: readonly string[];
  readonly as: Comparison;
}

/**
 * How two values are the same. `text`: letters in any case. `user`: without domain. `host`: the name or its first label. `number`, `time` (to the
 * second): by value. `address`: IP addresses in any spelling. `result`: success and failure. `path`: the whole or its last part. `url`: also without
 * what a scheme and host say. `product`: one names the other.
 */
export type Comparison =
  | 'text'
  | 'user'
  | 'host'
  | 'number'
  | 'time'
  | 'address'
  | 'result'
  | 'path'
  | 'url'
  | 'product'
  | 'protocol';

/** Any person of the event: `user.name` of ECS does not say which. */
export const users: readonly string[] = [
  'User',
  'Username',
  'ActorUsername',
  'TargetUsername',
  'SrcUsername',
  'DstUsername',
];
/** Who acts: where somebody signs in, that is the target. */
const sourceUsers = ['SrcUsername', 'ActorUsername', 'TargetUsername', 'User', 'Username'];
const destinationUsers = ['DstUsername', 'TargetUsername'];
const field = (ecs: string, as: Comparison, ...asim: readonly string[]): FieldMap => ({ ecs, as, asim });

export const ecsToAsim: readonly FieldMap[] = [
  field('@timestamp', 'time', 'EventStartTime', 'TimeGenerated', 'EventEndTime'),
  field('observer.vendor', 'product', 'EventVendor'),
  field('observer.product', 'product', 'EventProduct'),
  field('event.outcome', 'result', 'EventResult'),

  field('user.name', 'user', ...users),
  field('source.user.name', 'user', ...sourceUsers),
  field('client.user.name', 'user', ...sourceUsers),
  field('destination.user.name', 'user', ...destinationUsers),
  field('server.user.name', 'user', ...destinationUsers, 'ActorUsername'),
  field('user.effective.name', 'user', 'TargetUsername', ...users),
  field('user.target.name', 'user', 'TargetUsername', ...users),
  field('user.id', 'text', 'ActorUserId', 'TargetUserId', 'SrcUserId', 'DstUserId', 'UserId'),

  field('source.ip', 'address', 'SrcIpAddr', 'IpAddr'),
  field('client.ip', 'address', 'SrcIpAddr', 'IpAddr'),
  field('source.port', 'number', 'SrcPortNumber'),
  field('client.port', 'number', 'SrcPortNumber'),
  field('source.nat.ip', 'address', 'SrcNatIpAddr'),
  field('source.nat.port', 'number', 'SrcNatPortNumber'),
  field('source.mac', 'text', 'SrcMacAddr'),
  field('source.bytes', 'number', 'SrcBytes'),
  field('source.packets', 'number', 'SrcPackets'),
  field('destination.ip', 'address', 'DstIpAddr', 'TargetIpAddr'),
  // What ASIM says of a file is seen from where the file is.
  field('server.ip', 'address', 'DstIpAddr', 'TargetIpAddr', 'DvcIpAddr'),
  field('destination.port', 'number', 'DstPortNumber', 'TargetPortNumber'),
  field('server.port', 'number', 'DstPortNumber', 'TargetPortNumber'),
  field('destination.nat.ip', 'address', 'DstNatIpAddr'),
  field('destination.nat.port', 'number', 'DstNatPortNumber'),
  field('destination.mac', 'text', 'DstMacAddr'),
  field('destination.bytes', 'number', 'DstBytes'),
  field('destination.packets', 'number', 'DstPackets'),
  field('network.bytes', 'number', 'NetworkBytes'),
  field('network.packets', 'number', 'NetworkPackets'),
  field('network.transport', 'protocol', 'NetworkProtocol'),
  field('network.protocol', 'protocol', 'NetworkApplicationProtocol', 'NetworkProtocol', 'LogonProtocol'),

  field('host.hostname', 'host', 'DvcHostname', 'DvcFQDN', 'Dvc', 'SrcHostname'),
  field('host.name', 'host', 'DvcHostname', 'DvcFQDN', 'Dvc', 'SrcHostname'),
  field('observer.hostname', 'host', 'DvcHostname', 'DvcFQDN', 'Dvc'),
  field(
    'process.name',
    'path',
    'ActingAppName',
    'ActingProcessName',
    'TargetProcessName',
    'SrcAppName',
    'TargetAppName',
  ),
  field(
    'process.pid',
    'number',
    'ActingProcessId',
    'TargetProcessId',
    'SrcProcessId',
    'DstAppId',
    'ActingAppId',
    'ProcessId',
  ),
  field('process.executable', 'path', 'ActingProcessName', 'TargetProcessName', 'ActingAppName'),
  field(
    'process.command_line',
    'text',
    'TargetProcessCommandLine',
    'ActingProcessCommandLine',
    'CommandLine',
    'ProcessCommandLine',
  ),
  field('file.name', 'path', 'TargetFileName', 'TargetFilePath', 'SrcFileName', 'FileName'),
  field('file.path', 'path', 'TargetFilePath', 'TargetFileName', 'SrcFilePath', 'FilePath', 'FileName'),
  field('file.size', 'number', 'TargetFileSize', 'SrcFileSize', 'FileSize'),
  field('file.hash.md5', 'text', 'TargetFileMD5', 'FileMD5', 'TargetProcessMD5', 'Hash'),
  field('file.hash.sha1', 'text', 'TargetFileSHA1', 'FileSHA1', 'TargetProcessSHA1', 'Hash'),
  field('file.hash.sha256', 'text', 'TargetFileSHA256', 'FileSHA256', 'TargetProcessSHA256', 'Hash'),

  field('url.original', 'url', 'Url', 'TargetUrl'),
  field('url.full', 'url', 'Url', 'TargetUrl'),
  field('url.domain', 'host', 'DstHostname', 'DstFQDN', 'DstDomain', 'HttpHost', 'Dst', 'UrlDomain', 'TargetHostname'),
  field('user_agent.original', 'text', 'HttpUserAgent'),
  field('http.request.method', 'text', 'HttpRequestMethod'),
  field('http.request.referrer', 'url', 'HttpReferrer'),
  field('http.response.status_code', 'number', 'EventResultDetails', 'HttpStatusCode'),
  field('http.response.body.bytes', 'number', 'DstBytes'),
  field('dns.question.name', 'text', 'DnsQuery', 'Domain'),
  field('dns.question.type', 'text', 'DnsQueryTypeName'),
  field('dns.response_code', 'text', 'DnsResponseCodeName', 'EventResultDetails'),
  field('rule.name', 'text', 'RuleName', 'NetworkRuleName', 'Rule', 'ThreatName'),
  field('rule.id', 'text', 'RuleNumber', 'NetworkRuleNumber', 'Rule', 'RuleName', 'NetworkRuleName', 'ThreatId'),
];

/** A field that the parser of one set calls by a name which ECS and ASIM have for something else. Counted apart. */
export interface Renamed {
  readonly set: string;
  readonly ecs: string;
  /** Columns that hold what the line says; `AdditionalFields.Name` is a member of that bag. */
  readonly asim: readonly string[];
  readonly because: string;
}

export const renamed: readonly Renamed[] = [
  {
    set: 'squid/log',
    ecs: 'source.bytes',
    asim: ['DstBytes'],
    because: 'the one size in the line is that of the reply to the client (%<st)',
  },
  {
    set: 'tomcat/log',
    ecs: 'source.bytes',
    asim: ['DstBytes'],
    because: 'the one size in the line is that of the response (%b)',
  },
  ...(['Ip', 'Port'] as const).flatMap((part): Renamed[] =>
    (['source', 'destination'] as const).map((side) => ({
      set: 'sonicwall/firewall',
      ecs: `${side}.nat.${part.toLowerCase()}`,
      asim: [`${side === 'source' ? 'Src' : 'Dst'}${part === 'Ip' ? 'IpAddr' : 'PortNumber'}`],
      because: 'the line has `src` and `dst` alone, and nothing in it tells of a translation (`natSrc`, `natDst`)',
    })),
  ),
  {
    set: 'snort/log',
    ecs: 'host.name',
    asim: ['DnsQuery', 'AdditionalFields.DnsQuery'],
    because: 'the name that a client asked for (`DNSQuery`); the host that writes stands before it',
  },
  {
    set: 'oracle/database_audit',
    ecs: 'server.user.name',
    asim: ['AdditionalFields.DatabaseUser'],
    because:
      'ASIM has one actor: where the database user is `/`, the user of the operating system whom that stands for',
  },
];
