/**
 * Generated rows of three tables, made in the engine from row numbers alone, so that every run has the same. Thirty days that end with `end`; users, addresses and
 * devices as a large company has them, some far busier than others.
 */
export const end = new Date('2026-11-16T00:00:00Z');
const start = new Date('2026-10-17T00:00:00Z');

export interface GeneratedTable {
  readonly name: string;
  /** Part of all rows. */
  readonly share: number;
  /** Column and its expression over `n`, the row's number. */
  readonly columns: Readonly<Record<string, string>>;
}

/** A number below `limit` that looks random; `salt` tells columns apart. */
const pick = (limit: number, salt: number): string => `(sipHash64(n, ${salt}) % ${limit})`;
/** The same with small numbers far more often than large ones. */
const skewed = (limit: number, salt: number): string =>
  `toUInt64(floor(pow((sipHash64(n, ${salt}) % 1000003) / 1000003, 3) * ${limit}))`;
const oneOf = (values: readonly string[], index: string): string =>
  `[${values.map((v) => `'${v.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`).join(', ')}][1 + ${index} % ${values.length}]`;
const address = (n: string): string => `IPv4NumToString(toUInt32(167772160 + ${n} * 211 % 16777216))`;
const publicAddress = (n: string): string => `IPv4NumToString(toUInt32(1342177280 + ${n} * 7919 % 268435456))`;
const seconds = (end.getTime() - start.getTime()) / 1000;
const time = `fromUnixTimestamp64Milli(toInt64(${start.getTime()} + intDiv(n * ${seconds}000, total)), 'UTC')`;

const countries = ['NO', 'DE', 'US', 'GB', 'FR', 'NL', 'SE', 'DK', 'PL', 'ES', 'IN', 'BR', 'RU', 'CN', 'NG'];
const programs = [
  'svchost.exe', 'chrome.exe', 'cmd.exe', 'conhost.exe', 'powershell.exe', 'msedge.exe', 'teams.exe', 'outlook.exe', 'winword.exe', 'excel.exe',
  'rundll32.exe', 'regsvr32.exe', 'wscript.exe', 'mshta.exe', 'certutil.exe', 'bitsadmin.exe', 'net.exe', 'whoami.exe', 'ipconfig.exe', 'explorer.exe',
]; // prettier-ignore
const commands = [
  '-NoProfile -File C:\\Scripts\\inventory.ps1 -Node ', '--type=renderer --lang=en-US --device-scale-factor=1 --num-raster-threads=4 --id=', '/c dir C:\\Users\\Public\\Documents\\',
  '-k netsvcs -p -s Schedule ', '/automation -Embedding ', '-enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA', 'http://updates.contoso.com/agent/', 'https://cdn.example.net/files/',
  '-urlcache -split -f http://files.fabrikam.test/a', 'user administrator /domain ', 'C:\\Windows\\Temp\\setup', 'C:\\Users\\Public\\invoice',
]; // prettier-ignore

