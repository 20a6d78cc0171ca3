/**
 * Typical questions of hunting and detection, each with SQL that a person would write by hand for the same answer: for ClickHouse, and for DuckDB where its own
 * way of writing differs. Times count back from the end of the data.
 */
export interface BenchQuery {
  readonly id: string;
  readonly kql: string;
  readonly sql: string;
  /** Default: `sql`. */
  readonly duck?: string;
  /** Counts are estimates, and two engines estimate differently. */
  readonly approximate?: true;
}

const day = `'2026-11-15 00:00:00'`;
const week = `'2026-11-09 00:00:00'`;
const lolbins = ['rundll32.exe', 'regsvr32.exe', 'wscript.exe', 'mshta.exe', 'certutil.exe', 'bitsadmin.exe'];
const quoted = (values: readonly string[]): string => values.map((v) => `'${v}'`).join(', ');

export const queries: readonly BenchQuery[] = [
  {
    id: 'signin-failures-by-user',
    kql: `SigninLogs | where TimeGenerated > ago(1d) and ResultType != "0" | summarize Failures = count() by UserPrincipalName | where Failures > 3 | order by Failures desc, UserPrincipalName asc | take 20`,
    sql: `SELECT UserPrincipalName, count() AS Failures FROM SigninLogs WHERE TimeGenerated > ${day} AND ResultType != '0' GROUP BY UserPrincipalName HAVING Failures > 3 ORDER BY Failures DESC, UserPrincipalName LIMIT 20`,
  },
  {
    id: 'password-spray',
    kql: `SigninLogs | where ResultType in ("50126", "50053") | summarize Users = dcount(UserPrincipalName), Tries = count() by IPAddress, bin(TimeGenerated, 1h) | where Users >= 5 | summarize Hours = count() by IPAddress | order by Hours desc, IPAddress asc | take 20`,
    sql: `SELECT IPAddress, count() AS Hours FROM (SELECT IPAddress, toStartOfHour(TimeGenerated) AS h, uniqCombined64(UserPrincipalName) AS Users FROM SigninLogs WHERE ResultType IN ('50126', '50053') GROUP BY IPAddress, h HAVING Users >= 5) GROUP BY IPAddress ORDER BY Hours DESC, IPAddress LIMIT 20`,
    duck: `SELECT IPAddress, count(*) AS Hours FROM (SELECT IPAddress, date_trunc('hour', TimeGenerated) AS h, count(DISTINCT UserPrincipalName) AS Users FROM SigninLogs WHERE ResultType IN ('50126', '50053') GROUP BY IPAddress, h HAVING Users >= 5) GROUP BY IPAddress ORDER BY Hours DESC, IPAddress LIMIT 20`,
    approximate: true,
  },
  {
    id: 'success-after-failures',
    kql: `let fails = SigninLogs | where TimeGenerated > ago(7d) and ResultType == "50126" | summarize Fails = count() by UserPrincipalName, IPAddress; SigninLogs | where TimeGenerated > ago(7d) and ResultType == "0" | join kind=inner fails on UserPrincipalName, IPAddress | summarize Successes = count(), Fails = max(Fails) by UserPrincipalName | order by Fails desc, Successes desc, UserPrincipalName asc | take 20`,
    sql: `SELECT s.UserPrincipalName AS UserPrincipalName, count() AS Successes, max(f.Fails) AS Fails FROM SigninLogs s INNER JOIN (SELECT UserPrincipalName, IPAddress, count() AS Fails FROM SigninLogs WHERE TimeGenerated > ${week} AND ResultType = '50126' GROUP BY UserPrincipalName, IPAddress) f ON s.UserPrincipalName = f.UserPrincipalName AND s.IPAddress = f.IPAddress WHERE s.TimeGenerated > ${week} AND s.ResultType = '0' GROUP BY UserPrincipalName ORDER BY Fails DESC, Successes DESC, UserPrincipalName LIMIT 20`,
    duck: `SELECT s.UserPrincipalName AS UserPrincipalName, count(*) AS Successes, max(f.Fails) AS Fails FROM SigninLogs s INNER JOIN (SELECT UserPrincipalName, IPAddress, count(*) AS Fails FROM SigninLogs WHERE TimeGenerated > ${week} AND ResultType = '50126' GROUP BY UserPrincipalName, IPAddress) f ON s.UserPrincipalName = f.UserPrincipalName AND s.IPAddress = f.IPAddress WHERE s.TimeGenerated > ${week} AND s.ResultType = '0' GROUP BY s.UserPrincipalName ORDER BY 3 DESC, 2 DESC, 1 LIMIT 20`,
  },
  {
    id: 'countries-of-user',
    kql: `SigninLogs | where ResultType == "0" | extend Country = tostring(LocationDetails.countryOrRegion) | summarize Countries = dcount(Country), Last = max(TimeGenerated) by UserPrincipalName | where Countries > 8 | order by Countries desc, UserPrincipalName asc | take 50`,
    sql: `SELECT UserPrincipalName, uniqCombined64(JSONExtractString(LocationDetails, 'countryOrRegion')) AS Countries, max(TimeGenerated) AS Last FROM SigninLogs WHERE ResultType = '0' GROUP BY UserPrincipalName HAVING Countries > 8 ORDER BY Countries DESC, UserPrincipalName LIMIT 50`,
    duck: `SELECT UserPrincipalName, count(DISTINCT LocationDetails->>'$.countryOrRegion') AS Countries, max(TimeGenerated) AS Last FROM SigninLogs WHERE ResultType = '0' GROUP BY UserPrincipalName HAVING Countries > 8 ORDER BY Countries DESC, UserPrincipalName LIMIT 50`,
  },
  {
    id: 'rare-user-agents',
    kql: `SigninLogs | where TimeGenerated > ago(7d) | summarize Tries = count() by UserAgent | where Tries < 20 | order by Tries asc, UserAgent asc | take 100`,
    sql: `SELECT UserAgent, count() AS Tries FROM SigninLogs WHERE TimeGenerated > ${week} GROUP BY UserAgent HAVING Tries < 20 ORDER BY Tries, UserAgent LIMIT 100`,
  },
  {
    id: 'new-country-of-user',
    kql: `let before = SigninLogs | where TimeGenerated between (ago(30d) .. ago(1d)) | distinct UserPrincipalName, Location; SigninLogs | where TimeGenerated > ago(1d) and ResultType == "0" | distinct UserPrincipalName, Location | join kind=leftanti before on UserPrincipalName, Location | summarize New = count() by Location | order by New desc, Location asc`,
    sql: `SELECT Location, count() AS New FROM (SELECT DISTINCT UserPrincipalName, Location FROM SigninLogs WHERE TimeGenerated > ${day} AND ResultType = '0') WHERE (UserPrincipalName, Location) NOT IN (SELECT UserPrincipalName, Location FROM SigninLogs WHERE TimeGenerated >= '2026-10-17 00:00:00' AND TimeGenerated <= ${day}) GROUP BY Location ORDER BY New DESC, Location`,
  },
  {
    id: 'legacy-authentication',
    kql: `SigninLogs | where ClientAppUsed in~ ("IMAP4", "POP3", "exchange activesync") and ResultType == "0" | summarize Users = dcount(UserPrincipalName), Total = count() by AppDisplayName, ClientAppUsed | top 20 by Total desc`,
    sql: `SELECT AppDisplayName, ClientAppUsed, uniqCombined64(UserPrincipalName) AS Users, count() AS Total FROM SigninLogs WHERE lower(ClientAppUsed) IN ('imap4', 'pop3', 'exchange activesync') AND ResultType = '0' GROUP BY AppDisplayName, ClientAppUsed ORDER BY Total DESC LIMIT 20`,
    duck: `SELECT AppDisplayName, ClientAppUsed, count(DISTINCT UserPrincipalName) AS Users, count(*) AS Total FROM SigninLogs WHERE lower(ClientAppUsed) IN ('imap4', 'pop3', 'exchange activesync') AND ResultType = '0' GROUP BY AppDisplayName, ClientAppUsed ORDER BY Total DESC LIMIT 20`,
    approximate: true,
  },
  {
    id: 'results-by-hour',
    kql: `SigninLogs | summarize Total = count() by bin(TimeGenerated, 1h), ResultType | order by TimeGenerated asc, ResultType asc`,
    sql: `SELECT toStartOfHour(TimeGenerated) AS h, ResultType, count() AS Total FROM SigninLogs GROUP BY h, ResultType ORDER BY h, ResultType`,
    duck: `SELECT date_trunc('hour', TimeGenerated) AS h, ResultType, count(*) AS Total FROM SigninLogs GROUP BY h, ResultType ORDER BY h, ResultType`,
  },
  {
    id: 'latest-sign-in-of-user',
    kql: `SigninLogs | where TimeGenerated > ago(7d) | summarize arg_max(TimeGenerated, *) by UserPrincipalName | summarize Users = count() by AppDisplayName, Location | order by Users desc, AppDisplayName asc, Location asc | take 30`,
    sql: `SELECT App AS AppDisplayName, Loc AS Location, count() AS Users FROM (SELECT argMax(AppDisplayName, TimeGenerated) AS App, argMax(Location, TimeGenerated) AS Loc FROM SigninLogs WHERE TimeGenerated > ${week} GROUP BY UserPrincipalName) GROUP BY App, Loc ORDER BY Users DESC, App, Loc LIMIT 30`,
    duck: `SELECT App, Loc, count(*) AS Users FROM (SELECT arg_max(AppDisplayName, TimeGenerated) AS App, arg_max(Location, TimeGenerated) AS Loc FROM SigninLogs WHERE TimeGenerated > ${week} GROUP BY UserPrincipalName) GROUP BY App, Loc ORDER BY Users DESC, App, Loc LIMIT 30`,
  },
  {
    id: 'unmanaged-devices',
    kql: `SigninLogs | where ResultType == "0" and isempty(tostring(DeviceDetail.deviceId)) and tostring(DeviceDetail.operatingSystem) startswith "Windows" | summarize Total = count() by Browser = tostring(DeviceDetail.browser) | order by Total desc`,
    sql: `SELECT JSONExtractString(DeviceDetail, 'browser') AS Browser, count() AS Total FROM SigninLogs WHERE ResultType = '0' AND JSONExtractString(DeviceDetail, 'deviceId') = '' AND startsWithCaseInsensitive(JSONExtractString(DeviceDetail, 'operatingSystem'), 'Windows') GROUP BY Browser ORDER BY Total DESC`,
    duck: `SELECT DeviceDetail->>'$.browser' AS Browser, count(*) AS Total FROM SigninLogs WHERE ResultType = '0' AND (DeviceDetail->>'$.deviceId') = '' AND (DeviceDetail->>'$.operatingSystem') ILIKE 'Windows%' GROUP BY Browser ORDER BY Total DESC`,
  },
  {
    id: 'encoded-powershell',
    kql: `DeviceProcessEvents | where TimeGenerated > ago(7d) | where FileName in~ ("powershell.exe", "pwsh.exe") | where ProcessCommandLine has_any ("enc", "encodedcommand", "FromBase64String") | top 100 by ReportId desc | project TimeGenerated, DeviceName, AccountName, ProcessCommandLine, InitiatingProcessFileName`,
    sql: `SELECT TimeGenerated, DeviceName, AccountName, ProcessCommandLine, InitiatingProcessFileName FROM DeviceProcessEvents WHERE TimeGenerated > ${week} AND lower(FileName) IN ('powershell.exe', 'pwsh.exe') AND (hasTokenCaseInsensitive(ProcessCommandLine, 'enc') OR hasTokenCaseInsensitive(ProcessCommandLine, 'encodedcommand') OR hasTokenCaseInsensitive(ProcessCommandLine, 'FromBase64String')) ORDER BY ReportId DESC LIMIT 100`,
    duck: `SELECT TimeGenerated, DeviceName, AccountName, ProcessCommandLine, InitiatingProcessFileName FROM DeviceProcessEvents WHERE TimeGenerated > ${week} AND lower(FileName) IN ('powershell.exe', 'pwsh.exe') AND regexp_matches(ProcessCommandLine, '(^|[^a-z0-9])(enc|encodedcommand|frombase64string)($|[^a-z0-9])', 'i') ORDER BY ReportId DESC LIMIT 100`,
  },
  {
    id: 'term-in-command-line',
    kql: `DeviceProcessEvents | where ProcessCommandLine has "mimikatz" | summarize Total = count(), First = min(TimeGenerated) by DeviceName | order by Total desc, DeviceName asc | take 50`,
    sql: `SELECT DeviceName, count() AS Total, min(TimeGenerated) AS First FROM DeviceProcessEvents WHERE hasTokenCaseInsensitive(ProcessCommandLine, 'mimikatz') GROUP BY DeviceName ORDER BY Total DESC, DeviceName LIMIT 50`,
    duck: `SELECT DeviceName, count(*) AS Total, min(TimeGenerated) AS First FROM DeviceProcessEvents WHERE ProcessCommandLine ILIKE '%mimikatz%' GROUP BY DeviceName ORDER BY Total DESC, DeviceName LIMIT 50`,
  },
  {
    id: 'text-in-command-line',
    kql: `DeviceProcessEvents | where ProcessCommandLine contains @"\\temp\\" | summarize Total = count() by FileName | top 20 by Total desc`,
    sql: `SELECT FileName, count() AS Total FROM DeviceProcessEvents WHERE positionCaseInsensitive(ProcessCommandLine, '\\\\temp\\\\') > 0 GROUP BY FileName ORDER BY Total DESC LIMIT 20`,
    duck: `SELECT FileName, count(*) AS Total FROM DeviceProcessEvents WHERE ProcessCommandLine ILIKE '%\\temp\\%' ESCAPE '!' GROUP BY FileName ORDER BY Total DESC LIMIT 20`,
  },
  {
    id: 'rare-parents',
    kql: `DeviceProcessEvents | summarize Total = count(), Devices = dcount(DeviceName) by InitiatingProcessFileName, FileName | where Total < 100 | order by Total asc, InitiatingProcessFileName asc, FileName asc | take 100`,
    sql: `SELECT InitiatingProcessFileName, FileName, count() AS Total, uniqCombined64(DeviceName) AS Devices FROM DeviceProcessEvents GROUP BY InitiatingProcessFileName, FileName HAVING Total < 100 ORDER BY Total, InitiatingProcessFileName, FileName LIMIT 100`,
    duck: `SELECT InitiatingProcessFileName, FileName, count(*) AS Total, count(DISTINCT DeviceName) AS Devices FROM DeviceProcessEvents GROUP BY InitiatingProcessFileName, FileName HAVING Total < 100 ORDER BY Total, InitiatingProcessFileName, FileName LIMIT 100`,
    approximate: true,
  },
  {
    id: 'domains-in-command-lines',
    kql: `DeviceProcessEvents | where TimeGenerated > ago(7d) | extend Domain = extract(@"https?://([^/ ]+)", 1, ProcessCommandLine) | where isnotempty(Domain) | summarize Total = count() by Domain | top 20 by Total desc`,
    sql: `SELECT extract(ProcessCommandLine, 'https?://([^/ ]+)') AS Domain, count() AS Total FROM DeviceProcessEvents WHERE TimeGenerated > ${week} AND Domain != '' GROUP BY Domain ORDER BY Total DESC LIMIT 20`,
    duck: `SELECT regexp_extract(ProcessCommandLine, 'https?://([^/ ]+)', 1) AS Domain, count(*) AS Total FROM DeviceProcessEvents WHERE TimeGenerated > ${week} AND Domain != '' GROUP BY Domain ORDER BY Total DESC LIMIT 20`,
  },
  {
    id: 'programs-outside-windows',
    kql: `DeviceProcessEvents | where FileName in~ (${lolbins.map((l) => `"${l}"`).join(', ')}) and not(FolderPath startswith @"C:\\Windows\\") | summarize Total = count() by FileName, AccountName | order by Total desc, FileName asc, AccountName asc | take 50`,
    sql: `SELECT FileName, AccountName, count() AS Total FROM DeviceProcessEvents WHERE lower(FileName) IN (${quoted(lolbins)}) AND NOT startsWithCaseInsensitive(FolderPath, 'C:\\\\Windows\\\\') GROUP BY FileName, AccountName ORDER BY Total DESC, FileName, AccountName LIMIT 50`,
    duck: `SELECT FileName, AccountName, count(*) AS Total FROM DeviceProcessEvents WHERE lower(FileName) IN (${quoted(lolbins)}) AND NOT starts_with(lower(FolderPath), 'c:\\windows\\') GROUP BY FileName, AccountName ORDER BY Total DESC, FileName, AccountName LIMIT 50`,
  },
  {
    id: 'rare-hashes',
    kql: `let rare = DeviceProcessEvents | summarize Devices = dcount(DeviceName) by SHA256 | where Devices < 150 | project SHA256; DeviceProcessEvents | where TimeGenerated > ago(1d) and SHA256 in (rare) | summarize Total = count() by FileName | top 20 by Total desc`,
    sql: `SELECT FileName, count() AS Total FROM DeviceProcessEvents WHERE TimeGenerated > ${day} AND SHA256 IN (SELECT SHA256 FROM DeviceProcessEvents GROUP BY SHA256 HAVING uniqCombined64(DeviceName) < 150) GROUP BY FileName ORDER BY Total DESC LIMIT 20`,
    duck: `SELECT FileName, count(*) AS Total FROM DeviceProcessEvents WHERE TimeGenerated > ${day} AND SHA256 IN (SELECT SHA256 FROM DeviceProcessEvents GROUP BY SHA256 HAVING count(DISTINCT DeviceName) < 150) GROUP BY FileName ORDER BY Total DESC LIMIT 20`,
    approximate: true,
  },
  {
    id: 'first-seen-programs',
    kql: `DeviceProcessEvents | summarize FirstSeen = min(TimeGenerated), LastSeen = max(TimeGenerated), Total = count() by FileName | where FirstSeen > ago(29d) | order by FirstSeen asc, FileName asc | take 100`,
    sql: `SELECT FileName, min(TimeGenerated) AS FirstSeen, max(TimeGenerated) AS LastSeen, count() AS Total FROM DeviceProcessEvents GROUP BY FileName HAVING FirstSeen > '2026-10-18 00:00:00' ORDER BY FirstSeen, FileName LIMIT 100`,
  },
  {
    id: 'office-starts-shell',
    kql: `DeviceProcessEvents | where InitiatingProcessFileName in~ ("winword.exe", "excel.exe", "outlook.exe") and FileName in~ ("cmd.exe", "powershell.exe", "wscript.exe", "mshta.exe") | extend Host = tostring(split(DeviceName, ".")[0]) | summarize Total = count(), Lines = dcount(ProcessCommandLine) by Host | order by Total desc, Host asc | take 50`,
    sql: `SELECT splitByChar('.', DeviceName)[1] AS Host, count() AS Total, uniqCombined64(ProcessCommandLine) AS Lines FROM DeviceProcessEvents WHERE lower(InitiatingProcessFileName) IN ('winword.exe', 'excel.exe', 'outlook.exe') AND lower(FileName) IN ('cmd.exe', 'powershell.exe', 'wscript.exe', 'mshta.exe') GROUP BY Host ORDER BY Total DESC, Host LIMIT 50`,
    duck: `SELECT split_part(DeviceName, '.', 1) AS Host, count(*) AS Total, count(DISTINCT ProcessCommandLine) AS Lines FROM DeviceProcessEvents WHERE lower(InitiatingProcessFileName) IN ('winword.exe', 'excel.exe', 'outlook.exe') AND lower(FileName) IN ('cmd.exe', 'powershell.exe', 'wscript.exe', 'mshta.exe') GROUP BY Host ORDER BY Total DESC, Host LIMIT 50`,
    approximate: true,
  },
  {
    id: 'top-talkers',
    kql: `CommonSecurityLog | where TimeGenerated > ago(7d) | summarize Sent = sum(SentBytes), Received = sum(ReceivedBytes) by SourceIP | top 20 by Sent desc`,
    sql: `SELECT SourceIP, sum(SentBytes) AS Sent, sum(ReceivedBytes) AS Received FROM CommonSecurityLog WHERE TimeGenerated > ${week} GROUP BY SourceIP ORDER BY Sent DESC LIMIT 20`,
  },
  {
    id: 'denied-ports',
    kql: `CommonSecurityLog | where DeviceAction in ("Deny", "Drop") and DeviceVendor == "Fortinet" | summarize Total = count() by DestinationPort, Protocol | order by Total desc, DestinationPort asc, Protocol asc | take 20`,
    sql: `SELECT DestinationPort, Protocol, count() AS Total FROM CommonSecurityLog WHERE DeviceAction IN ('Deny', 'Drop') AND DeviceVendor = 'Fortinet' GROUP BY DestinationPort, Protocol ORDER BY Total DESC, DestinationPort, Protocol LIMIT 20`,
  },
  {
    id: 'port-scan',
    kql: `CommonSecurityLog | summarize Ports = dcount(DestinationPort), Targets = dcount(DestinationIP) by SourceIP, bin(TimeGenerated, 1d) | where Ports > 30 | summarize Days = count() by SourceIP | order by Days desc, SourceIP asc | take 20`,
    sql: `SELECT SourceIP, count() AS Days FROM (SELECT SourceIP, toStartOfDay(TimeGenerated) AS d, uniqCombined64(DestinationPort) AS Ports, uniqCombined64(DestinationIP) AS Targets FROM CommonSecurityLog GROUP BY SourceIP, d HAVING Ports > 30) GROUP BY SourceIP ORDER BY Days DESC, SourceIP LIMIT 20`,
    duck: `SELECT SourceIP, count(*) AS Days FROM (SELECT SourceIP, date_trunc('day', TimeGenerated) AS d, count(DISTINCT DestinationPort) AS Ports, count(DISTINCT DestinationIP) AS Targets FROM CommonSecurityLog GROUP BY SourceIP, d HAVING Ports > 30) GROUP BY SourceIP ORDER BY Days DESC, SourceIP LIMIT 20`,
    approximate: true,
  },
  {
    id: 'bytes-to-public-addresses',
    kql: `CommonSecurityLog | where TimeGenerated > ago(1d) and not(ipv4_is_private(DestinationIP)) | summarize Sent = sum(SentBytes) by DestinationIP | top 20 by Sent desc`,
    sql: `SELECT DestinationIP, sum(SentBytes) AS Sent FROM CommonSecurityLog WHERE TimeGenerated > ${day} AND NOT (isIPAddressInRange(DestinationIP, '10.0.0.0/8') OR isIPAddressInRange(DestinationIP, '172.16.0.0/12') OR isIPAddressInRange(DestinationIP, '192.168.0.0/16')) GROUP BY DestinationIP ORDER BY Sent DESC LIMIT 20`,
    duck: `SELECT DestinationIP, sum(SentBytes) AS Sent FROM CommonSecurityLog WHERE TimeGenerated > ${day} AND NOT regexp_matches(DestinationIP, '^(10\\.|192\\.168\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.)') GROUP BY DestinationIP ORDER BY Sent DESC LIMIT 20`,
  },
  {
    id: 'blocked-addresses-that-signed-in',
    kql: `CommonSecurityLog | where TimeGenerated > ago(7d) and DeviceAction != "Allow" | distinct DestinationIP | join kind=inner (SigninLogs | where TimeGenerated > ago(7d) and ResultType == "0" | summarize Users = dcount(UserPrincipalName) by IPAddress) on $left.DestinationIP == $right.IPAddress | order by Users desc, IPAddress asc | project IPAddress, Users | take 20`,
    sql: `SELECT IPAddress, uniqCombined64(UserPrincipalName) AS Users FROM SigninLogs WHERE TimeGenerated > ${week} AND ResultType = '0' AND IPAddress IN (SELECT DestinationIP FROM CommonSecurityLog WHERE TimeGenerated > ${week} AND DeviceAction != 'Allow') GROUP BY IPAddress ORDER BY Users DESC, IPAddress LIMIT 20`,
    duck: `SELECT IPAddress, count(DISTINCT UserPrincipalName) AS Users FROM SigninLogs WHERE TimeGenerated > ${week} AND ResultType = '0' AND IPAddress IN (SELECT DestinationIP FROM CommonSecurityLog WHERE TimeGenerated > ${week} AND DeviceAction != 'Allow') GROUP BY IPAddress ORDER BY Users DESC, IPAddress LIMIT 20`,
    approximate: true,
  },
  {
    id: 'parsed-extensions',
    kql: `CommonSecurityLog | where TimeGenerated > ago(7d) and Activity == "THREAT" | parse AdditionalExtensions with "cat=" Category ";risk=" Risk:int ";app=" App | where Risk >= 3 | summarize Total = count() by Category, Risk | order by Category asc, Risk asc`,
    sql: `SELECT extract(AdditionalExtensions, 'cat=([^;]*)') AS Category, toInt32OrNull(extract(AdditionalExtensions, 'risk=([^;]*)')) AS Risk, count() AS Total FROM CommonSecurityLog WHERE TimeGenerated > ${week} AND Activity = 'THREAT' AND Risk >= 3 GROUP BY Category, Risk ORDER BY Category, Risk`,
    duck: `SELECT regexp_extract(AdditionalExtensions, 'cat=([^;]*)', 1) AS Category, CAST(regexp_extract(AdditionalExtensions, 'risk=([^;]*)', 1) AS INT) AS Risk, count(*) AS Total FROM CommonSecurityLog WHERE TimeGenerated > ${week} AND Activity = 'THREAT' AND Risk >= 3 GROUP BY Category, Risk ORDER BY Category, Risk`,
  },
];
