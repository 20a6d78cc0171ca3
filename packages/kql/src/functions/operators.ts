import { identifier, integer, join, sql, string, type Sql } from '../sql.ts';
import { convert, fromAnyTicks, unixTicks, cleanJson, cleanMember, toText } from './convert.ts';
import { byRegex } from './regex.ts';
import { isAscii, constantText, hasAnyTerm, hasTerm, position } from './terms.ts';
import { engineTyped, scalarWith, type CallInfo, type Operand, type ScalarFunction } from './registry.ts';

/** The operators of expressions, by the library's name of their node. */

const numericTypes = new Set(['int', 'long', 'real', 'decimal']);
const isNumber = (o: Operand): boolean => numericTypes.has(o.type);
const is = (o: Operand, type: Operand['type']): boolean => o.type === type;

/** A dynamic beside another type is taken as that type; beside a dynamic, as the call's result. */
function level(a: Operand, b: Operand, call: CallInfo): [Operand, Operand] {
  const take = (o: Operand, other: Operand): Operand => {
    if (o.type !== 'dynamic') return o;
    const type =
      other.type !== 'dynamic'
        ? other.type === 'int' || other.type === 'long'
          ? 'real'
          : other.type
        : call.result === 'dynamic'
          ? 'real'
          : call.result;
    const converted = convert(o, type === 'int' || type === 'long' ? 'long' : type);
    return converted ? { ...converted, type } : call.fail(`a dynamic cannot be taken as ${type}`);
  };
  return [take(a, b), take(b, a)];
}

/** The engine widens integers; Kusto's result keeps its type and wraps. */
const narrowed = (text: Sql, result: CallInfo['result']): Sql =>
  result === 'int'
    ? sql`toInt32(${text})`
    : result === 'long' || result === 'timespan'
      ? sql`toInt64(${text})`
      : result === 'real'
        ? sql`toFloat64(${text})`
        : text;

const asDecimal = (o: Operand): Sql => (o.type === 'decimal' ? o.sql : convert(o, 'decimal')!.sql);
/** Of a real cut to a whole number; null where it is too great or none. */
const cutToLong = (value: Sql): Sql => sql`accurateCastOrNull(trunc(${value}), 'Int64')`;

/** A number for an operator that looks at values, not at the engine's type: a constant without its type is shorter. */
const bare = (o: Operand, most = 2n ** 63n): Sql => {
  const value = o.literal?.value;
  return typeof value === 'bigint' && o.type !== 'datetime' && value < most && value > -most ? integer(value) : o.sql;
};

/** In a sum the engine's type matters: only constants that leave the other side's type as it is. */
const small = (o: Operand): Sql => bare(o, 2n ** 31n);

/** A divisor; nothing divides by zero. */
const notZero = (o: Operand): Sql => (o.literal?.value ? o.sql : sql`nullIf(${o.sql}, 0)`);

const whole = (o: Operand): boolean => is(o, 'int') || is(o, 'long');
const asReal = (o: Operand): Sql => (is(o, 'real') ? o.sql : sql`toFloat64(${o.sql})`);

