import type { Expr } from '../plan/plan.ts';
import type { Scan, ScanMemory } from '../plan/scan.ts';
import { identifier, integer, join, sql, string, type Sql } from '../sql.ts';
import { columnsOf, union, type Block } from './block.ts';
import { typeOf } from './cells.ts';
import type { Context, RelOf } from './context.ts';
import { emitExpression, type Scope } from './expression.ts';

/**
 * `scan` as a fold over the rows of each part. Kusto's rules, for each row, from the last step to the first:
 *  1. the step before has a sequence and the row meets the condition with that state: the sequence moves here, with this row;
 *  2. else this step has a sequence (or is the first) and the row meets the condition: the row takes the place of the one remembered.
 * The state is one flat tuple. Rows are folded in chunks, whose results are joined afterwards: the fold copies what it has gathered at
 * every row, so that a flat one would take time that grows with the square of the rows.
 * https://learn.microsoft.com/kusto/query/scan-operator
 */

const chunkRows = 500;

/** A tuple that grows while it is described: slots with a type, and where each is. */
class Layout {
  readonly types: Sql[] = [];
  add(type: Sql): number {
    this.types.push(type);
    return this.types.length;
  }
  get type(): Sql {
    return sql`Tuple(${join(this.types)})`;
  }
}
const at = (tuple: Sql, index: number): Sql => sql`tupleElement(${tuple}, ${integer(index)})`;
const fieldType = (type: ScanMemory['type']): Sql => typeOf({ name: '', type });

interface StepSlots {
  readonly on: number;
  readonly id: number;
  readonly first: number;
  /** By name of the memory: of this step and those before it. */
  readonly memory: ReadonlyMap<string, number>;
}
interface Machine {
  readonly rel: Scan;
  readonly state: Layout;
  readonly next: number;
  readonly slots: readonly StepSlots[];
  /** What a met step gives: its values, the sequence's number, where it began, and the step's number. */
  readonly given: Layout;
  /** Columns of the row, by name. */
  readonly row: readonly string[];
}

function machineOf(rel: Scan, row: readonly string[]): Machine {
  const state = new Layout();
  const next = state.add(sql`Int64`);
  const slots = rel.steps.map((_, k) => ({
    on: state.add(sql`Bool`),
    id: state.add(sql`Int64`),
    first: state.add(sql`Int64`),
    memory: new Map(rel.memory.filter((m) => m.step <= k).map((m) => [m.name, state.add(fieldType(m.type))])),
  }));
  const given = new Layout();
  for (const f of rel.assigned) given.add(typeOf(f));
  for (const type of [sql`Int64`, sql`Int64`, sql`Int64`]) given.add(type);
  return { rel, state, next, slots, given, row };
}

