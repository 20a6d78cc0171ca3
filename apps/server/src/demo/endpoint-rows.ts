import { digestOf } from './ids.ts';
import { isWindows, type Device } from './devices.ts';
import type { Account } from './people.ts';
import type { Rng } from './rng.ts';
import type { Row } from './sink.ts';

/** A program as it lies on disk. */
export interface Program {
  readonly file: string;
  readonly folder: string;
  readonly company?: string;
  readonly product?: string;
  readonly description?: string;
}

/** A running program. */
export interface Process extends Program {
  readonly command: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly integrity?: 'Low' | 'Medium' | 'High' | 'System';
}

/** Who runs it. */
export type Runner = Pick<Account, 'account' | 'upn' | 'sid' | 'objectId'> & { readonly domain?: string };

export const system: Runner = { account: 'system', upn: '', sid: 'S-1-5-18', objectId: '', domain: 'nt authority' };
export const root: Runner = { account: 'root', upn: '', sid: '', objectId: '', domain: '' };

export const run = (
  program: Program,
  command: string,
  pid: number,
  startedAt: number,
  integrity: Process['integrity'] = 'Medium',
): Process => ({
  ...program,
  command,
  pid,
  startedAt,
  integrity,
});

const pathOf = (d: Device, program: Program) => `${program.folder}${isWindows(d) ? '\\' : '/'}${program.file}`;
const domainOf = (who: Runner) => who.domain ?? 'contoso';
const sizeOf = (file: string) => 20_000 + (Number.parseInt(digestOf('sha1', file).slice(0, 5), 16) % 900_000);

const hashes = (file: string): Row => ({
  SHA1: digestOf('sha1', `file ${file}`),
  SHA256: digestOf('sha256', `file ${file}`),
  MD5: digestOf('md5', `file ${file}`),
});

const base = (d: Device, rng: Rng): Row => ({
  DeviceId: d.deviceId,
  DeviceName: d.name,
  MachineGroup: d.role === 'laptop' ? 'Laptops' : 'Servers',
  ReportId: rng.int(1_000, 99_999_999),
});

/** The columns that tell which program, run by whom, did it. */
function initiating(d: Device, process: Process, parent: Process | undefined, who: Runner): Row {
  return {
    InitiatingProcessFileName: process.file,
    InitiatingProcessFolderPath: pathOf(d, process),
    InitiatingProcessCommandLine: process.command,
    InitiatingProcessId: process.pid,
    InitiatingProcessCreationTime: new Date(process.startedAt).toISOString(),
    InitiatingProcessSHA1: digestOf('sha1', `file ${process.file}`),
    InitiatingProcessSHA256: digestOf('sha256', `file ${process.file}`),
    InitiatingProcessFileSize: sizeOf(process.file),
    InitiatingProcessAccountName: who.account,
    InitiatingProcessAccountDomain: domainOf(who),
    InitiatingProcessAccountSid: who.sid,
    InitiatingProcessAccountUpn: who.upn,
    InitiatingProcessAccountObjectId: who.objectId,
    InitiatingProcessIntegrityLevel: process.integrity ?? 'Medium',
    InitiatingProcessVersionInfoCompanyName: process.company ?? '',
    InitiatingProcessVersionInfoOriginalFileName: process.file,
    ...(parent && {
      InitiatingProcessParentFileName: parent.file,
      InitiatingProcessParentId: parent.pid,
      InitiatingProcessParentCreationTime: new Date(parent.startedAt).toISOString(),
    }),
  };
}

/** DeviceProcessEvents: `process` was started by `parent`. */
export const processRow = (
  d: Device,
  process: Process,
  parent: Process,
  who: Runner,
  rng: Rng,
  parentWho: Runner = who,
): Row => ({
  ...base(d, rng),
  ActionType: 'ProcessCreated',
  FileName: process.file,
  FolderPath: pathOf(d, process),
  ...hashes(process.file),
  FileSize: sizeOf(process.file),
  ProcessId: process.pid,
  ProcessCommandLine: process.command,
  ProcessCreationTime: new Date(process.startedAt).toISOString(),
  ProcessIntegrityLevel: process.integrity ?? 'Medium',
  ProcessTokenElevation:
    process.integrity === 'High' || process.integrity === 'System'
      ? 'TokenElevationTypeFull'
      : 'TokenElevationTypeLimited',
  ProcessVersionInfoCompanyName: process.company ?? '',
  ProcessVersionInfoProductName: process.product ?? '',
  ProcessVersionInfoFileDescription: process.description ?? '',
  ProcessVersionInfoOriginalFileName: process.file,
  AccountName: who.account,
  AccountDomain: domainOf(who),
  AccountSid: who.sid,
  AccountUpn: who.upn,
  AccountObjectId: who.objectId,
  LogonId: who === system ? 999 : 100_000 + (process.pid % 7) * 1_117,
  ...initiating(d, parent, undefined, parentWho),
});

