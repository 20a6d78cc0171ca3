import { minute, second } from './calendar.ts';
import type { Device } from './devices.ts';
import { processRow, run, type Program } from './endpoint-rows.ts';
import { newPid } from './endpoint.ts';
import { onWindows } from './programs.ts';
import type { Row } from './sink.ts';
import { encodedCommand } from './story-lure.ts';
import type { Telling } from './story.ts';
import {
  hexOf,
  processGuid,
  subjectFields,
  sysmonHashes,
  sysmonTime,
  targetFields,
  windowsEvent,
  type Channel,
  type Subject,
} from './windows-event.ts';
import { scriptBlock } from './windows-logs.ts';
import { domain, domainSid, netbios } from './world.ts';

/** The account that the intruder makes. */
export const rogue = { account: 'svc-helpdesk2', upn: `svc-helpdesk2@${domain}`, sid: `${domainSid}-71984` } as const;
const serviceName = 'WinUpdSvcKq';

/** The evening: from the administrator's laptop to a server, to the domain. */
export function handsOn(telling: Telling): void {
  discovery(telling);
  remoteService(telling);
  credentials(telling);
  domainAdmin(telling);
  cover(telling);
}

const sysmon: Channel = 'Microsoft-Windows-Sysmon/Operational';

/** Puts a raw Windows event of a host into the sink. */
export function raw(
  { sink, rng }: Telling,
  device: Device,
  channel: Channel,
  eventId: number,
  at: number,
  data: Row,
  userSid = 'S-1-5-18',
): void {
  sink.windowsEvent(
    at,
    windowsEvent(device, channel, eventId, at, data, rng, channel === 'Security' ? undefined : userSid),
  );
}

interface Started {
  readonly pid: number;
  readonly at: number;
  readonly program: Program;
  readonly command: string;
}

const imageOf = (program: Program) => `${program.folder}\\${program.file}`;
const startedBy = (telling: Telling, program: Program, at: number): Started => ({
  pid: newPid(telling.rng),
  at,
  program,
  command: imageOf(program),
});

/** Sysmon 1: a program is started on a server. */
function start(
  telling: Telling,
  device: Device,
  at: number,
  program: Program,
  command: string,
  parent: Started,
  user: string,
): Started {
  const started = { pid: newPid(telling.rng), at, program, command };
  raw(telling, device, sysmon, 1, at, {
    RuleName: '-',
    UtcTime: sysmonTime(at),
    ProcessGuid: processGuid(device, started.pid, at),
    ProcessId: String(started.pid),
    Image: imageOf(program),
    OriginalFileName: program.file,
    Description: program.description ?? '',
    Product: program.product ?? '',
    Company: program.company ?? '',
    CommandLine: command,
    CurrentDirectory: 'C:\\Windows\\system32\\',
    User: user,
    LogonGuid: processGuid(device, 999, at),
    LogonId: '0x3e7',
    TerminalSessionId: '0',
    IntegrityLevel: 'System',
    Hashes: sysmonHashes(program.file),
    ParentProcessGuid: processGuid(device, parent.pid, parent.at),
    ParentProcessId: String(parent.pid),
    ParentImage: imageOf(parent.program),
    ParentCommandLine: parent.command,
  });
  return started;
}

function discovery({ sink, cast, rng, evening, step }: Telling): void {
  const { admin, adminDevice: device } = cast;
  const shell = run(onWindows.powershell, encodedCommand('$null'), newPid(rng), evening - 5 * minute);
  const commands = [
    [onWindows.whoami, 'whoami.exe /all'],
    [onWindows.nltest, 'nltest.exe /domain_trusts /all_trusts'],
    [onWindows.net, 'net.exe group "Domain Admins" /domain'],
    [onWindows.net, 'net.exe view /domain:contoso'],
  ] as const;
  commands.forEach(([program, command], n) => {
    const at = evening + n * 25 * second;
    sink.row('DeviceProcessEvents', at, processRow(device, run(program, command, newPid(rng), at), shell, admin, rng));
  });
  step(evening, {
    stage: 'discovery',
    tactic: 'Discovery',
    technique: 'T1069.002',
    description: 'The intruder looks round from the administrator’s laptop: groups, trusts, hosts',
    entities: { accounts: [admin.upn], devices: [device.name] },
    tables: ['DeviceProcessEvents'],
  });
}

