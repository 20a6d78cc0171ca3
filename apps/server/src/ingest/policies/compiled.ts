import { compile, KqlError, sqlIdentifier } from '@sallyport/kql';
import {
  columnType,
  lookupNames,
  sqlName,
  sqlString,
  type Column,
  type LookupNames,
  type TableDefinition,
} from '@sallyport/lake';
import { isRowByRow } from './condition.ts';
import type { IngestPolicy } from './policy.ts';

/** A policy that can't be. The message names the place in it. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  /** `filter`, `sample.by.0`, … */
  readonly part: string;
  constructor(part: string, message: string) {
    super(message);
    this.part = part;
  }
}

/** A policy as SQL, for rows that have certain columns. */
export interface CompiledPolicy {
  /** A SELECT with those columns, `_Filter` and `_Sample` (Nullable(Bool)), over a subquery of the rows (with brackets). */
  readonly judged: (rows: string) => string;
  /** SQL of what makes rows the same; undefined where they may repeat. */
  readonly key: string | undefined;
}

const placeholder = sqlIdentifier('rows of the policy');
const head = 'source\n| extend _Filter = (';
const headAlone = 'source\n| project _Filter = (';

/** KQL that is true for the rows kept: of the hash of the values, so that the same values are always judged alike. */
function sampleKql({ sample }: IngestPolicy): string {
  if (sample === undefined || sample.oneIn === 1) return 'true';
  const values = sample.by.map((name) => `tostring(['${name}'])`);
  return `hash(strcat_delim('\\u001f', ${values.join(', ')}, ''), ${sample.oneIn}) == 0`;
}

function keySql({ dedupe }: IngestPolicy, table: TableDefinition): string | undefined {
  if (dedupe === undefined) return undefined;
  // As the table has them: a hash depends on the type.
  const values = dedupe.by.map((name) => {
    const column = table.columns.find((c) => c.name === name);
    if (column === undefined) throw new PolicyError('dedupe.by', `\`${table.name}\` has no column \`${name}\``);
    return `CAST(${sqlName(name)} AS ${columnType(column)})`;
  });
  return `sipHash128(tuple(${values.join(', ')}))`;
}

/** What the table puts where a row says nothing. */
function missing(column: Column, table: TableDefinition): string {
  if (column.name === 'TimeGenerated') return `now64(7, 'UTC')`;
  if (column.name === 'Type') return sqlString(table.name);
  return column.type === 'string' || column.type === 'dynamic' ? `''` : `CAST(NULL AS ${columnType(column)})`;
}

/**
 * Compiles a policy of a table for rows with the columns `given`; what it asks of others is answered as the table answers. Throws PolicyError.
 * `now()` and `ago()` of the filter are fixed at `now`.
 */
export function compilePolicy(
  policy: IngestPolicy,
  table: TableDefinition,
  given: readonly Column[],
  now: Date,
  lookups: LookupNames = lookupNames,
): CompiledPolicy {
  for (const [part, names] of [
    ['sample.by', policy.sample?.by ?? []],
    ['dedupe.by', policy.dedupe?.by ?? []],
  ] as const)
    for (const [i, name] of names.entries())
      if (!table.columns.some((c) => c.name === name))
        throw new PolicyError(`${part}.${i}`, `\`${table.name}\` has no column \`${name}\``);
  const others = table.columns.filter((column) => !given.some((g) => g.name === column.name));
  const text = `${head}${policy.filter ?? 'true'}\n)\n| extend _Sample = (${sampleKql(policy)})`;
  const attempt = (columns: readonly Column[]): string => {
    const catalogue = {
      version: `policy ${JSON.stringify([table.name, columns.map((c) => [c.name, c.type])])}`,
      tables: [{ name: 'source', columns }],
      functions: [],
    };
    const options = { now, output: 'engine', source: () => placeholder, lookups } as const;
    // By itself: what closes our bracket and goes on (`true) | take 1 | where (true`) would drop rows unseen.
    const alone = compile(`${headAlone}${policy.filter ?? 'true'}\n)`, catalogue, options);
    if (alone.columns.length !== 1 || !isRowByRow(alone.sql, placeholder.text))
      throw new PolicyError('filter', 'must be a condition on one row, and look at that row alone');
    const compiled = compile(text, catalogue, options);
    const names = compiled.columns.map((c) => c.name);
    if (names.join() !== [...columns.map((c) => c.name), '_Filter', '_Sample'].join())
      throw new PolicyError('filter', 'is more than a condition on a row');
    if (compiled.columns.at(-2)?.type !== 'bool') throw new PolicyError('filter', 'is not a condition');
    return compiled.sql;
  };
  const key = keySql(policy, table);
  const wide = (rows: string): string =>
    others.length === 0
      ? rows
      : `(SELECT *, ${others.map((c) => `${missing(c, table)} AS ${sqlName(c.name)}`).join(', ')} FROM ${rows})`;
  if (policy.filter === undefined && policy.sample === undefined) {
    // Nothing to ask of a row. Each column that a further SELECT passes on costs the engine's analysis.
    const lacks = policy.dedupe?.by.some((name) => !given.some((g) => g.name === name)) ?? false;
    return { judged: (rows) => `SELECT *, true AS _Filter, true AS _Sample FROM ${lacks ? wide(rows) : rows}`, key };
  }
  const over = (sql: string) => (rows: string) => sql.replaceAll(placeholder.text, () => rows);
  try {
    const asked = [...(policy.sample?.by ?? []), ...(policy.dedupe?.by ?? [])];
    if (asked.every((name) => given.some((g) => g.name === name))) return { judged: over(attempt(given)), key };
  } catch (error) {
    // It may ask for what the rows do not have.
    if (!(error instanceof KqlError)) throw error;
  }
  try {
    const sql = attempt([...given, ...others]);
    return { judged: (rows) => over(sql)(wide(rows)), key };
  } catch (error) {
    if (!(error instanceof KqlError)) throw error;
    const [from, to] = [error.span.start - head.length, error.span.end - head.length];
    throw new PolicyError('filter', `${error.message} (${error.code}, ${from}..${to})`);
  }
}
