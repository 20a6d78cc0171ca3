import type { DataSource } from '@sallyport/contracts';

/**
 * Which Defender workload a table of advanced hunting is of; every other table is a Sentinel workspace's.
 * https://learn.microsoft.com/defender-xdr/advanced-hunting-schema-tables
 */
const families: readonly (readonly [RegExp, DataSource])[] = [
  [/^Device(?:Tvm|BaselineCompliance)/, 'VulnerabilityManagement'],
  [
    /^Device(?:Custom\w+|File|ImageLoad|Logon|Network|Process|Registry)?Events$|^Device(?:Info|NetworkInfo|FileCertificateInfo|Behavior(?:Info|Entities))$|^MDECustomCollection|^DisruptionAndResponseEvents$|^DynamicEventCollection$/,
    'Endpoint',
  ],
  [
    /^Email(?:AttachmentInfo|Events|PostDeliveryEvents|UrlInfo)$|^UrlClickEvents$|^Message(?:Events|PostDeliveryEvents|UrlInfo)$|^CampaignInfo$|^FileMaliciousContentInfo$/,
    'Office365',
  ],
  [
    /^Identity(?:AccountInfo|DirectoryEvents|Events|Info|LogonEvents|QueryEvents)$|^(?:AAD|EntraId)(?:Spn)?SignInEvents(?:Beta)?$|^GraphA(?:PI|pi)AuditEvents$/,
    'Identity',
  ],
  [/^Cloud(?:Audit|Dns|PolicyEnforcement|Process|StorageAggregated)Events$/, 'DefenderForCloud'],
  [/^ExposureGraph(?:Edges|Nodes)$/, 'ExposureManagement'],
  [/^CloudAppEvents$|^OAuthAppInfo$|^DataSecurity(?:Behaviors|Events)$|^(?:AI)?AgentsInfo$/, 'CloudApps'],
];

/** The workload that a table's rows are of; undefined where each row says it itself. */
export function dataSourceOf(table: string): DataSource | undefined {
  if (productColumns.has(table)) return undefined;
  return families.find(([family]) => family.test(table))?.[1] ?? 'Sentinel';
}

/** What says of a row whose alert it is, as KQL. */
const productColumns: ReadonlyMap<string, string> = new Map([
  ['SecurityAlert', 'ProductName'],
  ['AlertInfo', 'ServiceSource'],
  ['AlertEvidence', 'ServiceSource'],
  ['BehaviorInfo', 'ServiceSource'],
  ['BehaviorEntities', 'ServiceSource'],
  ['SecurityIncident', 'AdditionalData.alertProductNames'],
]);

/**
 * Products as alerts name them. What is not here, Sallyport's own rules among it, is Sentinel's.
 * https://learn.microsoft.com/azure/sentinel/security-alert-schema https://learn.microsoft.com/defender-xdr/advanced-hunting-alertinfo-table
 */
export const products: ReadonlyMap<DataSource, readonly string[]> = new Map([
  ['Endpoint', ['Microsoft Defender for Endpoint', 'Microsoft Defender Advanced Threat Protection']],
  ['VulnerabilityManagement', ['Microsoft Defender Vulnerability Management']],
  [
    'Office365',
    ['Microsoft Defender for Office 365', 'Office 365 Advanced Threat Protection', 'Office 365 Security & Compliance'],
  ],
  [
    'Identity',
    [
      'Microsoft Defender for Identity',
      'Azure Advanced Threat Protection',
      'Azure Active Directory Identity Protection',
      'Microsoft Entra ID Protection',
    ],
  ],
  ['DefenderForCloud', ['Microsoft Defender for Cloud', 'Azure Security Center', 'Azure Defender']],
  ['ExposureManagement', ['Microsoft Security Exposure Management']],
  ['CloudApps', ['Microsoft Defender for Cloud Apps', 'Microsoft Cloud App Security', 'App Governance']],
]);

/** The workload of an alert by its product. */
export const dataSourceOfProduct = (product: string): DataSource =>
  [...products].find(([, names]) => names.some((name) => name.toLowerCase() === product.toLowerCase()))?.[0] ??
  'Sentinel';

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

/** Of a table whose rows say whose they are: the condition, in KQL, on those of some workloads. */
export function productCondition(table: string, sources: readonly DataSource[]): string {
  const column = productColumns.get(table) ?? '';
  const isOf = (of: (source: DataSource) => boolean): string[] =>
    [...products].flatMap(([source, names]) => (of(source) ? names : []));
  const wanted = isOf((source) => sources.includes(source));
  const others = isOf((source) => !sources.includes(source));
  // An incident is seen by whoever sees one of its alerts.
  if (table === 'SecurityIncident') {
    const own = sources.includes('Sentinel') ? ['Sallyport', 'Azure Sentinel', 'Microsoft Sentinel'] : [];
    return `tostring(${column}) has_any (${list([...own, ...wanted])})`;
  }
  if (!sources.includes('Sentinel')) return `${column} in~ (${list(wanted)})`;
  return others.length === 0 ? 'true' : `${column} !in~ (${list(others)})`;
}
