import { IngestPolicy } from '@sallyport/contracts';
import type { Clock } from '../../platform/clock.ts';
import type { Queryable } from '../../platform/database/types.ts';
import type { Log } from '../../platform/log.ts';
import type { Policies } from './policy.ts';

/** How often it is looked what other servers changed. */
const reloadEveryMs = 10_000;

export interface PolicyEntry {
  readonly policy: IngestPolicy;
  readonly updatedBy: string;
  readonly updatedAt: Date;
}

/** The ingest policies of tables, as the database has them: the same on every server within seconds. */
export class PolicyBook implements Policies {
  readonly #db: Queryable;
  #entries = new Map<string, PolicyEntry>();
  #text = '';
  #version = 0;

  constructor(db: Queryable) {
    this.#db = db;
  }

  get version(): number {
    return this.#version;
  }

  of(table: string): IngestPolicy | undefined {
    return this.#entries.get(table)?.policy;
  }

  entry(table: string): PolicyEntry | undefined {
    return this.#entries.get(table);
  }

  async reload(): Promise<void> {
    const rows = await this.#db.query<{ table: string; policy: unknown; by: string; at: Date }>(
      `SELECT table_name AS "table", policy, updated_by AS "by", updated_at AS "at" FROM table_policies ORDER BY table_name`,
    );
    const text = JSON.stringify(rows);
    if (text === this.#text) return;
    this.#entries = new Map(
      rows.map(({ table, policy, by, at }) => [
        table,
        { policy: IngestPolicy.parse(policy), updatedBy: by, updatedAt: at },
      ]),
    );
    this.#text = text;
    this.#version++;
  }

  /** An empty policy stores every row. */
  async set(table: string, policy: IngestPolicy, who: string, at: Date): Promise<void> {
    if (Object.values(policy).every((part) => part === undefined))
      await this.#db.execute('DELETE FROM table_policies WHERE table_name = $1', [table]);
    else
      await this.#db.execute(
        `INSERT INTO table_policies (table_name, policy, updated_by, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (table_name) DO UPDATE SET policy = excluded.policy, updated_by = excluded.updated_by, updated_at = excluded.updated_at`,
        [table, JSON.stringify(policy), who, at],
      );
    await this.reload();
  }

  /** Keeps up with other servers until the signal aborts. */
  async follow(clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(reloadEveryMs, signal);
      await this.reload().catch((err: unknown) => log.warn({ err }, 'could not read the ingest policies'));
    }
  }
}
