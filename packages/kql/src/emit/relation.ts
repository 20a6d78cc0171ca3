import { epochTicks, fromUnixTicks, neverNull, unixTicks } from '../functions/convert.ts';
import { isHidden, type Expr, type Rel, type SortKey } from '../plan/plan.ts';
import { identifier, integer, join, sql, string, type Sql } from '../sql.ts';
import type { CompileOptions, TableRead, TableSchema } from '../types.ts';
import {
  buildOnce,
  callInfo,
  emitArguments,
  emitExpression,
  emitPredicate,
  literalToSql,
  type Scope,
} from './expression.ts';

import { columnsOf, hasQuery, nullable, whereClause, withClause, type Block } from './block.ts';
import { arrayOf, cell, comparable, emptyOf, engineCell, typeOf } from './cells.ts';

type RelOf<K extends Rel['kind']> = Extract<Rel, { kind: K }>;

const union = (...sets: readonly Iterable<string>[]): Set<string> => new Set(sets.flatMap((s) => [...s]));

/** Plan → SQL. One emitter serves one compilation. */
export class Emitter {
  readonly #options: CompileOptions;
  readonly #now: bigint;
  readonly #reads: TableRead[] = [];
  #aliases = 0;
  #usedNow = false;

  constructor(options: CompileOptions) {
    this.#options = options;
    this.#now = epochTicks + BigInt(options.now.getTime()) * 10_000n;
  }

