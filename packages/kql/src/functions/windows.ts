import { neverNull } from './convert.ts';
import { sql, type Sql } from '../sql.ts';
import type { Operand, WindowFunction } from './registry.ts';

/** Functions over ordered rows: `OVER (PARTITION BY … ORDER BY … frame)` is put around by the emitter. */

const whole = sql`ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING`;
const soFar = sql`ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`;
export const neighbour = (name: string, fn: Sql): WindowFunction => ({
  name,
  parameters: ['any', 'long?', 'any?'],
  result: 'first',
  build: ([value, offset, missing], call) => {
    const n = offset?.literal?.value;
    if (offset && (typeof n !== 'bigint' || n < 1n)) return call.fail('the offset must be a constant of 1 or more');
    // A column may hold one constant, whose engine type has no null: past the rows the engine would give 0.
    const nullable = neverNull(value!.type) ? value!.sql : sql`toNullable(${value!.sql})`;
    const args = missing ? sql`, ${offset!.sql}, ${missing.sql}` : offset ? sql`, ${offset.sql}` : sql`, 1`;
    return { call: sql`${fn}(${nullable}${args})`, frame: whole };
  },
});

export const runCounter: WindowFunction = {
  name: '$run',
  parameters: ['bool'],
  result: 'long',
  build: ([restart]) => ({
    call: sql`countIf(ifNull(${restart!.sql}, false))`,
    frame: soFar,
    around: (w) => sql`toInt64(${w})`,
  }),
};
export const rowNumber: WindowFunction = {
  name: 'row_number',
  parameters: ['long?', 'bool?'],
  result: 'long',
  restart: 1,
  build: ([start]) => ({
    call: sql`row_number()`,
    frame: sql``,
    around: (w) => sql`(${start?.sql ?? sql`toInt64(1)`} - 1 + toInt64(${w}))`,
  }),
};

/** Whether this row's value differs from that of the row before, or is the first. */
const starts = (value: Operand, before: Operand, row: Operand): Sql =>
  sql`(${row.sql} = 1 OR NOT (${value.sql} <=> ${before.sql}))`;
const rank = (name: string, dense: boolean): WindowFunction => ({
  name,
  parameters: ['any', 'any?', '...any'],
  result: 'long',
  restart: 1,
  ranks: true,
  build: ([value, before, row]) => ({
    call: dense
      ? sql`countIf(${starts(value!, before!, row!)})`
      : sql`maxIf(${row!.sql}, ${starts(value!, before!, row!)})`,
    frame: soFar,
    around: (w) => sql`toInt64(${w})`,
  }),
});

export const windowTable: readonly WindowFunction[] = [
  neighbour('prev', sql`lagInFrame`),
  neighbour('next', sql`leadInFrame`),
  {
    name: 'row_cumsum',
    parameters: ['any', 'bool?'],
    result: 'first',
    restart: 1,
    build: ([value], call) => ({
      call: sql`sum(${value!.sql})`,
      frame: soFar,
      around: (w) => (call.result === 'int' ? sql`toInt32(${w})` : call.result === 'real' ? w : sql`toInt64(${w})`),
    }),
  },
  {
    name: 'row_window_session',
    parameters: ['any', 'any', 'any', 'bool?'],
    result: 'first',
    sessions: true,
    build: (_, call) => call.fail('stands where sessions cannot be told'),
  },
  rank('row_rank_dense', true),
  rank('row_rank_min', false),
];
/** The value of the row before, for ranks. */
export const previous: WindowFunction = neighbour('$previous', sql`lagInFrame`);
