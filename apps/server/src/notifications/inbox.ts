import {
  mentionsOf,
  SallyportError,
  type Handover,
  type Notification,
  type NotificationKind,
} from '@sallyport/contracts';
import type { Directory } from '../identity/index.ts';
import { incidentWithin, type Sight, type WorkEvent } from '../incidents/index.ts';
import type { Queryable } from '../platform/database/types.ts';

/** What one person is told of one thing. */
interface Told {
  readonly people: readonly string[];
  readonly at: Date;
  readonly kind: NotificationKind;
  readonly title: string;
  readonly text: string;
  readonly by: string;
  readonly subject: 'incident' | 'case' | null;
  readonly number: number | null;
}

const textCharsMax = 300;
/** More than anyone reads; older ones go. */
export const keptPerPerson = 500;
export const keptDays = 90;

const shortened = (text: string): string => (text.length > textCharsMax ? `${text.slice(0, textCharsMax - 1)}…` : text);

/** Tells people of mentions, of work that was given to them, and of service levels that were missed. Nobody is told of what they did themselves. */
export async function tellPeople(
  tx: Queryable,
  directory: Directory,
  events: readonly WorkEvent[],
  now: Date,
): Promise<void> {
  const wanted = events.flatMap((event) => tellings(event).map((telling) => ({ event, ...telling })));
  if (wanted.length === 0) return;
  const known = await directory.named(tx, [
    ...new Set([...wanted.flatMap(({ names }) => names ?? []), ...events.map(({ by }) => by)]),
  ]);
  const anyone = wanted.some(({ names }) => names === null) ? await directory.holding(tx, 'alerts.manage', now) : [];
  await insert(
    tx,
    wanted.map(({ event, kind, title, text, names }): Told => {
      const people = names === null ? anyone : names.flatMap((name) => known.get(name) ?? []);
      const self = known.get(event.by) ?? [];
      return {
        people: [...new Set(people)].filter((id) => !self.includes(id)),
        at: event.at,
        kind,
        title,
        text: shortened(text),
        by: event.by,
        subject: event.subject,
        number: event.number,
      };
    }),
  );
}

interface Telling {
  readonly kind: NotificationKind;
  readonly title: string;
  readonly text: string;
  /** Null: whoever may work on it. */
  readonly names: readonly string[] | null;
}

/** What an event tells whom. */
export function tellings({ subject, number, kind, by, text, changes, item }: WorkEvent): Telling[] {
  const of = `${subject} ${number}`;
  const owner = changes['owner']?.to;
  const assignee = changes['taskAssignee']?.to;
  const mentioned = kind === 'comment' ? mentionsOf(text) : [];
  return [
    ...(mentioned.length > 0
      ? [{ kind: 'mention', title: `${by} mentioned you in ${of}`, text, names: mentioned } as const]
      : []),
    ...(owner
      ? [{ kind: 'assignment', title: `${by} gave ${of} to ${owner}`, text: item.title, names: [owner] } as const]
      : []),
    ...(assignee
      ? [
          {
            kind: 'taskAssignment',
            title: `${by} gave a task of ${of} to ${assignee}`,
            text: changes['task']?.to ?? '',
            names: [assignee],
          } as const,
        ]
      : []),
    ...(kind === 'serviceLevelBreached'
      ? [
          {
            kind: 'serviceLevel',
            title: `${text.split(':')[0] ?? text} in ${of}`,
            text: item.title,
            names: item.owner === null ? null : [item.owner],
          } as const,
        ]
      : []),
  ];
}

/** Tells those whom a hand-over is for. */
export async function tellHandover(tx: Queryable, directory: Directory, handover: Handover): Promise<void> {
  const known = await directory.named(tx, [...handover.to, handover.by]);
  const self = known.get(handover.by) ?? [];
  await insert(tx, [
    {
      people: [...new Set(handover.to.flatMap((name) => known.get(name) ?? []))].filter((id) => !self.includes(id)),
      at: new Date(handover.at),
      kind: 'handover',
      title: `${handover.by} handed over`,
      text: shortened(handover.text),
      by: handover.by,
      subject: null,
      number: null,
    },
  ]);
}

async function insert(tx: Queryable, told: readonly Told[]): Promise<void> {
  const rows = told.flatMap(({ people, ...rest }) => people.map((person_id) => ({ person_id, ...rest })));
  if (rows.length === 0) return;
  await tx.execute(
    `INSERT INTO notifications (person_id, at, kind, title, text, by, subject, number)
     SELECT person_id, at, kind, title, text, by, subject, number
     FROM jsonb_to_recordset($1::jsonb) AS x(person_id uuid, at timestamptz, kind text, title text, text text, by text, subject text, number int)`,
    [JSON.stringify(rows)],
  );
}

interface NotificationRow extends Omit<Told, 'people'> {
  readonly id: number;
  readonly read_at: Date | null;
}

/** Who sees a part of the data is told of incidents with an alert within, and of nothing else. */
const withinOf = (sight: Sight, values: unknown[]): string =>
  sight.scope.whole
    ? 'true'
    : `n.subject = 'incident' AND ${incidentWithin(sight, (value) => `$${values.push(value)}`, 'n.number')}`;

export async function unreadOf(db: Queryable, person: string, sight: Sight): Promise<number> {
  const values: unknown[] = [person];
  const unread = await db.first<{ n: number }>(
    `SELECT count(*)::int AS n FROM notifications n WHERE person_id = $1 AND read_at IS NULL AND ${withinOf(sight, values)}`,
    values,
  );
  return unread?.n ?? 0;
}

/** Newest first. */
export async function notificationsOf(
  db: Queryable,
  person: string,
  page: { readonly limit: number; readonly before: number | undefined },
  sight: Sight,
): Promise<Notification[]> {
  const values: unknown[] = [person, page.before ?? null, page.limit];
  const rows = await db.query<NotificationRow>(
    `SELECT id, at, kind, title, text, by, subject, number, read_at FROM notifications n
     WHERE person_id = $1 AND ${withinOf(sight, values)} AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    values,
  );
  return rows.map((row) => ({
    id: row.id,
    at: row.at.toISOString(),
    kind: row.kind,
    title: row.title,
    text: row.text,
    by: row.by,
    parent: row.subject === null || row.number === null ? null : { kind: row.subject, number: row.number },
    readAt: row.read_at?.toISOString() ?? null,
  }));
}

/** Throws NotFound for one that is not the person's. */
export async function markRead(
  db: Queryable,
  person: string,
  which: { readonly id: number } | { readonly upTo: number },
  now: Date,
): Promise<void> {
  if ('upTo' in which)
    return void (await db.execute(
      'UPDATE notifications SET read_at = $3 WHERE person_id = $1 AND id <= $2 AND read_at IS NULL',
      [person, which.upTo, now],
    ));
  const found = await db.execute(
    'UPDATE notifications SET read_at = coalesce(read_at, $3) WHERE person_id = $1 AND id = $2',
    [person, which.id, now],
  );
  if (found === 0) throw new SallyportError('NotFound', `there is no notification ${which.id}`);
}

/** Removes what is old, and what is past 500 of a person. */
export async function forgetNotifications(db: Queryable, now: Date): Promise<void> {
  await db.execute('DELETE FROM notifications WHERE at < $1', [new Date(now.getTime() - keptDays * 86_400_000)]);
  await db.execute(
    `DELETE FROM notifications WHERE id IN (
       SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY person_id ORDER BY id DESC) AS place FROM notifications) AS n WHERE place > $1)`,
    [keptPerPerson],
  );
}
