import { convert, engineType, toText } from '../../functions/convert.ts';
import type { Operand } from '../../functions/registry.ts';
import type { Graph } from '../../plan/graph.ts';
import type { Expr, Field, Rel } from '../../plan/plan.ts';
import { identifier, integer, join, sql, string, type Sql } from '../../sql.ts';
import { columnsOf, union, whereClause, withClause } from '../block.ts';
import { emptyOf, typeOf } from '../cells.ts';
import type { Context } from '../context.ts';
import { emitExpression, emitPredicate, type Scope } from '../expression.ts';

/**
 * A graph inside one SELECT. Its rows are read once, into one value that is a constant of the statement: nodes are numbered from 1, edges
 * too, and what is known of one is the element of an array at its number. Walking is then ARRAY JOIN over lists of edges, with no join:
 * 1,000,000 such look-ups take 0.03 s, and an edge is the same edge wherever it is met.
 *
 * The engine resolves a constant anew for each SELECT and each lambda that names it, together with the constants that it names. So one
 * value holds everything, each SELECT names it once (`Using`), and lambdas name it where nothing else will do.
 */

const key = identifier('$$key');
const side = identifier('$$side');
const number = identifier('$$i');
const node = identifier('$$n');
const outs = identifier('$$outs');
const ins = identifier('$$ins');
const o = identifier('$$o');

/** Which edges of a node: those that leave it, that reach it, both. */
export type Lists = 'out' | 'in' | 'any';
/** Node columns that come from the identifier. */
const derived = new Set(['$$id', '$$hash']);

interface Part {
  readonly name: string;
  readonly of: 'node' | 'edge' | 'target';
  readonly make: () => Sql;
}

export class GraphSql {
  readonly e: Context;
  readonly graph: Graph;
  readonly #name: Sql;
  readonly #items: Sql[] = [];
  #recursive = false;
  /** The arrays, in the order of their tuple. They are flat: a constant of tuples in an array is slow to handle. */
  readonly #parts: Part[] = [];
  readonly #nodeColumns = new Map<string, Field>();
  readonly #edgeColumns = new Map<string, Field>();
  readonly #nodeTests: Expr[] = [];
  readonly #edgeTests: Expr[] = [];
  readonly #components = new Map<string, Sql>();
  /** Whether nodes without an edge matter. */
  lonely = false;
  /** Whether edges that meet none of the tests may be left out. */
  onlyTested = false;

  constructor(e: Context, graph: Graph) {
    this.e = e;
    this.graph = graph;
    this.#name = e.alias();
  }
  /** The place of an array, from 1. */
  part(name: string, of: Part['of'], make: () => Sql): number {
    const known = this.#parts.findIndex((p) => p.name === name && p.of === of);
    return known >= 0 ? known + 1 : this.#parts.push({ name, of, make });
  }

  // ——— the statement ———

