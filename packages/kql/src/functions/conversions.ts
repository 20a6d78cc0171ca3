import { sql, type Sql } from '../sql.ts';
import type { KqlType } from '../types.ts';
import { parseJson } from './convert.ts';
import { alias, scalarWith, type Operand, type ScalarFunction } from './registry.ts';

/** `tolong(x)` and its kin: the argument's conversion is what `convert` does for every argument. */
const cast = (name: string, type: KqlType): ScalarFunction =>
  scalarWith(name, [type], type, ([a]) => a!.sql, type === 'string' || type === 'dynamic' ? 'never' : 'maybe');

const casts: Readonly<Record<KqlType, ScalarFunction>> = {
  string: cast('tostring', 'string'),
  bool: cast('tobool', 'bool'),
  int: cast('toint', 'int'),
  long: cast('tolong', 'long'),
  real: cast('todouble', 'real'),
  decimal: cast('todecimal', 'decimal'),
  datetime: cast('todatetime', 'datetime'),
  timespan: cast('totimespan', 'timespan'),
  guid: cast('toguid', 'guid'),
  dynamic: cast('$todynamic', 'dynamic'),
};
export const castFunction = (type: KqlType): ScalarFunction => casts[type];

/** A string is never null; a dynamic is null when it is ''. */
const isNull = (o: Operand): Sql =>
  o.type === 'string' ? sql`false` : o.type === 'dynamic' ? sql`(${o.sql} = '')` : sql`isNull(${o.sql})`;

const parse = scalarWith(
  'parse_json',
  ['any'],
  'dynamic',
  ([a]) => (a!.type === 'dynamic' ? a!.sql : a!.type === 'string' ? parseJson(a!.sql) : sql`toString(${a!.sql})`),
  'maybe',
);

const notNull = scalarWith('isnotnull', ['any'], 'bool', ([a]) => sql`NOT ${isNull(a!)}`, 'never');
const notEmpty = scalarWith(
  'isnotempty',
  ['any'],
  'bool',
  ([a]) =>
    a!.nullable
      ? sql`isNotNull(${a!.sql})`
      : a!.type === 'string' || a!.type === 'dynamic'
        ? sql`(${a!.sql} != '')`
        : sql`true`,
  'never',
);

export const conversionFunctions: readonly ScalarFunction[] = [
  ...Object.values(casts),
  alias('toboolean', casts.bool),
  alias('toreal', casts.real),
  alias('totime', casts.timespan),
  parse,
  alias('parsejson', parse),
  alias('todynamic', parse),
  alias('toobject', parse),
  scalarWith(
    '$nullable',
    ['any'],
    'first',
    ([a]) => (a!.type === 'string' || a!.type === 'dynamic' ? a!.sql : sql`toNullable(${a!.sql})`),
    'maybe',
  ),
  scalarWith('isnull', ['any'], 'bool', ([a]) => isNull(a!), 'never'),
  notNull,
  alias('notnull', notNull),
  scalarWith(
    'isempty',
    ['any'],
    'bool',
    ([a]) =>
      a!.nullable
        ? sql`isNull(${a!.sql})`
        : a!.type === 'string' || a!.type === 'dynamic'
          ? sql`(${a!.sql} = '')`
          : sql`false`,
    'never',
  ),
  notEmpty,
  alias('notempty', notEmpty),
];
