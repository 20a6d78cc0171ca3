import { integer, join, real as literal, sql, string, type Sql } from '../sql.ts';
import type { KqlType } from '../types.ts';
import { convert, unixTicks } from './convert.ts';
import {
  alias,
  engineTyped,
  scalar,
  scalarWith,
  type ResultOf,
  type ScalarFunction,
  type CallInfo,
  type Operand,
} from './registry.ts';

const isNumber = (o: Operand): boolean => ['int', 'long', 'real', 'decimal'].includes(o.type);
const real = (name: string, build: (x: Sql) => Sql): ScalarFunction => scalar(name, ['real'], 'real', build);
const fallBack = (args: readonly Operand[]): Sql => {
  const parts = args.map((a, i) =>
    i < args.length - 1 && (a.type === 'string' || a.type === 'dynamic') ? sql`nullIf(${a.sql}, '')` : a.sql,
  );
  return sql`coalesce(${join(parts)})`;
};

/** `iff` and `case`: a condition that is null counts as false, so only what they choose from can be null. */
const branchIsNull = (args: readonly Operand[]): boolean =>
  args.some((a, i) => a.nullable && (i % 2 === 1 || i === args.length - 1));

const widened: ResultOf = ([a], binder) => (a?.type === 'int' ? 'long' : a && a.type !== 'tuple' ? a.type : binder);
const sizes: Partial<Record<KqlType, number>> = { bool: 1, int: 4, guid: 16, decimal: 16 };
/** Bytes of a value; a dynamic is kept with the lengths of its parts beside its text. */
const sizeOf = (o: Operand): Sql =>
  o.type === 'string' || o.type === 'dynamic'
    ? sql`length(${o.sql})${o.type === 'dynamic' ? sql` + 8` : sql``}`
    : integer(sizes[o.type] ?? 8);

/**
 * Factorials that a real holds exactly: the engine's own gamma is off in the last digit, and a whole number cut after it would lose one.
 */
const wholes = Array.from({ length: 23 }, (_, i) => i + 1);
const factorials = wholes.map((n) => wholes.slice(0, n - 1).reduce((product, i) => product * i, 1));

/** By so many bits of 64; a negative number of them gives null. */
const shift = (name: string, fn: Sql): ScalarFunction =>
  scalar(
    name,
    ['long', 'long'],
    'long',
    (a, n) => sql`if(${n} < 0, NULL, ${fn}(${a}, positiveModulo(${n}, 64)))`,
    'maybe',
  );

