import { epochTicks } from '../functions/convert.ts';
import { isHidden, type Expr, type Rel, type SortKey } from '../plan/plan.ts';
import { promotePaths } from '../plan/promote-paths.ts';
import { pushFilters } from '../plan/push-filters.ts';
import { identifier, integer, join, sql, type Sql } from '../sql.ts';
import {
  everyRewrite,
  type CompileOptions,
  type PromotedPath,
  type Rewrites,
  type TableRead,
  type TableSchema,
} from '../types.ts';
import { emitAggregate } from './aggregate.ts';
import { clauses, union, withClause, type Block } from './block.ts';
import { cell, engineCell, saysTwice } from './cells.ts';
import { jsonRow } from './json-rows.ts';
import type { Context, Takes } from './context.ts';
import type { Scope } from './expression.ts';
import { emitGraph, emitGraphMatch } from './graph/match.ts';
import { emitJoin } from './join.ts';
import { worthMerging } from './merge.ts';
import { emitLimit } from './limit.ts';
import { sharingPaths } from './paths.ts';
import { emitProject } from './project.ts';
import { emitFilter, emitRead } from './read.ts';
import { emitExternal } from './external.ts';
import { emitScan } from './scan.ts';
import { SharedRels } from './shared.ts';
import { emitUnion } from './union.ts';
import { emitUnnest } from './unnest.ts';
import { emitRange, emitValues } from './values.ts';
import { emitWindow } from './window.ts';

/** Plan → SQL. One emitter serves one compilation. */
export class Emitter implements Context {
  readonly options: CompileOptions;
  readonly #now: bigint;
  readonly reads: TableRead[] = [];
  readonly rewrites: Rewrites;
  #aliases = 0;
  #shared: SharedRels | undefined;
  #noting = false;
  #usedNow = false;

  /** `now`: what the query itself says the moment is, in ticks since 0001-01-01. */
  constructor(options: CompileOptions, now?: bigint) {
    this.options = options;
    const rewrites = { ...everyRewrite, ...options.rewrites };
    const distributed = options.distributed ?? false;
    this.rewrites = {
      ...rewrites,
      globalIn: rewrites.globalIn && distributed,
      globalJoin: rewrites.globalJoin && distributed,
    };
    this.#now = now ?? epochTicks + BigInt(options.now.getTime()) * 10_000n;
  }

  /** Whether the SQL says the moment of compilation anywhere. */
  get usedNow(): boolean {
    return this.#usedNow;
  }
  moment(): bigint {
    this.#usedNow = true;
    return this.#now;
  }

  /** The whole query: visible fields in order, as `output` asks, with the order and the row limit. */
  emitRoot(plan: Rel): Sql {
    const pushed = this.rewrites.pushFilters ? pushFilters(plan) : plan;
    const rel = this.rewrites.promotePaths ? promotePaths(pushed, (t) => this.#promoted(t)) : pushed;
    this.#shared = this.rewrites.shareTables ? new SharedRels(rel) : undefined;
    if (this.#shared?.any) {
      // What all places read of a shared table is known once all were written: they are written twice.
      const [aliases, reads] = [this.#aliases, this.reads.length];
      this.#noting = true;
      this.#emitRoot(rel);
      this.#noting = false;
      this.#aliases = aliases;
      this.reads.length = reads;
    }
    return this.#emitRoot(rel);
  }

  #emitRoot(rel: Rel): Sql {
    const fields = rel.fields.filter((f) => !isHidden(f));
    const needed = union(
      fields.map((f) => f.name),
      rel.order.map((k) => k.column),
    );
    const output = this.options.output ?? 'json';
    const repeated = fields.filter((f) => output !== 'engine' && saysTwice(f)).map((f) => f.name);
    const block = this.emit(rel, needed);
    const done = this.#endsAsAsked(rel, block);
    const inner = this.open(block, [...repeated, ...rel.order.map((k) => k.column)], done ? 'columns' : 'groups');
    const items = fields.map((f) => {
      const { sql: column, plain } = inner.columns.get(f.name)!;
      // Said several times over, so named; what only reads a column is short as it is.
      if (typeof output === 'object') return plain ? column : (this.scope(inner).name?.(column) ?? column);
      return sql`${output === 'json' ? cell(f, column) : engineCell(f, column)} AS ${identifier(f.name)}`;
    });
    const order = !done && rel.order.length ? sql` ORDER BY ${this.orderBy(rel.order, inner)}` : sql``;
    const limit = done || this.options.maxRows === undefined ? sql`` : sql` LIMIT ${integer(this.options.maxRows + 1)}`;
    // A table without a column has no row that could be seen; the engine knows no such table.
    if (!fields.length) return sql`SELECT 1 AS ${identifier('none')} LIMIT 0`;
    const list =
      typeof output === 'object'
        ? sql`${jsonRow(
            fields.map((f, i) => [f, items[i]!] as const),
            output,
          )} AS ${identifier('row')}`
        : join(items);
    const body = sql`SELECT ${list} FROM ${inner.from}${clauses(inner)}${order}${limit}`;
    const shared = this.#shared?.tables.map((t) => sql`${t.name} AS MATERIALIZED (${t.select})`);
    return withClause(inner, body, shared);
  }

  /** What is read in a table's stead has none of its hidden columns. */
  #promoted(table: TableSchema): readonly PromotedPath[] {
    return table.promoted && !this.options.source?.(table) ? table.promoted : [];
  }

