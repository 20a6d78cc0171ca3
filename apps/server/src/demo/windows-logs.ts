import { anytime, headquartersHour, isIn, minute, moments, second } from './calendar.ts';
import { computerAccount, type Device } from './devices.ts';
import type { Presence } from './estate.ts';
import { serviceAccounts, type Account } from './people.ts';
import { onWindows } from './programs.ts';
import type { Rng } from './rng.ts';
import type { Row, SlotContext } from './sink.ts';
import { hexOf, localSystem, subjectFields, targetFields, windowsEvent, type Subject } from './windows-event.ts';
import { domain, domainSid, netbios } from './world.ts';

/** The Security logs of the domain controllers and member servers, as rows of SecurityEvent; and a few raw events of servers. */
export function windowsLogs(context: SlotContext): void {
  for (const presence of context.present) if (presence.insideIp) directory(context, presence);
  administrators(context);
  serviceLogons(context);
  serverNoise(context);
  staffChanges(context);
}

const activities: Record<number, string> = {
  4624: '4624 - An account was successfully logged on.',
  4625: '4625 - An account failed to log on.',
  4634: '4634 - An account was logged off.',
  4648: '4648 - A logon was attempted using explicit credentials.',
  4672: '4672 - Special privileges assigned to new logon.',
  4688: '4688 - A new process has been created.',
  4720: '4720 - A user account was created.',
  4728: '4728 - A member was added to a security-enabled global group.',
  4768: '4768 - A Kerberos authentication ticket (TGT) was requested.',
  4769: '4769 - A Kerberos service ticket was requested.',
};

/** A row of SecurityEvent, with what its agent adds: Account, Activity, EventSourceName. */
export const securityRow = (device: Device, eventId: number, who: string, data: Row): Row => ({
  Computer: device.name,
  EventID: eventId,
  Activity: activities[eventId] ?? String(eventId),
  Channel: 'Security',
  EventSourceName: 'Microsoft-Windows-Security-Auditing',
  EventLevelName: 'LogAlways',
  Level: '0',
  Account: `${netbios}\\${who}`,
  AccountType: who.endsWith('$') ? 'Machine' : 'User',
  ...data,
});

const logonTypeNames: Record<number, string> = {
  2: '2 - Interactive',
  3: '3 - Network',
  5: '5 - Service',
  10: '10 - RemoteInteractive',
};

/** The fields of a logon 4624, or 4625 when `failure` is given. */
function logonData(
  who: Subject,
  type: number,
  ip: string,
  rng: Rng,
  failure?: { status: string; subStatus: string },
): Row {
  return {
    ...subjectFields({ sid: 'S-1-0-0', account: '-', domain: '-', logonId: '0x0' }),
    ...targetFields({ ...who, logonId: hexOf(rng.int(0x100000, 0xffffff)) }),
    TargetAccount: `${who.domain ?? netbios}\\${who.account}`,
    LogonType: type,
    LogonTypeName: logonTypeNames[type],
    LogonProcessName: type === 5 ? 'Advapi' : 'Kerberos',
    AuthenticationPackageName: type === 5 ? 'Negotiate' : 'Kerberos',
    IpAddress: ip,
    IpPort: ip === '-' ? '-' : String(rng.int(49_152, 65_535)),
    WorkstationName: '-',
    KeyLength: 0,
    ...(failure && { Status: failure.status, SubStatus: failure.subStatus, FailureReason: '%%2313' }),
  };
}

