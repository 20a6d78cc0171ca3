import type { Sql } from '../sql.ts';
import type { KqlType, Lookups, Rewrites } from '../types.ts';
import type { Expr, LiteralValue } from '../plan/plan.ts';

/** An argument as the emitter hands it to an entry. */
export interface Operand {
  readonly sql: Sql;
  readonly type: KqlType;
  /** Whether the SQL can be NULL. Strings and dynamics never are. */
  readonly nullable: boolean;
  /** Set when the argument is a constant of the query. */
  readonly literal?: { readonly value: LiteralValue };
}

/** What an entry may need to know of its call. */
export interface CallInfo {
  /** The type the binder gave the result. */
  readonly result: KqlType;
  /** The moment of `CompileOptions.now`, in ticks of 100 ns since 0001-01-01. */
  readonly now: bigint;
  /** `CompileOptions.lookups`. */
  readonly lookups: Lookups | undefined;
  /** `CompileOptions.zone`. */
  readonly zone: string | undefined;
  readonly rewrites: Rewrites;
  /** Names an expression that an entry is going to write several times. Answers it as it is where nothing can be named. */
  readonly name: (expression: Sql) => Sql;
  /** Refuses the call, with its place. */
  fail(this: void, message: string): never;
}

/**
 * How an argument is taken: converted to that type, or as it comes (`any`). A last entry with `...` takes the rest; `?` may be left out.
 */
export type ParameterType = KqlType | 'any';
export type Parameter = ParameterType | `${ParameterType}?` | `...${ParameterType}`;

export type Nulls = 'strict' | 'never' | 'maybe' | ((args: readonly Operand[]) => boolean);

/**
 * A result's type. `binder`: as Microsoft's binder says; `first`: the first argument's; a function: what the arguments make it (with
 * `fixedType`, where the binder says otherwise).
 */
export type ResultOf = KqlType | 'binder' | 'first' | ((args: readonly Expr[], binder: KqlType) => KqlType);

export interface ScalarFunction {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly result: ResultOf;
  /**
   * `strict` (default): NULL when an argument is NULL. `never`: never NULL. `maybe`: can be NULL even of no NULL argument. A function:
   * whether it can be NULL with these arguments.
   * A string or dynamic result is made '' where the SQL gives NULL.
   */
  readonly nulls?: Nulls;
  readonly build: (args: readonly Operand[], call: CallInfo) => Sql;
  /** The same as a condition of WHERE, where NULL is as good as false: plainer SQL, which the engine's indexes understand. */
  readonly predicate?: ScalarFunction['build'];
  /** Set where the real engine's type differs from what its binder says, and `result` is the engine's. */
  readonly fixedType?: true;
}

export interface AggregateFunction {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly result: KqlType | 'binder' | 'first';
  /** Whether the order of the input's rows shows in the result. */
  readonly ordered?: boolean;
  readonly nulls?: 'never' | 'maybe';
  /** `order`: a column that numbers the rows, when the input is ordered and the function asks for it. */
  readonly build: (args: readonly Operand[], call: CallInfo, order: Sql | undefined) => Sql;
}

export interface WindowFunction {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly result: KqlType | 'binder' | 'first';
  /** The call also takes, after its first argument, that argument of the row before and the row's number in its run. */
  readonly ranks?: true;
  /** The call is a machine over the rows, not a window: see operators/session.ts. */
  readonly sessions?: true;
  /** Which argument, when true, starts a new run. */
  readonly restart?: number;
  /** The engine's window function with its frame, and what stands around the whole `… OVER (…)`. */
  readonly build: (
    args: readonly Operand[],
    call: CallInfo,
  ) => { readonly call: Sql; readonly frame: Sql; readonly around?: (windowed: Sql) => Sql };
}

/** `scalar('tolower', ['string'], 'string', (s) => sql`lowerUTF8(${s})`)`: the short form, arguments as Sql. */
export const scalar = (
  name: string,
  parameters: readonly Parameter[],
  result: ScalarFunction['result'],
  build: (...args: Sql[]) => Sql,
  nulls: NonNullable<ScalarFunction['nulls']> = 'strict',
): ScalarFunction => ({ name, parameters, result, nulls, build: (args) => build(...args.map((a) => a.sql)) });

/** The long form: operands with their types and constants, and the call. */
export const scalarWith = (
  name: string,
  parameters: readonly Parameter[],
  result: ScalarFunction['result'],
  build: ScalarFunction['build'],
  nulls: Nulls = 'strict',
): ScalarFunction => ({ name, parameters, result, nulls, build });

/** Where the real engine gives another type than its binder says. */
export const engineTyped = (entry: ScalarFunction): ScalarFunction => ({ ...entry, fixedType: true });
/** The same function under another name. */
export const alias = <F extends { readonly name: string }>(name: string, of: F): F => ({ ...of, name });

export const indexByName = <F extends { readonly name: string }>(
  groups: readonly (readonly F[])[],
): ReadonlyMap<string, F> => {
  const map = new Map<string, F>();
  for (const entry of groups.flat()) {
    if (map.has(entry.name)) throw new Error(`two entries for the function ${entry.name}`);
    map.set(entry.name, entry);
  }
  return map;
};

/** The declared parameter of the argument at `index`, without its marks; undefined past the last. */
export function parameterAt(parameters: readonly Parameter[], index: number): ParameterType | undefined {
  const last = parameters.at(-1);
  const parameter = parameters[index] ?? (last?.startsWith('...') ? last : undefined);
  return parameter?.replace('...', '').replace('?', '') as ParameterType | undefined;
}
export const minimumArity = (parameters: readonly Parameter[]): number =>
  parameters.filter((p) => !p.endsWith('?') && !p.startsWith('...')).length;
