import { digestOf } from './ids.ts';
import type { Device } from './devices.ts';
import type { Rng } from './rng.ts';
import type { Row } from './sink.ts';
import { netbios } from './world.ts';

/** Logs and the providers that write them, with their registered GUIDs. */
const channels = {
  Security: ['Microsoft-Windows-Security-Auditing', '{54849625-5478-4994-A5BA-3E3B0328C30D}'],
  System: ['Service Control Manager', '{555908d1-a6d7-4695-8e1e-26931d2012f4}'],
  'Microsoft-Windows-Sysmon/Operational': ['Microsoft-Windows-Sysmon', '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}'],
  'Microsoft-Windows-PowerShell/Operational': [
    'Microsoft-Windows-PowerShell',
    '{A0C1853B-5C40-4B15-8766-3CF1C58F985A}',
  ],
} as const;
export type Channel = keyof typeof channels;

const eventlog = ['Microsoft-Windows-Eventlog', '{fc65ddd8-d6ef-4962-83d5-6e5cfe9ce148}'] as const;
const tasks: Record<number, number> = {
  4624: 12544,
  4648: 12544,
  4625: 12544,
  4634: 12545,
  4672: 12548,
  4688: 13312,
  4697: 12289,
  4720: 13824,
  4728: 13826,
  4738: 13824,
  4768: 14339,
  4769: 14337,
  5145: 12811,
  1102: 104,
  104: 104,
};
const versionsOf: Record<number, number> = { 4624: 2, 4688: 2, 1: 5, 3: 5, 10: 3, 11: 2 };

/** A Windows event as its EVTX record reads in JSON. `data` becomes EventData, or UserData for the log-cleared events 1102 and 104. */
export function windowsEvent(
  device: Device,
  channel: Channel,
  eventId: number,
  at: number,
  data: Row,
  rng: Rng,
  userSid?: string,
): Row {
  const cleared = eventId === 1102 || eventId === 104;
  const [provider, guid] = cleared ? eventlog : channels[channel];
  return {
    System: {
      Provider: { Name: provider, Guid: guid },
      EventID: eventId,
      Version: String(versionsOf[eventId] ?? 0),
      Level: channel === 'Security' && !cleared ? '0' : '4',
      Task: String(tasks[eventId] ?? (channel.includes('Sysmon') ? eventId : 0)),
      Opcode: '0',
      Keywords:
        eventId === 4625 ? '0x8010000000000000' : channel === 'Security' ? '0x8020000000000000' : '0x8000000000000000',
      TimeCreated: { SystemTime: new Date(at).toISOString() },
      EventRecordID: String(recordId(device, channel, at)),
      Correlation: null,
      Execution: { ProcessID: '4', ThreadID: String(rng.int(20, 900) * 4) },
      Channel: channel,
      Computer: device.name,
      Security: userSid === undefined ? null : { UserID: userSid },
    },
    ...(cleared ? { UserData: { LogFileCleared: data } } : { EventData: data }),
  };
}

/** Grows with time, as record numbers do: one a tenth of a second since 2020, plus the host's own start. */
const recordId = (device: Device, channel: string, at: number) =>
  Math.floor((at - 1_577_836_800_000) / 100) +
  (Number.parseInt(digestOf('sha1', `${device.host} ${channel}`).slice(0, 5), 16) % 90_000);

export interface Subject {
  readonly sid: string;
  readonly account: string;
  readonly domain?: string;
  readonly logonId?: string;
}

export const localSystem = (device: Device): Subject => ({
  sid: 'S-1-5-18',
  account: `${device.host.toUpperCase()}$`,
  logonId: '0x3e7',
});
export const subjectFields = (s: Subject): Row => ({
  SubjectUserSid: s.sid,
  SubjectUserName: s.account,
  SubjectDomainName: s.domain ?? netbios,
  SubjectLogonId: s.logonId ?? '0x3e7',
});
export const targetFields = (s: Subject): Row => ({
  TargetUserSid: s.sid,
  TargetUserName: s.account,
  TargetDomainName: s.domain ?? netbios,
  TargetLogonId: s.logonId ?? '0x0',
});
export const hexOf = (n: number): string => `0x${n.toString(16)}`;
export const sysmonTime = (at: number): string => new Date(at).toISOString().replace('T', ' ').replace('Z', '');
export const sysmonHashes = (file: string): string =>
  `SHA1=${digestOf('sha1', `file ${file}`).toUpperCase()},MD5=${digestOf('md5', `file ${file}`).toUpperCase()},SHA256=${digestOf('sha256', `file ${file}`).toUpperCase()}`;
/** Sysmon's process GUID: of the machine, the time and the process. */
export function processGuid(device: Device, pid: number, startedAt: number): string {
  const machine = digestOf('sha1', `machine ${device.host}`).slice(0, 8);
  const time = Math.floor(startedAt / 1_000)
    .toString(16)
    .padStart(8, '0');
  return `{${machine}-${time.slice(0, 4)}-${time.slice(4)}-0000-0010${pid.toString(16).padStart(8, '0')}}`.toUpperCase();
}
