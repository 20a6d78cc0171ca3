import {
  hostKey,
  HostRefusal,
  isLookup,
  isPending,
  isPrepared,
  literalOf,
  lookupFunction,
  maxAnswerText,
  maxArgumentText,
  maxHostValues,
  pendingFunction,
  writtenOut,
  type HostFunction,
  type PreparedFunction,
} from '../functions/host.ts';
import { parameterAt } from '../functions/registry.ts';
import { KqlError, type Span } from '../errors.ts';
import { literal, type Expr, type LiteralValue, type NamedExpr, type Rel } from '../plan/plan.ts';
import type { KqlType } from '../types.ts';
import type { AnswerProbe } from './probe.ts';
import { valueType } from './types.ts';

/** Functions that run outside of the engine: constants at once, the rest by a question for the distinct arguments. */

type Call = Extract<Expr, { kind: 'call' }>;

function evaluate(host: HostFunction, args: readonly LiteralValue[], span: Span): LiteralValue {
  try {
    return host.evaluate(args);
  } catch (error) {
    if (error instanceof HostRefusal) throw new KqlError('InvalidArgument', `${host.name}: ${error.message}`, span);
    throw error;
  }
}

/** A constant as another type of number, where that says the same. */
function foldNumber(arg: Expr, type: KqlType): Expr {
  if (arg.kind !== 'literal' || arg.type === type) return arg;
  if (arg.value === null) return literal(type, null);
  if (type === 'real' && typeof arg.value === 'bigint' && (arg.type === 'int' || arg.type === 'long'))
    return literal('real', Number(arg.value));
  if (type === 'long' && arg.type === 'int') return literal('long', arg.value);
  if (type === 'int' && arg.type === 'long' && BigInt.asIntN(32, arg.value as bigint) === arg.value)
    return literal('int', arg.value);
  return arg;
}

/** A call of such a function: its value where the arguments are constants, else a call that waits. */
export function bindHost(
  host: HostFunction | PreparedFunction,
  args: readonly Expr[],
  span: Span,
  cast: (expr: Expr, type: KqlType) => Expr,
): Expr {
  const typed = args.map((arg, i) => {
    const wanted = parameterAt(host.parameters, i) ?? 'any';
    return wanted === 'any' ? arg : cast(foldNumber(arg, wanted), wanted);
  });
  if (isPrepared(host)) return bindPrepared(host, typed, span, cast);
  const constants = typed.flatMap((a) => (a.kind === 'literal' ? [a.value] : []));
  if (constants.length === typed.length) return literal(host.result, evaluate(host, constants, span));
  return { kind: 'call', fn: pendingFunction(host), args: typed, type: host.result, span };
}

