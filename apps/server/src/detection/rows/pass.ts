import { sqlString, type Column, type CompileOptions, type RowQuery } from '@sallyport/kql';
import type { Lake, QueryOptions } from '@sallyport/lake';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import { indexRules, numbered, type Frequencies, type LiteralIndex } from './literal-index.ts';
import { countCandidates, foundIn, hitsOfAll, hitsOfCandidates, timesMax, type Condition } from './statements.ts';

export interface Parts {
  readonly lake: Pick<Lake, 'query'>;
  readonly queries: Pick<Queries, 'compile'>;
}

/** What a rule found in the rows of a pass. */
export interface Hit<Rule> {
  readonly rule: Rule;
  readonly rows: number;
  /** TimeGenerated of the rows, as the engine writes it; undefined when they are too many. */
  readonly times: readonly string[] | undefined;
}

/** Rules over the rows of one source, ready to be asked together. */
export class SourceRules<Rule> {
  readonly source: string;
  readonly rules: readonly Rule[];
  readonly queries: readonly RowQuery[];
  readonly #columns: readonly Column[];
  #index: LiteralIndex;

  constructor(source: string, members: readonly { readonly rule: Rule; readonly query: RowQuery }[]) {
    this.source = source;
    this.rules = members.map(({ rule }) => rule);
    this.queries = members.map(({ query }) => query);
    const columns = new Map(this.queries.flatMap((query) => query.columns.map((column) => [column.name, column])));
    this.#columns = [...columns.values()];
    this.#index = indexRules(this.queries);
  }

  get index(): LiteralIndex {
    return this.#index;
  }

  /** Measures how frequent literals are in some rows, and chooses by it what rows are found by. */
  async measure(parts: Parts, rows: NonNullable<CompileOptions['source']>, options: QueryOptions = {}): Promise<void> {
    const { scans, numberOf } = numbered(this.queries.flatMap(({ alternatives }) => alternatives.flat(2)));
    if (scans.length === 0) return;
    // The number 0 counts the rows.
    const answer = await parts.lake.query(
      `SELECT i, toUInt32(count()) AS n FROM (SELECT arrayJoin(arrayConcat([toUInt64(0)], ${foundIn(scans)})) AS i
       FROM (${this.#rows(parts, rows)}) AS r) GROUP BY i`,
      options,
    );
    const counts = new Map(z.array(z.tuple([z.number(), z.number()])).parse(answer.rows));
    const total = counts.get(0) ?? 0;
    if (total === 0) return;
    const frequencies: Frequencies = (subject, pattern) =>
      (counts.get(numberOf.get(`${subject}\0${pattern}`) ?? -1) ?? 0) / total;
    this.#index = indexRules(this.queries, frequencies);
  }

  /** The rules that have something to find in the rows, each with the times of what it finds. Throws as `Lake.query`. */
  async hits(
    parts: Parts,
    rows: NonNullable<CompileOptions['source']>,
    options: QueryOptions = {},
  ): Promise<Hit<Rule>[]> {
    const select = this.#rows(parts, rows);
    const found: number[] = [];
    if (this.#index.scans.length > 0) {
      const answer = await parts.lake.query(countCandidates(this.#index, select), options);
      found.push(
        ...z
          .array(z.tuple([z.number(), z.number()]))
          .parse(answer.rows)
          .map(([rule]) => rule),
      );
    }
    const hits: Hit<Rule>[] = [];
    const ask = async (sql: string): Promise<void> => {
      const answer = await parts.lake.query(sql, options);
      for (const [rule, n, times] of Hits.parse(answer.rows))
        hits.push({ rule: this.rules[rule]!, rows: n, times: times.length > timesMax ? undefined : times });
    };
    for (const some of inChunks(found.map((rule) => this.#condition(rule))))
      await ask(hitsOfCandidates(this.#index, select, some));
    for (const some of inChunks(this.#index.everywhere.map((rule) => this.#condition(rule))))
      await ask(hitsOfAll(select, some));
    return hits;
  }

  #condition(rule: number): Condition {
    return { rule, sql: this.queries[rule]!.condition };
  }

  #rows(parts: Parts, source: NonNullable<CompileOptions['source']>): string {
    const names = new Set(['TimeGenerated', ...this.#columns.map(({ name }) => name)]);
    const query = `${this.source}\n| project ${[...names].map((name) => `['${name}']`).join(', ')}`;
    return parts.queries.compile(query, { now: new Date(0), output: 'engine', source }).sql;
  }
}

const Hits = z.array(z.tuple([z.number(), z.number(), z.array(z.string())]));

/** What goes into one statement. */
const conditionsMax = 64;
const conditionCharsMax = 400_000;

function inChunks(conditions: readonly Condition[]): Condition[][] {
  const chunks: Condition[][] = [];
  let chars = Infinity;
  for (const condition of conditions) {
    if (chars + condition.sql.length > conditionCharsMax || chunks.at(-1)!.length >= conditionsMax) {
      chunks.push([]);
      chars = 0;
    }
    chars += condition.sql.length;
    chunks.at(-1)!.push(condition);
  }
  return chunks;
}

export const timesIn = (times: readonly string[]): string =>
  `TimeGenerated IN (${times.map((time) => `toDateTime64(${sqlString(time).text}, 7, 'UTC')`).join(', ')})`;
