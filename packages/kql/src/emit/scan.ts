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

const chunkRows = 100;

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
  /** Only where sequences are numbered. */
  readonly id: number;
  /** Only where a step gives its last rows alone. */
  readonly first: number;
  /** By name of the memory: of this step and those before it. */
  readonly memory: ReadonlyMap<string, number>;
}
interface Machine {
  readonly rel: Scan;
  readonly state: Layout;
  /** The number of the next sequence; 0 where they are not numbered. */
  readonly next: number;
  readonly slots: readonly StepSlots[];
  /** What a met step gives: its values, then what `id`, `first` and `step` place. */
  readonly given: Layout;
  readonly id: number;
  readonly first: number;
  readonly step: number;
  /** Columns of the row, by name. */
  readonly row: readonly string[];
}

function machineOf(rel: Scan, row: readonly string[]): Machine {
  const numbered = rel.matchId !== undefined;
  const last = rel.steps.some((s) => s.output === 'last');
  const state = new Layout();
  const given = new Layout();
  const long = (layout: Layout, wanted: boolean): number => (wanted ? layout.add(sql`Int64`) : 0);
  const next = long(state, numbered);
  const slots = rel.steps.map((_, k) => ({
    on: state.add(sql`Bool`),
    id: long(state, numbered),
    first: long(state, last),
    memory: new Map(rel.memory.filter((m) => m.step <= k).map((m) => [m.name, state.add(fieldType(m.type))])),
  }));
  for (const f of rel.assigned) given.add(typeOf(f));
  const places = { id: long(given, numbered), first: long(given, last), step: long(given, true) };
  return { rel, state, next, slots, given, ...places, row };
}

/**
 * Binds names for a body, inside a lambda: each a list of one element that a lambda goes over. An alias would be put in the place of each
 * of its uses, and those that stand on others would grow the statement beyond measure. Each lambda costs time at every row, so that
 * shorter values are repeated: the engine computes what is alike once.
 */
function letIn(e: Context, values: readonly Sql[], longer: number, body: (names: readonly Sql[]) => Sql): Sql {
  const long = values.map((v) => v.text.length > longer);
  if (!long.includes(true)) return body(values);
  const names = values.map((v, i) => (long[i] ? e.alias() : v));
  const bound = names.filter((_, i) => long[i]);
  const lists = values.filter((_, i) => long[i]).map((v) => sql`[${v}]`);
  return sql`arrayMap((${join(bound)}) -> ${body(names)}, ${join(lists)})[1]`;
}

