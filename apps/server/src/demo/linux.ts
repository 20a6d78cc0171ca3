import { anytime, headquartersHour, isPatchDay, localDay, minute, moments, second } from './calendar.ts';
import type { Device } from './devices.ts';
import type { Rng } from './rng.ts';
import type { SlotContext } from './sink.ts';
import { headquarters, scannerIp } from './world.ts';

export interface LinuxLine {
  readonly facility: 'auth' | 'authpriv' | 'cron' | 'daemon' | 'kern' | 'user';
  readonly severity: 'info' | 'notice' | 'warning' | 'err';
  readonly program: string;
  readonly pid: number;
  readonly message: string;
}

/** A row of Syslog, as the Azure Monitor agent writes it. */
export function syslogRow(context: Pick<SlotContext, 'sink'>, device: Device, at: number, line: LinuxLine): void {
  context.sink.row('Syslog', at, {
    Computer: device.name,
    HostName: device.name,
    HostIP: device.ip,
    EventTime: new Date(at).toISOString(),
    Facility: line.facility,
    SeverityLevel: line.severity,
    ProcessName: line.program,
    ProcessID: line.pid,
    SyslogMessage: line.message,
    CollectorHostName: device.name,
    SourceSystem: 'Linux',
  });
}

const facilityCodes = { kern: 0, user: 1, daemon: 3, auth: 4, cron: 9, authpriv: 10 } as const;
const severityCodes = { err: 3, warning: 4, notice: 5, info: 6 } as const;

/** The same as a line of RFC 5424, as rsyslog forwards it. */
export function syslogText(device: Device, at: number, line: LinuxLine): string {
  const priority = facilityCodes[line.facility] * 8 + severityCodes[line.severity];
  return `<${priority}>1 ${new Date(at).toISOString()} ${device.name} ${line.program} ${line.pid} - - ${line.message}`;
}

const pidOf = (rng: Rng) => rng.int(900, 60_000);
export const sshd = (rng: Rng, message: string): LinuxLine => ({
  facility: 'authpriv',
  severity: 'info',
  program: 'sshd',
  pid: pidOf(rng),
  message,
});

/** What the Linux servers log in a slot. */
export function linuxLogs(context: SlotContext): void {
  context.estate.servers.forEach((device, n) => {
    if (device.os !== 'linux') return;
    const rng = context.rng('linux', n);
    scheduled(context, device, rng);
    patched(context, device, n, rng);
  });
  engineers(context);
  knocks(context);
}

function scheduled(context: SlotContext, device: Device, rng: Rng): void {
  const { slot } = context;
  for (let at = Math.ceil(slot.from / (10 * minute)) * 10 * minute; at < slot.to; at += 10 * minute) {
    const pid = pidOf(rng);
    const job = device.role === 'monitor' ? '/usr/local/bin/check-all' : '/usr/lib/sysstat/sa1 1 1';
    syslogRow(context, device, at + second, {
      facility: 'cron',
      severity: 'info',
      program: 'CRON',
      pid,
      message: `(root) CMD (${job})`,
    });
    if (at % (30 * minute) === 0)
      syslogRow(context, device, at + second, {
        facility: 'authpriv',
        severity: 'info',
        program: 'CRON',
        pid,
        message: 'pam_unix(cron:session): session opened for user root(uid=0) by root(uid=0)',
      });
  }
  for (const at of anytime(rng, slot, 1.5))
    syslogRow(context, device, at, {
      facility: 'daemon',
      severity: 'info',
      program: 'systemd',
      pid: 1,
      message: rng.pick(unitMessages),
    });
}

const unitMessages = [
  'Started sysstat-collect.service - system activity accounting tool.',
  'logrotate.service: Deactivated successfully.',
  'Finished fstrim.service - Discard unused blocks on filesystems.',
  'Started apt-daily.service - Daily apt download activities.',
] as const;

