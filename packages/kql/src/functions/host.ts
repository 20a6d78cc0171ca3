import { datetimeTicks, timespanTicks } from '../bind/literals.ts';
import type { LiteralValue } from '../plan/plan.ts';
import { join, sql, string, type Sql } from '../sql.ts';
import type { KqlType } from '../types.ts';
import { datetimeText, engineType } from './convert.ts';
import { scalarWith, type Operand, type Parameter, type ScalarFunction } from './registry.ts';

/**
 * Functions that the engine has no means for. They run here, outside of the engine, over the distinct values of their arguments: at
 * once where the arguments are constants, else over the answer to a question that the binder asks before the query is compiled to its
 * end (`bind/host.ts`); the query then looks each row's answer up. Fit for shapes, headers and codes: values that repeat, not one a row.
 */
export interface HostFunction {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly result: KqlType;
  /**
   * The value of one set of arguments, each as a plan's literal has it (a dynamic is JSON text, '' or null where it is null; one that
   * may be left out is missing). Pure, and bounded in time by the size of its arguments. Throws `HostRefusal` to refuse the query.
   */
  readonly evaluate: (args: readonly LiteralValue[]) => LiteralValue;
}

/**
 * A function of the engine some of whose arguments are first turned by host functions into what its SQL reads: a polygon that many
 * points are tested against.
 */
export interface PreparedFunction {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** By the argument's place. Its result is the argument that `fn` gets. */
  readonly prepare: ReadonlyMap<number, HostFunction>;
  /** Which other argument, where it is given, such a host function gets as its second. */
  readonly with?: ReadonlyMap<number, number>;
  readonly fn: ScalarFunction & { readonly result: KqlType; readonly preparedLast?: true };
  /** Answers a call of constants alone. */
  readonly constant?: HostFunction;
}
export const isPrepared = (fn: HostFunction | PreparedFunction): fn is PreparedFunction => 'prepare' in fn;

/** What `evaluate` throws to refuse the query; its message says what to write instead. */
export class HostRefusal extends Error {}

/** Most distinct sets of arguments of one call. */
export const maxHostValues = 10_000;
/** Most characters of all those arguments together. */
export const maxArgumentText = 20_000_000;
/** Most characters of the answers: they become part of the query's text. */
export const maxAnswerText = 2_000_000;

/** A call that still waits for its values. Its SQL is never asked for where the binder resolved it. */
export interface PendingFunction extends ScalarFunction {
  readonly host: HostFunction;
}
const pending = new Map<HostFunction, PendingFunction>();
/** The entry that stands in the plan until the values are known. */
export function pendingFunction(host: HostFunction): PendingFunction {
  const known = pending.get(host);
  if (known) return known;
  const build: ScalarFunction['build'] = (_args, call) =>
    call.fail('cannot be computed at this place: give it a column of its own first (extend x = …)');
  const made: PendingFunction = {
    name: host.name,
    parameters: ['...any'],
    result: host.result,
    nulls: 'maybe',
    build,
    host,
  };
  pending.set(host, made);
  return made;
}
export const isPending = (fn: ScalarFunction): fn is PendingFunction => Object.hasOwn(fn, 'host');

const keyText = (o: Operand): Sql =>
  o.type === 'string' || o.type === 'dynamic' ? o.sql : sql`ifNull(toString(${o.sql}), '\\\\N')`;
const keySql = (args: readonly Operand[]): Sql => sql`hex(sipHash128(${join(args.map(keyText))}))`;
/** Names one set of arguments, the same in the question as in the query. */
export const hostKey: ScalarFunction = scalarWith('$host_key', ['...any'], 'string', keySql, 'never');