  /** Whether the block's own LIMIT and order are the answer's. */
  #endsAsAsked(rel: Rel, { limited, columns }: Block): boolean {
    if (limited?.count === undefined) return false;
    const { maxRows } = this.options;
    if (maxRows !== undefined && limited.count > BigInt(maxRows) + 1n) return false;
    if (!rel.order.every((k) => columns.has(k.column))) return false;
    const order = rel.order.length ? ` ORDER BY ${this.orderBy(rel.order, { columns }).text}` : '';
    return order === limited.order.text;
  }

  /** A table that is computed once, as it stands in FROM. */
  #sharedTable(rel: Rel, shared: SharedRels): Block {
    const needed = shared.needed(rel);
    let name = shared.names.get(rel);
    if (!name) {
      const select = this.render(this.#emit(rel, needed), needed);
      name = identifier(`__s${++this.#aliases}`);
      shared.names.set(rel, name);
      shared.tables.push({ name, select });
    }
    const alias = this.alias();
    return {
      from: sql`${name} AS ${alias}`,
      columns: new Map([...needed].map((n) => [n, { sql: sql`${alias}.${identifier(n)}`, plain: true }])),
      where: [],
      names: [],
      closed: false,
    };
  }

  /** A query with one column, for use inside an expression. */
  subquery(rel: Rel): Sql {
    const first = rel.fields.find((f) => !isHidden(f))!;
    const needed = union([first.name], rel.kind === 'limit' ? rel.order.map((k) => k.column) : []);
    const inner = this.emit(rel, needed);
    return withClause(
      inner,
      sql`SELECT ${inner.columns.get(first.name)!.sql} AS ${identifier('v')} FROM ${inner.from}${clauses(inner)}`,
    );
  }

  alias(): Sql {
    return identifier(`__t${++this.#aliases}`);
  }

  scope(block: Block): Required<Omit<Scope, 'member'>> {
    return {
      column: (name) => {
        const column = block.columns.get(name);
        if (!column) throw new Error(`the plan reads ${name}, which its input does not give`);
        return column.sql;
      },
      query: (rel) => this.subquery(rel),
      now: () => this.moment(),
      lookups: this.options.lookups,
      zone: this.options.zone,
      rewrites: this.rewrites,
      name: (expression) => {
        const known = block.names.find((n) => n.expression.text === expression.text);
        if (known) return known.name;
        const name = identifier(`__v${++this.#aliases}`);
        block.names.push({ name, expression });
        return name;
      },
    };
  }
  scopeOf(block: Block, exprs: readonly Expr[]): Scope {
    const scope = this.scope(block);
    return this.rewrites.sharePaths ? sharingPaths(scope, exprs) : scope;
  }
  /** Where no WITH can name anything. */
  bareScope(block: Block): Scope {
    const { name: _, ...scope } = this.scope(block);
    return scope;
  }

  /** The block as text. */
  render(block: Block, only: ReadonlySet<string>): Sql {
    const items = [...block.columns]
      .filter(([name]) => only.has(name))
      .map(([name, column]) => (column.unnamed ? column.sql : sql`${column.sql} AS ${identifier(name)}`));
    return withClause(
      block,
      sql`SELECT ${items.length ? join(items) : sql`1 AS ${identifier('$$one')}`} FROM ${block.from}${clauses(block)}`,
    );
  }

  asFrom(text: Sql, names: Iterable<string>): Block {
    const alias = this.alias();
    return {
      from: sql`(${text}) AS ${alias}`,
      columns: new Map([...names].map((name) => [name, { sql: sql`${alias}.${identifier(name)}`, plain: true }])),
      where: [],
      names: [],
      closed: false,
    };
  }

  open(block: Block, over: ReadonlyMap<string, number> | Iterable<string>, takes: Takes = 'rows'): Block {
    if (block.closed && !(block.limited && takes === 'columns')) return this.asSubquery(block);
    if (block.grouping && takes === 'rows') return this.asSubquery(block);
    const uses = over instanceof Map ? (over as ReadonlyMap<string, number>) : timesTwo(over as Iterable<string>);
    const computed = [...uses.keys()].filter((name) => !(block.columns.get(name)?.plain ?? true));
    if (!computed.length) return block;
    if (!this.rewrites.mergeSteps || !worthMerging(block, uses)) return this.asSubquery(block);
    const { name } = this.scope(block);
    const columns = new Map(block.columns);
    for (const column of computed) columns.set(column, { sql: name(columns.get(column)!.sql), plain: true });
    return { ...block, columns };
  }

  asSubquery(block: Block): Block {
    const names = new Set(block.columns.keys());
    return this.asFrom(this.render(block, names), names);
  }

  orderBy(keys: readonly SortKey[], block: Pick<Block, 'columns'>): Sql {
    return join(
      keys.map((k) => {
        const column = block.columns.get(k.column)!.sql;
        return sql`${column} ${k.descending ? sql`DESC` : sql`ASC`} NULLS ${k.nullsFirst ? sql`FIRST` : sql`LAST`}`;
      }),
    );
  }

  emit(rel: Rel, needed: ReadonlySet<string>): Block {
    const shared = this.#shared;
    if (!shared?.has(rel)) return this.#emit(rel, needed);
    if (!this.#noting) return this.#sharedTable(rel, shared);
    shared.note(rel, needed);
    return this.#emit(rel, needed);
  }

  #emit(rel: Rel, needed: ReadonlySet<string>): Block {
    switch (rel.kind) {
      case 'read':
        return emitRead(this, rel, needed);
      case 'values':
        return emitValues(this, rel, needed);
      case 'range':
        return emitRange(this, rel);
      case 'filter':
        return emitFilter(this, rel, needed);
      case 'project':
        return emitProject(this, rel, needed);
      case 'aggregate':
        return emitAggregate(this, rel, needed);
      case 'limit':
        return emitLimit(this, rel, needed);
      case 'join':
        return emitJoin(this, rel, needed);
      case 'union':
        return emitUnion(this, rel, needed);
      case 'unnest':
        return emitUnnest(this, rel, needed);
      case 'external':
        return emitExternal(this, rel, needed);
      case 'scan':
        return emitScan(this, rel, needed);
      case 'window':
        return emitWindow(this, rel, needed);
      case 'graph':
        return emitGraph(rel);
      case 'graphMatch':
        return emitGraphMatch(this, rel, needed);
    }
  }
}

const timesTwo = (names: Iterable<string>): ReadonlyMap<string, number> => new Map([...names].map((name) => [name, 2]));
