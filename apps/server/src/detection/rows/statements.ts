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

/** The rules' hits: `rule`, `n`, `times`. Of the rows that the index found for each. */
export const hitsOfCandidates = (index: LiteralIndex, rows: string, conditions: readonly Condition[]): string =>
  hitsOf(
    `SELECT * FROM (${candidates(index, rows)}) WHERE hasAny(_rules, [${conditions.map(({ rule }) => rule).join(', ')}])`,
    conditions.map(({ rule, sql }) => ({ rule, sql: `has(r._rules, ${rule}) AND (${sql})` })),
  );

/** The same of all rows. Each condition is said once: analysing them is most of what a pass over few rows costs. */
export const hitsOfAll = (rows: string, conditions: readonly Condition[]): string => hitsOf(rows, conditions);

function hitsOf(rows: string, conditions: readonly Condition[]): string {
  const numbers = conditions.map(({ rule, sql }) => `if(${sql}, ${rule + 1}, 0)`);
  return `SELECT rule, toUInt32(count()) AS n, groupUniqArray(${timesMax + 1})(time) AS times FROM (
SELECT arrayJoin(arrayFilter(i -> i > 0, [${numbers.join(',\n')}])) - 1 AS rule, toString(r.TimeGenerated) AS time FROM (${rows}) AS r) GROUP BY rule`;
}

/** What goes into one statement. */
const conditionsMax = 64;
const conditionCharsMax = 400_000;

/** Conditions as they go into statements together. */
export function inChunks<T>(conditions: readonly T[], charsOf: (one: T) => number): T[][] {
  const chunks: T[][] = [];
  let chars = Infinity;
  for (const condition of conditions) {
    const own = charsOf(condition);
    if (chars + own > conditionCharsMax || chunks.at(-1)!.length >= conditionsMax) {
      chunks.push([]);
      chars = 0;
    }
    chars += own;
    chunks.at(-1)!.push(condition);
  }
  return chunks;
}
