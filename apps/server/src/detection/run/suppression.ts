import type { NewAlert } from '../../incidents/index.ts';
import type { Queryable } from '../../platform/database/types.ts';
import type { AnalyticsRule } from '../rules/index.ts';
import { alertedRows, forgetAlertedRows, type Looked } from './alerted-rows.ts';
import type { Evaluation } from './evaluation.ts';

/** One that stores alerts of rules with suppression at a time, among all servers. Taken before the lock of correlation, and held as long. */
const suppressionLock = 7_255_041;
/** What was alerted of is forgotten after this long, more than the longest suppression. */
const keptDays = 60;
/** Values looked for or noted in one statement. */
const valuesAtOnce = 5_000;

/** Whether the whole rule is quiet at a time, so that its query needn't be asked. */
export async function isQuiet(db: Queryable, rule: AnalyticsRule, at: Date): Promise<boolean> {
  if (rule.suppression === 0 || rule.suppressionFields.length > 0) return false;
  return (await quietValues(db, rule, at, [''])).size > 0;
}

/**
 * The alerts of what a run found that the rule's suppression lets through, and notes of what they are. `at` is the window's end, or the time of arrival. Of one value at most one
 * run within the suppression's duration alerts, whichever comes first here, so what is found again adds nothing. Call in the transaction that stores the
 * alerts. Rows of a rule that is looked at as they arrive, too, are alerted of one way or the other.
 */
export async function suppress(
  tx: Queryable,
  rule: AnalyticsRule,
  at: Date,
  found: Evaluation,
  now: Date,
  looked: Looked = 'window',
): Promise<readonly NewAlert[]> {
  if (found.alerts.length === 0 || (rule.suppression === 0 && found.keys.length === 0)) return found.alerts;
  await tx.query('SELECT pg_advisory_xact_lock($1)', [suppressionLock]);
  const { keys } = found;
  const known = keys.length > 0 ? await alertedRows(tx, { ruleId: rule.id, keys, looked, at, now }) : new Set<string>();
  if (rule.suppression === 0) return known.size === 0 ? found.alerts : found.without(new Set(), known);
  const values = [...new Set(found.values.filter((_, i) => !known.has(keys[i] ?? '')))];
  const quiet = new Set<string>();
  for (let from = 0; from < values.length; from += valuesAtOnce)
    for (const value of await quietValues(tx, rule, at, values.slice(from, from + valuesAtOnce))) quiet.add(value);
  const fresh = values.filter((value) => !quiet.has(value));
  for (let from = 0; from < fresh.length; from += valuesAtOnce)
    await tx.execute(
      'INSERT INTO rule_suppressions (rule_id, value, alerted_at, made_at) SELECT $1, unnest($2::text[]), $3, $4',
      [rule.id, fresh.slice(from, from + valuesAtOnce), at, now],
    );
  if (fresh.length === 0) return [];
  return quiet.size + known.size === 0 ? found.alerts : found.without(quiet, known);
}

async function quietValues(
  db: Queryable,
  rule: AnalyticsRule,
  at: Date,
  values: readonly string[],
): Promise<ReadonlySet<string>> {
  const reach = rule.suppression * 1_000;
  const rows = await db.query<{ value: string }>(
    'SELECT DISTINCT value FROM rule_suppressions WHERE rule_id = $1 AND value = ANY($2) AND alerted_at > $3 AND alerted_at < $4',
    [rule.id, values, new Date(at.getTime() - reach), new Date(at.getTime() + reach)],
  );
  return new Set(rows.map(({ value }) => value));
}

export async function forgetSuppressions(db: Queryable, now: Date): Promise<void> {
  await db.execute('DELETE FROM rule_suppressions WHERE made_at < $1', [
    new Date(now.getTime() - keptDays * 86_400_000),
  ]);
  await forgetAlertedRows(db, now);
}
