import {
  permissions as permissionTable,
  permissionsIn,
  permissionsOfEverybody,
  wholeScope,
  type AssignmentScope,
  type GrantedPermission,
} from '@sallyport/contracts';
import { accessChannel } from '../platform/access-changes.ts';
import { Listener, type Queryable } from '../platform/database/index.ts';
import type { Grant } from '../platform/principal.ts';
import type { Platform } from '../platform/types.ts';
import { isWhole, notOver, reaching, scopeOf } from './assignment-store.ts';
import { builtInRole } from './role-store.ts';

/** Of one principal; a person has a few. What there is more grants nothing. */
const assignmentsMax = 1_000;
/** Principals that are remembered, those used longest ago forgotten first. */
const rememberedMax = 20_000;
/** What is remembered is asked for again after this, should a change not have been heard of. */
const rememberedMs = 10_000;

/** An assignment that is in force, and what it grants. */
export interface HeldAssignment extends Grant {
  readonly id: string;
  readonly roleId: string;
  readonly roleName: string;
  /** The group by which it is held; undefined: directly. */
  readonly groupId: string | undefined;
  readonly assignmentType: 'Assigned' | 'Activated';
  readonly endsAt: Date | null;
}

/** All that a principal may do now. */
export interface Rights {
  /** One of each assignment, and what everybody holds. */
  readonly grants: readonly Grant[];
  readonly permissions: ReadonlySet<GrantedPermission>;
  /** Names, each once, in order. */
  readonly roles: readonly string[];
  readonly held: readonly HeldAssignment[];
}

const everybody: Grant = { permissions: new Set(permissionsOfEverybody), scope: wholeScope };
const wholeOnly = (permission: GrantedPermission): boolean => permissionTable[permission].whole === true;

/** What of a role an assignment over a scope grants: permissions that are over all or not at all need all. */
export function grantedOver(
  permissions: ReadonlySet<GrantedPermission>,
  scope: AssignmentScope,
): ReadonlySet<GrantedPermission> {
  return isWhole(scope) ? permissions : new Set([...permissions].filter((one) => !wholeOnly(one)));
}

interface Row {
  readonly id: string;
  readonly roleId: string;
  readonly principalId: string;
  readonly assignmentType: 'Assigned' | 'Activated';
  readonly scope: unknown;
  readonly startsAt: Date;
  readonly endsAt: Date | null;
  readonly customName: string | null;
  readonly customPermissions: string[] | null;
}

const sql = `SELECT a.id, a.role_id AS "roleId", a.principal_id AS "principalId", a.assignment_type AS "assignmentType", a.scope, a.starts_at AS "startsAt",
    a.ends_at AS "endsAt", d.display_name AS "customName", d.permissions AS "customPermissions"
  FROM role_assignments a LEFT JOIN role_definitions d ON d.id = a.role_id
  WHERE a.kind = 'active' AND ${reaching('$1::uuid')} AND ${notOver('$2')} ORDER BY a.created_at, a.id LIMIT ${assignmentsMax}`;

const held = (row: Row, principalId: string): HeldAssignment | undefined => {
  const builtIn = builtInRole(row.roleId);
  const name = builtIn?.name ?? row.customName;
  const permissions = builtIn?.permissions ?? permissionsIn(row.customPermissions ?? []);
  const scope = scopeOf(row.scope);
  if (name === null || !scope) return undefined;
  return {
    id: row.id,
    roleId: row.roleId,
    roleName: name,
    permissions: grantedOver(permissions, scope),
    scope,
    groupId: row.principalId === principalId ? undefined : row.principalId,
    assignmentType: row.assignmentType,
    endsAt: row.endsAt,
  };
};

interface Read {
  readonly rights: Rights;
  /** Milliseconds of the clock at which the next of the assignments begins or ends. */
  readonly until: number;
}

async function read(db: Queryable, principalId: string, now: Date): Promise<Read> {
  const rows = await db.query<Row>(sql, [principalId, now]);
  const at = now.getTime();
  const begun = rows.filter(({ startsAt }) => startsAt.getTime() <= at);
  const all = begun.flatMap((row) => held(row, principalId) ?? []);
  const grants: readonly Grant[] = [everybody, ...all];
  const changes = rows.flatMap(({ startsAt, endsAt }) => [startsAt.getTime(), endsAt?.getTime() ?? Infinity]);
  return {
    rights: {
      grants,
      permissions: new Set(grants.flatMap(({ permissions }) => [...permissions])),
      roles: [...new Set(all.map(({ roleName }) => roleName))].sort(),
      held: all,
    },
    until: Math.min(Infinity, ...changes.filter((one) => one > at)),
  };
}

/** What a principal may do now, asked of the database. */
export const readRights = async (db: Queryable, principalId: string, now: Date): Promise<Rights> =>
  (await read(db, principalId, now)).rights;

interface Remembered extends Read {
  /** Of the clock, and of the machine since it runs: the clock may be moved. */
  readonly from: number;
  readonly readAt: number;
}

export interface EffectiveAccess {
  /**
   * What a principal may do at this moment. Remembered until something changes of it, and no longer than until an assignment begins or ends; asked of the database each time
   * while the server can't hear of changes.
   */
  of(principalId: string): Promise<Rights>;
  /** Asks anew the next time: of one, or of all. */
  forget(principalId?: string): void;
  start(): void;
  stop(): Promise<void>;
}

/** `elapsed`: milliseconds that never go back. */
export function createEffectiveAccess(
  platform: Pick<Platform, 'database' | 'clock' | 'log'>,
  elapsed: () => number = () => performance.now(),
): EffectiveAccess {
  const { database, clock } = platform;
  const known = new Map<string, Remembered>();
  const listener = new Listener(platform, accessChannel);
  let hears = false;
  /** Goes up with each change: what was asked for before it is not remembered. */
  let changes = 0;

  const forget = (principalId?: string): void => {
    changes += 1;
    if (principalId === undefined) known.clear();
    else known.delete(principalId);
  };
  const isGood = ({ from, until, readAt }: Remembered, now: number): boolean =>
    now >= from && now < until && elapsed() - readAt < rememberedMs;
  const remember = (principalId: string, one: Remembered): void => {
    known.delete(principalId);
    known.set(principalId, one);
    const oldest = known.size > rememberedMax ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
  };
  const ask = async (principalId: string): Promise<Rights> => {
    const before = changes;
    const readAt = elapsed();
    const now = clock.now();
    const fresh = await read(database, principalId, now);
    if (hears && changes === before) remember(principalId, { ...fresh, from: now.getTime(), readAt });
    return fresh.rights;
  };

  return {
    of: (principalId) => {
      const found = known.get(principalId);
      return found && isGood(found, clock.now().getTime()) ? Promise.resolve(found.rights) : ask(principalId);
    },
    forget,
    start: () =>
      listener.start(
        () => {
          hears = true;
          forget();
        },
        () => {
          hears = false;
          forget();
        },
      ),
    stop: async () => {
      await listener.stop();
      hears = false;
      forget();
    },
  };
}
