/** A small company's normal life, for tests of behaviour analytics; what stands out from it is in `plants.ts`. */

export type Row = Readonly<Record<string, unknown>>;
export type Rows = Record<string, Row[]>;

const day = 86_400_000;
export const home = '203.0.113.10';
export const abroad = '198.51.100.66';
const domain = 'contoso.com';
export const person = (n: number): string => `p${String(n).padStart(2, '0')}@${domain}`;
export const account = (n: number): string => `CONTOSO\\p${String(n).padStart(2, '0')}`;
export const people = 12;

/** Puts rows into tables; `hours` is the time of day. */
export function writer(rows: Rows, date: Date) {
  return (table: string, hours: number, row: Row): void => {
    const time = new Date(date.getTime() + hours * 3_600_000).toISOString();
    (rows[table] ??= []).push({ TimeGenerated: time, ...row });
  };
}
export type Put = ReturnType<typeof writer>;

export const signIn = (n: number, more: Row = {}): Row => ({
  UserPrincipalName: person(n),
  UserId: `00000000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`,
  UserDisplayName: `Person ${n}`,
  ResultType: '0',
  AppDisplayName: n % 2 === 0 ? 'Outlook' : 'Teams',
  ResourceDisplayName: 'Office 365',
  IPAddress: home,
  Location: 'NL',
  AutonomousSystemNumber: '64496',
  DeviceDetail: { displayName: `LT-${n}`, operatingSystem: 'Windows', browser: 'Edge 131' },
  ...more,
});
export const audit = (n: number, OperationName: string, target = person(1)): Row => ({
  OperationName,
  Category: 'UserManagement',
  LoggedByService: 'Core Directory',
  Result: 'success',
  InitiatedBy: { user: { userPrincipalName: person(n), ipAddress: home } },
  TargetResources: [{ id: '1', displayName: target, userPrincipalName: target, type: 'User' }],
});
export const azure = (n: number, OperationNameValue: string): Row => ({
  OperationNameValue,
  ActivityStatusValue: 'Success',
  Caller: person(n),
  CallerIpAddress: home,
  ResourceProviderValue: OperationNameValue.split('/')[0],
  ResourceGroup: 'rg-main',
});
export const aws = (n: number, EventName: string, service: string, more: Row = {}): Row => ({
  EventName,
  EventSource: `${service}.amazonaws.com`,
  UserIdentityUserName: person(n),
  UserIdentityPrincipalid: `AIDA${n}`,
  UserIdentityType: 'IAMUser',
  SourceIpAddress: home,
  ReadOnly: /^(?:Get|List|Describe)/.test(EventName),
  ...more,
});
export const logon = (n: number, computer: string, more: Row = {}): Row => ({
  EventID: 4624,
  Computer: `${computer}.${domain}`,
  LogonType: 3,
  TargetAccount: account(n),
  TargetUserName: account(n).slice(8),
  TargetDomainName: 'CONTOSO',
  TargetUserSid: `S-1-5-21-1-2-3-10${n}`,
  IpAddress: `10.0.0.${n}`,
  ElevatedToken: '%%1843',
  ...more,
});
export const flow = (n: number, to: string, port: number, more: Row = {}): Row => ({
  DeviceVendor: 'Palo Alto Networks',
  DeviceProduct: 'PAN-OS',
  Activity: 'TRAFFIC',
  CommunicationDirection: 'Outbound',
  DeviceAction: 'allow',
  SimplifiedDeviceAction: 'Allow',
  SourceIP: `10.0.0.${n}`,
  SourceUserName: account(n).toLowerCase(),
  DestinationIP: to,
  DestinationPort: port,
  SentBytes: 20_000,
  ReceivedBytes: 200_000,
  ...more,
});
export const vpn = (n: number, ip = home): Row => ({
  DeviceVendor: 'Palo Alto Networks',
  DeviceProduct: 'PAN-OS',
  Activity: 'GLOBALPROTECT',
  EventOutcome: 'success',
  SourceIP: ip,
  SourceUserName: account(n).toLowerCase(),
  SourceTranslatedAddress: `10.99.0.${n}`,
});
export const office = (n: number, Operation: string, more: Row = {}): Row => ({
  UserId: person(n),
  UserType: 'Regular',
  Operation,
  ClientIP: home,
  ...(Operation.startsWith('File')
    ? { OfficeWorkload: 'SharePoint', RecordType: 'SharePointFileOperation', Site_Url: 'https://sp/sites/all' }
    : { OfficeWorkload: 'Exchange', RecordType: 'ExchangeItem' }),
  ...more,
});
export const dns = (n: number, Name: string, ResultCode = 0): Row => ({
  SubType: 'LookupQuery',
  ClientIP: `10.0.0.${n}`,
  Name,
  ResultCode,
});
export const okta = (n: number, EventOriginalType: string, OriginalOutcomeResult = 'SUCCESS'): Row => ({
  EventOriginalType,
  ActorUsername: person(n),
  ActorDisplayName: `Person ${n}`,
  SrcIpAddr: home,
  SrcGeoCountry: 'Netherlands',
  OriginalOutcomeResult,
});
export const google = (n: number, service: string, MethodName: string, code = 0): Row => ({
  PrincipalEmail: person(n),
  ServiceName: `${service}.googleapis.com`,
  MethodName,
  ProjectId: 'main',
  RequestMetadata: { callerIp: home },
  Status: { code },
});

