import { neverNull } from '../functions/convert.ts';
import type { Field } from '../plan/plan.ts';
import { identifier, integer, join, sql, type Sql } from '../sql.ts';
import { withinBudget } from './budget.ts';
import { columnsOf, union, usesOf, type Block, type BlockColumn } from './block.ts';
import { emptyOf, engineCell } from './cells.ts';
import type { Context, RelOf } from './context.ts';
import { emitExpression } from './expression.ts';
import { packedOf, Packing, partName, textsName } from './packed.ts';

export function emitUnion(e: Context, rel: RelOf<'union'>, needed: ReadonlySet<string>): Block {
  const fields = rel.fields.filter((f) => needed.has(f.name));
  const packed = packedOf(rel, fields);
  const packing = new Packing();
  const given = new Set(rel.inputs.flatMap(({ items }) => items.map((i) => i.name)));
  // Over wide tables most columns of a part are absent ones: these are said as briefly as can be. Another part says their type, the first their name.
  const absent = (f: Field, n: number): BlockColumn => {
    const value = neverNull(f.type) ? emptyOf(f) : given.has(f.name) ? sql`NULL` : engineCell(f, emptyOf(f));
    return { sql: value, plain: false, unnamed: n > 0 };
  };
  let length = 0;
  const parts = rel.inputs.map(({ rel: input, items }, n) => {
    const byName = new Map(items.map((i) => [i.name, i]));
    const wanted = fields.map((f) => ({ f, item: byName.get(f.name) }));
    const used = union(...wanted.map(({ item }) => (item ? columnsOf(item.expr) : [])));
    const computed = wanted.flatMap(({ item }) => (item && item.expr.kind !== 'column' ? [item.expr] : []));
    const block = e.open(e.emit(input, used), usesOf(computed), 'groups');
    const scope = e.scope(block);
    const columns = new Map<string, BlockColumn>();
    const texts: { field: Field; sql: Sql }[] = [];
    for (const { f, item } of wanted)
      if (!item) {
        if (!packed.has(f.name)) columns.set(f.name, absent(f, n));
      } else {
        const value = engineCell(f, emitExpression(item.expr, scope).sql);
        if (packed.has(f.name)) texts.push({ field: f, sql: value });
        else columns.set(f.name, { sql: value, plain: false });
      }
    if (packed.size) {
      columns.set(partName, { sql: integer(BigInt(n)), plain: false });
      columns.set(textsName, { sql: packing.texts(n, texts), plain: false });
    }
    const part = e.render({ ...block, columns }, new Set(columns.keys()));
    withinBudget((length += part.text.length));
    return part;
  });
  const alias = e.alias();
  const column = (f: Field): BlockColumn =>
    packed.has(f.name)
      ? { sql: packing.column(f, alias), plain: false }
      : { sql: sql`${alias}.${identifier(f.name)}`, plain: true };
  return {
    from: sql`(${join(parts, sql` UNION ALL `)}) AS ${alias}`,
    columns: new Map(fields.map((f) => [f.name, column(f)])),
    where: [],
    names: [],
    closed: false,
  };
}
