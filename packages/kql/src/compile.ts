import { Binder } from './bind/binder.ts';
import { ColumnsKnown, type AnswerProbe, type ProbeRows } from './bind/probe.ts';
import { isLenient } from './bind/leniency.ts';
import type { QueryParameters } from './bind/parameters.ts';
import { libraryText } from './bind/spelling.ts';
import { buildGlobals, parseAndAnalyze, type GlobalState, type KustoCode } from './bind/kusto.ts';
import { goesOverTables, versionFor } from './held-tables.ts';
import { nearestName } from './bind/nearest.ts';
import { pluginSymbols, PluginColumns, withPluginColumns } from './bind/plugins.ts';
import { SqlTooLong, withinBudget } from './emit/budget.ts';
import { Emitter } from './emit/relation.ts';
import { KqlError, type Span } from './errors.ts';
import { planText } from './plan/text.ts';
import type { ResultTable } from './bind/statements.ts';
import { withStandardColumns } from './standard-columns.ts';
import { withNamedFunctions, wordsOf } from './words.ts';
import { visibleColumns, type Rel } from './plan/plan.ts';
import type { Compiled, CompileOptions, CompiledTable, KqlCatalogue } from './types.ts';

/** Longest query text taken, in UTF-16 units. */
export const maxQueryLength = 1_000_000;
const maxPlans = 500;

interface Plan {
  readonly tables: readonly ResultTable[];
  /** What `set query_now` says. */
  readonly now: bigint | undefined;
}

/** Deepest nesting of brackets taken: past it the library's parser takes time that grows with the square. */
const maxBrackets = 200;
/** Where brackets nest deeper than that, outside texts and comments; -1 when nowhere. */
function tooDeepAt(text: string): number {
  let depth = 0;
  for (const token of text.matchAll(
    /\/\/[^\n]*|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[([{]|[)\]}]/g,
  )) {
    if (/^[([{]/.test(token[0])) depth++;
    else if (/^[)\]}]/.test(token[0])) depth = Math.max(0, depth - 1);
    if (depth > maxBrackets) return token.index;
  }
  return -1;
}

/** Keeps the newest `limit` entries. */
class Cache<V> {
  readonly #entries = new Map<string, V>();
  readonly #limit: number;
  constructor(limit: number) {
    this.#limit = limit;
  }
  set(key: string, value: V): void {
    this.#entries.set(key, value);
  }
  get(key: string, make: () => V): V {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found;
    }
    const value = make();
    this.#entries.set(key, value);
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value!);
    return value;
  }
}

// Building the library's state of a large catalogue takes a while, and says the same for the same version.
const globalsByVersion = new Cache<GlobalState>(8);
const plansByText = new Cache<Plan>(maxPlans);

