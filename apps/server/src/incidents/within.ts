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

/** A value that stands in several places is bound once: one that stands nowhere has no type. */
export function bindingOnce(bind: Bind): Bind {
  const known = new Map<unknown, string>();
  return (value) => {
    const place = known.get(value) ?? bind(value);
    known.set(value, place);
    return place;
  };
}

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

/**
 * The group is what the inventory last heard of the host, by any id of it, or of the one group that all hosts of its name are in; of others, no group.
 */
function ofHosts(groups: string, alias: string): string {
  const hosts = `FROM alert_entities wl JOIN entities we ON we.id = wl.entity_id AND we.kind = 'Host'`;
  const named = `SELECT CASE WHEN count(DISTINCT wn.properties ->> 'Group') = 1 THEN min(wn.properties ->> 'Group') END FROM inventory wn
    WHERE wn.kind = 'Host' AND wn.properties ->> 'Group' <> '' AND (lower(wn.name) = lower(we.name) OR (wn.short <> '' AND wn.short = lower(we.name)))`;
  return `(NOT EXISTS (SELECT 1 ${hosts} WHERE wl.alert_id = ${alias}.id) OR EXISTS (
    SELECT 1 ${hosts} LEFT JOIN inventory_keys wk ON wk.alias = we.id LEFT JOIN inventory wi ON wi.id = wk.entity_id
    WHERE wl.alert_id = ${alias}.id AND coalesce(nullif(wi.properties ->> 'Group', ''), (${named}), '') = ANY(${groups}::text[])))`;
}

/** Whether one of an incident's alerts is within; with `all`, whether all are: for what would tell of the others. `number`: SQL. */
export function incidentWithin(sight: Sight, bind: Bind, number: string, all = false): string {
  if (sight.scope.whole) return 'true';
  const once = bindingOnce(bind);
  const of = (test: string): string =>
    `EXISTS (SELECT 1 FROM alerts wa WHERE wa.incident_number = ${number} AND ${test})`;
  const within = alertWithin(sight, once, 'wa');
  return all ? `(${of(within)} AND NOT ${of(`NOT ${within}`)})` : of(within);
}

/** Whether a case (`number`: SQL) is about nothing but incidents and alerts all of which is within, and about any. */
export function caseWithin(sight: Sight, bind: Bind, number: string): string {
  if (sight.scope.whole) return 'true';
  const once = bindingOnce(bind);
  const incident = incidentWithin(sight, once, 'wc.incident_number', true);
  const of = `FROM case_incidents wc WHERE wc.case_number = ${number}`;
  const alert = alertWithin(sight, once, 'wv');
  const evidence = `FROM case_evidence we JOIN alerts wv ON wv.id::text = we.reference WHERE we.kind = 'Alert' AND we.case_number = ${number}`;
  return `(EXISTS (SELECT 1 ${of}) AND NOT EXISTS (SELECT 1 ${of} AND NOT ${incident}) AND NOT EXISTS (SELECT 1 ${evidence} AND NOT ${alert}))`;
}

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

interface Shown {
  readonly number: number;
  readonly title: string;
  readonly description: string;
  readonly alert_count: number;
  readonly entity_count: number;
  readonly comment_count: number;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly rule_ids: readonly string[];
}
interface OfAlerts extends Pick<Shown, 'number' | 'title' | 'alert_count' | 'entity_count' | 'rule_ids'> {
  readonly outside: number;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
}

/** Rows of incidents; of one with alerts outside, what the others say of it, and how many are outside. */
export async function shownOf<T extends Shown>(
  db: Queryable,
  sight: Sight,
  rows: readonly T[],
): Promise<readonly (T & { readonly outside?: number })[]> {
  if (sight.scope.whole || rows.length === 0) return rows;
  const values: unknown[] = [rows.map(({ number }) => number)];
  const condition = alertWithin(sight, (value) => `$${values.push(value)}`);
  const found = await db.query<OfAlerts>(
    `WITH own AS (SELECT a.*, ${condition} AS w FROM alerts a WHERE a.incident_number = ANY($1))
     SELECT incident_number AS number, count(*) FILTER (WHERE w)::int AS alert_count, count(*) FILTER (WHERE NOT w)::int AS outside,
       coalesce((array_agg(name ORDER BY start_time, id) FILTER (WHERE w))[1], '') AS title, coalesce(array_agg(DISTINCT rule_id) FILTER (WHERE w), '{}') AS rule_ids,
       ARRAY(SELECT DISTINCT t FROM own o, unnest(o.tactics) t WHERE o.w AND o.incident_number = own.incident_number ORDER BY t) AS tactics,
       ARRAY(SELECT DISTINCT t FROM own o, unnest(o.techniques) t WHERE o.w AND o.incident_number = own.incident_number ORDER BY t) AS techniques,
       (SELECT count(DISTINCT l.entity_id)::int FROM own o JOIN alert_entities l ON l.alert_id = o.id WHERE o.w AND o.incident_number = own.incident_number) AS entity_count
     FROM own GROUP BY incident_number`,
    values,
  );
  const byNumber = new Map(found.map((one) => [one.number, one]));
  return rows.map((row) => {
    const told = byNumber.get(row.number);
    return told && told.outside > 0 ? { ...row, ...told, description: '', comment_count: 0 } : row;
  });
}