/** A service installed over the network, as PsExec-like tools do it. */
function remoteService(telling: Telling): void {
  const { estate, cast, evening, rng, step } = telling;
  const at = evening + 22 * minute;
  const app = estate.server('app01');
  const who: Subject = { ...cast.admin.admin, logonId: hexOf(rng.int(0x100000, 0xffffff)) };
  const imagePath = `%COMSPEC% /Q /c ${encodedCommand("Start-Sleep 1; Write-Output 'in'")}`;
  otherCredentials(telling, at - second, app);
  logonFrom(telling, app, at, who, cast.adminDevice.ip);
  raw(telling, app, 'Security', 5145, at + second, {
    ...subjectFields(who),
    ObjectType: 'File',
    IpAddress: cast.adminDevice.ip,
    IpPort: String(rng.int(49_152, 65_535)),
    ShareName: '\\\\*\\IPC$',
    ShareLocalPath: '',
    RelativeTargetName: 'svcctl',
    AccessMask: '0x12019f',
    AccessList: '%%4416\n\t\t\t\t%%4417\n\t\t\t\t',
    AccessReason: '-',
  });
  raw(
    telling,
    app,
    'System',
    7045,
    at + 2 * second,
    {
      ServiceName: serviceName,
      ImagePath: imagePath,
      ServiceType: 'user mode service',
      StartType: 'demand start',
      AccountName: 'LocalSystem',
    },
    who.sid,
  );
  raw(telling, app, 'Security', 4697, at + 2 * second, {
    ...subjectFields(who),
    ServiceName: serviceName,
    ServiceFileName: imagePath,
    ServiceType: '0x10',
    ServiceStartType: '3',
    ServiceAccount: 'LocalSystem',
  });
  const services = startedBy(telling, onWindows.services, at - 20 * minute);
  const cmd = start(
    telling,
    app,
    at + 3 * second,
    onWindows.cmd,
    imagePath.replace('%COMSPEC%', 'C:\\Windows\\system32\\cmd.exe'),
    services,
    'NT AUTHORITY\\SYSTEM',
  );
  start(
    telling,
    app,
    at + 4 * second,
    onWindows.powershell,
    encodedCommand("Start-Sleep 1; Write-Output 'in'"),
    cmd,
    'NT AUTHORITY\\SYSTEM',
  );
  step(at, {
    stage: 'remote-service',
    tactic: 'Lateral Movement',
    technique: 'T1021.002',
    description: 'A service installed over SMB runs encoded PowerShell as SYSTEM on app01',
    entities: {
      accounts: [cast.admin.admin.upn],
      devices: [app.name, cast.adminDevice.name],
      ips: [cast.adminDevice.ip],
    },
    tables: ['SecurityEvent', 'WindowsEvent', 'DeviceProcessEvents'],
  });
}

/** 4648 on the administrator's laptop: the everyday account uses the other one. It ties the laptop to what happens on the servers. */
function otherCredentials(telling: Telling, at: number, target: Device): void {
  const { admin, adminDevice } = telling.cast;
  raw(telling, adminDevice, 'Security', 4648, at, {
    ...subjectFields({ ...admin, logonId: hexOf(telling.rng.int(0x10000, 0xfffff)) }),
    LogonGuid: '{00000000-0000-0000-0000-000000000000}',
    TargetUserName: admin.admin.account,
    TargetDomainName: netbios,
    TargetLogonGuid: '{00000000-0000-0000-0000-000000000000}',
    TargetServerName: target.name,
    TargetInfo: `cifs/${target.name}`,
    ProcessId: hexOf(newPid(telling.rng)),
    ProcessName: imageOf(onWindows.powershell),
    IpAddress: '-',
    IpPort: '-',
  });
}