/** The text that a value is kept as in a lookup; '' for null. */
function textOf(type: KqlType, value: LiteralValue): string {
  if (value === null) return '';
  return type === 'datetime' ? datetimeText(value as bigint) : String(value);
}
function fromText(type: KqlType, text: Sql): Sql {
  switch (type) {
    case 'string':
    case 'dynamic':
      return text;
    case 'bool':
      return sql`multiIf(${text} = 'true', true, ${text} = 'false', false, NULL)`;
    case 'real':
      return sql`toFloat64OrNull(${text})`;
    case 'datetime':
      return sql`toDateTime64OrNull(${text}, 7, 'UTC')`;
    default:
      return sql`CAST(nullIf(${text}, ''), ${string(engineType(type).text)})`;
  }
}

/** Most values that a prepared function's SQL is written out for, one by one; with more, each row reads its own. */
const maxWrittenOut = 64;
const maxWrittenText = 400_000;

/** A call that looks its value up among these. */
export interface LookupFunction extends ScalarFunction {
  readonly values: ReadonlyMap<string, LiteralValue>;
}
export const isLookup = (fn: ScalarFunction): fn is LookupFunction => Object.hasOwn(fn, 'values');
const changed = (name: string): Sql => string(`${name}: the rows changed while the query was prepared, run it again`);

/**
 * A prepared function over few values: for each of them the SQL of a constant, which the engine runs much faster than SQL that reads a
 * row's own. Its arguments are the others and then those of the lookup that stood last. Undefined where there are too many.
 */
export function writtenOut(fn: ScalarFunction, lookup: LookupFunction, others: number): ScalarFunction | undefined {
  const values = [...lookup.values];
  const size = values.reduce((sum, [, v]) => sum + (typeof v === 'string' ? v.length : 0), 0);
  if (values.length === 0 || values.length > maxWrittenOut || size > maxWrittenText) return undefined;
  return {
    ...fn,
    parameters: [...fn.parameters.slice(0, others), '...any'],
    nulls: 'maybe',
    build: (args, call) => {
      const key = call.name(keySql(args.slice(others)));
      const branches = values.map(([k, value]) => {
        const constant: Operand = {
          sql: string(''),
          type: lookup.result as KqlType,
          nullable: false,
          literal: { value },
        };
        return sql`${key} = ${string(k)}, ${fn.build([...args.slice(0, others), constant], call)}`;
      });
      const known = join(values.map(([k]) => string(k)));
      return sql`multiIf(throwIf(${key} NOT IN (${known}), ${changed(lookup.name)}) = 1, NULL, ${join(branches)}, NULL)`;
    },
  };
}

/** Looks a row's answer up. A row whose arguments were not there when they were asked for stops the query. */
export function lookupFunction(host: HostFunction, values: ReadonlyMap<string, LiteralValue>): LookupFunction {
  const keys = [...values.keys()].map(string);
  const texts = [...values.values()].map((v) => string(textOf(host.result, v)));
  const message = changed(host.name);
  const entry = scalarWith(
    host.name,
    ['...any'],
    host.result,
    (args, call) => {
      const key = keySql(args);
      // Of no rows nothing is known, and nothing is asked.
      const found = keys.length
        ? call.name(sql`transform(${key}, [${join(keys)}], [${join(texts)}], '\\0')`)
        : call.name(sql`concat('\\0', substring(${key}, 1, 0))`);
      return fromText(host.result, sql`if(throwIf(${found} = '\\0', ${message}) = 0, ${found}, '')`);
    },
    'maybe',
  );
  return { ...entry, values };
}

/** A cell of an answer as a plan's literal. */
export function literalOf(type: KqlType, cell: unknown): LiteralValue {
  if (cell === null || cell === undefined) return null;
  const text = String(cell as string | number | boolean);
  switch (type) {
    case 'bool':
      return cell === true || cell === 1 || text === 'true';
    case 'int':
    case 'long':
      return BigInt(text);
    case 'real':
      return Number(text);
    case 'datetime':
      return datetimeTicks(text) ?? null;
    case 'timespan':
      return timespanTicks(text) ?? null;
    default:
      return text;
  }
}