function patched(context: SlotContext, device: Device, n: number, rng: Rng): void {
  const middle = (context.slot.from + context.slot.to) / 2;
  if (!isPatchDay(localDay(middle, headquarters.utcOffset)) || headquartersHour(middle) !== 3) return;
  const from = context.slot.from + n * 2 * minute;
  for (const [offset, message] of [
    [0, 'Starting apt-daily-upgrade.service - Daily apt upgrade and clean activities...'],
    [95, 'Finished apt-daily-upgrade.service - Daily apt upgrade and clean activities.'],
  ] as const)
    syslogRow(context, device, from + offset * second, {
      facility: 'daemon',
      severity: 'info',
      program: 'systemd',
      pid: 1,
      message,
    });
  syslogRow(context, device, from + 60 * second, {
    facility: 'user',
    severity: 'info',
    program: 'unattended-upgrade',
    pid: pidOf(rng),
    message: 'Packages that will be upgraded: libssl3 openssh-server tzdata',
  });
}

/** Engineers come in by the bastion with their keys, and go on to a server; now and then they need to be root for a moment. */
function engineers(context: SlotContext): void {
  const { estate, slot } = context;
  const bastion = estate.server('bastion01');
  for (const { person, plan, insideIp } of context.present) {
    if (person.department !== 'Engineering' || !insideIp) continue;
    const rng = context.rng('ssh', person.index);
    for (const at of moments(rng, plan, slot, 0.35)) {
      const port = rng.int(49_152, 65_535);
      const key = `ssh2: ED25519 SHA256:${Buffer.from(rng.hex(40)).toString('base64').slice(0, 43)}`;
      const target = rng.pick([...estate.serversOf('web'), estate.server('build01'), estate.server('db01')]);
      if (rng.chance(0.02))
        syslogRow(
          context,
          bastion,
          at - 9 * second,
          sshd(rng, `Failed password for ${person.account} from ${insideIp} port ${port} ssh2`),
        );
      opened(context, bastion, at, person.account, insideIp, port, key, rng);
      opened(context, target, at + 6 * second, person.account, bastion.ip, port, key, rng);
      if (rng.chance(0.5))
        syslogRow(context, target, at + 90 * second, {
          facility: 'authpriv',
          severity: 'notice',
          program: 'sudo',
          pid: pidOf(rng),
          message: `${person.account} : TTY=pts/0 ; PWD=/home/${person.account} ; USER=root ; COMMAND=${rng.pick(rootCommands)}`,
        });
    }
  }
}

const rootCommands = [
  '/usr/bin/systemctl status nginx',
  '/usr/bin/journalctl -u app --since today',
  '/usr/bin/systemctl restart app',
  '/usr/bin/docker ps',
] as const;

function opened(
  context: SlotContext,
  device: Device,
  at: number,
  account: string,
  ip: string,
  port: number,
  key: string,
  rng: Rng,
): void {
  const pid = pidOf(rng);
  syslogRow(context, device, at, {
    ...sshd(rng, `Accepted publickey for ${account} from ${ip} port ${port} ${key}`),
    pid,
  });
  syslogRow(context, device, at + second, {
    ...sshd(rng, `pam_unix(sshd:session): session opened for user ${account}(uid=1001) by ${account}(uid=0)`),
    pid,
  });
}

/** The internet knocks at the bastion: a try or two an hour, each from another address. Far from a brute force. */
function knocks(context: SlotContext): void {
  const rng = context.rng('knocks');
  const bastion = context.estate.server('bastion01');
  for (const at of anytime(rng, context.slot, 1.2)) {
    const user = rng.pick(['admin', 'test', 'ubuntu', 'pi', 'oracle']);
    syslogRow(
      context,
      bastion,
      at,
      sshd(
        rng,
        `Failed password for invalid user ${user} from ${scannerIp(rng.int(0, 39))} port ${rng.int(30_000, 60_000)} ssh2`,
      ),
    );
  }
}
