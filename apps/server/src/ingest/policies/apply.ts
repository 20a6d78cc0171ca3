import {
  sqlName,
  sqlString,
  type Catalogue,
  type Column,
  type LoadStatement,
  type LookupNames,
  type TableDefinition,
} from '@sallyport/lake';
import type { Framing } from '../sources/lines.ts';
import type { StreamStatements } from '../sources/statements.ts';
import { timeGivenColumn } from '../sources/times.ts';
import { compilePolicy, PolicyError, type CompiledPolicy } from './compiled.ts';
import { itemCountColumn, savingsTable, type IngestPolicy, type Policies } from './policy.ts';

const partColumn = { name: '_part', type: 'string' } as const satisfies Column;

/** A statement whose rows a policy judges. */
interface Judged {
  readonly statement: LoadStatement;
  readonly policy: IngestPolicy;
  readonly compiled: CompiledPolicy;
}

/** The rows of the statement by name, judged. */
function judgedRows({ statement, compiled }: Judged, source: string, id: string): string {
  const names = [...statement.columns, ...(statement.parted ? [partColumn.name] : [])].map(sqlName).join(', ');
  const rows = `(WITH _rows (${names}) AS (${statement.select(source, id)}) SELECT * FROM _rows)`;
  return compiled.judged(rows);
}

const isKept = `ifNull(_Filter, false) AND ifNull(_Sample, false)`;

/** Stores what is kept. */
function storing(judged: Judged): LoadStatement {
  const { statement, policy, compiled } = judged;
  const oneIn = policy.sample?.oneIn ?? 1;
  const counted = oneIn > 1 && !statement.columns.includes(itemCountColumn.name);
  const columns = [...statement.columns, ...(counted ? [itemCountColumn.name] : [])];
  const cells = columns.map((name) => {
    if (name !== itemCountColumn.name || oneIn === 1) return sqlName(name);
    return counted ? String(oneIn) : `ifNull(${sqlName(name)}, 1) * ${oneIn}`;
  });
  const values = [...cells, ...(statement.parted ? [partColumn.name] : [])].join(', ');
  return {
    ...statement,
    columns,
    select: (source, id) => {
      const kept = `SELECT * FROM (${judgedRows(judged, source, id)}) WHERE ${isKept}`;
      if (policy.dedupe === undefined || compiled.key === undefined) return `SELECT ${values} FROM (${kept})`;
      const seconds = Math.round(policy.dedupe.withinHours * 3_600);
      // The rows that come are the side that is held in memory, whatever the table holds.
      return (
        `SELECT ${values} FROM (SELECT ${compiled.key} AS _Seen FROM ${sqlName(statement.table)}` +
        ` WHERE _IngestedAt >= now64(7) - toIntervalSecond(${seconds})) AS _before` +
        ` RIGHT ANTI JOIN (SELECT *, ${compiled.key} AS _Key FROM (${kept}) LIMIT 1 BY _Key) AS _now ON _before._Seen = _now._Key`
      );
    },
  };
}

/** Counts what a table's statements of a stream did not store, as rows of their own; after those statements. */
function counting(stream: string, table: string, all: readonly Judged[]): LoadStatement {
  // One source's flows read the same rows.
  const over = all[0]?.statement.over;
  const dedupes = all.some(({ policy }) => policy.dedupe !== undefined);
  return {
    table: savingsTable,
    columns: ['TimeGenerated', 'TableName', 'StreamName', 'Reason', 'Rows', 'Bytes'],
    ...(over === undefined ? {} : { over }),
    select: (source, id) => {
      const one = (judged: Judged): string => {
        const { policy, statement } = judged;
        const cells = statement.columns.map(sqlName).join(', ');
        const where = dedupes ? '' : ` WHERE NOT (${isKept})`;
        // Only what a row drops by itself is measured: that asks for all of its columns once more.
        const size = policy.filter === undefined && policy.sample === undefined ? '0' : `byteSize(${cells})`;
        return `SELECT ifNull(_Filter, false) AS f, ifNull(_Sample, false) AS s, ${size} AS b FROM (${judgedRows(judged, source, id)})${where}`;
      };
      const mine = `(_SegmentId = ${sqlString(id)} OR startsWith(_SegmentId, ${sqlString(`${id}.`)}))`;
      const stored = dedupes ? `ifNull((SELECT count() FROM ${sqlName(table)} WHERE ${mine}), 0)` : 'kept';
      const mean = `ifNull((SELECT sum(data_uncompressed_bytes) / nullIf(sum(rows), 0) FROM system.parts WHERE active AND database = currentDatabase() AND table = ${sqlString(table)}), 0)`;
      return (
        `SELECT now64(7, 'UTC'), ${sqlString(table)}, ${sqlString(stream)}, r.1, r.2, toInt64(r.3) FROM (` +
        `SELECT countIf(f AND s) AS kept, toInt64(kept) - toInt64(${stored}) AS repeated,` +
        ` arrayJoin([('filter', toInt64(countIf(NOT f)), toFloat64(sumIf(b, NOT f))), ('sample', toInt64(countIf(f AND NOT s)), toFloat64(sumIf(b, f AND NOT s))),` +
        // Of those that repeat only their number is known: taken as rows of the table's mean size.
        ` ('duplicate', repeated, ${dedupes ? `toFloat64(repeated * ${mean})` : 'toFloat64(0)'})]) AS r` +
        ` FROM (${all.map(one).join(' UNION ALL ')})) WHERE r.2 > 0`
      );
    },
  };
}

