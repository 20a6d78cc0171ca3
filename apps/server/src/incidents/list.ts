import { SallyportError, type IncidentSummary, type QueryOf, type incidentRoutes } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/types.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { listConditions } from './list-filter.ts';
import { toSummary } from './read.ts';
import { serviceLevels } from './service-levels.ts';
import type { IncidentRow } from './types.ts';
import { alertWithin, incidentWithin, shownOf, type Sight } from './within.ts';

type ListQuery = QueryOf<typeof incidentRoutes.listIncidents>;

interface Sort {
  readonly sql: string;
  readonly type: 'timestamptz' | 'int';
  readonly value: RegExp;
}
const time = /^\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d){0,2}$/;
const whole = /^\d{1,9}$/;

/** Each with an index that has its order. */
const sorts: Readonly<Record<ListQuery['sort'], Sort>> = {
  lastUpdatedAt: { sql: 'updated_at', type: 'timestamptz', value: time },
  createdAt: { sql: 'created_at', type: 'timestamptz', value: time },
  severity: {
    sql: "array_position(ARRAY['Informational', 'Low', 'Medium', 'High'], severity)",
    type: 'int',
    value: whole,
  },
  number: { sql: 'number', type: 'int', value: whole },
  alertCount: { sql: 'alert_count', type: 'int', value: whole },
};

/**
 * The queue, a page at a time: `nextCursor` is the place of the last row, so that incidents which come or change meanwhile neither repeat nor hide others. Merged incidents are
 * left out, unless asked for by number. `now`: for service levels. Throws BadRequest for a cursor that is none of this sort.
 */
export async function listIncidents(
  db: Queryable,
  query: ListQuery,
  now: Date,
  sight?: Sight,
): Promise<{ total: number; incidents: IncidentSummary[]; nextCursor: string | null }> {
  const parameters: unknown[] = [];
  const parameter = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = conditionsOf(query, parameter, sight);
  // What is asked of all alerts of an incident would tell of those outside.
  const ofAlerts = [query.rule, query.tactic, query.technique, query.alertsMin].some((asked) => asked !== undefined);
  if (sight) conditions.push(incidentWithin(sight, parameter, 'incidents.number', ofAlerts));
  conditions.push(...listConditions(query, parameter, await serviceLevels(db), now));
  const where = conditions.join(' AND ');
  const total = await db.first<{ total: number }>(
    `SELECT count(*)::int AS total FROM incidents WHERE ${where}`,
    parameters,
  );
  // Both are of closed sets, checked by the route's schema.
  const sort = sorts[query.sort];
  const [order, beyond] = query.order === 'asc' ? ['ASC', '>'] : ['DESC', '<'];
  const after = afterCursor(query, sort, beyond, parameter);
  const rows = await db.query<IncidentRow & { place: string }>(
    `SELECT *, (${sort.sql})::text AS place FROM incidents WHERE ${where}${after} ORDER BY ${sort.sql} ${order}, number ${order}
     LIMIT ${parameter(query.limit + 1)} OFFSET ${parameter(query.offset)}`,
    parameters,
  );
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return {
    total: total?.total ?? 0,
    incidents: (sight ? await shownOf(db, sight, page) : page).map(toSummary),
    nextCursor: last ? writeCursor([last.place, String(last.number)]) : null,
  };
}

function conditionsOf(query: ListQuery, parameter: (value: unknown) => string, sight: Sight | undefined): string[] {
  const search = query.search?.trim();
  const [, only, digits] = /^(#?)(\d{1,9})$/.exec(search ?? '') ?? [];
  const number = digits === undefined ? undefined : Number(digits);
  // `#12` is that incident alone; `12` may be part of a name or an address too.
  if (only === '#') return [`number = ${parameter(number)}`];
  return [
    ...(number === undefined ? ['redirected_to IS NULL'] : []),
    ...(search ? [`(${searchConditions(search, number, parameter, sight).join(' OR ')})`] : ['true']),
  ];
}

/** Incidents that a search for entities looks into: of a word that is everywhere, some are enough. */
const foundEntitiesMax = 10_000;

function searchConditions(
  search: string,
  number: number | undefined,
  parameter: (value: unknown) => string,
  sight: Sight | undefined,
): string[] {
  const pattern = parameter(`%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
  return [
    sight && !sight.scope.whole
      ? `EXISTS (SELECT 1 FROM alerts a WHERE a.incident_number = number AND lower(a.name) LIKE ${pattern} AND ${alertWithin(sight, parameter)})`
      : `lower(title) LIKE ${pattern}`,
    `number IN (SELECT n.incident_number FROM (SELECT id FROM entities WHERE lower(name) LIKE ${pattern} LIMIT ${foundEntitiesMax}) e
       JOIN ${sight && !sight.scope.whole ? `(SELECT l.entity_id, a.incident_number FROM alert_entities l JOIN alerts a ON a.id = l.alert_id WHERE ${alertWithin(sight, parameter)})` : 'incident_entities'} n ON n.entity_id = e.id)`,
    ...(number === undefined ? [] : [`number = ${parameter(number)}`]),
  ];
}

function afterCursor(query: ListQuery, sort: Sort, beyond: string, parameter: (value: unknown) => string): string {
  if (query.cursor === undefined) return '';
  const [value, number] = readCursor(query.cursor);
  if (!sort.value.test(value) || !whole.test(number))
    throw new SallyportError('BadRequest', 'the `cursor` is of another sort', { target: 'query.cursor' });
  return ` AND (${sort.sql}, number) ${beyond} (${parameter(value)}::${sort.type}, ${parameter(Number(number))}::int)`;
}
