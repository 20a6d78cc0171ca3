/** Sort keys by table: what its queries filter or group by most, from few to many values. TimeGenerated is always the last, and is added by the lake. */
const named: Readonly<Record<string, readonly string[]>> = {
  SecurityEvent: ['EventID', 'Computer'],
  WindowsEvent: ['EventID', 'Computer'],
  Event: ['EventLog', 'EventID', 'Computer'],
  Syslog: ['Facility', 'ProcessName', 'Computer'],
  CommonSecurityLog: ['DeviceVendor', 'DeviceProduct', 'DeviceEventClassID'],
  SigninLogs: ['ResultType', 'UserPrincipalName'],
  AADNonInteractiveUserSignInLogs: ['ResultType', 'UserPrincipalName'],
  AADServicePrincipalSignInLogs: ['ResultType', 'ServicePrincipalId'],
  AADManagedIdentitySignInLogs: ['ResultType', 'ServicePrincipalId'],
  AuditLogs: ['Category', 'OperationName'],
  AzureActivity: ['CategoryValue', 'OperationNameValue'],
  AzureDiagnostics: ['ResourceProvider', 'Category', 'OperationName'],
  OfficeActivity: ['OfficeWorkload', 'Operation', 'UserId'],
  AWSCloudTrail: ['EventSource', 'EventName'],
  SecurityAlert: ['AlertName', 'SystemAlertId'],
  SecurityIncident: ['IncidentNumber'],
  ThreatIntelIndicators: ['ObservableKey', 'ObservableValue'],
  ThreatIntelligenceIndicator: ['Active', 'IndicatorId'],
  Watchlist: ['WatchlistAlias', 'SearchKey'],
  Heartbeat: ['Computer'],
  DnsEvents: ['QueryType', 'Name'],
  W3CIISLog: ['sSiteName', 'scStatus'],
};

const byPrefix: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^Device/, ['ActionType', 'DeviceName']],
  [/^(Cloud(App|Audit|Process|Dns)|Identity)/, ['ActionType', 'AccountUpn']],
  [/^Email/, ['RecipientEmailAddress']],
  [/^Alert/, ['AlertId']],
  [/^ASim/, ['EventVendor', 'EventProduct', 'EventType']],
  [/^(GCP|AWS|AZFW|Storage|AKS|AZKV)/, ['OperationName']],
];

/** The sort key of a table: named above, or by its family; only columns that the table has. */
export function sortKeys(name: string, columns: Readonly<Record<string, string>>): string[] {
  const wanted = named[name] ?? byPrefix.find(([pattern]) => pattern.test(name))?.[1] ?? [];
  return wanted.filter((column) => column in columns && columns[column] !== 'dynamic');
}
