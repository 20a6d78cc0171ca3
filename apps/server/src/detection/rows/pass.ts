import type { Column, CompileOptions, Literal, RowQuery } from '@sallyport/kql';
import type { Lake, QueryOptions } from '@sallyport/lake';
import { z } from 'zod';
import type { Queries } from '../../hunting/index.ts';
import { indexRules, numbered, type LiteralIndex, type Scan } from './literal-index.ts';
import { LiteralShares } from './literal-shares.ts';
import {
  countCandidates,
  foundIn,
  hitsOfAll,
  hitsOfCandidates,
  inChunks,
  timesMax,
  type Condition,
} from './statements.ts';
import { systemPrincipal } from '../../platform/principal.ts';

export interface Parts {
  readonly lake: Pick<Lake, 'query'>;
  readonly queries: Pick<Queries, 'compile' | 'kql'>;
}

/** What a rule found in the rows of a pass. */
export interface Hit<Rule> {
  readonly rule: Rule;
  readonly rows: number;
  /** TimeGenerated of the rows, as the engine writes it; undefined when they are too many. */
  readonly times: readonly string[] | undefined;
}

/** Rows that a pass looks at. */
export interface PassRows {
  /** What tables are read from. The same function gives the same SQL: what is written over it is kept by it. */
  readonly source: NonNullable<CompileOptions['source']>;
  /** Values of `{name:Type}` in that SQL. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** No more than these. Default: nobody knows. */
  readonly most?: number;
}

/** Over so few rows, asking them all costs less than having the engine read once more which rules each is worth a look for. */
const fewRows = 1_000;

interface Member<Rule> {
  readonly rule: Rule;
  readonly query: RowQuery;
}

/** Rules over the rows of one source, ready to be asked together. */
export class SourceRules<Rule> {
  readonly source: string;
  readonly rules: readonly Rule[];
  readonly queries: readonly RowQuery[];
  readonly #columns: readonly Column[];
  readonly #shares: LiteralShares;
  readonly #written = new WeakMap<PassRows['source'], { readonly version: string; readonly sql: string }>();
  readonly #salts = new Map<string, number>();
  #index: LiteralIndex;
  #isSettled = false;
  /** Going through all literals of thousands of rules takes a while. */
  #isUnmeasured: boolean | undefined;

  constructor(source: string, members: readonly Member<Rule>[], shares = new LiteralShares()) {
    this.source = source;
    this.rules = members.map(({ rule }) => rule);
    this.queries = members.map(({ query }) => query);
    const columns = new Map(this.queries.flatMap((query) => query.columns.map((column) => [column.name, column])));
    this.#columns = [...columns.values()];
    this.#shares = shares;
    this.#index = this.#indexed();
  }

  get index(): LiteralIndex {
    return this.#index;
  }

  /** Whether these are its members. */
  isOf(members: readonly Member<Rule>[]): boolean {
    return (
      members.length === this.rules.length &&
      members.every(({ rule, query }, i) => this.rules[i] === rule && this.queries[i] === query)
    );
  }

  /** Whether it is not known how frequent all of its literals are. */
  get isUnmeasured(): boolean {
    return (this.#isUnmeasured ??= this.#shares.unknown(this.#literals()).length > 0);
  }

  /**
   * Measures in some rows how frequent those literals are of which that is not known, and chooses by it what rows are found by. Answers false where there were no rows.
   */
  async measure(parts: Parts, rows: PassRows, options: QueryOptions = {}): Promise<boolean> {
    const { scans, numberOf } = numbered(this.#shares.unknown(this.#literals()));
    if (scans.length === 0) {
      this.#isUnmeasured = false;
      return true;
    }
    // The number 0 counts the rows.
    const answer = await parts.lake.query(
      `SELECT i, toUInt32(count()) AS n FROM (SELECT arrayJoin(arrayConcat([toUInt64(0)], ${foundIn(scans)})) AS i
       FROM (${this.#rows(parts, rows)}) AS r) GROUP BY i`,
      withParams(rows, options),
    );
    const counts = new Map(z.array(z.tuple([z.number(), z.number()])).parse(answer.rows));
    const total = counts.get(0) ?? 0;
    if (total === 0) return false;
    for (const { subject, patterns } of scans)
      for (const pattern of patterns)
        this.#shares.note(subject, pattern, (counts.get(numberOf.get(`${subject}\0${pattern}`) ?? -1) ?? 0) / total);
    this.#index = this.#indexed();
    return true;
  }

  #literals(): Literal[] {
    return this.queries.flatMap(({ alternatives }) => alternatives.flat(2));
  }
  #indexed(): LiteralIndex {
    this.#isSettled = false;
    this.#isUnmeasured = undefined;
    return indexRules(
      this.queries,
      (subject, pattern) => this.#shares.of(subject, pattern),
      (subject, place) => this.#salts.get(placeKey(subject, place)) ?? 0,
    );
  }

