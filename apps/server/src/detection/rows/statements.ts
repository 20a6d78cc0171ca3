import { sqlString } from '@sallyport/kql';
import type { LiteralIndex, Scan } from './literal-index.ts';

/**
 * The statements of a pass. `rows` is a SELECT of the source's columns in engine types. Lists go as JSON text, which the engine makes constants of: as SQL they would
 * be a hundred thousand nodes to analyse.
 */

const list = (value: unknown, type: string): string =>
  `JSONExtract(${sqlString(JSON.stringify(value)).text}, '${type}')`;

/** Numbers of the patterns that are in a row. Hyperscan wants valid UTF-8. */
export function foundIn(scans: readonly Scan[]): string {
  let before = 0;
  const parts = scans.map(({ subject, patterns }) => {
    const found = `multiMatchAllIndices(toValidUTF8(${subject}), ${list(patterns, 'Array(String)')})`;
    const text = before === 0 ? found : `arrayMap(i -> i + ${before}, ${found})`;
    before += patterns.length;
    return text;
  });
  return parts.length === 1 ? parts[0]! : `arrayConcat(${parts.join(', ')})`;
}

/** The rows with those of the rules for which they are worth a look, in `rules`. */
function candidates(index: LiteralIndex, rows: string): string {
  const numbers = 'Array(Array(Array(UInt64)))';
  return `WITH ${list(index.entriesOf, 'Array(Array(UInt32))')} AS _entriesOf, ${list(index.present, numbers)} AS _present,
  ${list(index.absent, numbers)} AS _absent, ${list(index.ruleOf, 'Array(UInt32)')} AS _ruleOf
SELECT * EXCEPT (_found), arrayDistinct(arrayMap(e -> _ruleOf[e], arrayFilter(
  e -> arrayAll((p, a) -> hasAny(p, _found) OR NOT hasAll(_found, a), _present[e], _absent[e]),
  arrayDistinct(arrayFlatten(arrayMap(i -> _entriesOf[i], _found)))))) AS _rules
FROM (SELECT r.*, ${foundIn(index.scans)} AS _found FROM (${rows}) AS r)`;
}

/** Which rules have rows that are worth a look: `rule`, `n`. */
export const countCandidates = (index: LiteralIndex, rows: string): string =>
  `SELECT rule, toUInt32(count()) AS n FROM (SELECT arrayJoin(_rules) AS rule FROM (${candidates(index, rows)})) GROUP BY rule`;

export interface Condition {
  readonly rule: number;
  readonly sql: string;
}

/** Rows of a rule whose times are told; with more, none are. */
export const timesMax = 1_000;

const timesIf = (condition: string): string =>
  `groupUniqArrayIf(${timesMax + 1})(toString(r.TimeGenerated), ${condition})`;

/** The rules' hits: `rule`, `n`, `times`. Of the rows that the index found for each. */
export function hitsOfCandidates(index: LiteralIndex, rows: string, conditions: readonly Condition[]): string {
  const wanted = conditions.map(({ rule }) => rule).join(', ');
  const parts = conditions.map(
    ({ rule, sql }) =>
      `SELECT ${rule} AS rule, toUInt32(count()) AS n, ${timesIf('true')} AS times FROM _c AS r WHERE has(r._rules, ${rule}) AND (${sql})`,
  );
  return `WITH _c AS MATERIALIZED (SELECT * FROM (${candidates(index, rows)}) WHERE hasAny(_rules, [${wanted}]))
SELECT rule, n, times FROM (${parts.join('\nUNION ALL ')}) WHERE n > 0`;
}

/** The same of all rows, in one reading of them. */
export function hitsOfAll(rows: string, conditions: readonly Condition[]): string {
  const items = conditions.map(({ rule, sql }) => `(${rule}, toUInt32(countIf(${sql})), ${timesIf(sql)})`);
  return `SELECT h.1 AS rule, h.2 AS n, h.3 AS times FROM (SELECT arrayJoin([${items.join(', ')}]) AS h FROM (${rows}) AS r) WHERE n > 0`;
}
