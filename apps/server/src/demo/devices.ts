import { digestOf, uuidOf } from './ids.ts';
import type { Department, Person } from './people.ts';
import type { Rng } from './rng.ts';
import { domain, offices, type Office } from './world.ts';

export type Os = 'windows' | 'macos' | 'linux' | 'windowsServer';
export type ServerRole =
  | 'dc'
  | 'file'
  | 'sql'
  | 'app'
  | 'backup'
  | 'updates'
  | 'web'
  | 'database'
  | 'build'
  | 'bastion'
  | 'monitor';

export interface Device {
  /** Lower-case host name; also the NetBIOS name, upper-cased. */
  readonly host: string;
  /** What every table calls it: `host.contoso.com`. */
  readonly name: string;
  readonly os: Os;
  readonly role: ServerRole | 'laptop';
  readonly office: Office;
  /** Its address in its office. A laptop elsewhere has another. */
  readonly ip: string;
  readonly mac: string;
  /** Defender's id: 40 hexadecimal digits. */
  readonly deviceId: string;
  /** Entra's ids. */
  readonly aadDeviceId: string;
  readonly objectId: string;
  readonly owner: Person | undefined;
  readonly osVersion: string;
  readonly osBuild: number;
  readonly model: string;
  readonly vendor: string;
}

/** Engineers and designers like Macs. */
const macShare: Partial<Record<Department, number>> = { Engineering: 0.45, Marketing: 0.6 };

/** One laptop a person, in the order of the people. Those of Finance and IT are Windows. */
export function makeLaptops(rng: Rng, people: readonly Person[]): Device[] {
  return people.map((person) => {
    const mac = rng
      .fork(`laptop ${person.index}`)
      .chance(macShare[person.department] ?? (person.department === 'Sales' ? 0.15 : 0));
    const host = `${person.office.code}-${mac ? 'mb' : 'lt'}-${String(1_001 + person.index)}`;
    // 10.x.16.0/20 and up: 250 laptops a block.
    const ip = `10.${person.office.net}.${16 + Math.floor(person.index / 250)}.${2 + (person.index % 250)}`;
    return device({ host, ip, os: mac ? 'macos' : 'windows', role: 'laptop', office: person.office, owner: person });
  });
}

const serverPlan: readonly (readonly [string, ServerRole, Os])[] = [
  ['dc01', 'dc', 'windowsServer'],
  ['dc02', 'dc', 'windowsServer'],
  ['fs01', 'file', 'windowsServer'],
  ['sql01', 'sql', 'windowsServer'],
  ['app01', 'app', 'windowsServer'],
  ['app02', 'app', 'windowsServer'],
  ['bkp01', 'backup', 'windowsServer'],
  ['upd01', 'updates', 'windowsServer'],
  ['web01', 'web', 'linux'],
  ['web02', 'web', 'linux'],
  ['db01', 'database', 'linux'],
  ['build01', 'build', 'linux'],
  ['bastion01', 'bastion', 'linux'],
  ['mon01', 'monitor', 'linux'],
];

/** The servers, all at headquarters. A larger Contoso has more application and web servers: one pair for each 250 people. */
export function makeServers(peopleCount: number): Device[] {
  const more = Array.from({ length: Math.floor(peopleCount / 250) }, (_, n) => [
    [`app${String(n + 3).padStart(2, '0')}`, 'app', 'windowsServer'] as const,
    [`web${String(n + 3).padStart(2, '0')}`, 'web', 'linux'] as const,
  ]).flat();
  return [...serverPlan, ...more].map(([host, role, os], n) =>
    device({
      host,
      os,
      role,
      office: offices[0]!,
      ip: `10.10.${role === 'web' || role === 'bastion' ? 1 : 0}.${10 + n}`,
      owner: undefined,
    }),
  );
}

/** Build and version of each system; the names Defender gives them are in `inventory.ts`. */
const versions: Record<Os, { osVersion: string; osBuild: number; model: string; vendor: string }> = {
  windows: { osVersion: '10.0', osBuild: 26_100, model: 'Latitude 7450', vendor: 'Dell' },
  macos: { osVersion: '15.3', osBuild: 24, model: 'MacBookPro18,3', vendor: 'Apple' },
  linux: { osVersion: '24.04', osBuild: 0, model: 'Virtual Machine', vendor: 'QEMU' },
  windowsServer: { osVersion: '10.0', osBuild: 20_348, model: 'Virtual Machine', vendor: 'VMware' },
};

function device(base: Pick<Device, 'host' | 'ip' | 'os' | 'role' | 'office' | 'owner'>): Device {
  const name = `${base.host}.${domain}`;
  const mac = digestOf('sha1', `mac ${name}`).slice(0, 10).match(/../g)!;
  return {
    ...base,
    name,
    // 02: locally administered, so it is nobody's.
    mac: ['02', ...mac].join('-').toUpperCase(),
    deviceId: digestOf('sha1', `device ${name}`),
    aadDeviceId: uuidOf(`aad device ${name}`),
    objectId: uuidOf(`device object ${name}`),
    ...versions[base.os],
  };
}

/** The computer account's name, as Windows writes it. */
export const computerAccount = (d: Device): string => `${d.host.toUpperCase()}$`;
export const isWindows = (d: Device): boolean => d.os === 'windows' || d.os === 'windowsServer';
