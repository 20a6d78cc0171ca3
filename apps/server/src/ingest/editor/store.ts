import { SourceFiles } from '@sallyport/contracts';
import { z } from 'zod';
import type { Database, Queryable } from '../../platform/database/types.ts';

/** Versions of one source that are kept. */
const versionsMax = 100;
/** Sources that may be made here. */
export const ownSourcesMax = 200;

const Row = z.object({
  id: z.string(),
  version: z.int(),
  enabled: z.boolean(),
  based_on_hash: z.string().nullable(),
  changed_at: z.date(),
  changed_by: z.string(),
  files: SourceFiles,
});
export type OwnSourceRow = z.infer<typeof Row>;

const VersionRow = z.object({ version: z.int(), note: z.string(), saved_at: z.date(), saved_by: z.string() });

export interface SaveVersion {
  readonly id: string;
  readonly files: SourceFiles;
  readonly note: string;
  readonly by: string;
  readonly at: Date;
  readonly basedOnHash: string | null;
  /** The version that was changed; null for a new source. */
  readonly before: number | null;
}

const select = `SELECT s.id, s.version, s.enabled, s.based_on_hash, s.changed_at, s.changed_by, v.files
  FROM own_sources s JOIN own_source_versions v ON v.source_id = s.id AND v.version = s.version`;

const raise = (tx: Queryable) => tx.execute('UPDATE own_sources_revision SET revision = revision + 1');

/** Sources made here, in the database: all servers have the same. */
export function ownSourceStore(db: Database) {
  return {
    /** Goes up with every change. */
    revision: async (): Promise<number> =>
      (await db.first<{ revision: number }>('SELECT revision FROM own_sources_revision'))?.revision ?? 0,
    all: async (): Promise<OwnSourceRow[]> =>
      (await db.query(`${select} ORDER BY s.id LIMIT ${ownSourcesMax}`)).map((row) => Row.parse(row)),
    get: async (id: string): Promise<OwnSourceRow | undefined> => {
      const row = await db.first(`${select} WHERE s.id = $1`, [id]);
      return row === undefined ? undefined : Row.parse(row);
    },
    /** Answers the new version; undefined when another one was saved since `before`, or the source is there already. */
    save: (one: SaveVersion): Promise<number | undefined> =>
      db.transaction(async (tx) => {
        const now = one.at.toISOString();
        const version = (one.before ?? 0) + 1;
        const changed = await tx.execute(
          one.before === null
            ? `INSERT INTO own_sources (id, version, enabled, based_on_hash, changed_at, changed_by)
               SELECT $1, $2, true, $3, $4, $5 WHERE (SELECT count(*) FROM own_sources) < ${ownSourcesMax} ON CONFLICT (id) DO NOTHING`
            : `UPDATE own_sources SET version = $2, based_on_hash = $3, changed_at = $4, changed_by = $5
               WHERE id = $1 AND version = $2 - 1`,
          [one.id, version, one.basedOnHash, now, one.by],
        );
        if (changed === 0) return undefined;
        await tx.execute(
          `INSERT INTO own_source_versions (source_id, version, files, note, saved_at, saved_by) VALUES ($1, $2, $3, $4, $5, $6)`,
          [one.id, version, JSON.stringify(one.files), one.note, now, one.by],
        );
        await tx.execute(`DELETE FROM own_source_versions WHERE source_id = $1 AND version <= $2`, [
          one.id,
          version - versionsMax,
        ]);
        await raise(tx);
        return version;
      }),
    setEnabled: (id: string, enabled: boolean, by: string, at: Date): Promise<boolean> =>
      db.transaction(async (tx) => {
        const changed = await tx.execute(
          'UPDATE own_sources SET enabled = $2, changed_by = $3, changed_at = $4 WHERE id = $1',
          [id, enabled, by, at.toISOString()],
        );
        if (changed > 0) await raise(tx);
        return changed > 0;
      }),
    remove: (id: string): Promise<boolean> =>
      db.transaction(async (tx) => {
        const removed = await tx.execute('DELETE FROM own_sources WHERE id = $1', [id]);
        if (removed > 0) await raise(tx);
        return removed > 0;
      }),
    versions: async (id: string) =>
      (
        await db.query(
          `SELECT version, note, saved_at, saved_by FROM own_source_versions WHERE source_id = $1 ORDER BY version DESC LIMIT ${versionsMax}`,
          [id],
        )
      ).map((row) => VersionRow.parse(row)),
    filesOf: async (id: string, version: number): Promise<SourceFiles | undefined> => {
      const row = await db.first('SELECT files FROM own_source_versions WHERE source_id = $1 AND version = $2', [
        id,
        version,
      ]);
      return row === undefined ? undefined : z.object({ files: SourceFiles }).parse(row).files;
    },
  };
}

export type OwnSourceStore = ReturnType<typeof ownSourceStore>;