type Arithmetic = (a: Operand, b: Operand, call: CallInfo) => Sql | undefined;
const plus: Arithmetic = (a, b, call) => {
  if (is(a, 'datetime') && is(b, 'timespan')) return fromAnyTicks(sql`${unixTicks(a.sql)} + ${b.sql}`);
  if (is(a, 'timespan') && is(b, 'datetime')) return fromAnyTicks(sql`${unixTicks(b.sql)} + ${a.sql}`);
  if (is(a, 'timespan') && is(b, 'timespan')) return sql`(${a.sql} + ${b.sql})`;
  if (call.result === 'decimal') return sql`(${asDecimal(a)} + ${asDecimal(b)})`;
  return isNumber(a) && isNumber(b) ? narrowed(sql`(${small(a)} + ${small(b)})`, call.result) : undefined;
};
const minus: Arithmetic = (a, b, call) => {
  if (is(a, 'datetime') && is(b, 'datetime')) return sql`(${unixTicks(a.sql)} - ${unixTicks(b.sql)})`;
  if (is(a, 'datetime') && is(b, 'timespan')) return fromAnyTicks(sql`${unixTicks(a.sql)} - ${b.sql}`);
  if (is(a, 'timespan') && is(b, 'timespan')) return sql`(${a.sql} - ${b.sql})`;
  if (call.result === 'decimal') return sql`(${asDecimal(a)} - ${asDecimal(b)})`;
  return isNumber(a) && isNumber(b) ? narrowed(sql`(${small(a)} - ${small(b)})`, call.result) : undefined;
};
/** By a number a datetime is its ticks, and stays a datetime: so the library has it. */
const byNumber = (a: Operand, build: (ticks: Sql) => Sql): Sql =>
  fromAnyTicks(sql`${cutToLong(build(sql`toFloat64(${unixTicks(a.sql)} + 621355968000000000)`))} - 621355968000000000`);
const times: Arithmetic = (a, b, call) => {
  if (is(a, 'datetime') && isNumber(b)) return byNumber(a, (ticks) => sql`(${ticks} * ${b.sql})`);
  if (is(a, 'timespan') !== is(b, 'timespan') && (isNumber(a) || isNumber(b)))
    return whole(a) || whole(b) ? sql`toInt64(${a.sql} * ${b.sql})` : cutToLong(sql`${asReal(a)} * ${asReal(b)}`);
  if (call.result === 'decimal') return sql`multiplyDecimal(${asDecimal(a)}, ${asDecimal(b)}, 18)`;
  return isNumber(a) && isNumber(b) ? narrowed(sql`(${small(a)} * ${small(b)})`, call.result) : undefined;
};
const over: Arithmetic = (a, b, call) => {
  if (is(a, 'timespan') && is(b, 'timespan')) return sql`(toFloat64(${a.sql}) / toFloat64(${b.sql}))`;
  if (is(a, 'timespan') && isNumber(b)) return cutToLong(sql`${a.sql} / ${asReal(b)}`);
  if (is(a, 'datetime') && isNumber(b)) return byNumber(a, (ticks) => sql`(${ticks} / ${asReal(b)})`);
  if (call.result === 'decimal') {
    // The engine divides in rows of null, too.
    const by = call.name(asDecimal(b));
    const none = sql`ifNull(${by} = 0, true)`;
    return sql`if(${none}, NULL, divideDecimal(${asDecimal(a)}, if(${none}, toDecimal128(1, 18), ifNull(${by}, toDecimal128(1, 18))), 18))`;
  }
  if (whole(a) && whole(b)) return narrowed(sql`intDiv(${a.sql}, ${notZero(b)})`, call.result);
  if (!isNumber(a) || !isNumber(b)) return undefined;
  const quotient = sql`(toFloat64(${a.sql}) / toFloat64(${b.sql}))`;
  return call.result === 'real' ? quotient : narrowed(cutToLong(quotient), call.result);
};
/** The rest is never negative, whatever the signs. */
const floorRest = (a: Sql, b: Sql): Sql => sql`if((${a} % ${b}) < 0, (${a} % ${b}) + ${b}, ${a} % ${b})`;
const modulo: Arithmetic = (a, b, call) => {
  if (whole(a) && whole(b))
    return narrowed(sql`positiveModulo(toInt64(${a.sql}), toInt64(nullIf(abs(${b.sql}), 0)))`, call.result);
  if (is(a, 'timespan') && is(b, 'timespan')) return sql`positiveModulo(${a.sql}, toInt64(nullIf(abs(${b.sql}), 0)))`;
  if (is(a, 'datetime') && is(b, 'timespan'))
    return sql`((${unixTicks(a.sql)} + 621355968000000000) % nullIf(${b.sql}, 0))`;
  if (!isNumber(a) || !isNumber(b)) return undefined;
  const rest = sql`(${floorRest(sql`toFloat64(${a.sql})`, sql`abs(toFloat64(${b.sql}))`)})`;
  return call.result === 'int' || call.result === 'long' ? narrowed(cutToLong(rest), call.result) : rest;
};
const arithmetic = (symbol: string, build: Arithmetic): ScalarFunction =>
  scalarWith(
    symbol,
    ['any', 'any'],
    'binder',
    ([x, y], call) => {
      const [a, b] = level(x!, y!, call);
      return build(a, b, call) ?? call.fail(`a ${x!.type} and a ${y!.type} do not go together`);
    },
    'maybe',
  );