/** 4624 and 4672: a network logon that gets all privileges. */
export function logonFrom(telling: Telling, device: Device, at: number, who: Subject, ip: string): void {
  raw(telling, device, 'Security', 4624, at, {
    ...subjectFields({ sid: 'S-1-0-0', account: '-', domain: '-', logonId: '0x0' }),
    ...targetFields(who),
    LogonType: '3',
    LogonProcessName: 'NtLmSsp ',
    AuthenticationPackageName: 'NTLM',
    WorkstationName: telling.cast.adminDevice.host.toUpperCase(),
    LogonGuid: '{00000000-0000-0000-0000-000000000000}',
    TransmittedServices: '-',
    LmPackageName: 'NTLM V2',
    KeyLength: '128',
    ProcessId: '0x0',
    ProcessName: '-',
    IpAddress: ip,
    IpPort: String(telling.rng.int(49_152, 65_535)),
    ElevatedToken: '%%1842',
  });
  raw(telling, device, 'Security', 4672, at, {
    ...subjectFields(who),
    PrivilegeList: 'SeSecurityPrivilege\n\t\t\tSeBackupPrivilege\n\t\t\tSeDebugPrivilege\n\t\t\tSeImpersonatePrivilege',
  });
}

function credentials(telling: Telling): void {
  const { estate, evening, cast, step, rng } = telling;
  const at = evening + 41 * minute;
  const app = estate.server('app01');
  const shell = startedBy(telling, onWindows.powershell, evening + 22 * minute);
  raw(
    telling,
    app,
    'Microsoft-Windows-PowerShell/Operational',
    4104,
    at - 3 * minute,
    scriptBlock('Set-MpPreference -DisableRealtimeMonitoring $true', '', rng),
  );
  step(at - 3 * minute, {
    stage: 'antivirus-off',
    tactic: 'Defense Evasion',
    technique: 'T1562.001',
    description: 'Real-time protection is switched off on app01 by PowerShell',
    entities: { devices: [app.name] },
    tables: ['DeviceEvents', 'WindowsEvent'],
  });
  const dump = 'C:\\Windows\\Temp\\kq1.dmp';
  const tool = start(
    telling,
    app,
    at,
    onWindows.rundll32,
    `rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump 704 ${dump} full`,
    shell,
    'NT AUTHORITY\\SYSTEM',
  );
  raw(telling, app, sysmon, 10, at + second, {
    RuleName: '-',
    UtcTime: sysmonTime(at + second),
    SourceProcessGUID: processGuid(app, tool.pid, at),
    SourceProcessId: String(tool.pid),
    SourceThreadId: '5120',
    SourceImage: imageOf(onWindows.rundll32),
    TargetProcessGUID: processGuid(app, 704, at - 86_400_000),
    TargetProcessId: '704',
    TargetImage: 'C:\\Windows\\system32\\lsass.exe',
    GrantedAccess: '0x1fffff',
    CallTrace:
      'C:\\Windows\\SYSTEM32\\ntdll.dll+9d234|C:\\Windows\\System32\\KERNELBASE.dll+2c13e|C:\\Windows\\System32\\comsvcs.dll+26a3c|C:\\Windows\\System32\\dbgcore.DLL+6cfe',
    SourceUser: 'NT AUTHORITY\\SYSTEM',
    TargetUser: 'NT AUTHORITY\\SYSTEM',
  });
  raw(telling, app, sysmon, 11, at + 2 * second, {
    RuleName: '-',
    UtcTime: sysmonTime(at + 2 * second),
    ProcessGuid: processGuid(app, tool.pid, at),
    ProcessId: String(tool.pid),
    Image: imageOf(onWindows.rundll32),
    TargetFilename: dump,
    CreationUtcTime: sysmonTime(at + 2 * second),
    User: 'NT AUTHORITY\\SYSTEM',
  });
  step(at, {
    stage: 'lsass-dump',
    tactic: 'Credential Access',
    technique: 'T1003.001',
    description: 'The memory of LSASS on app01 is written to a file with comsvcs.dll',
    entities: { accounts: [cast.admin.admin.upn], devices: [app.name] },
    tables: ['DeviceProcessEvents', 'DeviceEvents', 'DeviceFileEvents'],
  });
}

