import { convert, engineType, toText } from '../../functions/convert.ts';
import type { Operand } from '../../functions/registry.ts';
import type { Graph } from '../../plan/graph.ts';
import type { Expr, Field, Rel } from '../../plan/plan.ts';
import { identifier, integer, join, sql, string, type Sql } from '../../sql.ts';
import { columnsOf, union, whereClause, withClause, type Block } from '../block.ts';
import { emptyOf, typeOf } from '../cells.ts';
import type { Context } from '../context.ts';
import { emitExpression, emitPredicate, type Scope } from '../expression.ts';
import { Using } from './using.ts';

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
const derived: Readonly<Record<string, 'string' | 'long'>> = { $$id: 'string', $$hash: 'long', $$partition: 'string' };
const isDerived = (name: string): boolean => Object.hasOwn(derived, name);

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
    for (const step of graph.steps)
      if (step.of === 'nodes') for (const name of columnsOf(step.predicate)) this.#wantNodeColumn(name);
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

  #wantNodeColumn(name: string): Field | undefined {
    const field = isDerived(name) ? { name, type: derived[name]! } : this.graph.nodeFields.find((f) => f.name === name);
    if (field) this.#nodeColumns.set(name, field);
    return field;
  }
  nodeColumn(name: string): number | undefined {
    if (name === '$$in' || name === '$$out')
      return this.part(name, 'node', () => sql`toInt64(length(${name === '$$in' ? ins : outs}))`);
    if (!this.#wantNodeColumn(name)) return undefined;
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
    const steps = this.graph.steps.flatMap((s, i) => (s.of === 'edges' ? [`$$step${i}`] : []));
    return [...this.#edgeColumns.keys(), ...this.#edgeTests.map((_, i) => `$$test${i}`), ...steps];
  }
  #carried(name: string): Sql {
    return sql`tupleElement(${o}, ${integer(this.#carriedNames().indexOf(name) + 2)})`;
  }

  /** All of it: rows of ends of edges, a row for each node, one row of arrays. */
  #build(): Sql {
    const columns = [...this.#nodeColumns.values()];
    const tested = this.#nodeRows(this.#narrowed(columns), columns, sql`${number}`);
    const scope = this.e.scope(tested);
    const all = ['$$outs', '$$ins', ...columns.map((f) => f.name)];
    const items = [
      sql`toUInt32(rowNumberInAllBlocks() + 1) AS ${node}`,
      ...all.map((name) => sql`${tested.columns.get(name)!.sql} AS ${identifier(name)}`),
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

  #carriedColumns(): Sql[] {
    return this.#carriedNames().map((n) => identifier(`$$e ${n}`));
  }
  /** A row for each node, with the edges at its ends; `end` is what is kept of those that reach it. */
  #nodeRows(rows: Sql, columns: readonly Field[], end: Sql): Block {
    const names = columns.map((f) => identifier(f.name));
    const leaving = sql`groupArrayIf(tuple(${join([number, ...this.#carriedColumns()])}), ${side} = 0) AS ${outs}`;
    const items = [
      key,
      ...names.map((n) => sql`max(${n}) AS ${n}`),
      leaving,
      sql`groupArrayIf(${end}, ${side} = 1) AS ${ins}`,
    ];
    const read = join([key, side, number, ...names, ...this.#carriedColumns()]);
    const grouped = sql`SELECT ${join(items)} FROM (SELECT ${read} FROM (${rows})) GROUP BY ${key} ORDER BY ${key}`;
    const block = this.e.asFrom(grouped, ['$$key', '$$outs', '$$ins', ...columns.map((f) => f.name)]);
    const degree = (list: string): { sql: Sql; plain: boolean } => ({
      sql: sql`toInt64(length(${block.columns.get(list)!.sql}))`,
      plain: false,
    });
    return { ...block, columns: new Map(block.columns).set('$$in', degree('$$ins')).set('$$out', degree('$$outs')) };
  }

  /** The rows of ends that are left after the steps. */
  #narrowed(columns: readonly Field[]): Sql {
    let rows = join([this.#ends(columns), ...this.#given(columns)], sql` UNION ALL `);
    this.graph.steps.forEach((step, i) => {
      rows = step.of === 'nodes' ? this.#keepNodes(rows, step.predicate, columns) : this.#keepEdges(rows, i, columns);
    });
    return rows;
  }
  /** Edges are numbered anew without gaps; rows of nodes have no edge. */
  #renumbered(rows: Sql, columns: readonly Field[]): Sql {
    const names = join([...columns.map((f) => identifier(f.name)), ...this.#carriedColumns()]);
    const rest = names.text ? sql`, ${names}` : sql``;
    return sql`SELECT ${key}, ${side}, toUInt32(if(${side} = 2, 0, dense_rank() OVER (PARTITION BY ${side} = 2 ORDER BY ${number}))) AS ${number}${rest} FROM (${rows})`;
  }
  /** What is left of an edge that is not kept are its nodes. */
  #keepEdges(rows: Sql, step: number, columns: readonly Field[]): Sql {
    const kept = identifier(`$$e $$step${step}`);
    const names = [number, ...columns.map((f) => identifier(f.name)), ...this.#carriedColumns()];
    return this.#renumbered(
      sql`SELECT ${key}, toUInt8(if(${kept} = 1, ${side}, 2)) AS ${side}, ${join(names)} FROM (SELECT ${join([key, side, ...names])} FROM (${rows}))`,
      columns,
    );
  }
  #keepNodes(rows: Sql, predicate: Expr, columns: readonly Field[]): Sql {
    const carried = this.#carriedNames();
    const block = this.#nodeRows(rows, columns, sql`tuple(${join([number, ...this.#carriedColumns()])})`);
    const alive = identifier('$$alive');
    const own = [key, ...columns.map((f) => identifier(f.name))];
    const none = sql`tuple(${join([sql`toUInt32(0)`, ...this.#noCarried()])})`;
    const tag = (n: Sql, list: Sql): Sql => sql`arrayMap(${o} -> tuple(toUInt8(${n}), ${o}), ${list})`;
    const ends = sql`arrayConcat([tuple(toUInt8(2), ${none})], ${tag(sql`0`, outs)}, ${tag(sql`1`, ins)})`;
    const tested = withClause(
      block,
      sql`SELECT ${join(own)}, ${outs}, ${ins}, toUInt8(ifNull(${emitPredicate(predicate, this.e.scope(block))}, false)) AS ${alive} FROM ${block.from}`,
    );
    const payload = carried.map((name, i) => sql`${o}.2.${integer(i + 2)} AS ${identifier(`$$e ${name}`)}`);
    const all = sql`SELECT ${join([...own, alive, sql`${o}.1 AS ${side}`, sql`${o}.2.1 AS ${number}`, ...payload])} FROM (${tested}) ARRAY JOIN ${ends} AS ${o}`;
    const both = sql`SELECT *, if(${side} = 2, ${alive}, min(${alive}) OVER (PARTITION BY ${side} = 2, ${number})) AS ${o} FROM (${all})`;
    return this.#renumbered(sql`SELECT * FROM (${both}) WHERE ${o} = 1`, columns);
  }
  /** What a row of a node carries of edges: nothing, of the right types. */
  #noCarried(): Sql[] {
    return this.#carriedNames().map((name) => {
      const field = this.#edgeColumns.get(name);
      return field ? sql`CAST(${emptyOf(field)}, ${string(typeOf(field).text)})` : sql`toUInt8(0)`;
    });
  }

  #fromEnds(columns: readonly Field[]): Field[] {
    const { nodeTables, idProperty } = this.graph;
    const ids = new Set(idProperty === undefined ? nodeTables.map((t) => t.id) : [idProperty]);
    return columns.filter((f) => isDerived(f.name) || ids.has(f.name));
  }
  #identifierAs(field: Field, id: Operand, rel: Rel, scope: Scope): Sql {
    if (field.name === '$$partition') return toText(this.#operand(rel, this.graph.partition!.column, scope));
    if (field.name === '$$id') return toText(id);
    if (field.name === '$$hash') return sql`CAST(reinterpret(xxHash64(${toText(id)}), 'Int64'), 'Nullable(Int64)')`;
    const type = field.type === 'tuple' ? 'dynamic' : field.type;
    return sql`CAST(${convert(id, type)?.sql ?? emptyOf(field)}, ${string(engineType(type).text)})`;
  }
  /** Kusto knows nodes by the xxHash64 of their identifier, and so do we. */
  #keyOf(id: Operand, scope: Scope, rel: Rel): Sql {
    const { partition } = this.graph;
    if (partition === undefined) return sql`xxHash64(${toText(id)})`;
    return sql`xxHash64(${toText(this.#operand(rel, partition.column, scope))}, ${toText(id)})`;
  }
  #operand(rel: Rel, name: string, scope: Scope): Operand {
    const field = rel.fields.find((f) => f.name === name)!;
    return emitExpression({ kind: 'column', name, type: field.type }, scope);
  }
  #partitionColumns(): string[] {
    return this.graph.partition ? [this.graph.partition.column] : [];
  }

  /** Two rows for each edge, one for each of its nodes. Nodes that only edges name have their identifier, and no other property. */
  #ends(columns: readonly Field[]): Sql {
    const { edges, source, target } = this.graph;
    const own = [...this.#edgeColumns.keys()];
    const steps = this.graph.steps.map((s) => (s.of === 'edges' ? s.predicate : undefined));
    const tests = [...this.#edgeTests, ...steps.filter((s) => s !== undefined)];
    const used = union([source, target], this.#partitionColumns(), own, ...tests.map((t) => columnsOf(t)));
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
        sql`${this.#identifierAs(f, from, edges, scope)} AS ${identifier(`$$from${i}`)}`,
        sql`${this.#identifierAs(f, to, edges, scope)} AS ${identifier(`$$to${i}`)}`,
      ]),
      ...own.map(
        (name) =>
          sql`CAST(${block.columns.get(name)!.sql}, ${string(typeOf(this.#edgeColumns.get(name)!).text)}) AS ${at(name)}`,
      ),
      ...truths.map((truth, i) => sql`toUInt8(${truth}) AS ${at(`$$test${i}`)}`),
      ...steps.flatMap((test, i) =>
        test ? [sql`toUInt8(ifNull(${emitPredicate(test, scope)}, false)) AS ${at(`$$step${i}`)}`] : [],
      ),
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
      ...this.#carriedColumns(),
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
    const used = union(
      [id],
      this.#partitionColumns(),
      own.map((f) => f.name),
    );
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
          : isDerived(f.name)
            ? this.#identifierAs(f, operand, rel, scope)
            : emptyOf(f);
        return sql`CAST(${value}, ${string(typeOf(f).text)}) AS ${identifier(f.name)}`;
      }),
      ...this.#noCarried().map((value, i) => sql`${value} AS ${this.#carriedColumns()[i]!}`),
    ];
    return withClause(block, sql`SELECT ${join(items)} FROM ${block.from}${whereClause(block)}`);
  }
}
