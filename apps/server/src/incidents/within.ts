import { SallyportError, type GrantedPermission } from '@sallyport/contracts';
import { admits, dataScopeOf, type DataScope } from '../platform/data-scope.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Principal } from '../platform/principal.ts';

/**
 * Alerts and incidents in PostgreSQL for those who see a part of the data, as conditions of SQL. An alert is within where its rows of `SecurityAlert` are: it is of Sentinel, which runs the rules, of a
 * workspace, and about hosts of some groups or none. An incident is seen by whoever sees one of its alerts.
 */
export interface Sight {
  readonly scope: DataScope;
  /** The id of the workspace whose rows say none. */
  readonly first: string;
}
/** Binds a value and answers its place. */
export type Bind = (value: unknown) => string;

export const sightOf = (
  principal: Pick<Principal, 'grants'>,
  { first }: { readonly first: { readonly id: string } },
  permission: GrantedPermission = 'securityData.read',
): Sight => ({ scope: dataScopeOf(principal, permission), first: first.id });

const table = 'SecurityAlert';

/** Whether an alert (`a`) is within; `true` where everything is. */
export function alertWithin({ scope, first }: Sight, bind: Bind, alias = 'a'): string {
  if (scope.whole) return 'true';
  const parts = scope.parts.flatMap((part) => {
    if (!admits(part.dataSources, 'Sentinel') || !admits(part.tables, table)) return [];
    // A condition on rows of the table can't be asked here: it shows nothing.
    if (part.rows.some((rows) => rows.table === table)) return [];
    const conditions = [
      ...(part.workspaces === 'all'
        ? []
        : [`coalesce(${alias}.workspace_id, ${bind(first)}::uuid) = ANY(${bind(part.workspaces)}::uuid[])`]),
      ...(part.deviceGroups === 'all' ? [] : [ofHosts(bind(part.deviceGroups), alias)]),
    ];
    return [conditions.length === 0 ? 'true' : `(${conditions.join(' AND ')})`];
  });
  return parts.length === 0 ? 'false' : `(${parts.join(' OR ')})`;
}

/** The group is what the inventory last heard of the host; of one that it does not know, no group. */
function ofHosts(groups: string, alias: string): string {
  const hosts = `FROM alert_entities wl JOIN entities we ON we.id = wl.entity_id AND we.kind = 'Host'`;
  return `(NOT EXISTS (SELECT 1 ${hosts} WHERE wl.alert_id = ${alias}.id) OR EXISTS (
    SELECT 1 ${hosts} LEFT JOIN inventory_keys wk ON wk.alias = we.id LEFT JOIN inventory wi ON wi.id = wk.entity_id
    WHERE wl.alert_id = ${alias}.id AND coalesce(wi.properties ->> 'Group', '') = ANY(${groups}::text[])))`;
}

/** Whether one of an incident's alerts is within. `number`: SQL. */
export const incidentWithin = (sight: Sight, bind: Bind, number: string): string =>
  sight.scope.whole
    ? 'true'
    : `EXISTS (SELECT 1 FROM alerts wa WHERE wa.incident_number = ${number} AND ${alertWithin(sight, bind, 'wa')})`;

interface Seen {
  readonly within: number;
  readonly outside: number;
}
/** How many alerts of an incident are within, and how many are not. */
export async function alertsWithin(db: Queryable, sight: Sight, number: number): Promise<Seen> {
  const values: unknown[] = [number];
  const condition = alertWithin(sight, (value) => `$${values.push(value)}`);
  const seen = await db.first<Seen>(
    `SELECT count(*) FILTER (WHERE w)::int AS within, count(*) FILTER (WHERE NOT w)::int AS outside
     FROM (SELECT ${condition} AS w FROM alerts a WHERE a.incident_number = $1) x`,
    values,
  );
  return seen ?? { within: 0, outside: 0 };
}

/** Throws NotFound where none of an incident's alerts is within. */
export async function requireSeen(db: Queryable, sight: Sight, number: number): Promise<Seen> {
  if (sight.scope.whole) return { within: 0, outside: 0 };
  const seen = await alertsWithin(db, sight, number);
  if (seen.within === 0) throw new SallyportError('NotFound', `there is no incident ${number}`);
  return seen;
}

/** Throws NotFound likewise, and Forbidden where some of its alerts are outside. */
export async function requireWhole(db: Queryable, sight: Sight, number: number): Promise<void> {
  const { outside } = await requireSeen(db, sight, number);
  if (outside > 0)
    throw new SallyportError(
      'Forbidden',
      `${outside} of the incident's alerts are outside of what your roles let you see: only its summary and the other alerts are shown`,
    );
}

/** Rows of incidents with the numbers of alerts and entities that are within. */
export async function withinCounts<T extends { readonly number: number }>(
  db: Queryable,
  sight: Sight,
  rows: readonly T[],
): Promise<readonly (T & { alert_count?: number; entity_count?: number })[]> {
  if (sight.scope.whole || rows.length === 0) return rows;
  const values: unknown[] = [rows.map(({ number }) => number)];
  const condition = alertWithin(sight, (value) => `$${values.push(value)}`);
  const counts = await db.query<{ number: number; alert_count: number; entity_count: number }>(
    `SELECT a.incident_number AS number, count(DISTINCT a.id)::int AS alert_count, count(DISTINCT l.entity_id)::int AS entity_count
     FROM alerts a LEFT JOIN alert_entities l ON l.alert_id = a.id WHERE a.incident_number = ANY($1) AND ${condition} GROUP BY a.incident_number`,
    values,
  );
  const byNumber = new Map(counts.map(({ number, ...rest }) => [number, rest]));
  return rows.map((row) => ({ ...row, ...(byNumber.get(row.number) ?? { alert_count: 0, entity_count: 0 }) }));
}