/** One row's work, as a lambda's body over the state `s` and the row `r`: the next state, and what the row gives. */
function body(e: Context, m: Machine, s: Sql, r: Sql, outside: Scope): { state: Sql; gives: Sql } {
  const { rel, slots } = m;
  const names: { name: Sql; expression: Sql }[] = [];
  const named = (expression: Sql): Sql => {
    const known = names.find((n) => n.expression.text === expression.text);
    if (known) return known.name;
    const name = e.alias();
    names.push({ name, expression });
    return sql`${name}`;
  };
  const memoryOf = new Map(rel.memory.map((x) => [x.name, x]));
  const initial = (x: ScanMemory): Sql => typedAs(emitExpression(x.initial, outside).sql, x.type);
  const rowColumn = (name: string): Sql => at(r, m.row.indexOf(name) + 1);
  const scope = (memory: (x: ScanMemory) => Sql): Scope => ({
    ...outside,
    column: (name) => {
      const x = memoryOf.get(name);
      return x ? memory(x) : rowColumn(name);
    },
    name: named,
  });
  const meets = (k: number, memory: (x: ScanMemory) => Sql): Sql =>
    sql`ifNull(${emitExpression(rel.steps[k]!.condition, scope(memory)).sql}, false)`;
  const slot = (k: number, x: ScanMemory): Sql => at(s, slots[k]!.memory.get(x.name)!);

  const none = sql`false`;
  const next: Sql[] = [];
  const states: Sql[] = [];
  const gives: Sql[] = [];
  let leaves: Sql = none;
  for (let k = rel.steps.length - 1; k >= 0; k--) {
    const left = leaves;
    const here = at(s, slots[k]!.on);
    // Still on after the step behind it took its sequence away.
    const on = left === none ? here : named(sql`(${here} AND NOT ${left})`);
    const before = (x: ScanMemory): Sql => (x.step === k ? initial(x) : slot(k - 1, x));
    const own = (x: ScanMemory): Sql =>
      k === 0 && left !== none ? named(sql`if(${left}, ${initial(x)}, ${slot(k, x)})`) : slot(k, x);
    const moved = k === 0 ? none : named(sql`(${at(s, slots[k - 1]!.on)} AND ${meets(k, before)})`);
    const stays = named(k === 0 ? meets(k, own) : sql`(NOT ${moved} AND ${on} AND ${meets(k, own)})`);
    const met = k === 0 ? stays : named(sql`(${moved} OR ${stays})`);
    const base = (x: ScanMemory): Sql => (k === 0 ? own(x) : named(sql`if(${moved}, ${before(x)}, ${own(x)})`));
    const values = rel.steps[k]!.values.map((v: Expr, i) =>
      v.kind === 'column' && !memoryOf.has(v.name)
        ? rowColumn(v.name)
        : named(typedAs(emitExpression(v, scope(base)).sql, rel.assigned[i]!.type)),
    );
    const valueOf = (column: string): Sql => {
      const i = rel.assigned.findIndex((f) => f.name === column);
      return i >= 0 ? values[i]! : rowColumn(column);
    };
    const begins = k === 0 ? named(sql`(${stays} AND NOT ${on})`) : moved;
    const id = named(
      k === 0
        ? sql`if(${begins}, ${at(s, m.next)}, ${at(s, slots[0]!.id)})`
        : sql`if(${moved}, ${at(s, slots[k - 1]!.id)}, ${at(s, slots[k]!.id)})`,
    );
    const first = named(sql`if(${begins}, ${rowColumn(rel.rank)}, ${at(s, slots[k]!.first)})`);
    const memory = rel.memory
      .filter((x) => x.step <= k)
      .map((x) =>
        x.step === k
          ? sql`if(${met}, ${valueOf(x.column)}, ${own(x)})`
          : sql`if(${moved}, ${slot(k - 1, x)}, ${slot(k, x)})`,
      );
    states.unshift(join([sql`(${met} OR ${on})`, id, first, ...memory]));
    if (k === 0) next.push(sql`${at(s, m.next)} + toInt64(${begins})`);
    if (rel.steps[k]!.output !== 'none') {
      const tuple = sql`CAST(tuple(${join([...values, id, first, integer(k)])}), ${string(m.given.type.text)})`;
      gives.push(sql`if(${met}, [${tuple}], [])`);
    }
    leaves = moved;
  }
  const state = sql`CAST(tuple(${join([...next, ...states])}), ${string(m.state.type.text)})`;
  const list = gives.length === 0 ? emptyGiven(m) : gives.length === 1 ? gives[0]! : sql`arrayConcat(${join(gives)})`;
  // A lambda has no WITH: the names stand in a tuple before what is asked for.
  const result = sql`tuple(${join([...names.map((n) => sql`${n.expression} AS ${n.name}`), state, list])})`;
  const bodyName = e.alias();
  return {
    state: sql`tupleElement(${result} AS ${bodyName}, ${integer(names.length + 1)})`,
    gives: sql`tupleElement(${bodyName}, ${integer(names.length + 2)})`,
  };
}
const typedAs = (text: Sql, type: ScanMemory['type']): Sql => sql`CAST(${text}, ${string(fieldType(type).text)})`;
const emptyGiven = (m: Machine): Sql => sql`CAST([], ${string(`Array(${m.given.type.text})`)})`;

function initialState(m: Machine, outside: Scope): Sql {
  const { rel } = m;
  const steps = rel.steps.map((_, k) => {
    const memory = rel.memory.filter((x) => x.step <= k).map((x) => emitExpression(x.initial, outside).sql);
    return join([sql`false`, sql`0`, sql`0`, ...memory]);
  });
  return sql`CAST(tuple(${join([sql`0`, ...steps])}), ${string(m.state.type.text)})`;
}