  /** Whether its sets of patterns were seen to stay prepared in the engine, since the index was made. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /**
   * Uses each of its sets of patterns once, over a text of nothing, and answers those that had to be prepared. Of sets that were used just before, these are the ones that another pushed out.
   * Throws as `Lake.query`.
   */
  async prepare(parts: Pick<Parts, 'lake'>, options: QueryOptions = {}): Promise<readonly Scan[]> {
    const prepared: Scan[] = [];
    for (const scan of this.#index.scans) {
      const text = `SELECT length(${foundIn([{ ...scan, subject: "materialize('')" }])})`;
      const { statistics } = await parts.lake.query(text, options);
      if (statistics.cpuSeconds > preparedSeconds) prepared.push(scan);
    }
    return prepared;
  }

  /** Gives sets of patterns another hash, and so another place in the engine. None: it is settled. */
  moveApart(scans: readonly Scan[]): void {
    for (const { subject, place } of scans) {
      const key = placeKey(subject, place);
      this.#salts.set(key, (this.#salts.get(key) ?? 0) + 1);
    }
    if (scans.length > 0) this.#index = this.#indexed();
    this.#isSettled = scans.length === 0;
  }

  /** How many rows the index has each rule look at, by its place in `rules`; those that look at every row (`index.everywhere`) are not among them. Throws as `Lake.query`. */
  async candidates(parts: Parts, rows: PassRows, asker: QueryOptions = {}): Promise<ReadonlyMap<number, number>> {
    if (this.#index.scans.length === 0) return new Map();
    const answer = await parts.lake.query(
      countCandidates(this.#index, this.#rows(parts, rows)),
      withParams(rows, asker),
    );
    return new Map(z.array(z.tuple([z.number(), z.number()])).parse(answer.rows));
  }

  /** The rules that have something to find in the rows, each with the times of what it finds. Throws as `Lake.query`. */
  async hits(parts: Parts, rows: PassRows, asker: QueryOptions = {}): Promise<Hit<Rule>[]> {
    const select = this.#rows(parts, rows);
    const options = withParams(rows, asker);
    const isFew = rows.most !== undefined && rows.most <= fewRows;
    const found = [...(await this.candidates(parts, rows, asker)).keys()];
    const hits: Hit<Rule>[] = [];
    const ask = async (sql: string): Promise<void> => {
      const answer = await parts.lake.query(sql, options);
      for (const [rule, n, times] of Hits.parse(answer.rows))
        hits.push({ rule: this.rules[rule]!, rows: n, times: times.length > timesMax ? undefined : times });
    };
    for (const some of inChunks(
      found.map((rule) => this.#condition(rule)),
      ({ sql }) => sql.length,
    ))
      await ask(isFew ? hitsOfAll(select, some) : hitsOfCandidates(this.#index, select, some));
    for (const some of inChunks(
      this.#index.everywhere.map((rule) => this.#condition(rule)),
      ({ sql }) => sql.length,
    ))
      await ask(hitsOfAll(select, some));
    return hits;
  }

  #condition(rule: number): Condition {
    return { rule, sql: this.queries[rule]!.condition };
  }

  /** Its rows as a SELECT; written once for the same `source`. */
  #rows({ queries }: Parts, { source }: PassRows): string {
    const version = queries.kql.version();
    const known = this.#written.get(source);
    if (known?.version === version) return known.sql;
    const names = new Set(['TimeGenerated', ...this.#columns.map(({ name }) => name)]);
    const query = `${this.source}\n| project ${[...names].map((name) => `['${name}']`).join(', ')}`;
    const { sql } = queries.compile(query, {
      now: new Date(0),
      output: 'engine',
      source,
      as: systemPrincipal('rules'),
    });
    this.#written.set(source, { version, sql });
    return sql;
  }
}

const placeKey = (subject: string, place: number): string => `${place} ${subject}`;
/** Preparing a set that matters takes longer than this; using a prepared one, a few milliseconds. */
const preparedSeconds = 0.08;

const withParams = ({ params }: PassRows, options: QueryOptions): QueryOptions =>
  params ? { ...options, params } : options;

const Hits = z.array(z.tuple([z.number(), z.number(), z.array(z.string())]));
