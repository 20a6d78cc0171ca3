import { KqlError } from '../errors.ts';
import { convert, literalSql, neverNull } from '../functions/convert.ts';
import { parameterAt, type CallInfo, type Nulls, type Operand, type Parameter } from '../functions/registry.ts';
import type { Expr, FieldType, Rel } from '../plan/plan.ts';
import { identifier, integer, join, real, sql, string, type Sql } from '../sql.ts';
import type { Span } from '../errors.ts';
import { memberOf } from './paths.ts';
import type { KqlType, Lookups, Rewrites } from '../types.ts';

/** What an expression needs of the relation it stands in. */
export interface Scope {
  readonly column: (name: string) => Sql;
  readonly query: (rel: Rel) => Sql;
  /** The moment of compilation, in ticks since 0001-01-01. */
  readonly now: () => bigint;
  readonly lookups: Lookups | undefined;
  /** `CompileOptions.zone`. */
  readonly zone: string | undefined;
  readonly rewrites: Rewrites;
  /** Names an expression, so that it can be written more than once without growing the text. Missing where no name can stand. */
  readonly name?: (expression: Sql) => Sql;
  /** The text of a member of a column, where it is at hand. */
  readonly member?: (member: { readonly column: string; readonly key: string }) => Sql | undefined;
}

/** Such expressions are repeated as they are: a call costs five times as much as what stands behind a name. */
const isShort = ({ text }: Sql): boolean => text.length < 30 || (text.length < 60 && text.split('(').length <= 2);
/** Makes SQL of an operand; where that says a long operand more than once, the operand is named first. */
function once(operand: Operand, scope: Scope, make: (o: Operand) => Sql): Sql {
  const text = make(operand);
  const { text: own } = operand.sql;
  if (!scope.name || isShort(operand.sql) || text.text.split(own, 3).length < 3) return text;
  return make({ ...operand, sql: scope.name(operand.sql) });
}

const makers = { string, integer, real };
export const literalToSql = (type: KqlType, value: Parameters<typeof literalSql>[1]): Sql =>
  literalSql(type, value, makers);

export const callInfo = (name: string, result: KqlType, span: Span, scope: Scope): CallInfo => ({
  result,
  get now() {
    return scope.now();
  },
  lookups: scope.lookups,
  zone: scope.zone,
  rewrites: scope.rewrites,
  name: (expression) => (isShort(expression) ? expression : (scope.name?.(expression) ?? expression)),
  fail: (message) => {
    throw new KqlError('InvalidArgument', `${name}: ${message}`, span);
  },
});

/** Arguments, each converted to what its entry declares. */
export function emitArguments(
  name: string,
  parameters: readonly Parameter[],
  args: readonly Expr[],
  span: Span,
  scope: Scope,
): Operand[] {
  return args.map((arg, i) => {
    const operand = emitExpression(arg, scope);
    const wanted = parameterAt(parameters, i) ?? 'any';
    if (wanted === 'any' || wanted === operand.type) return operand;
    const converted = convertOnce(operand, wanted, scope);
    if (!converted)
      throw new KqlError('InvalidArgument', `${name}: a ${operand.type} cannot be taken as ${wanted}`, span);
    return { ...converted, type: wanted, ...(operand.literal ? { literal: operand.literal } : {}) };
  });
}

function convertOnce(operand: Operand, to: KqlType, scope: Scope): { sql: Sql; nullable: boolean } | undefined {
  const direct = convert(operand, to, scope.zone);
  return direct && { ...direct, sql: once(operand, scope, (o) => convert(o, to, scope.zone)?.sql ?? direct.sql) };
}

/** `once` over each operand of a call in turn. */
export function buildOnce(
  operands: readonly Operand[],
  scope: Scope,
  build: (operands: readonly Operand[]) => Sql,
): Sql {
  const given = [...operands];
  operands.forEach((operand, i) => {
    // Built for nothing, once for each of a thousand columns that a search looks at.
    if (!scope.name || isShort(operand.sql)) return;
    once(operand, scope, (o) => {
      given[i] = o;
      return build(given);
    });
  });
  return build(given);
}

