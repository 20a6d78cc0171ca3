import type { Asked } from '@sallyport/lake';
import type { Queryable } from '../platform/database/types.ts';
import type { Platform } from '../platform/types.ts';
import { healthRow } from './health.ts';
import type { AnalyticsRule } from './rules/index.ts';
import type { Cost } from './store.ts';

/** Between two writes: what a server had not written when it was killed is lost. */
const flushMs = 20_000;
const keptDays = 90;
const dayMs = 86_400_000;

interface DayCost extends Cost {
  readonly statements: number;
}

type Needs = Pick<Platform, 'lake' | 'database' | 'clock' | 'config' | 'outbox' | 'log'>;

/** Counts what each rule takes in the engine, in all that is asked for it, and lets a rule rest that has used up its day's limit. */
export class RuleCosts {
  readonly #platform: Needs;
  readonly #rules: () => ReadonlyMap<string, AnalyticsRule>;
  readonly #stopping = new AbortController();
  #pending = new Map<string, DayCost>();
  #running: Promise<void> | undefined;

  constructor(platform: Needs, rules: () => ReadonlyMap<string, AnalyticsRule>) {
    this.#platform = platform;
    this.#rules = rules;
    this.count(platform.lake);
  }

  /** Counts what is asked of a workspace's lake, too. */
  count(lake: Platform['lake']): void {
    lake.onAsked((asked) => this.#note(asked));
  }

  #note({ who, operation, statistics }: Asked): void {
    if (operation !== 'rule') return;
    const id = who.startsWith('rule ') ? who.slice('rule '.length) : '';
    const before = this.#pending.get(id);
    this.#pending.set(id, {
      statements: (before?.statements ?? 0) + 1,
      cpuSeconds: (before?.cpuSeconds ?? 0) + statistics.cpuSeconds,
      rowsRead: (before?.rowsRead ?? 0) + statistics.rowsRead,
      bytesRead: (before?.bytesRead ?? 0) + statistics.bytesRead,
    });
  }

  start(): void {
    this.#running ??= this.#run();
  }
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#platform;
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(flushMs, this.#stopping.signal);
      await this.flush().catch((err: unknown) => log.warn({ err }, 'what rules cost could not be noted; it is kept'));
    }
  }

  /** Writes what was counted, and lets rules rest that are over their limit. */
  async flush(): Promise<void> {
    const { database, clock } = this.#platform;
    const pending = this.#pending;
    if (pending.size === 0) return;
    this.#pending = new Map();
    const now = clock.now();
    try {
      await database.transaction(async (tx) => {
        await addCosts(tx, pending, now);
        await this.#letRest(tx, [...pending.keys()], now);
      });
    } catch (error) {
      for (const [id, cost] of pending) {
        const since = this.#pending.get(id);
        this.#pending.set(id, since ? sum(since, cost) : cost);
      }
      throw error;
    }
  }

  async #letRest(tx: Queryable, ids: readonly string[], now: Date): Promise<void> {
    const { config, outbox } = this.#platform;
    const costs = await dayCosts(tx, now);
    const over = overLimit(costs, ids, {
      rule: config.ruleCpuSecondsPerDay,
      workspace: config.rulesCpuSecondsPerDay,
    });
    const until = new Date(dayOf(now).getTime() + dayMs);
    for (const [id, reason] of over) {
      const began = await tx.execute(
        `INSERT INTO rule_states (rule_id, resting_to, resting_reason, resting_from, updated_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (rule_id) DO UPDATE SET resting_to = $2, resting_reason = $3, resting_from = coalesce(rule_states.resting_from, $4)
           WHERE rule_states.resting_to IS NULL OR rule_states.resting_to <= $4`,
        [id, until, reason, now],
      );
      const rule = this.#rules().get(id);
      if (began === 0 || !rule) continue;
      const row = healthRow(rule, {
        now,
        status: 'Partial success',
        operation: 'Rule rests',
        description: `${reason}. It rests until ${until.toISOString()}, and then looks at what it missed`,
        reason,
        properties: { CpuSecondsToday: costs.get(id)?.cpuSeconds ?? 0 },
      });
      await outbox.write('SentinelHealth', [row], tx);
    }
  }
}

const sum = (a: DayCost, b: DayCost): DayCost => ({
  statements: a.statements + b.statements,
  cpuSeconds: a.cpuSeconds + b.cpuSeconds,
  rowsRead: a.rowsRead + b.rowsRead,
  bytesRead: a.bytesRead + b.bytesRead,
});