export interface ApplyOptions {
  readonly policies: Policies;
  readonly catalogue: () => Catalogue;
  readonly now: () => Date;
  readonly lookups?: LookupNames;
  /** A policy can't be applied, and every row is stored. Told once for each. */
  readonly onProblem: (table: string, message: string) => void;
}

/** How long `now()` of a filter stays. */
const compiledForMs = 3_600_000;

/** Puts the policies of tables between a stream's rows and their insert. */
export function createApplying({ policies, catalogue, now, lookups, onProblem }: ApplyOptions) {
  let version = '';
  const compiled = new Map<string, { readonly at: number; readonly policy: CompiledPolicy | undefined }>();

  const compiledFor = (policy: IngestPolicy, table: TableDefinition, given: readonly Column[]) => {
    const current = `${policies.version} ${catalogue().version}`;
    if (version !== current) compiled.clear();
    version = current;
    const key = JSON.stringify([table.name, given.map(({ name }) => name)]);
    const have = compiled.get(key);
    if (have !== undefined && now().getTime() - have.at < compiledForMs) return have.policy;
    let made: CompiledPolicy | undefined;
    try {
      made = compilePolicy(policy, table, given, now(), lookups);
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      onProblem(table.name, error.message);
    }
    compiled.set(key, { at: now().getTime(), policy: made });
    return made;
  };

  const judgedOf = (statement: LoadStatement): Judged | undefined => {
    const policy = policies.of(statement.table);
    const table = catalogue().get(statement.table);
    if (policy === undefined || table === undefined || statement.reads === 'rejected') return undefined;
    const given = [...statement.columns, ...(statement.parted ? [partColumn.name] : [])].map((name): Column => {
      const type = [...table.columns, timeGivenColumn, partColumn].find((c) => c.name === name)?.type ?? 'string';
      return { name, type };
    });
    const made = compiledFor(policy, table, given);
    return made === undefined ? undefined : { statement, policy, compiled: made };
  };

  const applied = (stream: string, statements: readonly LoadStatement[]): readonly LoadStatement[] => {
    const judged = new Map(
      statements.flatMap((s) => {
        const one = judgedOf(s);
        return one === undefined ? [] : [[s, one] as const];
      }),
    );
    if (judged.size === 0) return statements;
    const byTable = Map.groupBy(judged.values(), ({ statement }) => statement.table);
    return [
      ...statements.map((statement) => {
        const one = judged.get(statement);
        return one === undefined ? statement : storing(one);
      }),
      ...[...byTable].map(([table, all]) => counting(stream, table, all)),
    ];
  };

  return (stream: string, _framing: Framing, made: StreamStatements): StreamStatements => {
    const alone = [...new Set(made.loads.map(({ table }) => table))].filter(
      (table) => policies.of(table)?.dedupe !== undefined,
    );
    return {
      ...made,
      loads: applied(stream, made.loads),
      ...(made.flowsWhenNoneRefused === undefined
        ? {}
        : { flowsWhenNoneRefused: applied(stream, made.flowsWhenNoneRefused) }),
      ...(alone.length === 0 ? {} : { alone: alone.toSorted() }),
    };
  };
}
