import { epochTicks } from '../functions/convert.ts';
import { isHidden, type Rel, type SortKey } from '../plan/plan.ts';
import { identifier, integer, join, sql, type Sql } from '../sql.ts';
import type { CompileOptions, TableRead } from '../types.ts';
import { emitAggregate } from './aggregate.ts';
import { union, whereClause, withClause, type Block } from './block.ts';
import { cell, engineCell } from './cells.ts';
import { jsonRow } from './json-rows.ts';
import type { Context } from './context.ts';
import type { Scope } from './expression.ts';
import { emitGraph, emitGraphMatch } from './graph/match.ts';
import { emitJoin } from './join.ts';
import { emitLimit } from './limit.ts';
import { emitProject } from './project.ts';
import { emitFilter, emitRead } from './read.ts';
import { emitUnion } from './union.ts';
import { emitUnnest } from './unnest.ts';
import { emitRange, emitValues } from './values.ts';
import { emitWindow } from './window.ts';

/** Plan → SQL. One emitter serves one compilation. */
export class Emitter implements Context {
  readonly options: CompileOptions;
  readonly #now: bigint;
  readonly reads: TableRead[] = [];
  #aliases = 0;
  #usedNow = false;

  /** `now`: what the query itself says the moment is, in ticks since 0001-01-01. */
  constructor(options: CompileOptions, now?: bigint) {
    this.options = options;
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
  emitRoot(rel: Rel): Sql {
    const fields = rel.fields.filter((f) => !isHidden(f));
    const needed = union(
      fields.map((f) => f.name),
      rel.order.map((k) => k.column),
    );
    const inner = this.open(this.emit(rel, needed), needed);
    const output = this.options.output ?? 'json';
    const items = fields.map((f) => {
      const { sql: column, plain } = inner.columns.get(f.name)!;
      // Said several times over, so named; what only reads a column is short as it is.
      if (typeof output === 'object') return plain ? column : this.scope(inner).name(column);
      return sql`${output === 'json' ? cell(f, column) : engineCell(f, column)} AS ${identifier(f.name)}`;
    });
    const order = rel.order.length ? sql` ORDER BY ${this.orderBy(rel.order, inner)}` : sql``;
    const limit = this.options.maxRows === undefined ? sql`` : sql` LIMIT ${integer(this.options.maxRows + 1)}`;
    const list =
      typeof output === 'object'
        ? sql`${jsonRow(fields.map((f, i) => [f, items[i]!] as const), output)} AS ${identifier('row')}`
        : join(items);
    return withClause(inner, sql`SELECT ${list} FROM ${inner.from}${whereClause(inner)}${order}${limit}`);
  }

  /** A query with one column, for use inside an expression. */
  subquery(rel: Rel): Sql {
    const first = rel.fields.find((f) => !isHidden(f))!;
    const needed = union([first.name], rel.kind === 'limit' ? rel.order.map((k) => k.column) : []);
    const inner = this.open(this.emit(rel, needed), needed);
    return withClause(
      inner,
      sql`SELECT ${inner.columns.get(first.name)!.sql} AS ${identifier('v')} FROM ${inner.from}${whereClause(inner)}`,
    );
  }

  alias(): Sql {
    return identifier(`__t${++this.#aliases}`);
  }

  scope(block: Block): Scope {
    return {
      column: (name) => {
        const column = block.columns.get(name);
        if (!column) throw new Error(`the plan reads ${name}, which its input does not give`);
        return column.sql;
      },
      query: (rel) => this.subquery(rel),
      now: () => this.moment(),
      name: (expression) => {
        const known = block.names.find((n) => n.expression.text === expression.text);
        if (known) return known.name;
        const name = identifier(`__v${++this.#aliases}`);
        block.names.push({ name, expression });
        return name;
      },
    };
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
      .map(([name, column]) => sql`${column.sql} AS ${identifier(name)}`);
    return withClause(
      block,
      sql`SELECT ${items.length ? join(items) : sql`1 AS ${identifier('$$one')}`} FROM ${block.from}${whereClause(block)}${block.tail ?? sql``}`,
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

  /** The block when it can take more over these columns, else the block as a subquery. */
  open(block: Block, over: Iterable<string>): Block {
    const plain = [...over].every((name) => block.columns.get(name)?.plain ?? true);
    return block.closed || !plain ? this.asSubquery(block) : block;
  }

  asSubquery(block: Block): Block {
    const names = new Set(block.columns.keys());
    return this.asFrom(this.render(block, names), names);
  }

  orderBy(keys: readonly SortKey[], block: Block): Sql {
    return join(
      keys.map((k) => {
        const column = block.columns.get(k.column)!.sql;
        return sql`${column} ${k.descending ? sql`DESC` : sql`ASC`} NULLS ${k.nullsFirst ? sql`FIRST` : sql`LAST`}`;
      }),
    );
  }

  emit(rel: Rel, needed: ReadonlySet<string>): Block {
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
      case 'window':
        return emitWindow(this, rel, needed);
      case 'graph':
        return emitGraph(rel);
      case 'graphMatch':
        return emitGraphMatch(this, rel, needed);
    }
  }
}