function bindPrepared(
  host: PreparedFunction,
  args: readonly Expr[],
  span: Span,
  cast: (expr: Expr, type: KqlType) => Expr,
): Expr {
  if (host.constant && args.every((a) => a.kind === 'literal')) return bindHost(host.constant, args, span, cast);
  const ready = args.map((arg, i) => {
    const first = host.prepare.get(i);
    const also = args[host.with?.get(i) ?? -1];
    return first ? bindHost(first, also ? [arg, also] : [arg], span, cast) : arg;
  });
  return { kind: 'call', fn: host.fn, args: ready, type: host.fn.result, span };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
const isRel = (value: unknown): value is Rel =>
  isObject(value) &&
  typeof value['kind'] === 'string' &&
  Array.isArray(value['fields']) &&
  Array.isArray(value['order']);
const isCall = (value: Readonly<Record<string, unknown>>): boolean => value['kind'] === 'call' && 'fn' in value;
/** What holds no expressions. */
const leaves = new Set(['fn', 'fields', 'order', 'table', 'span', 'type', 'kind', 'name']);

/** One row that has nothing: what a call without columns is asked over. */
const oneRow: Rel = {
  kind: 'values',
  rows: [[literal('long', 0n)]],
  fields: [{ name: '$$one', type: 'long' }],
  order: [],
};

/** Puts lookups in the place of calls that wait, from the inside out. */
export class HostResolver {
  readonly #answer: AnswerProbe;
  // A `let` table stands in the plan at several places; it is asked once.
  readonly #done = new Map<Rel, Rel>();

  constructor(answer: AnswerProbe) {
    this.#answer = answer;
  }

  rel(rel: Rel): Rel {
    const known = this.#done.get(rel);
    if (known) return known;
    const made = this.#object(rel as unknown as Readonly<Record<string, unknown>>, undefined) as unknown as Rel;
    this.#done.set(rel, made);
    return made;
  }

  #value(value: unknown, reads: Rel | undefined): unknown {
    if (Array.isArray(value)) {
      const items = value.map((v: unknown) => this.#value(v, reads));
      return items.some((v, i) => v !== value[i]) ? items : value;
    }
    if (isRel(value)) return this.rel(value);
    return isObject(value) ? this.#object(value, reads) : value;
  }

  /** An object's own relations come first: what stands beside one reads it. */
  #object(object: Readonly<Record<string, unknown>>, reads: Rel | undefined): unknown {
    const made: Record<string, unknown> = { ...object };
    for (const [key, value] of Object.entries(object)) if (isRel(value)) made[key] = this.rel(value);
    // The items of a union's input read that input; an expression beside its own query (`x in (T)`) what stands around both.
    const input = isRel(object) ? made['input'] : 'kind' in object ? reads : (made['rel'] ?? reads);
    const context = isRel(input) ? input : undefined;
    for (const [key, value] of Object.entries(object)) {
      if (leaves.has(key) || isRel(value)) continue;
      made[key] = key === 'on' && isRel(made['left']) ? this.#pairs(value, made) : this.#value(value, context);
    }
    const changed = Object.keys(object).some((key) => made[key] !== object[key]);
    const result = changed ? made : object;
    return isCall(result) ? this.#call(result as unknown as Call, reads) : result;
  }

  /** A join's conditions: each side reads its own table. */
  #pairs(on: unknown, join: Readonly<Record<string, unknown>>): unknown {
    const sides = on as readonly { readonly left: Expr; readonly right: Expr }[];
    return sides.map(({ left, right }) => ({
      left: this.#value(left, join['left'] as Rel),
      right: this.#value(right, join['right'] as Rel),
    }));
  }

  #call(call: Call, reads: Rel | undefined): Expr {
    if (!isPending(call.fn)) return spreadOut(call);
    const { host } = call.fn;
    const asked = call.args.filter((a) => a.kind !== 'literal');
    const names = asked.flatMap(columnsOf);
    const source = names.length === 0 ? oneRow : reads;
    // Left as it is, the call is refused with its place when its SQL is asked for.
    if (!source || names.some((n) => !source.fields.some((f) => f.name === n))) return call;
    const values = this.#ask(host, call, asked, source);
    return { ...call, fn: lookupFunction(host, values), args: asked };
  }

  #ask(host: HostFunction, call: Call, asked: readonly Expr[], source: Rel): Map<string, LiteralValue> {
    const { span } = call;
    const key: Expr = { kind: 'call', fn: hostKey, args: asked, type: 'string', span };
    const keys: NamedExpr[] = [{ name: 'k', expr: key }, ...asked.map((expr, i) => ({ name: `a${i}`, expr }))];
    const fields = keys.map(({ name, expr }) => ({ name, type: expr.type }));
    const distinct: Rel = { kind: 'aggregate', input: source, keys, aggregates: [], fields, order: [] };
    const what = `the values that ${host.name}() is given`;
    const rows = this.#answer(distinct, maxHostValues, what, span);
    const tooMuch = (said: string): never => {
      throw new KqlError('TooComplex', `${what}: ${said}; filter or summarize first`, span);
    };
    if (rows.length > maxHostValues) tooMuch(`more than ${maxHostValues}`);
    const values = new Map<string, LiteralValue>();
    let given = 0;
    let answered = 0;
    for (const [k, ...cells] of rows) {
      const own = cells.map((cell, i) => literalOf(valueType(asked[i]!.type), cell));
      const args = call.args.map((a) => (a.kind === 'literal' ? a.value : own.shift()!));
      given += args.reduce<number>((sum, a) => sum + lengthOf(a), 0);
      if (given > maxArgumentText) tooMuch('too long');
      const value = evaluate(host, args, span);
      answered += lengthOf(value);
      if (answered > maxAnswerText) tooMuch('the answers are too long');
      values.set(String(k), value);
    }
    return values;
  }
}

/** A prepared function whose prepared argument, its last, has few values: written out for each of them. */
function spreadOut(call: Call): Call {
  const last = call.args.at(-1);
  if (!('preparedLast' in call.fn) || last?.kind !== 'call' || !isLookup(last.fn)) return call;
  const others = call.args.slice(0, -1);
  const fn = writtenOut(call.fn, last.fn, others.length);
  return fn ? { ...call, fn, args: [...others, ...last.args] } : call;
}

const lengthOf = (value: LiteralValue): number => (typeof value === 'string' ? value.length : 8);

function columnsOf(expr: Expr): string[] {
  switch (expr.kind) {
    case 'column':
      return [expr.name];
    case 'element':
      return [expr.tuple];
    case 'call':
    case 'rowTuple':
      return expr.args.flatMap(columnsOf);
    case 'inQuery':
      return columnsOf(expr.value);
    default:
      return [];
  }
}