function directory(context: SlotContext, { person, plan, device, insideIp, arrives }: Presence): void {
  const { estate, sink, slot } = context;
  const rng = context.rng('directory', person.index);
  const ip = `::ffff:${insideIp}`;
  const controller = estate.server(person.index % 2 === 0 ? 'dc01' : 'dc02');
  const ticket = (at: number) =>
    sink.row('SecurityEvent', at, securityRow(controller, 4768, person.account, tgt(person, ip, rng)));
  if (arrives) {
    if (rng.chance(0.05))
      sink.row(
        'SecurityEvent',
        plan.from - 8 * second,
        securityRow(
          controller,
          4625,
          person.account,
          logonData(person, 3, insideIp!, rng, { status: '0xc000006d', subStatus: '0xc000006a' }),
        ),
      );
    ticket(plan.from + second);
    if (device.os === 'windows')
      sink.row(
        'SecurityEvent',
        plan.from,
        securityRow(
          controller,
          4768,
          computerAccount(device),
          tgt({ account: computerAccount(device), sid: `${domainSid}-${3_000 + person.index}` }, ip, rng),
        ),
      );
  }
  for (const at of moments(rng, plan, slot, 1.4)) {
    const service = estate.server(rng.pick(['fs01', 'app01', 'app02', 'dc01']));
    sink.row(
      'SecurityEvent',
      at,
      securityRow(controller, 4769, person.account, serviceTicket(person, service, ip, rng)),
    );
    sink.row(
      'SecurityEvent',
      at + second,
      securityRow(service, 4624, person.account, logonData(person, 3, insideIp!, rng)),
    );
    const end = at + rng.int(2, 40) * minute;
    sink.row(
      'SecurityEvent',
      end,
      securityRow(service, 4634, person.account, { ...targetFields(person), LogonType: 3 }),
    );
  }
}

const tgt = (who: Subject, ip: string, rng: Rng): Row => ({
  TargetUserName: who.account,
  TargetDomainName: domain.toUpperCase(),
  TargetSid: who.sid,
  ServiceName: 'krbtgt',
  Status: '0x0',
  IpAddress: ip,
  IpPort: String(rng.int(49_152, 65_535)),
  EventData: JSON.stringify({ TicketOptions: '0x40810010', TicketEncryptionType: '0x12', PreAuthType: '2' }),
});

const serviceTicket = (who: Subject, service: Device, ip: string, rng: Rng): Row => ({
  TargetUserName: `${who.account}@${domain.toUpperCase()}`,
  TargetDomainName: domain.toUpperCase(),
  ServiceName: computerAccount(service),
  Status: '0x0',
  IpAddress: ip,
  IpPort: String(rng.int(49_152, 65_535)),
  LogonGuid: `{${rng.uuid()}}`,
  EventData: JSON.stringify({ TicketOptions: '0x40810000', TicketEncryptionType: '0x12' }),
});

/** Administrators open remote desktops on servers, with their other account, in working hours. */
function administrators(context: SlotContext): void {
  for (const { person, plan, insideIp } of context.present) {
    if (!person.admin || !insideIp) continue;
    const rng = context.rng('administration', person.index);
    for (const at of moments(rng, plan, context.slot, 0.4)) {
      const server = rng.pick(context.estate.servers.filter((s) => s.os === 'windowsServer'));
      context.sink.row(
        'SecurityEvent',
        at,
        securityRow(server, 4624, person.admin.account, logonData(person.admin, 10, insideIp, rng)),
      );
      context.sink.row('SecurityEvent', at, securityRow(server, 4672, person.admin.account, privileges(person.admin)));
    }
  }
}

const privileges = (who: Subject): Row => ({
  ...subjectFields(who),
  SubjectAccount: `${netbios}\\${who.account}`,
  PrivilegeList:
    'SeSecurityPrivilege SeBackupPrivilege SeRestorePrivilege SeTakeOwnershipPrivilege SeLoadDriverPrivilege',
});

/** The accounts of programs: SQL as a service, the monitor on every server each quarter of an hour, the backup at night. */
function serviceLogons(context: SlotContext): void {
  const { estate, slot, sink } = context;
  const [backup, sql, monitor] = serviceAccounts as readonly [Account, Account, Account, ...Account[]];
  const rng = context.rng('service logons');
  const log = (server: Device, at: number, who: Account, type: number, ip: string) =>
    sink.row('SecurityEvent', at, securityRow(server, 4624, who.account, logonData(who, type, ip, rng)));
  const windows = estate.servers.filter((s) => s.os === 'windowsServer');
  const monitorIp = estate.server('mon01').ip;
  for (let at = Math.ceil(slot.from / (15 * minute)) * 15 * minute; at < slot.to; at += 15 * minute)
    windows.forEach((server, n) => log(server, at + n * 3 * second, monitor, 3, monitorIp));
  for (const at of anytime(rng, slot, 0.5)) log(estate.server('sql01'), at, sql, 5, '-');
  if (headquartersHour(slot.from) === 1)
    windows.forEach((server, n) => log(server, slot.from + n * 3 * minute, backup, 3, estate.server('bkp01').ip));
}

