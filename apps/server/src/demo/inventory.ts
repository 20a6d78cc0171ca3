import { headquartersHour, isIn, minute } from './calendar.ts';
import type { Device } from './devices.ts';
import { distinguishedName, employeeId, serviceAccounts, type Account, type Person } from './people.ts';
import type { Rng } from './rng.ts';
import type { Row, SlotContext } from './sink.ts';
import { domain, headquarters, tenantId } from './world.ts';

/** Once a day, at four in the morning at headquarters: who works here and which devices there are. */
export function inventory(context: SlotContext): void {
  if (headquartersHour(context.slot.from) !== 4) return;
  snapshot(context, context.slot.from + 5 * minute);
}

/** The snapshot itself; the demo's first hour begins with one, so that even a short demo knows its people. */
export function snapshot(context: SlotContext, at: number): void {
  if (!isIn(at, context.slot)) return;
  const rng = context.rng('inventory');
  const { people, laptops, servers } = context.estate;
  for (const person of people) {
    context.sink.row('IdentityInfo', at, personRow(person, people));
    if (person.admin)
      context.sink.row('IdentityInfo', at, accountRow(person.admin, person, 'Administrator', ['Domain Admins']));
  }
  for (const account of serviceAccounts)
    context.sink.row('IdentityInfo', at, { ...accountRow(account, undefined, 'Service', []), IsServiceAccount: true });
  for (const device of [...laptops, ...servers]) context.sink.row('DeviceInfo', at, deviceRow(device, rng));
}

const personRow = (person: Person, people: readonly Person[]): Row => ({
  ...accountRow(person, person, person.department, [`${person.department} Users`, 'All Employees']),
  GivenName: person.given,
  Surname: person.surname,
  JobTitle: person.title,
  Manager: people[person.manager]?.upn ?? '',
  EmployeeId: employeeId(person),
  MailAddress: person.upn,
  OnPremisesDistinguishedName: distinguishedName(person),
  Tags: person.index <= 8 ? JSON.stringify(['VIP']) : '',
});

const accountRow = (
  account: Account,
  person: Person | undefined,
  department: string,
  groups: readonly string[],
): Row => ({
  AccountName: account.account,
  AccountDomain: domain,
  AccountUPN: account.upn,
  AccountObjectId: account.objectId,
  AccountSID: account.sid,
  AccountTenantId: tenantId,
  AccountDisplayName: account.name,
  SAMAccountName: account.account,
  Department: department,
  City: person?.town ?? headquarters.city,
  State: person?.office.state ?? headquarters.state,
  Country: person?.office.countryName ?? headquarters.countryName,
  CompanyName: 'Contoso',
  GroupMembership: groups,
  AssignedRoles: groups.includes('Domain Admins') ? ['Security Administrator'] : [],
  BlastRadius: groups.includes('Domain Admins') ? 'High' : 'Low',
  IsAccountEnabled: true,
  IsMFARegistered: person !== undefined,
  IsServiceAccount: false,
  UserType: 'Member',
  ChangeSource: 'AzureActiveDirectory',
});

const platforms = {
  windows: { OSPlatform: 'Windows11', DeviceType: 'Workstation', OSVersionInfo: '24H2' },
  macos: { OSPlatform: 'macOS', DeviceType: 'Workstation', OSVersionInfo: 'Sequoia' },
  linux: { OSPlatform: 'Linux', DeviceType: 'Server', OSVersionInfo: 'Ubuntu 24.04' },
  windowsServer: { OSPlatform: 'WindowsServer2022', DeviceType: 'Server', OSVersionInfo: '21H2' },
} as const;

const deviceRow = (device: Device, rng: Rng): Row => ({
  DeviceId: device.deviceId,
  DeviceName: device.name,
  AadDeviceId: device.role === 'laptop' ? device.aadDeviceId : '',
  DeviceObjectId: device.role === 'laptop' ? device.objectId : '',
  ...platforms[device.os],
  DeviceCategory: 'Endpoint',
  OSArchitecture: '64-bit',
  OSVersion: device.osVersion,
  OSBuild: device.osBuild,
  Model: device.model,
  Vendor: device.vendor,
  MachineGroup: device.role === 'laptop' ? 'Laptops' : 'Servers',
  IsAzureADJoined: device.os === 'windows',
  JoinType: device.os === 'windows' ? 'Hybrid Azure AD Joined' : '',
  IsInternetFacing: device.role === 'web' || device.role === 'bastion',
  PublicIP: device.office.egressIp,
  OnboardingStatus: 'Onboarded',
  SensorHealthState: 'Active',
  ExposureLevel: rng.weighted([
    ['Low', 6],
    ['Medium', 3],
    ['High', 1],
  ] as const),
  AssetValue: device.role === 'dc' ? 'High' : 'Normal',
  LoggedOnUsers: device.owner ? [{ UserName: device.owner.account, DomainName: 'CONTOSO', Sid: device.owner.sid }] : [],
  ClientVersion: '10.8760.27842.1000',
  ReportId: rng.int(1, 1e9),
});
