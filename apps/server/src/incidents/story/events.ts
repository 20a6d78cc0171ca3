import {
  SallyportError,
  type Cell,
  type Column,
  type Entity,
  type StoryEvent,
  type StoryEvents,
} from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import type { Queryable } from '../../platform/database/types.ts';
import { askedRows, type Asked } from './ask.ts';
import { incidentRow } from './read.ts';

/** Runs of rules whose rows make one page: each is a query. */
const runsPerPage = 6;
const rowsAsked = 500;
const rowsPerRun = 100;
const concludedMax = 300;
const dayMs = 86_400_000;
const fieldsMax = 24;
const fieldCharsMax = 400;

/**
 * What the logs tell of an incident's time. Page 0: anomalies and activities about its entities; the pages after it: rows behind its alerts, as their rules found them. A
 * query that fails is told as a note, and the others' rows come. Throws NotFound.
 */
export async function readEvents(
  { database, queries }: { readonly database: Queryable; readonly queries: Queries },
  number: number,
  page: number,
  asked: Asked,
): Promise<StoryEvents> {
  const incident = await incidentRow(database, number);
  if (page === 0) {
    const timespan = {
      from: new Date(incident.first_activity_at.getTime() - dayMs),
      to: new Date(incident.last_activity_at.getTime() + dayMs),
    };
    const entities = await database.query<Entity>(
      `SELECT DISTINCT e.id, e.kind, e.name, e.identifiers, e.strong FROM alerts a JOIN alert_entities l ON l.alert_id = a.id JOIN entities e ON e.id = l.entity_id
       WHERE a.incident_number = $1 AND e.kind IN ('Account', 'Host', 'IP') ORDER BY e.id LIMIT 500`,
      [number],
    );
    return { ...(await concluded(queries, entities, timespan, asked)), next: 1 };
  }
  const runs = await database.query<Run>(
    `SELECT query, query_from, query_to, (array_agg(id ORDER BY start_time, id))[1:100] AS ids, min(start_time) AS first_at,
       (array_agg(name ORDER BY start_time, id))[1] AS name
     FROM alerts WHERE incident_number = $1 GROUP BY query, query_from, query_to ORDER BY first_at, query_from, query_to, query LIMIT $2 OFFSET $3`,
    [number, runsPerPage + 1, (page - 1) * runsPerPage],
  );
  const answers = await Promise.all(
    runs.slice(0, runsPerPage).map(async (run) => {
      try {
        return await rowsOf(database, queries, run, asked);
      } catch (error) {
        if (!(error instanceof SallyportError)) throw error;
        return { events: [], notes: [`The rows of “${run.name}” could not be read: ${error.message}`] };
      }
    }),
  );
  return {
    events: answers.flatMap(({ events }) => events),
    notes: answers.flatMap(({ notes }) => notes),
    next: runs.length > runsPerPage ? page + 1 : null,
  };
}

/** Alerts that one query over one time gave. */
interface Run {
  readonly query: string;
  readonly query_from: Date;
  readonly query_to: Date;
  readonly ids: readonly string[];
  readonly first_at: Date;
  readonly name: string;
}
interface Sought {
  readonly alert_id: string;
  readonly id: string;
  readonly identifiers: Readonly<Record<string, string>>;
}