  alias(): Sql {
    return this.e.alias();
  }
  /** Names a value that is computed once. */
  constant(value: Sql): Sql {
    const alias = this.alias();
    this.#items.push(sql`(${value}) AS ${alias}`);
    return alias;
  }
  /** Names a SELECT that may read itself. */
  recursive(make: (self: Sql) => Sql): Sql {
    const alias = this.alias();
    const text = make(alias);
    this.#items.push(sql`${alias} AS (${text})`);
    this.#recursive = true;
    return alias;
  }
  /** The whole, around its last SELECT, which stands as a table. */
  statement(select: Sql): Sql {
    const items = [sql`(${this.#build()}) AS ${this.#name}`, ...this.#items];
    return sql`WITH ${this.#recursive ? sql`RECURSIVE ` : sql``}${join(items)} SELECT * FROM (${select})`;
  }
  /** Writes one SELECT over the graph; what it uses of the graph is named in its WITH. */
  select(write: (u: Using) => Sql): Sql {
    const using = new Using(this, this.#name);
    const text = write(using);
    return using.around(text);
  }

  // ——— what a SELECT asks for ———

  nodeColumn(name: string): number | undefined {
    if (name === '$$in' || name === '$$out')
      return this.part(name, 'node', () => sql`toInt64(length(${name === '$$in' ? ins : outs}))`);
    const field = derived.has(name)
      ? { name, type: name === '$$id' ? ('string' as const) : ('long' as const) }
      : this.graph.nodeFields.find((f) => f.name === name);
    if (!field) return undefined;
    this.#nodeColumns.set(name, field);
    return this.part(`column ${name}`, 'node', () => identifier(name));
  }
  edgeColumn(name: string): number | undefined {
    const field = this.graph.edgeFields.find((f) => f.name === name);
    if (!field) return undefined;
    this.#edgeColumns.set(name, field);
    return this.part(`column ${name}`, 'edge', () => this.#carried(name));
  }
  /** A condition on nodes, answered once for each of them while the graph is built. */
  nodeTest(test: Expr): number {
    let index = this.#nodeTests.indexOf(test);
    if (index < 0) index = this.#nodeTests.push(test) - 1;
    for (const name of columnsOf(test)) this.nodeColumn(name);
    return this.part(`test ${index}`, 'node', () => identifier(`$$test${index}`));
  }
  edgeTest(test: Expr): number {
    let index = this.#edgeTests.indexOf(test);
    if (index < 0) index = this.#edgeTests.push(test) - 1;
    return this.part(`test ${index}`, 'edge', () => this.#carried(`$$test${index}`));
  }
  list(which: Lists): number {
    // A loop leaves and reaches its node: of the two it is walked once.
    const lists: Record<Lists, Sql> = {
      out: sql`arrayMap(${o} -> ${o}.1, ${outs})`,
      in: ins,
      any: sql`arrayDistinct(arrayConcat(arrayMap(${o} -> ${o}.1, ${outs}), ${ins}))`,
    };
    return this.part(`list ${which}`, 'node', () => lists[which]);
  }
  /** What an operator said of each node, as an array. */
  addComponents(name: string, values: Sql): void {
    this.#components.set(name, values);
  }
  component(name: string): Sql | undefined {
    return this.#components.get(name);
  }

  // ——— reading the rows ———

  /** What an edge carries with it, in the order in which the tuples hold it. */
  #carriedNames(): string[] {
    return [...this.#edgeColumns.keys(), ...this.#edgeTests.map((_, i) => `$$test${i}`)];
  }
  #carried(name: string): Sql {
    return sql`tupleElement(${o}, ${integer(this.#carriedNames().indexOf(name) + 2)})`;
  }

  /** All of it: rows of ends of edges, a row for each node, one row of arrays. */
  #build(): Sql {
    const columns = [...this.#nodeColumns.values()];
    const carried = this.#carriedNames();
    const names = [key, side, number, ...columns.map((f) => identifier(f.name)), ...carried.map((n) => identifier(`$$e ${n}`))];
    const rows = join([this.#ends(columns), ...this.#given(columns)], sql` UNION ALL `);
    const payload = join([number, ...carried.map((n) => identifier(`$$e ${n}`))]);
    const merged = columns.map((f) => sql`max(${identifier(f.name)}) AS ${identifier(f.name)}`);
    const grouped = sql`SELECT ${join([key, ...merged, sql`groupArrayIf(tuple(${payload}), ${side} = 0) AS ${outs}`, sql`groupArrayIf(${number}, ${side} = 1) AS ${ins}`])} FROM (SELECT ${join(names)} FROM (${rows})) GROUP BY ${key} ORDER BY ${key}`;
    const all = ['$$outs', '$$ins', ...columns.map((f) => f.name)];
    const block = this.e.asFrom(grouped, all);
    const withDegrees = new Map(block.columns)
      .set('$$in', { sql: sql`toInt64(length(${block.columns.get('$$ins')!.sql}))`, plain: false })
      .set('$$out', { sql: sql`toInt64(length(${block.columns.get('$$outs')!.sql}))`, plain: false });
    const tested = { ...block, columns: withDegrees };
    const scope = this.e.scope(tested);
    const items = [
      sql`toUInt32(rowNumberInAllBlocks() + 1) AS ${node}`,
      ...all.map((name) => sql`${block.columns.get(name)!.sql} AS ${identifier(name)}`),
      ...this.#nodeTests.map(
        (t, i) => sql`toUInt8(ifNull(${emitPredicate(t, scope)}, false)) AS ${identifier(`$$test${i}`)}`,
      ),
    ];
    const numbered = withClause(tested, sql`SELECT ${join(items)} FROM ${tested.from}`);
    const [nodes, edges, targets] = [identifier('$$nodes'), identifier('$$edges'), identifier('$$targets')];
    const tuple = (first: Sql, of: Part['of']): Sql =>
      sql`tuple(${join([first, ...this.#parts.filter((p) => p.of === of).map((p) => p.make())])})`;
    // Sorted by their numbers, which are the first elements.
    const sorted = [
      sql`arraySort(${o} -> ${o}.1, groupArray(${tuple(node, 'node')})) AS ${nodes}`,
      sql`arraySort(${o} -> ${o}.1, groupArrayArray(arrayMap(${o} -> ${tuple(sql`${o}.1`, 'edge')}, ${outs}))) AS ${edges}`,
      sql`arraySort(${o} -> ${o}.1, groupArrayArray(arrayMap(${o} -> tuple(${o}, ${node}), ${ins}))) AS ${targets}`,
    ];
    const seen = { node: 1, edge: 1, target: 1 };
    const arrays = this.#parts.map(({ of }) => {
      const from = { node: nodes, edge: edges, target: targets }[of];
      return sql`tupleElement(${from}, ${integer((seen[of] += 1))})`;
    });
    return sql`SELECT tuple(${join(arrays)}) FROM (SELECT ${join(sorted)} FROM (${numbered}))`;
  }

  #fromEnds(columns: readonly Field[]): Field[] {
    const { nodeTables, idProperty } = this.graph;
    const ids = new Set(idProperty === undefined ? nodeTables.map((t) => t.id) : [idProperty]);
    return columns.filter((f) => derived.has(f.name) || ids.has(f.name));
  }
  #identifierAs(field: Field, id: Operand): Sql {
    if (field.name === '$$id') return toText(id);
    if (field.name === '$$hash') return sql`CAST(reinterpret(xxHash64(${toText(id)}), 'Int64'), 'Nullable(Int64)')`;
    const type = field.type === 'tuple' ? 'dynamic' : field.type;
    return sql`CAST(${convert(id, type)?.sql ?? emptyOf(field)}, ${string(engineType(type).text)})`;
  }
  /** Kusto knows nodes by the xxHash64 of their identifier, and so do we. */
  #keyOf(id: Operand, scope: Scope, rel: Rel): Sql {
    const { partition } = this.graph;
    if (partition === undefined) return sql`xxHash64(${toText(id)})`;
    return sql`xxHash64(${toText(this.#operand(rel, partition, scope))}, ${toText(id)})`;
  }
  #operand(rel: Rel, name: string, scope: Scope): Operand {
    const field = rel.fields.find((f) => f.name === name)!;
    return emitExpression({ kind: 'column', name, type: field.type }, scope);
  }
  readonly #partitionColumns = (): string[] => (this.graph.partition === undefined ? [] : [this.graph.partition]);

  /** Two rows for each edge, one for each of its nodes. Nodes that only edges name have their identifier, and no other property. */
  #ends(columns: readonly Field[]): Sql {
    const { edges, source, target } = this.graph;
    const own = [...this.#edgeColumns.keys()];
    const used = union([source, target], this.#partitionColumns(), own, ...this.#edgeTests.map((t) => columnsOf(t)));
    const block = this.e.open(this.e.emit(edges, used), used);
    const scope = this.e.scope(block);
    const [from, to] = [this.#operand(edges, source, scope), this.#operand(edges, target, scope)];
    const ids = this.#fromEnds(columns);
    const at = (name: string): Sql => identifier(`$$e ${name}`);
    const truths = this.#edgeTests.map((t) => sql`ifNull(${emitPredicate(t, scope)}, false)`);
    const items = [
      sql`${this.#keyOf(from, scope, edges)} AS ${identifier('$$from')}`,
      sql`${this.#keyOf(to, scope, edges)} AS ${identifier('$$to')}`,
      ...ids.flatMap((f, i) => [
        sql`${this.#identifierAs(f, from)} AS ${identifier(`$$from${i}`)}`,
        sql`${this.#identifierAs(f, to)} AS ${identifier(`$$to${i}`)}`,
      ]),
      ...own.map((name) => sql`CAST(${block.columns.get(name)!.sql}, ${string(typeOf(this.#edgeColumns.get(name)!).text)}) AS ${at(name)}`),
      ...truths.map((truth, i) => sql`toUInt8(${truth}) AS ${at(`$$test${i}`)}`),
    ];
    const where = this.onlyTested && truths.length ? [...block.where, sql`(${join(truths, sql` OR `)})`] : block.where;
    const read = withClause(block, sql`SELECT ${join(items)} FROM ${block.from}${whereClause({ ...block, where })}`);
    const numbered = sql`SELECT *, toUInt32(rowNumberInAllBlocks() + 1) AS ${number} FROM (${read})`;
    const pick = (i: string): Sql => sql`if(${side} = 0, ${identifier(`$$from${i}`)}, ${identifier(`$$to${i}`)})`;
    const output = [
      sql`${pick('')} AS ${key}`,
      side,
      number,
      ...columns.map((f) => {
        const i = ids.indexOf(f);
        return sql`CAST(${i < 0 ? emptyOf(f) : pick(String(i))}, ${string(typeOf(f).text)}) AS ${identifier(f.name)}`;
      }),
      ...this.#carriedNames().map(at),
    ];
    return sql`SELECT ${join(output)} FROM (${numbered}) ARRAY JOIN [toUInt8(0), toUInt8(1)] AS ${side}`;
  }

  /** A row for each row of the tables of nodes, where they say more than the edges do. */
  #given(columns: readonly Field[]): Sql[] {
    const { nodeTables } = this.graph;
    const ends = this.#fromEnds(columns);
    const more = this.lonely || columns.some((f) => !ends.includes(f)) || nodeTables.length > 1;
    return more ? nodeTables.map(({ rel, id }) => this.#nodeTable(rel, id, columns)) : [];
  }
  #nodeTable(rel: Rel, id: string, columns: readonly Field[]): Sql {
    const own = columns.filter((f) => rel.fields.some((r) => r.name === f.name));
    const used = union([id], this.#partitionColumns(), own.map((f) => f.name));
    const block = this.e.open(this.e.emit(rel, used), used);
    const scope = this.e.scope(block);
    const operand = this.#operand(rel, id, scope);
    const items = [
      sql`${this.#keyOf(operand, scope, rel)} AS ${key}`,
      sql`toUInt8(2) AS ${side}`,
      sql`toUInt32(0) AS ${number}`,
      ...columns.map((f) => {
        const value = own.includes(f)
          ? block.columns.get(f.name)!.sql
          : derived.has(f.name)
            ? this.#identifierAs(f, operand)
            : emptyOf(f);
        return sql`CAST(${value}, ${string(typeOf(f).text)}) AS ${identifier(f.name)}`;
      }),
      ...[...this.#edgeColumns.values()].map((f) => sql`CAST(${emptyOf(f)}, ${string(typeOf(f).text)}) AS ${identifier(`$$e ${f.name}`)}`),
      ...this.#edgeTests.map((_, i) => sql`toUInt8(0) AS ${identifier(`$$e $$test${i}`)}`),
    ];
    return withClause(block, sql`SELECT ${join(items)} FROM ${block.from}${whereClause(block)}`);
  }
}

/** What one SELECT uses of a graph. */
export class Using {
  readonly #graph: GraphSql;
  readonly #whole: Sql;
  readonly #names = new Map<string, { readonly name: Sql; readonly value: Sql }>();

  constructor(graph: GraphSql, whole: Sql) {
    this.#graph = graph;
    this.#whole = whole;
  }
  around(select: Sql): Sql {
    if (!this.#names.size) return select;
    const items = [...this.#names.values()].map(({ name, value }) => sql`${value} AS ${name}`);
    return sql`WITH ${join(items)} ${select}`;
  }
  /** A subquery, so that the engine takes the array out once, and not wherever it is named. */
  #array(at: number): Sql {
    return this.constant(`array ${at}`, sql`(SELECT tupleElement(${this.#whole}, ${integer(at)}))`);
  }
  /** Names a constant in this SELECT. */
  constant(id: string, value: Sql): Sql {
    let known = this.#names.get(id);
    if (!known) {
      known = { name: this.#graph.alias(), value };
      this.#names.set(id, known);
    }
    return known.name;
  }

  /** The numbers of all nodes. */
  numbers(): Sql {
    return this.#array(this.#graph.part('number', 'node', () => node));
  }
  /** For each edge the number of its source or target. */
  end(which: 'source' | 'target'): Sql {
    return this.#array(this.#graph.part(which, which === 'source' ? 'edge' : 'target', () => node));
  }
  edgeNumbers(): Sql {
    return this.#array(this.#graph.part('number', 'edge', () => sql`${o}.1`));
  }
  /** The edges of a node. */
  list(which: Lists, of: Sql): Sql {
    return sql`${this.#array(this.#graph.list(which))}[${of}]`;
  }
  /** The node at the other end of an edge that is walked from `from`. */
  other(which: Lists, edge: Sql, from: Sql): Sql {
    if (which === 'out') return sql`${this.end('target')}[${edge}]`;
    if (which === 'in') return sql`${this.end('source')}[${edge}]`;
    return sql`bitXor(bitXor(${this.end('source')}[${edge}], ${this.end('target')}[${edge}]), ${from})`;
  }
  nodeMeets(tests: readonly Expr[], of: Sql): Sql[] {
    return tests.map((test) => {
      const unfixed = [...columnsOf(test)].some((name) => this.#graph.component(name));
      if (unfixed) return sql`ifNull(${emitPredicate(test, this.nodeScope(of))}, false)`;
      return sql`${this.#array(this.#graph.nodeTest(test))}[${of}]`;
    });
  }
  edgeMeets(tests: readonly Expr[], of: Sql): Sql[] {
    return tests.map((test) => sql`${this.#array(this.#graph.edgeTest(test))}[${of}]`);
  }

  /** Expressions over the node of this number; names that no node has mean what they mean outside. */
  nodeScope(of: Sql, outer?: Scope): Scope {
    return this.#scope(outer, (name) => {
      const component = this.#graph.component(name);
      if (component) return sql`${this.constant(`component ${name}`, component)}[${of}]`;
      const at = this.#graph.nodeColumn(name);
      return at === undefined ? undefined : sql`${this.#array(at)}[${of}]`;
    });
  }
  edgeScope(of: Sql, outer?: Scope): Scope {
    return this.#scope(outer, (name) => {
      const at = this.#graph.edgeColumn(name);
      return at === undefined ? undefined : sql`${this.#array(at)}[${of}]`;
    });
  }
  #scope(outer: Scope | undefined, own: (name: string) => Sql | undefined): Scope {
    return {
      column: (name) => {
        const column = own(name) ?? outer?.column(name);
        if (!column) throw new Error(`the plan reads ${name}, which no element of the graph gives`);
        return column;
      },
      query: (rel) => this.#graph.e.subquery(rel),
      now: () => this.#graph.e.moment(),
    };
  }
}

/** Values of nodes, from rows of `$$n` and `$$v`, as an array over all nodes. */
export const dense = (graph: GraphSql, rows: Sql, aggregate: (v: Sql) => Sql, missing: Sql): Sql => {
  const v = identifier('$$v');
  const all = graph.select((u) => sql`SELECT arrayJoin(${u.numbers()}) AS ${node}, ${missing} AS ${v}`);
  return sql`SELECT tupleElement(arraySort(${o} -> ${o}.1, groupArray((${node}, ${v}))), 2) FROM (SELECT ${node}, ${aggregate(v)} AS ${v} FROM (SELECT ${node}, ${v} FROM (${rows}) UNION ALL ${all}) GROUP BY ${node})`;
};
