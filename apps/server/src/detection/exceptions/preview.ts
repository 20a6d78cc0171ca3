import { SallyportError, exceptionLimits, triggers, type ExceptionPreview } from '@sallyport/contracts';
import type { Queries } from '../../hunting/index.ts';
import type { Database } from '../../platform/database/types.ts';
import { rowsLookedAt } from '../run/evaluate.ts';
import { ResultTable } from '../run/table.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { conditionFault } from './condition.ts';
import type { Exceptions } from './exceptions.ts';
import { sampleOf, sortOut } from './left-out.ts';
import type { ExceptionRow } from './store.ts';
import type { Principal } from '../../platform/principal.ts';

interface Parts {
  readonly database: Database;
  readonly queries: Queries;
  readonly exceptions: Exceptions;
  readonly rules: () => ReadonlyMap<string, AnalyticsRule>;
  readonly now: () => Date;
}

interface PastAlert {
  readonly id: string;
  readonly rule_id: string;
  readonly start_time: Date;
  readonly end_time: Date;
  readonly query_from: Date;
  readonly query_to: Date;
  readonly is_true: boolean;
}

const previewId = 'preview';
const sampleMax = 20;
const dayMs = 86_400_000;
/** One window's query, and all of them. */
const windowSeconds = 30;
const budgetMs = 60_000;

/**
 * What an exception would have left out: the queries of past alerts are asked again over their windows, with the condition. An alert is left out when the rows
 * that are left do not raise it any more. Newest alerts first, within bounds; what was not looked at is said.
 */
export async function previewException(
  { database, queries, exceptions, rules, now }: Parts,
  asked: Pick<ExceptionRow, 'scope' | 'target' | 'condition'>,
  days: number,
  as: Principal,
  signal: AbortSignal,
): Promise<ExceptionPreview> {
  const fault = conditionFault(asked.condition);
  if (fault !== undefined) throw new SallyportError('BadRequest', fault, { target: 'body.condition' });
  const since = new Date(now().getTime() - days * dayMs);
  const all = await pastAlerts(database, since, asked.scope === 'rule' ? asked.target : null);
  const alerts = all.filter(({ rule_id }) => {
    const rule = rules().get(rule_id);
    return rule !== undefined && exceptions.covers(asked, rule);
  });
  if (asked.scope === 'rule') exceptions.check(asked);
  const counts = new Map<
    string,
    { id: string; name: string; alerts: number; alertsLeftOut: number; rowsLeftOut: number }
  >();
  const appliesNot: ExceptionPreview['appliesNot'] = [];
  const total = { alerts: 0, alertsLeftOut: 0, trueAlertsLeftOut: 0, rows: 0, rowsLeftOut: 0 };
  const sample: Record<string, string>[] = [];
  const windows = Map.groupBy(alerts, (a) => `${a.rule_id} ${a.query_from.getTime()} ${a.query_to.getTime()}`);
  const end = performance.now() + budgetMs;
  let looked = 0;
  const failed = new Set<string>();
  const marks = new Map<string, AnalyticsRule | undefined>();
  for (const inWindow of windows.values()) {
    if (looked >= exceptionLimits.previewWindows || performance.now() > end) break;
    signal.throwIfAborted();
    const [{ rule_id, query_from: from, query_to: to }] = inWindow as [PastAlert, ...PastAlert[]];
    const rule = rules().get(rule_id)!;
    if (!marks.has(rule_id)) {
      const { rule: withMark, faults } = exceptions.mark(rule, [{ id: previewId, condition: asked.condition }]);
      const why = faults.get(previewId);
      if (why !== undefined) appliesNot.push({ id: rule.id, name: rule.name, why });
      marks.set(rule_id, why === undefined ? withMark : undefined);
    }
    const own = counts.get(rule_id) ?? { id: rule_id, name: rule.name, alerts: 0, alertsLeftOut: 0, rowsLeftOut: 0 };
    counts.set(rule_id, own);
    own.alerts += inWindow.length;
    total.alerts += inWindow.length;
    const markedRule = marks.get(rule_id);
    if (!markedRule) continue;
    looked++;
    let table: ResultTable;
    try {
      const answer = await queries.run({
        query: markedRule.query,
        now: to,
        timespan: { from, to },
        maxRows: rowsLookedAt(rule),
        as,
        operation: 'hunting',
        limits: { seconds: windowSeconds },
        signal,
      });
      table = new ResultTable(answer.columns, answer.rows);
    } catch (error) {
      if (!(error instanceof SallyportError) || signal.aborted) throw error;
      failed.add(rule.name);
      continue;
    }
    const { kept, marked } = sortOut(table);
    const out = marked.get(previewId);
    total.rows += table.rows.length;
    total.rowsLeftOut += out?.rows.length ?? 0;
    own.rowsLeftOut += out?.rows.length ?? 0;
    if (!out) continue;
    sample.push(...sampleOf(out, sampleMax - sample.length));
    for (const alert of inWindow) {
      if (!isLeftOut(rule, alert, kept, out)) continue;
      own.alertsLeftOut++;
      total.alertsLeftOut++;
      if (alert.is_true) total.trueAlertsLeftOut++;
    }
  }
  const left = alerts.length - total.alerts;
  const partial = [
    left > 0 ? `${left} older alerts were not looked at` : undefined,
    failed.size > 0 ? `the queries of ${[...failed].slice(0, 5).join(', ')} could not be asked again` : undefined,
  ].filter((text) => text !== undefined);
  return {
    days,
    ...total,
    rules: [...counts.values()].toSorted((a, b) => b.alertsLeftOut - a.alertsLeftOut || b.alerts - a.alerts),
    applies: [...marks.values()].filter((rule) => rule !== undefined).length,
    appliesNot,
    sample,
    partial: partial.length > 0 ? partial.join('; ') : null,
  };
}

const alertsMax = 5_000;

const pastAlerts = (db: Database, since: Date, rule: string | null): Promise<PastAlert[]> =>
  db.query<PastAlert>(
    `SELECT a.id, a.rule_id, a.start_time, a.end_time, a.query_from, a.query_to,
       coalesce(i.status = 'Closed' AND i.classification = 'TruePositive', false) AS is_true
     FROM alerts a LEFT JOIN incidents i ON i.number = a.incident_number
     WHERE a.created_at >= $1 AND ($2::text IS NULL OR a.rule_id = $2) ORDER BY a.created_at DESC, a.id LIMIT $3`,
    [since, rule, alertsMax],
  );

/** Whether the rows of an alert raise it no more. Of a rule with an alert for each row, its rows are those of its time. */
function isLeftOut(rule: AnalyticsRule, alert: PastAlert, kept: ResultTable, out: ResultTable): boolean {
  if (rule.eventGrouping === 'SingleAlert')
    return !triggers(rule, kept.rows.length) && triggers(rule, kept.rows.length + out.rows.length);
  const inTime = (table: ResultTable): number =>
    table.rows.filter((row) => {
      const at = table.time(row, 'TimeGenerated') ?? table.time(row, 'StartTime') ?? table.time(row, 'StartTimeUtc');
      return at === undefined || (at >= alert.start_time.getTime() && at <= alert.end_time.getTime());
    }).length;
  return inTime(out) > 0 && inTime(kept) === 0;
}