/** Both sides as one type, where they differ. */
function paired(a: Operand, b: Operand, call: CallInfo): [Sql, Sql, boolean, boolean] {
  if (a.type === b.type || (isNumber(a) && isNumber(b))) return [bare(a), bare(b), a.nullable, b.nullable];
  const take = (o: Operand, other: Operand): Operand => {
    if (o.type === 'dynamic' || (o.type === 'string' && other.type !== 'dynamic')) {
      const converted = convert(o, other.type === 'int' || other.type === 'long' ? 'real' : other.type);
      if (converted) return { ...converted, type: other.type };
    }
    return o;
  };
  const l = take(a, b);
  const r = take(b, a);
  const alike =
    l.type === r.type ||
    (isNumber(l) && isNumber(r)) ||
    (l.type === 'bool' && isNumber(r)) ||
    (isNumber(l) && r.type === 'bool');
  return alike
    ? [bare(l), bare(r), l.nullable, r.nullable]
    : call.fail(`a ${a.type} cannot be compared with a ${b.type}`);
}
const comparison = (symbol: Sql): ScalarFunction =>
  scalarWith(
    symbol.text,
    ['any', 'any'],
    'bool',
    ([x, y], call) => {
      const [a, b] = paired(x!, y!, call);
      return sql`(${a} ${symbol} ${b})`;
    },
    'maybe',
  );
/** null == null is null; null beside a value is just not equal to it. */
const equality = (negated: boolean): ScalarFunction => {
  const compare: ScalarFunction['build'] = ([x, y], call) => {
    const [a, b, aNull, bNull] = paired(x!, y!, call);
    const test = negated ? sql`(${a} != ${b})` : sql`(${a} = ${b})`;
    const apart = negated ? sql`true` : sql`false`;
    if (!aNull && !bNull) return test;
    if (!aNull || !bNull) return sql`ifNull(${test}, ${apart})`;
    return sql`if(isNull(${a}) AND isNull(${b}), NULL, ifNull(${test}, ${apart}))`;
  };
  const entry = scalarWith(negated ? '!=' : '==', ['any', 'any'], 'bool', compare, 'maybe');
  if (negated) return entry;
  return {
    ...entry,
    predicate: ([x, y], call) => {
      const [a, b] = paired(x!, y!, call);
      return sql`(${a} = ${b})`;
    },
  };
};

// ——— text ———

type TextTest = (s: Sql, needle: Operand) => Sql;
const textOperator = (name: string, test: TextTest): ScalarFunction =>
  scalarWith(name, ['string', 'string'], 'bool', ([s, n]) => test(s!.sql, n!), 'never');
const not =
  (test: TextTest): TextTest =>
  (s, n) =>
    sql`NOT ${test(s, n)}`;

/** Beside constants of ASCII only its letters count, and are folded much faster. */
const isPlain = (o: Operand): boolean => isAscii(constantText(o) ?? '\u0080');
const lowered = (s: Sql, beside: readonly Operand[]): Sql =>
  beside.every(isPlain) ? sql`lower(${s})` : sql`lowerUTF8(${s})`;