async function rowsOf(
  db: Queryable,
  queries: Queries,
  run: Run,
  asked: Asked,
): Promise<{ events: StoryEvent[]; notes: string[] }> {
  const timespan = { from: run.query_from, to: run.query_to };
  const [answer, sought] = await Promise.all([
    queries.run({ ...asked, query: run.query, timespan, now: timespan.to, maxRows: rowsAsked, operation: 'alert' }),
    db.query<Sought>(
      `SELECT l.alert_id, e.id, e.identifiers FROM alert_entities l JOIN entities e ON e.id = l.entity_id
       WHERE l.alert_id = ANY($1::uuid[]) ORDER BY l.alert_id, l.position LIMIT 2000`,
      [run.ids],
    ),
  ]);
  const time = timeColumn(answer.columns);
  const all = answer.rows.flatMap((row, index): StoryEvent[] => {
    const found = concerned(row, sought);
    // The same run may have found rows of others: their alerts are in other incidents.
    if (sought.length > 0 && found.entityIds.length === 0) return [];
    const cell = time === undefined ? undefined : row[time];
    const at = typeof cell === 'string' && !Number.isNaN(Date.parse(cell)) ? new Date(cell) : run.first_at;
    const fields = fieldsOf(answer.columns, row);
    return [
      {
        id: `row:${run.ids[0] ?? ''}:${index}`,
        at: at.toISOString(),
        kind: 'row',
        title: titleOf(answer.columns, row) ?? run.name,
        text: fields
          .slice(0, 6)
          .map(({ name, value }) => `${name}: ${value}`)
          .join(' · ')
          .slice(0, 600),
        alertIds: found.alertIds.length > 0 ? found.alertIds : run.ids.slice(0, 20),
        entityIds: found.entityIds,
        fields,
      },
    ];
  });
  const cut = all.length > rowsPerRun || answer.rows.length >= rowsAsked;
  return {
    events: all.slice(0, rowsPerRun),
    notes: cut ? [`“${run.name}” found more rows than are shown here.`] : [],
  };
}

/** The identifiers that name a thing by themselves. Shorter ones are in too many texts. */
const naming = [
  'Name',
  'HostName',
  'Address',
  'CommandLine',
  'Value',
  'Url',
  'DomainName',
  'ResourceId',
  'Sid',
  'AadUserId',
  'MailboxPrimaryAddress',
  'NetworkMessageId',
  'Key',
];
const nameCharsMin = 3;

/** Which of the alerts' entities a row names, and the alerts of those it names most of. */
export function concerned(
  row: readonly Cell[],
  sought: readonly Sought[],
): { alertIds: string[]; entityIds: string[] } {
  const text = row
    .map((cell) => (cell === null ? '' : String(cell)))
    .join('\n')
    .toLowerCase();
  const found = sought.filter(({ identifiers }) =>
    naming.some((name) => {
      const value = identifiers[name]?.toLowerCase() ?? '';
      return value.length >= nameCharsMin && text.includes(value);
    }),
  );
  const hits = Map.groupBy(found, (one) => one.alert_id);
  const most = Math.max(0, ...[...hits.values()].map((all) => all.length));
  return {
    alertIds: [...hits]
      .filter(([, all]) => all.length === most)
      .map(([id]) => id)
      .slice(0, 20),
    entityIds: [...new Set(found.map(({ id }) => id))].slice(0, 50),
  };
}

const timeNames = ['TimeGenerated', 'Timestamp', 'EventStartTime', 'StartTime', 'EventTime', 'FirstSeen'];

function timeColumn(columns: readonly Column[]): number | undefined {
  const times = columns.flatMap(({ name, type }, index) => (type === 'datetime' ? [{ name, index }] : []));
  for (const wanted of timeNames) {
    const found = times.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
    if (found) return found.index;
  }
  return times[0]?.index;
}

const titleNames = [
  'Activity',
  'ActionType',
  'OperationName',
  'Operation',
  'EventName',
  'MethodName',
  'EventType',
  'AlertName',
  'TargetProcessCommandLine',
  'ProcessCommandLine',
  'CommandLine',
];

function titleOf(columns: readonly Column[], row: readonly Cell[]): string | undefined {
  for (const name of titleNames) {
    const index = columns.findIndex((column) => column.name === name);
    const value = index < 0 ? null : (row[index] ?? null);
    if (typeof value === 'string' && value !== '') return value.slice(0, 200);
  }
  return undefined;
}

const plain = new Set(['TenantId', 'Type', 'SourceSystem', '_ItemId', '_ResourceId', '_IngestedAt', '_TimeReceived']);

const fieldsOf = (columns: readonly Column[], row: readonly Cell[]): StoryEvent['fields'] =>
  columns
    .flatMap(({ name, type }, index) => {
      const cell = row[index] ?? null;
      if (cell === null || cell === '' || plain.has(name) || (type === 'datetime' && timeNames.includes(name)))
        return [];
      const text = String(cell);
      return [{ name, value: text.length > fieldCharsMax ? `${text.slice(0, fieldCharsMax)}…` : text }];
    })
    .slice(0, fieldsMax);

