import { SallyportError, TimelineKind, type EntityTimelineItem, type Severity } from '@sallyport/contracts';
import { z } from 'zod';
import { alertWithin, type Sight } from '../incidents/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { askable, boundQuery, type Span } from './content/bind.ts';
import { kqlText, kqlTime, withLets } from './content/kql.ts';
import type { Activity, EntityContent } from './content/load.ts';
import { letsOf, subjectOf, type Subject } from './content/subject.ts';
import { alertOf, type EntityPlace } from './place.ts';
import { aliasesOf, type KnownEntity } from './store.ts';
import type { Principal } from '../platform/principal.ts';

export interface TimelineAsked {
  readonly span: Span;
  readonly kinds: readonly TimelineKind[];
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly as: Principal;
  readonly sight: Sight;
  readonly now: Date;
  readonly signal?: AbortSignal;
}
export interface TimelineParts {
  readonly database: Queryable;
  readonly content: EntityContent;
  readonly place: EntityPlace;
}
export interface Timeline {
  readonly items: EntityTimelineItem[];
  readonly cursor: string | null;
  readonly problems: string[];
}

/** As many more of each kind as may have the same moment as the last of a page. */
const slack = 50;
const limits = { seconds: 60 };

/** What happened with an entity, newest first: of each kind the newest are asked, and laid over each other. What fails is told beside what did not. */
export async function readTimeline(parts: TimelineParts, entity: KnownEntity, asked: TimelineAsked): Promise<Timeline> {
  const after = asked.cursor === undefined ? undefined : readCursor(asked.cursor);
  const until = after ? new Date(Math.min(asked.span.to.getTime(), Date.parse(after[0]) + 1)) : asked.span.to;
  const span = { from: asked.span.from, to: until };
  const subject = subjectOf(entity);
  const size = asked.limit + slack;
  const readers: Record<TimelineKind, () => Promise<EntityTimelineItem[]>> = {
    Alert: () => alerts(parts, entity, span, size, asked.sight),
    Anomaly: () => anomalies(parts, subject, span, size, asked),
    Activity: () => activities(parts, subject, span, size, asked),
    Bookmark: () => bookmarks(parts, subject, span, size, asked),
  };
  const problems: string[] = [];
  const found = await Promise.all(
    asked.kinds.map((kind) =>
      readers[kind]().catch((error: unknown) => {
        if (!(error instanceof SallyportError) || asked.signal?.aborted) throw error;
        problems.push(`${kind}: ${error.message}`);
        return [];
      }),
    ),
  );
  const items = found
    .flat()
    .filter((item) => !after || isAfter(item, after))
    .toSorted((a, b) => (isAfter(a, [b.at, b.id]) ? 1 : -1));
  const page = items.slice(0, asked.limit);
  const last = items.length > asked.limit ? page.at(-1) : undefined;
  return {
    items: page,
    cursor: last ? Buffer.from(JSON.stringify([last.at, last.id])).toString('base64url') : null,
    problems,
  };
}

type Place = readonly [at: string, id: string];
/** Whether an item comes further down than a place. */
const isAfter = (item: { at: string; id: string }, [at, id]: Place): boolean =>
  item.at < at || (item.at === at && item.id < id);

function readCursor(text: string): Place {
  try {
    return z.tuple([z.iso.datetime(), z.string()]).parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch {
    throw new SallyportError('BadRequest', 'this is no cursor of this timeline', { target: 'cursor' });
  }
}

async function alerts(
  { database, place }: TimelineParts,
  entity: KnownEntity,
  span: Span,
  size: number,
  sight: Sight,
): Promise<EntityTimelineItem[]> {
  const values: unknown[] = [aliasesOf(entity), span.from, span.to, size];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const rows = await database.query<{
    id: string;
    name: string;
    description: string;
    severity: Severity;
    start_time: Date;
    end_time: Date;
    incident_number: number | null;
  }>(
    `SELECT id, name, description, severity, start_time, end_time, incident_number FROM alerts a
     WHERE id IN (SELECT alert_id FROM alert_entities WHERE entity_id = ANY($1)) AND ${alertWithin(sight, bind)} AND ${alertOf(place, bind)} AND end_time >= $2 AND end_time < $3 ORDER BY end_time DESC, id DESC LIMIT $4`,
    values,
  );
  return rows.map((row) => ({
    id: row.id,
    kind: 'Alert',
    at: row.end_time.toISOString(),
    from: row.start_time.toISOString(),
    title: row.name,
    text: row.description,
    count: 1,
    severity: row.severity,
    incidentNumber: row.incident_number,
    query:
      place.securityAlert === undefined ? '' : `${place.securityAlert}\n| where SystemAlertId == ${kqlText(row.id)}`,
  }));
}

const Item = z.tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.coerce.number()]);
const iso = (text: string): string => new Date(text).toISOString();

