import type { GrantedPermission } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import type { Caller } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';

/** How exact the last use of a right is. */
const granularityMs = 60_000;
/** How soon what was noted is written. */
const writeEveryMs = 5_000;
/** Rights of principals whose last note is remembered; past it all are forgotten, and so written once more. */
const rememberedMax = 100_000;

interface Use {
  readonly principalId: string;
  readonly permission: GrantedPermission;
  readonly at: Date;
}

/** Keeps when each right of a person, token or application was used last. */
export interface Uses {
  /** Costs a look at a map; written at most once a minute for each right, within five seconds. */
  readonly note: (caller: Pick<Caller, 'id' | 'personId'>, permission: GrantedPermission) => void;
  /** Writes what was noted. */
  flush(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

const write = (db: Queryable, uses: readonly Use[]): Promise<number> =>
  db.execute(
    `INSERT INTO permission_uses (principal_id, permission, first_used_at, last_used_at)
     SELECT id, permission, at, at FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS u(id, permission, at)
     ON CONFLICT (principal_id, permission) DO UPDATE SET last_used_at = greatest(permission_uses.last_used_at, excluded.last_used_at)`,
    [uses.map(({ principalId }) => principalId), uses.map(({ permission }) => permission), uses.map(({ at }) => at)],
  );

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function createUses({ database, clock, log }: Pick<Platform, 'database' | 'clock' | 'log'>): Uses {
  const noted = new Map<string, number>();
  let waiting = new Map<string, Use>();
  let stopping = new AbortController();
  let loop: Promise<void> | undefined;

  const noteOne = (principalId: string, permission: GrantedPermission, now: number): void => {
    const key = `${principalId} ${permission}`;
    const last = noted.get(key);
    if (last !== undefined && Math.abs(now - last) < granularityMs) return;
    if (noted.size >= rememberedMax) noted.clear();
    noted.set(key, now);
    waiting.set(key, { principalId, permission, at: new Date(now) });
  };
  const flush = async (): Promise<void> => {
    if (waiting.size === 0) return;
    const taken = waiting;
    waiting = new Map();
    try {
      await write(database, [...taken.values()]);
    } catch (err) {
      log.warn({ err }, 'uses of rights could not be written; they are tried again');
      for (const [key, use] of taken) if (!waiting.has(key)) waiting.set(key, use);
    }
  };
  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(writeEveryMs, signal);
      await flush();
    }
  };

  return {
    note: ({ id, personId }, permission) => {
      const now = clock.now().getTime();
      // Callers that are no rows, in tests, have other ids.
      if (uuid.test(id)) noteOne(id, permission, now);
      // What a token is used for is its person's use too.
      if (personId !== undefined && personId !== id && uuid.test(personId)) noteOne(personId, permission, now);
    },
    flush,
    start: () => {
      stopping = new AbortController();
      loop = run(stopping.signal);
    },
    stop: async () => {
      stopping.abort();
      await loop;
      await flush();
    },
  };
}

export const useRows = {
  /** Since when uses are kept. */
  since: async (db: Queryable): Promise<Date> => {
    const row = await db.first<{ at: Date }>('SELECT at FROM permission_uses_since');
    if (!row) throw new Error('nobody knows since when uses of rights are kept');
    return row.at;
  },
  of: async (db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, Date>>> => {
    const rows = await db.query<{ id: string; permission: string; at: Date }>(
      'SELECT principal_id AS id, permission, last_used_at AS at FROM permission_uses WHERE principal_id = ANY($1::uuid[])',
      [ids],
    );
    return new Map(
      [...Map.groupBy(rows, ({ id }) => id)].map(([id, found]) => [
        id,
        new Map(found.map(({ permission, at }) => [permission, at])),
      ]),
    );
  },
};
