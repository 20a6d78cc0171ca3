import { z } from 'zod';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Connection } from '../connection.ts';
import { sqlName, sqlString } from '../sql.ts';
import { coldPolicy, longTermCodec, type Retention } from './storage.ts';

/** What rows take, bytes. */
export interface TierSize {
  readonly rows: number;
  readonly bytesOnDisk: number;
  /** Before compression. */
  readonly bytesUncompressed: number;
}

export interface TableStatus extends Retention {
  readonly name: string;
  readonly custom: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly bytesOnDisk: number;
  /** ISO 8601; null for a table without rows. By TimeGenerated. */
  readonly firstRowAt: string | null;
  readonly lastRowAt: string | null;
  /** Rows that arrived in the last 24 hours. */
  readonly rowsLastDay: number;
  /** What the engine has recompressed or moved by now, of `rows`. */
  readonly longTerm: TierSize;
  /** The others. */
  readonly interactive: TierSize;
  /** Whether legal holds keep any rows. */
  readonly held: boolean;
}

const none: TierSize = { rows: 0, bytesOnDisk: 0, bytesUncompressed: 0 };

type Sizes = Omit<TableStatus, 'name' | 'custom' | 'columns' | 'held' | keyof Retention>;

export const noRows: Sizes = {
  rows: 0,
  bytesOnDisk: 0,
  firstRowAt: null,
  lastRowAt: null,
  rowsLastDay: 0,
  longTerm: none,
  interactive: none,
};

const iso = (aggregate: string): string => `concat(replaceOne(toString(${aggregate}(TimeGenerated)), ' ', 'T'), 'Z')`;

const Part = z.object({
  table: z.string(),
  longTerm: z.union([z.literal(0), z.literal(1), z.boolean()]).transform(Boolean),
  rows: z.number(),
  bytesOnDisk: z.number(),
  bytesUncompressed: z.number(),
});

async function tiers(
  connection: Connection,
  database: string,
): Promise<Map<string, Pick<Sizes, 'longTerm' | 'interactive'>>> {
  const parts = await connection.rows(
    `SELECT table, default_compression_codec = ${sqlString(longTermCodec)} OR disk_name = ${sqlString(coldPolicy.cold)} AS longTerm,
       sum(rows) AS rows, sum(bytes_on_disk) AS bytesOnDisk, sum(data_uncompressed_bytes) AS bytesUncompressed
     FROM system.parts WHERE database = ${sqlString(database)} AND active GROUP BY table, longTerm`,
  );
  const sizes = new Map<string, Pick<Sizes, 'longTerm' | 'interactive'>>();
  for (const raw of parts) {
    const { table, longTerm, ...size } = Part.parse(raw);
    const have = sizes.get(table) ?? { longTerm: none, interactive: none };
    sizes.set(table, { ...have, [longTerm ? 'longTerm' : 'interactive']: size });
  }
  return sizes;
}

const Counts = z.object({ i: z.number(), rows: z.number(), first: z.string(), last: z.string(), day: z.number() });

async function sizesOf(connection: Connection, database: string, catalogue: Catalogue): Promise<Map<string, Sizes>> {
  const byTier = await tiers(connection, database);
  const names = [...byTier.keys()].filter((name) => catalogue.get(name));
  if (names.length === 0) return new Map();
  const one = (name: string, i: number): string => {
    const from = `${sqlName(database)}.${sqlName(name)}`;
    // Apart, since the first is known without reading, and the second skips what is older.
    const day = `(SELECT count() FROM ${from} WHERE _IngestedAt >= now64(7, 'UTC') - INTERVAL 1 DAY)`;
    return `SELECT ${i} AS i, count() AS rows, ${iso('min')} AS first, ${iso('max')} AS last, ifNull(${day}, 0) AS day FROM ${from}`;
  };
  const rows = (await connection.rows(names.map(one).join('\nUNION ALL\n'))).map((row) => Counts.parse(row));
  return new Map(
    rows.map(({ i, rows: count, first, last, day }) => {
      const name = names[i] ?? '';
      const { longTerm = none, interactive = none } = byTier.get(name) ?? {};
      const times = count > 0 ? { firstRowAt: first, lastRowAt: last } : { firstRowAt: null, lastRowAt: null };
      const bytesOnDisk = longTerm.bytesOnDisk + interactive.bytesOnDisk;
      return [name, { rows: count, bytesOnDisk, rowsLastDay: day, longTerm, interactive, ...times }];
    }),
  );
}

/** Sizes and times of the tables that hold rows, and of all custom ones; by name. */
export async function tableStatus(
  connection: Connection,
  database: string,
  catalogue: Catalogue,
  isHeld: (table: string) => boolean,
): Promise<TableStatus[]> {
  const sizes = await sizesOf(connection, database, catalogue);
  const shown = [...catalogue.tables.values()].filter(({ name, custom }) => custom || (sizes.get(name)?.rows ?? 0) > 0);
  return shown.map(({ name, custom, columns, plan, interactiveDays, retentionDays }) => ({
    name,
    custom,
    columns: columns.length,
    plan,
    interactiveDays,
    retentionDays,
    held: isHeld(name),
    ...(sizes.get(name) ?? noRows),
  }));
}