/** Rows of `Id, StartTime, EndTime, Title, Text, Count`. */
async function ask(
  { place: { queries } }: TimelineParts,
  query: string,
  { as, now, signal }: TimelineAsked,
  item: (row: z.infer<typeof Item>) => Pick<EntityTimelineItem, 'kind' | 'query'>,
): Promise<EntityTimelineItem[]> {
  const answer = await queries.run({
    query,
    now,
    maxRows: 1_000,
    as,
    operation: 'hunting',
    limits,
    ...(signal ? { signal } : {}),
  });
  return answer.rows.map((row) => {
    const read = Item.parse(row);
    const [id, from, at, title, text, count] = read;
    return {
      id,
      from: iso(from),
      at: iso(at),
      title,
      text,
      count,
      severity: null,
      incidentNumber: null,
      ...item(read),
    };
  });
}

const columns = 'project Id, StartTime, EndTime, Title, Text, Count';
const lets = (subject: Subject, span: Span): Record<string, string> => ({
  ...letsOf(subject),
  timeFrom: kqlTime(span.from),
  timeTo: kqlTime(span.to),
});

async function anomalies(parts: TimelineParts, subject: Subject, span: Span, size: number, asked: TimelineAsked) {
  const { kind } = subject;
  const about =
    kind === 'Account'
      ? 'tolower(UserPrincipalName) in (Account_Names) or tolower(UserName) in (Account_Names) or (isempty(UserPrincipalName) and tolower(UserName) in (Account_Shorts))'
      : kind === 'Host'
        ? 'tolower(SourceDevice) in (Host_Names) or tolower(DestinationDevice) in (Host_Names)'
        : kind === 'IP'
          ? 'SourceIpAddress == IP_Address or DestinationIpAddress == IP_Address'
          : undefined;
  if (about === undefined || !parts.place.filled.has('Anomalies')) return [];
  const query = `Anomalies
| where TimeGenerated >= timeFrom and RuleStatus == 'Production'
| where ${about}
| summarize arg_max(_TimeReceived, *) by Id
| extend EndTime = coalesce(EndTime, TimeGenerated)
| extend StartTime = coalesce(StartTime, EndTime), Title = RuleName, Text = Description, Count = 1
| where EndTime >= timeFrom and EndTime < timeTo
| top ${size} by EndTime desc
| ${columns}`;
  return ask(parts, withLets(lets(subject, span), query), asked, ([id]) => ({
    kind: 'Anomaly',
    query: `Anomalies\n| where Id == ${kqlText(id)}`,
  }));
}

async function bookmarks(parts: TimelineParts, subject: Subject, span: Span, size: number, asked: TimelineAsked) {
  if (!parts.place.filled.has('HuntingBookmark')) return [];
  const query = `HuntingBookmark
| summarize arg_max(TimeGenerated, *) by BookmarkId
| where not(coalesce(SoftDeleted, false)) and (Entities has_any (Entity_Terms) or QueryResultRow has_any (Entity_Terms))
| extend EndTime = coalesce(EventTime, CreatedTime, TimeGenerated)
| extend Id = BookmarkId, StartTime = EndTime, Title = BookmarkName, Text = Notes, Count = 1
| where EndTime >= timeFrom and EndTime < timeTo
| top ${size} by EndTime desc
| ${columns}`;
  return ask(parts, withLets(lets(subject, span), query), asked, ([id]) => ({
    kind: 'Bookmark',
    query: `HuntingBookmark\n| where BookmarkId == ${kqlText(id)}`,
  }));
}

/** `a {{Column}} b` as KQL. Columns are checked when the query is compiled. */
export function templateKql(template: string): string {
  const parts = template
    .split(/\{\{([A-Za-z_]\w*)\}\}/)
    .map((piece, i) => (i % 2 === 1 ? `tostring(${piece})` : piece === '' ? undefined : kqlText(piece)))
    .filter((piece) => piece !== undefined);
  return parts.length === 1 ? `strcat(${parts[0] ?? "''"}, '')` : `strcat(${parts.join(', ')})`;
}

/** Activities of a kind as one query: each a function of its own, since each may have `let` statements of its own. */
export function activitiesQuery(wanted: readonly Activity[], subject: Subject, span: Span, size: number): string {
  const texts = wanted.map((activity, at) => {
    const body = boundQuery(activity.query, subject, span);
    return `let activity${at} = () {\n${body}\n| where EndTime < timeTo and EndTime >= timeFrom\n| top ${size} by EndTime desc
| project Id = ${kqlText(activity.id)}, StartTime, EndTime, Title = ${templateKql(activity.title)}, Text = ${templateKql(activity.content)}, Count = tolong(Count) };`;
  });
  const all = wanted.map((_, at) => `activity${at}()`).join(', ');
  return `${texts.join('\n')}\nunion ${all}\n| top ${size} by EndTime desc\n| ${columns}`;
}

async function activities(parts: TimelineParts, subject: Subject, span: Span, size: number, asked: TimelineAsked) {
  const wanted = askable(parts.content.activities, subject, parts.place.filled);
  if (wanted.length === 0) return [];
  const byId = new Map(wanted.map((activity) => [activity.id, activity]));
  const found = await ask(parts, activitiesQuery(wanted, subject, span, size), asked, ([id, from, at]) => {
    const activity = byId.get(id);
    const rows = { from: new Date(from), to: new Date(Date.parse(at) + 1) };
    return { kind: 'Activity', query: activity ? boundQuery(activity.query, subject, rows) : '' };
  });
  // An activity comes more than once.
  return found.map((item) => ({ ...item, id: `${item.id}|${item.from}|${item.title}`.slice(0, 400) }));
}
