import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { Clock } from '../../platform/clock.ts';
import type { Queryable } from '../../platform/database/types.ts';

/** Plans kept beyond this process, by a hash of all that they depend on. What is not found is made anew. */
export interface PlanStore {
  /** Those that are kept, as JSON values that nobody has looked at. */
  load(keys: readonly string[]): Promise<ReadonlyMap<string, unknown>>;
  save(plans: ReadonlyMap<string, unknown>): Promise<void>;
}

/** More are forgotten, those first that were longest not asked for. */
const plansMax = 50_000;
const keptDays = 30;
const keysAtOnce = 500;
/** One plan that is larger in JSON is not kept, nor read. */
const bytesMax = 16 * 2 ** 20;

const pack = promisify(deflate);
const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate);

/** Plans in PostgreSQL, for all servers and their next starts. A plan that can't be read counts as missing. */
export function databasePlans(database: Queryable, clock: Pick<Clock, 'now'>): PlanStore {
  const daysAgo = (days: number): Date => new Date(clock.now().getTime() - days * 86_400_000);
  return {
    async load(keys) {
      const found = new Map<string, unknown>();
      for (let at = 0; at < keys.length; at += keysAtOnce) {
        const some = keys.slice(at, at + keysAtOnce);
        const rows = await database.query<{ key: string; plan: Buffer }>(
          'SELECT key, plan FROM query_plans WHERE key = ANY($1)',
          [some],
        );
        for (const { key, plan } of rows) {
          const value = await unpack(plan, { maxOutputLength: bytesMax })
            .then((json): unknown => JSON.parse(json.toString()))
            .catch(() => undefined);
          if (value !== undefined) found.set(key, value);
        }
        await database.execute('UPDATE query_plans SET used_at = $2 WHERE key = ANY($1) AND used_at < $3', [
          some,
          clock.now(),
          daysAgo(1),
        ]);
      }
      return found;
    },
    async save(plans) {
      const keys: string[] = [];
      const packed: Buffer[] = [];
      // In order: servers that store the same must not wait for each other.
      for (const [key, plan] of [...plans].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        const json = JSON.stringify(plan);
        if (json.length > bytesMax / 2) continue;
        keys.push(key);
        packed.push(await pack(json));
      }
      await database.execute(
        `INSERT INTO query_plans (key, plan, used_at) SELECT key, plan, $3 FROM unnest($1::text[], $2::bytea[]) AS made (key, plan)
         ON CONFLICT (key) DO UPDATE SET plan = excluded.plan, used_at = excluded.used_at`,
        [keys, packed, clock.now()],
      );
      await database.execute(
        `DELETE FROM query_plans WHERE used_at < $1
           OR key IN (SELECT key FROM query_plans ORDER BY used_at DESC, key OFFSET $2)`,
        [daysAgo(keptDays), plansMax],
      );
    },
  };
}

/**
 * Plans beside the installed code, for every database that starts from it: a first start has not to make those that another, or a replay, has made. A file that can't be
 * read counts as missing; where the folder can't be written to, nothing is kept.
 */
export function folderPlans(folder: string = fileURLToPath(new URL(besideCode, import.meta.url))): PlanStore {
  const fileOf = (key: string): string => join(folder, key.slice(0, 2), key);
  return {
    async load(keys) {
      const found = new Map<string, unknown>();
      for (const key of keys) {
        const value = await readFile(fileOf(key))
          .then((plan) => unpack(plan, { maxOutputLength: bytesMax }))
          .then((json): unknown => JSON.parse(json.toString()))
          .catch(() => undefined);
        if (value !== undefined) found.set(key, value);
      }
      return found;
    },
    async save(plans) {
      try {
        for (const [key, plan] of plans) {
          const json = JSON.stringify(plan);
          if (json.length > bytesMax / 2) continue;
          const file = fileOf(key);
          await mkdir(dirname(file), { recursive: true, mode: 0o755 });
          // Whole or not at all, whoever reads meanwhile.
          const part = `${file}.${process.pid}`;
          await writeFile(part, await pack(json));
          await rename(part, file);
        }
        await forgetOldFiles(folder);
      } catch {
        // Code may be installed where its server must not write.
      }
    },
  };
}
const besideCode = '../../../../../node_modules/.cache/sallyport/query-plans';

/** Looked for once in a process. */
const swept = new Set<string>();
async function forgetOldFiles(folder: string): Promise<void> {
  if (swept.has(folder)) return;
  swept.add(folder);
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
  const aged = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const file = join(parentPath, name);
      return { file, at: (await stat(file)).mtimeMs };
    }),
  );
  const newest = aged.toSorted((a, b) => b.at - a.at);
  for (const { file } of newest.slice(plansMax)) await rm(file, { force: true });
}

/** Asks the first, then for what is missing the others; keeps in all. */
export const layered = (stores: readonly PlanStore[]): PlanStore => ({
  async load(keys) {
    const found = new Map<string, unknown>();
    for (const store of stores) {
      const missing = keys.filter((key) => !found.has(key));
      if (missing.length > 0) for (const [key, plan] of await store.load(missing)) found.set(key, plan);
    }
    return found;
  },
  async save(plans) {
    for (const store of stores) await store.save(plans);
  },
});

let version: string | undefined;
/** Of the compiler: a hash of its files, so that no plan of another one is taken. */
export function compilerVersion(): string {
  if (version !== undefined) return version;
  const folder = fileURLToPath(new URL('.', import.meta.resolve('@sallyport/kql')));
  const hash = createHash('sha256');
  for (const name of [...readdirSync(folder, { recursive: true, encoding: 'utf8' }), '../package.json'].toSorted())
    if (/\.(?:ts|json)$/.test(name) && !name.endsWith('.test.ts'))
      hash.update(name).update(readFileSync(join(folder, name)));
  return (version = hash.digest('base64url'));
}
