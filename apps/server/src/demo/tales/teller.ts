import { minute, second } from '../calendar.ts';
import { auditRow, awsRow, userIdentity } from '../cloud.ts';
import type { Device } from '../devices.ts';
import {
  connectionRow,
  fileEventRow,
  processRow,
  registryRow,
  run,
  system,
  type Program,
  type Runner,
} from '../endpoint-rows.ts';
import { newPid } from '../endpoint.ts';
import type { Estate } from '../estate.ts';
import { syslogText } from '../linux.ts';
import { clickRow, exchangeRow, mailServerIp, sendMail } from '../mail.ts';
import { fileRow } from '../office.ts';
import { flowRow } from '../network.ts';
import type { Account, Person } from '../people.ts';
import { onWindows } from '../programs.ts';
import type { Rng } from '../rng.ts';
import { interactiveRow, nonInteractiveRow, type SignIn } from '../signins.ts';
import type { Row, Sink } from '../sink.ts';
import { subjectFields, targetFields, windowsEvent, type Subject } from '../windows-event.ts';
import { apps, intruder } from '../world.ts';

/** A program by where it lies. */
export const programOf = (path: string): Program => {
  const cut = Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/'));
  return { file: path.slice(cut + 1), folder: path.slice(0, cut) };
};

/** Sixty letters in Base64 that mean nothing. */
export const encoded = (text: string): string =>
  `powershell.exe -NoP -NonI -W Hidden -Enc ${Buffer.from(text.padEnd(60), 'utf16le').toString('base64')}`;

/** Of the people, so many may be ones that tales are about. */
const leadsMax = 12;

/** Writes what a tale says happened into the sink, hour by hour of its own time. */
export class Teller {
  readonly estate: Estate;
  readonly rng: Rng;
  readonly #sink: Sink;
  readonly #from: number;
  readonly #people: readonly Person[];
  /** What tells an alert of this tale from others: names of accounts, machines, sites, addresses, in lower case. */
  readonly marks = new Set<string>();

  /** `people`: whom attacks may be about, in order. `from`: when the tale begins. */
  constructor(of: {
    readonly estate: Estate;
    readonly people: readonly Person[];
    readonly sink: Sink;
    readonly from: number;
    readonly rng: Rng;
  }) {
    this.estate = of.estate;
    this.rng = of.rng;
    this.#people = of.people;
    this.#sink = of.sink;
    this.#from = of.from;
  }

  mark(...names: readonly string[]): void {
    for (const name of names) this.marks.add(name.toLowerCase());
  }
  /** A person with a Windows laptop; a number is one tale's alone. Throws RangeError when the estate has too few people. */
  person(number: number): Person & { readonly laptop: Device } {
    const person = this.#people[number];
    const laptop = person && this.estate.laptops[person.index];
    if (!laptop) throw new RangeError('tales need an estate of more people');
    this.mark(person.account, person.upn, person.objectId, person.sid, laptop.host, laptop.name);
    if (person.admin) this.mark(person.admin.account, person.admin.upn, person.admin.sid, person.admin.objectId);
    return { ...person, laptop };
  }
  /** People whom no tale is about. */
  bystanders(count: number): readonly Person[] {
    return this.#people.slice(leadsMax, leadsMax + count);
  }
  /** A server that no other tale touches. */
  ownServer(host: string): Device {
    const server = this.estate.server(host);
    this.mark(server.host, server.name);
    return server;
  }
  address(octet: number): string {
    const address = `192.0.2.${octet}`;
    this.mark(address);
    return address;
  }
  site(name: string): string {
    this.mark(name);
    return name;
  }
  /** Milliseconds since 1970 of an hour of the tale. */
  at(hours: number): number {
    return this.#from + Math.round(hours * 60) * minute;
  }