export const tables: readonly GeneratedTable[] = [
  {
    name: 'SigninLogs',
    share: 0.2,
    columns: {
      TimeGenerated: time,
      CreatedDateTime: time,
      UserPrincipalName: `concat('user', toString(${skewed(20_000, 1)}), '@contoso.com')`,
      UserId: `concat('00000000-0000-4000-8000-', leftPad(toString(${skewed(20_000, 1)}), 12, '0'))`,
      IPAddress: publicAddress(skewed(200_000, 2)),
      AppDisplayName: `concat('App ', toString(${skewed(60, 3)}))`,
      ClientAppUsed: oneOf(
        ['Browser', 'Mobile Apps and Desktop clients', 'IMAP4', 'POP3', 'Exchange ActiveSync'],
        skewed(5, 4),
      ),
      ResultType: `if(${pick(100, 5)} < 85, '0', ${oneOf(['50126', '50053', '50074', '53003', '50158'], pick(5, 6))})`,
      ResultDescription: `if(${pick(100, 5)} < 85, '', 'Error validating credentials due to invalid username or password.')`,
      ConditionalAccessStatus: oneOf(['success', 'notApplied', 'failure'], skewed(3, 7)),
      RiskLevelDuringSignIn: oneOf(['none', 'low', 'medium', 'high'], skewed(4, 8)),
      IsInteractive: `${pick(2, 9)} = 0`,
      UserAgent: `concat('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/', toString(100 + ${skewed(90, 10)}), '.0.', toString(${skewed(50, 11)}), ' Safari/537.36')`,
      Location: oneOf(countries, skewed(15, 12)),
      LocationDetails: `concat('{"city":"City ', toString(${skewed(400, 13)}), '","state":"","countryOrRegion":"', ${oneOf(countries, skewed(15, 12))}, '","geoCoordinates":{"latitude":', toString(${pick(90, 14)}), '.5,"longitude":', toString(${pick(180, 15)}), '.25}}')`,
      DeviceDetail: `concat('{"deviceId":"', if(${pick(3, 16)} = 0, '', hex(sipHash64(n, 17))), '","operatingSystem":"', ${oneOf(['Windows 11', 'Windows 10', 'MacOs', 'iOS 18', 'Android 15', 'Linux'], skewed(6, 18))}, '","browser":"', ${oneOf(['Edge 131.0', 'Chrome 131.0', 'Safari 18', 'Firefox 132.0'], skewed(4, 19))}, '","isCompliant":', if(${pick(4, 20)} = 0, 'true', 'false'), '}')`,
      CorrelationId: `lower(hex(sipHash128(n, 21)))`,
    },
  },
  {
    name: 'DeviceProcessEvents',
    share: 0.4,
    columns: {
      TimeGenerated: time,
      Timestamp: time,
      ActionType: `'ProcessCreated'`,
      DeviceName: `concat('pc', toString(${skewed(5_000, 31)}), '.contoso.com')`,
      DeviceId: `lower(hex(sipHash128(${skewed(5_000, 31)})))`,
      AccountName: `concat('user', toString(${skewed(10_000, 32)}))`,
      AccountDomain: `'contoso'`,
      FileName: `if(${pick(10, 33)} < 9, ${oneOf(programs, skewed(20, 34))}, concat('tool', toString(${skewed(2_000, 35)}), '.exe'))`,
      FolderPath: `concat(${oneOf(['C:\\Windows\\System32\\', 'C:\\Program Files\\', 'C:\\Users\\Public\\', 'C:\\Windows\\Temp\\'], skewed(4, 36))}, ${oneOf(programs, skewed(20, 34))})`,
      SHA256: `lower(hex(sipHash128(${skewed(3_000, 37)})) || hex(sipHash128(${skewed(3_000, 37)}, 1)))`,
      ProcessId: `toInt64(${pick(60_000, 38)})`,
      ProcessCommandLine: `concat(${oneOf(programs, skewed(20, 34))}, ' ', ${oneOf(commands, skewed(12, 39))}, toString(${pick(50_000, 40)}), if(${pick(20_000, 41)} = 0, ' mimikatz sekurlsa', ''))`,
      InitiatingProcessFileName: oneOf(programs, skewed(20, 42)),
      InitiatingProcessCommandLine: `concat(${oneOf(programs, skewed(20, 42))}, ' /s /parent ', toString(${pick(2_000, 43)}))`,
      InitiatingProcessId: `toInt64(${pick(60_000, 44)})`,
      ReportId: 'toInt64(n)',
    },
  },
  {
    name: 'CommonSecurityLog',
    share: 0.4,
    columns: {
      TimeGenerated: time,
      DeviceVendor: oneOf(['Palo Alto Networks', 'Fortinet', 'Check Point', 'Cisco'], skewed(4, 51)),
      DeviceProduct: oneOf(['PAN-OS', 'Fortigate', 'VPN-1 & FireWall-1', 'ASA'], skewed(4, 51)),
      DeviceEventClassID: `toString(${skewed(300, 52)})`,
      Activity: oneOf(['TRAFFIC', 'THREAT', 'URL', 'SYSTEM'], skewed(4, 53)),
      DeviceAction: oneOf(['Allow', 'Deny', 'Drop', 'Reset'], skewed(4, 54)),
      SourceIP: address(skewed(50_000, 55)),
      DestinationIP: `if(${pick(3, 56)} = 0, ${address(skewed(20_000, 57))}, ${publicAddress(skewed(300_000, 58))})`,
      SourcePort: `toInt32(1024 + ${pick(60_000, 59)})`,
      DestinationPort: `toInt32(if(${pick(10, 60)} < 8, [443, 80, 53, 22, 3389, 445][1 + ${skewed(6, 61)}], 1 + ${pick(60_000, 62)}))`,
      Protocol: oneOf(['tcp', 'udp', 'icmp'], skewed(3, 63)),
      SentBytes: `toInt64(${skewed(2_000_000, 64)})`,
      ReceivedBytes: `toInt64(${skewed(9_000_000, 65)})`,
      SourceUserName: `concat('user', toString(${skewed(10_000, 66)}))`,
      RequestURL: `concat('https://host', toString(${skewed(5_000, 67)}), '.example.net/path/', toString(${pick(100_000, 68)}))`,
      AdditionalExtensions: `concat('cat=', ${oneOf(['web', 'malware', 'phishing', 'business', 'social'], skewed(5, 69))}, ';risk=', toString(${pick(5, 70)}), ';app=app', toString(${skewed(200, 71)}))`,
    },
  },
];

/** Large blocks, two at once: parts are few without a merge, and 100 million rows take minutes. */
const insertSettings =
  'max_insert_threads = 2, max_block_size = 1048576, min_insert_block_size_rows = 1048576, min_insert_block_size_bytes = 0';

/** Statements that put `total` rows of a table, numbered from 0, into `target`; a statement writes at most `step` rows. */
export function* inserts(table: GeneratedTable, target: string, total: number, step = 4_000_000): Generator<string> {
  const names = Object.keys(table.columns);
  const values = Object.values(table.columns);
  for (let from = 0; from < total; from += step) {
    const rows = Math.min(step, total - from);
    yield `INSERT INTO ${target} (${names.join(', ')}) SETTINGS ${insertSettings} SELECT ${values.join(', ')} FROM (SELECT number + ${from} AS n, ${total} AS total FROM numbers_mt(${rows}))`;
  }
}