const lower = (o: Operand): Sql => {
  const text = constantText(o);
  return text === undefined ? sql`lowerUTF8(${o.sql})` : string(text.toLowerCase());
};
const tests: Readonly<Record<string, [string, TextTest]>> = {
  Contains: ['contains', (s, n) => sql`(${position(s, n, false)} > 0)`],
  ContainsCs: ['contains_cs', (s, n) => sql`(${position(s, n, true)} > 0)`],
  Has: ['has', (s, n) => hasTerm(s, n, false)],
  HasCs: ['has_cs', (s, n) => hasTerm(s, n, true)],
  HasPrefix: ['hasprefix', (s, n) => hasTerm(s, n, false, 'prefix')],
  HasPrefixCs: ['hasprefix_cs', (s, n) => hasTerm(s, n, true, 'prefix')],
  HasSuffix: ['hassuffix', (s, n) => hasTerm(s, n, false, 'suffix')],
  HasSuffixCs: ['hassuffix_cs', (s, n) => hasTerm(s, n, true, 'suffix')],
  StartsWith: ['startswith', (s, n) => sql`startsWithCaseInsensitive${isPlain(n) ? sql`` : sql`UTF8`}(${s}, ${n.sql})`],
  StartsWithCs: ['startswith_cs', (s, n) => sql`startsWith(${s}, ${n.sql})`],
  EndsWith: ['endswith', (s, n) => sql`endsWithCaseInsensitive${isPlain(n) ? sql`` : sql`UTF8`}(${s}, ${n.sql})`],
  EndsWithCs: ['endswith_cs', (s, n) => sql`endsWith(${s}, ${n.sql})`],
};

const textOperators = Object.entries(tests).flatMap(([kind, [name, test]]): [string, ScalarFunction][] => [
  [`${kind}Expression`, textOperator(name, test)],
  [`Not${kind}Expression`, textOperator(`!${name}`, not(test))],
]);

/** `==` and `!=` over text without case. */
const sameText: TextTest = (s, n) => sql`(${lowered(s, [n])} = ${lower(n)})`;

export const binaryOperators: ReadonlyMap<string, ScalarFunction> = new Map<string, ScalarFunction>([
  ['AddExpression', arithmetic('+', plus)],
  ['SubtractExpression', arithmetic('-', minus)],
  ['MultiplyExpression', arithmetic('*', times)],
  ['DivideExpression', arithmetic('/', over)],
  ['ModuloExpression', arithmetic('%', modulo)],
  ['EqualExpression', equality(false)],
  ['NotEqualExpression', equality(true)],
  ['LessThanExpression', comparison(sql`<`)],
  ['LessThanOrEqualExpression', comparison(sql`<=`)],
  ['GreaterThanExpression', comparison(sql`>`)],
  ['GreaterThanOrEqualExpression', comparison(sql`>=`)],
  ['AndExpression', scalarWith('and', ['bool', 'bool'], 'bool', ([a, b]) => sql`(${a!.sql} AND ${b!.sql})`)],
  ['OrExpression', scalarWith('or', ['bool', 'bool'], 'bool', ([a, b]) => sql`(${a!.sql} OR ${b!.sql})`)],
  ['EqualTildeExpression', textOperator('=~', sameText)],
  ['BangTildeExpression', textOperator('!~', not(sameText))],
  [
    'MatchesRegexExpression',
    scalarWith(
      'matches regex',
      ['string', 'string'],
      'bool',
      ([s, n], call) => byRegex(s!.sql, n!, call, (t, re) => sql`match(${t}, ${re})`),
      'never',
    ),
  ],
  ...textOperators,
]);

// ——— sets ———