function canBeNull(nulls: Nulls, operands: readonly Operand[]): boolean {
  if (typeof nulls === 'function') return nulls(operands);
  return nulls !== 'never' && (nulls === 'maybe' || operands.some((o) => o.nullable));
}

/** `nullable` after '' has been put for the NULL of a string or dynamic. */
export const withoutNull = (text: Sql, type: FieldType, nullable: boolean): { sql: Sql; nullable: boolean } =>
  neverNull(type) ? { sql: nullable ? sql`ifNull(${text}, '')` : text, nullable: false } : { sql: text, nullable };

/** An expression as SQL. Operands of type `tuple` are typed dynamic here: nothing reads them but `element`. */
export function emitExpression(expr: Expr, scope: Scope): Operand {
  switch (expr.kind) {
    case 'column':
      return {
        sql: scope.column(expr.name),
        type: expr.type === 'tuple' ? 'dynamic' : expr.type,
        nullable: !neverNull(expr.type),
      };
    case 'literal':
      return {
        sql: literalToSql(expr.type, expr.value),
        type: expr.type,
        nullable: expr.value === null && !neverNull(expr.type),
        literal: { value: expr.value },
      };
    case 'call': {
      const { fn, span, type } = expr;
      const member = scope.member && memberOf(expr);
      const known = member && scope.member?.(member);
      if (known) return { type, sql: known, nullable: false };
      const operands = emitArguments(fn.name, fn.parameters, expr.args, span, scope);
      const info = callInfo(fn.name, type, span, scope);
      const text = buildOnce(operands, scope, (given) => fn.build(given, info));
      const nullable = canBeNull(fn.nulls ?? 'strict', operands);
      return { type, ...withoutNull(text, type, nullable) };
    }
    case 'element': {
      const text = sql`tupleElement(${scope.column(expr.tuple)}, ${integer(expr.index)})`;
      return { type: expr.type, sql: text, nullable: !neverNull(expr.type) };
    }
    case 'rowTuple': {
      const args = expr.args.map((a) => emitExpression(a, scope).sql);
      return { sql: sql`tuple(${join([sql`rowNumberInAllBlocks()`, ...args])})`, type: 'dynamic', nullable: false };
    }
    case 'scalarQuery':
      return { type: expr.type, ...withoutNull(sql`(${scope.query(expr.rel)})`, expr.type, true) };
    case 'inQuery': {
      const { sql: value, nullable } = emitExpression(expr.value, scope);
      const left = expr.caseInsensitive ? sql`lowerUTF8(${value})` : value;
      const rows = expr.caseInsensitive
        ? sql`SELECT lowerUTF8(${identifier('v')}) FROM (${scope.query(expr.rel)})`
        : scope.query(expr.rel);
      const among = scope.rewrites.globalIn ? sql`${left} GLOBAL IN (${rows})` : sql`${left} IN (${rows})`;
      const found = nullable ? sql`ifNull(${among}, false)` : sql`(${among})`;
      return { sql: expr.negated ? sql`NOT ${found}` : found, type: 'bool', nullable: false };
    }
  }
}

/** As a condition of WHERE, where NULL counts as false. */
export function emitPredicate(expr: Expr, scope: Scope): Sql {
  if (expr.kind !== 'call') return emitExpression(expr, scope).sql;
  const { fn, args, span } = expr;
  if (fn.name === 'and' || fn.name === 'or') {
    const parts = args.map((a) => emitPredicate(a, scope));
    return sql`(${join(parts, fn.name === 'and' ? sql` AND ` : sql` OR `)})`;
  }
  if (!fn.predicate) return emitExpression(expr, scope).sql;
  const { predicate } = fn;
  const operands = emitArguments(fn.name, fn.parameters, args, span, scope);
  const info = callInfo(fn.name, 'bool', span, scope);
  return buildOnce(operands, scope, (given) => predicate(given, info));
}
