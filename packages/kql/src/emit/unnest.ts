import { identifier, join, sql, type Sql } from '../sql.ts';
import { columnsOf, union, usesOf, type Block } from './block.ts';
import { arrayOf } from './cells.ts';
import type { Context, RelOf } from './context.ts';
import { emitExpression } from './expression.ts';

export function emitUnnest(e: Context, rel: RelOf<'unnest'>, needed: ReadonlySet<string>): Block {
  const replaced = new Set(rel.items.map((i) => i.name));
  const kept = rel.fields.filter((f) => needed.has(f.name) && !replaced.has(f.name) && f.name !== rel.index);
  const used = union(
    kept.map((f) => f.name),
    ...rel.items.map((i) => columnsOf(i.expr)),
  );
  // The arrays are columns of their own first: they are read several times, and WITH names nothing inside ARRAY JOIN.
  const below = e.open(e.emit(rel.input, used), usesOf(rel.items.map((i) => i.expr)), 'groups');
  const belowScope = e.scope(below);
  const own = rel.items.map((item, n) => ({ name: `$$array${n}`, value: emitExpression(item.expr, belowScope) }));
  const input = e.asSubquery({
    ...below,
    columns: new Map([
      ...kept.map((f) => [f.name, below.columns.get(f.name)!] as const),
      ...own.map((o) => [o.name, { sql: o.value.sql, plain: false }] as const),
    ]),
  });
  const scope = e.bareScope(input);
  const arrays = own.map((o) => arrayOf({ ...o.value, sql: input.columns.get(o.name)!.sql }, rel));
  const longest = arrays.length > 1 ? sql`greatest(${join(arrays.map((a) => sql`length(${a})`))})` : undefined;
  const cut = (a: Sql): Sql => {
    const even = longest ? sql`arrayResize(${a}, ${longest}, '')` : a;
    return rel.limit ? sql`arraySlice(${even}, 1, ${emitExpression(rel.limit, scope).sql})` : even;
  };
  const alias = e.alias();
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