/** A new account, and into Domain Admins with it. */
function domainAdmin(telling: Telling): void {
  const { estate, cast, evening, rng, step } = telling;
  const at = evening + 63 * minute;
  const [controller, app] = [estate.server('dc01'), estate.server('app01')];
  const who: Subject = { ...cast.admin.admin, logonId: hexOf(rng.int(0x100000, 0xffffff)) };
  logonFrom(telling, controller, at, who, app.ip);
  const shell = startedBy(telling, onWindows.cmd, at + 10 * second);
  const user = `${netbios}\\${who.account}`;
  start(
    telling,
    controller,
    at + 40 * second,
    onWindows.net,
    `net.exe user ${rogue.account} Zomer!2026x /add /domain`,
    shell,
    user,
  );
  start(
    telling,
    controller,
    at + 70 * second,
    onWindows.net,
    `net.exe group "Domain Admins" ${rogue.account} /add /domain`,
    shell,
    user,
  );
  raw(telling, controller, 'Security', 4720, at + 41 * second, {
    TargetUserName: rogue.account,
    TargetDomainName: netbios,
    TargetSid: rogue.sid,
    ...subjectFields(who),
    PrivilegeList: '-',
    SamAccountName: rogue.account,
    DisplayName: '%%1793',
    UserPrincipalName: rogue.upn,
    PasswordLastSet: '%%1794',
    AccountExpires: '%%1794',
    PrimaryGroupId: '513',
    OldUacValue: '0x0',
    NewUacValue: '0x15',
    UserAccountControl: '\n\t\t%%2080\n\t\t%%2082\n\t\t%%2084',
    SidHistory: '-',
    LogonHours: '%%1793',
  });
  raw(telling, controller, 'Security', 4728, at + 71 * second, {
    MemberName: `CN=${rogue.account},CN=Users,DC=contoso,DC=com`,
    MemberSid: rogue.sid,
    TargetUserName: 'Domain Admins',
    TargetDomainName: netbios,
    TargetSid: `${domainSid}-512`,
    ...subjectFields(who),
    PrivilegeList: '-',
  });
  step(at + 41 * second, {
    stage: 'domain-admin',
    tactic: 'Persistence',
    technique: 'T1136.002',
    description: 'A domain account is made and put into Domain Admins',
    entities: { accounts: [rogue.upn, cast.admin.admin.upn], devices: [controller.name], ips: [app.ip] },
    tables: ['SecurityEvent', 'DeviceProcessEvents'],
  });
}

/** The last thing before leaving: the Security and System logs of both servers are cleared. */
function cover(telling: Telling): void {
  const { estate, evening, step } = telling;
  const at = evening + 184 * minute;
  const who: Subject = { ...rogue, logonId: '0x4f1a2c' };
  const devices = [estate.server('app01'), estate.server('dc01')];
  devices.forEach((device, n) => {
    const time = at + n * 70 * second;
    const shell = startedBy(telling, onWindows.cmd, time - minute);
    for (const [offset, log] of [
      [0, 'Security'],
      [4, 'System'],
    ] as const)
      start(
        telling,
        device,
        time + offset * second,
        onWindows.wevtutil,
        `wevtutil.exe cl ${log}`,
        shell,
        `${netbios}\\${rogue.account}`,
      );
    raw(telling, device, 'Security', 1102, time + second, {
      SubjectUserSid: who.sid,
      SubjectUserName: who.account,
      SubjectDomainName: netbios,
      SubjectLogonId: who.logonId,
    });
    raw(
      telling,
      device,
      'System',
      104,
      time + 5 * second,
      { SubjectUserName: who.account, SubjectDomainName: netbios, Channel: 'System', BackupPath: '' },
      who.sid,
    );
  });
  step(at, {
    stage: 'log-clearing',
    tactic: 'Defense Evasion',
    technique: 'T1070.001',
    description: 'The Security and System logs of app01 and dc01 are cleared',
    entities: { accounts: [rogue.upn], devices: devices.map((d) => d.name) },
    tables: ['SecurityEvent', 'WindowsEvent', 'DeviceProcessEvents'],
  });
}
