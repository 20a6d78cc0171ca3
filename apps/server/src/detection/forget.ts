import type { Parts } from './run/run.ts';
import type { AnalyticsRule } from './rules/index.ts';

const dayMs = 24 * 3_600_000;
/** Runs are shown and looked at for so long. */
export const runsKeptDays = 90;
/** Of one statement, so that none holds its rows long. */
const removedAtOnce = 10_000;
/** Alerts tell of rows so old at most: the longest queryPeriod, and a day that rows may come late (reference 04). */
const oldestRowsMs = (14 + 1) * dayMs;
/** A bound, should rows come faster than they go; the next day goes on. */
const statementsMax = 1_000;

/** Each night: runs, ended back-fills and gaps that are too old to look at, and what ties alerts to incidents that no alert can reach any more. */
export function scheduleForgetting(parts: Parts, rules: () => ReadonlyMap<string, AnalyticsRule>): void {
  parts.platform.jobs.schedule('rules-forget', '30 3 * * *', async () => {
    await forget(parts, rules());
  });
}

export async function forget(
  { platform, incidents }: Pick<Parts, 'platform' | 'incidents'>,
  rules: ReadonlyMap<string, AnalyticsRule>,
): Promise<{ readonly runs: number; readonly keys: number }> {
  const { database, clock } = platform;
  const now = clock.now().getTime();
  const before = new Date(now - runsKeptDays * dayMs);
  const lookback = [...rules.values()].map((rule) => (rule.grouping?.lookbackSeconds ?? 0) * 1_000);
  const [runs, keys] = [
    await inParts((max) =>
      database.execute(
        'DELETE FROM rule_runs WHERE ctid = ANY(ARRAY(SELECT ctid FROM rule_runs WHERE started_at < $1 LIMIT $2))',
        [before, max],
      ),
    ),
    await inParts((max) => incidents.forgetKeys(new Date(now - oldestRowsMs), Math.max(0, ...lookback), max)),
  ];
  await database.execute('DELETE FROM rule_gaps WHERE upto < $1', [before]);
  await database.execute("DELETE FROM rule_backfills WHERE ended_at < $1 AND state <> 'running'", [before]);
  return { runs, keys };
}

async function inParts(remove: (max: number) => Promise<number>): Promise<number> {
  let sum = 0;
  for (let statement = 0; statement < statementsMax; statement++) {
    const removed = await remove(removedAtOnce);
    sum += removed;
    if (removed < removedAtOnce) break;
  }
  return sum;
}
