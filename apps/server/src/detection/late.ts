import { sqlIdentifier, sqlString } from '@sallyport/kql';
import { z } from 'zod';
import { remembered, type Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { delaySeconds } from './due.ts';
import { isByArrival, type AnalyticsRule } from './rules/index.ts';
import type { RulePlaces } from './places.ts';
import { readsBy } from './plans/index.ts';
import type { Parts } from './run/run.ts';
import { isEnabledHere } from './schedule.ts';
import { loadStates } from './store.ts';
import { sqlTime } from './sweep/bins.ts';
import { sweep } from './sweep/sweep.ts';

/** Rows that came later than this after their time are old news. */
const latestMs = 24 * 3_600_000;
/** An insert is seen a moment after the time that its rows say they arrived at. */
const settleMs = 60_000;
/** Tables that one statement asks of. */
const tablesAtOnce = 100;

interface Late {
  readonly tables: ReadonlySet<string>;
  /** Time of the rows, TimeGenerated. */
  readonly from: Date;
  readonly to: Date;
}

/** When rows had arrived that were looked at, ISO 8601. */
export const lookedUpTo = (database: Queryable, workspaceId?: string) =>
  remembered(database, `rules: rows that arrived late${workspaceId === undefined ? '' : ` in ${workspaceId}`}`);

/** Looks every five minutes, once among all servers. */
export function scheduleLate({ jobs, log }: Parts['platform'], places: Pick<RulePlaces, 'all'>): void {
  let isRunning = false;
  jobs.schedule('rules-late', '*/5 * * * *', async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      for (const { parts, rules, workspaceId } of places.all()) await runLate(parts, rules(), workspaceId);
    } catch (err) {
      log.error({ err }, 'rules could not be run over rows that came late; that is tried again');
    } finally {
      isRunning = false;
    }
  });
}

/**
 * Runs windows again that rows came to after they were run: a connector that was away for an hour, a laptop that was shut. Looks at what arrived since it
 * last looked, at most a day back. Alerts of rows that were seen in time have the same ids again, so that only what is new is raised.
 */
export async function runLate(
  parts: Parts,
  rules: ReadonlyMap<string, AnalyticsRule>,
  workspaceId?: string,
): Promise<void> {
  const { clock, database, log } = parts.platform;
  const to = new Date(clock.now().getTime() - settleMs);
  const mark = lookedUpTo(database, workspaceId);
  const last = z.iso.datetime().safeParse(await mark.read());
  // At first there is nothing to make up for.
  const since = last.success ? new Date(last.data).getTime() : to.getTime();
  const arrived = { from: new Date(Math.max(since, to.getTime() - latestMs)), to };
  const late = arrived.from < to ? await lateRows(parts.platform, arrived) : undefined;
  if (late) {
    const states = await loadStates(database);
    const scheduled = [...rules.values()].filter((r) => !isByArrival(r.kind) && isEnabledHere(r, states));
    const readsOf = await readsBy(
      parts,
      scheduled.map(({ query }) => query),
    );
    // What is wrong with one that reads nothing its own runs tell.
    const concerned = scheduled.filter(({ query }) => readsOf(query)?.some(({ table }) => late.tables.has(table)));
    const result = await sweep(parts, concerned, { from: late.from, to: late.to, arrived });
    if (result.windows > 0)
      log.info(
        { tables: [...late.tables], windows: result.windows, alerts: result.alerts },
        'rows came late; windows of rules were run again',
      );
    for (const { ruleId, message } of result.failures)
      log.warn({ rule: ruleId, error: message }, 'a rule could not be run over rows that came late');
  }
  await mark.write(to.toISOString());
}

/** Which tables got rows that are older than rules wait for. Parts of the tables without rows of the last day are not read. */
async function lateRows(
  { lake }: Pick<Platform, 'lake'>,
  arrived: { readonly from: Date; readonly to: Date },
): Promise<Late | undefined> {
  const tables = lake
    .kqlCatalogue()
    .tables.filter(({ empty, columns }) => !empty && columns.some(({ name }) => name === 'TimeGenerated'));
  const { from, to } = arrived;
  const oldest = sqlTime(new Date(to.getTime() - latestMs));
  const ask = (name: string): string =>
    `SELECT ${sqlString(name).text} AS name, toUnixTimestamp64Milli(min(TimeGenerated)) AS first, toUnixTimestamp64Milli(max(TimeGenerated)) AS last
     FROM ${sqlIdentifier(name).text} WHERE TimeGenerated >= ${oldest} AND TimeGenerated < _IngestedAt - INTERVAL ${delaySeconds.Scheduled} SECOND
       AND _IngestedAt >= ${sqlTime(from)} AND _IngestedAt < ${sqlTime(to)} HAVING count() > 0`;
  const Found = z.tuple([z.string(), z.number(), z.number()]);
  const found: z.infer<typeof Found>[] = [];
  for (let at = 0; at < tables.length; at += tablesAtOnce) {
    const part = tables.slice(at, at + tablesAtOnce).map(({ name }) => ask(name));
    const { rows } = await lake.query(part.join('\nUNION ALL\n'), { who: 'late rows', operation: 'rule' });
    found.push(...rows.map((row) => Found.parse(row)));
  }
  if (found.length === 0) return undefined;
  return {
    tables: new Set(found.map(([name]) => name)),
    from: new Date(found.reduce((min, [, first]) => Math.min(min, first), Infinity)),
    to: new Date(found.reduce((max, [, , end]) => Math.max(max, end), 0) + 1),
  };
}