const dayOf = (at: Date): Date => new Date(Math.floor(at.getTime() / dayMs) * dayMs);
const dayText = (at: Date): string => at.toISOString().slice(0, 10);

/**
 * Of some rules those that are over a limit, and why. Limits are seconds of processor time a day; 0 is none. When all rules together are over the workspace's, those rest that took
 * more than their equal share of it, so that the cheap ones go on. Pure.
 */
export function overLimit(
  costs: ReadonlyMap<string, Cost>,
  ids: readonly string[],
  limits: { readonly rule: number; readonly workspace: number },
): ReadonlyMap<string, string> {
  const total = [...costs.values()].reduce((seconds, { cpuSeconds }) => seconds + cpuSeconds, 0);
  const share = limits.workspace / Math.max(1, [...costs.keys()].filter((id) => id !== '').length);
  return new Map(
    ids.flatMap((id): [string, string][] => {
      const seconds = costs.get(id)?.cpuSeconds ?? 0;
      const took = `it took ${Math.round(seconds)} s of processor time today`;
      if (id === '') return [];
      if (limits.rule > 0 && seconds > limits.rule) return [[id, `${took}; the limit of a rule is ${limits.rule} s`]];
      if (limits.workspace > 0 && total > limits.workspace && seconds > share)
        return [[id, `${took}; the limit of all rules, ${limits.workspace} s, is used up`]];
      return [];
    }),
  );
}

async function addCosts(tx: Queryable, costs: ReadonlyMap<string, DayCost>, now: Date): Promise<void> {
  const rows = [...costs]
    .map(([rule_id, cost]) => ({
      rule_id,
      statements: cost.statements,
      cpu_seconds: cost.cpuSeconds,
      rows_read: cost.rowsRead,
      bytes_read: cost.bytesRead,
    }))
    // In order, so that two servers can't wait for each other.
    .toSorted((a, b) => (a.rule_id < b.rule_id ? -1 : 1));
  await tx.execute(
    `INSERT INTO rule_costs (rule_id, day, statements, cpu_seconds, rows_read, bytes_read)
     SELECT rule_id, $2::date, statements, cpu_seconds, rows_read, bytes_read
     FROM jsonb_to_recordset($1::jsonb) AS x(rule_id text, statements bigint, cpu_seconds float8, rows_read bigint, bytes_read bigint)
     ON CONFLICT (day, rule_id) DO UPDATE SET statements = rule_costs.statements + excluded.statements,
       cpu_seconds = rule_costs.cpu_seconds + excluded.cpu_seconds, rows_read = rule_costs.rows_read + excluded.rows_read,
       bytes_read = rule_costs.bytes_read + excluded.bytes_read`,
    [JSON.stringify(rows), dayText(now)],
  );
  await tx.execute('DELETE FROM rule_costs WHERE day < $1::date', [
    dayText(new Date(now.getTime() - keptDays * dayMs)),
  ]);
}

/** What each rule cost on the day (UTC) of `at`. The rule '' is what was asked for many at once. */
export async function dayCosts(db: Queryable, at: Date): Promise<Map<string, DayCost>> {
  const rows = await db.query<{
    rule_id: string;
    statements: number;
    cpu_seconds: number;
    rows_read: number;
    bytes_read: number;
  }>('SELECT rule_id, statements, cpu_seconds, rows_read, bytes_read FROM rule_costs WHERE day = $1::date', [
    dayText(at),
  ]);
  return new Map(
    rows.map((row) => [
      row.rule_id,
      {
        statements: row.statements,
        cpuSeconds: row.cpu_seconds,
        rowsRead: row.rows_read,
        bytesRead: row.bytes_read,
      },
    ]),
  );
}

/** What a rule cost on each of the newest days (UTC) that it ran on, newest first. */
export const costsByDay = (
  db: Queryable,
  ruleId: string,
  days: number,
): Promise<{ day: string; cpu_seconds: number; rows_read: number; bytes_read: number }[]> =>
  db.query(
    `SELECT to_char(day, 'YYYY-MM-DD') AS day, cpu_seconds, rows_read, bytes_read FROM rule_costs WHERE rule_id = $1 ORDER BY rule_costs.day DESC LIMIT $2`,
    [ruleId, days],
  );
