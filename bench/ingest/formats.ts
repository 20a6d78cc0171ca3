/** A log as one product writes it, made from a number alone, and the door that it comes through. */
export interface BenchFormat {
  readonly id: string;
  readonly door: 'logs-ingestion' | 'syslog-tcp';
  /** Of the Logs Ingestion API; the syslog door recognises by itself. */
  readonly stream: string;
  /** Where its rows must be. */
  readonly table: string;
  /** One record: JSON for `logs-ingestion`, a line without its end for `syslog-tcp`. */
  record(n: number): string;
}

const start = Date.UTC(2026, 0, 1);
const time = (n: number): Date => new Date(start + n * 40);
const user = (n: number): string => `user${(n * 7_919) % 500}`;
const inner = (n: number): string => `10.${(n * 31) % 256}.${(n * 17) % 256}.${n % 256}`;
const outer = (n: number): string => `203.0.113.${(n * 13) % 256}`;
const guid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

const signIn = (n: number): string =>
  JSON.stringify({
    TimeGenerated: time(n).toISOString(),
    UserPrincipalName: `${user(n)}@contoso.com`,
    UserId: guid((n * 7_919) % 500),
    IPAddress: inner(n),
    AppDisplayName: ['Azure Portal', 'Office 365', 'Teams', 'Exchange Online'][n % 4],
    ResultType: ['0', '0', '0', '50126', '50074'][n % 5],
    ResultDescription: n % 5 === 3 ? 'Invalid username or password' : '',
    LocationDetails: { city: 'Oslo', countryOrRegion: 'NO', geoCoordinates: { latitude: 59.9, longitude: 10.7 } },
    DeviceDetail: { deviceId: '', operatingSystem: 'Windows 11', browser: 'Edge 126.0' },
    CorrelationId: guid(n),
    IsInteractive: n % 2 === 0,
  });

const cef = (n: number): string =>
  `<134>${time(n).toISOString()} fw${n % 4} CEF:0|Acme|Gateway|9.1|${100 + (n % 7)}|Connection ${n % 5 === 0 ? 'denied' : 'allowed'}|${n % 10}|` +
  `rt=${time(n).getTime()} src=${inner(n)} spt=${1_024 + (n % 60_000)} dst=${outer(n)} dpt=${[443, 80, 53, 22][n % 4]} proto=TCP ` +
  `act=${n % 5 === 0 ? 'deny' : 'allow'} suser=${user(n)} in=${(n * 37) % 9_000} out=${(n * 53) % 9_000} request=https://shop.example/${n % 1_000} ` +
  `cs1Label=Rule cs1=outbound ${n % 40} deviceExternalId=gw-${n % 4}`;

const syslog = (n: number): string => {
  const header = `<${n % 3 === 0 ? 86 : 30}>1 ${time(n).toISOString()} host${n % 50}`;
  return n % 3 === 0
    ? `${header} sshd ${1_000 + (n % 9_000)} - - Failed password for invalid user ${user(n)} from ${outer(n)} port ${1_024 + (n % 60_000)} ssh2`
    : `${header} app${n % 9} ${1_000 + (n % 9_000)} ID${n % 100} [request@32473 id="${n}" path="/cart/${n % 300}"] order ${n} of ${user(n)} took ${n % 900} ms`;
};

const windowsXml = (n: number): string =>
  `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-a5ba-3e3b0328c30d}'/>` +
  `<EventID>4688</EventID><Version>2</Version><Level>0</Level><Task>13312</Task><Opcode>0</Opcode><Keywords>0x8020000000000000</Keywords><TimeCreated SystemTime='${time(n).toISOString()}'/>` +
  `<EventRecordID>${n}</EventRecordID><Correlation/><Execution ProcessID='4' ThreadID='${n % 9_000}'/><Channel>Security</Channel><Computer>pc${n % 200}.contoso.com</Computer><Security/></System>` +
  `<EventData><Data Name='SubjectUserSid'>S-1-5-21-1-2-3-${1_000 + (n % 500)}</Data><Data Name='SubjectUserName'>${user(n)}</Data><Data Name='SubjectDomainName'>CONTOSO</Data><Data Name='SubjectLogonId'>0x${(n % 65_536).toString(16)}</Data>` +
  `<Data Name='NewProcessId'>0x${(n % 65_536).toString(16)}</Data><Data Name='NewProcessName'>C:\\Windows\\System32\\${['svchost', 'cmd', 'conhost', 'taskhostw'][n % 4]}.exe</Data><Data Name='TokenElevationType'>%%1936</Data><Data Name='ProcessId'>0x1f4</Data>` +
  `<Data Name='CommandLine'>"C:\\Program Files\\App ${n % 30}\\run.exe" --job ${n}</Data><Data Name='TargetUserSid'>S-1-0-0</Data><Data Name='TargetUserName'>-</Data><Data Name='TargetDomainName'>-</Data><Data Name='TargetLogonId'>0x0</Data>` +
  `<Data Name='ParentProcessName'>C:\\Windows\\explorer.exe</Data><Data Name='MandatoryLabel'>S-1-16-8192</Data></EventData></Event>`;

const cloudTrail = (n: number): string =>
  JSON.stringify({
    eventVersion: '1.08',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROAEXAMPLE:${user(n)}`,
      arn: `arn:aws:sts::111122223333:assumed-role/deploy/${user(n)}`,
      accountId: '111122223333',
      accessKeyId: 'ASIAEXAMPLE',
      sessionContext: { attributes: { creationDate: time(n).toISOString(), mfaAuthenticated: 'false' } },
    },
    eventTime: time(n).toISOString(),
    eventSource: ['ec2.amazonaws.com', 's3.amazonaws.com', 'iam.amazonaws.com'][n % 3],
    eventName: ['DescribeInstances', 'GetObject', 'ListRoles'][n % 3],
    awsRegion: 'eu-central-1',
    sourceIPAddress: outer(n),
    userAgent: 'aws-cli/2.15 Python/3.11',
    requestParameters: { bucketName: `logs-${n % 20}`, key: `day/${n}.gz`, maxResults: n % 100 },
    responseElements: null,
    requestID: guid(n),
    eventID: guid(n + 1),
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '111122223333',
    eventCategory: 'Management',
  });

export const formats: readonly BenchFormat[] = [
  { id: 'json', door: 'logs-ingestion', stream: 'Microsoft-SigninLogs', table: 'SigninLogs', record: signIn },
  { id: 'cef', door: 'syslog-tcp', stream: 'Custom-CefText', table: 'CommonSecurityLog', record: cef },
  { id: 'rfc5424', door: 'syslog-tcp', stream: 'Custom-SyslogText', table: 'Syslog', record: syslog },
  {
    id: 'windows-xml',
    door: 'syslog-tcp',
    stream: 'Custom-WindowsEventXml',
    table: 'SecurityEvent',
    record: windowsXml,
  },
  {
    id: 'cloudtrail',
    door: 'logs-ingestion',
    stream: 'Custom-AwsCloudTrailJson',
    table: 'AWSCloudTrail',
    record: cloudTrail,
  },
];

/** Records until `bytes` are reached. */
export function* records(format: BenchFormat, bytes: number): Generator<string> {
  let total = 0;
  for (let n = 0; total < bytes; n++) {
    const record = format.record(n);
    total += record.length + 1;
    yield record;
  }
}