const Row = z.object({
  id: z.string(),
  at: z.string(),
  kind: z.enum(['anomaly', 'activity']),
  title: z.string(),
  text: z.string(),
  about: z.string(),
});

/** Anomalies that count, and activities that behaviour analytics found worth a look, about accounts, devices and addresses. */
const concludedQuery = `declare query_parameters(names:dynamic);
union
  (Anomalies
  | where RuleStatus == 'Production'
  | extend About = pack_array(tolower(UserPrincipalName), tolower(UserName), tolower(SourceDevice), tolower(DestinationDevice), SourceIpAddress, DestinationIpAddress)
  | where tolower(UserPrincipalName) in (names) or tolower(UserName) in (names) or tolower(SourceDevice) in (names) or tolower(DestinationDevice) in (names)
      or SourceIpAddress in (names) or DestinationIpAddress in (names)
  | extend Received = coalesce(_TimeReceived, TimeGenerated)
  | summarize arg_max(Received, *) by Id
  | top ${concludedMax} by Score desc
  | project ['id'] = strcat('anomaly:', Id), ['at'] = StartTime, ['kind'] = 'anomaly', ['title'] = RuleName, ['text'] = Description, ['about'] = tostring(About)),
  (BehaviorAnalytics
  | where InvestigationPriority > 0
  | where tolower(UserPrincipalName) in (names) or tolower(UserName) in (names) or tolower(SourceDevice) in (names) or tolower(DestinationDevice) in (names) or SourceIPAddress in (names)
  | top ${concludedMax} by InvestigationPriority desc
  | project ['id'] = strcat('activity:', SourceRecordId, ActionType, UserName, TimeGenerated), ['at'] = TimeGenerated, ['kind'] = 'activity', ['title'] = iff(isempty(ActionType), ActivityType, strcat(ActivityType, ': ', ActionType)),
      ['text'] = strcat(UserName, iff(isempty(SourceDevice), '', strcat(' from ', SourceDevice)), iff(isempty(SourceIPAddress), '', strcat(' (', SourceIPAddress, ')')), ', priority ', InvestigationPriority),
      ['about'] = tostring(pack_array(tolower(UserPrincipalName), tolower(UserName), tolower(SourceDevice), tolower(DestinationDevice), SourceIPAddress)))`;

async function concluded(
  queries: Queries,
  entities: readonly Entity[],
  timespan: { readonly from: Date; readonly to: Date },
  asked: Asked,
): Promise<Pick<StoryEvents, 'events' | 'notes'>> {
  const names = new Map<string, string[]>();
  for (const entity of entities)
    for (const name of namesOf(entity)) names.set(name, [...(names.get(name) ?? []), entity.id]);
  if (names.size === 0) return { events: [], notes: [] };
  try {
    const rows = await askedRows(queries, Row, {
      ...asked,
      query: concludedQuery,
      parameters: { names: JSON.stringify([...names.keys()]) },
      timespan,
      maxRows: 2 * concludedMax,
    });
    return {
      events: rows.map(({ about, at, ...row }) => ({
        ...row,
        at: new Date(at).toISOString(),
        alertIds: [],
        entityIds: [...new Set(listOf(about).flatMap((name) => names.get(name) ?? []))].slice(0, 50),
        fields: [],
      })),
      notes: rows.length >= 2 * concludedMax ? ['There are more anomalies and activities than are shown here.'] : [],
    };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { events: [], notes: [`Anomalies and activities could not be read: ${error.message}`] };
  }
}

const listOf = (text: string): string[] => z.array(z.string()).catch([]).parse(JSON.parse(text));

/** What those tables may call an entity, in lower case. */
function namesOf({ kind, identifiers: i }: Entity): string[] {
  const joined = (name: string | undefined, mark: string, domain: string | undefined) =>
    name && domain ? [`${name}${mark}${domain}`] : [];
  const all =
    kind === 'Account'
      ? [i['Name'], ...joined(i['Name'], '@', i['UPNSuffix']), ...joined(i['Name'], '@', i['DnsDomain'])]
      : kind === 'Host'
        ? [i['HostName'], ...joined(i['HostName'], '.', i['DnsDomain'])]
        : [i['Address']];
  return all.flatMap((name) => (name === undefined || name === '' ? [] : [name.toLowerCase()]));
}
