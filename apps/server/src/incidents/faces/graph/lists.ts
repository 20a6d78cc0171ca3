import { SallyportError } from '@sallyport/contracts';
import type { Queryable } from '../../../platform/database/types.ts';
import { pageSql, Parameters, type ListOptions } from '../../../platform/odata/index.ts';
import { alertRows, type AlertRow } from '../../read.ts';
import type { IncidentRow } from '../../types.ts';
import type { CommentRow } from './objects.ts';
import { alertKey, alertProperties, incidentKey, incidentPropertiesWithin } from './properties.ts';
import { alertsWithin, alertWithin, bindingOnce, incidentWithin, type Sight } from '../../within.ts';

export interface Page<T> {
  readonly rows: readonly T[];
  /** The place of the last row, when there are more. */
  readonly next: readonly string[] | undefined;
  readonly count: number | undefined;
}

const newestFirst = [{ path: 'createdDateTime', descending: true }];

/** A page of at most `size` incidents, merged ones too. */
export async function pageOfIncidents(
  db: Queryable,
  options: ListOptions,
  size: number,
  sight: Sight,
): Promise<Page<IncidentRow>> {
  const parameters = new Parameters();
  const bind = bindingOnce((value) => parameters.bind(value));
  const within = incidentWithin(sight, bind, 'i.number', options.filter !== undefined);
  const properties = incidentPropertiesWithin(alertWithin(sight, bind));
  const page = pageSql(options, properties, { key: incidentKey, defaultOrder: newestFirst }, parameters);
  const filterValues = parameters.values.slice(0, page.filterParameters);
  const rows = await db.query<IncidentRow & { cursor: string[] }>(
    `SELECT i.*, ${page.cursor} AS cursor FROM incidents i WHERE ${within} AND (${page.where}) ORDER BY ${page.orderBy}
     LIMIT ${parameters.bind(size + 1)} OFFSET ${parameters.bind(options.skip)}`,
    parameters.values,
  );
  return pageOf(
    rows,
    size,
    await countOf(db, options, `incidents i WHERE ${within} AND (${page.filter})`, filterValues),
  );
}

/** A page of at most `size` alerts, those of no incident too. */
export async function pageOfAlerts(
  db: Queryable,
  options: ListOptions,
  size: number,
  sight: Sight,
): Promise<Page<AlertRow>> {
  const parameters = new Parameters();
  const within = alertWithin(sight, (value) => parameters.bind(value));
  const page = pageSql(options, alertProperties, { key: alertKey, defaultOrder: newestFirst }, parameters);
  const filterValues = parameters.values.slice(0, page.filterParameters);
  const rows = await alertRows<{ cursor: string[] }>(
    db,
    `${within} AND (${page.where}) ORDER BY ${page.orderBy} LIMIT ${parameters.bind(size + 1)} OFFSET ${parameters.bind(options.skip)}`,
    parameters.values,
    `, ${page.cursor} AS cursor`,
  );
  return pageOf(rows, size, await countOf(db, options, `alerts a WHERE ${within} AND (${page.filter})`, filterValues));
}

const pageOf = <T extends { cursor: string[] }>(rows: T[], size: number, count: number | undefined): Page<T> => ({
  rows: rows.slice(0, size),
  next: rows.length > size ? rows[size - 1]?.cursor : undefined,
  count,
});

async function countOf(
  db: Queryable,
  { count }: ListOptions,
  from: string,
  values: readonly unknown[],
): Promise<number | undefined> {
  if (!count) return undefined;
  return (await db.first<{ n: number }>(`SELECT count(*)::int AS n FROM ${from}`, values))?.n ?? 0;
}

/** Graph's id of an incident is its number. Throws NotFound. */
export async function incidentById(db: Queryable, id: string, sight?: Sight): Promise<IncidentRow> {
  const row = /^\d{1,9}$/.test(id)
    ? await db.first<IncidentRow>('SELECT * FROM incidents WHERE number = $1', [Number(id)])
    : undefined;
  if (row && (!sight || sight.scope.whole || (await alertsWithin(db, sight, row.number)).within > 0)) return row;
  throw new SallyportError('NotFound', `there is no incident ${id.slice(0, 100)}`);
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Throws NotFound. */
export async function alertById(db: Queryable, id: string, sight?: Sight): Promise<AlertRow> {
  const values: unknown[] = [id];
  const within = sight ? alertWithin(sight, (value) => `$${values.push(value)}`) : 'true';
  const [row] = uuid.test(id) ? await alertRows(db, `a.id = $1 AND ${within}`, values) : [];
  if (row) return row;
  throw new SallyportError('NotFound', `there is no alert ${id.slice(0, 100)}`);
}

/** An incident brings its first alerts; the list of alerts has all. */
const expandedAlertsMax = 500;

/** The first alerts of some incidents, by number. */
export async function alertsOfIncidents(
  db: Queryable,
  numbers: readonly number[],
  sight: Sight,
): Promise<Map<number, AlertRow[]>> {
  const values: unknown[] = [numbers, expandedAlertsMax];
  const within = alertWithin(sight, (value) => `$${values.push(value)}`, 'w');
  const rows = await alertRows(
    db,
    `a.id IN (SELECT f.id FROM unnest($1::int[]) AS x(number),
       LATERAL (SELECT id FROM alerts w WHERE incident_number = x.number AND ${within} ORDER BY start_time, id LIMIT $2) f) ORDER BY a.start_time, a.id`,
    values,
  );
  return Map.groupBy(rows, (row) => row.incident_number ?? 0);
}

/** Comments of some incidents, by number, oldest first. */
export async function commentsOfIncidents(
  db: Queryable,
  numbers: readonly number[],
): Promise<Map<number, CommentRow[]>> {
  const rows = await db.query<CommentRow & { number: number }>(
    `SELECT incident_number AS number, at, by, text FROM incident_activities WHERE incident_number = ANY($1) AND kind = 'comment' ORDER BY id`,
    [numbers],
  );
  return Map.groupBy(rows, (row) => row.number);
}

/** Comments of some alerts, by id, oldest first. */
export async function commentsOfAlerts(db: Queryable, ids: readonly string[]): Promise<Map<string, CommentRow[]>> {
  const rows = await db.query<CommentRow & { id: string }>(
    'SELECT c.alert_id AS id, c.at, c.by, c.text FROM alert_comments c WHERE c.alert_id = ANY($1::uuid[]) ORDER BY c.id',
    [ids],
  );
  return Map.groupBy(rows, (row) => row.id);
}