export const mathFunctions: readonly ScalarFunction[] = [
  scalarWith('not', ['bool'], 'bool', ([a]) => sql`NOT ${a!.sql}`),
  scalarWith('$and', ['bool', 'bool'], 'bool', ([a, b]) => sql`(${a!.sql} AND ${b!.sql})`),
  scalarWith(
    'iff',
    ['bool', 'any', 'any'],
    'binder',
    ([c, a, b]) => sql`if(${c!.sql}, ${a!.sql}, ${b!.sql})`,
    branchIsNull,
  ),
  scalarWith(
    'case',
    ['any', '...any'],
    'binder',
    (args) => sql`multiIf(${join(args.map((a) => a.sql))})`,
    branchIsNull,
  ),
  scalarWith(
    'coalesce',
    ['any', '...any'],
    'first',
    (args) => fallBack(args),
    (args) => args.every((a) => a.nullable),
  ),
  // The greatest int has no positive twin of the least: an int becomes a long.
  engineTyped(
    scalarWith('abs', ['any'], widened, ([a], call) =>
      call.result === 'real' || call.result === 'decimal' ? sql`abs(${a!.sql})` : sql`toInt64(abs(toInt64(${a!.sql})))`,
    ),
  ),
  scalarWith('around', ['any', 'any', 'any'], 'bool', ([v, center, delta], call) => {
    const kinds = [v!, center!].map((o) => (isNumber(o) ? 'number' : o.type));
    const time = kinds[0] === 'datetime' || kinds[0] === 'timespan';
    if (kinds[0] !== kinds[1] || !(time ? delta!.type === 'timespan' : kinds[0] === 'number' && isNumber(delta!)))
      return call.fail(`a ${v!.type}, a ${center!.type} and a ${delta!.type} do not go together`);
    const line = (o: Operand): Sql => (o.type === 'datetime' ? unixTicks(o.sql) : o.sql);
    return sql`(abs(${line(v!)} - ${line(center!)}) <= ${delta!.sql})`;
  }),
  scalarWith(
    'assert',
    ['bool', 'string'],
    'bool',
    ([condition, message], call) => {
      const text = String(message!.literal?.value ?? 'an assertion of the query does not hold');
      if (condition!.literal) return condition!.literal.value === true ? sql`true` : call.fail(text);
      return sql`(throwIf(NOT ifNull(${condition!.sql}, false), ${string(text)}) = 0)`;
    },
    'never',
  ),
  scalarWith(
    '$data_size',
    ['...any'],
    'long',
    (args) => sql`toInt64(${args.length ? join(args.map(sizeOf), sql` + `) : sql`0`})`,
    'never',
  ),
  engineTyped(scalar('ceiling', ['real'], 'real', (x) => sql`ceil(${x})`)),
  scalar('round', ['real', 'long?'], 'real', (x, digits) => {
    const scale = digits === undefined ? undefined : sql`exp10(${digits})`;
    // Halves go away from zero; the engine's own round takes them to even.
    const half = (v: Sql): Sql => sql`(sign(${v}) * floor(abs(${v}) + 0.5))`;
    return scale === undefined
      ? half(x)
      : sql`if(isFinite(${x} * ${scale}), ${half(sql`(${x} * ${scale})`)} / ${scale}, ${x})`;
  }),
  scalarWith('sign', ['any'], 'binder', ([a], call) =>
    call.result === 'real'
      ? a!.type === 'real'
        ? sql`if(isNaN(${a!.sql}), 0., toFloat64(sign(${a!.sql})))`
        : sql`toFloat64(sign(${a!.sql}))`
      : call.result === 'int'
        ? sql`toInt32(sign(${a!.sql}))`
        : sql`toInt64(sign(${a!.sql}))`,
  ),
  scalar('pow', ['real', 'real'], 'real', (x, y) => sql`pow(${x}, ${y})`),
  scalar('atan2', ['real', 'real'], 'real', (y, x) => sql`atan2(${y}, ${x})`),
  real('sqrt', (x) => sql`if(${x} < 0, NULL, sqrt(${x}))`),
  real('exp', (x) => sql`exp(${x})`),
  real('exp2', (x) => sql`exp2(${x})`),
  real('exp10', (x) => sql`exp10(${x})`),
  real('log', (x) => sql`log(${x})`),
  real('log2', (x) => sql`log2(${x})`),
  real('log10', (x) => sql`log10(${x})`),
  real('loggamma', (x) => sql`lgamma(${x})`),
  real(
    'gamma',
    (x) => sql`transform(${x}, [${join(wholes.map(literal))}], [${join(factorials.map(literal))}], tgamma(${x}))`,
  ),
  real('erf', (x) => sql`erf(${x})`),
  real('erfc', (x) => sql`erfc(${x})`),
  real('sin', (x) => sql`sin(${x})`),
  real('cos', (x) => sql`cos(${x})`),
  real('tan', (x) => sql`tan(${x})`),
  real('cot', (x) => sql`(1 / tan(${x}))`),
  real('asin', (x) => sql`asin(${x})`),
  real('acos', (x) => sql`acos(${x})`),
  real('atan', (x) => sql`atan(${x})`),
  real('degrees', (x) => sql`(${x} * 180 / pi())`),
  real('radians', (x) => sql`(${x} * pi() / 180)`),
  scalar('pi', [], 'real', () => sql`pi()`),
  scalar('rand', ['long?'], 'real', (n) =>
    n === undefined ? sql`randCanonical()` : sql`floor(randCanonical() * ${n})`,
  ),
  scalar('isnan', ['real'], 'bool', (x) => sql`toBool(isNaN(${x}))`),
  scalar('isinf', ['real'], 'bool', (x) => sql`toBool(isInfinite(${x}))`),
  scalar('isfinite', ['real'], 'bool', (x) => sql`toBool(isFinite(${x}))`),
  scalarWith('min_of', ['any', '...any'], 'binder', (args, call) => extreme(args, sql`least`, call), 'maybe'),
  scalarWith('max_of', ['any', '...any'], 'binder', (args, call) => extreme(args, sql`greatest`, call), 'maybe'),
  scalar('binary_and', ['long', 'long'], 'long', (a, b) => sql`bitAnd(${a}, ${b})`),
  scalar('binary_or', ['long', 'long'], 'long', (a, b) => sql`bitOr(${a}, ${b})`),
  scalar('binary_xor', ['long', 'long'], 'long', (a, b) => sql`bitXor(${a}, ${b})`),
  scalar('binary_not', ['long'], 'long', (a) => sql`bitNot(${a})`),
  shift('binary_shift_left', sql`bitShiftLeft`),
  shift('binary_shift_right', sql`bitShiftRight`),
  scalar('bitset_count_ones', ['long'], 'long', (a) => sql`toInt64(bitCount(${a}))`),
  scalar('new_guid', [], 'guid', () => sql`generateUUIDv4()`, 'never'),
];
/** Nulls are passed over. */
function extreme(args: readonly Operand[], fn: Sql, call: CallInfo): Sql {
  const values = args.map((a) =>
    a.type === call.result
      ? a.sql
      : (convert(a, call.result)?.sql ?? call.fail(`a ${a.type} does not go with the others`)),
  );
  return values.reduce((a, b) => {
    const left = call.name(a);
    return sql`if(isNull(${left}), ${b}, if(isNull(${b}), ${left}, ${fn}(${left}, ${b})))`;
  });
}
export { alias };
