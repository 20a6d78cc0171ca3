import {
  SallyportError,
  type PrivilegedDeed,
  type PrivilegedSession,
  type privilegedSessionRoutes,
} from '@sallyport/contracts';
import { z } from 'zod';
import type { Queries } from '../hunting/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { requireCaller, type Caller, type Handlers } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { holdingAnswers } from './answers.ts';
import { askerOf } from './caller.ts';
import { deedsOf, deedsMax } from './deeds.ts';
import type { Requests } from './requests.ts';
import { holdings, listedMax } from './store.ts';
import { principalsOf } from './targets.ts';
import type { Holding } from './types.ts';

const asked = `
declare query_parameters(who:string, since:datetime, until:datetime);
LAQueryLogs
| where TimeGenerated between (since .. until) and AADEmail == who
| project at = TimeGenerated, query = QueryText, code = ResponseCode
| order by at desc`;
const Row = z.tuple([z.string(), z.string(), z.number().nullable()]);

export interface SessionParts {
  readonly platform: Pick<Platform, 'database' | 'clock'>;
  readonly requests: Requests;
  readonly queries: () => Queries;
}

/** Who has activated what, and what they do with it. */
export function privilegedSessionHandlers({
  platform: { database, clock },
  requests,
  queries,
}: SessionParts): Handlers<typeof privilegedSessionRoutes> {
  const find = async (id: string): Promise<Holding> => {
    const row = await holdings.byId(database, id);
    if (row?.assignment_type !== 'Activated') throw new SallyportError('NotFound', 'there is no such activation');
    return row;
  };
  /** As whoever looks: they see of it what they see of all queries. */
  const queriesOf = async (
    who: string,
    from: Date,
    to: Date,
    as: Caller,
    signal: AbortSignal,
  ): Promise<PrivilegedDeed[]> => {
    const { rows } = await queries().run({
      query: asked,
      parameters: {
        who: JSON.stringify(who),
        since: `datetime(${from.toISOString()})`,
        until: `datetime(${to.toISOString()})`,
      },
      now: clock.now(),
      maxRows: deedsMax,
      as,
      operation: 'hunting',
      limits: { seconds: 30 },
      signal,
    });
    return rows.map((cells) => {
      const [at, query, code] = Row.parse(cells);
      const result = code === 200 ? 'success' : String(code ?? '');
      return { at: new Date(at).toISOString(), kind: 'query', operation: 'Query', target: query, result };
    });
  };

  return {
    listPrivilegedSessions: async () => {
      const rows = await database.query<Holding>(
        `SELECT * FROM privileged_holdings WHERE assignment_type = 'Activated' AND removed_at IS NULL AND starts_at <= $1 AND ends_at > $1
         ORDER BY starts_at DESC, id LIMIT ${listedMax}`,
        [clock.now()],
      );
      return { sessions: await sessionAnswers(database, rows) };
    },
    getPrivilegedSession: async (context, { params }) => {
      const caller = requireCaller(context);
      const row = await find(params.id);
      const [session] = await sessionAnswers(database, [row]);
      if (!session) throw new Error('an activation has an answer');
      const who = (await principalsOf([row.principal_id], database)).get(row.principal_id)?.name;
      const now = clock.now();
      const to = [row.removed_at, row.ends_at, now].reduce<Date>(
        (least, at) => (at !== null && at < least ? at : least),
        now,
      );
      const withQueries = caller.permissions.has('securityData.read');
      const done: PrivilegedDeed[] =
        who === undefined
          ? []
          : [
              ...(await deedsOf(database, who, row.starts_at, to)).map(({ at, operation, target, result }) => ({
                at,
                kind: 'audit' as const,
                operation,
                target,
                result,
              })),
              ...(withQueries ? await queriesOf(who, row.starts_at, to, caller, context.signal) : []),
            ];
      return { session, done: done.toSorted((a, b) => b.at.localeCompare(a.at)), withQueries };
    },
    endPrivilegedSession: async (context, { params, body }) => {
      const asker = await askerOf(database, context);
      await requests.endActivation((await find(params.id)).id, body.justification, asker);
      context.audit({ target: `activation ${params.id}` });
      return {};
    },
  };
}

async function sessionAnswers(db: Queryable, rows: readonly Holding[]): Promise<PrivilegedSession[]> {
  const answers = await holdingAnswers(db, rows);
  const ids = rows.flatMap(({ request_id: id }) => (id === null ? [] : [id]));
  const tickets = await db.query<{ id: string; ticket: string }>(
    `SELECT id, trim(ticket_system || ' ' || ticket_number) AS ticket FROM privileged_requests WHERE id = ANY($1::uuid[])`,
    [ids],
  );
  const steps = await db.query<{ id: string; by: string; at: Date; justification: string }>(
    `SELECT request_id AS id, reviewed_by AS by, reviewed_at AS at, justification FROM privileged_approval_steps
     WHERE request_id = ANY($1::uuid[]) AND review_result = 'Approve' ORDER BY position`,
    [ids],
  );
  return answers.map((answer, i) => {
    const requestId = rows[i]?.request_id;
    return {
      ...answer,
      ticket: tickets.find(({ id }) => id === requestId)?.ticket ?? '',
      approvals: steps
        .filter(({ id }) => id === requestId)
        .map(({ by, at, justification }) => ({ by, at: at.toISOString(), justification })),
    };
  });
}