/** The real engine counts the values of any expression in `count(x)`; its published binder wants a bool there. */
const isCountOfValues = (d: { Code: string; Start: number }, text: string): boolean =>
  d.Code === 'KS107' && /\bcount\s*\(\s*$/.test(text.slice(0, d.Start));

/** The real engine leaves what is no string as it is: https://learn.microsoft.com/kusto/query/parse-json-function#returns */
const isParsedAlready = (d: { Code: string; Start: number }, text: string): boolean =>
  d.Code === 'KS107' && /\b(?:todynamic|toobject|parse_json|parsejson)\s*\(\s*$/.test(text.slice(0, d.Start));

/** What a table that nobody knows was probably meant to be. */
function meant(
  { Code, Start, Length }: { Code: string; Start: number; Length: number },
  text: string,
  known: KqlCatalogue,
): string {
  if (Code !== 'KS204') return '';
  const names = [...known.tables, ...known.functions].map((k) => k.name);
  const nearest = nearestName(text.slice(Start, Start + Length), names);
  return nearest === undefined ? '' : ` The nearest name is ${nearest}.`;
}

const failures = (code: KustoCode, text: string, known: KqlCatalogue): KqlError | undefined => {
  const list = code.GetDiagnostics();
  const found = Array.from({ length: list.Count }, (_, i) => list.getItem(i))
    .filter(
      (d) =>
        d.Severity === 'Error' && !isCountOfValues(d, text) && !isParsedAlready(d, text) && !isLenient(code, d, text),
    )
    .map((d) => ({
      code: d.Code,
      message: d.Message + meant(d, text, known),
      span: { start: Math.min(d.Start, text.length), end: Math.min(d.Start + d.Length, text.length) },
    }));
  const [first, ...others] = found;
  return first && new KqlError(first.code, first.message, first.span, others);
};

/** Runs one SELECT of a compiler's own and answers its rows, cells as the contracts' `Cell`. */
export type Ask = (sql: string) => Promise<ProbeRows>;
/** Most questions that one query may ask before it runs. */
const maxProbes = 32;

const noAnswers: AnswerProbe = (_rel, _maxRows, what, span: Span) => {
  throw new KqlError('NeedsData', `${what}: not known before the query runs, and not where this query stands`, span);
};

/** The answers of a lake without a row. */
const nothing: AnswerProbe = () => [];

/** A catalogue with what a caller gives for the query's parameters. */
interface Given extends KqlCatalogue {
  readonly parameters?: QueryParameters;
}
const givenOf = (catalogue: KqlCatalogue, { parameters }: CompileOptions): Given =>
  parameters ? { ...catalogue, parameters } : catalogue;

/** With `noData`, of a lake without a row: as any, where the query asks nothing before it runs. */
function planOf(text: string, catalogue: Given, noData = false): Plan {
  const parameters = catalogue.parameters ? JSON.stringify(catalogue.parameters) : '';
  const key = `${versionFor(text, catalogue)}\0${parameters}\0${text}`;
  const asking = (): Plan => plansByText.get(key, () => bound(text, catalogue, noAnswers, new PluginColumns()));
  if (!noData) return asking();
  return plansByText.get(`no data\0${key}`, () => {
    try {
      return asking();
    } catch (error) {
      if (!(error instanceof ColumnsKnown) && !(error instanceof KqlError)) throw error;
      return settled(text, catalogue, nothing, new PluginColumns());
    }
  });
}

/** Binds again while a plugin's columns come to light: each takes part in the analysis from then on, unless they stand on a guess. */
function settled(
  text: string,
  catalogue: Given,
  answer: AnswerProbe,
  columns: PluginColumns,
  standsOn = (): boolean => true,
): Plan {
  for (let round = 0; round <= maxProbes; round++) {
    try {
      return bound(text, catalogue, answer, columns);
    } catch (error) {
      if (!(error instanceof ColumnsKnown) || !standsOn()) throw error;
      columns.known.set(error.key, error.columns);
    }
  }
  throw tooManyProbes(text);
}
const tooManyProbes = (text: string): KqlError =>
  new KqlError('TooComplex', `the query needs more than ${maxProbes} questions before it can run`, {
    start: 0,
    end: text.length,
  });

function bound(text: string, given: Given, answer: AnswerProbe, columns: PluginColumns): Plan {
  if (text.length > maxQueryLength)
    throw new KqlError('TooComplex', `the query is longer than ${maxQueryLength} characters`, {
      start: 0,
      end: text.length,
    });
  const words = wordsOf(text, given.functions);
  const whole = withStandardColumns(withNamedFunctions(given, words), text, words);
  const deep = tooDeepAt(text);
  if (deep >= 0)
    throw new KqlError('TooComplex', `brackets are nested more than ${maxBrackets} deep`, {
      start: deep,
      end: deep + 1,
    });
  const reserved = /\[\s*["']\$\$|\b__[tvs]\d/.exec(text);
  if (reserved)
    throw new KqlError('InvalidArgument', 'names that start with $$, __t1, __v1 or __s1 are kept for the compiler', {
      start: reserved.index,
      end: reserved.index + reserved[0].length,
    });
  return guarded(text, () =>
    withPluginColumns(columns, () => {
      const bind = ({ code, catalogue }: Analysed): Plan => {
        const binder = new Binder(catalogue, answer, { columns, root: code.Syntax }, given.parameters);
        const tables = binder.query(code.Syntax);
        return { tables, now: binder.now };
      };
      const held = overHeldTables(text, whole, words);
      if (!held) return bind(analysed(text, whole));
      try {
        return bind(held);
      } catch (error) {
        // A wildcard may fit only tables without rows.
        if (error instanceof KqlError && error.code === 'UnsupportedExpression') return bind(analysed(text, whole));
        throw error;
      }
    }),
  );
}

interface Analysed {
  readonly code: KustoCode;
  readonly catalogue: KqlCatalogue;
}
function analyse(
  text: string,
  catalogue: KqlCatalogue,
  globals = globalsByVersion.get(catalogue.version, () => buildGlobals(catalogue, pluginSymbols())),
): Analysed & { failure: KqlError | undefined } {
  const code = parseAndAnalyze(libraryText(text, catalogue.names ?? []), globals);
  return { code, catalogue, failure: failures(code, text, catalogue) };
}
function analysed(text: string, catalogue: KqlCatalogue): Analysed {
  const { failure, ...analysis } = analyse(text, catalogue);
  if (failure) throw failure;
  return analysis;
}
/** A query that goes over all tables sees those that hold rows or that it names; undefined of others, and where it so has a fault. */
function overHeldTables(text: string, whole: KqlCatalogue, words: ReadonlySet<string>): Analysed | undefined {
  if (!goesOverTables(text, whole) || !whole.tables.some((t) => t.empty)) return undefined;
  const named = whole.tables.filter((t) => t.empty && words.has(t.name)).map((t) => t.name);
  const tables = whole.tables.filter((t) => !t.empty || words.has(t.name));
  const { failure, ...analysis } = analyse(text, {
    ...whole,
    version: `${whole.version}\0held ${whole.held ?? ''} ${named.join(',')}`,
    tables,
  });
  return failure ? undefined : analysis;
}

/** A stack that overflows on absurd nesting is a fault of the query, not of ours. */
function guarded<T>(text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError && /call stack/i.test(error.message))
      throw new KqlError('TooComplex', 'the query is nested too deep', { start: 0, end: text.length });
    if (error instanceof SqlTooLong)
      throw new KqlError(
        'TooComplex',
        'the query goes over too many tables and columns at once: name the tables, as in search in (SecurityEvent, Syslog) "…", or say which columns are wanted with project or summarize',
        { start: 0, end: text.length },
      );
    throw error;
  }
}

/** The plan of a query over a catalogue that is made for it: nothing of it is kept, and nothing may hang on data. Throws KqlError. */
export function planOnce(text: string, catalogue: KqlCatalogue): Rel {
  const { failure, code } = analyse(text, catalogue, buildGlobals(catalogue, pluginSymbols()));
  if (failure) throw failure;
  const columns = new PluginColumns();
  const [first, second] = guarded(text, () =>
    withPluginColumns(columns, () =>
      new Binder(catalogue, noAnswers, { columns, root: code.Syntax }).query(code.Syntax),
    ),
  );
  if (!first || second) throw new KqlError('SeveralTables', 'one table is expected', { start: 0, end: text.length });
  return first.rel;
}

/** The plan of a query that gives one table, as over tables without a row where only the data knows. Throws KqlError. */
export function boundPlan(text: string, catalogue: KqlCatalogue): Rel {
  const { tables } = planOf(text, catalogue, true);
  const [first, second] = tables;
  if (!first || second)
    throw new KqlError('SeveralTables', 'the query does not give one table', { start: 0, end: text.length });
  return first.rel;
}

interface Emitted {
  readonly compiled: Compiled;
  /** The moment that the SQL speaks of; undefined when it speaks of none, and serves at any. */
  readonly moment: number | undefined;
}
const compiledByText = new Cache<Emitted>(maxPlans);

function emitted(text: string, plan: Plan, options: CompileOptions): Emitted {
  const [first, ...others] = plan.tables;
  if (others.length && !options.several)
    throw new KqlError('SeveralTables', 'the query gives several tables where one is asked for', {
      start: 0,
      end: text.length,
    });
  return guarded(text, () => {
    const emitter = new Emitter(options, plan.now);
    const written = (rel: Rel): string => {
      const { text: sql } = emitter.emitRoot(rel);
      withinBudget(sql.length);
      return sql;
    };
    const table = ({ name, rel, visualization }: ResultTable): CompiledTable => ({
      sql: written(rel),
      columns: visibleColumns(rel),
      ...(name ? { name } : {}),
      ...(options.plan ? { plan: planText(rel) } : {}),
      ...(visualization ? { visualization } : {}),
    });
    const compiled: Compiled = {
      ...table(first!),
      reads: emitter.reads,
      ...(others.length ? { further: others.map(table) } : {}),
    };
    return { compiled, moment: emitter.usedNow ? options.now.getTime() : undefined };
  });
}

const over = ({ distributed }: KqlCatalogue, options: CompileOptions): CompileOptions =>
  distributed ? { distributed, ...options } : options;

/** Compiles KQL to one ClickHouse SELECT. Throws KqlError. Results are kept by text, catalogue version and options. */
export function compile(text: string, catalogue: KqlCatalogue, given: CompileOptions): Compiled {
  const options = over(catalogue, given);
  // What a `source` answers is not known to be the same twice.
  const { database, tenantId, timespan, output, maxRows, noData, several, rewrites, parameters, lookups, zone } =
    options;
  const fromPlan = (): Emitted => emitted(text, planOf(text, givenOf(catalogue, options), noData), options);
  if (options.source || options.plan || options.external) return fromPlan().compiled;
  const key = JSON.stringify([
    versionFor(text, catalogue),
    database,
    tenantId,
    timespan,
    output,
    maxRows,
    noData,
    several,
    rewrites,
    parameters,
    lookups,
    zone,
    options.distributed,
    options.within?.key,
    text,
  ]);
  const kept = compiledByText.get(key, fromPlan);
  if (kept.moment === undefined || kept.moment === options.now.getTime()) return kept.compiled;
  const fresh = fromPlan();
  compiledByText.set(key, fresh);
  return fresh.compiled;
}

/**
 * Compiles as `compile` does, and asks the engine what only the data knows: the columns of `bag_unpack` and `pivot`, the values that a
 * function outside of the engine is given. A query that asks nothing asks nothing here. At most 32 questions. Throws KqlError, and what
 * `ask` throws.
 */
export async function compileAsking(
  text: string,
  catalogue: KqlCatalogue,
  chosen: CompileOptions,
  ask: Ask,
): Promise<Compiled> {
  const options = over(catalogue, chosen);
  try {
    return compile(text, catalogue, options);
  } catch (error) {
    if (!(error instanceof KqlError && error.code === 'NeedsData')) throw error;
  }
  const given = givenOf(catalogue, options);
  const answers = new Map<string, ProbeRows>();
  const columns = new PluginColumns();
  while (answers.size <= maxProbes) {
    // One that is open is taken as answered with nothing, for others that do not hang on it to be found: all are asked at once.
    const open = new Set<string>();
    const answer: AnswerProbe = (rel, maxRows, _what, _span, now) => {
      const probe: CompileOptions = { ...options, output: 'json', maxRows };
      const question = guarded(text, () => new Emitter(probe, now).emitRoot(rel)).text;
      const known = answers.get(question);
      if (!known) open.add(question);
      return known ?? [];
    };
    try {
      const plan = settled(text, given, answer, columns, () => open.size === 0);
      if (open.size === 0) return emitted(text, plan, options).compiled;
    } catch (error) {
      if (open.size === 0) throw error;
    }
    const [first, ...guessed] = open;
    answers.set(first!, await ask(first!));
    for (const question of guessed) {
      if (answers.size > maxProbes) break;
      try {
        answers.set(question, await ask(question));
      } catch {
        // It may hang on the guess; if it does not, it is the first of a later round.
        break;
      }
    }
  }
  throw tooManyProbes(text);
}

/** The base tables of its own workspace that a query reads, by name, each once. Throws KqlError. */
export const tablesOf = (
  text: string,
  catalogue: KqlCatalogue,
  always: Pick<CompileOptions, 'lookups'> = {},
): readonly string[] => [
  ...new Set(
    compile(text, catalogue, { ...always, now: new Date(0), noData: true }).reads.flatMap((r) =>
      r.database === undefined ? [r.table] : [],
    ),
  ),
];