export function emitScan(e: Context, rel: RelOf<'scan'>, needed: ReadonlySet<string>): Block {
  const made = new Set([...rel.assigned.map((f) => f.name), rel.matchId, rel.position]);
  const memory = new Set(rel.memory.map((x) => x.name));
  const inExpressions = union(...rel.steps.flatMap((s) => [s.condition, ...s.values].map((x) => columnsOf(x))));
  const read = union(
    [...needed].filter(
      (n) =>
        !made.has(n) || rel.input.fields.some((f) => f.name === n && !rel.assigned.includes(f) && n !== rel.matchId),
    ),
    [...inExpressions].filter((n) => !memory.has(n)),
    rel.memory.map((x) => x.column),
    rel.partitionBy,
    [rel.rank],
  );
  const input = e.asSubquery(e.emit(rel.input, read));
  const row = [rel.rank, ...[...read].filter((n) => n !== rel.rank && !rel.partitionBy.includes(n))];
  const m = machineOf(rel, row);
  const outside = e.bareScope({ ...input, columns: new Map() });
  const parts = rel.partitionBy.map((name, i) => ({
    name,
    as: identifier(`$$p${i}`),
    sql: input.columns.get(name)!.sql,
  }));
  const partList = parts.map((p) => p.as);
  const list = (items: readonly Sql[]): Sql => join([...partList, ...items]);
  const groupBy = partList.length ? sql` GROUP BY ${join(partList)}` : sql``;
  const [rows, chunk, r, s, c, a, o] = ['rows', 'chunk', 'r', 's', 'c', 'a', 'o'].map((n) => identifier(`$$${n}`)) as [
    Sql,
    Sql,
    Sql,
    Sql,
    Sql,
    Sql,
    Sql,
  ];
  const rank = input.columns.get(rel.rank)!.sql;
  const tuple = sql`tuple(${join(row.map((name) => input.columns.get(name)!.sql))})`;
  const chunks = sql`SELECT ${join([...parts.map((p) => sql`${p.sql} AS ${p.as}`), sql`intDiv(${rank} - 1, ${integer(chunkRows)}) AS ${chunk}`, sql`arraySort(x -> x.1, groupArray(${tuple})) AS ${rows}`])} FROM ${input.from} GROUP BY ${join([...partList, chunk])}`;
  const gathered = sql`SELECT ${list([sql`arraySort(x -> x.1, groupArray(tuple(${chunk}, ${rows}))) AS ${c}`])} FROM (${chunks})${groupBy}`;
  const work = body(e, m, at(s, 1), r, outside);
  const step = sql`(${s}, ${r}) -> tuple(${work.state}, arrayPushBack(${at(s, 2)}, ${work.gives}))`;
  const none = sql`CAST([], ${string(`Array(Array(${m.given.type.text}))`)})`;
  const inner = e.alias();
  const fold = sql`arrayFold((${a}, ${chunk}) -> tuple(tupleElement(arrayFold(${step}, ${at(chunk, 2)}, tuple(${at(a, 1)}, ${none})) AS ${inner}, 1), arrayConcat(${at(a, 2)}, ${at(inner, 2)})), ${c}, tuple(${initialState(m, outside)}, ${none}))`;
  const folded = sql`SELECT ${list([sql`arrayFlatten(arrayMap(x -> x.2, ${c})) AS ${rows}`, sql`${at(fold, 2)} AS ${o}`])} FROM (${gathered})`;
  const spread = sql`SELECT ${list([r, s])} FROM (${folded}) ARRAY JOIN ${rows} AS ${r}, ${o} AS ${s}`;
  const each = sql`SELECT ${list([r, o, a])} FROM (${spread}) ARRAY JOIN ${s} AS ${o}, arrayEnumerate(${s}) AS ${a}`;
  const alias = e.alias();
  const from = lastOnly(rel, m, list, each, alias, { r, o, a });
  const columns = new Map<string, { sql: Sql; plain: boolean }>();
  const put = (name: string, text: Sql): void => void columns.set(name, { sql: text, plain: false });
  for (const p of parts) put(p.name, sql`${alias}.${p.as}`);
  row.forEach((name, i) => put(name, at(sql`${alias}.${r}`, i + 1)));
  rel.assigned.forEach((f, i) => put(f.name, at(sql`${alias}.${o}`, i + 1)));
  if (rel.matchId !== undefined) put(rel.matchId, at(sql`${alias}.${o}`, rel.assigned.length + 1));
  put(rel.position, sql`toInt64(${alias}.${a})`);
  return {
    from,
    columns: new Map([...columns].filter(([name]) => needed.has(name))),
    where: [],
    names: [],
    closed: false,
  };
}

/** `output=last`: of the rows that a sequence gave at a step, only the one that met it last. */
function lastOnly(
  rel: Scan,
  m: Machine,
  list: (items: readonly Sql[]) => Sql,
  each: Sql,
  alias: Sql,
  { r, o, a }: { r: Sql; o: Sql; a: Sql },
): Sql {
  const last = rel.steps.flatMap((s, k) => (s.output === 'last' ? [integer(k)] : []));
  if (last.length === 0) return sql`(${each}) AS ${alias}`;
  const width = m.given.types.length;
  const [first, step] = [at(o, width - 1), at(o, width)];
  const keep = identifier('$$keep');
  const rank = at(r, 1);
  const over = sql`max(${rank}) OVER (PARTITION BY ${list([step, first])})`;
  const marked = sql`SELECT ${list([r, o, a, sql`(${step} NOT IN (${join(last)}) OR ${rank} = ${over}) AS ${keep}`])} FROM (${each})`;
  return sql`(SELECT ${list([r, o, a])} FROM (${marked}) WHERE ${keep}) AS ${alias}`;
}
