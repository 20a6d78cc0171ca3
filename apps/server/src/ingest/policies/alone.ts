import type { Database } from '../../platform/database/types.ts';

/** Runs work that must see what others of its kind have stored: one after the other for each of the tables. */
export type Alone = <T>(tables: readonly string[], work: () => Promise<T>) => Promise<T>;

/** Within this process. */
export function aloneHere(): Alone {
  const last = new Map<string, Promise<unknown>>();
  return (tables, work) => {
    const before = Promise.allSettled(tables.flatMap((table) => last.get(table) ?? []));
    const mine = before.then(work);
    const ended = mine.catch(() => undefined);
    for (const table of tables) last.set(table, ended);
    return mine;
  };
}

/** Among all servers of a database: locks that end with their server. */
export function aloneEverywhere(database: Database): Alone {
  const here = aloneHere();
  return (tables, work) =>
    here(tables, async () => {
      // A transaction may be repeated; what was stored must not be.
      let done: { readonly value: Awaited<ReturnType<typeof work>> } | undefined;
      return database.transaction(async (tx) => {
        for (const table of tables.toSorted())
          await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`ingest ${table}`]);
        done ??= { value: await work() };
        return done.value;
      });
    });
}
