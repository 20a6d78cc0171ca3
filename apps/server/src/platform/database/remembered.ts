import type { Queryable } from './types.ts';

/** One small JSON value that is remembered in the database under a name. The reader parses it: an older version may have written it. */
export function remembered(db: Queryable, name: string) {
  return {
    /** Undefined when nothing has been written. */
    read: async (): Promise<unknown> =>
      (await db.first<{ value: unknown }>('SELECT value FROM remembered WHERE name = $1', [name]))?.value,
    write: async (value: unknown): Promise<void> => {
      await db.execute(
        `INSERT INTO remembered (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = now()`,
        [name, JSON.stringify(value)],
      );
    },
  };
}
