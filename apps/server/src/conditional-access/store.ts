import { SallyportError } from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import { kinds, type Kind } from './kinds.ts';

export type Body = Readonly<Record<string, unknown>>;

export interface ObjectRow {
  readonly id: string;
  readonly kind: Kind;
  readonly body: Body;
  readonly createdAt: Date;
  readonly modifiedAt: Date | null;
}

export const objectColumns = `o.id, o.kind, o.body, o.created_at AS "createdAt", o.modified_at AS "modifiedAt"`;

export const objects = {
  /** Writers queue: what one refers to is there when it is stored, and bounds hold. */
  lock: (tx: Queryable) => tx.execute('LOCK TABLE conditional_access_objects IN SHARE ROW EXCLUSIVE MODE'),
  count: async (db: Queryable, kind: Kind): Promise<number> =>
    (await db.first<{ n: number }>('SELECT count(*)::int AS n FROM conditional_access_objects WHERE kind = $1', [kind]))
      ?.n ?? 0,
  all: (db: Queryable) =>
    db.query<ObjectRow>(`SELECT ${objectColumns} FROM conditional_access_objects o ORDER BY o.created_at, o.id`),
  ofKind: (db: Queryable, kind: Kind) =>
    db.query<ObjectRow>(
      `SELECT ${objectColumns} FROM conditional_access_objects o WHERE o.kind = $1 ORDER BY o.created_at, o.id`,
      [kind],
    ),
  /** Throws NotFound, in Graph's words. */
  byId: async (db: Queryable, kind: Kind, id: string): Promise<ObjectRow> => {
    const row = await db.first<ObjectRow>(
      `SELECT ${objectColumns} FROM conditional_access_objects o WHERE o.id = lower($1) AND o.kind = $2`,
      [id, kind],
    );
    if (row) return row;
    const text = `${kinds[kind].entity} with id ${id.slice(0, 100)} does not exist in the directory.`;
    throw new SallyportError('NotFound', text);
  },
  has: async (db: Queryable, id: string): Promise<boolean> =>
    (await db.first('SELECT 1 FROM conditional_access_objects WHERE id = $1', [id])) !== undefined,
  insert: (tx: Queryable, { id, kind, body, createdAt }: ObjectRow) =>
    tx.execute('INSERT INTO conditional_access_objects (id, kind, body, created_at) VALUES ($1, $2, $3, $4)', [
      id,
      kind,
      JSON.stringify(body),
      createdAt,
    ]),
  change: (tx: Queryable, { id, body, modifiedAt }: ObjectRow) =>
    tx.execute('UPDATE conditional_access_objects SET body = $2, modified_at = $3 WHERE id = $1', [
      id,
      JSON.stringify(body),
      modifiedAt,
    ]),
  remove: (tx: Queryable, id: string) => tx.execute('DELETE FROM conditional_access_objects WHERE id = $1', [id]),
};

export const revision = {
  read: async (db: Queryable): Promise<number> =>
    (await db.first<{ revision: number }>('SELECT revision FROM conditional_access_revision'))?.revision ?? 0,
  raise: (tx: Queryable) => tx.execute('UPDATE conditional_access_revision SET revision = revision + 1'),
};
