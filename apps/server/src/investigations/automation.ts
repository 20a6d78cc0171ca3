import type {
  AutomationLevel,
  DeviceGroupAutomation,
  ResponseActionKind,
  ResponseActionState,
} from '@sallyport/contracts';
import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../hunting/index.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import type { Verdict } from '@sallyport/contracts';
import { systemPrincipal, type Principal } from '../platform/principal.ts';

/** What counts for a group of which nobody has said it: nothing happens on a device without a person. */
export const defaultLevel: AutomationLevel = 'semiAllFolders';
const groupsMax = 1_000;
const devicesMax = 500;
const limits = { seconds: 30 };

export const levelNames: Readonly<Record<AutomationLevel, string>> = {
  full: 'Full - remediate threats automatically',
  semiAllFolders: 'Semi - require approval for all folders',
  semiCoreFolders: 'Semi - require approval for core folders',
  semiNonTempFolders: 'Semi - require approval for non-temp folders',
  noAutomatedResponse: 'No automated response',
};

const onDevices = new Set<ResponseActionKind>([
  'isolateDevice',
  'collectInvestigationPackage',
  'runAntivirusScan',
  'stopAndQuarantineFile',
]);
export const isOnDevice = (kind: ResponseActionKind): boolean => onDevices.has(kind);
const onUsers = new Set<ResponseActionKind>(['disableUser', 'revokeSignInSessions', 'forceUserPasswordReset']);

/** The operating system's own folders. */
const core = /^(?:[a-z]:\\windows(?:\\|$)|\/(?:usr|bin|sbin|lib|lib64|boot|system|etc)(?:\/|$))/i;
/** Folders that anything is put into. https://learn.microsoft.com/defender-endpoint/automation-levels */
const temporary =
  /^(?:[a-z]:\\users\\[^\\]+\\(?:appdata\\local(?:low)?\\temp|downloads)(?:\\|$)|[a-z]:\\documents and settings\\[^\\]+\\local settings\\temp(?:\\|$)|[a-z]:\\windows\\temp(?:\\|$)|[a-z]:\\temp(?:\\|$)|\/(?:tmp|var\/tmp|dev\/shm)(?:\/|$))/i;

export interface Proposal {
  readonly kind: ResponseActionKind;
  readonly verdict: Verdict;
  /** Of the device that it would be done on. */
  readonly level: AutomationLevel;
  readonly group: string;
  /** Folder of the file that it is about; undefined: about none, or nobody knows. */
  readonly folder: string | undefined;
}

/** Whether an action waits for a person. Pure. What is only suspicious always does, mail does, and so does what is about a whole device unless the level is full. */
export function decide(of: Proposal): { readonly state: ResponseActionState; readonly reason: string } {
  const waits = (reason: string) => ({ state: 'pendingApproval' as const, reason });
  const approved = (reason: string) => ({ state: 'approved' as const, reason });
  const level = `The automation level of ${of.group === '' ? 'devices in no group' : `group “${of.group}”`} is “${levelNames[of.level]}”`;
  if (isOnDevice(of.kind) && of.level === 'noAutomatedResponse') return { state: 'skipped', reason: `${level}.` };
  if (of.verdict !== 'Malicious') return waits('The verdict is suspicious, so a person decides.');
  if (onUsers.has(of.kind)) return approved('A compromised user is acted on by itself.');
  if (!isOnDevice(of.kind)) return waits('Mail, applications, keys and indicators wait for a person at every level.');
  if (of.level === 'full') return approved(`${level}.`);
  if (of.folder === undefined || of.level === 'semiAllFolders') return waits(`${level}.`);
  if (of.level === 'semiCoreFolders')
    return core.test(of.folder) && !temporary.test(of.folder)
      ? waits(`${level}, and this is a core folder.`)
      : approved(`${level}, and this is no core folder.`);
  return temporary.test(of.folder)
    ? approved(`${level}, and this is a temporary folder.`)
    : waits(`${level}, and this is no temporary folder.`);
}