/** One row's work, as a lambda's body over the state `s` and the row `r`: the next state, and what the row gives. */
function body(e: Context, m: Machine, s: Sql, r: Sql, outside: Scope, result: (state: Sql, gives: Sql) => Sql): Sql {
  const { rel, slots } = m;
  const count = rel.steps.length;
  const memoryOf = new Map(rel.memory.map((x) => [x.name, x]));
  const initial = (x: ScanMemory): Sql => typedAs(emitExpression(x.initial, outside).sql, x.type);
  const rowColumn = (name: string): Sql => at(r, m.row.indexOf(name) + 1);
  const { name: _, ...unnamed } = outside;
  const scope = (memory: (x: ScanMemory) => Sql): Scope => ({
    ...unnamed,
    column: (name) => {
      const x = memoryOf.get(name);
      return x ? memory(x) : rowColumn(name);
    },
  });
  const meets = (k: number, memory: (x: ScanMemory) => Sql): Sql => {
    const { condition } = rel.steps[k]!;
    if (condition.kind === 'literal') return condition.value === true ? sql`true` : sql`false`;
    return sql`ifNull(${emitExpression(condition, scope(memory)).sql}, false)`;
  };
  const slot = (k: number, x: ScanMemory): Sql => at(s, slots[k]!.memory.get(x.name)!);
  const before = (k: number) => (x: ScanMemory) => (x.step === k ? initial(x) : slot(k - 1, x));
  const wasOn = (k: number): Sql => at(s, slots[k]!.on);

  const moves = rel.steps.slice(1).map((_step, i) => sql`(${wasOn(i)} AND ${meets(i + 1, before(i + 1))})`);
  return letIn(e, moves, 60, (movedOf) => {
    const moved = (k: number): Sql => movedOf[k - 1] ?? sql`false`;
    // The state of a step whose sequence the step behind it has just taken away is empty.
    const own =
      (k: number) =>
      (x: ScanMemory): Sql =>
        k === 0 && count > 1 ? sql`if(${moved(1)}, ${initial(x)}, ${slot(0, x)})` : slot(k, x);
    const on = (k: number): Sql => (k + 1 < count ? sql`(${wasOn(k)} AND NOT ${moved(k + 1)})` : wasOn(k));
    const stays = rel.steps.map((_step, k) =>
      k === 0 ? meets(0, own(0)) : sql`(NOT ${moved(k)} AND ${on(k)} AND ${meets(k, own(k))})`,
    );
    return letIn(e, stays, count > 1 ? 60 : 400, (stayed) => {
      const met = (k: number): Sql => (k === 0 ? stayed[0]! : sql`(${moved(k)} OR ${stayed[k]!})`);
      const begins = (k: number): Sql => (k === 0 ? sql`(${stayed[0]!} AND NOT ${on(0)})` : moved(k));
      const base =
        (k: number) =>
        (x: ScanMemory): Sql =>
          k === 0 ? own(0)(x) : sql`if(${moved(k)}, ${before(k)(x)}, ${slot(k, x)})`;
      const computed = rel.steps.flatMap((step, k) =>
        step.values.map((v, i) =>
          v.kind === 'column' && !memoryOf.has(v.name)
            ? rowColumn(v.name)
            : typedAs(emitExpression(v, scope(base(k))).sql, rel.assigned[i]!.type),
        ),
      );
      return letIn(e, computed, 400, (all) => {
        const width = rel.assigned.length;
        const values = (k: number): readonly Sql[] => all.slice(k * width, (k + 1) * width);
        const valueOf = (k: number, column: string): Sql => {
          const i = rel.assigned.findIndex((f) => f.name === column);
          return i >= 0 ? values(k)[i]! : rowColumn(column);
        };
        const id = (k: number): Sql =>
          k === 0
            ? sql`if(${begins(0)}, ${at(s, m.next)}, ${at(s, slots[0]!.id)})`
            : sql`if(${moved(k)}, ${at(s, slots[k - 1]!.id)}, ${at(s, slots[k]!.id)})`;
        const first = (k: number): Sql => sql`if(${begins(k)}, ${rowColumn(rel.rank)}, ${at(s, slots[k]!.first)})`;
        const extras = (k: number): Sql[] => [...(m.id ? [id(k)] : []), ...(m.first ? [first(k)] : [])];
        const remembered = (k: number): Sql[] =>
          rel.memory
            .filter((x) => x.step <= k)
            .map((x) =>
              x.step === k
                ? sql`if(${met(k)}, ${valueOf(k, x.column)}, ${own(k)(x)})`
                : sql`if(${moved(k)}, ${slot(k - 1, x)}, ${slot(k, x)})`,
            );
        const states = rel.steps.map((_step, k) =>
          join([sql`(${met(k)} OR ${on(k)})`, ...extras(k), ...remembered(k)]),
        );
        const next = m.next ? [sql`${at(s, m.next)} + toInt64(${begins(0)})`] : [];
        const gives = rel.steps.flatMap((step, k) => {
          if (step.output === 'none') return [];
          const tuple = sql`CAST(tuple(${join([...values(k), ...extras(k), integer(k)])}), ${string(m.given.type.text)})`;
          return [met(k).text === 'true' ? sql`[${tuple}]` : sql`if(${met(k)}, [${tuple}], [])`];
        });
        const list =
          gives.length === 0
            ? emptyGiven(m)
            : gives.length === 1
              ? gives[0]!
              : sql`arrayConcat(${join(gives.toReversed())})`;
        return result(sql`CAST(tuple(${join([...next, ...states])}), ${string(m.state.type.text)})`, list);
      });
    });
  });
}
const typedAs = (text: Sql, type: ScanMemory['type']): Sql => sql`CAST(${text}, ${string(fieldType(type).text)})`;
const emptyGiven = (m: Machine): Sql => sql`CAST([], ${string(`Array(${m.given.type.text})`)})`;

function initialState(m: Machine, outside: Scope): Sql {
  const { rel } = m;
  const steps = rel.steps.map((_, k) => {
    const memory = rel.memory.filter((x) => x.step <= k).map((x) => emitExpression(x.initial, outside).sql);
    const zeros = [m.id, m.first].filter((n) => n > 0).map(() => sql`0`);
    return join([sql`false`, ...zeros, ...memory]);
  });
  return sql`CAST(tuple(${join([...(m.next ? [sql`0`] : []), ...steps])}), ${string(m.state.type.text)})`;
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
  const step = sql`(${s}, ${r}) -> ${body(e, m, at(s, 1), r, outside, (state, gives) => sql`tuple(${state}, arrayPushBack(${at(s, 2)}, ${gives}))`)}`;
  const none = sql`CAST([], ${string(`Array(Array(${m.given.type.text}))`)})`;
  const inner = e.alias();
  const joinedTo = sql`tuple(${at(inner, 1)}, arrayConcat(${at(a, 2)}, ${at(inner, 2)}))`;
  const fold = sql`arrayFold((${a}, ${chunk}) -> arrayMap(${inner} -> ${joinedTo}, [arrayFold(${step}, ${at(chunk, 2)}, tuple(${at(a, 1)}, ${none}))])[1], ${c}, tuple(${initialState(m, outside)}, ${none}))`;
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
  if (rel.matchId !== undefined) put(rel.matchId, at(sql`${alias}.${o}`, m.id));
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
  const [first, step] = [at(o, m.first), at(o, m.step)];
  const keep = identifier('$$keep');
  const rank = at(r, 1);
  const over = sql`max(${rank}) OVER (PARTITION BY ${list([step, first])})`;
  const marked = sql`SELECT ${list([r, o, a, sql`(${step} NOT IN (${join(last)}) OR ${rank} = ${over}) AS ${keep}`])} FROM (${each})`;
  return sql`(SELECT ${list([r, o, a])} FROM (${marked}) WHERE ${keep}) AS ${alias}`;
}