/** One day of everybody at work. */
export function ordinaryDay(date: Date, put: Put, index = Math.round(date.getTime() / day)): void {
  for (let n = 1; n <= people; n++) {
    const at = 8 + (n % 3) + ((index * n) % 7) / 10;
    put('SigninLogs', at, signIn(n));
    put('SigninLogs', at + 4, signIn(n));
    // Every day somebody mistypes a password.
    if (index % people === n - 1) put('SigninLogs', at - 0.1, signIn(n, { ResultType: '50126' }));
    put('OktaV2_CL', at, okta(n, 'user.session.start'));
    put('DeviceLogonEvents', at, {
      ActionType: 'LogonSuccess',
      LogonType: 'Interactive',
      AccountDomain: 'CONTOSO',
      AccountName: account(n).slice(8),
      DeviceName: `lt-${n}.${domain}`,
    });
    for (let i = 0; i < 3 + ((index + n) % 3); i++) {
      put('SecurityEvent', at + i, logon(n, 'fs01'));
      put(
        'OfficeActivity',
        at + i / 2,
        office(n, 'FileAccessed', { SensitivityLabelId: 'internal', OfficeObjectId: `${i}` }),
      );
      put('OfficeActivity', at + i / 2, office(n, 'MailItemsAccessed'));
      put('CommonSecurityLog', at + i, flow(n, `192.0.2.${10 + ((index * 3 + i) % 40)}`, 443));
      put(
        'DnsEvents',
        at + i,
        dns(n, ['intranet.contoso.com', 'www.example.com', 'calendar.example.net'][i % 3] ?? ''),
      );
    }
    if ((index + n) % 9 === 0) put('SecurityEvent', at, logon(n, 'fs01', { EventID: 4625, SubStatus: '0xc000006a' }));
    put('CommonSecurityLog', at, vpn(n));
    put('CommonSecurityLog', at + 1, flow(n, '10.1.0.5', 445, { SourceIP: `10.99.0.${n}`, ReceivedBytes: 50_000_000 }));
  }
  for (const n of [1, 2]) {
    put('AuditLogs', 9 + n, audit(n, 'Update user'));
    put('AuditLogs', 9.5 + n, audit(n, 'Add member to group'));
    put('AzureActivity', 9 + n, azure(n, 'Microsoft.Compute/virtualMachines/start/action'));
    put('AzureActivity', 10 + n, azure(n, 'Microsoft.Resources/deployments/write'));
    put('SecurityEvent', 9 + n, logon(n, 'dc01', { ElevatedToken: '%%1842' }));
  }
  put('AuditLogs', 9, audit(1, 'Add user', `new${index}@${domain}`));
  for (const n of [3, 4]) {
    put('AWSCloudTrail', 9, aws(n, 'ConsoleLogin', 'signin', { ResponseElements: '{"ConsoleLogin":"Success"}' }));
    for (let i = 0; i < 20; i++) put('AWSCloudTrail', 9 + i / 10, aws(n, 'DescribeInstances', 'ec2'));
    for (let i = 0; i < 5; i++) put('AWSCloudTrail', 10 + i / 10, aws(n, 'PutObject', 's3'));
  }
  for (const n of [5, 6]) put('GCPAuditLogs', 9 + n / 10, google(n, 'compute', 'v1.compute.instances.list'));
  for (let i = 0; i < 24; i++)
    put('AADServicePrincipalSignInLogs', i, {
      ServicePrincipalName: 'deploy',
      ServicePrincipalId: 'sp-1',
      ResultType: '0',
      IPAddress: home,
      Location: 'NL',
      ResourceDisplayName: 'Azure Key Vault',
    });
}