/** The values in groups of one type, each a list for `IN`; a dynamic array that is no constant is searched as text. */
const isIn =
  (caseInsensitive: boolean, negated: boolean, nullIsFalse = false): ScalarFunction['build'] =>
  ([value, ...items], call) => {
    const v = value!;
    const tests = items.map((item) => {
      if (item.type === 'dynamic' && !item.literal) return inDynamic(v, item, caseInsensitive);
      const [left, right] = paired(v, item, call);
      return caseInsensitive && (v.type === 'string' || v.type === 'dynamic')
        ? sql`lowerUTF8(${toText(v)}) = ${lower(item.type === 'string' ? item : { type: 'string', nullable: false, sql: toText(item) })}`
        : sql`${left} = ${right}`;
    });
    const plain = items.every((i) => i.literal && i.type === v.type && i.literal.value !== null);
    const list = (o: Operand): Sql => (caseInsensitive && v.type === 'string' ? lower(o) : bare(o));
    const found =
      items.length === 0
        ? sql`false`
        : plain
          ? sql`(${caseInsensitive && v.type === 'string' ? lowered(v.sql, items) : v.sql} IN (${join(items.map(list))}))`
          : sql`(${join(tests, sql` OR `)})`;
    const known = (v.nullable || !plain) && !nullIsFalse ? sql`ifNull(${found}, false)` : found;
    return negated ? sql`NOT ${known}` : known;
  };
const inDynamic = (v: Operand, list: Operand, caseInsensitive: boolean): Sql => {
  const texts = sql`arrayMap(x -> ${toText({ sql: identifier('x'), type: 'dynamic', nullable: false })}, JSONExtractArrayRaw(if(startsWith(${list.sql}, '['), ${list.sql}, concat('[', if(${list.sql} = '', 'null', ${list.sql}), ']'))))`;
  const text = toText(v);
  return caseInsensitive
    ? sql`has(arrayMap(x -> lowerUTF8(x), ${texts}), lowerUTF8(${text}))`
    : sql`has(${texts}, ${text})`;
};
const hasOf =
  (every: boolean): ScalarFunction['build'] =>
  ([value, ...items]) => {
    const s = toText(value!);
    if (!items.length) return every ? sql`true` : sql`false`;
    const lists = items.filter((i) => i.type === 'dynamic' && !i.literal);
    const texts = items
      .filter((i) => !lists.includes(i))
      .map((i): Operand =>
        i.type === 'string' ? i : { ...asText(i), sql: toText(i), type: 'string', nullable: false },
      );
    const one: Operand = { sql: sql`if(startsWith(x, '"'), JSONExtractString(x), x)`, type: 'string', nullable: false };
    const inLists = lists.map(
      (l) =>
        sql`${every ? sql`arrayAll` : sql`arrayExists`}(x -> ${hasTerm(s, one, false)}, JSONExtractArrayRaw(${l.sql}))`,
    );
    const tests = [...(every ? texts.map((t) => hasTerm(s, t, false)) : hasAnyTerm(s, texts)), ...inLists];
    return sql`(${join(tests, every ? sql` AND ` : sql` OR `)})`;
  };
/** A constant that is no text, as one. */
const asText = (o: Operand): Pick<Operand, 'literal'> =>
  typeof o.literal?.value === 'bigint' ? { literal: { value: String(o.literal.value) } } : {};

export const setFunctions: ReadonlyMap<string, ScalarFunction> = new Map(
  [
    {
      ...scalarWith('$in', ['any', '...any'], 'bool', isIn(false, false), 'never'),
      predicate: isIn(false, false, true),
    },
    scalarWith('$in!', ['any', '...any'], 'bool', isIn(false, true), 'never'),
    {
      ...scalarWith('$in~', ['any', '...any'], 'bool', isIn(true, false), 'never'),
      predicate: isIn(true, false, true),
    },
    scalarWith('$in~!', ['any', '...any'], 'bool', isIn(true, true), 'never'),
    scalarWith('$has_any', ['any', '...any'], 'bool', hasOf(false), 'never'),
    scalarWith('$has_all', ['any', '...any'], 'bool', hasOf(true), 'never'),
  ].map((f) => [f.name, f]),
);