/** Levels that people set, by group. */
export const levelsOf = async (db: Queryable): Promise<ReadonlyMap<string, AutomationLevel>> =>
  new Map(
    (await db.query<{ name: string; level: AutomationLevel }>('SELECT name, level FROM device_group_automation')).map(
      ({ name, level }) => [name, level],
    ),
  );

const newest = `DeviceInfo
| summarize arg_max(TimeGenerated, MachineGroup) by Device = tolower(DeviceName)`;
const Groups = z.array(z.tuple([z.string(), z.string()]));

/** The groups of devices as `DeviceInfo` last told, by lower-case name, full and bare. Devices that it does not tell of are left out. */
export async function deviceGroups(
  { platform, queries }: { readonly platform: Pick<Platform, 'clock'>; readonly queries: Queries },
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const devices = [...new Set(names.map((name) => name.toLowerCase()))].slice(0, devicesMax);
  if (devices.length === 0) return new Map();
  const { rows } = await queries.run({
    query: `declare query_parameters(devices:dynamic);
let bare = toscalar(print devices | mv-expand devices to typeof(string) | summarize make_set(tostring(split(devices, '.')[0])));
${newest}
| where Device in (devices) or tostring(split(Device, '.')[0]) in (bare)
| project Device, MachineGroup`,
    parameters: { devices: JSON.stringify(devices) },
    now: platform.clock.now(),
    as: systemPrincipal('investigations'),
    operation: 'alert',
    limits,
  });
  const told = Groups.parse(rows);
  const exact = new Map(told);
  // A bare name is a device's only where a single one has it.
  const byBare = Map.groupBy(told, ([name]) => name.split('.')[0] ?? name);
  return new Map(
    devices.flatMap((name): [string, string][] => {
      const alike = byBare.get(name.split('.')[0] ?? name) ?? [];
      const group = exact.get(name) ?? (alike.length === 1 ? alike[0]?.[1] : undefined);
      return group === undefined ? [] : [[name, group]];
    }),
  );
}

const Counts = z.array(z.tuple([z.string(), z.coerce.number()]));

/** The groups that `DeviceInfo` tells of and those with a level, by name. Throws as `Queries.run` does. */
export async function listGroups(
  { platform, queries }: { readonly platform: Pick<Platform, 'clock' | 'database'>; readonly queries: Queries },
  as: Principal,
): Promise<DeviceGroupAutomation[]> {
  const { rows } = await queries.run({
    query: `${newest}\n| summarize Devices = count() by MachineGroup | top ${groupsMax} by Devices`,
    now: platform.clock.now(),
    as,
    operation: 'alert',
    limits,
  });
  const counts = new Map(Counts.parse(rows));
  const set = new Map(
    (
      await platform.database.query<{ name: string; level: AutomationLevel; updated_by: string; updated_at: Date }>(
        'SELECT * FROM device_group_automation',
      )
    ).map((row) => [row.name, row]),
  );
  return [...new Set(['', ...counts.keys(), ...set.keys()])].toSorted().map((name) => {
    const row = set.get(name);
    return {
      name,
      level: row?.level ?? defaultLevel,
      isSet: row !== undefined,
      devices: counts.get(name) ?? 0,
      updatedBy: row?.updated_by ?? null,
      updatedAt: row?.updated_at.toISOString() ?? null,
    };
  });
}

/** Throws Conflict past 1,000 groups. */
export async function setLevel(
  { clock, database }: Pick<Platform, 'clock' | 'database'>,
  { name, level }: { readonly name: string; readonly level: AutomationLevel },
  by: string,
): Promise<void> {
  const stored = await database.execute(
    `INSERT INTO device_group_automation (name, level, updated_by, updated_at)
     SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM device_group_automation WHERE name <> $1) < $5
     ON CONFLICT (name) DO UPDATE SET level = excluded.level, updated_by = excluded.updated_by, updated_at = excluded.updated_at`,
    [name.replaceAll('\0', '\u{FFFD}'), level, by, clock.now(), groupsMax],
  );
  if (stored === 0) throw new SallyportError('Conflict', `at most ${groupsMax} groups have a level`);
}