export interface Connection {
  readonly localIp: string;
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly url?: string;
  readonly action?: 'ConnectionSuccess' | 'ConnectionFailed' | 'InboundConnectionAccepted';
}

const isPrivate = (ip: string) => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|127\.)/.test(ip);

/** DeviceNetworkEvents. */
export const connectionRow = (d: Device, connection: Connection, process: Process, who: Runner, rng: Rng): Row => ({
  ...base(d, rng),
  ActionType: connection.action ?? 'ConnectionSuccess',
  Protocol: 'Tcp',
  LocalIP: connection.localIp,
  LocalIPType: 'Private',
  LocalPort: rng.int(49_152, 65_535),
  RemoteIP: connection.remoteIp,
  RemoteIPType: isPrivate(connection.remoteIp) ? 'Private' : 'Public',
  RemotePort: connection.remotePort,
  RemoteUrl: connection.url ?? '',
  ...initiating(d, process, undefined, who),
});

/** DeviceFileEvents. `folder` without the file's name. */
export const fileEventRow = (
  d: Device,
  file: {
    name: string;
    folder: string;
    action?: 'FileCreated' | 'FileModified' | 'FileDeleted' | 'FileRenamed';
    originUrl?: string;
    originIp?: string;
  },
  process: Process,
  who: Runner,
  rng: Rng,
): Row => ({
  ...base(d, rng),
  ActionType: file.action ?? 'FileCreated',
  FileName: file.name,
  FolderPath: pathOf(d, { file: file.name, folder: file.folder }),
  ...hashes(`${d.host} ${file.name}`),
  FileSize: rng.int(4_000, 3_000_000),
  FileOriginUrl: file.originUrl ?? '',
  FileOriginIP: file.originIp ?? '',
  ...initiating(d, process, undefined, who),
});

export type LogonType =
  | 'Interactive'
  | 'CachedInteractive'
  | 'RemoteInteractive'
  | 'Network'
  | 'Service'
  | 'Unlock'
  | 'Batch';

/** DeviceLogonEvents. */
export const logonRow = (
  d: Device,
  logon: {
    type: LogonType;
    ok?: boolean;
    remoteIp?: string;
    remoteDevice?: string;
    localAdmin?: boolean;
    protocol?: string;
  },
  who: Runner,
  rng: Rng,
): Row => ({
  ...base(d, rng),
  ActionType: logon.ok === false ? 'LogonFailed' : 'LogonSuccess',
  FailureReason: logon.ok === false ? 'InvalidUserNameOrPassword' : '',
  LogonType: logon.type,
  LogonId: rng.int(100_000, 90_000_000),
  IsLocalAdmin: logon.localAdmin ?? false,
  Protocol: logon.protocol ?? (isWindows(d) ? 'Kerberos' : ''),
  AccountName: who.account,
  AccountDomain: domainOf(who),
  AccountSid: who.sid,
  RemoteIP: logon.remoteIp ?? '',
  RemoteIPType: logon.remoteIp ? (isPrivate(logon.remoteIp) ? 'Private' : 'Public') : '',
  RemoteDeviceName: logon.remoteDevice ?? '',
});

/** DeviceEvents: everything of another kind, by its ActionType. */
export const deviceEventRow = (
  d: Device,
  action: string,
  extra: Row,
  process: Process,
  who: Runner,
  rng: Rng,
): Row => ({
  ...base(d, rng),
  ActionType: action,
  ...withoutIntegrity(initiating(d, process, undefined, who)),
  ...extra,
});

/** DeviceRegistryEvents. */
export const registryRow = (
  d: Device,
  key: string,
  name: string,
  data: string,
  process: Process,
  who: Runner,
  rng: Rng,
): Row => ({
  ...base(d, rng),
  ActionType: 'RegistryValueSet',
  RegistryKey: key,
  RegistryValueName: name,
  RegistryValueData: data,
  RegistryValueType: 'String',
  ...initiating(d, process, undefined, who),
});

/** DeviceEvents alone has no integrity column. */
function withoutIntegrity(row: Row): Row {
  const { InitiatingProcessIntegrityLevel: _, ...rest } = row;
  return rest;
}