  row(table: string, hours: number, row: Row): void {
    this.#sink.row(table, this.at(hours), row);
  }
  start(
    device: Device,
    hours: number,
    who: Runner,
    path: string,
    command: string,
    parent: Program = onWindows.cmd,
  ): void {
    const at = this.at(hours);
    const mother = run(parent, parent.file, newPid(this.rng), at - minute);
    const level = who === system ? 'System' : 'Medium';
    const made = run(programOf(path), command, newPid(this.rng), at, level);
    this.#sink.row('DeviceProcessEvents', at, processRow(device, made, mother, who, this.rng));
  }
  connect(device: Device, hours: number, who: Runner, program: Program, ip: string, url: string): void {
    const process = run(program, program.file, newPid(this.rng), this.at(hours) - minute);
    const connection = { localIp: device.ip, remoteIp: ip, remotePort: 443, url };
    this.row('DeviceNetworkEvents', hours, connectionRow(device, connection, process, who, this.rng));
  }
  file(device: Device, hours: number, who: Runner, name: string, folder: string, originUrl = ''): void {
    const process = run(onWindows.powershell, 'powershell.exe', newPid(this.rng), this.at(hours) - minute);
    this.row('DeviceFileEvents', hours, fileEventRow(device, { name, folder, originUrl }, process, who, this.rng));
  }
  registry(device: Device, hours: number, who: Runner, key: string, name: string, data: string): void {
    const process = run(onWindows.powershell, 'powershell.exe', newPid(this.rng), this.at(hours) - minute);
    this.row('DeviceRegistryEvents', hours, registryRow(device, key, name, data, process, who, this.rng));
  }
  upload(device: Device, hours: number, ip: string, host: string, gigabytes: number): void {
    for (let n = 0; n < gigabytes * 2; n++)
      this.#sink.row('CommonSecurityLog', this.at(hours) + n * 20 * second, {
        ...flowRow(
          {
            office: device.office,
            from: device.ip,
            to: ip,
            port: 443,
            app: 'ssl',
            host,
            sent: 510_000_000,
            received: 500_000,
            allowed: true,
          },
          this.rng,
        ),
      });
  }

  /** A Windows event of the security log, or of another. */
  event(device: Device, hours: number, id: number, data: Row, channel: 'Security' | 'System' = 'Security'): void {
    const at = this.at(hours);
    this.#sink.windowsEvent(
      at,
      windowsEvent(device, channel, id, at, data, this.rng, channel === 'System' ? 'S-1-5-18' : undefined),
    );
  }
  logon(device: Device, hours: number, who: Subject, ip: string): void {
    this.event(device, hours, 4624, {
      ...subjectFields({ sid: 'S-1-0-0', account: '-', domain: '-', logonId: '0x0' }),
      ...targetFields(who),
      LogonType: '3',
      LogonProcessName: 'NtLmSsp ',
      AuthenticationPackageName: 'NTLM',
      WorkstationName: '-',
      IpAddress: ip,
      IpPort: '49800',
      ElevatedToken: '%%1842',
      ProcessName: '-',
    });
  }
  /** The account of one person is used with another's password (4648). */
  otherCredentials(device: Device, hours: number, who: Subject, other: Subject, target: Device): void {
    this.event(device, hours, 4648, {
      ...subjectFields(who),
      TargetUserName: other.account,
      TargetDomainName: other.domain ?? 'CONTOSO',
      TargetServerName: target.name,
      TargetInfo: `cifs/${target.name}`,
      ProcessId: '0x1a2c',
      ProcessName: 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
      IpAddress: '-',
      IpPort: '-',
    });
  }
  service(device: Device, hours: number, who: Subject, name: string, path: string): void {
    this.event(device, hours, 4697, {
      ...subjectFields(who),
      ServiceName: name,
      ServiceFileName: path,
      ServiceType: '0x10',
      ServiceStartType: '3',
      ServiceAccount: 'LocalSystem',
    });
  }
  logCleared(device: Device, hours: number, who: Subject): void {
    this.event(device, hours, 1102, {
      SubjectUserSid: who.sid,
      SubjectUserName: who.account,
      SubjectDomainName: who.domain ?? 'CONTOSO',
      SubjectLogonId: '0x4f1a2c',
    });
  }

  signIn(
    who: Account,
    hours: number,
    ip: string,
    more: Partial<SignIn> & {
      readonly result?: string;
      readonly risks?: readonly string[];
      readonly quiet?: boolean;
    } = {},
  ): void {
    const at = this.at(hours);
    const { result, risks, quiet, ...rest } = more;
    const signIn: SignIn = {
      who,
      ip,
      app: apps.officeHome,
      place: intruder.place,
      device: undefined,
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0.0.0',
      client: 'Browser',
      asn: intruder.asn,
      mfa: 'app',
      ...(risks ? { risk: { level: 'high', events: risks } } : {}),
      ...rest,
    };
    const [table, row] = quiet
      ? (['AADNonInteractiveUserSignInLogs', nonInteractiveRow(signIn, at, this.rng)] as const)
      : (['SigninLogs', interactiveRow(signIn, at, this.rng)] as const);
    this.row(table, hours, { ...row, ...(result === undefined ? {} : { ResultType: result }) });
  }
  audit(who: Pick<Person, 'upn' | 'objectId'>, hours: number, ip: string, activity: string, target: Row): void {
    this.row('AuditLogs', hours, auditRow(activity, 'RoleManagement', who, ip, target, this.rng));
  }
  mailbox(who: Person, hours: number, ip: string, operation: string, more: Row = {}): void {
    this.row('OfficeActivity', hours, { ...exchangeRow(who, ip, operation, this.rng), ...more });
  }
  hidingRule(who: Person, hours: number, ip: string): void {
    const settings = {
      Name: '.',
      SubjectOrBodyContainsWords: 'invoice;payment;phish',
      MoveToFolder: 'RSS Feeds',
      MarkAsRead: 'True',
    };
    this.mailbox(who, hours, ip, 'New-InboxRule', {
      OfficeObjectId: `${who.upn}\\.`,
      Parameters: JSON.stringify(Object.entries(settings).map(([Name, Value]) => ({ Name, Value }))),
    });
  }
  forwarding(who: Person, hours: number, ip: string, to: string): void {
    this.mailbox(who, hours, ip, 'Set-Mailbox', {
      OfficeObjectId: who.upn,
      Parameters: JSON.stringify([{ Name: 'ForwardingSmtpAddress', Value: `smtp:${to}` }]),
    });
  }
  downloads(who: Person, hours: number, ip: string, count: number): void {
    const from = this.at(hours);
    for (let n = 0; n < count; n++)
      this.#sink.row(
        'OfficeActivity',
        from + n * 6 * second,
        fileRow(who, ip, 'FileDownloaded', `Plan ${n}.docx`, this.rng),
      );
  }
  phish(to: readonly Person[], hours: number, sender: string, url: string, subject: string): string {
    const id = this.rng.uuid();
    this.mark(id, sender);
    sendMail({ sink: this.#sink }, this.at(hours), {
      id,
      from: { address: sender, name: 'Service Desk', ip: '192.0.2.68' },
      to,
      subject,
      urls: [url],
      attachments: 0,
      bytes: 18_000,
      direction: 'Inbound',
      firstContact: true,
      authentic: false,
    });
    return id;
  }
  mailFrom(who: Person, to: readonly Person[], hours: number, subject: string, url: string): void {
    to.forEach((person, n) =>
      sendMail({ sink: this.#sink }, this.at(hours) + n * second, {
        id: this.rng.uuid(),
        from: { address: who.upn, name: who.name, objectId: who.objectId, ip: mailServerIp },
        to: [person],
        subject,
        urls: [url],
        attachments: 0,
        bytes: 20_000,
        direction: 'Intra-org',
      }),
    );
  }
  click(who: Person, hours: number, url: string, mail: string): void {
    this.row('UrlClickEvents', hours, clickRow(who, url, who.office.egressIp, mail, this.rng.uuid()));
  }
  aws(
    user: string,
    hours: number,
    ip: string,
    source: string,
    name: string,
    request: Row = {},
    error?: readonly [string, string],
  ): void {
    this.row(
      'AWSCloudTrail',
      hours,
      awsRow(
        {
          source: `${source}.amazonaws.com`,
          name,
          readOnly: false,
          ip,
          agent: 'aws-cli/2.17.0',
          identity: userIdentity(user),
          request,
          ...(error ? { error } : {}),
        },
        this.rng,
      ),
    );
  }
  log(device: Device, hours: number, program: string, message: string, plusSeconds = 0): void {
    const at = this.at(hours) + plusSeconds * second;
    this.#sink.syslogLine(
      at,
      syslogText(device, at, {
        facility: 'authpriv',
        severity: 'info',
        program,
        pid: this.rng.int(900, 60_000),
        message,
      }),
    );
  }
  guessing(device: Device, hours: number, ip: string, user: string, times: number): void {
    for (let n = 0; n < times; n++)
      this.log(device, hours, 'sshd', `Failed password for ${user} from ${ip} port ${30_000 + n} ssh2`, n * 4);
    this.log(device, hours, 'sshd', `Accepted password for ${user} from ${ip} port 41822 ssh2`, times * 4 + 30);
  }
}