/** The engine's keys of `d.a["b"][0]`. An index counts from 0; a negative one from the end. */
const pathKeys = (keys: readonly Operand[]): Sql =>
  join(
    keys.map((k) => {
      if (typeof k.literal?.value === 'bigint')
        return integer(k.literal.value < 0n ? k.literal.value : k.literal.value + 1n);
      if (k.type === 'string' || k.type === 'dynamic') return toText(k);
      return sql`if(${k.sql} < 0, ${k.sql}, ${k.sql} + 1)`;
    }),
  );
/** An index is one of an array: the engine would take the members of a bag by their places, too. */
function ofArrays(d: Sql, keys: readonly Operand[], found: Sql): Sql {
  const tests = keys.flatMap((k, i) => {
    if (k.type === 'string' || k.type === 'dynamic') return [];
    return [i === 0 ? sql`startsWith(${d}, '[')` : sql`JSONType(${d}, ${pathKeys(keys.slice(0, i))}) = 'Array'`];
  });
  return tests.length ? sql`if(${join(tests, sql` AND `)}, ${found}, '')` : found;
}
/** `d.a["b"][0]`: keys from the second argument on. */
export const pathFunction: ScalarFunction = scalarWith(
  '$path',
  ['dynamic', '...any'],
  'dynamic',
  ([d, ...keys]) =>
    ofArrays(
      d!.sql,
      keys,
      (keys.some((k) => k.nullable) ? cleanJson : cleanMember)(sql`JSONExtractRaw(${d!.sql}, ${pathKeys(keys)})`),
    ),
  (args) => args.some((a) => a.nullable),
);
/** `tostring(d.a)` in one reading of the JSON, unless the member is an array or a bag. */
export const pathTextFunction: ScalarFunction = scalarWith(
  '$path_text',
  ['dynamic', '...any'],
  'string',
  ([d, ...keys]) => ofArrays(d!.sql, keys, sql`JSONExtract(${d!.sql}, ${pathKeys(keys)}, 'String')`),
  (args) => args.some((a) => a.nullable),
);

/** `gettype(d.a)`: of the member where it stands, since a whole real loses its point on the way out. */
export const pathTypeFunction: ScalarFunction = scalarWith(
  '$path_type',
  ['dynamic', '...any'],
  'string',
  ([d, ...keys]) => {
    const found = ofArrays(d!.sql, keys, sql`toString(JSONType(${d!.sql}, ${pathKeys(keys)}))`);
    return sql`transform(${found}, ['Null', '', 'String', 'Array', 'Object', 'Bool', 'Double'], ['null', 'null', 'string', 'array', 'dictionary', 'bool', 'double'], 'long')`;
  },
  (args) => args.some((a) => a.nullable),
);

/** Operators that the binder calls by a name of its own. */
export const internalFunctions: readonly ScalarFunction[] = [
  // The least int has no positive twin: an int becomes a long.
  engineTyped(
    scalarWith(
      '$negate',
      ['any'],
      ([a], binder) => (a?.type === 'int' ? 'long' : binder),
      ([a], call) => {
        const o = a!.type === 'dynamic' ? { ...convert(a!, 'real')!, type: 'real' as const } : a!;
        const value = o.type === 'int' ? sql`toInt64(${o.sql})` : o.sql;
        return narrowed(sql`(-${value})`, call.result === 'dynamic' ? 'real' : call.result);
      },
    ),
  ),
  scalarWith(
    '$between',
    ['any', 'any', 'any'],
    'bool',
    ([v, from, to], call) => {
      const [a, b] = paired(v!, from!, call);
      const [c, d] = paired(v!, to!, call);
      return sql`(${a} >= ${b} AND ${c} <= ${d})`;
    },
    'maybe',
  ),
  scalarWith(
    '$not_between',
    ['any', 'any', 'any'],
    'bool',
    ([v, from, to], call) => {
      const [a, b] = paired(v!, from!, call);
      const [c, d] = paired(v!, to!, call);
      return sql`NOT (${a} >= ${b} AND ${c} <= ${d})`;
    },
    'maybe',
  ),
];