  /** Whether the SQL says the moment of compilation anywhere. */
  get usedNow(): boolean {
    return this.#usedNow;
  }
  #moment(): bigint {
    this.#usedNow = true;
    return this.#now;
  }

  get reads(): readonly TableRead[] {
    return this.#reads;
  }

  /** The whole query: visible fields in order, as `output` asks, with the order and the row limit. */
  emitRoot(rel: Rel): Sql {
    const fields = rel.fields.filter((f) => !isHidden(f));
    const needed = union(
      fields.map((f) => f.name),
      rel.order.map((k) => k.column),
    );
    const inner = this.#open(this.#emit(rel, needed), needed);
    const output = this.#options.output ?? 'json';
    const items = fields.map((f) => {
      const column = inner.columns.get(f.name)!.sql;
      return sql`${output === 'json' ? cell(f, column) : engineCell(f, column)} AS ${identifier(f.name)}`;
    });
    const order = rel.order.length ? sql` ORDER BY ${this.#orderBy(rel.order, inner)}` : sql``;
    const limit = this.#options.maxRows === undefined ? sql`` : sql` LIMIT ${integer(this.#options.maxRows + 1)}`;
    return withClause(inner, sql`SELECT ${join(items)} FROM ${inner.from}${whereClause(inner)}${order}${limit}`);
  }

  /** A query with one column, for use inside an expression. */
  #subquery(rel: Rel): Sql {
    const first = rel.fields.find((f) => !isHidden(f))!;
    const needed = union([first.name], rel.kind === 'limit' ? rel.order.map((k) => k.column) : []);
    const inner = this.#open(this.#emit(rel, needed), needed);
    return withClause(
      inner,
      sql`SELECT ${inner.columns.get(first.name)!.sql} AS ${identifier('v')} FROM ${inner.from}${whereClause(inner)}`,
    );
  }

  #alias(): Sql {
    return identifier(`__t${++this.#aliases}`);
  }

  #scope(block: Block): Scope {
    return {
      column: (name) => {
        const column = block.columns.get(name);
        if (!column) throw new Error(`the plan reads ${name}, which its input does not give`);
        return column.sql;
      },
      query: (rel) => this.#subquery(rel),
      now: () => this.#moment(),
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
  #bareScope(block: Block): Scope {
    const { name: _, ...scope } = this.#scope(block);
    return scope;
  }

  /** The block as text. */
  #render(block: Block, only: ReadonlySet<string>): Sql {
    const items = [...block.columns]
      .filter(([name]) => only.has(name))
      .map(([name, column]) => sql`${column.sql} AS ${identifier(name)}`);
    return withClause(
      block,
      sql`SELECT ${items.length ? join(items) : sql`1 AS ${identifier('$$one')}`} FROM ${block.from}${whereClause(block)}${block.tail ?? sql``}`,
    );
  }

  #asFrom(text: Sql, names: Iterable<string>): Block {
    const alias = this.#alias();
    return {
      from: sql`(${text}) AS ${alias}`,
      columns: new Map([...names].map((name) => [name, { sql: sql`${alias}.${identifier(name)}`, plain: true }])),
      where: [],
      names: [],
      closed: false,
    };
  }

  /** The block when it can take more over these columns, else the block as a subquery. */
  #open(block: Block, over: Iterable<string>): Block {
    const plain = [...over].every((name) => block.columns.get(name)?.plain ?? true);
    return block.closed || !plain ? this.#asSubquery(block) : block;
  }

  #asSubquery(block: Block): Block {
    const names = new Set(block.columns.keys());
    return this.#asFrom(this.#render(block, names), names);
  }

  #orderBy(keys: readonly SortKey[], block: Block): Sql {
    return join(
      keys.map((k) => {
        const column = block.columns.get(k.column)!.sql;
        return sql`${column} ${k.descending ? sql`DESC` : sql`ASC`} NULLS ${k.nullsFirst ? sql`FIRST` : sql`LAST`}`;
      }),
    );
  }

  #emit(rel: Rel, needed: ReadonlySet<string>): Block {
    switch (rel.kind) {
      case 'read':
        return this.#read(rel, needed);
      case 'values':
        return this.#values(rel, needed);
      case 'range':
        return this.#range(rel);
      case 'filter':
        return this.#filter(rel, needed);
      case 'project':
        return this.#project(rel, needed);
      case 'aggregate':
        return this.#aggregate(rel, needed);
      case 'limit':
        return this.#limit(rel, needed);
      case 'join':
        return this.#join(rel, needed);
      case 'union':
        return this.#union(rel, needed);
      case 'unnest':
        return this.#unnest(rel, needed);
      case 'window':
        return this.#window(rel, needed);
    }
  }

  #tableName(table: TableSchema): Sql {
    const given = this.#options.source?.(table);
    if (given) return given;
    const { database } = this.#options;
    return database === undefined ? identifier(table.name) : sql`${identifier(database)}.${identifier(table.name)}`;
  }

  #timespan(table: TableSchema, column: (name: string) => Sql): Sql[] {
    const { timespan } = this.#options;
    if (!timespan || !table.columns.some((c) => c.name === 'TimeGenerated' && c.type === 'datetime')) return [];
    const at = (d: Date): Sql => literalToSql('datetime', epochTicks + BigInt(d.getTime()) * 10_000n);
    const time = column('TimeGenerated');
    return [sql`${time} >= ${at(timespan.from)}`, sql`${time} < ${at(timespan.to)}`];
  }

  #read(rel: RelOf<'read'>, needed: ReadonlySet<string>, filters: readonly Expr[] = []): Block {
    const alias = this.#alias();
    const column = (name: string): Sql => sql`${alias}.${identifier(name)}`;
    const from = sql`${this.#tableName(rel.table)} AS ${alias}`;
    const columns = new Map(
      rel.fields
        .filter((f) => needed.has(f.name) || filters.some((p) => columnsOf(p).has(f.name)))
        .map((f) => [f.name, { sql: column(f.name === '$$ingestion_time' ? '_IngestedAt' : f.name), plain: true }]),
    );
    const scopeBlock: Block = { from, columns, where: [], names: [], closed: false };
    const where = [
      ...this.#timespan(rel.table, column),
      ...filters.map((p) => emitPredicate(p, this.#scope(scopeBlock))),
    ];
    // A filter with a subquery may read tables whose own windows matter: it is left out, which only widens the read.
    const own = [
      ...this.#timespan(rel.table, column),
      ...filters.filter((p) => !hasQuery(p)).map((p) => emitPredicate(p, this.#bareScope(scopeBlock))),
    ];
    this.#reads.push({
      table: rel.table.name,
      filteredSql: sql`SELECT * FROM ${from}${whereClause({ ...scopeBlock, where: own })}`.text,
    });
    return { ...scopeBlock, where };
  }

  #values(rel: RelOf<'values'>, needed: ReadonlySet<string>): Block {
    const [first, ...others] = rel.rows;
    const outside: Scope = {
      column: (name) => {
        throw new Error(`a constant row reads ${name}`);
      },
      query: (r) => this.#subquery(r),
      now: () => this.#moment(),
    };
    if (first && others.length === 0) {
      const empty: Block = {
        from: sql`(SELECT 1) AS ${this.#alias()}`,
        columns: new Map(),
        where: [],
        names: [],
        closed: false,
      };
      const named: Scope = { ...this.#scope(empty), column: outside.column };
      const columns = new Map(
        rel.fields.flatMap((f, i) =>
          needed.has(f.name) ? [[f.name, { sql: emitExpression(first[i]!, named).sql, plain: false }] as const] : [],
        ),
      );
      return { ...empty, columns };
    }
    const used = rel.fields.map((field, i) => ({ field, i })).filter(({ field }) => needed.has(field.name));
    if (!first || used.length === 0) {
      const items = used.map(({ field }) => sql`${emptyOf(field)} AS ${identifier(field.name)}`);
      const rows = sql`SELECT ${items.length ? join(items) : sql`1 AS ${identifier('$$one')}`} FROM numbers(${integer(rel.rows.length)})`;
      return this.#asFrom(
        rows,
        used.map(({ field }) => field.name),
      );
    }
    const structure = used.map(({ field }) => sql`${identifier(field.name)} ${typeOf(field)}`);
    const rows = rel.rows.map((row) => sql`(${join(used.map(({ i }) => emitExpression(row[i]!, outside).sql))})`);
    const table = sql`SELECT * FROM values(${string(join(structure).text)}, ${join(rows)})`;
    return this.#asFrom(
      table,
      used.map(({ field }) => field.name),
    );
  }

  #range(rel: RelOf<'range'>): Block {
    const [field] = rel.fields;
    const outside: Scope = {
      column: (name) => {
        throw new Error(`range reads ${name}`);
      },
      query: (r) => this.#subquery(r),
      now: () => this.#moment(),
    };
    const type = field!.type;
    const part = (e: Expr): Sql => emitExpression(e, outside).sql;
    const count = (from: Sql, to: Sql, step: Sql): Sql =>
      type === 'real' ? sql`floor((${to} - ${from}) / ${step} + 1e-9)` : sql`intDiv(${to} - ${from}, ${step})`;
    const ticks = type === 'datetime';
    const from = ticks ? unixTicks(part(rel.from)) : part(rel.from);
    const to = ticks ? unixTicks(part(rel.to)) : part(rel.to);
    const step = part(rel.step);
    // The count is a constant of the query; a bound keeps a slip of the step from filling memory.
    const steps = sql`if(ifNull(${step}, 0) = 0 OR ifNull((${to} - ${from}) * sign(${step}) < 0, true), 0, toUInt64(least(ifNull(${count(from, to, step)}, -1) + 1, 10000000)))`;
    const value = sql`${from} + (${identifier('i')}) * ${step}`;
    const cast = ticks
      ? fromUnixTicks(value)
      : type === 'real'
        ? value
        : sql`CAST(${value}, ${string(typeOf(field!).text)})`;
    return this.#asFrom(
      sql`SELECT ${cast} AS ${identifier(field!.name)} FROM (SELECT toInt64(arrayJoin(range(${steps}))) AS ${identifier('i')})`,
      [field!.name],
    );
  }

  #filter(rel: RelOf<'filter'>, needed: ReadonlySet<string>): Block {
    const predicates: Expr[] = [];
    let base: Rel = rel;
    while (base.kind === 'filter') {
      predicates.unshift(base.predicate);
      base = base.input;
    }
    if (base.kind === 'read') return this.#read(base, needed, predicates);
    const used = union(...predicates.map((p) => columnsOf(p)));
    const input = this.#open(this.#emit(base, union(needed, used)), used);
    const where = predicates.map((p) => emitPredicate(p, this.#scope(input)));
    return { ...input, where: [...input.where, ...where] };
  }

  #project(rel: RelOf<'project'>, needed: ReadonlySet<string>): Block {
    const items = rel.items.filter((item) => needed.has(item.name));
    const used = union(...items.map((item) => columnsOf(item.expr)));
    const computed = union(...items.filter((item) => item.expr.kind !== 'column').map((item) => columnsOf(item.expr)));
    const input = this.#open(this.#emit(rel.input, used), computed);
    const scope = this.#scope(input);
    const columns = new Map(
      items.map((item) => [
        item.name,
        item.expr.kind === 'column'
          ? input.columns.get(item.expr.name)!
          : { sql: emitExpression(item.expr, scope).sql, plain: false },
      ]),
    );
    return { ...input, columns };
  }

  #aggregate(rel: RelOf<'aggregate'>, needed: ReadonlySet<string>): Block {
    const aggregates = rel.aggregates.filter((a) => needed.has(a.name));
    const order = aggregates.some((a) => a.fn.ordered) ? rel.input.order[0] : undefined;
    const used = union(
      ...rel.keys.map((k) => columnsOf(k.expr)),
      ...aggregates.flatMap((a) => a.args.map((arg) => columnsOf(arg))),
      order ? [order.column] : [],
    );
    const input = this.#open(this.#emit(rel.input, used), used);
    const scope = this.#scope(input);
    const keys = rel.keys.map((k) => ({ name: k.name, sql: emitExpression(k.expr, scope).sql }));
    const columns = new Map<string, { sql: Sql; plain: boolean }>(
      keys.map((k) => [k.name, { sql: k.sql, plain: false }]),
    );
    for (const a of aggregates) {
      const type = a.type === 'tuple' ? 'dynamic' : a.type;
      const operands = emitArguments(a.fn.name, a.fn.parameters, a.args, a.span, scope);
      const info = callInfo(a.fn.name, type, a.span, scope);
      const rank = order && input.columns.get(order.column)!.sql;
      const text = buildOnce(operands, scope, (given) => a.fn.build(given, info, rank));
      const maybeNull = neverNull(a.type) && a.type !== 'tuple' && a.fn.nulls !== 'never';
      columns.set(a.name, { sql: maybeNull ? sql`ifNull(${text}, '')` : text, plain: false });
    }
    // With no aggregate left to compute, the one row of an ungrouped summarize must still come.
    if (columns.size === 0) columns.set('$$one', { sql: sql`count()`, plain: false });
    const tail = keys.length ? sql` GROUP BY ${join(keys.map((k) => k.sql))}` : sql``;
    return { ...input, columns, tail, closed: true };
  }

  #limit(rel: RelOf<'limit'>, needed: ReadonlySet<string>): Block {
    const used = union(
      rel.input.order.map((k) => k.column),
      rel.by,
    );
    const input = this.#open(this.#emit(rel.input, union(needed, used)), used);
    const order = rel.input.order.length ? sql` ORDER BY ${this.#orderBy(rel.input.order, input)}` : sql``;
    const by = rel.by.length ? sql` BY ${join(rel.by.map((name) => input.columns.get(name)!.sql))}` : sql``;
    const count = emitExpression(rel.count, this.#scope(input)).sql;
    return {
      ...input,
      tail: sql`${order} LIMIT ${rel.count.kind === 'literal' ? integer(rel.count.value as bigint) : sql`(SELECT toUInt64(${count}))`}${by}`,
      closed: true,
    };
  }

  #join(rel: RelOf<'join'>, needed: ReadonlySet<string>): Block {
    const outputs = rel.outputs.filter((o) => needed.has(o.name));
    const side = (which: 'left' | 'right'): Block => {
      const input = rel[which];
      const names = union(
        outputs.filter((o) => o.side === which).map((o) => o.column),
        ...rel.on.map((pair) => columnsOf(pair[which])),
      );
      if (which === 'left' && rel.joinKind === 'innerunique')
        return this.#firstOfEach(
          input,
          names,
          rel.on.map((p) => p.left),
        );
      const block = this.#emit(input, names);
      return this.#asSubquery(mayMiss[rel.joinKind]?.includes(which) ? nullable(block, input) : block);
    };
    const left = side('left');
    const right = side('right');
    const condition = rel.on.map((pair) => {
      const l = emitExpression(pair.left, this.#bareScope(left));
      const r = emitExpression(pair.right, this.#bareScope(right));
      // Null keys meet each other.
      const equal = l.nullable && r.nullable ? sql`<=>` : sql`=`;
      return sql`${comparable(l, r.type)} ${equal} ${comparable(r, l.type)}`;
    });
    const kind = joinKeywords[rel.joinKind];
    return {
      from: rel.on.length
        ? sql`${left.from} ${kind} ${right.from} ON ${join(condition, sql` AND `)}`
        : sql`${left.from} CROSS JOIN ${right.from}`,
      columns: new Map(outputs.map((o) => [o.name, (o.side === 'left' ? left : right).columns.get(o.column)!])),
      where: [],
      names: [],
      closed: false,
    };
  }

  /** innerunique: of the left rows with equal keys one stays, the first in their order. */
  #firstOfEach(input: Rel, names: ReadonlySet<string>, keys: readonly Expr[]): Block {
    const ordered = union(
      names,
      input.order.map((k) => k.column),
    );
    const block = this.#open(this.#emit(input, ordered), ordered);
    const scope = this.#scope(block);
    const order = input.order.length ? sql` ORDER BY ${this.#orderBy(input.order, block)}` : sql``;
    const by = join(keys.map((k) => emitExpression(k, scope).sql));
    return this.#asSubquery({ ...block, tail: sql`${order} LIMIT 1 BY ${by}`, closed: true });
  }

  #union(rel: RelOf<'union'>, needed: ReadonlySet<string>): Block {
    const fields = rel.fields.filter((f) => needed.has(f.name));
    const parts = rel.inputs.map(({ rel: input, items }) => {
      const wanted = fields.map((f) => ({ f, item: items.find((i) => i.name === f.name) }));
      const used = union(...wanted.map(({ item }) => (item ? columnsOf(item.expr) : [])));
      const block = this.#open(this.#emit(input, used), used);
      const scope = this.#scope(block);
      const columns = new Map(
        wanted.map(({ f, item }) => [
          f.name,
          {
            sql: sql`CAST(${item ? emitExpression(item.expr, scope).sql : emptyOf(f)}, ${string(typeOf(f).text)})`,
            plain: false,
          },
        ]),
      );
      return this.#render({ ...block, columns }, new Set(columns.keys()));
    });
    return this.#asFrom(
      join(parts, sql` UNION ALL `),
      fields.map((f) => f.name),
    );
  }

  #unnest(rel: RelOf<'unnest'>, needed: ReadonlySet<string>): Block {
    const replaced = new Set(rel.items.map((i) => i.name));
    const kept = rel.fields.filter((f) => needed.has(f.name) && !replaced.has(f.name) && f.name !== rel.index);
    const used = union(
      kept.map((f) => f.name),
      ...rel.items.map((i) => columnsOf(i.expr)),
    );
    // The arrays are columns of their own first: they are read several times, and WITH names nothing inside ARRAY JOIN.
    const below = this.#open(this.#emit(rel.input, used), used);
    const belowScope = this.#scope(below);
    const own = rel.items.map((item, n) => ({ name: `$$array${n}`, value: emitExpression(item.expr, belowScope) }));
    const input = this.#asSubquery({
      ...below,
      columns: new Map([
        ...kept.map((f) => [f.name, below.columns.get(f.name)!] as const),
        ...own.map((o) => [o.name, { sql: o.value.sql, plain: false }] as const),
      ]),
    });
    const scope = this.#bareScope(input);
    const arrays = own.map((o) => arrayOf({ ...o.value, sql: input.columns.get(o.name)!.sql }, rel));
    const longest = arrays.length > 1 ? sql`greatest(${join(arrays.map((a) => sql`length(${a})`))})` : undefined;
    const cut = (a: Sql): Sql => {
      const even = longest ? sql`arrayResize(${a}, ${longest}, '')` : a;
      return rel.limit ? sql`arraySlice(${even}, 1, ${emitExpression(rel.limit, scope).sql})` : even;
    };
    const alias = this.#alias();
    const element = (n: number): Sql => identifier(`${alias.text.replaceAll('`', '')}_${n}`);
    const joined = [
      ...arrays.map((a, n) => sql`${cut(a)} AS ${element(n)}`),
      sql`arrayEnumerate(${cut(arrays[0]!)}) AS ${element(arrays.length)}`,
    ];
    const from = sql`${input.from} ARRAY JOIN ${join(joined)}`;
    const columns = new Map<string, { sql: Sql; plain: boolean }>(
      kept.map((f) => [f.name, { sql: input.columns.get(f.name)!.sql, plain: true }]),
    );
    rel.items.forEach((item, n) =>
      columns.set(item.name, { sql: sql`if(${element(n)} = 'null', '', ${element(n)})`, plain: false }),
    );
    columns.set(rel.index, { sql: sql`toInt64(${element(arrays.length)}) - 1`, plain: false });
    return {
      from,
      columns: new Map([...columns].filter(([name]) => needed.has(name))),
      where: [],
      names: [],
      closed: false,
    };
  }

  #window(rel: RelOf<'window'>, needed: ReadonlySet<string>): Block {
    const items = rel.items.filter((i) => needed.has(i.name));
    const own = new Set(rel.items.map((i) => i.name));
    const keys = rel.input.order.map((k) => k.column);
    const passed = [...needed].filter((name) => !own.has(name));
    const used = union(passed, keys, rel.partitionBy, ...items.flatMap((i) => i.args.map((a) => columnsOf(a))));
    const input = this.#open(this.#emit(rel.input, used), used);
    const scope = this.#scope(input);
    const order = keys.length ? sql`ORDER BY ${this.#orderBy(rel.input.order, input)}` : sql``;
    const columns = new Map<string, { sql: Sql; plain: boolean }>(
      passed.map((name) => [name, input.columns.get(name)!]),
    );
    for (const item of items) {
      const span = { start: 0, end: 0 };
      const operands = emitArguments(item.fn.name, item.fn.parameters, item.args, span, scope);
      const built = item.fn.build(operands, callInfo(item.fn.name, item.type, span, scope));
      const partition = rel.partitionBy.length
        ? sql`PARTITION BY ${join(rel.partitionBy.map((name) => input.columns.get(name)!.sql))}`
        : sql``;
      const windowed = sql`${built.call} OVER (${partition} ${order} ${built.frame})`;
      const text = built.around?.(windowed) ?? windowed;
      columns.set(item.name, { sql: neverNull(item.type) ? sql`ifNull(${text}, '')` : text, plain: false });
    }
    return { ...input, columns, closed: true };
  }
}

const joinKeywords: Readonly<Record<RelOf<'join'>['joinKind'], Sql>> = {
  inner: sql`INNER JOIN`,
  innerunique: sql`INNER JOIN`,
  leftouter: sql`LEFT JOIN`,
  rightouter: sql`RIGHT JOIN`,
  fullouter: sql`FULL JOIN`,
  leftsemi: sql`LEFT SEMI JOIN`,
  rightsemi: sql`RIGHT SEMI JOIN`,
  leftanti: sql`LEFT ANTI JOIN`,
  rightanti: sql`RIGHT ANTI JOIN`,
};

/** Sides whose rows may be missing from an outer join: the engine then gives a column's default, which must be null. */
const mayMiss: Partial<Record<RelOf<'join'>['joinKind'], readonly ('left' | 'right')[]>> = {
  leftouter: ['right'],
  rightouter: ['left'],
  fullouter: ['left', 'right'],
};
