import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Log } from '../log.ts';
import { patiently } from './pool.ts';

/** Any number, the same for all servers of a database: only one migrates at a time. */
const advisoryLock = 7_255_987;

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

const shippedFolder = join(import.meta.dirname, 'migrations');

/** The migrations of a folder: files `NNNN_name.sql`, by number. Throws MigrationError on any other file, or a number used twice. */
export function readMigrations(folder = shippedFolder): Migration[] {
  const migrations = readdirSync(folder).map((file): Migration => {
    const match = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file);
    if (!match) throw new MigrationError(`${file}: expected a name such as 0012_api_tokens.sql`);
    const sql = readFileSync(join(folder, file), 'utf8');
    return { number: Number(match[1]), name: match[2]!, sql, checksum: createHash('sha256').update(sql).digest('hex') };
  });
  migrations.sort((a, b) => a.number - b.number);
  const twice = migrations.find((m, i) => m.number === migrations[i - 1]?.number);
  if (twice) throw new MigrationError(`migration number ${twice.number} is used twice`);
  return migrations;
}

/**
 * Brings the database forward: each migration not yet there runs in a transaction of its own, by number. There is no way back.
 * Throws MigrationError when an applied migration has been edited, or is not among ours (the database belongs to a newer Sallyport).
 * Answers how many ran. A server that is away or starting is waited for, up to 15 s.
 */
export async function migrate(
  url: string,
  log: Log,
  migrations: readonly Migration[] = readMigrations(),
): Promise<number> {
  const client = await patiently(() => connect(url));
  try {
    await client.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
    await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const { rows } = await client.query<{ number: number; name: string; checksum: string }>(
      'SELECT number, name, checksum FROM schema_migrations',
    );
    const applied = new Map(rows.map((row) => [row.number, row]));
    checkApplied(applied, migrations);
    const missing = migrations.filter((m) => !applied.has(m.number));
    for (const migration of missing) await apply(client, migration);
    if (missing.length > 0) log.info({ migrations: missing.map((m) => m.number) }, 'migrated the database');
    return missing.length;
  } finally {
    await client.end();
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'sallyport migrate' });
  // A lost connection also fails the query under way; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function checkApplied(
  applied: ReadonlyMap<number, { name: string; checksum: string }>,
  migrations: readonly Migration[],
): void {
  const ours = new Map(migrations.map((m) => [m.number, m]));
  for (const [number, { name, checksum }] of applied) {
    const own = ours.get(number);
    if (!own)
      throw new MigrationError(`the database has migration ${number} (${name}), which this version does not know`);
    if (own.checksum !== checksum)
      throw new MigrationError(
        `migration ${number} (${name}) has been edited since it was applied; add a new one instead`,
      );
  }
}

async function apply(client: pg.Client, { number, name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)', [
      number,
      name,
      checksum,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new MigrationError(`migration ${number} (${name}) failed: ${(error as Error).message}`, { cause: error });
  }
}