/** Raw events of the servers, so that the stream of Windows events knows quiet days too: programs that a server starts, scripts of the monitor. */
function serverNoise(context: SlotContext): void {
  const { estate, slot, sink } = context;
  estate.servers.forEach((server, n) => {
    if (server.os !== 'windowsServer') return;
    const rng = context.rng('raw windows', n);
    for (const at of anytime(rng, slot, 1.2)) {
      const [program, command] = rng.pick(quietPrograms);
      sink.windowsEvent(
        at,
        windowsEvent(
          server,
          'Security',
          4688,
          at,
          processCreated(
            localSystem(server),
            `${program.folder}\\${program.file}`,
            command,
            'C:\\Windows\\System32\\services.exe',
            rng,
          ),
          rng,
        ),
      );
    }
    for (const at of anytime(rng, slot, 0.1))
      sink.windowsEvent(
        at,
        windowsEvent(
          server,
          'Microsoft-Windows-PowerShell/Operational',
          4104,
          at,
          scriptBlock(
            'Get-Service | Where-Object Status -eq Running | Measure-Object',
            'C:\\Program Files\\Contoso\\Monitor\\services.ps1',
            rng,
          ),
          rng,
          'S-1-5-18',
        ),
      );
  });
}

const quietPrograms = [
  [onWindows.svchost, 'C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule'],
  [onWindows.taskHost, 'taskhostw.exe SYSTEM'],
  [onWindows.conhost, '\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff -ForceV1'],
] as const;

export const processCreated = (who: Subject, image: string, command: string, parent: string, rng: Rng): Row => ({
  ...subjectFields(who),
  NewProcessId: hexOf(rng.int(300, 7_000) * 4),
  NewProcessName: image,
  TokenElevationType: '%%1936',
  ProcessId: hexOf(rng.int(100, 2_000) * 4),
  CommandLine: command,
  TargetUserSid: 'S-1-0-0',
  TargetUserName: '-',
  TargetDomainName: '-',
  TargetLogonId: '0x0',
  ParentProcessName: parent,
  MandatoryLabel: 'S-1-16-16384',
});

export const scriptBlock = (text: string, path: string, rng: Rng): Row => ({
  MessageNumber: '1',
  MessageTotal: '1',
  ScriptBlockText: text,
  ScriptBlockId: rng.uuid(),
  Path: path,
});

/** A newcomer now and then: an account made by an administrator at work, and put into an ordinary group. */
function staffChanges(context: SlotContext): void {
  const { slot, sink, estate } = context;
  const controller = estate.server('dc01');
  for (const { person, plan } of context.present) {
    if (!person.admin) continue;
    const rng = context.rng('staff', person.index);
    for (const at of moments(rng, plan, slot, 0.012)) {
      const rid = rng.int(60_000, 69_999);
      const name = `new.starter${rid % 1_000}`;
      const subject = { ...subjectFields(person.admin), SubjectAccount: `${netbios}\\${person.admin.account}` };
      sink.row(
        'SecurityEvent',
        at,
        securityRow(controller, 4720, person.admin.account, {
          ...subject,
          TargetUserName: name,
          TargetDomainName: netbios,
          TargetSid: `${domainSid}-${rid}`,
          SamAccountName: name,
          UserPrincipalName: `${name}@${domain}`,
        }),
      );
      if (isIn(at + 40 * second, slot))
        sink.row(
          'SecurityEvent',
          at + 40 * second,
          securityRow(controller, 4728, person.admin.account, {
            ...subject,
            MemberName: `CN=${name},OU=Sales,DC=contoso,DC=com`,
            MemberSid: `${domainSid}-${rid}`,
            TargetUserName: 'Sales Users',
            TargetDomainName: netbios,
            TargetSid: `${domainSid}-2101`,
          }),
        );
    }
  }
}
